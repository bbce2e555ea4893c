import type { BarUpdate, WireBar } from '../../../src/wire/index.ts'

/** What a newest bar did to the series. */
type Taken =
  | { readonly kind: 'updated' | 'dropped' | 'reload' }
  /** `isUnsure` when the bar before was never seen sealed: its last change may have been missed. */
  | { readonly kind: 'appended'; readonly isUnsure: boolean }

/** The candles of one chart, oldest first, strictly growing in time. */
export interface BarSeries {
  readonly bars: readonly WireBar[]
  /** Updates older than the newest bar: dropped, and counted so that it is known. */
  readonly dropped: number
  load(bars: readonly WireBar[]): void
  /** Older history in front; answers how many bars were new. */
  prepend(older: readonly WireBar[]): number
  /** The newest part, read again: replaces everything from its first bar on. */
  repair(tail: readonly WireBar[]): void
  apply(update: BarUpdate): Taken
}

/** A chart holds no more; older bars are let go at the old end. */
export const BARS_MAX = 1_500

export function createBarSeries(): BarSeries {
  let bars: WireBar[] = []
  let dropped = 0
  let generation: number | null = null
  let lastIsSealed = true

  return {
    get bars() {
      return bars
    },
    get dropped() {
      return dropped
    },
    load(loaded) {
      bars = growing(loaded)
      generation = null
      // Whether the newest loaded bar is complete is not said, so it counts as incomplete.
      lastIsSealed = false
    },
    prepend(older) {
      const first = bars[0]?.[0] ?? Number.POSITIVE_INFINITY
      const fresh = growing(older).filter((bar) => bar[0] < first)
      const room = Math.max(0, BARS_MAX - bars.length)
      const kept = fresh.slice(Math.max(0, fresh.length - room))
      bars = [...kept, ...bars]
      return kept.length
    },
    repair(tail) {
      const [first] = tail
      if (first === undefined) return
      const last = bars.at(-1)
      const repaired = growing([...bars.filter((bar) => bar[0] < first[0]), ...tail])
      // The stream may already be ahead of the answer.
      const end = repaired.at(-1)
      bars = last !== undefined && end !== undefined && last[0] > end[0] ? [...repaired, last] : repaired
    },
    apply({ bar, isSealed, generation: theirs }) {
      if (generation !== null && theirs !== generation) return { kind: 'reload' }
      generation = theirs
      const last = bars.at(-1)
      if (last !== undefined && bar[0] < last[0]) {
        dropped += 1
        return { kind: 'dropped' }
      }
      if (last !== undefined && bar[0] === last[0]) {
        bars[bars.length - 1] = bar
        lastIsSealed = isSealed
        return { kind: 'updated' }
      }
      const isUnsure = last !== undefined && !lastIsSealed
      bars.push(bar)
      if (bars.length > BARS_MAX) bars.shift()
      lastIsSealed = isSealed
      return { kind: 'appended', isUnsure }
    },
  }
}

/** The index of the bar that holds `at`; one past the newest for what lies beyond it, -1 before the oldest. */
export function indexAt(bars: readonly WireBar[], at: number, lengthMs: number): number {
  let low = 0
  let high = bars.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((bars[middle]?.[0] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  const found = low - 1
  const bar = bars[found]
  const isBeyond = found === bars.length - 1 && bar !== undefined && at >= bar[0] + lengthMs
  return isBeyond ? bars.length : found
}

/** The library throws on what does not grow, so it is dropped before. */
function growing(bars: readonly WireBar[]): WireBar[] {
  const kept: WireBar[] = []
  for (const bar of bars) if (bar[0] > (kept.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY)) kept.push(bar)
  return kept
}
