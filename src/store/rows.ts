import type {
  BrokerOrderStatus,
  Direction,
  EpochMs,
  Fact,
  RegimeReading,
  Route,
  Side,
  Ticks,
  Timeframe,
  Usd,
} from '../domain/index.ts'

/*
 * Rows as the rest of Kael sees them: plain data that crosses threads. Prices are whole ticks, money whole
 * micro-dollars, instants epoch milliseconds.
 */

/** What a stored fact is worth now, in the words of every screen. */
export type DataState =
  | 'current'
  | 'quiet'
  | 'delayed'
  | 'stale'
  | 'unknown'
  | 'simulated'
  | 'disputed'
  | 'declared'
  | 'closed'

/** In every row that a screen shows. */
export interface Provenance {
  /** Where it came from, e.g. `gateway-sim.user-hub`. */
  readonly source: string
  /** When it was true there, on the platform's clock; null when there is no fact. */
  readonly asOf: EpochMs | null
  readonly state: DataState
}

export interface AccountRow extends Provenance {
  readonly route: Route
  /** The broker's id. */
  readonly id: string
  readonly name: string
  /** Of a sub-account: its parent's name and its own, read off the whole name, and the parent's id where known. */
  readonly parentId: string | null
  readonly parentName: string | null
  readonly subName: string | null
  readonly balance: Usd
  readonly canTrade: boolean
  readonly isVisible: boolean
  readonly isSimulated: boolean
  readonly isActive: boolean
  readonly createdAt: EpochMs
}

export interface BrokerSessionRow extends Provenance {
  readonly route: Route
  readonly signedInAt: EpochMs | null
  readonly tokenValidatedAt: EpochMs | null
  readonly tokenExpiresAt: EpochMs | null
  readonly userHub: string
  readonly userHubSince: EpochMs | null
  readonly marketHub: string
  readonly marketHubSince: EpochMs | null
  readonly resyncs: number
  readonly lastFault: string | null
}

export interface ProofParts extends Provenance {
  readonly accountId: string
  readonly executorEpoch: number
  readonly tokenValidatedAt: EpochMs | null
  readonly accountReadAt: EpochMs | null
  readonly streamAliveAt: EpochMs | null
  readonly accountsEqualAt: EpochMs | null
  readonly reconciledAt: EpochMs | null
  /** Names of the parts that do not hold. */
  readonly missing: readonly string[]
  readonly verifiedAt: EpochMs
  readonly expiresAt: EpochMs
}

export interface BrokerProofRow extends ProofParts {
  readonly id: number
  readonly route: 'broker'
}

/** Never a proof of anything but the simulation: another table, another type of key. */
export interface SimulatedProofRow extends ProofParts {
  readonly id: string
  readonly route: 'paper' | 'gateway-sim'
}

export type ModeLabel = 'PAPER SIM' | 'RUNTIME SIM' | 'BROKER-VERIFIED'

export interface ModeChangeRow extends Provenance {
  readonly id: number
  readonly route: Route
  readonly accountId: string
  readonly at: EpochMs
  readonly fromLabel: ModeLabel | null
  readonly toLabel: ModeLabel
  readonly missing: readonly string[]
  readonly cause: string
  readonly brokerProofId: number | null
}

export interface InstrumentRow extends Provenance {
  readonly root: string
  /** Its place in the scanner, from 0. */
  readonly position: number
  readonly symbolId: string
  readonly description: string
  readonly contractId: string | null
  readonly contractName: string | null
  readonly tickSize: number
  readonly decimals: number
  readonly tickValue: Usd
  readonly checkedAt: EpochMs | null
  /** Our tick size and value against the broker's. */
  readonly agreement: 'unchecked' | 'agrees' | 'differs'
  /** Why it is not scanned; null while it is. */
  readonly disabledBecause: string | null
  readonly lastDataAt: EpochMs | null
}

