import type { Timeframe } from '../bar.ts'
import { TIMEFRAME_MS } from '../bar.ts'
import { type EpochMs, epochMs } from '../units.ts'
import { type Holiday, holidayOn, isCovered } from './holidays.ts'
import { addDays, instantAt, newYorkDate, weekday } from './new-york.ts'

/** One CME trading day: opens 18:00 New York on the evening before its date, ends 17:00 or at an early close. */
export interface TradingDay {
  /** ISO date that the day belongs to, `2026-11-23`. */
  readonly date: string
  readonly opensAt: EpochMs
  readonly closesAt: EpochMs
  readonly holiday: Holiday | undefined
}

export type MarketState =
  | { readonly kind: 'open'; readonly day: TradingDay }
  | { readonly kind: 'closed'; readonly why: ClosedReason; readonly opensAt: EpochMs }

export type ClosedReason = 'maintenance' | 'weekend' | 'holiday' | 'uncovered'

const OPEN_MINUTE = 18 * 60
const CLOSE_MINUTE = 17 * 60
/** The firm's flat-by time is 15:10 Chicago; ours is five minutes earlier. */
const FIRM_FLAT_MINUTE = 16 * 60 + 10
const OUR_FLAT_MINUTE = 16 * 60 + 5
/** No position goes into an early close nearer than this. */
const EARLY_CLOSE_MARGIN_MS = 10 * 60_000
const SIX_HOURS_MS = 6 * 3_600_000

const days = new Map<string, TradingDay | undefined>()
/** The day that was open when last asked: most questions are about it, and answering them needs no date. */
let lastOpen: TradingDay | undefined

/** The ISO date of the trading day that an instant belongs to: New York's date six hours later. */
export function tradeDateOf(t: number): string {
  return newYorkDate(t + SIX_HOURS_MS)
}

/** The trading day of an ISO date, or undefined where there is no session. */
export function tradingDayOn(date: string): TradingDay | undefined {
  if (days.has(date)) return days.get(date)
  const day = makeDay(date)
  days.set(date, day)
  return day
}

export function marketStateAt(t: number): MarketState {
  const open = openDayAt(t)
  if (open !== undefined) return { kind: 'open', day: open }
  const date = tradeDateOf(t)
  return { kind: 'closed', why: closedReason(t, date, tradingDayOn(date)), opensAt: nextOpen(t) }
}

export function isOpen(t: number): boolean {
  return openDayAt(t) !== undefined
}

/** The first instant at or after `t` at which a session opens. */
export function nextOpen(t: number): EpochMs {
  for (let date = tradeDateOf(t), tries = 0; tries < 14; tries++, date = addDays(date, 1)) {
    const day = tradingDayOn(date)
    if (day !== undefined && day.opensAt >= t) return day.opensAt
  }
  // Beyond the calendar there is nothing to open; a fortnight ahead is looked at again.
  return epochMs(Math.floor(t) + 14 * 86_400_000)
}

/** The newest trading day that ended at or before `t`. */
export function previousTradingDay(t: number): TradingDay {
  for (let date = tradeDateOf(t); ; date = addDays(date, -1)) {
    const day = tradingDayOn(date)
    if (day !== undefined && day.closesAt <= t) return day
  }
}

/** True when a scheduled closure lies in [from, to): between the end of one bar and the open of the next. */
export function hasClosureBetween(from: number, to: number): boolean {
  if (to <= from) return false
  const state = marketStateAt(from)
  return state.kind === 'closed' || state.day.closesAt < to
}

/** When the firm wants every position closed, and when we have closed it. */
export function flatTimes(day: TradingDay): { readonly firm: EpochMs; readonly ours: EpochMs } {
  if (day.holiday?.closesMinute !== undefined) {
    const margin = epochMs(day.closesAt - EARLY_CLOSE_MARGIN_MS)
    return { firm: margin, ours: margin }
  }
  return { firm: instantAt(day.date, FIRM_FLAT_MINUTE), ours: instantAt(day.date, OUR_FLAT_MINUTE) }
}

/**
 * The open instant of the bar of `timeframe` that holds `t`. Up to one hour these are clock boundaries;
 * 4h and 1D count from the trading day's 18:00.
 */
export function barOpen(t: number, timeframe: Timeframe): EpochMs {
  const length = TIMEFRAME_MS[timeframe]
  if (length <= TIMEFRAME_MS['1h']) return epochMs(Math.floor(t / length) * length)
  const dayStart = instantAt(addDays(tradeDateOf(t), -1), OPEN_MINUTE)
  return timeframe === '1D' ? dayStart : epochMs(dayStart + Math.floor((t - dayStart) / length) * length)
}

/** The instant at which that bar is complete: a 4h or 1D bar before a closure is short. */
export function barEnd(open: number, timeframe: Timeframe): EpochMs {
  const length = TIMEFRAME_MS[timeframe]
  if (length <= TIMEFRAME_MS['1h']) return epochMs(open + length)
  const day = tradingDayOn(tradeDateOf(open))
  return epochMs(Math.min(open + length, day?.closesAt ?? open + length))
}

function openDayAt(t: number): TradingDay | undefined {
  if (lastOpen !== undefined && t >= lastOpen.opensAt && t < lastOpen.closesAt) return lastOpen
  const day = tradingDayOn(tradeDateOf(t))
  if (day === undefined || t < day.opensAt || t >= day.closesAt) return undefined
  lastOpen = day
  return day
}

function makeDay(date: string): TradingDay | undefined {
  const weekend = weekday(date) === 0 || weekday(date) === 6
  if (weekend || !isCovered(date)) return undefined
  const holiday = holidayOn(date)
  if (holiday !== undefined && holiday.closesMinute === undefined) return undefined
  return {
    date,
    opensAt: instantAt(addDays(date, -1), OPEN_MINUTE),
    closesAt: instantAt(date, holiday?.closesMinute ?? CLOSE_MINUTE),
    holiday,
  }
}

function closedReason(t: number, date: string, day: TradingDay | undefined): ClosedReason {
  if (!isCovered(date)) return 'uncovered'
  if (day === undefined) return holidayOn(date) === undefined ? 'weekend' : 'holiday'
  if (day.holiday !== undefined && t >= day.closesAt) return 'holiday'
  return weekday(date) === 5 && t >= day.closesAt ? 'weekend' : 'maintenance'
}
