import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { BlockKind, EventSink } from './event.ts'
import type { StructureBreak } from './market-structure.ts'
import type { IctParameters } from './parameters.ts'

/**
 * The failed block of the old trend: a breaker when the move first took liquidity, else a mitigation block.
 */
export interface BreakerBlock {
  readonly id: number
  readonly kind: BlockKind
  readonly direction: Direction
  readonly bottom: number
  readonly top: number
  readonly anchorIdx: number
  readonly anchorT: EpochMs
  readonly confirmIdx: number
  isTested: boolean
  /**
   * Times `direction`: the price that has to trade before anything can happen, near edge, once tested far
   * edge.
   */
  next: number
}

/**
 * Breaker and mitigation blocks of both degrees, structural definition. `ict-concepts` 5.4.
 *
 * They live until dead, so many rest far from price. They are kept by distance, nearest last: a bar looks
 * at those that it reaches and at one more a side.
 */
export class BreakerBlocks {
  readonly bullish: BreakerBlock[] = []
  readonly bearish: BreakerBlock[] = []
  readonly #max: number
  readonly #reached: BreakerBlock[] = []

  constructor({ breakersMax }: IctParameters) {
    this.#max = breakersMax
  }

  /** Tested, then dead, each once. */
  age(bars: BarWindow, sink: EventSink): void {
    const i = bars.last
    const low = bars.l(i)
    const high = bars.h(i)
    if (!isReached(this.bullish, low) && !isReached(this.bearish, -high)) return
    const reached = this.#reached
    while (isReached(this.bullish, low)) reached.push(this.bullish.pop() as BreakerBlock)
    while (isReached(this.bearish, -high)) reached.push(this.bearish.pop() as BreakerBlock)
    if (reached.length > 1) reached.sort((a, b) => a.id - b.id)
    for (const block of reached) if (!ends(block, bars.c(i), sink)) this.#keep(block)
    reached.length = 0
  }

  /** Only a change of character leaves one, and only after an earlier swing that could have been raided. */
  find(broken: StructureBreak, bars: BarWindow, sink: EventSink): void {
    const { direction, level, depth, degree } = broken
    if (!broken.isChange || Number.isNaN(level.raided)) return
    // Equality takes no liquidity.
    const kind: BlockKind = depth < level.raided ? 'BREAKER' : 'MITIGATION'
    const { index, t, bottom, top } = level.failed
    const extra = broken.isDisplaced ? 'mss' : ''
    this.#keep({
      id: sink.emit(kind, direction, degree, index, t, bottom, top, 0, extra, ''),
      kind,
      direction,
      bottom,
      top,
      anchorIdx: index,
      anchorT: t,
      confirmIdx: bars.last,
      isTested: false,
      next: direction === 1 ? top : -bottom,
    })
  }

  #keep(block: BreakerBlock): void {
    const live = block.direction === 1 ? this.bullish : this.bearish
    let at = live.length
    while (at > 0 && (live[at - 1] as BreakerBlock).next > block.next) at--
    live.splice(at, 0, block)
    if (live.length > this.#max) live.shift()
  }
}

function isReached(live: readonly BreakerBlock[], low: number): boolean {
  const nearest = live[live.length - 1]
  return nearest !== undefined && low <= nearest.next
}

function ends(block: BreakerBlock, close: number, sink: EventSink): boolean {
  const { direction, bottom, top, kind } = block
  if (!block.isTested) {
    block.isTested = true
    block.next = direction === 1 ? bottom : -top
    note(`${kind}_TEST`, block, sink)
  }
  if (direction === 1 ? close >= bottom : close <= top) return false
  note(`${kind}_DEAD`, block, sink)
  return true
}

function note(kind: `${BlockKind}_TEST` | `${BlockKind}_DEAD`, block: BreakerBlock, sink: EventSink): void {
  const { id, direction, anchorIdx, anchorT, bottom, top } = block
  sink.emit(kind, direction, '', anchorIdx, anchorT, bottom, top, id, '', '')
}
