import { type Bar, TIMEFRAMES, type Timeframe } from '../bar.ts'
import { barEnd, hasClosureBetween } from '../calendar/index.ts'

export interface ReplayBar {
  readonly timeframe: Timeframe
  readonly bar: Bar
  /** A scheduled closure lies between the bar before it in its stream and this one. */
  readonly breakBefore: boolean
}

/**
 * Cached bars of several timeframes in the order in which they became known: by their end, of equal ends
 * the higher timeframe first. This is the order in which an analyst that never stopped has seen them.
 */
export function* replayOrder(
  cached: Partial<Readonly<Record<Timeframe, readonly Bar[]>>>,
): Generator<ReplayBar, void, void> {
  // Higher first: of equal ends the first found wins.
  const cursors = TIMEFRAMES.toReversed().map((timeframe) => ({
    timeframe,
    bars: cached[timeframe] ?? [],
    at: 0,
    endsAt: Number.POSITIVE_INFINITY,
    previousEnd: Number.NaN,
  }))
  for (const cursor of cursors) cursor.endsAt = endOf(cursor.bars[0], cursor.timeframe)
  for (;;) {
    let next = cursors[0]
    for (const cursor of cursors) if (next === undefined || cursor.endsAt < next.endsAt) next = cursor
    const bar = next?.bars[next.at]
    if (next === undefined || bar === undefined) return
    const breakBefore = next.at > 0 && hasClosureBetween(next.previousEnd, bar.t)
    yield { timeframe: next.timeframe, bar, breakBefore }
    next.previousEnd = next.endsAt
    next.at++
    next.endsAt = endOf(next.bars[next.at], next.timeframe)
  }
}

function endOf(bar: Bar | undefined, timeframe: Timeframe): number {
  return bar === undefined ? Number.POSITIVE_INFINITY : barEnd(bar.t, timeframe)
}
