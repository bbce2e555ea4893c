import type { EpochMs } from '../../domain/index.ts'
import type { ListedContract } from '../contracts.ts'

/** One trade print with the book that it happened in. Prices in whole ticks of the contract's instrument. */
export interface Tick {
  readonly at: number
  readonly contract: ListedContract
  readonly price: number
  /** Contracts traded. */
  readonly volume: number
  /** The side of the aggressor. */
  readonly isBuy: boolean
  readonly bid: number
  readonly ask: number
}

/** One minute of one contract: what its prints add up to. */
export interface MinuteBar {
  readonly t: number
  readonly o: number
  readonly h: number
  readonly l: number
  readonly c: number
  readonly v: number
}

/**
 * Where prices come from: the seeded market or a recording. A pure function of its seed or files: what it says
 * about a minute never depends on who asked before.
 */
export interface Tape {
  /** The first minute that it knows. */
  readonly from: EpochMs
  /** The first minute at or after `t` in which anything trades; undefined where the tape has ended. */
  nextMinute(t: number): number | undefined
  /** Every print of a contract within the minute that opens at `minute`, in order. */
  ticksOf(contract: ListedContract, minute: number): readonly Tick[]
  /** Minute bars with open instants in [from, to), oldest first: exactly what their prints add up to. */
  minutes(contract: ListedContract, from: number, to: number): readonly MinuteBar[]
  /** Opens of the newest minute before `t` in which the contract traded, at most two weeks back. */
  lastMinuteBefore(contract: ListedContract, t: number): number | undefined
}

export const MINUTE_MS = 60_000

export function minuteFloor(t: number): number {
  return Math.floor(t / MINUTE_MS) * MINUTE_MS
}

/** First index whose value is at least `t` in an ascending list. */
export function lowerBound(ascending: ArrayLike<number>, t: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < t) low = middle + 1
    else high = middle
  }
  return low
}
