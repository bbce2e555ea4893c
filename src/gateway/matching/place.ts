import { type Instrument, parsePrice } from '../../domain/index.ts'
import type { ListedContract } from '../contracts.ts'
import { ORDER_STATUS, ORDER_TYPE, type WireSide } from '../wire.ts'
import { type Book, type Desk, positionOf, record, startWorking } from './desk.ts'
import { endOrder, isMicro } from './fills.ts'
import type { Account, Bracket, Order } from './ledger.ts'
import { isMet, isStop, take } from './prints.ts'
import { tellOrder } from './records.ts'

/** `Order/place` after model binding. Prices are decimals of the wire. */
export interface PlaceRequest {
  readonly accountId: number
  readonly contractId: string
  readonly type: number
  readonly side: number
  readonly size: number
  readonly limitPrice: number | null
  readonly stopPrice: number | null
  readonly trailPrice: number | null
  readonly customTag: string | null
  readonly stopLossBracket: Bracket | null
  readonly takeProfitBracket: Bracket | null
}

/** Codes are those of PlaceOrderErrorCode. */
export interface PlaceReply {
  readonly orderId: number | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const PLACE_ERROR = {
  accountNotFound: 1,
  rejected: 2,
  accountViolation: 4,
  outsideTradingHours: 5,
  contractNotFound: 8,
  contractNotActive: 9,
} as const

/** What the exchange knows about the moment of an order. */
export interface PlaceContext {
  readonly at: number
  readonly isOpen: boolean
  /** Whether orders that open risk are taken: not after the firm's flat time. */
  readonly takesRisk: boolean
  readonly isFront: (contract: ListedContract) => boolean
}

const TRAIL_TICKS_MAX = 1_000
const BRACKET_TICKS_MAX = 10_000
const SIZE_MAX = 10_000

interface Terms {
  readonly limit: number | null
  readonly stop: number | null
  readonly trailTicks: number | null
}

export function placeOrder(desk: Desk, request: PlaceRequest, context: PlaceContext): PlaceReply {
  const account = desk.ledger.accounts.find((each) => each.id === request.accountId)
  if (account === undefined) return refused(PLACE_ERROR.accountNotFound, null)
  const contract = desk.contract(request.contractId)
  if (contract === undefined) return refused(PLACE_ERROR.contractNotFound, null)
  const fault = faultOf(desk, account, request)
  if (fault !== undefined) return refused(PLACE_ERROR.rejected, fault)
  const book = desk.book(request.contractId)
  const terms = termsOf(request, contract.instrument, book)
  if (typeof terms === 'string') return refused(PLACE_ERROR.rejected, terms)

  // From here on the order has a number: a refusal is on record with status 5, and on the stream.
  const order = draft(desk, request, terms, context.at)
  const denied = refusalOf(desk, account, contract, order, book, context)
  if (denied !== undefined) {
    record(desk, order)
    endOrder(desk, order, ORDER_STATUS.rejected, context.at)
    return { ...denied, orderId: order.id }
  }
  accept(desk, order, book, context.at)
  return { orderId: order.id, errorCode: 0, errorMessage: null }
}

/** A market order of the platform itself: closing, flattening. Refusals are for the caller to find first. */
export function placeMarket(
  desk: Desk,
  of: { accountId: number; contractId: string; side: WireSide; size: number },
  at: number,
): Order {
  const bare = { limitPrice: null, stopPrice: null, trailPrice: null, customTag: null }
  const request = {
    ...of,
    ...bare,
    type: ORDER_TYPE.market,
    stopLossBracket: null,
    takeProfitBracket: null,
  }
  const order = draft(desk, request, { limit: null, stop: null, trailTicks: null }, at)
  accept(desk, order, desk.book(of.contractId), at)
  return order
}

function refused(errorCode: number, errorMessage: string | null): PlaceReply {
  return { orderId: null, errorCode, errorMessage }
}

/** What is wrong with the request whatever the market does. */
function faultOf(desk: Desk, account: Account, request: PlaceRequest): string | undefined {
  const { type, side, size, customTag, stopLossBracket, takeProfitBracket } = request
  const placeable = Object.values<number>(ORDER_TYPE).filter((each) => each !== ORDER_TYPE.stopLimit)
  if (!placeable.includes(type)) return 'Invalid order type specified.'
  if (side !== 0 && side !== 1) return 'Invalid order side specified.'
  if (size < 1 || size > SIZE_MAX) return 'Invalid order size specified.'
  if (customTag !== null && desk.tags.get(account.id)?.has(customTag) === true)
    return 'Invalid custom tag. The tag is already in use for this account.'
  if (stopLossBracket === null && takeProfitBracket === null) return undefined
  if (account.usesPositionBrackets)
    return 'Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets.'
  return bracketFault(side, stopLossBracket, takeProfitBracket)
}

/** Signed distances from the fill: a long's stop is below it and its target above, a short's the other way. */
function bracketFault(side: WireSide, stop: Bracket | null, target: Bracket | null): string | undefined {
  const [word, sign] = side === 0 ? ['long', 1] : ['short', -1]
  if (stop !== null) {
    if (stop.type !== ORDER_TYPE.stop && stop.type !== ORDER_TYPE.trailingStop)
      return `Invalid stop loss bracket type (${stop.type}).`
    if (stop.ticks * sign >= 0 || Math.abs(stop.ticks) > BRACKET_TICKS_MAX)
      return `Invalid stop loss ticks (${stop.ticks}). Ticks should be ${sign > 0 ? 'less' : 'greater'} than zero when going ${word}.`
  }
  if (target !== null) {
    if (target.type !== ORDER_TYPE.limit) return `Invalid take profit bracket type (${target.type}).`
    if (target.ticks * sign <= 0 || Math.abs(target.ticks) > BRACKET_TICKS_MAX)
      return `Invalid take profit ticks (${target.ticks}). Ticks should be ${sign > 0 ? 'greater' : 'less'} than zero when going ${word}.`
  }
  return undefined
}

/** The prices of an order in ticks, or the text that refuses them. */
function termsOf(request: PlaceRequest, instrument: Instrument, book: Book | undefined): Terms | string {
  const none: Terms = { limit: null, stop: null, trailTicks: null }
  switch (request.type) {
    case ORDER_TYPE.limit: {
      const limit = aligned(request.limitPrice, instrument)
      return typeof limit === 'string' ? limit : { ...none, limit }
    }
    case ORDER_TYPE.stop: {
      const stop = aligned(request.stopPrice, instrument)
      return typeof stop === 'string' ? stop : { ...none, stop }
    }
    case ORDER_TYPE.trailingStop: {
      if (request.trailPrice === null) return 'Trail Distance not set.'
      const trail = aligned(request.trailPrice, instrument)
      if (typeof trail === 'string') return 'Invalid trail price. Price is not aligned to tick size.'
      if (book === undefined) return 'Cannot trail without a last price'
      const trailTicks = Math.abs(book.last - trail)
      if (trailTicks > TRAIL_TICKS_MAX) return `Trail Distance exceeds maximum (${TRAIL_TICKS_MAX})`
      return {
        limit: null,
        trailTicks,
        stop: request.side === 0 ? book.last + trailTicks : book.last - trailTicks,
      }
    }
    case ORDER_TYPE.joinBid:
    case ORDER_TYPE.joinAsk:
      if (book === undefined) return 'Cannot join without a quote'
      return { ...none, limit: request.type === ORDER_TYPE.joinBid ? book.bid : book.ask }
    default:
      return none
  }
}

/** A wire price as ticks, or the refusal. */
export function aligned(price: number | null, instrument: Instrument): number | string {
  if (price === null) return 'Invalid price. A price is required for this order type.'
  const parsed = parsePrice(price, instrument)
  return parsed.ok ? parsed.value : 'Invalid price. Price is not aligned to tick size.'
}

/** What the moment or the account forbids. */
function refusalOf(
  desk: Desk,
  account: Account,
  contract: ListedContract,
  order: Order,
  book: Book | undefined,
  context: PlaceContext,
): Omit<PlaceReply, 'orderId'> | undefined {
  if (!account.canTrade)
    return { errorCode: PLACE_ERROR.accountViolation, errorMessage: 'Trading is disabled for this account.' }
  const held = positionOf(desk, account.id, contract.id)
  const reduces =
    held !== undefined && held.direction !== (order.side === 0 ? 1 : -1) && order.size <= held.size
  // Who still holds an old month may get out of it.
  if (!context.isFront(contract) && !reduces)
    return { errorCode: PLACE_ERROR.contractNotActive, errorMessage: 'Contract is not active.' }
  if (!context.isOpen || (!context.takesRisk && !reduces))
    return { errorCode: PLACE_ERROR.outsideTradingHours, errorMessage: 'Outside of trading hours.' }
  if (book === undefined && order.type === ORDER_TYPE.market)
    return { errorCode: PLACE_ERROR.rejected, errorMessage: 'No market price is available.' }
  if (!reduces && microsWith(desk, account, order, contract) > account.microsMax)
    return {
      errorCode: PLACE_ERROR.rejected,
      errorMessage: `Maximum position exceeded (${account.microsMax / 10} minis or ${account.microsMax} micros).`,
    }
  return undefined
}

/** Contracts in micros that the account could hold if this order and all its resting entries were filled. */
function microsWith(desk: Desk, account: Account, order: Order, contract: ListedContract): number {
  const exposure = new Map<string, { net: number; buys: number; sells: number; weight: number }>()
  const of = (contractId: string): { net: number; buys: number; sells: number; weight: number } => {
    const known = exposure.get(contractId)
    if (known !== undefined) return known
    const found = desk.contract(contractId)
    const weight = found !== undefined && isMicro(found.instrument) ? 1 : 10
    const made = { net: 0, buys: 0, sells: 0, weight }
    exposure.set(contractId, made)
    return made
  }
  for (const each of desk.ledger.positions)
    if (each.accountId === account.id) of(each.contractId).net += each.direction * each.size
  for (const list of desk.working.values())
    for (const each of list)
      if (each.accountId === account.id && each.parentId === null)
        addSide(of(each.contractId), each.side, each.size - each.filled)
  addSide(of(contract.id), order.side, order.size)
  let micros = 0
  for (const { net, buys, sells, weight } of exposure.values())
    micros += Math.max(Math.abs(net + buys), Math.abs(net - sells)) * weight
  return micros
}

function addSide(of: { buys: number; sells: number }, side: WireSide, size: number): void {
  if (side === 0) of.buys += size
  else of.sells += size
}

function draft(desk: Desk, request: PlaceRequest, terms: Terms, at: number): Order {
  const hasExits = request.stopLossBracket !== null || request.takeProfitBracket !== null
  return {
    id: desk.ledger.nextOrderId++,
    accountId: request.accountId,
    contractId: request.contractId,
    createdAt: at,
    updatedAt: at,
    status: ORDER_STATUS.pending,
    type: request.type,
    side: request.side === 0 ? 0 : 1,
    size: request.size,
    limit: terms.limit,
    stop: terms.stop,
    filled: 0,
    filledTicks: 0,
    tag: request.customTag,
    parentId: null,
    siblingId: null,
    trailTicks: terms.trailTicks,
    queueAhead: 0,
    isTaking: request.type === ORDER_TYPE.market,
    stopBracket: hasExits ? request.stopLossBracket : null,
    targetBracket: hasExits ? request.takeProfitBracket : null,
  }
}

/** The captured order of events: stop leg suspended, entry pending, target leg suspended, then the entry's fate. */
function accept(desk: Desk, order: Order, book: Book | undefined, at: number): void {
  record(desk, order)
  const [stopLeg, targetLeg] = suspendExits(desk, order)
  if (stopLeg !== undefined) tellOrder(desk, stopLeg)
  tellOrder(desk, order)
  if (targetLeg !== undefined) tellOrder(desk, targetLeg)

  order.status = ORDER_STATUS.open
  startWorking(desk, order)
  if (book !== undefined) {
    if (isStop(order) && isMet(order, book.last)) order.isTaking = true
    if (order.isTaking) take(desk, order, book, at)
    else if (order.limit !== null) join(desk, order, order.limit, book, at)
  }
  if (order.filled === 0) tellOrder(desk, order)
}

function suspendExits(desk: Desk, entry: Order): [Order | undefined, Order | undefined] {
  const leg = (bracket: Bracket | null, suffix: string): Order | undefined => {
    if (bracket === null) return undefined
    const isStopLeg = bracket === entry.stopBracket
    const made: Order = {
      ...entry,
      id: desk.ledger.nextOrderId++,
      status: ORDER_STATUS.suspended,
      type: bracket.type,
      side: entry.side === 0 ? 1 : 0,
      limit: null,
      stop: null,
      tag: entry.tag === null ? null : `${entry.tag}${suffix}`,
      parentId: entry.id,
      siblingId: null,
      trailTicks: isStopLeg ? Math.abs(bracket.ticks) : null,
      isTaking: false,
      stopBracket: null,
      targetBracket: null,
    }
    record(desk, made)
    return made
  }
  const stopLeg = leg(entry.stopBracket, '-SL')
  const targetLeg = leg(entry.targetBracket, '-TP')
  if (stopLeg !== undefined && targetLeg !== undefined) {
    stopLeg.siblingId = targetLeg.id
    targetLeg.siblingId = stopLeg.id
  }
  return [stopLeg, targetLeg]
}

/** A limit that crosses takes the quote, better than it asked; one at or behind the touch queues. */
export function join(desk: Desk, order: Order, limit: number, book: Book, at: number): void {
  const crosses = order.side === 0 ? limit >= book.ask : limit <= book.bid
  if (crosses) {
    take(desk, order, book, at)
    order.queueAhead = 0
    return
  }
  const isInside = order.side === 0 ? limit > book.bid : limit < book.ask
  order.queueAhead = isInside ? 0 : book.volume
}
