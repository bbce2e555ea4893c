/**
 * One-minute bars from the trade prints of one contract. Pure: time comes with the prints and with `close`.
 *
 * A minute is the exchange's, [t, t + 60 s). Its open is its earliest print and its close its latest by exchange
 * time, whatever order they came in. Quotes make no bars, and a minute without a print has none.
 */
import type { Bar, Ticks, TradePrint } from '../domain/index.ts'
import { epochMs, ticks } from '../domain/index.ts'

export type MinuteEvent =
  /** The running minute as it stands; replaces the one before it. */
  | { readonly kind: 'forming'; readonly bar: Bar }
  /** The minute is over. */
  | { readonly kind: 'sealed'; readonly bar: Bar }
  /** A print came after its minute was sealed: the bar is now this one. */
  | { readonly kind: 'corrected'; readonly bar: Bar; readonly before: Bar | undefined }

export interface BarBuilder {
  add(print: TradePrint): readonly MinuteEvent[]
  /** Seals the running minute once it is over by the grace, though nobody trades. Platform time. */
  close(now: number): readonly MinuteEvent[]
  forming(): Bar | undefined
  /** Minutes that open before this are over. */
  sealedUntil(): number
  /** A bar from history takes the place of the built one, and late prints of its minute change nothing any more. */
  replace(bar: Bar): void
  counters(): BuilderCounters
}

export interface BuilderCounters {
  readonly prints: number
  readonly duplicates: number
  /** Prints that came after their minute was sealed. */
  readonly late: number
  /** Prints too old to be built in: history has to bring them. */
  readonly tooLate: number
}

export interface BuilderOptions {
  /** Milliseconds after a minute's end in which its prints still come in the ordinary way. */
  readonly graceMs?: number
}

const MINUTE_MS = 60_000
const GRACE_MS = 1_500
/** Sealed minutes that a late print can still correct. */
const KEPT_MINUTES = 10
/** Prints among which a second copy is found: about half a minute of a busy contract. */
const WINDOW_PRINTS = 1_024

/** A bar under construction with the instants of its first and last print. */
interface Building {
  readonly t: number
  o: Ticks
  h: Ticks
  l: Ticks
  c: Ticks
  v: number
  first: number
  last: number
  /** Came from history: no print changes it any more. */
  isProven: boolean
}

export function createBarBuilder({ graceMs = GRACE_MS }: BuilderOptions = {}): BarBuilder {
  const recent = createWindow(WINDOW_PRINTS)
  const sealed = new Map<number, Building>()
  let running: Building | undefined
  let newest: Building | undefined
  /** Minutes before this are over. */
  let sealedUntil = Number.NEGATIVE_INFINITY
  let prints = 0
  let duplicates = 0
  let late = 0
  let tooLate = 0

  function add(print: TradePrint): readonly MinuteEvent[] {
    if (recent.hasSeen(keyOf(print))) {
      duplicates += 1
      return []
    }
    prints += 1
    const minute = Math.floor(print.at / MINUTE_MS) * MINUTE_MS
    if (minute < sealedUntil) return addLate(minute, print)
    if (running !== undefined && minute === running.t) {
      extend(running, print)
      return [{ kind: 'forming', bar: barOf(running) }]
    }
    const over = sealRunning()
    running = begin(minute, print)
    sealedUntil = minute
    return [...over, { kind: 'forming', bar: barOf(running) }]
  }

  function addLate(minute: number, print: TradePrint): readonly MinuteEvent[] {
    late += 1
    if (minute < sealedUntil - KEPT_MINUTES * MINUTE_MS) {
      tooLate += 1
      return []
    }
    const found = sealed.get(minute)
    // History has this minute with all its prints.
    if (found?.isProven === true) return []
    const before = found === undefined ? undefined : barOf(found)
    if (found === undefined) keep(begin(minute, print))
    else extend(found, print)
    const after = sealed.get(minute)
    return after === undefined ? [] : [{ kind: 'corrected', bar: barOf(after), before }]
  }

  function sealRunning(): readonly MinuteEvent[] {
    if (running === undefined) return []
    const over = running
    running = undefined
    keep(over)
    return [{ kind: 'sealed', bar: barOf(over) }]
  }

  function keep(over: Building): void {
    sealed.set(over.t, over)
    if (newest === undefined || over.t >= newest.t) newest = over
    for (const t of sealed.keys()) if (t < newest.t - KEPT_MINUTES * MINUTE_MS) sealed.delete(t)
  }

  function close(now: number): readonly MinuteEvent[] {
    const over = Math.floor((now - graceMs) / MINUTE_MS) * MINUTE_MS
    if (over <= sealedUntil) return []
    const events = running !== undefined && running.t < over ? sealRunning() : []
    sealedUntil = over
    return events
  }

  function replace(bar: Bar): void {
    if (newest !== undefined && bar.t < newest.t - KEPT_MINUTES * MINUTE_MS) return
    keep({ ...bar, first: bar.t, last: bar.t + MINUTE_MS, isProven: true })
    sealedUntil = Math.max(sealedUntil, bar.t + MINUTE_MS)
    if (running !== undefined && running.t < sealedUntil) running = undefined
  }

  return {
    add,
    close,
    replace,
    forming: () => (running === undefined ? undefined : barOf(running)),
    sealedUntil: () => sealedUntil,
    counters: () => ({ prints, duplicates, late, tooLate }),
  }
}

function begin(t: number, { price, size, at }: TradePrint): Building {
  return { t, o: price, h: price, l: price, c: price, v: size, first: at, last: at, isProven: false }
}

function extend(bar: Building, { price, size, at }: TradePrint): void {
  if (at < bar.first) {
    bar.first = at
    bar.o = price
  }
  // Of two prints in one millisecond the one that came later is the later.
  if (at >= bar.last) {
    bar.last = at
    bar.c = price
  }
  bar.h = ticks(Math.max(bar.h, price))
  bar.l = ticks(Math.min(bar.l, price))
  bar.v += size
}

function barOf({ t, o, h, l, c, v }: Building): Bar {
  return { t: epochMs(t), o, h, l, c, v }
}

/** Equal time, price, size and side, and the same place among equals of its message: the same print again. */
function keyOf({ at, subMs, price, size, side, occurrence }: TradePrint): string {
  return `${at}.${subMs}/${price}/${size}/${side ?? ''}/${occurrence}`
}

function createWindow(size: number): { hasSeen(key: string): boolean } {
  const keys = new Set<string>()
  const ring: string[] = []
  let next = 0
  return {
    hasSeen(key) {
      if (keys.has(key)) return true
      const oldest = ring[next]
      if (oldest !== undefined) keys.delete(oldest)
      ring[next] = key
      next = (next + 1) % size
      keys.add(key)
      return false
    },
  }
}
