import type { Timeframe } from '../bar.ts'
import { TIMEFRAME_MS } from '../bar.ts'
import { barEnd } from '../calendar/index.ts'
import { type Direction, type EpochMs, epochMs } from '../units.ts'

/**
 * Small structure (five-bar fractals) and large structure; each has an engine of its own. `ict-concepts`
 * 2.2.
 */
export type Degree = 'internal' | 'external'

export type EventKind =
  | 'SWING'
  | 'BOS'
  | 'CHOCH'
  | 'FVG'
  | 'FVG_TOUCH'
  | 'FVG_CE'
  | 'FVG_FILL'
  | 'FVG_INVERT'
  | 'FVG_EXPIRE'
  | 'OB'
  | 'OB_TEST'
  | 'OB_MT'
  | 'OB_VIOLATE'
  | 'OB_EXPIRE'
  | BlockKind
  | `${BlockKind}_TEST`
  | `${BlockKind}_DEAD`
  | 'SWEEP'
  | 'RUN'
  | 'LEVEL'
  | 'LEVEL_EXPIRE'
  | 'REJECTED'

export type BlockKind = 'BREAKER' | 'MITIGATION'

/** Where a pool of resting stops comes from. `ict-concepts` 6.1. */
export type PoolKind = 'swing' | LevelName

/** Equal highs or lows, and those of named periods: `pd` and `pw` are the previous day's and week's. */
export type LevelName =
  | 'eq'
  | 'pd'
  | 'pw'
  | 'asia'
  | 'london'
  | 'nyam'
  | 'lunch'
  | 'nypm'
  | 'overnight'
  | 'or'

export type SwingLabel = 'HH' | 'HL' | 'LH' | 'LL' | 'EH' | 'EL'

export type EventExtra =
  | ''
  | SwingLabel
  | 'initial'
  | 'initial disp'
  | 'disp'
  | 'mss'
  | 'noOpposite'
  | 'accepted'
  | `reclaim=${number}`
  | `rejected: ${string}`

/**
 * One thing that became known at the close of one bar. Never edited, never withdrawn: a change of state is
 * a new event that refers to the first by `ref`. The same bars give the same events with the same ids.
 */
export interface IctEvent {
  /** Counts from 1 in order of emission; 0 for a rejected bar, which leaves no other trace. */
  readonly id: number
  readonly kind: EventKind
  /**
   * Up or down; of an inverted gap the new direction, of a sweep the direction against the pool. 0:
   * rejected bar.
   */
  readonly direction: Direction | 0
  readonly degree: Degree | ''
  /** The bar that it is drawn on. Bars count from 0. */
  readonly anchorIdx: number
  readonly anchorT: EpochMs
  /** The bar whose close made it known. */
  readonly confirmIdx: number
  /** End of that bar. */
  readonly knownAt: EpochMs
  /** The level, or the bottom of the zone, in whole ticks. */
  readonly p1: number
  /**
   * The top of the zone, or the extreme of a sweep or run, in whole ticks. Null where there is only a
   * level.
   */
  readonly p2: number | null
  /** Id of the object that this is about, 0 for none. */
  readonly ref: number
  readonly extra: EventExtra
  /** What kind of pool was created, swept or run; empty for other events. */
  readonly pool: PoolKind | ''
}

/** Stands where there is no instant yet. */
export const DAWN: EpochMs = epochMs(631_152_000_000)

/**
 * Where detectors put what they find. One object a stream; `confirmIdx` and `knownAt` are those of the bar
 * at hand.
 */
export class EventSink {
  readonly #lengthMs: number
  readonly #timeframe: Timeframe
  #nextId = 1
  #events: IctEvent[] = []
  #confirmIdx = -1
  #knownAt = DAWN

  constructor(timeframe: Timeframe) {
    this.#timeframe = timeframe
    // Up to one hour a bar is never cut short by a closure, so its end needs no calendar.
    this.#lengthMs = TIMEFRAME_MS[timeframe] <= TIMEFRAME_MS['1h'] ? TIMEFRAME_MS[timeframe] : 0
  }

  /** Opens the next bar. */
  open(index: number, t: EpochMs): void {
    this.#confirmIdx = index
    this.#knownAt = this.#lengthMs > 0 ? epochMs(t + this.#lengthMs) : barEnd(t, this.#timeframe)
  }

  /** End of the bar at hand. */
  get knownAt(): EpochMs {
    return this.#knownAt
  }

  /** Returns the id of the new event. */
  emit(
    kind: EventKind,
    direction: Direction,
    degree: Degree | '',
    anchorIdx: number,
    anchorT: EpochMs,
    p1: number,
    p2: number | null,
    ref: number,
    extra: EventExtra,
    pool: PoolKind | '',
  ): number {
    const id = this.#nextId++
    this.#events.push({
      id,
      kind,
      direction,
      degree,
      anchorIdx,
      anchorT,
      confirmIdx: this.#confirmIdx,
      knownAt: this.#knownAt,
      p1,
      p2,
      ref,
      extra,
      pool,
    })
    return id
  }

  /** Hands out the events of the bar at hand and starts a new list. */
  take(): readonly IctEvent[] {
    if (this.#events.length === 0) return NOTHING
    const events = this.#events
    this.#events = []
    return events
  }
}

const NOTHING: readonly IctEvent[] = Object.freeze([])

/** A displaced change of character of internal structure: the market structure shift of the models. */
export function isShift({ kind, degree, direction, extra }: IctEvent, wanted: Direction): boolean {
  return kind === 'CHOCH' && degree === 'internal' && direction === wanted && extra === 'mss'
}
