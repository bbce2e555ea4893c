import type { Bar } from '../bar.ts'
import type { EpochMs } from '../units.ts'
import { DAWN } from './event.ts'

/**
 * The newest bars by index, in a ring: constant memory, nothing allocated on a push. Prices in whole ticks.
 */
export class BarWindow {
  /**
   * Farthest look-back of any rule: an external swing's window (21 bars) and a setup from sweep to gap
   * (24).
   */
  static readonly SIZE = 64

  /** Index of the newest bar; bars count from 0. */
  last = -1
  readonly #t: EpochMs[] = Array.from({ length: BarWindow.SIZE }, () => DAWN)
  readonly #o = new Float64Array(BarWindow.SIZE)
  readonly #h = new Float64Array(BarWindow.SIZE)
  readonly #l = new Float64Array(BarWindow.SIZE)
  readonly #c = new Float64Array(BarWindow.SIZE)

  push(bar: Bar): void {
    const at = ++this.last & MASK
    this.#t[at] = bar.t
    this.#o[at] = bar.o
    this.#h[at] = bar.h
    this.#l[at] = bar.l
    this.#c[at] = bar.c
  }

  t(index: number): EpochMs {
    return this.#t[index & MASK] ?? DAWN
  }
  o(index: number): number {
    return this.#o[index & MASK] as number
  }
  h(index: number): number {
    return this.#h[index & MASK] as number
  }
  l(index: number): number {
    return this.#l[index & MASK] as number
  }
  c(index: number): number {
    return this.#c[index & MASK] as number
  }

  /** Oldest index that is still held. */
  get first(): number {
    return Math.max(0, this.last - BarWindow.SIZE + 1)
  }
}

const MASK = BarWindow.SIZE - 1
