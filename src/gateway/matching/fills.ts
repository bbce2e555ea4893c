import { type Instrument, usd } from '../../domain/index.ts'
import { invariant, present } from '../../lib/index.ts'
import { ORDER_STATUS, ORDER_TYPE } from '../wire.ts'
import { type Desk, positionOf, remaining, startWorking, stopWorking } from './desk.ts'
import type { Order, Position, Trade } from './ledger.ts'
import { tellAccount, tellFlat, tellOrder, tellPosition, tellTrade } from './records.ts'

/** Exchange and clearing commission of one contract and side, micro-dollars; the rest of its cost is fees. */
const COMMISSION_MICRO = 250_000
const COMMISSION_MINI = 500_000

export function isMicro(instrument: Instrument): boolean {
  return instrument.root !== instrument.underlying
}

/**
 * `quantity` contracts of an order trade at `price`: the order, the trade, the position, the balance, and the
 * exits that hang on them. The only place where a position changes.
 */
export function fill(desk: Desk, order: Order, quantity: number, price: number, at: number): void {
  invariant(
    quantity > 0 && quantity <= remaining(order),
    `a fill of ${quantity} fits the ${remaining(order)} that order ${order.id} has left`,
  )
  order.filled += quantity
  order.filledTicks += price * quantity
  order.updatedAt = at
  order.status = remaining(order) === 0 ? ORDER_STATUS.filled : ORDER_STATUS.open
  if (order.status === ORDER_STATUS.filled) stopWorking(desk, order)
  desk.ledger.version++
  tellOrder(desk, order)

  const held = positionOf(desk, order.accountId, order.contractId)
  const trade = bookTrade(desk, order, held, quantity, price, at)
  moveBalance(desk, trade)
  const { change, opened } = movePosition(desk, order, held, quantity, price, at)

  if (order.parentId !== null) settleSibling(desk, order, quantity, at)
  if (change === 'closed' || change === 'flipped') cancelExits(desk, order.accountId, order.contractId, at)
  else if (
    change === 'reduced' &&
    order.parentId === null &&
    desk.settings.exitsOnPartialClose === 'cancelAll'
  )
    cancelExits(desk, order.accountId, order.contractId, at)
  if (order.parentId === null && opened > 0) openExits(desk, order, opened, price, at)
  // An entry that only closed what was there leaves exits that have nothing to protect.
  if (order.status === ORDER_STATUS.filled) cancelSuspended(desk, order, at)
}

/** Ends an order that is working, waiting or suspended, and with an entry the exits that still wait for it. */
export function endOrder(desk: Desk, order: Order, status: number, at: number): void {
  order.status = status
  order.updatedAt = at
  stopWorking(desk, order)
  desk.ledger.version++
  tellOrder(desk, order)
  cancelSuspended(desk, order, at)
}

function cancelSuspended(desk: Desk, entry: Order, at: number): void {
  for (const exit of exitsOf(desk, entry))
    if (exit.status === ORDER_STATUS.suspended) endOrder(desk, exit, ORDER_STATUS.cancelled, at)
}

function exitsOf(desk: Desk, entry: Order): readonly Order[] {
  // Ids are consecutive: the exits are the next two, if they are its children at all.
  return [entry.id + 1, entry.id + 2]
    .map((id) => desk.byId.get(id))
    .filter((each): each is Order => each !== undefined && each.parentId === entry.id)
}

/** Cancels every working exit of a contract: a flat account keeps no order that would open a position. */
export function cancelExits(desk: Desk, accountId: number, contractId: string, at: number): void {
  const exits = (desk.working.get(contractId) ?? []).filter(
    (each) => each.accountId === accountId && each.parentId !== null,
  )
  for (const exit of exits) endOrder(desk, exit, ORDER_STATUS.cancelled, at)
}

function bookTrade(
  desk: Desk,
  order: Order,
  held: Position | undefined,
  quantity: number,
  price: number,
  at: number,
): Trade {
  const { instrument } = present(desk.contract(order.contractId), order.contractId)
  const commission = isMicro(instrument) ? COMMISSION_MICRO : COMMISSION_MINI
  const perSide = instrument.roundTripCost / 2
  const trade: Trade = {
    id: desk.ledger.nextTradeId++,
    accountId: order.accountId,
    contractId: order.contractId,
    orderId: order.id,
    at,
    price,
    side: order.side,
    size: quantity,
    profitAndLoss: profitOf(order, held, quantity, price, instrument),
    fees: (perSide - commission) * quantity,
    commissions: commission * quantity,
  }
  desk.ledger.trades.push(trade)
  tellTrade(desk, trade)
  return trade
}

