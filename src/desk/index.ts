/**
 * Desk: what the executor knows of one account, and what of it the gate is shown. Pure: facts come in with their
 * instants, nothing here reads a clock or sends a byte.
 */
export {
  type DeskContract,
  type DeskOptions,
  type HeldPosition,
  type Plan,
  type Taken,
  Desk,
  dayStart,
  signed,
} from './desk.ts'
export {
  type MarketView,
  type StrategySince,
  type Surroundings,
  dayEvidence,
  evidenceFor,
  markOf,
  sessionAt,
} from './evidence.ts'
export { channelsOf, protectionText, stopOf, targetOf } from './words.ts'
