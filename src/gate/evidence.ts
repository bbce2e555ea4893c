import type {
  EpochMs,
  MonotonicMs,
  RegimeReading,
  Side,
  SignalModel,
  Ticks,
  Timeframe,
  Usd,
} from '../domain/index.ts'
import type { RiskLimits } from '../domain/risk/index.ts'
import type { BrokerProof, SimulatedProof } from './proof.ts'

/**
 * All that the gate may know, as the executor saw it in one turn. Nothing else is read: no clock, no chance, no memory.
 * `undefined` means "not known" and denies the phase that needs it; there is no default for anything.
 *
 * Ages are counted on the steady clock (`MonotonicMs`), the market's time on the market's (`EpochMs`).
 * Everything about orders and risk leaves out nothing but the order that is judged, which is known by its tag:
 * so the same evidence serves before the intent is written and after.
 */
export type Evidence = BrokerEvidence | SimulatedEvidence

export interface BrokerEvidence extends EvidenceParts {
  readonly route: 'broker'
  readonly proof: BrokerProof | undefined
  /** Until when a person has allowed orders to a broker. */
  readonly armedUntil: MonotonicMs | undefined
}

export interface SimulatedEvidence extends EvidenceParts {
  readonly route: 'paper' | 'gateway-sim'
  readonly proof: SimulatedProof | undefined
  /** A simulated route has nothing to arm. */
  readonly armedUntil?: undefined
}

export interface EvidenceParts {
  /** The market's time. */
  readonly now: EpochMs
  /** The steady clock, against which every age is counted. */
  readonly monotonic: MonotonicMs
  /** The epoch that this executor owns. */
  readonly executorEpoch: number
  /** Rises with every change of what the executor knows. A permit is good for one version only. */
  readonly stateVersion: number
  /** Names the configuration in force; a change ends every permit. */
  readonly configRevision: string

  readonly control: Control
  readonly account: AccountEvidence | undefined
  readonly hubs: { readonly user: HubState; readonly market: HubState }
  readonly data: DataEvidence
  readonly reconciliation: { readonly cleanAt: MonotonicMs; readonly disputes: number } | undefined
  /** Intents whose fate is not known, the order that is judged left out. */
  readonly unknownIntents: number
  readonly health: Health
  readonly session: SessionEvidence | undefined
  readonly contract: ContractFacts | undefined

  readonly floor: Floor | undefined
  readonly day: DayEvidence | undefined
  readonly throttle: Throttle
  readonly strategy: StrategyEvidence

  readonly setup: Setup | undefined
  readonly regime: RegimeEvidence | undefined
  readonly blackouts: readonly Blackout[]

  /** Every contract that is not flat, external ones included. */
  readonly positions: readonly PositionEvidence[]
  /** Every entry that still reserves, external ones included. */
  readonly entries: readonly EntryEvidence[]
  readonly limits: RiskLimits
}

export interface Control {
  /** Every start begins with REDUCING. */
  readonly state: 'ACTIVE' | 'REDUCING' | 'HALTED'
  readonly stopLevel: 0 | 1 | 2 | 3
  readonly isLockedByBroker: boolean
  readonly brackets: 'proven' | 'unproven' | 'refused'
  /** Why this instrument opens nothing until a person has looked; left out when nothing is wrong with it. */
  readonly instrumentHalt?: string | undefined
}

export interface AccountEvidence {
  readonly id: string
  readonly name: string
  /** The account that was chosen at start: orders go to this one or nowhere. */
  readonly boundId: string
  readonly boundName: string
  readonly canTrade: boolean
  readonly canCancel: boolean
  readonly isSimulated: boolean
  readonly balance: Usd
  readonly readAt: MonotonicMs
}

export type HubState = 'current' | 'resyncing' | 'down'

