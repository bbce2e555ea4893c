import type { Direction, EpochMs } from '../units.ts'
import type { BarWindow } from './bar-window.ts'
import type { Degree, EventExtra, EventSink, LevelName, PoolKind } from './event.ts'
import type { IctParameters } from './parameters.ts'
import type { Swing } from './swing.ts'

/** Resting stops beyond an old extreme. Consumed by its sweep or run, whichever comes first. */
export interface Pool {
  /** Id of the event that created it. */
  readonly id: number
  readonly kind: PoolKind
  /** +1 rests above a high (buy stops), -1 below a low. */
  readonly side: Direction
  readonly degree: Degree | ''
  readonly price: number
  readonly anchorIdx: number
  readonly anchorT: EpochMs
  /** Index of the bar that first went beyond it, -1 while it rests. */
  brokenIdx: number
  /** Farthest price beyond it since, times `side`. */
  extreme: number
  /** Open while it rests or price has yet to decide. */
  outcome: 'open' | 'swept' | 'run'
}

/**
 * Pools and what becomes of them. `ict-concepts` 6.1 and 6.3.
 *
 * Resting pools are kept by distance from price, nearest last: a bar looks at the pools that it takes and
 * at one more, however many rest.
 */
export class Liquidity {
  /** Above price, nearest last. */
  readonly above: Pool[] = []
  /** Below price, nearest last. */
  readonly below: Pool[] = []
  readonly #parameters: IctParameters
  #pending: Pool[] = []
  #taken: Pool[] = []

  constructor(parameters: IctParameters) {
    this.#parameters = parameters
  }

  addSwing({ id, side, degree, level, index, t }: Swing): Pool {
    return this.#add({
      id,
      kind: 'swing',
      side,
      degree,
      price: level,
      anchorIdx: index,
      anchorT: t,
      brokenIdx: -1,
      extreme: 0,
      outcome: 'open',
    })
  }

  /** A level of a named period. Returns the pool's id. */
  addLevel(
    name: LevelName,
    side: Direction,
    price: number,
    anchorIdx: number,
    anchorT: EpochMs,
    sink: EventSink,
  ): number {
    const id = sink.emit('LEVEL', side, '', anchorIdx, anchorT, price, null, 0, '', name)
    this.#add({
      id,
      kind: name,
      side,
      degree: '',
      price,
      anchorIdx,
      anchorT,
      brokenIdx: -1,
      extreme: 0,
      outcome: 'open',
    })
    return id
  }

  /** Retires a level that its successor replaces, if it still rests. */
  expireLevel(id: number, sink: EventSink): void {
    for (const resting of [this.above, this.below]) {
      const at = resting.findIndex((pool) => pool.id === id)
      if (at < 0) continue
      const [pool] = resting.splice(at, 1) as [Pool]
      sink.emit(
        'LEVEL_EXPIRE',
        pool.side,
        '',
        pool.anchorIdx,
        pool.anchorT,
        pool.price,
        null,
        id,
        '',
        pool.kind,
      )
    }
  }

  /**
   * Sweeps and runs that the newest bar settles. `atrBefore` is NaN during warm-up: then no sweep is too
   * deep.
   */
  age(bars: BarWindow, atrBefore: number, sink: EventSink): void {
    const i = bars.last
    const high = bars.h(i)
    const low = bars.l(i)
    if (this.#pending.length === 0 && !isTaken(this.above, high) && !isTaken(this.below, -low)) return
    // The side against the body first, then in order of creation.
    const first: Direction = bars.c(i) > bars.o(i) ? -1 : 1
    this.#settle(first, first === 1 ? high : -low, bars, atrBefore, sink)
    this.#settle(first === 1 ? -1 : 1, first === 1 ? -low : high, bars, atrBefore, sink)
  }

  /** The nearest resting pool of a side at or beyond a price, whose kind the caller wants. */
  nearest(side: Direction, from: number, wants: (pool: Pool) => boolean): Pool | undefined {
    const resting = side === 1 ? this.above : this.below
    for (let at = resting.length - 1; at >= 0; at--) {
      const pool = resting[at] as Pool
      if (pool.price * side >= from * side && wants(pool)) return pool
    }
    return undefined
  }

  #settle(side: Direction, reach: number, bars: BarWindow, atrBefore: number, sink: EventSink): void {
    const resting = side === 1 ? this.above : this.below
    const taken = this.#taken
    for (const pool of this.#pending) {
      if (pool.side !== side) continue
      if (reach > pool.extreme) pool.extreme = reach
      taken.push(pool)
    }
    while (isTaken(resting, reach)) {
      const pool = resting.pop() as Pool
      pool.brokenIdx = bars.last
      pool.extreme = reach
      taken.push(pool)
    }
    if (taken.length === 0) return
    if (taken.length > 1) taken.sort(byId)
    const close = bars.c(bars.last) * side
    const pending = this.#pending.filter((pool) => pool.side !== side)
    for (const pool of taken) if (!this.#outcome(pool, close, bars.last, atrBefore, sink)) pending.push(pool)
    this.#pending = pending
    taken.length = 0
  }

  /** False while it is still open whether price accepts the new side. */
  #outcome(pool: Pool, close: number, index: number, atrBefore: number, sink: EventSink): boolean {
    const { sweepBars, sweepMaxAtr } = this.#parameters
    const price = pool.price * pool.side
    const waited = index - pool.brokenIdx
    if (close <= price) {
      const isRun = pool.extreme - price > sweepMaxAtr * atrBefore
      pool.outcome = isRun ? 'run' : 'swept'
      note(isRun ? 'RUN' : 'SWEEP', pool, RECLAIMED[waited] ?? `reclaim=${waited}`, sink)
      return true
    }
    if (waited < sweepBars) return false
    pool.outcome = 'run'
    note('RUN', pool, 'accepted', sink)
    return true
  }

  #add(pool: Pool): Pool {
    const resting = pool.side === 1 ? this.above : this.below
    const price = pool.price * pool.side
    let at = resting.length
    while (at > 0 && (resting[at - 1] as Pool).price * pool.side < price) at--
    if (at === resting.length) resting.push(pool)
    else resting.splice(at, 0, pool)
    if (resting.length > this.#parameters.poolsMax) resting.shift()
    return pool
  }
}

const RECLAIMED: readonly EventExtra[] = ['reclaim=0', 'reclaim=1', 'reclaim=2']

function isTaken(resting: readonly Pool[], reach: number): boolean {
  const nearest = resting[resting.length - 1]
  return nearest !== undefined && reach > nearest.price * nearest.side
}

function byId(a: Pool, b: Pool): number {
  return a.id - b.id
}

function note(kind: 'SWEEP' | 'RUN', pool: Pool, extra: EventExtra, sink: EventSink): void {
  const { side, degree, anchorIdx, anchorT, price, extreme, id } = pool
  const direction = kind === 'RUN' ? side : side === 1 ? -1 : 1
  sink.emit(kind, direction, degree, anchorIdx, anchorT, price, extreme * side, id, extra, pool.kind)
}
