/**
 * Risk: what the day has come to, what it could still come to, and how large an order may be.
 * Pure and exact: whole micro-dollars, whole ticks, whole contracts.
 */
export { type BracketRequest, type FractionalLevels, bracketFor, onGrid } from './bracket.ts'
export { type WorkingStop, type WorstCase, dayHeadroom, headroom, worstCase } from './exposure.ts'
export {
  type AppliedFill,
  type DayLedger,
  type InstrumentByContract,
  type OpenPosition,
  applyFill,
  dayLedger,
  openAt,
} from './ledger.ts'
export { type RiskLimits, DEMO_LIMITS, STOP_LOSS_CAP, collarTicksOf, isMicro, sizeMaxOf } from './limits.ts'
export { type Sized, riskMicros, riskOf, sizeFor, stopTicksMax } from './sizing.ts'