export interface BarRow {
  readonly instrument: string
  readonly timeframe: Timeframe
  readonly t: EpochMs
  readonly o: Ticks
  readonly h: Ticks
  readonly l: Ticks
  readonly c: Ticks
  readonly v: number
  readonly contractId: string | null
  readonly source: string
}

export interface SignalRow extends Provenance {
  readonly id: string
  /** `S-486`. */
  readonly number: number
  readonly instrument: string
  readonly model: string
  readonly timeframe: Timeframe
  readonly direction: Direction
  readonly knownAt: EpochMs
  readonly validUntil: EpochMs
  readonly entry: Ticks
  readonly stop: Ticks
  readonly targets: readonly Ticks[]
  readonly score: number | null
  readonly grade: string
  readonly facts: readonly Fact[]
  readonly regime: RegimeReading
  readonly revision: number
}

export interface ScannerStateRow extends Provenance {
  readonly instrument: string
  readonly last: Ticks | null
  readonly sessionOpen: Ticks | null
  /** Of `last` against the open of the trading day. */
  readonly direction: Direction | 0
  readonly stage: string
  readonly word: string
  readonly text: string
  readonly met: number
  readonly of: number
  readonly regime: RegimeReading | null
  readonly seq: number
}

/** One phase of a verdict, in the words of the ledger. */
export interface PhaseRecord {
  readonly phase: 1 | 2 | 3 | 4 | 5
  readonly name: string
  readonly outcome: 'PASS' | 'FAIL' | 'NOT_EVALUABLE'
  readonly code: string | null
  readonly text: string
  /** The numbers that decided, by name. */
  readonly numbers: Readonly<Record<string, number | string | boolean | null>>
}

export interface DecisionRow extends Provenance {
  /** `G-486`. */
  readonly id: number
  readonly route: Route
  readonly accountId: string
  readonly epoch: number
  readonly mode: ModeLabel
  readonly signalId: string
  readonly instrument: string
  readonly contractId: string | null
  readonly side: Side
  readonly size: number
  readonly entry: Ticks
  readonly stop: Ticks
  readonly target: Ticks
  readonly score: number | null
  /** Null when no order could be composed. */
  readonly tag: string | null
  /** SHA-256 in lower-case hex. */
  readonly orderHash: string | null
  readonly risk: Usd | null
  readonly passed: boolean
  readonly failedPhase: number | null
  readonly code: string | null
  readonly text: string
  readonly phases: readonly PhaseRecord[]
  readonly inputs: unknown
  readonly facts: unknown
  readonly configHash: string
  readonly stateVersion: number
  /** The database's own clock. */
  readonly decidedAt: EpochMs
}

export type OrderLife =
  | 'intent'
  | 'sent'
  | 'unknown'
  | 'working'
  | 'partial'
  | 'filled'
  | 'rejected'
  | 'cancelled'
  | 'absent'

interface Living {
  readonly tag: string
  readonly route: Route
  readonly accountId: string
  readonly epoch: number
  readonly contractId: string
  readonly instrument: string
  readonly size: number
  readonly life: OrderLife
  readonly brokerOrderId: string | null
  readonly filled: number
  readonly reason: string | null
  readonly intendedAt: EpochMs
  readonly movedAt: EpochMs
}

export interface IntentRow extends Living {
  readonly decisionId: number
  readonly orderHash: string
  readonly side: Side
  readonly type: 'limit' | 'market'
  readonly entry: Ticks
  readonly stop: Ticks
  readonly target: Ticks
  readonly risk: Usd
}

export interface ReductionRow extends Living {
  readonly kind: 'stop' | 'target' | 'close' | 'cancel'
  readonly side: Side | null
  readonly price: Ticks | null
  /** Net contracts, signed, before it and in the worst case after it. */
  readonly netBefore: number
  readonly netAfterWorst: number
  readonly because: string
}

export type OrderRole = 'entry' | 'stop' | 'target' | 'external'

