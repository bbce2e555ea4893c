import type { Direction } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import { type StructureBreak, highOf, lowOf } from './market-structure.ts'

/**
 * The range that the last external break started from: its strong extreme to the running weak one. It
 * changes only at a break or by extending its weak end. `ict-concepts` 3.3 and 7.1.
 */
export class DealingRange {
  /** Direction of the break that made it, 0 while there is none. */
  direction: Direction | 0 = 0
  #strong = Number.NaN
  #weak = Number.NaN

  push(bars: BarWindow, breaks: readonly StructureBreak[]): void {
    const i = bars.last
    for (const broken of breaks) if (broken.degree === 'external') this.#start(broken, bars)
    if (this.direction !== 0) this.#weak = Math.max(this.#weak, highOf(bars, i, this.direction))
  }

  /** In whole ticks; undefined while there is none. */
  get bounds(): { readonly low: number; readonly high: number } | undefined {
    if (this.direction === 0) return undefined
    return this.direction === 1
      ? { low: this.#strong, high: this.#weak }
      : { low: -this.#weak, high: -this.#strong }
  }

  /** Where a price lies: 0 the low, 1 the high, beyond when it has left the range; null without one. */
  position(price: number): number | null {
    const bounds = this.bounds
    if (bounds === undefined || bounds.high === bounds.low) return null
    return (price - bounds.low) / (bounds.high - bounds.low)
  }

  /** The strong extreme is the deepest price from the broken swing to the break, ties latest. */
  #start({ direction, level }: StructureBreak, bars: BarWindow): void {
    const own = lowOf(bars, bars.last, direction)
    this.direction = direction
    this.#strong = Math.min(own, level.low, level.ownLow)
    this.#weak =
      own <= level.low && own <= level.ownLow
        ? highOf(bars, bars.last, direction)
        : level.low <= level.ownLow
          ? level.highSinceLow
          : level.high
  }
}
