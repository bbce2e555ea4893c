import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { Displacement } from './displacement.ts'
import type { EventSink } from './event.ts'
import type { IctParameters } from './parameters.ts'

/** Prices that three bars left untraded. Bottom and top in whole ticks. */
export interface FairValueGap {
  readonly id: number
  readonly direction: Direction
  readonly bottom: number
  readonly top: number
  /** The middle bar. */
  readonly anchorIdx: number
  readonly anchorT: EpochMs
  readonly confirmIdx: number
  /** Size in average true ranges as they stood before the confirming bar; NaN during warm-up. */
  readonly sizeAtr: number
  /** Extreme of the gap's first bar on the far side: the low of a bullish one. */
  readonly firstExtreme: number
  readonly isDisplaced: boolean
  isTouched: boolean
  isCeHit: boolean
  isFilled: boolean
}

/** Detection and life of fair value gaps. `ict-concepts` 4.1, 4.2 and the birth of an inversion, 4.3. */
export class FairValueGaps {
  /** Until inverted or expired, in order of birth; a filled one is still here, because it can invert. */
  readonly live: FairValueGap[] = []
  readonly #parameters: IctParameters
  #previousBreak = false

  constructor(parameters: IctParameters) {
    this.#parameters = parameters
  }

  /** Touched, middle hit, filled, inverted, each once and in this order; then expiry. */
  age(bars: BarWindow, sink: EventSink): void {
    const live = this.live
    const i = bars.last
    const high = bars.h(i)
    const low = bars.l(i)
    const close = bars.c(i)
    let kept = 0
    for (let at = 0; at < live.length; at++) {
      const gap = live[at] as FairValueGap
      const ended = this.#meets(gap, high, low, close, sink) || this.#expires(gap, i, sink)
      if (ended) continue
      if (kept !== at) live[kept] = gap
      kept++
    }
    if (kept !== live.length) live.length = kept
  }

  /** A gap that the newest bar completes. */
  find(
    bars: BarWindow,
    breakBefore: boolean,
    displacement: Displacement,
    atrBefore: number,
    sink: EventSink,
  ): void {
    const isBroken = breakBefore || this.#previousBreak
    this.#previousBreak = breakBefore
    const i = bars.last
    if (i < 2 || (isBroken && !this.#parameters.fvgAcrossBreak)) return
    if (bars.l(i) > bars.h(i - 2))
      this.#born(1, bars.h(i - 2), bars.l(i), bars, displacement, atrBefore, sink)
    else if (bars.h(i) < bars.l(i - 2))
      this.#born(-1, bars.h(i), bars.l(i - 2), bars, displacement, atrBefore, sink)
  }

  #born(
    direction: Direction,
    bottom: number,
    top: number,
    bars: BarWindow,
    displacement: Displacement,
    atrBefore: number,
    sink: EventSink,
  ): void {
    const { fvgMinTicks, fvgMiddleDir } = this.#parameters
    const middle = bars.last - 1
    if (top - bottom < fvgMinTicks) return
    if (fvgMiddleDir && (bars.c(middle) - bars.o(middle)) * direction <= 0) return
    const isDisplaced = displacement.previous === direction
    const anchorT = bars.t(middle)
    const extra = isDisplaced ? 'disp' : ''
    this.live.push({
      id: sink.emit('FVG', direction, '', middle, anchorT, bottom, top, 0, extra, ''),
      direction,
      bottom,
      top,
      anchorIdx: middle,
      anchorT,
      confirmIdx: bars.last,
      sizeAtr: (top - bottom) / atrBefore,
      firstExtreme: direction === 1 ? bars.l(middle - 1) : bars.h(middle - 1),
      isDisplaced,
      isTouched: false,
      isCeHit: false,
      isFilled: false,
    })
  }

  /** True when the bar ends the gap by inverting it. */
  #meets(gap: FairValueGap, high: number, low: number, close: number, sink: EventSink): boolean {
    const { direction, bottom, top } = gap
    if (direction === 1 ? low > top : high < bottom) return false
    // Twice the middle is whole, so the comparison is exact.
    const twiceMiddle = bottom + top
    if (!gap.isTouched) {
      gap.isTouched = true
      note('FVG_TOUCH', gap, direction, sink)
    }
    if (!gap.isCeHit && (direction === 1 ? 2 * low <= twiceMiddle : 2 * high >= twiceMiddle)) {
      gap.isCeHit = true
      note('FVG_CE', gap, direction, sink)
    }
    if (!gap.isFilled && (direction === 1 ? low <= bottom : high >= top)) {
      gap.isFilled = true
      note('FVG_FILL', gap, direction, sink)
    }
    const byMiddle = this.#parameters.ifvgBy === 'ce'
    const line = byMiddle ? twiceMiddle : direction === 1 ? 2 * bottom : 2 * top
    if (direction === 1 ? 2 * close >= line : 2 * close <= line) return false
    note('FVG_INVERT', gap, direction === 1 ? -1 : 1, sink)
    return true
  }

  #expires(gap: FairValueGap, index: number, sink: EventSink): boolean {
    if (index - gap.confirmIdx < this.#parameters.fvgMaxBars) return false
    note('FVG_EXPIRE', gap, gap.direction, sink)
    return true
  }
}

function note(
  kind: 'FVG_TOUCH' | 'FVG_CE' | 'FVG_FILL' | 'FVG_INVERT' | 'FVG_EXPIRE',
  gap: FairValueGap,
  direction: Direction,
  sink: EventSink,
): void {
  sink.emit(kind, direction, '', gap.anchorIdx, gap.anchorT, gap.bottom, gap.top, gap.id, '', '')
}
