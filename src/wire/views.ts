import type { ChartObject, Fact, RegimeReading, Timeframe } from '../domain/index.ts'
import type { Shown } from './shown.ts'

/*
 * What the dashboard shows. Prices are whole ticks of the instrument, money whole micro-dollars, instants epoch
 * milliseconds on the platform's clock: the page formats them with the instrument table of the snapshot.
 */

export interface InstrumentInfo {
  readonly root: string
  readonly description: string
  readonly contract: string
  readonly tickSize: number
  readonly decimals: number
  /** Micro-dollars a tick. */
  readonly tickValue: number
}

export type ModeLabel = 'PAPER SIM' | 'RUNTIME SIM' | 'BROKER-VERIFIED'

export interface HeaderView {
  readonly mode: Shown<ModeLabel>
  /** Why the mode is what it is: `orders go to the simulated gateway`, or the missing proof. */
  readonly modeReason: string
  readonly viewingAccount: Shown<AccountName>
  readonly orderAccount: Shown<AccountName>
  /** `OPEN` or `CLOSED` with the session of the day, e.g. `NY AM`. */
  readonly market: Shown<{
    readonly isOpen: boolean
    readonly label: string
    readonly opensAt: number | null
  }>
  /** Our flatten time of this trading day. */
  readonly flatBy: Shown<number>
  readonly tradingDay: Shown<string>
  readonly stop: Shown<StopState>
  readonly clock: Shown<ClockView>
  readonly scanner: Shown<{ readonly count: number; readonly of: number; readonly passAt: number }>
  readonly feed: Shown<{ readonly current: number; readonly quiet: number; readonly notCurrent: number }>
  readonly risk: RiskView
}

export interface AccountName {
  readonly id: string
  /** Whole name as the broker says it. */
  readonly name: string
  readonly subAccount: string | null
}

export interface ClockView {
  /** How fast the platform's clock runs; 1 is real time, 0 is as fast as data arrive. */
  readonly speed: number
  readonly follows: string
}

export interface StopState {
  /** 0 entries allowed, 1 no new entries, 2 entries cancelled, 3 flatten and lock. */
  readonly level: 0 | 1 | 2 | 3
  readonly since: number | null
  readonly by: string | null
  /** Proof that it holds: entries working and denied since. */
  readonly entriesWorking: number
  readonly deniedSince: number
}

export interface RiskView {
  readonly dayRealised: Shown<number>
  readonly open: Shown<number>
  /** Most that may be lost in the day, a negative amount. */
  readonly dayLimit: Shown<number>
  /** Lost today if every working stop is hit now, with costs and slippage. */
  readonly worstNow: Shown<number>
  readonly balance: Shown<number>
  readonly floorRoom: Shown<number>
}

export interface ScannerRow {
  readonly instrument: string
  readonly last: Shown<number>
  /** Against the open of the trading day. */
  readonly direction: Shown<1 | 0 | -1>
  /** Ticks from the open of the trading day. */
  readonly change: Shown<number>
  /** The shortest form of the real decision state: `in trade`, `wait sweep`, `no: size`, `stale`. */
  readonly word: Shown<string>
  /** The full sentence. */
  readonly text: string
  readonly met: number
  readonly of: number
  readonly regime: Shown<RegimeReading>
}

export type ProtectionView =
  | { readonly kind: 'entry-unknown'; readonly text: string }
  | { readonly kind: 'entry-working'; readonly text: string }
  | { readonly kind: 'unprotected'; readonly text: string }
  | { readonly kind: 'partly-covered'; readonly text: string }
  | { readonly kind: 'protected'; readonly text: string }
  | { readonly kind: 'stop-lost'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string }
  | { readonly kind: 'closing'; readonly text: string }

export interface PositionCard {
  /** `account/contract`. */
  readonly id: string
  readonly instrument: string
  readonly contract: string
  readonly side: 'long' | 'short'
  readonly size: Shown<number>
  /** Average entry in fractional ticks. */
  readonly entry: Shown<number>
  readonly last: Shown<number>
  /** Open profit and loss in micro-dollars, gross. */
  readonly pnl: Shown<number>
  /** Result over the risk accepted at entry. */
  readonly r: Shown<number>
  readonly stop: Shown<number>
  /** Micro-dollars made if the stop fills at its price. */
  readonly stopMoney: Shown<number>
  readonly target: Shown<number>
  readonly targetMoney: Shown<number>
  readonly protection: Shown<ProtectionView>
  readonly openedAt: number
  /** Best and worst excursion in ticks, best >= 0 >= worst. */
  readonly best: Shown<number>
  readonly worst: Shown<number>
  /** Decision that opened it, `G-482`, or null for one opened by hand. */
  readonly decision: string | null
}

