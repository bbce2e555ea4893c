import { instantAt } from '../../src/domain/calendar/index.ts'
import {
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type EpochMs,
  contracts,
  epochMs,
  ticks,
  usd,
} from '../../src/domain/index.ts'
import {
  type Book,
  type BrokerSnapshot,
  type NewOrder,
  type OrderFact,
  type TrackedOrder,
  advance,
  emptyBook,
  newIntent,
} from '../../src/execution/index.ts'

export const ACCOUNT = '25770001'
export const CONTRACT = 'CON.F.US.MNQ.H26'
export const TAG = 'k-20260310-abc'
/** 10:00 New York, the moment of every intent. */
export const START = instantAt('2026-03-10', 600)
/** So many milliseconds after the start, on the broker's clock. */
export const after = (ms: number): EpochMs => epochMs(START + ms)

/** A long of two contracts at 80,000 with its stop 100 ticks lower. */
export function intent(changes: Partial<NewOrder> = {}): TrackedOrder {
  return newIntent({
    tag: TAG,
    role: 'entry',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    side: 'buy',
    size: 2,
    price: ticks(80_000),
    risk: usd(104_440_000),
    intentAt: START,
    ...changes,
  })
}

/** The order after facts, one after the other. */
export function told(order: TrackedOrder, ...facts: readonly OrderFact[]): TrackedOrder {
  return facts.reduce((each, fact) => advance(each, fact).order, order)
}

export const handedOver: OrderFact = { kind: 'handedOver', at: after(5) }
export const answered = (outcome: Extract<OrderFact, { kind: 'answered' }>['outcome']): OrderFact => ({
  kind: 'answered',
  outcome,
})
export const accepted = answered({ kind: 'accepted', orderId: '1001' })
export const unanswered = answered({ kind: 'unknown', why: 'no reply: timeout', orderId: undefined })
export const sent = (changes: Partial<NewOrder> = {}): TrackedOrder => told(intent(changes), handedOver)
export const lost = (changes: Partial<NewOrder> = {}): TrackedOrder => told(sent(changes), unanswered)
export const resting = (changes: Partial<NewOrder> = {}): TrackedOrder => told(sent(changes), accepted)

export function row(changes: Partial<BrokerOrder> = {}): BrokerOrder {
  return {
    id: '1001',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    status: 'open',
    type: 'limit',
    side: 'buy',
    size: contracts(2),
    limit: ticks(80_000),
    stop: undefined,
    filled: contracts(0),
    averageFillFractional: undefined,
    tag: TAG,
    parentId: undefined,
    createdAt: after(10),
    updatedAt: after(20),
    ...changes,
  }
}

export function trade(changes: Partial<BrokerTrade> = {}): BrokerTrade {
  return {
    id: '88010001',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    orderId: '1001',
    at: after(1_000),
    price: ticks(80_000),
    side: 'buy',
    size: contracts(1),
    profitAndLoss: undefined,
    fees: usd(610_000),
    isVoided: false,
    ...changes,
  }
}

export function position(net: number, changes: Partial<BrokerPosition> = {}): BrokerPosition {
  return {
    id: '5',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    direction: net > 0 ? 1 : net < 0 ? -1 : 0,
    size: contracts(Math.abs(net)),
    averageFractional: 80_000,
    openedAt: after(1_000),
    ...changes,
  }
}

export const seen = (changes: Partial<BrokerOrder> = {}): OrderFact => ({ kind: 'seen', order: row(changes) })
export const traded = (changes: Partial<BrokerTrade> = {}): OrderFact => ({
  kind: 'traded',
  trade: trade(changes),
})

export function bookOf(...orders: readonly TrackedOrder[]): Book {
  return { ...emptyBook(ACCOUNT), orders }
}

/** A whole snapshot: every part answered, every page there. `orders` are both history and, where open, open. */
export function snapshot(
  asOfMs: number,
  parts: {
    orders?: readonly BrokerOrder[]
    trades?: readonly BrokerTrade[]
    positions?: readonly BrokerPosition[]
  } = {},
  changes: Partial<BrokerSnapshot> = {},
): BrokerSnapshot {
  const { orders = [], trades = [], positions = [] } = parts
  return {
    asOf: after(asOfMs),
    openOrders: orders.filter((each) => each.status === 'open'),
    history: {
      rows: orders.filter((each) => each.status !== 'suspended'),
      from: after(-3_600_000),
      isComplete: true,
    },
    trades: { rows: trades, isComplete: true },
    positions,
    ...changes,
  }
}
