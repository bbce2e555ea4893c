/** Which threads hang. Pure: it reads what it is given, decides, and does nothing itself. */
import type { Busy } from './status.ts'

export interface Reading {
  readonly thread: number
  /** Monotonic ms of the last beat; 0 when the thread has not come up yet. */
  readonly beatAt: number
  /** Longest gap between two beats since the last reading, ms. */
  readonly gapMs: number
  readonly busy: Busy | undefined
  /** Without a beat for longer it is hung: the strictest of the actors on it. */
  readonly hungMs: number
}

export type Verdict =
  | { readonly kind: 'hung'; readonly thread: number; readonly silentMs: number }
  /** A handler holds its thread for longer than it should; said once a message. */
  | { readonly kind: 'slow'; readonly thread: number; readonly busy: Busy; readonly ms: number }
  /** Too many are late at once: it is the machine, and nobody is killed. */
  | { readonly kind: 'overload'; readonly late: number; readonly of: number }

/** A handler that holds its thread for longer is reported. */
export const SLOW_MS = 100
/** The watchdog was itself kept from running: what it reads says nothing. */
const TICKS_LATE_MAX = 3
/** Fewer gaps say nothing of the machine. */
const GAPS_MIN = 400
const SLICE_MS = 10_000
const SLICES = 6
const GAP_BUCKETS = 64
const GAP_BUCKET_MS = 10
/** However busy the machine: a thread silent for so many times its limit is not merely late. */
const PATIENCE = 8

export class Watchdog {
  readonly #tickMs: number
  #lastAt: number | undefined
  #slices: { readonly startedAt: number; readonly counts: Uint32Array }[] = []
  readonly #said = new Map<number, number>()
  #overloaded = false

  constructor(tickMs: number) {
    this.#tickMs = tickMs
  }

  /** `now` in monotonic ms. */
  check(now: number, readings: readonly Reading[]): Verdict[] {
    const sinceMs = this.#lastAt === undefined ? this.#tickMs : now - this.#lastAt
    this.#lastAt = now
    this.#learn(now, readings)
    if (sinceMs > this.#tickMs * TICKS_LATE_MAX) return []

    const up = readings.filter((reading) => reading.beatAt > 0)
    const floor = 10 * this.#gapP99()
    const late = up.filter((reading) => now - reading.beatAt > Math.max(reading.hungMs, floor))
    const hopeless = late.filter((reading) => now - reading.beatAt > reading.hungMs * PATIENCE)
    // One late thread is a hang even when it is the only one.
    const isOverload = late.length > 1 && late.length * 2 >= up.length
    const verdicts: Verdict[] = (isOverload ? hopeless : late).map((reading) => ({
      kind: 'hung',
      thread: reading.thread,
      silentMs: now - reading.beatAt,
    }))
    if (isOverload && !this.#overloaded) verdicts.push({ kind: 'overload', late: late.length, of: up.length })
    this.#overloaded = isOverload
    return [...verdicts, ...this.#slow(now, up)]
  }

  forget(thread: number): void {
    this.#said.delete(thread)
  }

  #slow(now: number, readings: readonly Reading[]): Verdict[] {
    return readings.flatMap(({ thread, busy }): Verdict[] => {
      if (!busy || now - busy.since < SLOW_MS || this.#said.get(thread) === busy.since) return []
      this.#said.set(thread, busy.since)
      return [{ kind: 'slow', thread, busy, ms: now - busy.since }]
    })
  }

  /** Only gaps that ended count: a thread that hangs for good has none and cannot raise its own limit. */
  #learn(now: number, readings: readonly Reading[]): void {
    let slice = this.#slices.at(-1)
    if (!slice || now - slice.startedAt >= SLICE_MS) {
      slice = { startedAt: now, counts: new Uint32Array(GAP_BUCKETS) }
      this.#slices = [...this.#slices, slice].slice(-SLICES)
    }
    for (const { gapMs } of readings) {
      if (gapMs <= 0) continue
      const bucket = Math.min(GAP_BUCKETS - 1, Math.floor(gapMs / GAP_BUCKET_MS))
      slice.counts[bucket] = (slice.counts[bucket] ?? 0) + 1
    }
  }

  /** Of all threads in the last minute, ms, rounded down to a bucket. */
  #gapP99(): number {
    const total = new Float64Array(GAP_BUCKETS)
    for (const { counts } of this.#slices)
      for (const [bucket, count] of counts.entries()) total[bucket] = (total[bucket] ?? 0) + count
    const all = total.reduce((sum, count) => sum + count, 0)
    if (all < GAPS_MIN) return 0
    let above = all * 0.01
    for (let bucket = GAP_BUCKETS - 1; bucket >= 0; bucket--) {
      above -= total[bucket] ?? 0
      if (above < 0) return bucket * GAP_BUCKET_MS
    }
    return 0
  }
}
