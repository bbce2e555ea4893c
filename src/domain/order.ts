import type { Instrument } from './instrument.ts'
import {
  type Contracts,
  type Direction,
  type EpochMs,
  type Side,
  type TickSpan,
  type Ticks,
  type Usd,
  tickSpan,
} from './units.ts'

/** Where an order would go. Chosen at start; part of every order hash and decision. */
export type Route = 'paper' | 'gateway-sim' | 'broker'

export type OrderType = 'limit' | 'market' | 'stop-limit' | 'stop' | 'trailing-stop' | 'join-bid' | 'join-ask'

/** Our own order before anyone has seen it: an entry with both exits, prices on the grid. */
export interface BracketOrder {
  /** Unique client order id, kept on disk before the first byte goes out. Children get `-SL` and `-TP`. */
  readonly tag: string
  readonly accountId: string
  readonly contractId: string
  readonly instrument: Instrument
  readonly side: Side
  readonly type: 'limit' | 'market'
  readonly size: Contracts
  /** The limit, or for a market entry the price that the decision assumed. */
  readonly entry: Ticks
  /** Absolute prices; the wire carries distances from the fill. */
  readonly stop: Ticks
  readonly target: Ticks
}

/** An order as the broker reports it. */
export interface BrokerOrder {
  /** Digits as text: live ids are beyond 2^31. */
  readonly id: string
  readonly accountId: string
  readonly contractId: string
  readonly status: BrokerOrderStatus
  readonly type: OrderType | 'unknown'
  readonly side: Side
  readonly size: Contracts
  readonly limit: Ticks | undefined
  readonly stop: Ticks | undefined
  readonly filled: Contracts
  /** Average fill price in fractional ticks. */
  readonly averageFillFractional: number | undefined
  readonly tag: string | undefined
  /** The entry of a bracket child. */
  readonly parentId: string | undefined
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}

export type BrokerOrderStatus =
  | 'none'
  | 'open'
  | 'filled'
  | 'cancelled'
  | 'expired'
  | 'rejected'
  | 'pending'
  | 'pending-cancel'
  | 'suspended'
  | 'unknown'

/** The net position of one contract. Flat positions have size 0 and direction 0. */
export interface BrokerPosition {
  readonly id: string
  readonly accountId: string
  readonly contractId: string
  readonly direction: Direction | 0
  readonly size: Contracts
  /** Average price in fractional ticks. */
  readonly averageFractional: number
  readonly openedAt: EpochMs
}

/** One execution. Keyed by its id: it changes the ledger once. */
export interface BrokerTrade {
  readonly id: string
  readonly accountId: string
  readonly contractId: string
  readonly orderId: string
  readonly at: EpochMs
  readonly price: Ticks
  readonly side: Side
  readonly size: Contracts
  /** Gross; undefined on an opening half-turn. */
  readonly profitAndLoss: Usd | undefined
  /** Fees and commission of this fill. */
  readonly fees: Usd
  readonly isVoided: boolean
}

export interface BrokerAccount {
  readonly id: string
  readonly name: string
  readonly balance: Usd
  readonly canTrade: boolean
  readonly isVisible: boolean
  /** The broker's own mark: funds are simulated. A Combine says so too. */
  readonly isSimulated: boolean
}

export interface BrokerContract {
  readonly id: string
  readonly name: string
  readonly symbolId: string
  readonly description: string
  readonly tickSize: number
  readonly tickValue: Usd
  readonly isActive: boolean
}

/** Signed distance of an exit from its entry, in ticks: long stops are negative, long targets positive. */
export function bracketDistances(order: BracketOrder): {
  readonly stop: TickSpan
  readonly target: TickSpan
} {
  return { stop: tickSpan(order.stop - order.entry), target: tickSpan(order.target - order.entry) }
}
