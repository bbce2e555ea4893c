import { barOpen } from '../domain/calendar/index.ts'
import { priceOf } from '../domain/index.ts'
import type { ListedContract } from './contracts.ts'
import { type Tape, type Tick, minuteFloor } from './market/tape.ts'
import { type JsonObject, wireInstant } from './wire.ts'

/** What a quote tells of one contract: the book and the trading day so far. Prices in ticks. */
export interface DaySheet {
  readonly contract: ListedContract
  dayOpensAt: number
  previousClose: number | undefined
  open: number
  high: number
  low: number
  last: number
  bid: number
  ask: number
  volume: number
  at: number
}

/** The sheet of a contract as its newest print left it, from the history of that trading day. */
export function primedSheet(tape: Tape, contract: ListedContract, tick: Tick): DaySheet {
  const dayOpensAt = barOpen(tick.at, '1D')
  const past = tape.minutes(contract, dayOpensAt, minuteFloor(tick.at))
  const prints = tape.ticksOf(contract, minuteFloor(tick.at)).filter((each) => each.at <= tick.at)
  const prices = prints.map((each) => each.price)
  const before = tape.lastMinuteBefore(contract, dayOpensAt)
  return {
    contract,
    dayOpensAt,
    previousClose: before === undefined ? undefined : tape.minutes(contract, before, before + 1)[0]?.c,
    open: past[0]?.o ?? prices[0] ?? tick.price,
    high: Math.max(...past.map((each) => each.h), ...prices),
    low: Math.min(...past.map((each) => each.l), ...prices),
    last: tick.price,
    bid: tick.bid,
    ask: tick.ask,
    volume: sum(past.map((each) => each.v)) + sum(prints.map((each) => each.volume)),
    at: tick.at,
  }
}

/** The sheet of a contract whose first print is about to be taken in. */
export function blankSheet(contract: ListedContract, tick: Tick): DaySheet {
  const { price, bid, ask, at } = tick
  return {
    contract,
    dayOpensAt: barOpen(at, '1D'),
    previousClose: undefined,
    open: price,
    high: price,
    low: price,
    last: price,
    bid,
    ask,
    volume: 0,
    at,
  }
}

/** Takes a print into the sheet and gives the fields that it changed: a quote of the wire is sparse. */
export function sparseQuote(sheet: DaySheet, tick: Tick): JsonObject {
  const before = { ...sheet }
  const dayOpensAt = tick.at - sheet.dayOpensAt < DAY_SPAN_MS ? sheet.dayOpensAt : barOpen(tick.at, '1D')
  if (dayOpensAt !== sheet.dayOpensAt) {
    sheet.dayOpensAt = dayOpensAt
    sheet.previousClose = sheet.last
    sheet.open = tick.price
    sheet.high = tick.price
    sheet.low = tick.price
    sheet.volume = 0
  }
  sheet.high = Math.max(sheet.high, tick.price)
  sheet.low = Math.min(sheet.low, tick.price)
  sheet.volume += tick.volume
  sheet.last = tick.price
  sheet.bid = tick.bid
  sheet.ask = tick.ask
  sheet.at = tick.at

  const { instrument } = sheet.contract
  const changed = (name: 'last' | 'bid' | 'ask' | 'open' | 'high' | 'low'): number | undefined =>
    sheet[name] === before[name] ? undefined : priceOf(sheet[name], instrument)
  const data: Record<string, string | number | undefined> = {
    symbol: instrument.symbolId,
    lastPrice: changed('last'),
    bestBid: changed('bid'),
    bestAsk: changed('ask'),
    change: sheet.last === before.last ? undefined : changeOf(sheet),
    open: changed('open'),
    high: changed('high'),
    low: changed('low'),
    volume: sheet.volume,
    lastUpdated: wireInstant(tick.at),
    timestamp: wireInstant(tick.at),
    contract: sheet.contract.id,
  }
  for (const name in data) if (data[name] === undefined) delete data[name]
  return data
}

export function fullQuote(sheet: DaySheet): JsonObject {
  const { instrument, id } = sheet.contract
  const change = changeOf(sheet)
  return {
    symbol: instrument.symbolId,
    symbolName: `/${instrument.root}`,
    lastPrice: priceOf(sheet.last, instrument),
    bestBid: priceOf(sheet.bid, instrument),
    bestAsk: priceOf(sheet.ask, instrument),
    ...(change === undefined
      ? {}
      : { change, changePercent: Number((change / priceOf(sheet.last, instrument)).toFixed(6)) }),
    open: priceOf(sheet.open, instrument),
    high: priceOf(sheet.high, instrument),
    low: priceOf(sheet.low, instrument),
    volume: sheet.volume,
    lastUpdated: wireInstant(sheet.at),
    timestamp: wireInstant(sheet.at),
    contract: id,
  }
}

/** From the open of a session to its close at most. */
const DAY_SPAN_MS = 23 * 3_600_000

function changeOf(sheet: DaySheet): number | undefined {
  return sheet.previousClose === undefined
    ? undefined
    : priceOf(sheet.last - sheet.previousClose, sheet.contract.instrument)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
