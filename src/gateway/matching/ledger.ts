import { sha256Hex } from '../../lib/index.ts'
import { type Usd, usdFromDollars } from '../../domain/index.ts'
import type { WireSide } from '../wire.ts'

/** What the broker knows of its accounts: plain data, so that it can be saved and compared. Prices in ticks. */
export interface Ledger {
  readonly accounts: Account[]
  /** In the order of their ids. */
  readonly orders: Order[]
  readonly positions: Position[]
  readonly trades: Trade[]
  nextOrderId: number
  nextTradeId: number
  nextPositionId: number
  /** Grows with every change that a restart must not forget. */
  version: number
}

export interface Account {
  readonly id: number
  readonly name: string
  /** Realised; open profit and loss is not in it. */
  balance: Usd
  canTrade: boolean
  readonly isVisible: boolean
  /** Contracts that may be held at once, counted in micros: a mini is ten. */
  readonly microsMax: number
  readonly startBalance: Usd
  /** Highest balance at a day's flat time. */
  highestClose: Usd
  /** Micro-dollars that the account may fall from its start, trailing; null where the rule is off. */
  readonly lossMax: Usd | null
  /** Brackets attached by the platform itself: API brackets are refused. */
  readonly usesPositionBrackets: boolean
}

export interface Order {
  readonly id: number
  readonly accountId: number
  readonly contractId: string
  readonly createdAt: number
  updatedAt: number
  status: number
  readonly type: number
  readonly side: WireSide
  size: number
  limit: number | null
  stop: number | null
  filled: number
  /** Sum of fill price times fill size, in ticks. */
  filledTicks: number
  readonly tag: string | null
  readonly parentId: number | null
  /** The other leg: in the wire only the target names it, here both do. */
  siblingId: number | null
  /** Distance in ticks: what a trailing stop keeps, and what a suspended stop leg repeats of its bracket. */
  trailTicks: number | null
  /** Contracts at this price that were there before us. */
  queueAhead: number
  /** A stop that has met its price, or a market order: it takes what is offered. */
  isTaking: boolean
  readonly stopBracket: Bracket | null
  readonly targetBracket: Bracket | null
}

/** Signed ticks from the entry's first fill, and the wire type of the exit order. */
export interface Bracket {
  readonly ticks: number
  readonly type: number
}

export interface Position {
  readonly id: number
  readonly accountId: number
  readonly contractId: string
  readonly createdAt: number
  /** 1 long, -1 short. */
  readonly direction: 1 | -1
  size: number
  /** Micro-dollars paid for the contracts still held: average price times size, to the micro-dollar. */
  cost: number
}

export interface Trade {
  readonly id: number
  readonly accountId: number
  readonly contractId: string
  readonly orderId: number
  readonly at: number
  readonly price: number
  readonly side: WireSide
  readonly size: number
  /** Gross micro-dollars; null on an opening half-turn. */
  readonly profitAndLoss: number | null
  readonly fees: number
  readonly commissions: number
}

export interface AccountSpec {
  readonly id: number
  readonly name: string
  /** Whole dollars. */
  readonly balance: number
  readonly minisMax: number
  /** Maximum loss in whole dollars; left out, the account never ends. */
  readonly lossMax?: number
  readonly canTrade?: boolean
  readonly isVisible?: boolean
  readonly usesPositionBrackets?: boolean
}

/** A Combine and a practice account of one user. */
export const DEFAULT_ACCOUNTS: readonly AccountSpec[] = [
  { id: 25_770_001, name: '50KTC-V2-645001-97000001', balance: 50_000, minisMax: 5 },
  { id: 25_770_002, name: 'PRAC-V2-645001-11-SUB-01', balance: 150_000, minisMax: 15 },
]

/**
 * The same two accounts with numbers of their own for each market: another market is another broker to whoever keeps
 * a book of it, and a broker never gives one number to two accounts.
 */
export function accountsOf(market: string): readonly AccountSpec[] {
  const series = Number.parseInt(sha256Hex(market).slice(0, 6), 16) % 9_000
  return DEFAULT_ACCOUNTS.map((each, index) => ({
    ...each,
    id: 25_780_000 + series * 10 + index,
    name: each.name.replace(/97000001|11(?=-SUB)/, (number) => String(Number(number) + series)),
  }))
}

/** Live order ids are beyond 2^31: a client that keeps them in 32 bits must fail here, not there. */
const FIRST_ORDER_ID = 3_310_000_421
const FIRST_TRADE_ID = 88_010_001
const FIRST_POSITION_ID = 7_710_001

export function openLedger(accounts: readonly AccountSpec[]): Ledger {
  return {
    accounts: accounts.map((each) => ({
      id: each.id,
      name: each.name,
      balance: usdFromDollars(each.balance),
      canTrade: each.canTrade ?? true,
      isVisible: each.isVisible ?? true,
      microsMax: each.minisMax * 10,
      startBalance: usdFromDollars(each.balance),
      highestClose: usdFromDollars(each.balance),
      lossMax: each.lossMax === undefined ? null : usdFromDollars(each.lossMax),
      usesPositionBrackets: each.usesPositionBrackets ?? false,
    })),
    orders: [],
    positions: [],
    trades: [],
    nextOrderId: FIRST_ORDER_ID,
    nextTradeId: FIRST_TRADE_ID,
    nextPositionId: FIRST_POSITION_ID,
    version: 0,
  }
}

/** A saved ledger as one that may be changed: nothing is shared with what was read. */
export function copyLedger(saved: Ledger): Ledger {
  return structuredClone(saved)
}
