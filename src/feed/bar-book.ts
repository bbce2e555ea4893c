/**
 * All bars of one contract, from prints and from history, in every timeframe. Pure.
 *
 * Prints build minutes, minutes build the longer bars, history wins over both. What was built while the
 * connection had no break counts as whole; everything else is asked for until it is.
 */
import { type Bar, type Timeframe, type TradePrint, TIMEFRAMES, epochMs } from '../domain/index.ts'
import { barEnd, barOpen } from '../domain/calendar/index.ts'
import { unreachable } from '../lib/index.ts'
import { type BarBuilder, type BuilderCounters, type MinuteEvent, createBarBuilder } from './bar-builder.ts'
import { type MinuteSpan, type Page, backfillPages, createCoverage, mergeHistory } from './gap.ts'
import { type ResampleEvent, type Resampler, createResampler, mergeBars, resample } from './resample.ts'

export type BarEvent =
  | { readonly kind: 'forming' | 'sealed'; readonly timeframe: Timeframe; readonly bar: Bar }
  /** A sealed bar changed, or one came that belongs before the newest: a new revision. */
  | { readonly kind: 'corrected'; readonly timeframe: Timeframe; readonly bar: Bar }
  /** Many bars changed: take all of `bars(timeframe)` anew. */
  | { readonly kind: 'reset'; readonly timeframe: Timeframe }

export interface BarBook {
  add(print: TradePrint): readonly BarEvent[]
  /** Time has passed; call it about once a second. Platform time. */
  close(now: number): readonly BarEvent[]
  /** The hub stands and this contract is subscribed: minutes that begin from now on are whole. */
  connected(now: number): void
  disconnected(): void
  /** Pages of history that are missing, newest first, each with some bars of overlap. */
  plan(now: number, limit: number): readonly Page[]
  /** A page as it was answered. */
  history(answer: HistoryAnswer): readonly BarEvent[]
  /** Nothing is missing up to the minute that is being built. */
  isWhole(now: number): boolean
  missing(now: number): readonly MinuteSpan[]
  /** Sealed bars, oldest first. */
  bars(timeframe: Timeframe): readonly Bar[]
  forming(timeframe: Timeframe): Bar | undefined
  counters(): BookCounters
}

interface HistoryAnswer {
  readonly page: Page
  readonly bars: readonly Bar[]
  readonly isCut: boolean
  /** When the question went out, platform time. */
  readonly asOf: number
}

interface BookCounters extends BuilderCounters {
  /** Bars of ours that history had otherwise. */
  readonly corrections: number
  /** Bars that both had alike. */
  readonly agreed: number
  /** Bars of ours that history did not have. */
  readonly unproven: number
}

export interface BarBookOptions {
  /** Where the wanted history begins, platform time. */
  readonly from: number
  readonly graceMs?: number
  /** One-minute bars kept. */
  readonly minutesMax?: number
}

const MINUTE_MS = 60_000
/** Ten trading days. */
const MINUTES_MAX = 14_000
/** Bars of overlap by which history is compared with what we have. */
const OVERLAP_MS = 5 * MINUTE_MS
/** History may lack the newest minute for a moment: younger ones are not taken for empty. */
const HISTORY_LAG_MS = 2_000
/** More changed minutes than this are told as one reset. */
const SINGLE_CHANGES_MAX = 30

