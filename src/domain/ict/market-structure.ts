import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import { type Zone, zoneOf } from './zone.ts'
import { DAWN, type Degree, type EventSink } from './event.ts'
import type { IctParameters } from './parameters.ts'
import type { Swing } from './swing.ts'

/** A close beyond the last swing: with the trend a break of structure, against it a change of character. */
export interface StructureBreak {
  readonly id: number
  readonly degree: Degree
  readonly direction: Direction
  /** CHoCH: it flipped the trend. */
  readonly isChange: boolean
  /** The breaking bar is displaced in its direction; a displaced change is a market structure shift. */
  readonly isDisplaced: boolean
  /** The level that broke, as it stood before the breaking bar. Prices below are times `direction`. */
  readonly level: ActiveLevel
  /** Deepest price against the break from the bar after the swing to the breaking bar. */
  readonly depth: number
}

/**
 * The last swing of one side, and what price did since. Prices here are times `side`, so that one rule
 * serves both sides: for a high they are prices, for a low they are negated, and "low" below means "against
 * the side".
 */
export interface ActiveLevel {
  readonly side: Direction
  readonly index: number
  readonly t: EpochMs
  readonly level: number
  isCrossed: boolean
  /** Low of the swing's own bar. */
  readonly ownLow: number
  /** Lowest low after the swing's bar, ties latest, and its bar. */
  low: number
  lowIdx: number
  /** Highest high from that bar on, and from the swing's bar on. */
  highSinceLow: number
  high: number
  /** The order block candidate: last bar against the side at or shortly before `lowIdx`. */
  block: Zone
  /** The last swing of the other side before this one: what a raid has to exceed. NaN when there is none. */
  readonly raided: number
  /** The last bar with the side at or shortly before the swing: breaker or mitigation block. */
  readonly failed: Zone
}

/** One degree's structure: its trend and the two levels that can break. `ict-concepts` 3.1 and 3.2. */
export class MarketStructure {
  trend: Direction | 0 = 0
  readonly degree: Degree
  readonly #parameters: IctParameters
  #high: ActiveLevel | undefined
  #low: ActiveLevel | undefined
  /** The newest two swings a side, signed as ActiveLevel: a bar may be a high and a low at once. */
  readonly #highs = { index: -1, level: Number.NaN, previous: Number.NaN }
  readonly #lows = { index: -1, level: Number.NaN, previous: Number.NaN }

  constructor(degree: Degree, parameters: IctParameters) {
    this.degree = degree
    this.#parameters = parameters
  }

  /** The last swing of a side, crossed or not. */
  active(side: Direction): ActiveLevel | undefined {
    return side === 1 ? this.#high : this.#low
  }

  /** Breaks of the newest bar, against the levels as they stood before it; appended to `found`. */
  break(bars: BarWindow, displaced: Direction | 0, sink: EventSink, found: StructureBreak[]): void {
    const i = bars.last
    const byWick = this.#parameters.breakBy === 'wick'
    // Only wicks can break both sides of one bar: then the side against the body goes first.
    const first: Direction = byWick && bars.c(i) > bars.o(i) ? -1 : 1
    this.#tryBreak(first, byWick, bars, displaced, sink, found)
    this.#tryBreak(first === 1 ? -1 : 1, byWick, bars, displaced, sink, found)
  }

  /** What the newest bar adds to the levels that have not broken. After `break`, before `take`. */
  follow(bars: BarWindow): void {
    if (this.#high !== undefined && !this.#high.isCrossed) this.#extend(this.#high, bars, bars.last)
    if (this.#low !== undefined && !this.#low.isCrossed) this.#extend(this.#low, bars, bars.last)
  }

  /** A newly confirmed swing replaces the level of its side, whatever its height. */
  take(swing: Swing, bars: BarWindow): void {
    const { side, index } = swing
    const own = side === 1 ? this.#highs : this.#lows
    const other = side === 1 ? this.#lows : this.#highs
    own.previous = own.level
    own.level = swing.level * side
    own.index = index
    const raided = other.index < index ? other.level : other.previous
    const level: ActiveLevel = {
      side,
      index,
      t: swing.t,
      level: swing.level * side,
      isCrossed: false,
      ownLow: lowOf(bars, index, side),
      low: Number.POSITIVE_INFINITY,
      lowIdx: index,
      highSinceLow: highOf(bars, index, side),
      high: highOf(bars, index, side),
      block: NO_BLOCK,
      // Signed for the other side until now.
      raided: -raided,
      failed: zoneOf(
        bars,
        Math.max(0, index - this.#parameters.obLookback),
        index,
        side,
        side,
        this.#parameters,
      ),
    }
    for (let i = index + 1; i <= bars.last; i++) this.#extend(level, bars, i)
    if (side === 1) this.#high = level
    else this.#low = level
  }

  #tryBreak(
    side: Direction,
    byWick: boolean,
    bars: BarWindow,
    displaced: Direction | 0,
    sink: EventSink,
    found: StructureBreak[],
  ): void {
    const level = side === 1 ? this.#high : this.#low
    if (level === undefined || level.isCrossed) return
    const i = bars.last
    const reached = byWick ? highOf(bars, i, side) : bars.c(i) * side
    if (reached <= level.level) return
    const isChange = this.trend === -side
    const isDisplaced = displaced === side
    const isInitial = this.trend === 0
    this.trend = side
    level.isCrossed = true
    const price = level.level * side
    const extra = isChange
      ? isDisplaced
        ? 'mss'
        : ''
      : isInitial
        ? isDisplaced
          ? 'initial disp'
          : 'initial'
        : isDisplaced
          ? 'disp'
          : ''
    const kind = isChange ? 'CHOCH' : 'BOS'
    found.push({
      id: sink.emit(kind, side, this.degree, level.index, level.t, price, null, 0, extra, ''),
      degree: this.degree,
      direction: side,
      isChange,
      isDisplaced,
      level,
      depth: Math.min(level.low, lowOf(bars, i, side)),
    })
  }

  #extend(level: ActiveLevel, bars: BarWindow, i: number): void {
    const { side } = level
    const low = lowOf(bars, i, side)
    const high = highOf(bars, i, side)
    if (high > level.high) level.high = high
    if (low <= level.low) {
      level.low = low
      level.lowIdx = i
      level.highSinceLow = high
      const { obMode, obLookback } = this.#parameters
      const from = obMode === 'extreme' ? i : Math.max(level.index, i - obLookback)
      // Found now, while the bars before the extreme are still at hand; the break may come much later.
      level.block = zoneOf(bars, from, i, side === 1 ? -1 : 1, side, this.#parameters)
    } else if (high > level.highSinceLow) {
      level.highSinceLow = high
    }
  }
}

const NO_BLOCK: Zone = { index: -1, t: DAWN, bottom: Number.NaN, top: Number.NaN, isFound: false }

export function lowOf(bars: BarWindow, index: number, side: Direction): number {
  return side === 1 ? bars.l(index) : -bars.h(index)
}

export function highOf(bars: BarWindow, index: number, side: Direction): number {
  return side === 1 ? bars.h(index) : -bars.l(index)
}
