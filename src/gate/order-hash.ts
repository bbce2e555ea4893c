import type { BracketOrder, Route } from '../domain/index.ts'
import { sha256Hex } from '../lib/index.ts'
import { frozenCopy } from './snapshot.ts'

/**
 * SHA-256 of everything about an order that reaches the broker or decides its risk, with the route it takes.
 * The encoding is canonical: fixed order, every value with its length, so that no two orders share one text.
 */
export function orderHash(order: BracketOrder, route: Route): string {
  const { instrument } = order
  const values: readonly unknown[] = [
    'kael-order-1',
    route,
    order.accountId,
    order.contractId,
    order.side,
    order.type,
    order.size,
    order.entry,
    order.stop,
    order.target,
    order.tag,
    instrument.root,
    instrument.symbolId,
    instrument.underlying,
    instrument.tickSize,
    instrument.tickValue,
    instrument.roundTripCost,
    instrument.slippage,
  ]
  return sha256Hex(values.map(encode).join(''))
}

/** The order as one reading of it found it, frozen; undefined when it is not plain data or has a part missing. */
export function readOrder(order: BracketOrder): BracketOrder | undefined {
  const copied = frozenCopy(order)
  return copied !== undefined && copied !== null && isShaped(copied) ? copied : undefined
}

const TAG = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,49}$/

/** Only what identifies it: prices and size are judged in phase 5, where they have codes of their own. */
function isShaped(order: BracketOrder): boolean {
  const { instrument } = order
  return (
    typeof order === 'object' &&
    typeof order.tag === 'string' &&
    TAG.test(order.tag) &&
    isText(order.accountId) &&
    isText(order.contractId) &&
    (order.side === 'buy' || order.side === 'sell') &&
    (order.type === 'limit' || order.type === 'market') &&
    typeof instrument === 'object' &&
    instrument !== null &&
    isText(instrument.root) &&
    isText(instrument.underlying) &&
    isText(instrument.symbolId)
  )
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= 120

/** The kind of the value is part of its text: the number 1 is not the text '1', and -0 is not 0. */
function encode(value: unknown): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return `${typeof value}:${text.length}:${text};`
}
