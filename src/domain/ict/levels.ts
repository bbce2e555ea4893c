import type { Bar, Timeframe } from '../bar.ts'
import { TIMEFRAME_MS } from '../bar.ts'
import {
  SESSIONS,
  addDays,
  barOpen,
  instantAt,
  minuteOf,
  tradeDateOf,
  tradingDayOn,
  weekday,
} from '../calendar/index.ts'
import type { Direction, EpochMs } from '../units.ts'
import { type DailyBias, NO_BIAS, dailyBias } from './bias.ts'
import type { EventSink, LevelName } from './event.ts'
import type { Liquidity } from './liquidity.ts'
import type { IctParameters } from './parameters.ts'

/**
 * Open, high, low and close of a trading day, week or session, in whole ticks, and where its extremes were
 * made.
 */
export interface PeriodBar {
  readonly o: number
  h: number
  highIdx: number
  highT: EpochMs
  l: number
  lowIdx: number
  lowT: EpochMs
  c: number
  bars: number
}

export type WindowName = LevelName | 'rth'

/**
 * Prices at fixed instants of the trading day, in ticks; null when no bar opened then. `ict-concepts` 8.4.
 */
export interface OpeningPrices {
  midnight: number | null
  eightThirty: number | null
  nineThirty: number | null
}

/**
 * Trading days, weeks and sessions of one stream, and the liquidity that their extremes leave.
 * `ict-concepts` 8.3 to 8.6.
 *
 * A level exists from the end of its period, and until it is taken or its successor exists.
 */
export class Levels {
  /** ISO date of the trading day at hand, empty before the first bar. */
  date = ''
  today: PeriodBar | undefined
  yesterday: PeriodBar | undefined
  readonly openings: OpeningPrices = { midnight: null, eightThirty: null, nineThirty: null }
  bias: DailyBias | undefined
  readonly #parameters: IctParameters
  readonly #timeframe: Timeframe
  readonly #liquidity: Liquidity
  readonly #sink: EventSink
  readonly #resting = new Map<LevelName, readonly [number, number]>()
  readonly #ranges: number[] = []
  #week: PeriodBar | undefined
  #monday = ''
  #dayEndsAt = Number.NEGATIVE_INFINITY
  #windows: Window[] = []
  /** When the next of them ends; nothing is looked at before. */
  #nextEndAt = Number.POSITIVE_INFINITY
  #instants: { readonly name: keyof OpeningPrices; readonly at: number }[] = []

  constructor(parameters: IctParameters, timeframe: Timeframe, liquidity: Liquidity, sink: EventSink) {
    this.#parameters = parameters
    this.#timeframe = timeframe
    this.#liquidity = liquidity
    this.#sink = sink
  }

