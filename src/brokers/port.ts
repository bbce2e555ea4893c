/**
 * What every broker is to us: sign-in, market data, account reads, two streams and the desk that sends orders.
 *
 * Prices are whole ticks, money whole micro-dollars, instants epoch milliseconds of the platform's clock.
 * What the outside refuses comes back as a value; nothing here throws but a broken invariant.
 */
import type {
  BracketOrder,
  BrokerAccount,
  BrokerContract,
  BrokerOrder,
  BrokerPosition,
  BrokerTrade,
  Contracts,
  EpochMs,
  Instrument,
  Quote,
  Side,
  Ticks,
  TradePrint,
} from '../domain/index.ts'
import type { Bar } from '../domain/index.ts'
import type { Fault, Result, Secret } from '../lib/index.ts'

/** The part of the kernel's clock that a broker needs: the platform's time, which may run at twenty times ours. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls `run` once after `ms` of the platform's time. */
  timeout(ms: number, run: () => void): Cancel
}

export type Cancel = () => void

/** Waits in real milliseconds: sockets live in real time whatever the platform's clock does. Ends early when called off. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>

export type Log = (
  level: 'debug' | 'info' | 'warn',
  text: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

// ---------------------------------------------------------------- sign-in

export interface SignedIn {
  readonly token: Secret
  readonly issuedAt: EpochMs
  /** What the token says of itself, else issue plus the broker's stated life. A hint. */
  readonly expiresAt: EpochMs
}

/** Where a client takes its token from: the session itself, or in the feed a copy of what the executor holds. */
export interface TokenSource {
  token(): Secret | undefined
  /**
   * A token other than the one that was refused. Callers at the same time share one login.
   * A source that cannot log in gives `UNAUTHORISED`.
   */
  replace(refused: Secret | undefined): Promise<Result<Secret, Fault>>
}

export interface BrokerSession extends TokenSource {
  signedIn(): SignedIn | undefined
  /** Name and key. A refusal is `LOGIN_REFUSED`, never worth another try with the same key. */
  login(): Promise<Result<SignedIn, Fault>>
  /** Asks whether the token still holds, takes the new one if there is one, logs in when it does not hold. */
  renew(): Promise<Result<SignedIn, Fault>>
  /** Instant at which the broker last said that the token holds. */
  validatedAt(): EpochMs | undefined
  /** Told of every new token. */
  onToken(listener: (signedIn: SignedIn) => void): Cancel
  /** Ends the renewals. The token stays valid at the broker. */
  close(): void
}

// ---------------------------------------------------------------- reads

/** A snapshot. It was true at the broker at some instant after `asOf`. */
export interface Read<T> {
  readonly rows: readonly T[]
  /** When the question went out: no fact in it is older news than that. */
  readonly asOf: EpochMs
  /** Rows that are there and could not be understood. Not empty means: not the whole truth. */
  readonly strange: readonly StrangeRow[]
}

export interface StrangeRow {
  readonly id: string | undefined
  readonly contractId: string | undefined
  /** The value and the rule. */
  readonly reason: string
}

export interface Accounts {
  accounts(): Promise<Result<Read<BrokerAccount>, Fault>>
  positions(accountId: string): Promise<Result<Read<BrokerPosition>, Fault>>
  /** Working orders. Suspended bracket legs may be hidden: absence from here proves nothing. */
  openOrders(accountId: string): Promise<Result<Read<BrokerOrder>, Fault>>
  /** Orders of all states created since. */
  ordersSince(accountId: string, since: EpochMs, until?: EpochMs): Promise<Result<Read<BrokerOrder>, Fault>>
  orderById(accountId: string, orderId: string): Promise<Result<Read<BrokerOrder>, Fault>>
  tradesSince(accountId: string, since: EpochMs, until?: EpochMs): Promise<Result<Read<BrokerTrade>, Fault>>
}

/** A contract that was matched to its instrument and checked against our own tick size and value. */
export interface ResolvedContract {
  readonly instrument: Instrument
  readonly contract: BrokerContract
}

export interface Resolution {
  readonly contracts: readonly ResolvedContract[]
  /** Instruments that stay disabled, each with its reason; the others are unaffected. */
  readonly refused: readonly { readonly root: string; readonly reason: string }[]
}

export interface BarsRequest {
  readonly contractId: string
  readonly instrument: Instrument
  /** First bar open wanted, inclusive. */
  readonly from: EpochMs
  /** Bars that open before this. */
  readonly to: EpochMs
  /** At most; the newest are kept. */
  readonly limit: number
}

