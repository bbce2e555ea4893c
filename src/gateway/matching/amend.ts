import { present } from '../../lib/index.ts'
import type { ListedContract } from '../contracts.ts'
import { ORDER_STATUS, ORDER_TYPE } from '../wire.ts'
import { type Desk, positionOf } from './desk.ts'
import { cancelExits, endOrder } from './fills.ts'
import { aligned, join, placeMarket } from './place.ts'
import type { Order } from './ledger.ts'
import { isMet, isStop, take } from './prints.ts'
import { tellOrder } from './records.ts'

export interface Reply {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const DONE: Reply = { errorCode: 0, errorMessage: null }

export const AMEND_ERROR = { accountNotFound: 1, orderNotFound: 2, rejected: 3 } as const

export interface ModifyRequest {
  readonly accountId: number
  readonly orderId: number
  readonly size: number | null
  readonly limitPrice: number | null
  readonly stopPrice: number | null
  readonly trailPrice: number | null
}

/** Edits a working order in place: the number stays, its sibling too. Null or absent is unchanged. */
export function modifyOrder(desk: Desk, request: ModifyRequest, at: number): Reply {
  const order = findOpen(desk, request.accountId, request.orderId)
  if ('errorCode' in order) return order
  const { instrument } = present(desk.contract(order.contractId), order.contractId)
  const book = desk.book(order.contractId)
  const size = request.size ?? order.size
  if (size < 1 || size <= order.filled) return rejected('Invalid order size specified.')
  let { limit, stop, trailTicks } = order
  if (request.limitPrice !== null) {
    if (limit === null) return rejected('Order has no limit price.')
    const wanted = aligned(request.limitPrice, instrument)
    if (typeof wanted === 'string') return rejected(wanted)
    limit = wanted
  }
  if (request.stopPrice !== null) {
    if (order.type !== ORDER_TYPE.stop) return rejected('Order has no stop price.')
    const wanted = aligned(request.stopPrice, instrument)
    if (typeof wanted === 'string') return rejected(wanted)
    stop = wanted
  }
  if (request.trailPrice !== null) {
    if (order.type !== ORDER_TYPE.trailingStop) return rejected('Order has no trail price.')
    const wanted = aligned(request.trailPrice, instrument)
    if (typeof wanted === 'string') return rejected('Invalid trail price. Price is not aligned to tick size.')
    if (book === undefined) return rejected('Cannot trail without a last price')
    trailTicks = Math.abs(book.last - wanted)
    stop = order.side === 0 ? book.last + trailTicks : book.last - trailTicks
  }

  const isNewLimit = limit !== order.limit
  Object.assign(order, { size, limit, stop, trailTicks, updatedAt: at })
  desk.ledger.version++
  tellOrder(desk, order)
  if (book !== undefined) {
    // A stop moved to the wrong side of the market is met at once.
    if (isStop(order) && !order.isTaking && isMet(order, book.last)) order.isTaking = true
    if (order.isTaking) take(desk, order, book, at)
    // A new price is a new place at the end of its queue.
    else if (isNewLimit && limit !== null) join(desk, order, limit, book, at)
  }
  return DONE
}

export function cancelOrder(desk: Desk, accountId: number, orderId: number, at: number): Reply {
  const order = findOpen(desk, accountId, orderId)
  if ('errorCode' in order) return order
  endOrder(desk, order, ORDER_STATUS.cancelled, at)
  return DONE
}

function findOpen(desk: Desk, accountId: number, orderId: number): Order | Reply {
  if (desk.ledger.accounts.every((each) => each.id !== accountId))
    return { errorCode: AMEND_ERROR.accountNotFound, errorMessage: null }
  const order = desk.byId.get(orderId)
  if (order === undefined || order.accountId !== accountId)
    return { errorCode: AMEND_ERROR.orderNotFound, errorMessage: null }
  if (order.status === ORDER_STATUS.suspended) return rejected('Order is suspended.')
  return order.status === ORDER_STATUS.open ? order : rejected('Order is not open.')
}

function rejected(errorMessage: string): Reply {
  return { errorCode: AMEND_ERROR.rejected, errorMessage }
}

export interface CloseRequest {
  readonly accountId: number
  readonly contractId: string
  /** Undefined closes the whole position. */
  readonly size?: number
}

/** What stands in the way of a close; the endpoints number it differently. */
export type CloseOutcome =
  | 'closed'
  | 'accountNotFound'
  | 'positionNotFound'
  | 'contractNotFound'
  | 'invalidSize'
  | 'outsideTradingHours'

/** Sells what is long, buys what is short, at the market. The exits go with the last contract. */
export function closePosition(
  desk: Desk,
  request: CloseRequest,
  context: { readonly at: number; readonly isOpen: boolean },
): CloseOutcome {
  const { accountId, contractId, size } = request
  if (desk.ledger.accounts.every((each) => each.id !== accountId)) return 'accountNotFound'
  const contract: ListedContract | undefined = desk.contract(contractId)
  if (contract === undefined) return 'contractNotFound'
  const held = positionOf(desk, accountId, contractId)
  if (held === undefined) return 'positionNotFound'
  const wanted = size ?? held.size
  if (wanted < 1 || wanted > held.size) return 'invalidSize'
  if (!context.isOpen || desk.book(contractId) === undefined) return 'outsideTradingHours'
  // A close may fill in parts: an exit that is met in between would close the same contracts once more.
  if (wanted === held.size) cancelExits(desk, accountId, contractId, context.at)
  placeMarket(desk, { accountId, contractId, side: held.direction === 1 ? 1 : 0, size: wanted }, context.at)
  return 'closed'
}
