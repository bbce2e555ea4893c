import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { EventSink } from './event.ts'
import type { StructureBreak } from './market-structure.ts'
import type { IctParameters } from './parameters.ts'

/** The last opposite bar before the move that broke structure. Bottom and top in whole ticks. */
export interface OrderBlock {
  readonly id: number
  readonly direction: Direction
  readonly bottom: number
  readonly top: number
  readonly anchorIdx: number
  readonly anchorT: EpochMs
  readonly confirmIdx: number
  isTested: boolean
  isMiddleHit: boolean
}

/** Order blocks of internal structure. `ict-concepts` 5.1 and 5.3. */
export class OrderBlocks {
  /** Until violated or expired, in order of birth. */
  readonly live: OrderBlock[] = []
  readonly #parameters: IctParameters

  constructor(parameters: IctParameters) {
    this.#parameters = parameters
  }

  /** Tested, middle hit, violated, each once and in this order; then expiry. */
  age(bars: BarWindow, sink: EventSink): void {
    const live = this.live
    const i = bars.last
    const high = bars.h(i)
    const low = bars.l(i)
    const close = bars.c(i)
    let kept = 0
    for (let at = 0; at < live.length; at++) {
      const block = live[at] as OrderBlock
      const ended = this.#meets(block, high, low, close, sink) || this.#expires(block, i, sink)
      if (ended) continue
      if (kept !== at) live[kept] = block
      kept++
    }
    if (kept !== live.length) live.length = kept
  }

  /** The block behind a break, unless the same bar is already a live block of that direction. */
  find(broken: StructureBreak, bars: BarWindow, sink: EventSink): void {
    if (broken.degree !== 'internal') return
    const { direction } = broken
    const { index, t, bottom, top, isFound } = broken.level.block
    if (this.live.some((each) => each.anchorIdx === index && each.direction === direction)) return
    const extra = isFound || this.#parameters.obMode === 'extreme' ? '' : 'noOpposite'
    this.live.push({
      id: sink.emit('OB', direction, 'internal', index, t, bottom, top, 0, extra, ''),
      direction,
      bottom,
      top,
      anchorIdx: index,
      anchorT: t,
      confirmIdx: bars.last,
      isTested: false,
      isMiddleHit: false,
    })
  }

  #meets(block: OrderBlock, high: number, low: number, close: number, sink: EventSink): boolean {
    const { direction, bottom, top } = block
    if (direction === 1 ? low > top : high < bottom) return false
    if (!block.isTested) {
      block.isTested = true
      note('OB_TEST', block, sink)
    }
    if (!block.isMiddleHit && (direction === 1 ? 2 * low <= bottom + top : 2 * high >= bottom + top)) {
      block.isMiddleHit = true
      note('OB_MT', block, sink)
    }
    const byWick = this.#parameters.obViolateBy === 'wick'
    const worst = direction === 1 ? (byWick ? low : close) : byWick ? high : close
    if (direction === 1 ? worst >= bottom : worst <= top) return false
    note('OB_VIOLATE', block, sink)
    return true
  }

  #expires(block: OrderBlock, index: number, sink: EventSink): boolean {
    if (index - block.confirmIdx < this.#parameters.obMaxBars) return false
    note('OB_EXPIRE', block, sink)
    return true
  }
}

function note(
  kind: 'OB_TEST' | 'OB_MT' | 'OB_VIOLATE' | 'OB_EXPIRE',
  block: OrderBlock,
  sink: EventSink,
): void {
  sink.emit(
    kind,
    block.direction,
    '',
    block.anchorIdx,
    block.anchorT,
    block.bottom,
    block.top,
    block.id,
    '',
    '',
  )
}
