/**
 * Longer bars from one-minute bars, by the trading day's own boundaries. Pure.
 *
 * A bar of an hour or less is a piece of the clock; 4h and 1D count from the day's 18:00 New York and end with its
 * session. Fed bar by bar it gives what the batch gives.
 */
import { type Bar, type EpochMs, type Timeframe, ticks } from '../domain/index.ts'
import { barEnd, barOpen } from '../domain/calendar/index.ts'

export type ResampleEvent =
  | { readonly kind: 'forming'; readonly bar: Bar }
  | { readonly kind: 'sealed'; readonly bar: Bar }
  /** A sealed minute of an older bar changed, whose minutes are not kept: merge them anew from the bar's open. */
  | { readonly kind: 'stale'; readonly open: number }

export interface Resampler {
  readonly timeframe: Timeframe
  /** A sealed minute, in order of time; one at or before the newest is a correction. */
  add(minute: Bar): readonly ResampleEvent[]
  /** The running minute, in order of time. */
  form(minute: Bar): readonly ResampleEvent[]
  /** Seals the running bar once its end has passed though no minute came after it. */
  close(now: number): readonly ResampleEvent[]
  forming(): Bar | undefined
}

const MINUTE_MS = 60_000

/** `over` is where the sealed bars end that are there already: a minute before it changes one of them. */
export function createResampler(timeframe: Timeframe, over: number = Number.NEGATIVE_INFINITY): Resampler {
  const openOf = openLookup(timeframe)
  /** Sealed minutes of the running bar, in order of time. */
  let minutes: Bar[] = []
  let open: number | undefined
  /** Bars that open before this are sealed. */
  let sealedUntil = over
  let merged: Bar | undefined
  let running: Bar | undefined

  function add(minute: Bar): readonly ResampleEvent[] {
    const at = openOf(minute.t)
    if (at < sealedUntil || (open !== undefined && at < open)) return [{ kind: 'stale', open: at }]
    const over = open !== undefined && at > open ? seal() : []
    open = at
    if (running !== undefined && running.t <= minute.t) running = undefined
    put(minute)
    if (minute.t + MINUTE_MS >= barEnd(at, timeframe)) return [...over, ...seal()]
    const bar = formingBar()
    return bar === undefined ? over : [...over, { kind: 'forming', bar }]
  }

  function put(minute: Bar): void {
    const newest = minutes.at(-1)
    if (newest === undefined || minute.t > newest.t) {
      minutes.push(minute)
      merged = merged === undefined ? { ...minute, t: minute.t } : join(merged, minute)
    } else {
      minutes = [...minutes.filter((each) => each.t !== minute.t), minute].sort((a, b) => a.t - b.t)
      merged = mergeBars(minutes)
    }
    if (merged !== undefined) merged = { ...merged, t: openOf(minute.t) }
  }

  function form(minute: Bar): readonly ResampleEvent[] {
    const at = openOf(minute.t)
    // A print of the next bar ends this one, though its own last minutes had none.
    const over = open !== undefined && at > open ? seal() : []
    running = minute
    const bar = formingBar()
    return bar === undefined ? over : [...over, { kind: 'forming', bar }]
  }

  function formingBar(): Bar | undefined {
    if (running === undefined) return merged
    const at = openOf(running.t)
    return merged !== undefined && at === open ? join(merged, running) : { ...running, t: at }
  }

  function close(now: number): readonly ResampleEvent[] {
    if (open === undefined || now < barEnd(open, timeframe)) return []
    // Its last minute is still in its grace.
    if (running !== undefined && openOf(running.t) === open) return []
    return seal()
  }

  function seal(): readonly ResampleEvent[] {
    const over = merged
    if (open !== undefined) sealedUntil = barEnd(open, timeframe)
    minutes = []
    merged = undefined
    open = undefined
    return over === undefined ? [] : [{ kind: 'sealed', bar: over }]
  }

  return {
    timeframe,
    add,
    form,
    close,
    forming: formingBar,
  }
}

/** `barOpen`, remembering the bar that it was last asked for: prints come a thousand to a bar. */
function openLookup(timeframe: Timeframe): (t: number) => EpochMs {
  let open: EpochMs | undefined
  let end = 0
  return (t) => {
    if (open !== undefined && t >= open && t < end) return open
    open = barOpen(t, timeframe)
    end = barEnd(open, timeframe)
    return open
  }
}

export interface Resampled {
  readonly sealed: readonly Bar[]
  readonly forming: Bar | undefined
}

/** All bars of one-minute bars in order of time. The last is forming while its end is after `now`. */
export function resample(minutes: readonly Bar[], timeframe: Timeframe, now: number): Resampled {
  const groups = new Map<number, Bar[]>()
  for (const minute of minutes) {
    const open = barOpen(minute.t, timeframe)
    const group = groups.get(open)
    if (group === undefined) groups.set(open, [minute])
    else group.push(minute)
  }
  const bars = [...groups].flatMap(([open, group]) => {
    const bar = mergeBars(group)
    return bar === undefined ? [] : [{ ...bar, t: barOpen(open, timeframe) }]
  })
  const newest = bars.at(-1)
  const lastMinute = minutes.at(-1)
  if (newest === undefined || lastMinute === undefined) return { sealed: [], forming: undefined }
  const isOver = Math.max(now, lastMinute.t + MINUTE_MS) >= barEnd(newest.t, timeframe)
  return isOver ? { sealed: bars, forming: undefined } : { sealed: bars.slice(0, -1), forming: newest }
}

/** One bar of bars in order of time, from the first's open to the last's close; undefined of none. */
export function mergeBars(bars: readonly Bar[]): Bar | undefined {
  const [first, ...rest] = bars
  return first === undefined ? undefined : rest.reduce(join, first)
}

function join(a: Bar, b: Bar): Bar {
  return { t: a.t, o: a.o, h: ticks(Math.max(a.h, b.h)), l: ticks(Math.min(a.l, b.l)), c: b.c, v: a.v + b.v }
}
