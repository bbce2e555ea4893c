import type { Instrument } from '../instrument.ts'
import type { BracketOrder } from '../order.ts'
import { type Contracts, type TickSpan, type Usd, contracts, usd } from '../units.ts'
import { type RiskLimits, STOP_LOSS_CAP, sizeMaxOf } from './limits.ts'

type Priced = Pick<Instrument, 'tickValue' | 'slippage' | 'roundTripCost'>

/**
 * Micro-dollars that one contract loses when its stop fills with the declared slippage, both sides' costs included.
 * Exact below 2^53; beyond it the rounding is monotone, so a comparison with a limit stays right.
 */
export function riskMicros(instrument: Priced, stopTicks: number, size: number): number {
  return ((stopTicks + instrument.slippage) * instrument.tickValue + instrument.roundTripCost) * size
}

/** The same for an order whose stop is on the losing side. */
export function riskOf(order: BracketOrder): Usd {
  return usd(riskMicros(order.instrument, Math.abs(order.entry - order.stop), order.size))
}

export type Sized =
  | {
      readonly kind: 'sized'
      readonly size: Contracts
      readonly risk: Usd
      readonly limitedBy: 'risk' | 'cap'
    }
  | {
      readonly kind: 'denied'
      readonly code: 'SIZE_BELOW_ONE' | 'STOP_MISSING'
      /** What one contract would risk, micro-dollars. */
      readonly riskOfOne: number
      readonly cap: Usd
      /** The widest stop that one contract could have, in ticks; negative when none could. */
      readonly stopTicksMax: number
    }

/**
 * The largest size whose loss at the stop stays within the cap and within the contract caps.
 * A size of 0 is a refusal and never rounded up.
 */
export function sizeFor(instrument: Instrument, stopDistance: TickSpan, limits: RiskLimits): Sized {
  const stopTicks = Math.abs(stopDistance)
  const cap = limits.stopLossCap < STOP_LOSS_CAP ? limits.stopLossCap : STOP_LOSS_CAP
  const riskOfOne = riskMicros(instrument, stopTicks, 1)
  const denied = { kind: 'denied', riskOfOne, cap, stopTicksMax: stopTicksMax(instrument, cap, 1) } as const
  if (stopTicks === 0) return { ...denied, code: 'STOP_MISSING' }

  const byRisk = Math.floor(cap / riskOfOne)
  const byCap = sizeMaxOf(instrument, limits)
  const size = Math.min(byRisk, byCap)
  if (size < 1) return { ...denied, code: 'SIZE_BELOW_ONE' }
  return {
    kind: 'sized',
    size: contracts(size),
    risk: usd(riskOfOne * size),
    limitedBy: byRisk <= byCap ? 'risk' : 'cap',
  }
}

/** The widest stop, in ticks, that `size` contracts may have under a cap. */
export function stopTicksMax(instrument: Priced, cap: number, size: number): number {
  return Math.floor((cap / size - instrument.roundTripCost) / instrument.tickValue) - instrument.slippage
}