export interface OrderRow extends Provenance {
  readonly route: Route
  readonly accountId: string
  readonly id: string
  readonly contractId: string
  readonly instrument: string
  readonly status: BrokerOrderStatus
  readonly type: string
  readonly side: Side
  readonly size: number
  readonly limitPrice: Ticks | null
  readonly stopPrice: Ticks | null
  readonly filled: number
  /** Fractional ticks. */
  readonly averageFill: number | null
  readonly tag: string | null
  readonly parentId: string | null
  readonly role: OrderRole
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}

export interface FillRow extends Provenance {
  readonly route: Route
  readonly accountId: string
  readonly id: string
  readonly orderId: string
  readonly contractId: string
  readonly instrument: string
  readonly at: EpochMs
  /** ISO trade date. */
  readonly tradingDay: string
  readonly price: Ticks
  readonly side: Side
  readonly size: number
  /** Gross; null on an opening half-turn. */
  readonly profitAndLoss: Usd | null
  readonly fees: Usd
  readonly isVoided: boolean
  readonly epoch: number
}

export interface PositionRow extends Provenance {
  readonly route: Route
  readonly accountId: string
  readonly contractId: string
  readonly instrument: string
  readonly brokerId: string
  readonly direction: Direction | 0
  readonly size: number
  /** Fractional ticks. */
  readonly average: number
  readonly openedAt: EpochMs
  readonly mark: Ticks | null
  /** Gross, at the mark. */
  readonly openProfit: Usd | null
  /** Best and worst excursion in ticks. */
  readonly best: number | null
  readonly worst: number | null
  readonly decisionId: number | null
}

export interface ProtectionRow extends Provenance {
  readonly route: Route
  readonly accountId: string
  readonly contractId: string
  readonly instrument: string
  /** State of the protection machine, e.g. `protected`. */
  readonly phase: string
  readonly text: string
  /** Id of the first trade after the last flat. */
  readonly episode: string | null
  readonly entry: number | null
  readonly stop: Ticks | null
  readonly target: Ticks | null
  readonly stopOrderId: string | null
  readonly targetOrderId: string | null
  readonly covered: number
  readonly size: number
  /** Channels that agree: `stream`, `rest`. */
  readonly channels: readonly string[]
  readonly provenAt: EpochMs | null
  readonly deadlineAt: EpochMs | null
}

export interface ActorHealthRow extends Provenance {
  readonly path: string
  readonly status: string
  readonly epoch: number
  readonly restarts: number
  readonly lastFailure: string | null
  readonly beatAt: EpochMs | null
  /** Share of its thread's time that it works, 0 to 1. */
  readonly elu: number | null
  readonly heapBytes: number | null
  readonly depth: number
  readonly dropped: number
  readonly handledPerSecond: number | null
  /** Milliseconds. */
  readonly handlerP95: number | null
}

export interface SettingRow extends Provenance {
  readonly key: string
  readonly value: unknown
  readonly declaredBy: string
}

export type StopLevelNumber = 0 | 1 | 2 | 3

export interface StopLevelRow {
  readonly id: number
  readonly level: StopLevelNumber
  readonly by: string
  readonly because: string
  readonly commandId: string
  readonly at: EpochMs
}

export type UserRole = 'viewer' | 'trader' | 'operator'

export interface UserRow {
  readonly id: number
  /** Lower case. */
  readonly name: string
  readonly role: UserRole
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}

export interface SessionRow {
  /** SHA-256 of the token, in lower-case hex: the token itself is nowhere. */
  readonly tokenHash: string
  readonly user: UserRow
  readonly createdAt: EpochMs
  readonly lastSeenAt: EpochMs
  readonly expiresAt: EpochMs
  readonly address: string
}

export interface AuditRow {
  readonly id: number
  readonly at: EpochMs
  readonly who: string
  readonly what: string
  readonly outcome: string
  readonly details: unknown
  readonly commandId: string | null
}
