import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { IctParameters } from './parameters.ts'

/** The price range of one bar that blocks are made of, in whole ticks. */
export interface Zone {
  readonly index: number
  readonly t: EpochMs
  readonly bottom: number
  readonly top: number
  /** Whether a bar with the wanted body was there; otherwise it is the last bar of the search. */
  readonly isFound: boolean
}

/**
 * The latest bar in [from, to] whose body points to `body`, as the zone of a block of direction `side`.
 * `ict-concepts` 5.1 and 5.4.
 */
export function zoneOf(
  bars: BarWindow,
  from: number,
  to: number,
  body: Direction,
  side: Direction,
  { obZone }: IctParameters,
): Zone {
  let index = to
  while (index >= from && (bars.c(index) - bars.o(index)) * body <= 0) index--
  const isFound = index >= from
  if (!isFound) index = to
  const byBody = obZone === 'body'
  return {
    index,
    t: bars.t(index),
    bottom: byBody && side === -1 ? Math.min(bars.o(index), bars.c(index)) : bars.l(index),
    top: byBody && side === 1 ? Math.max(bars.o(index), bars.c(index)) : bars.h(index),
    isFound,
  }
}
