import { ORDER_STATUS, ORDER_TYPE } from '../wire.ts'
import { type Book, type Desk, remaining } from './desk.ts'
import { fill } from './fills.ts'
import type { Order } from './ledger.ts'
import { tellOrder } from './records.ts'

/**
 * A print meets the working orders of its contract, oldest first.
 *
 * Never is more filled than the print traded: what one order takes is not there for the next. A limit fills at its
 * own price. A print beyond it fills it at once, for its level is gone; a print at it must first trade away the
 * contracts that were there before. A stop that is met takes the opposite quote, which is how it slips.
 */
export function meetPrint(desk: Desk, contractId: string, price: number, book: Book, at: number): void {
  const working = desk.working.get(contractId)
  if (working === undefined) return
  for (const order of working.slice()) {
    // A fill of an earlier one may have ended this one.
    if (order.status !== ORDER_STATUS.open) continue
    if (isStop(order) && !order.isTaking) meetStop(desk, order, price, at)
    if (order.isTaking) take(desk, order, book, at)
    else if (order.limit !== null) rest(desk, order, order.limit, price, book, at)
  }
}

/** Takes what is offered on the other side of the book. */
export function take(desk: Desk, order: Order, book: Book, at: number): void {
  const quantity = Math.min(remaining(order), book.available)
  if (quantity <= 0) return
  book.available -= quantity
  fill(desk, order, quantity, order.side === 0 ? book.ask : book.bid, at)
}

export function isStop(order: Order): boolean {
  return order.type === ORDER_TYPE.stop || order.type === ORDER_TYPE.trailingStop
}

/** True when a price has met the stop: at or above for a buy stop, at or below for a sell stop. */
export function isMet(order: Order, price: number): boolean {
  if (order.stop === null) return false
  return order.side === 0 ? price >= order.stop : price <= order.stop
}

function meetStop(desk: Desk, order: Order, price: number, at: number): void {
  if (isMet(order, price)) {
    order.isTaking = true
    desk.ledger.version++
    return
  }
  if (order.type !== ORDER_TYPE.trailingStop || order.trailTicks === null || order.stop === null) return
  const trailed = order.side === 0 ? price + order.trailTicks : price - order.trailTicks
  if (order.side === 0 ? trailed >= order.stop : trailed <= order.stop) return
  order.stop = trailed
  order.updatedAt = at
  desk.ledger.version++
  tellOrder(desk, order)
}

function rest(desk: Desk, order: Order, limit: number, price: number, book: Book, at: number): void {
  const beyond = order.side === 0 ? limit - price : price - limit
  if (beyond < 0) return
  let traded = book.volume
  if (beyond > 0) order.queueAhead = 0
  else {
    const ahead = Math.min(order.queueAhead, traded)
    order.queueAhead -= ahead
    traded -= ahead
  }
  const quantity = Math.min(remaining(order), traded, book.available)
  if (quantity <= 0) return
  book.available -= quantity
  fill(desk, order, quantity, limit, at)
}
