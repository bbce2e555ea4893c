import type { Instrument } from '../instrument.ts'
import { type Usd, usd } from '../units.ts'

/** The loss at the stop that no trade may plan for, costs and slippage included: 120 dollars, inclusive, exact. */
export const STOP_LOSS_CAP: Usd = usd(120_000_000)

/** What the account may risk. Money in micro-dollars and never negative; limits may be tightened at once. */
export interface RiskLimits {
  /** Loss at the stop of one trade, at most STOP_LOSS_CAP. */
  readonly stopLossCap: Usd
  /** Loss of one trading day. */
  readonly dayLossLimit: Usd
  /** Kept between the worst case and the floor. */
  readonly floorBuffer: Usd
  /** Kept back from the day's limit for stops that slip further than declared. */
  readonly slippageReserve: Usd
  /** Contracts of one order. */
  readonly sizeMaxMicro: number
  readonly sizeMaxMini: number
  /** Contracts of one contract month, and of the account. */
  readonly netMax: number
  readonly grossMax: number
  readonly entriesPerMinuteMax: number
  readonly entriesPerDayMax: number
  /** A second entry on the same side waits this long while the first is not finished. */
  readonly duplicateWindowMs: number
  /** The same setup this often in a quarter of an hour is a loop, not a market. */
  readonly identicalSetupsMax: number
  readonly stopOutsInARowMax: number
  readonly rejectsInARowMax: number
  readonly confidenceMinRatio: number
  /** No entry nearer than this to our own flat time. */
  readonly beforeFlatMsMin: number
  /** Calendar days that a declared floor counts. */
  readonly floorAgeDaysMax: number
}

/** The demo account: balance 50,000, floor 48,000. */
export const DEMO_LIMITS: RiskLimits = {
  stopLossCap: STOP_LOSS_CAP,
  dayLossLimit: usd(400_000_000),
  floorBuffer: usd(50_000_000),
  slippageReserve: usd(10_000_000),
  sizeMaxMicro: 2,
  sizeMaxMini: 1,
  netMax: 2,
  grossMax: 4,
  entriesPerMinuteMax: 6,
  entriesPerDayMax: 30,
  duplicateWindowMs: 60_000,
  identicalSetupsMax: 3,
  stopOutsInARowMax: 3,
  rejectsInARowMax: 3,
  confidenceMinRatio: 0.3,
  beforeFlatMsMin: 15 * 60_000,
  floorAgeDaysMax: 7,
}

/** A micro shares the price of a product of another name. */
export function isMicro(instrument: Pick<Instrument, 'root' | 'underlying'>): boolean {
  return instrument.root !== instrument.underlying
}

export function sizeMaxOf(instrument: Pick<Instrument, 'root' | 'underlying'>, limits: RiskLimits): number {
  return isMicro(instrument) ? limits.sizeMaxMicro : limits.sizeMaxMini
}

/**
 * How far an entry or a stop may lie from the last trade, in ticks and never in percent: prices may be zero or less.
 * About two thirds of a usual day's range of each product; undefined for one that nobody has declared.
 */
export function collarTicksOf(instrument: Pick<Instrument, 'underlying'>): number | undefined {
  return COLLAR_TICKS.get(instrument.underlying)
}

const COLLAR_TICKS: ReadonlyMap<string, number> = new Map([
  ['ES', 160],
  ['NQ', 800],
  ['YM', 300],
  ['RTY', 200],
  ['CL', 150],
  ['GC', 250],
  ['6E', 120],
])
