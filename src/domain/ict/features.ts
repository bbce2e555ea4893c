import type { BarWindow } from './bar-window.ts'
import type { IctParameters } from './parameters.ts'

/** What the regime is read from. Null until the window that it needs is full. `ict-concepts` 12.1. */
export interface Features {
  readonly atr: number | null
  /** Distance travelled over path walked, 0 to 1. */
  readonly efficiency: number | null
  /** Range against that of a random walk with the same bars. */
  readonly compression: number | null
  /** Average true range against its own mean. */
  readonly volatilityRatio: number | null
}

/** Rolling sums; the range is read on demand. */
export class FeatureWindow {
  readonly #window: number
  readonly #steps: Float64Array
  readonly #atrs: Float64Array
  #path = 0
  #atrSum = 0
  #atrCount = 0

  constructor({ regimeWindow, regimeAtrWindow }: IctParameters) {
    this.#window = regimeWindow
    this.#steps = new Float64Array(regimeWindow)
    this.#atrs = new Float64Array(regimeAtrWindow)
  }

  push(bars: BarWindow, atr: number): void {
    const i = bars.last
    if (i > 0) {
      const step = Math.abs(bars.c(i) - bars.c(i - 1))
      const at = i % this.#window
      this.#path += step - (this.#steps[at] as number)
      this.#steps[at] = step
    }
    if (!Number.isNaN(atr)) this.#pushAtr(atr)
  }

  read(bars: BarWindow, atr: number): Features {
    const known = Number.isNaN(atr) ? null : atr
    return {
      atr: known,
      efficiency: bars.last < this.#window ? null : this.#efficiency(bars),
      compression: known === null || bars.last < this.#window - 1 ? null : this.#compression(bars, known),
      volatilityRatio: this.#volatilityRatio(known),
    }
  }

  #pushAtr(atr: number): void {
    const at = this.#atrCount % this.#atrs.length
    this.#atrSum += atr - (this.#atrs[at] as number)
    this.#atrs[at] = atr
    this.#atrCount++
  }

  #efficiency(bars: BarWindow): number {
    const travelled = Math.abs(bars.c(bars.last) - bars.c(bars.last - this.#window))
    return this.#path === 0 ? 0 : travelled / this.#path
  }

  #compression(bars: BarWindow, atr: number): number {
    let high = Number.NEGATIVE_INFINITY
    let low = Number.POSITIVE_INFINITY
    for (let i = bars.last - this.#window + 1; i <= bars.last; i++) {
      high = Math.max(high, bars.h(i))
      low = Math.min(low, bars.l(i))
    }
    return atr === 0 ? 0 : (high - low) / (atr * Math.sqrt(this.#window))
  }

  #volatilityRatio(atr: number | null): number | null {
    if (atr === null || this.#atrCount < this.#atrs.length) return null
    // Rolling sums of floats can end a hair below zero after a long calm.
    const mean = this.#atrSum / this.#atrs.length
    return mean > 0 ? atr / mean : 1
  }
}
