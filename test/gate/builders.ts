import { instantAt } from '../../src/domain/calendar/index.ts'
import {
  type BracketOrder,
  type Contracts,
  type EpochMs,
  type MonotonicMs,
  type Ticks,
  type Usd,
  contracts,
  instrumentOf,
  monotonicMs,
  ticks,
  usd,
} from '../../src/domain/index.ts'
import { DEMO_LIMITS } from '../../src/domain/risk/index.ts'
import type {
  BrokerEvidence,
  BrokerProof,
  EntryEvidence,
  Evidence,
  EvidenceParts,
  Permit,
  SimulatedEvidence,
  SimulatedProof,
  Verdict,
} from '../../src/gate/index.ts'

export const DAY = '2026-03-10'
export const ACCOUNT = '25770001'
export const NAME = '50KTC-V2-645001-97000001'
export const CONTRACT = 'CON.F.US.MNQ.H26'
/** New York wall clock on the day of the tests, in which MNQ is open and NY AM is on. */
export const at = (clock: string, date = DAY): EpochMs => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return instantAt(date, hours * 60 + minutes)
}
export const steady = (ms: number): MonotonicMs => monotonicMs(ms)
/** The steady clock of every evidence, unless a test says otherwise. */
export const NOW = steady(1_000_000)
export const ago = (ms: number): MonotonicMs => steady(NOW - ms)
export const cents = (n: number): Usd => usd(Math.round(n * 10_000))
export const dollar = (n: number): Usd => usd(Math.round(n * 1e6))

/** Long 1 MNQ at 80,000 ticks with a stop 100 ticks lower: (100 + 2) * 0.50 + 1.22 = 52.22 dollars. */
export function anOrder(changes: Partial<BracketOrder> = {}): BracketOrder {
  return {
    tag: 'k-20260310-abcdef',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    instrument: instrumentOf('MNQ'),
    side: 'buy',
    type: 'limit',
    size: contracts(1),
    entry: ticks(80_000),
    stop: ticks(79_900),
    target: ticks(80_200),
    ...changes,
  }
}

/** The order of a setup whose stop is `stopTicks` away. */
export function withStop(stopTicks: number, changes: Partial<BracketOrder> = {}): BracketOrder {
  return anOrder({ stop: ticks(80_000 - stopTicks), ...changes })
}

export function aSimulatedProof(changes: Partial<SimulatedProof> = {}): SimulatedProof {
  return { kind: 'simulated', ...parts('http://127.0.0.1:5000'), ...changes }
}

export function aBrokerProof(changes: Partial<BrokerProof> = {}): BrokerProof {
  return { kind: 'broker', ...parts('https://api.topstepx.com'), ...changes }
}

function parts(origin: string) {
  return {
    origin,
    executorEpoch: 7,
    tokenValidatedAt: ago(3_000),
    account: { id: ACCOUNT, name: NAME, canTrade: true, readAt: ago(2_000) },
    userStream: { aliveAt: ago(1_000), isResynced: true },
    lastReplyAccountId: ACCOUNT,
    reconciliation: { cleanAt: ago(1_500), disputes: 0 },
  }
}

/** Evidence on which `order` passes all five phases. The setup asks for exactly that order. */
export function evidenceFor(
  order: BracketOrder,
  changes: Partial<SimulatedEvidence> = {},
): SimulatedEvidence {
  return { route: 'gateway-sim', proof: aSimulatedProof(), ...partsFor(order), ...changes }
}

export function brokerEvidenceFor(
  order: BracketOrder,
  changes: Partial<BrokerEvidence> = {},
): BrokerEvidence {
  const armedUntil = steady(NOW + 60_000)
  return { route: 'broker', proof: aBrokerProof(), armedUntil, ...partsFor(order), ...changes }
}

export function partsFor(order: BracketOrder): EvidenceParts {
  const now = at('10:00')
  return {
    now,
    monotonic: NOW,
    executorEpoch: 7,
    stateVersion: 42,
    configRevision: 'a81c',
    control: { state: 'ACTIVE', stopLevel: 0, isLockedByBroker: false, brackets: 'proven' },
    account: {
      id: ACCOUNT,
      name: NAME,
      boundId: ACCOUNT,
      boundName: NAME,
      canTrade: true,
      canCancel: true,
      isSimulated: true,
      balance: dollar(50_000),
      readAt: ago(2_000),
    },
    hubs: { user: 'current', market: 'current' },
    data: {
      state: 'current',
      receivedAt: ago(400),
      lastTrade: ticks(80_010),
      lastTradeAt: ago(600),
      dailyRangeTicks: undefined,
    },
    reconciliation: { cleanAt: ago(1_500), disputes: 0 },
    unknownIntents: 0,
    health: { executorLagMs: 4, clockSkewMs: 12, mismatchedActors: 0 },
    session: { tradingDay: DAY, isOpen: true, flatBy: at('16:05'), closesAt: at('17:00') },
    contract: {
      id: order.contractId,
      isActive: true,
      tickSize: order.instrument.tickSize,
      tickValue: order.instrument.tickValue,
    },
    floor: { declared: dollar(48_000), declaredOn: DAY, reported: undefined },
    day: {
      tradingDay: DAY,
      realised: dollar(0),
      openAtMark: dollar(0),
      openAtStops: dollar(0),
      uncovered: 0,
      lockedUntil: undefined,
    },
    throttle: { entriesLastMinute: 0, entriesToday: 0, requestsUsed: 10, requestsAllowed: 200 },
    strategy: { isOff: false, identicalSetups: 0, stopOutsInARow: 0, rejectsInARow: 0 },
    setup: {
      id: '2022-MNQ-5m-20260310T1440-L',
      instrument: order.instrument.root,
      model: '2022',
      side: order.side,
      entry: order.entry,
      stop: order.stop,
      target: order.target,
      knownAt: at('10:00'),
      validUntil: at('11:00'),
      revision: 3,
    },
    regime: {
      reading: {
        label: 'TREND_UP',
        strength: 0.7,
        confidence: 0.8,
        since: at('09:40'),
        knownAt: at('10:00'),
      },
      timeframe: '5m',
      revision: 3,
      isPending: false,
    },
    blackouts: [],
    positions: [],
    entries: [],
    limits: DEMO_LIMITS,
  }
}

export function anEntry(changes: Partial<EntryEvidence> = {}): EntryEvidence {
  return {
    tag: 'k-20260310-other',
    contractId: CONTRACT,
    side: 'buy',
    size: 1,
    risk: dollar(50),
    mintedAt: ago(10_000),
    isFinished: false,
    ...changes,
  }
}

/** What is forced past the types: what arrives when a caller is wrong, or hostile. */
export const forced = (value: unknown): never => value as never

export function permitOf(verdict: Verdict): Permit {
  if (verdict.verdict !== 'permitted')
    throw new Error(`denied at ${verdict.phase}: ${verdict.code} ${verdict.text}`)
  return verdict.permit
}

export const size = (n: number): Contracts => contracts(n)
export const tick = (n: number): Ticks => ticks(n)

/** The same evidence with one value, named by its path, replaced. */
export function withValue(evidence: Evidence, path: string, value: unknown): Evidence {
  const copy = structuredClone(evidence) as unknown as Record<string, unknown>
  const keys = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  let at = copy
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[keys.at(-1) ?? ''] = value
  return copy as unknown as Evidence
}
