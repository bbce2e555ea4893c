import { priceOf } from '../domain/index.ts'
import type { ListedContract } from './contracts.ts'
import { type JsonObject, wireInstant } from './wire.ts'

/** DomType of the wire. Ask comes before Bid, unlike the sides of orders. */
const DOM_TYPE = { ask: 1, bid: 2, bestAsk: 3, bestBid: 4, reset: 6 } as const
const LEVELS = 10

/**
 * A book around the best prices: a reset, ten levels a side, then the best ones. The tape knows no sizes behind the
 * touch, so they are a fixed pattern that grows away from it; the touch shows what the newest print traded.
 */
export function depthRows(
  contract: ListedContract,
  book: { readonly bid: number; readonly ask: number; readonly volume: number },
  at: number,
): readonly JsonObject[] {
  const timestamp = wireInstant(at)
  const row = (type: number, ticks: number, volume: number): JsonObject => ({
    timestamp,
    type,
    price: priceOf(ticks, contract.instrument),
    volume,
    currentVolume: 0,
  })
  const rows: JsonObject[] = [{ ...row(DOM_TYPE.reset, 0, 0), price: 0 }]
  for (let level = 0; level < LEVELS; level++) {
    const size = book.volume + level * Math.max(1, Math.ceil(book.volume / 4))
    rows.push(row(DOM_TYPE.bid, book.bid - level, size), row(DOM_TYPE.ask, book.ask + level, size))
  }
  rows.push(row(DOM_TYPE.bestBid, book.bid, book.volume), row(DOM_TYPE.bestAsk, book.ask, book.volume))
  return rows
}