  /** Step 1 of a bar: what ended at or before its open, then the bar's own share. */
  opened(bar: Bar, index: number): void {
    this.#endWindows(bar.t)
    if (bar.t >= this.#dayEndsAt) this.#newDay(bar)
    this.#takeOpenings(bar)
    if (this.today === undefined) this.today = periodOf(bar, index)
    else extend(this.today, bar, index)
    if (this.#week === undefined) this.#week = periodOf(bar, index)
    else extend(this.#week, bar, index)
    for (const window of this.#windows) {
      if (bar.t < window.from || bar.t >= window.to) continue
      if (window.period === undefined) window.period = periodOf(bar, index)
      else extend(window.period, bar, index)
    }
  }

  /** Last step of a bar: the sessions that end with it. */
  closed(knownAt: EpochMs): void {
    this.#endWindows(knownAt)
  }

  /** The session of today's trading day, while running and after; undefined before its first bar. */
  session(name: WindowName): PeriodBar | undefined {
    return this.#windows.find((each) => each.name === name)?.period
  }

  /**
   * Average range of the last completed trading days, in ticks; null until there are enough. `ict-concepts`
   * 1.2.
   */
  get adr(): number | null {
    const { adrLen } = this.#parameters
    return this.#ranges.length < adrLen ? null : this.#ranges.reduce((sum, each) => sum + each, 0) / adrLen
  }

  #newDay(bar: Bar): void {
    const ended = this.today
    if (ended !== undefined) this.#endDay(ended)
    this.today = undefined
    this.date = tradeDateOf(bar.t)
    const dayBefore = addDays(this.date, -1)
    this.#dayEndsAt = instantAt(this.date, DAY_START)

    const monday = addDays(this.date, -((weekday(this.date) + 6) % 7))
    if (monday !== this.#monday && this.#week !== undefined) {
      this.#replace('pw', this.#week)
      this.#week = undefined
    }
    this.#monday = monday

    // Windows are half hours: longer bars straddle their edges.
    const isFine = TIMEFRAME_MS[this.#timeframe] <= HALF_HOUR_MS
    this.#windows = isFine ? WINDOWS.map((each) => windowOn(each, this.date, dayBefore)) : []
    this.#nextEndAt = Math.min(...this.#windows.map((each) => each.to))
    this.openings.midnight = this.openings.eightThirty = this.openings.nineThirty = null
    this.#instants = OPENINGS.map(({ name, minute }) => ({ name, at: instantAt(this.date, minute) })).filter(
      // Where no bar opens at the instant there is no price for it, rather than a near one.
      ({ at }) => barOpen(at, this.#timeframe) === at,
    )
  }

  #endDay(ended: PeriodBar): void {
    const before = this.yesterday
    if (before !== undefined) this.bias = dailyBias(before, ended, this.bias ?? NO_BIAS)
    this.yesterday = ended
    this.#replace('pd', ended)
    const day = tradingDayOn(this.date)
    const openMs = day === undefined ? ORDINARY_DAY_MS : day.closesAt - day.opensAt
    const expected = Math.max(1, openMs / TIMEFRAME_MS[this.#timeframe])
    if (ended.bars < this.#parameters.partialFrac * expected) return
    this.#ranges.push(ended.h - ended.l)
    if (this.#ranges.length > this.#parameters.adrLen) this.#ranges.shift()
  }

  #endWindows(now: number): void {
    if (now < this.#nextEndAt) return
    this.#nextEndAt = Number.POSITIVE_INFINITY
    for (const window of this.#windows) {
      if (window.to > now) this.#nextEndAt = Math.min(this.#nextEndAt, window.to)
      else if (!window.isEnded) this.#endWindow(window)
    }
  }

  #endWindow(window: Window): void {
    window.isEnded = true
    if (window.period !== undefined && window.name !== 'rth') this.#replace(window.name, window.period)
  }

  #replace(name: LevelName, period: PeriodBar): void {
    for (const id of this.#resting.get(name) ?? []) this.#liquidity.expireLevel(id, this.#sink)
    const add = (side: Direction, price: number, index: number, t: EpochMs): number =>
      this.#liquidity.addLevel(name, side, price, index, t, this.#sink)
    this.#resting.set(name, [
      add(1, period.h, period.highIdx, period.highT),
      add(-1, period.l, period.lowIdx, period.lowT),
    ])
  }

  #takeOpenings(bar: Bar): void {
    const next = this.#instants[0]
    if (next === undefined || bar.t < next.at) return
    this.#instants.shift()
    const tolerance = Math.max(this.#parameters.openToleranceMs, TIMEFRAME_MS[this.#timeframe])
    if (bar.t < next.at + tolerance) this.openings[next.name] = bar.o
    this.#takeOpenings(bar)
  }
}

interface Window {
  readonly name: WindowName
  readonly from: number
  readonly to: number
  period: PeriodBar | undefined
  isEnded: boolean
}

interface WindowRule {
  readonly name: WindowName
  readonly fromMinute: number
  readonly toMinute: number
}

const DAY_START = minuteOf('18:00')
const HALF_HOUR_MS = 1_800_000
/** 18:00 to 17:00. */
const ORDINARY_DAY_MS = 23 * 3_600_000

/** In order of their ends, so that levels appear in order of time. */
const WINDOWS: readonly WindowRule[] = [
  ...SESSIONS.map(({ name, fromMinute, toMinute }) => ({ name, fromMinute, toMinute })),
  { name: 'or' as const, fromMinute: minuteOf('09:30'), toMinute: minuteOf('10:00') },
].sort((a, b) => endOf(a) - endOf(b))

const OPENINGS = [
  { name: 'midnight', minute: minuteOf('00:00') },
  { name: 'eightThirty', minute: minuteOf('08:30') },
  { name: 'nineThirty', minute: minuteOf('09:30') },
] as const

/** Minutes since 18:00, the day's start. */
function endOf({ toMinute }: WindowRule): number {
  return (toMinute - DAY_START + 1_440) % 1_440
}

/** A window that starts at 18:00 or later belongs to the evening before the trading day's date. */
function windowOn({ name, fromMinute, toMinute }: WindowRule, date: string, dayBefore: string): Window {
  const startsBefore = fromMinute >= DAY_START
  return {
    name,
    from: instantAt(startsBefore ? dayBefore : date, fromMinute),
    to: instantAt(startsBefore && toMinute > fromMinute ? dayBefore : date, toMinute),
    period: undefined,
    isEnded: false,
  }
}

function periodOf({ t, o, h, l, c }: Bar, index: number): PeriodBar {
  return { o, h, highIdx: index, highT: t, l, lowIdx: index, lowT: t, c, bars: 1 }
}

function extend(period: PeriodBar, { t, h, l, c }: Bar, index: number): void {
  if (h > period.h) {
    period.h = h
    period.highIdx = index
    period.highT = t
  }
  if (l < period.l) {
    period.l = l
    period.lowIdx = index
    period.lowT = t
  }
  period.c = c
  period.bars++
}