export interface OrderRow {
  readonly id: string
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly type: string
  readonly size: number
  readonly filled: number
  readonly price: Shown<number>
  readonly status: Shown<string>
  readonly role: 'entry' | 'stop' | 'target' | 'external'
  readonly tag: string | null
}

export interface FillRow {
  readonly id: string
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly size: number
  readonly price: Shown<number>
  /** Gross micro-dollars; null on an opening half-turn. */
  readonly pnl: Shown<number>
  readonly fees: number
  readonly at: number
}

export interface PhaseRow {
  readonly phase: 1 | 2 | 3 | 4 | 5
  readonly name: string
  readonly outcome: 'PASS' | 'FAIL' | 'NOT_EVALUABLE'
  readonly code: string | null
  /** The number that decided, in words. */
  readonly text: string
}

export interface DecisionRow {
  /** Human number, `G-486`. */
  readonly id: string
  readonly seq: number
  readonly at: number
  readonly signalId: string
  readonly instrument: string
  readonly side: 'long' | 'short'
  readonly size: number
  readonly verdict: 'PERMITTED' | 'DENIED' | 'EXPIRED'
  readonly firstFailed: number | null
  readonly code: string | null
  readonly text: string
  readonly phases: readonly PhaseRow[]
  /** In ticks. */
  readonly entry: number
  readonly stop: number
  readonly target: number
  readonly score: number | null
  readonly facts: readonly Fact[]
  /** What became of it: `order 8811 filled 19,922.25`, empty when nothing yet. */
  readonly outcome: string
  readonly mode: ModeLabel
  readonly source: string
}

/** One line of the Source Truth panel. It is made from database rows alone. */
export interface TruthRow {
  readonly label: string
  readonly shown: Shown<string>
  /** Table and key that it was read from. */
  readonly proof: string
  readonly needsAttention: boolean
}

export interface ModeChange {
  readonly at: number
  readonly from: ModeLabel | null
  readonly to: ModeLabel
  readonly cause: string
}

export interface ActorRow {
  readonly path: string
  readonly state: Shown<string>
  readonly epoch: number
  readonly restarts: number
  readonly lastFailure: string | null
  readonly depth: number
  readonly handledPerSecond: number
  /** Milliseconds. */
  readonly handlerP95: number
  readonly dropped: number
  /** Share of one core, 0 to 1. */
  readonly load: number
  readonly heapBytes: number
}

/** Something that is wrong or needs a person: it is there while it is so, and gone after. */
export interface Condition {
  readonly id: string
  readonly severity: 'attention' | 'notice'
  readonly text: string
  readonly since: number
  /** What the platform does about it and what a person can do. */
  readonly action: string
}

export interface Topics {
  readonly header: HeaderView
  readonly scanner: readonly ScannerRow[]
  readonly positions: readonly PositionCard[]
  readonly orders: readonly OrderRow[]
  readonly fills: readonly FillRow[]
  /** Newest first, at most 200. */
  readonly decisions: readonly DecisionRow[]
  readonly truth: { readonly rows: readonly TruthRow[]; readonly history: readonly ModeChange[] }
  readonly actors: readonly ActorRow[]
  readonly conditions: readonly Condition[]
}

/** [t, o, h, l, c, v]: t epoch ms, prices in whole ticks. */
export type WireBar = readonly [number, number, number, number, number, number]

export interface CandlesReply {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** Oldest first. */
  readonly bars: readonly WireBar[]
  readonly hasOlder: boolean
  readonly source: string
  readonly asOf: number | null
}

export interface ObjectsReply {
  readonly instrument: string
  readonly timeframe: Timeframe
  readonly objects: readonly ChartObject[]
}

/** `GET /api/v1/decisions`. */
export interface DecisionsReply {
  /** Newest first. */
  readonly decisions: readonly DecisionRow[]
  readonly hasOlder: boolean
}
