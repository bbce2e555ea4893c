import type { Direction } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { IctParameters } from './parameters.ts'
import type { Volatility } from './volatility.ts'

/**
 * Fast one-way moves: a bar with a large body, or a leg of bars with one direction. `ict-concepts` 1.3 and
 * 1.4.
 */
export class Displacement {
  /** Direction in which the newest bar is displaced, 0 for none. Only its body's direction can be. */
  now: Direction | 0 = 0
  /** The same of the bar before. */
  previous: Direction | 0 = 0
  /** Direction of a displacement bar proper, without legs. */
  bar: Direction | 0 = 0
  /** Whether the newest bar is a strong displacement bar. */
  isStrong = false
  readonly #parameters: IctParameters
  #run = 0
  #runDirection = 0

  constructor(parameters: IctParameters) {
    this.#parameters = parameters
  }

  push(bars: BarWindow, volatility: Volatility): void {
    const { dispBodyAtr, dispBodyFrac, dispStrongAtr } = this.#parameters
    const i = bars.last
    const move = bars.c(i) - bars.o(i)
    const body = Math.abs(move)
    const direction = move > 0 ? 1 : move < 0 ? -1 : 0
    this.#run = direction !== 0 && direction === this.#runDirection ? this.#run + 1 : direction === 0 ? 0 : 1
    this.#runDirection = direction

    const isWide = body >= dispBodyFrac * (bars.h(i) - bars.l(i))
    this.previous = this.now
    this.bar = isWide && body >= dispBodyAtr * volatility.before ? direction : 0
    this.isStrong = this.bar !== 0 && body >= dispStrongAtr * volatility.before
    this.now = this.bar !== 0 || this.#endsLeg(bars, volatility) ? direction : 0
  }

  /** The run starts at its earliest bar, but at most `legMax` bars back; only that start is measured. */
  #endsLeg(bars: BarWindow, volatility: Volatility): boolean {
    if (this.#run === 0) return false
    const start = bars.last - Math.min(this.#run, this.#parameters.legMax) + 1
    const travelled = Math.abs(bars.c(bars.last) - bars.o(start))
    return travelled >= this.#parameters.dispLegAtr * volatility.at(start - 1)
  }
}