export interface BarsReply {
  /** Complete one-minute bars, oldest first, no duplicates. Minutes without trades have no bar. */
  readonly bars: readonly Bar[]
  readonly asOf: EpochMs
  /** Rows left out because they were off the grid or no bar at all. */
  readonly dropped: number
  /** The limit was reached: older bars of the window may exist. */
  readonly isCut: boolean
}

export interface MarketData {
  resolveContracts(instruments: readonly Instrument[]): Promise<Result<Resolution, Fault>>
  getBars(request: BarsRequest): Promise<Result<BarsReply, Fault>>
}

// ---------------------------------------------------------------- streams

export type HubState = 'connecting' | 'connected' | 'reconnecting' | 'closed'

interface HubCounters {
  /** Events taken, by target. */
  readonly events: Readonly<Record<string, number>>
  /** Events or parts of them that did not parse, by rule. */
  readonly dropped: Readonly<Record<string, number>>
  readonly connects: number
  readonly drops: number
  readonly logouts: number
}

export interface Hub {
  /** Returns at once; the states tell the rest. Goes on trying until `stop`. */
  start(): void
  /** Tears the connection down and makes a new one: for a hub that is up and mute. */
  restart(why: string): void
  stop(): Promise<void>
  state(): HubState
  counters(): HubCounters
}

export interface HubEvents {
  /** `connected` means: socket up **and** everything subscribed again. Reconcile now. */
  readonly onState?: (state: HubState, why: string) => void
  /** The server ended the session. */
  readonly onLogout?: () => void
}

export interface MarketHubEvents extends HubEvents {
  readonly onQuote?: (quote: Quote) => void
  readonly onTrade?: (print: TradePrint) => void
}

export interface MarketHub extends Hub {
  /** Adds contracts; the ones already subscribed stay. */
  subscribe(contracts: readonly Subscribed[]): void
  unsubscribe(contractIds: readonly string[]): void
  /** Contracts that the server refused, with its words. */
  refused(): ReadonlyMap<string, string>
}

export interface Subscribed {
  readonly contractId: string
  readonly instrument: Instrument
}

export interface UserHubEvents extends HubEvents {
  readonly onOrder?: (order: BrokerOrder) => void
  readonly onPosition?: (position: BrokerPosition) => void
  readonly onTradeOfAccount?: (trade: BrokerTrade) => void
  readonly onAccount?: (account: BrokerAccount) => void
  /** Something came that could not be understood: read by REST. */
  readonly onStrange?: (row: StrangeRow & { readonly target: string }) => void
}

export interface UserHub extends Hub {
  /** Asks the stream itself for a sign of life: a quiet account sends nothing for hours. */
  probe(answered: () => void): void
  watch(accountIds: readonly string[]): void
}

// ---------------------------------------------------------------- orders

/** Asked in the same turn in which the request goes to the socket; false means that nothing is sent. */
export type Spend = () => boolean

/** `unknown` may be live at the broker: reconcile before anything else, never send again. */
export type Uncertain = { readonly kind: 'unknown'; readonly fault: Fault }
export type NotSent = { readonly kind: 'notSent'; readonly reason: string }
/** The broker's own refusal with its words. */
export type Rejected = {
  readonly kind: 'rejected'
  readonly code: string
  readonly text: string
  /** A refused order may still be on record. */
  readonly orderId: string | undefined
}

export type PlaceOutcome =
  | { readonly kind: 'accepted'; readonly orderId: string }
  | Rejected
  | NotSent
  | Uncertain
export type MutationOutcome = { readonly kind: 'accepted' } | Rejected | NotSent | Uncertain

/** An exit of an open position that we place ourselves: a stop-market or a limit. */
export interface ExitOrder {
  readonly tag: string
  readonly accountId: string
  readonly contractId: string
  readonly instrument: Instrument
  readonly side: Side
  readonly type: 'stop' | 'limit'
  readonly size: Contracts
  readonly price: Ticks
}

interface OrderRef {
  readonly accountId: string
  readonly orderId: string
}

interface OrderChange extends OrderRef {
  readonly instrument: Instrument
  readonly size?: Contracts
  readonly limit?: Ticks
  readonly stop?: Ticks
}

interface PositionRef {
  readonly accountId: string
  readonly contractId: string
  /** Contracts to close; left out: all of it. */
  readonly size?: Contracts
}

/** Sends each request once. Nothing here is ever repeated, by us or by a layer below. */
export interface OrderDesk {
  place(order: BracketOrder, spend: Spend): Promise<PlaceOutcome>
  placeExit(order: ExitOrder, spend: Spend): Promise<PlaceOutcome>
  cancel(order: OrderRef, spend: Spend): Promise<MutationOutcome>
  modify(change: OrderChange, spend: Spend): Promise<MutationOutcome>
  closePosition(position: PositionRef, spend: Spend): Promise<MutationOutcome>
}