export interface DataEvidence {
  readonly state: 'current' | 'quiet' | 'delayed' | 'stale' | 'unknown' | 'disputed' | 'closed'
  /** When the newest event of this contract was received; undefined before the first. */
  readonly receivedAt: MonotonicMs | undefined
  /** The last trade, or undefined when there is none that could be trusted. */
  readonly lastTrade: Ticks | undefined
  readonly lastTradeAt: MonotonicMs | undefined
  /** Daily average true range in ticks, when enough days are known: it narrows the collar, never widens it. */
  readonly dailyRangeTicks: number | undefined
}

export interface Health {
  /** Delay of the executor's own thread, milliseconds. */
  readonly executorLagMs: number
  /** Our clock minus the broker's, milliseconds; 0 where the market's clock is the broker's own. */
  readonly clockSkewMs: number
  /** Actors that report another build or configuration. */
  readonly mismatchedActors: number
}

export interface SessionEvidence {
  /** ISO date of the trading day that the executor counts in. */
  readonly tradingDay: string
  readonly isOpen: boolean
  readonly flatBy: EpochMs
  readonly closesAt: EpochMs
}

/** The contract as the broker lists it now. */
export interface ContractFacts {
  readonly id: string
  readonly isActive: boolean
  readonly tickSize: number
  readonly tickValue: Usd
}

export interface Floor {
  /** Balance below which the account fails, as a person declared it. */
  readonly declared: Usd
  /** ISO date of the trading day on which it was declared. */
  readonly declaredOn: string
  /** The broker's own level, where one is reported. */
  readonly reported: Usd | undefined
}

export interface DayEvidence {
  readonly tradingDay: string
  /** Closed profit and loss of the day, net of costs. */
  readonly realised: Usd
  /** Open profit and loss at the mark. */
  readonly openAtMark: Usd
  /** Open profit and loss if every stop fills now, slippage and the cost of leaving included. */
  readonly openAtStops: Usd
  /** Open contracts that no working stop covers. */
  readonly uncovered: number
  /** Locked out until then, by the day's limit or by a person. */
  readonly lockedUntil: EpochMs | undefined
}

export interface Throttle {
  /** Entries sent in the last 60 s and today, the order that is judged left out. */
  readonly entriesLastMinute: number
  readonly entriesToday: number
  /** Requests of the current window and how many the broker allows in it. */
  readonly requestsUsed: number
  readonly requestsAllowed: number
}

export interface StrategyEvidence {
  /** Latched off until a person enables it. */
  readonly isOff: boolean
  /** Entries from the same setup in the last 15 minutes, the order that is judged left out. */
  readonly identicalSetups: number
  readonly stopOutsInARow: number
  readonly rejectsInARow: number
}

/** What asked for the order. */
export interface Setup {
  readonly id: string
  readonly instrument: string
  readonly model: SignalModel | 'manual'
  readonly side: Side
  readonly entry: Ticks
  readonly stop: Ticks
  readonly target: Ticks
  readonly knownAt: EpochMs
  readonly validUntil: EpochMs
  /** Generation of the bars that it was read from. */
  readonly revision: number
}

export interface RegimeEvidence {
  readonly reading: RegimeReading
  readonly timeframe: Timeframe
  readonly revision: number
  /** A gap or a correction of the bars that it was read from is not settled. */
  readonly isPending: boolean
}

export interface Blackout {
  readonly kind: 'news' | 'roll' | 'holiday'
  readonly label: string
  readonly from: EpochMs
  readonly to: EpochMs
}

export interface PositionEvidence {
  readonly contractId: string
  /** Contracts by the broker's newest snapshot and by our own fills, positive long. The larger counts. */
  readonly brokerNet: number
  readonly ledgerNet: number
}

export interface EntryEvidence {
  readonly tag: string
  readonly contractId: string
  readonly side: Side
  /** The full size that it reserves. */
  readonly size: number
  /** Loss at its stop, micro-dollars, costs and slippage included. */
  readonly risk: Usd
  readonly mintedAt: MonotonicMs
  /** No longer working at the broker; it reserves until the position shows its fills. */
  readonly isFinished: boolean
}
