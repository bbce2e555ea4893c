/** What history has to bring, in which pages, and what it changes. Pure. */
import { type Bar, type EpochMs, epochMs } from '../domain/index.ts'
import { marketStateAt } from '../domain/calendar/index.ts'

/** [from, to), whole minutes. */
export interface MinuteSpan {
  readonly from: EpochMs
  readonly to: EpochMs
}

const MINUTE_MS = 60_000
/** A calendar day has no more minutes than this, closures or not. */
const SPAN_DAYS_MAX = 4_000

/**
 * The open minutes of [from, to) as spans, one a session. Both ends are cut to whole minutes: a minute that
 * still runs is not missing yet.
 */
export function openSpans(from: number, to: number): readonly MinuteSpan[] {
  const end = Math.floor(to / MINUTE_MS) * MINUTE_MS
  const spans: MinuteSpan[] = []
  let at = Math.floor(from / MINUTE_MS) * MINUTE_MS
  for (let tries = 0; at < end && tries < SPAN_DAYS_MAX; tries++) {
    const state = marketStateAt(at)
    if (state.kind === 'closed') {
      at = state.opensAt
      continue
    }
    const until = Math.min(state.day.closesAt, end)
    if (until > at) spans.push({ from: epochMs(at), to: epochMs(until) })
    at = until
  }
  return spans
}

/** The minutes after the newest proven bar that ended by `now`; `start` stands in when there is no bar at all. */
export function missingAfter(newest: EpochMs | undefined, now: number, start: number): readonly MinuteSpan[] {
  return openSpans(newest === undefined ? start : newest + MINUTE_MS, now)
}

/** Which minutes are known to be whole: brought by history, or built on an unbroken connection. */
export interface Coverage {
  add(span: { readonly from: number; readonly to: number }): void
  /** Open minutes of [from, to) that are not covered. */
  missing(from: number, to: number): readonly MinuteSpan[]
}

export function createCoverage(): Coverage {
  /** Apart from each other and in order of time. */
  let spans: readonly { readonly from: number; readonly to: number }[] = []

  return {
    add({ from, to }) {
      if (to <= from) return
      const touching = spans.filter((each) => each.from <= to && each.to >= from)
      const joined = {
        from: Math.min(from, ...touching.map((each) => each.from)),
        to: Math.max(to, ...touching.map((each) => each.to)),
      }
      const apart = spans.filter((each) => each.from > to || each.to < from)
      spans = [...apart, joined].sort((a, b) => a.from - b.from)
    },
    missing(from, to) {
      // Asked several times a second, and most often nothing is missing: that answer needs no calendar.
      if (spans.some((each) => each.from <= from && each.to >= to)) return []
      return openSpans(from, to).flatMap((open) => without(open, spans))
    },
  }
}

function without(
  open: MinuteSpan,
  covered: readonly { readonly from: number; readonly to: number }[],
): readonly MinuteSpan[] {
  const left: MinuteSpan[] = []
  let at: number = open.from
  for (const { from, to } of covered) {
    if (to <= at || from >= open.to) continue
    if (from > at) left.push({ from: epochMs(at), to: epochMs(from) })
    at = Math.max(at, to)
  }
  if (at < open.to) left.push({ from: epochMs(at), to: open.to })
  return left
}

export interface Page extends MinuteSpan {
  /** Bars that the page can hold at most. */
  readonly limit: number
}

/**
 * Pages that cover the spans, newest first: the newest bars are wanted most, and the gateway keeps the newest of
 * a page that is too full. Spans side by side share a page, closures between them hold no bars.
 */
export function backfillPages(spans: readonly MinuteSpan[], limit: number): readonly Page[] {
  const pages: Page[] = []
  let to: EpochMs | undefined
  let from: EpochMs | undefined
  let minutes = 0
  for (const span of spans.toReversed()) {
    let end: number = span.to
    while (end > span.from) {
      const taken = Math.min((end - span.from) / MINUTE_MS, limit - minutes)
      to ??= epochMs(end)
      from = epochMs(end - taken * MINUTE_MS)
      minutes += taken
      end = from
      if (minutes < limit) continue
      pages.push({ from, to, limit })
      to = undefined
      minutes = 0
    }
  }
  if (to !== undefined && from !== undefined) pages.push({ from, to, limit })
  return pages
}

/** Where to go on after a page that came back cut: the part before its oldest bar, or nothing. */
export function restOfPage(page: Page, bars: readonly Bar[], isCut: boolean): Page | undefined {
  const oldest = bars[0]
  if (!isCut || oldest === undefined || oldest.t <= page.from) return undefined
  return { ...page, to: oldest.t }
}

interface Correction {
  readonly before: Bar
  readonly after: Bar
}

export interface Merged {
  /** All bars in order of time. */
  readonly bars: readonly Bar[]
  /** Bars that history had and we had not. */
  readonly added: readonly Bar[]
  /** Bars that history has otherwise: it wins, whatever the difference. */
  readonly corrections: readonly Correction[]
  /** Bars of ours inside the covered span that history does not have. They stay, and are told. */
  readonly unproven: readonly Bar[]
  /** Bars that both have alike. */
  readonly agreed: number
}

/** History over what was built. `covered` is the span that was asked for and answered whole. */
export function mergeHistory(
  built: readonly Bar[],
  history: readonly Bar[],
  covered: { readonly from: number; readonly to: number },
): Merged {
  const ours = new Map(built.map((bar) => [bar.t, bar]))
  const theirs = new Set(history.map((bar) => bar.t))
  const added: Bar[] = []
  const corrections: Correction[] = []
  let agreed = 0
  for (const bar of history) {
    const before = ours.get(bar.t)
    if (before === undefined) added.push(bar)
    else if (isSame(before, bar)) agreed += 1
    else corrections.push({ before, after: bar })
    ours.set(bar.t, bar)
  }
  const unproven = built.filter(({ t }) => t >= covered.from && t < covered.to && !theirs.has(t))
  return { bars: [...ours.values()].sort((a, b) => a.t - b.t), added, corrections, unproven, agreed }
}

export function isSame(a: Bar, b: Bar): boolean {
  return a.t === b.t && a.o === b.o && a.h === b.h && a.l === b.l && a.c === b.c && a.v === b.v
}
