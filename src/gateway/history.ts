import { addDays, barOpen, instantAt, tradeDateOf, weekday } from '../domain/calendar/index.ts'
import type { ListedContract } from './contracts.ts'
import { MINUTE_MS, type MinuteBar, type Tape, type Tick, minuteFloor } from './market/tape.ts'

/** AggregateBarUnit of the wire. */
export const BAR_UNIT = { second: 1, minute: 2, hour: 3, day: 4, week: 5, month: 6, tick: 7 } as const

export interface HistoryRequest {
  readonly contract: ListedContract
  readonly from: number
  /** Exclusive, by the open instant. */
  readonly to: number
  readonly unit: number
  readonly unitNumber: number
  readonly limit: number
  readonly includePartialBar: boolean
}

const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/**
 * Bars of one contract, newest first, the newest `limit` of the window. A bar whose time has not passed is given
 * only when the partial one is asked for. What is not traded has no bar.
 */
export function readHistory(tape: Tape, request: HistoryRequest, now: number): readonly MinuteBar[] {
  const { contract, unit, unitNumber, includePartialBar, limit } = request
  const from = Math.max(request.from, tape.from)
  const to = Math.min(request.to, now + 1)
  if (from >= to) return []
  if (unit === BAR_UNIT.second || unit === BAR_UNIT.tick)
    return fromTicks(tape, { ...request, from, to }, now)

  const startOf = bucketStart(unit, unitNumber)
  // A bar that opened before the window is not in it, so its minutes need not be read.
  const whole = tape.minutes(contract, from, Math.min(minuteFloor(now), endOfWindow(to, unit, unitNumber)))
  const parts = includePartialBar ? [...whole, ...formingMinute(tape, contract, now)] : whole
  const bars = merged(parts, startOf).filter((each) => each.t >= from && each.t < to)
  const final = includePartialBar ? bars : withoutPartial(bars, startOf, now)
  return final.slice(-limit).toReversed()
}

/** The bar of the minute that `now` lies in, as far as it has traded. */
export function formingMinute(tape: Tape, contract: ListedContract, now: number): readonly MinuteBar[] {
  const minute = minuteFloor(now)
  return merged(
    tape
      .ticksOf(contract, minute)
      .filter((each) => each.at <= now)
      .map(barOfTick),
    () => minute,
  )
}

/** Opens of buckets: up to an hour on the clock, up to a day from 18:00 New York, beyond that by trading days. */
function bucketStart(unit: number, count: number): (t: number) => number {
  switch (unit) {
    case BAR_UNIT.minute:
      return intraday(count * MINUTE_MS)
    case BAR_UNIT.hour:
      return intraday(count * HOUR_MS)
    case BAR_UNIT.day:
      return (t) => {
        const date = tradeDateOf(t)
        const day = Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
        return sessionStart(addDays(date, -(day % count)))
      }
    case BAR_UNIT.week:
      return (t) => {
        const date = tradeDateOf(t)
        const monday = addDays(date, -((weekday(date) + 6) % 7))
        const week = Math.floor((Date.parse(`${monday}T00:00:00Z`) / DAY_MS - 4) / 7)
        return sessionStart(addDays(monday, -(week % count) * 7))
      }
    default:
      return (t) => {
        const date = tradeDateOf(t)
        const month = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1
        const first = month - (month % count)
        const year = Math.floor(first / 12)
        return sessionStart(`${year}-${String((first % 12) + 1).padStart(2, '0')}-01`)
      }
  }
}

function intraday(lengthMs: number): (t: number) => number {
  if (lengthMs <= HOUR_MS) return (t) => Math.floor(t / lengthMs) * lengthMs
  return (t) => {
    const opens = barOpen(t, '1D')
    return opens + Math.floor((t - opens) / lengthMs) * lengthMs
  }
}

function sessionStart(date: string): number {
  return instantAt(addDays(date, -1), 18 * 60)
}

/** The longest that the newest bar of a window can reach beyond its end. */
function endOfWindow(to: number, unit: number, count: number): number {
  const days = unit === BAR_UNIT.month ? 32 : unit === BAR_UNIT.week ? 7 : 1
  return to + days * count * DAY_MS
}

function withoutPartial(
  bars: readonly MinuteBar[],
  startOf: (t: number) => number,
  now: number,
): readonly MinuteBar[] {
  const newest = bars.at(-1)
  // The newest bar is complete when the present belongs to a later one.
  return newest !== undefined && startOf(now) === newest.t ? bars.slice(0, -1) : bars
}

function merged(parts: readonly MinuteBar[], startOf: (t: number) => number): MinuteBar[] {
  const bars: { t: number; o: number; h: number; l: number; c: number; v: number }[] = []
  for (const part of parts) {
    const t = startOf(part.t)
    const open = bars.at(-1)
    if (open === undefined || open.t !== t) {
      bars.push({ ...part, t })
      continue
    }
    open.h = Math.max(open.h, part.h)
    open.l = Math.min(open.l, part.l)
    open.c = part.c
    open.v += part.v
  }
  return bars
}

/** Second and tick bars are built from prints, backwards until there are enough. */
function fromTicks(tape: Tape, request: HistoryRequest, now: number): readonly MinuteBar[] {
  const { contract, from, to, unit, unitNumber, limit, includePartialBar } = request
  const lengthMs = unitNumber * 1_000
  const startOf = (t: number): number => Math.floor(t / lengthMs) * lengthMs
  let ticks: Tick[] = []
  let bars: MinuteBar[] = []
  for (
    let minute = minuteFloor(to - 1);
    minute >= minuteFloor(from) && bars.length <= limit;
    minute = tape.lastMinuteBefore(contract, minute) ?? 0
  ) {
    const before = tape.ticksOf(contract, minute).filter((each) => each.at >= from && each.at < to)
    ticks = [...before, ...ticks]
    const older = before.map(barOfTick)
    bars = unit === BAR_UNIT.tick ? grouped(ticks, unitNumber) : [...merged(older, startOf), ...bars]
    if (lengthMs > MINUTE_MS) bars = merged(ticks.map(barOfTick), startOf)
  }
  const isForming = (bar: MinuteBar | undefined): boolean =>
    unit === BAR_UNIT.second && bar !== undefined && startOf(now) === bar.t
  const final = !includePartialBar && isForming(bars.at(-1)) ? bars.slice(0, -1) : bars
  return final.slice(-limit).toReversed()
}

function grouped(ticks: readonly Tick[], count: number): MinuteBar[] {
  const bars: MinuteBar[] = []
  for (let end = ticks.length; end > 0; end -= count) {
    const group = ticks.slice(Math.max(0, end - count), end).map(barOfTick)
    bars.unshift(...merged(group, () => group[0]?.t ?? 0))
  }
  return bars
}

function barOfTick({ at, price, volume }: Tick): MinuteBar {
  return { t: at, o: price, h: price, l: price, c: price, v: volume }
}
