import { type Instrument, span } from '../instrument.ts'
import type { BracketOrder } from '../order.ts'
import type { Signal } from '../signal.ts'
import { type Direction, type Ticks, contracts, sideOf, ticks } from '../units.ts'
import type { RiskLimits } from './limits.ts'
import { sizeFor } from './sizing.ts'

export interface BracketRequest {
  readonly signal: Pick<Signal, 'direction' | 'entry' | 'stop' | 'targets'>
  readonly instrument: Instrument
  readonly contractId: string
  readonly accountId: string
  readonly tag: string
  readonly limits: RiskLimits
}

/**
 * The order that a signal asks for: a limit entry with both exits, as large as the limits let it be.
 * A setup that fits no contract becomes an order of size 0, so that the gate judges and records it like any other
 * and denies it in its fifth phase.
 */
export function bracketFor(request: BracketRequest): BracketOrder {
  const { signal, instrument, contractId, accountId, tag, limits } = request
  const levels = onGrid(signal.direction, {
    entryFractional: signal.entry,
    stopFractional: signal.stop,
    targetFractional: signal.targets[0] ?? signal.entry,
  })
  const sized = sizeFor(instrument, span(levels.entry, levels.stop), limits)
  return {
    tag,
    accountId,
    contractId,
    instrument,
    side: sideOf(signal.direction),
    type: 'limit',
    size: sized.kind === 'sized' ? sized.size : contracts(0),
    ...levels,
  }
}

export interface FractionalLevels {
  readonly entryFractional: number
  readonly stopFractional: number
  readonly targetFractional: number
}

/**
 * Levels between two ticks as prices that can be sent: the entry goes to the tick that is harder to fill, the stop
 * away from the entry, the target towards it. The risk is counted on the result, so rounding never hides any.
 */
export function onGrid(
  direction: Direction,
  { entryFractional, stopFractional, targetFractional }: FractionalLevels,
): { readonly entry: Ticks; readonly stop: Ticks; readonly target: Ticks } {
  // A long buys lower, stops lower and takes its profit lower; a short is the mirror.
  const round = direction === 1 ? Math.floor : Math.ceil
  // Adding zero turns the negative zero of a rounded price into zero.
  const tick = (level: number): Ticks => ticks(round(level) + 0)
  return { entry: tick(entryFractional), stop: tick(stopFractional), target: tick(targetFractional) }
}