function profitOf(
  order: Order,
  held: Position | undefined,
  quantity: number,
  price: number,
  instrument: Instrument,
): number | null {
  if (held === undefined || held.direction === directionOf(order)) return null
  const closed = Math.min(quantity, held.size)
  return held.direction * (price * closed * instrument.tickValue - costOf(held, closed))
}

/** The part of a position's cost that `closed` of its contracts carry. Closing the last ones takes all that is left. */
function costOf(held: Position, closed: number): number {
  return closed === held.size ? held.cost : Math.round((held.cost * closed) / held.size)
}

function moveBalance(desk: Desk, trade: Trade): void {
  const account = present(
    desk.ledger.accounts.find((each) => each.id === trade.accountId),
    `account ${trade.accountId}`,
  )
  account.balance = usd(account.balance + (trade.profitAndLoss ?? 0) - trade.fees - trade.commissions)
  tellAccount(desk, account, trade.at)
}

interface PositionChange {
  readonly change: 'opened' | 'grown' | 'reduced' | 'closed' | 'flipped'
  /** Contracts of the fill that now need protection. */
  readonly opened: number
}

function movePosition(
  desk: Desk,
  order: Order,
  held: Position | undefined,
  quantity: number,
  price: number,
  at: number,
): PositionChange {
  const { instrument } = present(desk.contract(order.contractId), order.contractId)
  const costAt = (size: number): number => price * size * instrument.tickValue
  const open = (size: number): void => {
    const opened: Position = {
      id: desk.ledger.nextPositionId++,
      accountId: order.accountId,
      contractId: order.contractId,
      createdAt: at,
      direction: directionOf(order),
      size,
      cost: costAt(size),
    }
    desk.ledger.positions.push(opened)
    tellPosition(desk, opened, at)
  }
  if (held === undefined) {
    open(quantity)
    return { change: 'opened', opened: quantity }
  }
  if (held.direction === directionOf(order)) {
    held.size += quantity
    held.cost += costAt(quantity)
    tellPosition(desk, held, at)
    return { change: 'grown', opened: quantity }
  }
  if (quantity < held.size) {
    held.cost -= costOf(held, quantity)
    held.size -= quantity
    tellPosition(desk, held, at)
    return { change: 'reduced', opened: 0 }
  }
  desk.ledger.positions.splice(desk.ledger.positions.indexOf(held), 1)
  tellFlat(desk, held, at)
  if (quantity === held.size) return { change: 'closed', opened: 0 }
  open(quantity - held.size)
  return { change: 'flipped', opened: quantity - held.size }
}

function directionOf(order: Order): 1 | -1 {
  return order.side === 0 ? 1 : -1
}

/**
 * One cancels the other: a leg that fills takes as much off its sibling, and ends it when nothing is left of
 * itself. The part of the entry that still rests goes too: it would open contracts whose exits are spent.
 */
function settleSibling(desk: Desk, leg: Order, quantity: number, at: number): void {
  const sibling = leg.siblingId === null ? undefined : desk.byId.get(leg.siblingId)
  if (sibling !== undefined && sibling.status === ORDER_STATUS.open) {
    if (leg.status === ORDER_STATUS.filled || sibling.size - quantity <= sibling.filled)
      endOrder(desk, sibling, ORDER_STATUS.cancelled, at)
    else {
      sibling.size -= quantity
      sibling.updatedAt = at
      tellOrder(desk, sibling)
    }
  }
  const entry = leg.parentId === null ? undefined : desk.byId.get(leg.parentId)
  if (leg.status === ORDER_STATUS.filled && entry?.status === ORDER_STATUS.open)
    endOrder(desk, entry, ORDER_STATUS.cancelled, at)
}

/**
 * The first fill of an entry gives its exits their prices and opens them; later fills only make them larger. The
 * target is told before the stop, as captured.
 */
function openExits(desk: Desk, entry: Order, opened: number, price: number, at: number): void {
  for (const exit of exitsOf(desk, entry).toReversed()) {
    if (exit.status === ORDER_STATUS.suspended) {
      const bracket = exit.type === ORDER_TYPE.limit ? entry.targetBracket : entry.stopBracket
      const level = price + present(bracket, `bracket of order ${exit.id}`).ticks
      exit.status = ORDER_STATUS.open
      exit.size = opened
      if (exit.type === ORDER_TYPE.limit) exit.limit = level
      else exit.stop = level
      if (exit.type !== ORDER_TYPE.trailingStop) exit.trailTicks = null
      startWorking(desk, exit)
    } else if (exit.status === ORDER_STATUS.open) exit.size += opened
    else continue
    exit.updatedAt = at
    tellOrder(desk, exit)
  }
}
