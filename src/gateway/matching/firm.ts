import { flatTimes, marketStateAt, tradeDateOf, tradingDayOn } from '../../domain/calendar/index.ts'
import { type EpochMs, worth, contracts, tickSpan } from '../../domain/index.ts'
import { present } from '../../lib/index.ts'
import { ORDER_STATUS } from '../wire.ts'
import { type Desk, positionOf } from './desk.ts'
import { endOrder } from './fills.ts'
import type { Account } from './ledger.ts'
import { placeMarket } from './place.ts'
import { tellAccount } from './records.ts'

/** What the prop firm does to an account by itself: flat every afternoon, and an end to one that lost too much. */

/** Whether new risk may be taken: the market is open and the firm's flat time of that day has not come. */
export function takesOrders(t: number): boolean {
  const state = marketStateAt(t)
  return state.kind === 'open' && t < flatTimes(state.day).firm
}

/** The first flat time after an instant; undefined beyond the calendar. */
export function nextFlatTime(t: number): EpochMs | undefined {
  for (let days = 0; days < 14; days++) {
    const day = tradingDayOn(tradeDateOf(t + days * 86_400_000))
    if (day !== undefined && flatTimes(day).firm > t) return flatTimes(day).firm
  }
  return undefined
}

/** 15:10 in Chicago: orders cancelled, positions closed at the market, and the day's balance counted. */
export function flattenAll(desk: Desk, at: number): void {
  for (const account of desk.ledger.accounts) {
    flatten(desk, account, at)
    if (account.balance > account.highestClose) {
      account.highestClose = account.balance
      desk.ledger.version++
    }
  }
}

/**
 * The maximum loss of an account, checked with open profit at every print of what it holds. The floor trails the
 * highest balance of a day's end and stops rising at the start balance; touching it ends the account.
 */
export function enforceLossLimits(desk: Desk, contractId: string, at: number): void {
  for (const account of desk.ledger.accounts) {
    if (account.lossMax === null || !account.canTrade) continue
    if (positionOf(desk, account.id, contractId) === undefined) continue
    if (equityOf(desk, account) > floorOf(account, account.lossMax)) continue
    account.canTrade = false
    desk.ledger.version++
    tellAccount(desk, account, at)
    flatten(desk, account, at)
  }
}

function floorOf({ startBalance, highestClose }: Account, lossMax: number): number {
  return Math.min(startBalance, startBalance - lossMax + Math.max(0, highestClose - startBalance))
}

function equityOf(desk: Desk, account: Account): number {
  let equity: number = account.balance
  for (const position of desk.ledger.positions) {
    const book = position.accountId === account.id ? desk.book(position.contractId) : undefined
    if (book === undefined) continue
    const { instrument } = present(desk.contract(position.contractId), position.contractId)
    const value = worth(instrument, tickSpan(book.last), contracts(position.size))
    equity += position.direction * (value - position.cost)
  }
  return equity
}

function flatten(desk: Desk, account: Account, at: number): void {
  const open = desk.ledger.orders.filter(
    (each) =>
      each.accountId === account.id &&
      (each.status === ORDER_STATUS.open || each.status === ORDER_STATUS.suspended),
  )
  // Cancelling an entry may have ended its exits already.
  for (const order of open)
    if (order.status === ORDER_STATUS.open || order.status === ORDER_STATUS.suspended)
      endOrder(desk, order, ORDER_STATUS.cancelled, at)
  for (const { contractId, direction, size } of desk.ledger.positions.filter(
    (each) => each.accountId === account.id,
  ))
    placeMarket(desk, { accountId: account.id, contractId, side: direction === 1 ? 1 : 0, size }, at)
}
