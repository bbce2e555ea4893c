import type { EpochMs, Ticks } from '../domain/index.ts'
import type {
  AccountRow,
  ActorHealthRow,
  BrokerProofRow,
  BrokerSessionRow,
  DataState,
  DecisionRecord,
  FillRow,
  InstrumentRow,
  ModeChangeRow,
  OrderRow,
  PositionRow,
  ProtectionRow,
  ScannerStateRow,
  SettingRow,
  SimulatedProofRow,
  StopLevelRow,
} from '../store/index.ts'

/** What one look at the database found. Lists are newest first where they are a history. */
export interface DashboardRows {
  readonly account: AccountRow | undefined
  readonly session: BrokerSessionRow | undefined
  readonly proof: SimulatedProofRow | BrokerProofRow | undefined
  readonly modeHistory: readonly ModeChangeRow[]
  readonly instruments: readonly InstrumentRow[]
  readonly scanner: readonly ScannerStateRow[]
  readonly positions: readonly PositionRow[]
  readonly protections: readonly ProtectionRow[]
  readonly orders: readonly OrderRow[]
  /** Of this trading day. */
  readonly fills: readonly FillRow[]
  readonly decisions: readonly DecisionRecord[]
  readonly actors: readonly ActorHealthRow[]
  readonly stopLevel: StopLevelRow | undefined
  readonly settings: readonly SettingRow[]
}

/** What the feed says of one instrument right now. */
export interface LiveQuote {
  readonly instrument: string
  readonly last: Ticks | undefined
  readonly at: EpochMs | undefined
  readonly state: Extract<DataState, 'current' | 'quiet' | 'delayed' | 'stale' | 'unknown' | 'closed'>
  readonly source: string
}

export interface Moment {
  /** The platform's clock. */
  readonly now: EpochMs
  /** How fast it runs. */
  readonly speed: number
  readonly quotes: ReadonlyMap<string, LiveQuote>
}

/** Names of the settings that the screen reads. */
export const SETTING = {
  /** `{ declared: micros }` */
  floor: 'risk.floor',
  /** `{ micros }`, a positive amount */
  dayLimit: 'risk.day-limit',
  /** `{ isOpen, label, opensAt, tradingDay, flatBy }` */
  market: 'market.session',
  /** `{ speed, follows }` */
  clock: 'clock',
} as const