export function createBarBook(options: BarBookOptions): BarBook {
  const { from, minutesMax = MINUTES_MAX } = options
  const longer = TIMEFRAMES.filter((each) => each !== '1m')
  const builder: BarBuilder = createBarBuilder(
    options.graceMs === undefined ? {} : { graceMs: options.graceMs },
  )
  const coverage = createCoverage()
  const sealed = new Map<Timeframe, Bar[]>(TIMEFRAMES.map((each) => [each, []]))
  let resamplers = new Map<Timeframe, Resampler>(longer.map((each) => [each, createResampler(each)]))
  let liveFrom: number | undefined
  let corrections = 0
  let agreed = 0
  let unproven = 0

  function add(print: TradePrint): readonly BarEvent[] {
    return builder.add(print).flatMap(onMinute)
  }

  function close(now: number): readonly BarEvent[] {
    const events: BarEvent[] = builder.close(now).flatMap(onMinute)
    for (const [timeframe, resampler] of resamplers)
      events.push(...onResampled(timeframe, resampler.close(now)))
    cover()
    return events
  }

  function onMinute(event: MinuteEvent): readonly BarEvent[] {
    const { kind, bar } = event
    if (kind === 'forming') return [{ kind, timeframe: '1m', bar }, ...feed((each) => each.form(bar))]
    const told = put('1m', bar)
    if (kind === 'sealed') cover()
    return [{ kind: told, timeframe: '1m', bar }, ...feed((each) => each.add(bar))]
  }

  /** Built minutes are whole while the line had no break. */
  function cover(): void {
    if (liveFrom !== undefined) coverage.add({ from: liveFrom, to: builder.sealedUntil() })
  }

  function feed(step: (resampler: Resampler) => readonly ResampleEvent[]): readonly BarEvent[] {
    return [...resamplers].flatMap(([timeframe, resampler]) => onResampled(timeframe, step(resampler)))
  }

  function onResampled(timeframe: Timeframe, events: readonly ResampleEvent[]): readonly BarEvent[] {
    return events.flatMap((event): readonly BarEvent[] => {
      switch (event.kind) {
        case 'forming':
          return [{ kind: 'forming', timeframe, bar: event.bar }]
        case 'sealed':
          return [{ kind: put(timeframe, event.bar), timeframe, bar: event.bar }]
        case 'stale': {
          const bar = rebuilt(timeframe, event.open)
          if (bar === undefined) return []
          put(timeframe, bar)
          return [{ kind: 'corrected', timeframe, bar }]
        }
        default:
          return unreachable(event)
      }
    })
  }

  function rebuilt(timeframe: Timeframe, open: number): Bar | undefined {
    const end = barEnd(open, timeframe)
    const minutes = seriesOf('1m')
    const bar = mergeBars(minutes.slice(indexFrom(minutes, open), indexFrom(minutes, end)))
    return bar === undefined ? undefined : { ...bar, t: barOpen(open, timeframe) }
  }

  /** Puts a sealed bar in its place: `sealed` when it is the newest, `corrected` when it is not. */
  function put(timeframe: Timeframe, bar: Bar): 'sealed' | 'corrected' {
    const series = seriesOf(timeframe)
    const newest = series.at(-1)
    if (newest === undefined || bar.t > newest.t) {
      series.push(bar)
      // In blocks, so that the cost of moving is spread.
      if (series.length > minutesMax + 1_000) series.splice(0, series.length - minutesMax)
      return 'sealed'
    }
    const at = indexFrom(series, bar.t)
    series.splice(at, series[at]?.t === bar.t ? 1 : 0, bar)
    return 'corrected'
  }

  function history({ page, bars, isCut, asOf }: HistoryAnswer): readonly BarEvent[] {
    const coveredTo = Math.min(page.to, Math.floor((asOf - HISTORY_LAG_MS) / MINUTE_MS) * MINUTE_MS)
    const coveredFrom = isCut ? (bars[0]?.t ?? page.to) : page.from
    // A minute that history may not have whole yet is not believed either.
    const known = bars.filter((bar) => bar.t < coveredTo)
    const merged = mergeHistory(seriesOf('1m'), known, { from: coveredFrom, to: coveredTo })
    coverage.add({ from: coveredFrom, to: coveredTo })
    corrections += merged.corrections.length
    agreed += merged.agreed
    unproven += merged.unproven.length
    for (const bar of known) builder.replace(bar)

    const changed = [...merged.added, ...merged.corrections.map((each) => each.after)]
    if (changed.length <= SINGLE_CHANGES_MAX)
      return changed
        .sort((a, b) => a.t - b.t)
        .flatMap((bar) => [
          { kind: put('1m', bar), timeframe: '1m', bar } as const,
          ...feed((each) => each.add(bar)),
        ])
    sealed.set('1m', merged.bars.slice(-minutesMax))
    return rebuildAll()
  }

  function rebuildAll(): readonly BarEvent[] {
    const minutes = seriesOf('1m')
    const running = builder.forming()
    resamplers = new Map()
    for (const timeframe of longer) {
      const all = resample(minutes, timeframe, running?.t ?? 0)
      sealed.set(timeframe, [...all.sealed])
      const newest = all.sealed.at(-1)
      const resampler = createResampler(
        timeframe,
        newest === undefined ? undefined : barEnd(newest.t, timeframe),
      )
      resamplers.set(timeframe, resampler)
      const open = all.forming?.t
      if (open !== undefined)
        for (const minute of minutes.slice(indexFrom(minutes, open))) resampler.add(minute)
      if (running !== undefined) resampler.form(running)
    }
    return [...sealed.keys()].map((timeframe) => ({ kind: 'reset', timeframe }))
  }

  function missing(now: number): readonly MinuteSpan[] {
    return coverage.missing(from, liveFrom === undefined ? now : Math.min(liveFrom, now))
  }

  function seriesOf(timeframe: Timeframe): Bar[] {
    return sealed.get(timeframe) ?? []
  }

  return {
    add,
    close,
    history,
    missing,
    isWhole: (now) => liveFrom !== undefined && missing(now - HISTORY_LAG_MS).length === 0,
    connected: (now) => void (liveFrom = Math.ceil(now / MINUTE_MS) * MINUTE_MS),
    disconnected: () => void (liveFrom = undefined),
    plan: (now, limit) => {
      const pages = backfillPages(missing(now - HISTORY_LAG_MS), limit - OVERLAP_MS / MINUTE_MS)
      return pages.map((page) => ({ ...page, from: epochMs(page.from - OVERLAP_MS), limit }))
    },
    bars: seriesOf,
    forming: (timeframe) => (timeframe === '1m' ? builder.forming() : resamplers.get(timeframe)?.forming()),
    counters: () => ({ ...builder.counters(), corrections, agreed, unproven }),
  }
}

/** The first place whose bar opens at or after `t`. */
function indexFrom(series: readonly Bar[], t: number): number {
  let low = 0
  let high = series.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((series[middle]?.t ?? Number.POSITIVE_INFINITY) < t) low = middle + 1
    else high = middle
  }
  return low
}
