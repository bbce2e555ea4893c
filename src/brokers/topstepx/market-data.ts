/** Contracts and one-minute history. */
import {
  type Bar,
  type BrokerContract,
  type EpochMs,
  type Instrument,
  type Ticks,
  faultOfBar,
  parsePrice,
} from '../../domain/index.ts'
import { contractId, frontMonth } from '../../domain/calendar/index.ts'
import { type Fault, type Result, failed, ok } from '../../lib/index.ts'
import type { BarsReply, BarsRequest, MarketData, Resolution, TokenSource } from '../port.ts'
import { toContract } from './records.ts'
import { type GatewayLink, createRestReader, malformed } from './rest.ts'
import { parseNumber, parseTimestamp, parseWhole, wireTime } from './values.ts'

const MINUTE_MS = 60_000
const MINUTE_UNIT = 2
const BARS_LIMIT_MAX = 20_000

/** `live` chooses the data subscription: practice, Combine and Express Funded use false; true gives empty lists. */
const LIVE_DATA = false

export function createMarketData(link: GatewayLink, tokens: TokenSource): MarketData {
  const rest = createRestReader(link, tokens)

  return {
    async resolveContracts(instruments) {
      const reply = await rest.read('/api/Contract/available', { live: LIVE_DATA }, 'account')
      if (!reply.ok) return reply
      const rows = reply.value.fields['contracts']
      if (!Array.isArray(rows)) return failed(malformed('/api/Contract/available', 'contracts is a list'))
      const contracts = rows.map(toContract).flatMap((each) => (each.ok ? [each.value] : []))
      return ok(resolve(instruments, contracts, reply.value.askedAt))
    },

    async getBars(request) {
      const reply = await rest.read('/api/History/retrieveBars', bodyOf(request), 'history')
      if (!reply.ok) return reply
      const rows = reply.value.fields['bars']
      if (!Array.isArray(rows)) return failed(malformed('/api/History/retrieveBars', 'bars is a list'))
      return readBars(rows, request, reply.value.askedAt)
    },
  }
}

function resolve(
  instruments: readonly Instrument[],
  contracts: readonly BrokerContract[],
  now: number,
): Resolution {
  const matched = instruments.map((instrument) => ({ instrument, found: match(instrument, contracts, now) }))
  return {
    contracts: matched.flatMap(({ instrument, found }) =>
      found.ok ? [{ instrument, contract: found.value }] : [],
    ),
    refused: matched.flatMap(({ instrument, found }) =>
      found.ok ? [] : [{ root: instrument.root, reason: found.error }],
    ),
  }
}

function match(
  instrument: Instrument,
  contracts: readonly BrokerContract[],
  now: number,
): Result<BrokerContract, string> {
  // By symbol id and never by name or place: a search for NQ finds MNQ too.
  const active = contracts.filter((each) => each.symbolId === instrument.symbolId && each.isActive)
  const front = contractId(instrument, frontMonth(instrument, now))
  const found = active.length > 1 ? active.find((each) => each.id === front) : active[0]
  if (found === undefined)
    return failed(
      active.length === 0
        ? `the broker lists no active contract of ${instrument.symbolId}`
        : `the broker lists ${active.length} active contracts of ${instrument.symbolId}, none is ${front}`,
    )
  if (Math.abs(found.tickSize - instrument.tickSize) > 1e-12)
    return failed(`tick size of ${found.id} is ${found.tickSize}, ours is ${instrument.tickSize}`)
  if (found.tickValue !== instrument.tickValue)
    return failed(
      `tick value of ${found.id} is ${found.tickValue} micro-dollars, ours is ${instrument.tickValue}`,
    )
  return ok(found)
}

function bodyOf({ contractId, from, to, limit }: BarsRequest) {
  return {
    contractId,
    live: LIVE_DATA,
    startTime: wireTime(from),
    endTime: wireTime(to),
    unit: MINUTE_UNIT,
    unitNumber: 1,
    limit: Math.min(limit, BARS_LIMIT_MAX),
    includePartialBar: false,
  }
}

/** Newest first as they come; oldest first, once each, whole minutes and inside the window as they leave. */
function readBars(
  rows: readonly unknown[],
  { instrument, from, to, limit }: BarsRequest,
  asOf: EpochMs,
): Result<BarsReply, Fault> {
  const byOpen = new Map<number, Bar>()
  let dropped = 0
  for (const row of rows) {
    const bar = readBar(row, instrument)
    if (bar === undefined) dropped += 1
    // Whether the ends of the window are inclusive is not documented; a minute that still runs is no bar yet.
    else if (bar.t >= from && bar.t < to && bar.t + MINUTE_MS <= asOf) byOpen.set(bar.t, bar)
  }
  return ok({
    bars: [...byOpen.values()].sort((a, b) => a.t - b.t),
    asOf,
    dropped,
    isCut: rows.length >= Math.min(limit, BARS_LIMIT_MAX),
  })
}

function readBar(row: unknown, instrument: Instrument): Bar | undefined {
  if (typeof row !== 'object' || row === null) return undefined
  const fields = row as Readonly<Record<string, unknown>>
  const t = parseTimestamp(fields['t'])
  const o = ticksOf(fields['o'], instrument)
  const h = ticksOf(fields['h'], instrument)
  const l = ticksOf(fields['l'], instrument)
  const c = ticksOf(fields['c'], instrument)
  const v = parseWhole(fields['v'])
  if (t === undefined || t % MINUTE_MS !== 0 || v === undefined) return undefined
  if (o === undefined || h === undefined || l === undefined || c === undefined) return undefined
  const bar = { t, o, h, l, c, v }
  return faultOfBar(bar) === undefined ? bar : undefined
}

function ticksOf(value: unknown, instrument: Instrument): Ticks | undefined {
  const number = parseNumber(value)
  const price = number === undefined ? undefined : parsePrice(number, instrument)
  return price?.ok === true ? price.value : undefined
}
