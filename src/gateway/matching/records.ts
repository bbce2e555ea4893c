import { priceOf } from '../../domain/index.ts'
import { present } from '../../lib/index.ts'
import { ACTION, ORDER_TYPE, type JsonObject, type UserTarget, wireInstant, withoutNulls } from '../wire.ts'
import type { Desk } from './desk.ts'
import type { Account, Order, Position, Trade } from './ledger.ts'

/** The ledger's rows as the wire shows them: decimals, ISO instants, explicit nulls (projectx-gateway 2.1, 2.7-2.9). */
export function accountRecord(account: Account): JsonObject {
  return {
    id: account.id,
    name: account.name,
    balance: account.balance / 1e6,
    canTrade: account.canTrade,
    isVisible: account.isVisible,
    simulated: true,
  }
}

export function orderRecord(desk: Desk, order: Order): JsonObject {
  const { instrument } = present(desk.contract(order.contractId), order.contractId)
  const price = (at: number | null): number | null => (at === null ? null : priceOf(at, instrument))
  return {
    id: order.id,
    accountId: order.accountId,
    contractId: order.contractId,
    symbolId: instrument.symbolId,
    creationTimestamp: wireInstant(order.createdAt),
    updateTimestamp: wireInstant(order.updatedAt),
    status: order.status,
    type: order.type,
    side: order.side,
    size: order.size,
    limitPrice: price(order.limit),
    stopPrice: price(order.stop),
    fillVolume: order.filled,
    filledPrice:
      order.filled === 0 ? null : rounded((order.filledTicks / order.filled) * instrument.tickSize),
    customTag: order.tag,
    trailDistance: order.trailTicks,
    trailPrice: price(order.trailTicks),
    parentOrderId: order.parentId,
    // One direction only was seen: the target names the stop.
    linkedOrderId: order.type === ORDER_TYPE.limit ? order.siblingId : null,
  }
}

export function positionRecord(desk: Desk, position: Position): JsonObject {
  const contract = present(desk.contract(position.contractId), position.contractId)
  return {
    id: position.id,
    accountId: position.accountId,
    contractId: position.contractId,
    contractDisplayName: contract.displayName,
    creationTimestamp: wireInstant(position.createdAt),
    type: position.direction === 1 ? 1 : 2,
    size: position.size,
    averagePrice: averagePrice(desk, position),
  }
}

export function tradeRecord(desk: Desk, trade: Trade): JsonObject {
  const { instrument } = present(desk.contract(trade.contractId), trade.contractId)
  return {
    id: trade.id,
    accountId: trade.accountId,
    contractId: trade.contractId,
    creationTimestamp: wireInstant(trade.at),
    price: priceOf(trade.price, instrument),
    profitAndLoss: trade.profitAndLoss === null ? null : trade.profitAndLoss / 1e6,
    fees: trade.fees / 1e6,
    commissions: trade.commissions / 1e6,
    side: trade.side,
    size: trade.size,
    voided: false,
    orderId: trade.orderId,
  }
}

export function tellOrder(desk: Desk, order: Order): void {
  tell(desk, 'GatewayUserOrder', order.accountId, ACTION.upsert, order.updatedAt, orderRecord(desk, order))
}

export function tellAccount(desk: Desk, account: Account, at: number): void {
  tell(desk, 'GatewayUserAccount', account.id, ACTION.upsert, at, accountRecord(account))
}

export function tellTrade(desk: Desk, trade: Trade): void {
  tell(desk, 'GatewayUserTrade', trade.accountId, ACTION.trade, trade.at, tradeRecord(desk, trade))
}

export function tellPosition(desk: Desk, position: Position, at: number): void {
  tell(desk, 'GatewayUserPosition', position.accountId, ACTION.upsert, at, positionRecord(desk, position))
}

/** Flat: action 2, type 0, size 0, and the average price that the position had. */
export function tellFlat(desk: Desk, position: Position, at: number): void {
  const data = { ...positionRecord(desk, position), type: 0, size: 0 }
  tell(desk, 'GatewayUserPosition', position.accountId, ACTION.remove, at, data)
}

function tell(
  desk: Desk,
  target: UserTarget,
  accountId: number,
  action: number,
  at: number,
  data: JsonObject,
): void {
  desk.emit({ hub: 'user', at, target, accountId, action, data: withoutNulls(data) })
}

function averagePrice(desk: Desk, { contractId, cost, size }: Position): number {
  const { instrument } = present(desk.contract(contractId), contractId)
  return rounded((cost / size / instrument.tickValue) * instrument.tickSize)
}

/** An average is not on the grid: nine decimals, as the documentation's samples print. */
function rounded(price: number): number {
  return Number(price.toFixed(9))
}
