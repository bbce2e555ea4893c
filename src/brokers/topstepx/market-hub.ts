/** Quotes and trade prints. About a thousand events a second: one handler, one lookup, no schema. */
import {
  type EpochMs,
  type Instrument,
  type Quote,
  type Side,
  type Ticks,
  type TradePrint,
  parsePrice,
} from '../../domain/index.ts'
import type { Random } from '../../lib/index.ts'
import type { Clock, Log, MarketHub, MarketHubEvents, Pause, Subscribed, TokenSource } from '../port.ts'
import { instantOf } from './clock.ts'
import { type Invoke, type OpenHubLink, createHubLink } from './hub-link.ts'
import { type Instant, parseInstant, parseNumber, parseWhole } from './values.ts'

export interface MarketHubOptions {
  readonly url: string
  readonly tokens: TokenSource
  readonly clock: Clock
  readonly pause: Pause
  readonly random: Random
  readonly log: Log
  readonly events: MarketHubEvents
  readonly stepTimeoutMs?: number
  /** In place of the socket, for a simulation in one process. */
  readonly openLink?: OpenHubLink
}

type Fields = Readonly<Record<string, unknown>>

interface Known {
  readonly instrument: Instrument
  bid: Ticks | undefined
  ask: Ticks | undefined
  last: Ticks | undefined
}

/** A print further from our clock is in another unit or from another day. */
const PLAUSIBLE_MS = 86_400_000
const QUOTES = 'SubscribeContractQuotes'
const TRADES = 'SubscribeContractTrades'

export function createMarketHub(options: MarketHubOptions): MarketHub {
  const { clock, events, openLink = createHubLink } = options
  const wanted = new Map<string, Known>()
  const refused = new Map<string, string>()
  /** On the connection that stands. */
  const subscribed = new Set<string>()

  const link = openLink({
    ...options,
    name: 'market',
    handlers: { GatewayQuote: onQuote, GatewayTrade: onTrade, GatewayDepth: () => undefined },
    subscribeAll: (invoke) => {
      // Quotes are told in parts: what was known before the gap is not known now.
      for (const known of wanted.values()) known.bid = known.ask = known.last = undefined
      subscribed.clear()
      return subscribeTo([...wanted.keys()], invoke)
    },
  })

  async function subscribeTo(contractIds: readonly string[], invoke: Invoke): Promise<void> {
    for (const contractId of contractIds) {
      if (!wanted.has(contractId) || subscribed.has(contractId)) continue
      subscribed.add(contractId)
      const refusal = (await invoke(QUOTES, contractId)) ?? (await invoke(TRADES, contractId))
      if (refusal === undefined) refused.delete(contractId)
      else refused.set(contractId, refusal)
    }
  }

  // Keyed by the first argument: the payload's `symbol` holds a symbol id, not the contract's.
  function onQuote(contractId: unknown, payload: unknown): void {
    const known = typeof contractId === 'string' ? wanted.get(contractId) : undefined
    if (known === undefined) return drop('quote of a contract that was not asked for')
    const receivedAt = instantOf(clock)
    for (const fields of rowsOf(payload)) takeQuote(contractId as string, known, fields, receivedAt)
  }

  function takeQuote(contractId: string, known: Known, fields: Fields, receivedAt: EpochMs): void {
    const instant = parseInstant(fields['lastUpdated']) ?? parseInstant(fields['timestamp'])
    if (instant === undefined) return drop('quote without a time')
    known.bid = merged(fields['bestBid'], known.bid, known.instrument)
    known.ask = merged(fields['bestAsk'], known.ask, known.instrument)
    known.last = merged(fields['lastPrice'], known.last, known.instrument)
    link.count('events', 'GatewayQuote')
    const { bid, ask, last } = known
    const quote: Quote = { contractId, bid, ask, last, at: instant.at, receivedAt }
    events.onQuote?.(quote)
  }

  /** A field that is missing or null is unchanged; one that is off the grid is dropped and changes nothing. */
  function merged(value: unknown, before: Ticks | undefined, instrument: Instrument): Ticks | undefined {
    if (value === undefined || value === null) return before
    return priceOf(value, instrument, 'quote price') ?? before
  }

  function onTrade(contractId: unknown, payload: unknown): void {
    const known = typeof contractId === 'string' ? wanted.get(contractId) : undefined
    if (known === undefined) return drop('trade of a contract that was not asked for')
    const receivedAt = instantOf(clock)
    const batch: TradePrint[] = []
    for (const fields of rowsOf(payload)) {
      const print = printOf(contractId as string, known.instrument, fields, receivedAt, batch)
      if (print === undefined) continue
      batch.push(print)
      link.count('events', 'GatewayTrade')
      events.onTrade?.(print)
    }
  }

  function printOf(
    contractId: string,
    instrument: Instrument,
    fields: Fields,
    receivedAt: EpochMs,
    batch: readonly TradePrint[],
  ): TradePrint | undefined {
    const instant = parseInstant(fields['timestamp'])
    if (instant === undefined) return drop('trade without a time')
    if (Math.abs(instant.at - receivedAt) > PLAUSIBLE_MS) return drop('trade more than a day from our clock')
    const size = parseWhole(fields['volume'])
    if (size === undefined || size < 1) return drop('trade without a size')
    const price = priceOf(fields['price'], instrument, 'trade price')
    if (price === undefined) return undefined
    const side = sideOf(fields['type'])
    const occurrence = countEqual(batch, instant, price, size, side)
    return { contractId, price, size, side, at: instant.at, subMs: instant.subMs, occurrence, receivedAt }
  }

  function priceOf(value: unknown, instrument: Instrument, what: string): Ticks | undefined {
    const number = parseNumber(value)
    if (number === undefined) return drop(`${what} is no finite number`)
    const price = parsePrice(number, instrument)
    return price.ok ? price.value : drop(`${what} is off the grid`)
  }

  function drop(rule: string): undefined {
    link.count('dropped', rule)
  }

  return {
    ...link.hub,
    refused: () => refused,
    subscribe(contracts: readonly Subscribed[]) {
      const fresh = contracts.filter((each) => !wanted.has(each.contractId))
      for (const { contractId, instrument } of fresh)
        wanted.set(contractId, { instrument, bid: undefined, ask: undefined, last: undefined })
      if (fresh.length > 0)
        link.whenConnected((invoke) =>
          subscribeTo(
            fresh.map((each) => each.contractId),
            invoke,
          ),
        )
    },
    unsubscribe(contractIds) {
      for (const contractId of contractIds) {
        if (!wanted.delete(contractId)) continue
        subscribed.delete(contractId)
        link.whenConnected(async (invoke) => {
          await invoke('UnsubscribeContractQuotes', contractId)
          await invoke('UnsubscribeContractTrades', contractId)
        })
      }
    },
  }
}

/** One object, or an array of them that nulls may pad. */
function rowsOf(payload: unknown): readonly Fields[] {
  const rows: readonly unknown[] = Array.isArray(payload) ? payload : [payload]
  return rows.filter((row): row is Fields => typeof row === 'object' && row !== null)
}

function sideOf(type: unknown): Side | undefined {
  return type === 0 || type === '0' ? 'buy' : type === 1 || type === '1' ? 'sell' : undefined
}

function countEqual(
  batch: readonly TradePrint[],
  { at, subMs }: Instant,
  price: Ticks,
  size: number,
  side: Side | undefined,
): number {
  let equal = 0
  for (const each of batch)
    if (
      each.at === at &&
      each.subMs === subMs &&
      each.price === price &&
      each.size === size &&
      each.side === side
    )
      equal += 1
  return equal
}
