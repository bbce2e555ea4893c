import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { Degree, EventSink, SwingLabel } from './event.ts'

/** A fractal extreme, known `length` bars after it. */
export interface Swing {
  /** Id of its event. */
  readonly id: number
  /** +1 a high, -1 a low. */
  readonly side: Direction
  readonly degree: Degree
  readonly index: number
  readonly t: EpochMs
  readonly level: number
}

/**
 * Swings of one degree. `ict-concepts` 2.1 and 2.3.
 *
 * Strict on the left, not on the right: of a run of equal highs the first is the swing, so a plateau gives
 * one.
 */
export class SwingFinder {
  readonly #degree: Degree
  readonly #length: number
  #lastHigh = Number.NaN
  #lastLow = Number.NaN

  constructor(degree: Degree, length: number) {
    this.#degree = degree
    this.#length = length
  }

  /** Appends the swings that the newest bar confirms to `found`. */
  push(bars: BarWindow, sink: EventSink, found: Swing[]): void {
    const at = bars.last - this.#length
    if (at < this.#length) return
    const isHigh = this.#isHigh(bars, at)
    const isLow = this.#isLow(bars, at)
    const lowFirst = bars.c(at) > bars.o(at)
    if (isLow && lowFirst) found.push(this.#low(bars, at, sink))
    if (isHigh) found.push(this.#high(bars, at, sink))
    if (isLow && !lowFirst) found.push(this.#low(bars, at, sink))
  }

  #isHigh(bars: BarWindow, at: number): boolean {
    const level = bars.h(at)
    for (let distance = 1; distance <= this.#length; distance++) {
      if (bars.h(at - distance) >= level || bars.h(at + distance) > level) return false
    }
    return true
  }

  #isLow(bars: BarWindow, at: number): boolean {
    const level = bars.l(at)
    for (let distance = 1; distance <= this.#length; distance++) {
      if (bars.l(at - distance) <= level || bars.l(at + distance) < level) return false
    }
    return true
  }

  #high(bars: BarWindow, at: number, sink: EventSink): Swing {
    const level = bars.h(at)
    const last = this.#lastHigh
    this.#lastHigh = level
    return this.#swing(
      1,
      level,
      level > last ? 'HH' : level < last ? 'LH' : level === last ? 'EH' : '',
      bars,
      at,
      sink,
    )
  }

  #low(bars: BarWindow, at: number, sink: EventSink): Swing {
    const level = bars.l(at)
    const last = this.#lastLow
    this.#lastLow = level
    return this.#swing(
      -1,
      level,
      level > last ? 'HL' : level < last ? 'LL' : level === last ? 'EL' : '',
      bars,
      at,
      sink,
    )
  }

  #swing(
    side: Direction,
    level: number,
    label: SwingLabel | '',
    bars: BarWindow,
    at: number,
    sink: EventSink,
  ): Swing {
    const t = bars.t(at)
    const id = sink.emit('SWING', side, this.#degree, at, t, level, null, 0, label, '')
    return { id, side, degree: this.#degree, index: at, t, level }
  }
}
