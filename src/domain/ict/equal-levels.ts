import type { BarWindow } from './bar-window.ts'
import type { EventSink } from './event.ts'
import type { Liquidity, Pool } from './liquidity.ts'
import { highOf } from './market-structure.ts'
import type { IctParameters } from './parameters.ts'

/** An internal swing that a later one may equal. Prices times `side`. */
interface Candidate {
  readonly pool: Pool
  /** Farthest price after its bar, as of the last swing of its side. */
  reach: number
  cluster: Cluster | undefined
}

/** Highs, or lows, that are as good as equal. The pool rests at the farthest of them: a raid has to clear all. */
interface Cluster {
  price: number
  touches: number
  poolId: number
}

/**
 * Equal highs and lows of internal swings. `ict-concepts` 6.2.
 *
 * Tolerance is a share of the average range as it stands when the later swing is confirmed: causal, and the same
 * for every instrument.
 */
export class EqualLevels {
  readonly #parameters: IctParameters
  readonly #liquidity: Liquidity
  readonly #sink: EventSink
  readonly #highs: Side = { candidates: [], reach: Number.NEGATIVE_INFINITY }
  readonly #lows: Side = { candidates: [], reach: Number.NEGATIVE_INFINITY }

  constructor(parameters: IctParameters, liquidity: Liquidity, sink: EventSink) {
    this.#parameters = parameters
    this.#liquidity = liquidity
    this.#sink = sink
  }

  /** One bar, with the pools of the internal swings that it confirms. `atr` is the range after it. */
  push(bars: BarWindow, pools: readonly Pool[], atr: number): void {
    this.#highs.reach = Math.max(this.#highs.reach, bars.h(bars.last))
    this.#lows.reach = Math.max(this.#lows.reach, -bars.l(bars.last))
    for (const pool of pools) this.#confirm(pool, bars, atr)
  }

  #confirm(pool: Pool, bars: BarWindow, atr: number): void {
    const side = pool.side === 1 ? this.#highs : this.#lows
    const { eqMaxBars, eqMinTicks, eqAtr } = this.#parameters
    for (const each of side.candidates) each.reach = Math.max(each.reach, side.reach)
    side.reach = Number.NEGATIVE_INFINITY
    side.candidates = side.candidates.filter((each) => pool.anchorIdx - each.pool.anchorIdx <= eqMaxBars)

    const own: Candidate = { pool, reach: Number.NEGATIVE_INFINITY, cluster: undefined }
    for (let i = pool.anchorIdx + 1; i <= bars.last; i++) {
      own.reach = Math.max(own.reach, highOf(bars, i, pool.side))
    }
    const equal = Number.isNaN(atr) ? undefined : this.#equalOf(pool, side, Math.max(eqMinTicks, eqAtr * atr))
    if (equal !== undefined) this.#join(own, equal)
    side.candidates.push(own)
  }

  /** The most recent swing that it equals. */
  #equalOf(pool: Pool, { candidates }: Side, tolerance: number): Candidate | undefined {
    const price = pool.price * pool.side
    for (let at = candidates.length - 1; at >= 0; at--) {
      const each = candidates[at] as Candidate
      const other = each.pool.price * pool.side
      const isNear = Math.abs(other - price) <= tolerance
      const isApart = pool.anchorIdx - each.pool.anchorIdx > this.#parameters.internalLength
      const isWhole = each.reach <= Math.max(other, price) + tolerance
      if (isNear && isApart && isWhole && isStillThere(each.pool, tolerance)) return each
    }
    return undefined
  }

  #join(own: Candidate, equal: Candidate): void {
    const { pool } = own
    const known = equal.cluster
    if (known !== undefined) this.#liquidity.expireLevel(known.poolId, this.#sink)
    const before = known?.price ?? equal.pool.price * pool.side
    const price = Math.max(before, pool.price * pool.side)
    const cluster: Cluster = known ?? { price, touches: 1, poolId: 0 }
    cluster.price = price
    cluster.touches++
    cluster.poolId = this.#liquidity.addLevel(
      'eq',
      pool.side,
      price * pool.side,
      pool.anchorIdx,
      pool.anchorT,
      this.#sink,
    )
    own.cluster = cluster
    equal.cluster = cluster
  }
}

interface Side {
  candidates: Candidate[]
  /** Farthest price since the last swing of this side. */
  reach: number
}

/** Resting, or swept so slightly that it still is the same level: a second high one tick above sweeps the first. */
function isStillThere(pool: Pool, tolerance: number): boolean {
  if (pool.outcome === 'open') return pool.brokenIdx < 0
  return pool.outcome === 'swept' && pool.extreme - pool.price * pool.side <= tolerance
}
