import type { BarWindow } from './bar-window.ts'
import type { IctParameters } from './parameters.ts'

/**
 * Wilder's average true range, in ticks. `ict-concepts` 1.1.
 *
 * NaN until it exists: every comparison with NaN is false, so a rule that needs it stays silent during
 * warm-up.
 */
export class Volatility {
  /** After the newest bar. */
  atr = Number.NaN
  /** Before the newest bar: what rules about that bar use, so that no bar raises its own threshold. */
  before = Number.NaN
  readonly #length: number
  readonly #excludeGaps: boolean
  readonly #ring = new Float64Array(RING).fill(Number.NaN)
  #sum = 0

  constructor({ atrLen, atrGapMode }: IctParameters) {
    this.#length = atrLen
    this.#excludeGaps = atrGapMode === 'exclude'
  }

  push(bars: BarWindow, breakBefore: boolean): void {
    const i = bars.last
    const range = this.#trueRange(bars, breakBefore)
    this.before = this.atr
    if (i < this.#length) {
      this.#sum += range
      if (i === this.#length - 1) this.atr = this.#sum / this.#length
    } else {
      this.atr += (range - this.atr) / this.#length
    }
    this.#ring[i & MASK] = this.atr
  }

  /** The value after bar `index`, one of the newest sixteen; NaN before there was one. */
  at(index: number): number {
    return index < 0 ? Number.NaN : (this.#ring[index & MASK] as number)
  }

  #trueRange(bars: BarWindow, breakBefore: boolean): number {
    const i = bars.last
    const high = bars.h(i)
    const low = bars.l(i)
    if (i === 0 || (breakBefore && this.#excludeGaps)) return high - low
    const close = bars.c(i - 1)
    return Math.max(high, close) - Math.min(low, close)
  }
}

/** Legs look back at most `legMax` bars. */
const RING = 16
const MASK = RING - 1
