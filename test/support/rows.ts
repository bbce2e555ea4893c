import {
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type EpochMs,
  type Signal,
  contracts,
  epochMs,
  ticks,
  usd,
} from '../../src/domain/index.ts'
import type { NewDecision, PhaseRecord, Provenance } from '../../src/store/index.ts'

/* Builders: they fill in what does not matter to a test. */

export const NOON: EpochMs = epochMs(Date.UTC(2026, 2, 10, 16, 0))
export const ACCOUNT = '25770001'
export const CONTRACT = 'CON.F.US.MNQ.H26'
export const at = (seconds: number): EpochMs => epochMs(NOON + seconds * 1_000)

export const seen = (overrides: Partial<Provenance> = {}): Provenance => ({
  source: 'gateway-sim.user-hub',
  asOf: NOON,
  state: 'current',
  ...overrides,
})

/** All five pass, or all up to `failing`. */
export function phases(failing?: { phase: 1 | 2 | 3 | 4 | 5; code: string }): PhaseRecord[] {
  const names = ['broker', 'balance', 'day loss', 'regime', 'size']
  return ([1, 2, 3, 4, 5] as const).map((phase) => ({
    phase,
    name: names[phase - 1] ?? '',
    outcome: phase === failing?.phase ? 'FAIL' : 'PASS',
    code: phase === failing?.phase ? failing.code : null,
    text: phase === failing?.phase ? `stopped by ${failing.code}` : 'holds',
    numbers: { asked: phase },
  }))
}

let count = 0

export function aDecision(overrides: Partial<NewDecision> = {}): NewDecision {
  count++
  return {
    ...seen(),
    accountId: ACCOUNT,
    epoch: 1,
    mode: 'RUNTIME SIM',
    signalId: `signal-${count}`,
    instrument: 'MNQ',
    contractId: CONTRACT,
    side: 'buy',
    size: 2,
    entry: ticks(79_689),
    stop: ticks(79_572),
    target: ticks(79_923),
    score: 94,
    tag: `k-20260310-${count}`,
    orderHash: 'ab'.repeat(32),
    risk: usd(119_440_000),
    phases: phases(),
    inputs: { balance: 50_000_000_000 },
    facts: [],
    configHash: 'a81c',
    stateVersion: 7,
    ...overrides,
  }
}

export function aTrade(overrides: Partial<BrokerTrade> = {}): BrokerTrade {
  return {
    id: '88010001',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    orderId: '8811',
    at: NOON,
    price: ticks(79_689),
    side: 'buy',
    size: contracts(2),
    profitAndLoss: undefined,
    fees: usd(740_000),
    isVoided: false,
    ...overrides,
  }
}

export function anOrder(overrides: Partial<BrokerOrder> = {}): BrokerOrder {
  return {
    id: '8811',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    status: 'open',
    type: 'limit',
    side: 'buy',
    size: contracts(2),
    limit: ticks(79_689),
    stop: undefined,
    filled: contracts(0),
    averageFillFractional: undefined,
    tag: undefined,
    parentId: undefined,
    createdAt: NOON,
    updatedAt: NOON,
    ...overrides,
  }
}

export function aPosition(overrides: Partial<BrokerPosition> = {}): BrokerPosition {
  return {
    id: '7710001',
    accountId: ACCOUNT,
    contractId: CONTRACT,
    direction: 1,
    size: contracts(2),
    averageFractional: 79_689.5,
    openedAt: NOON,
    ...overrides,
  }
}

export function aSignal(overrides: Partial<Signal> = {}): Signal {
  return {
    id: 'MNQ-5m-1773158400000-1',
    instrument: 'MNQ',
    model: '2022',
    timeframe: '5m',
    direction: 1,
    knownAt: NOON,
    entry: ticks(79_689),
    stop: ticks(79_572),
    targets: [ticks(79_923), ticks(80_000)],
    validUntil: at(900),
    score: 94,
    grade: 'A',
    facts: [{ label: '1h bias up', weight: 20, got: 20, holds: 'yes' }],
    regime: { label: 'TREND_UP', strength: 0.7, confidence: 0.9, since: NOON, knownAt: NOON },
    revision: 3,
    ...overrides,
  }
}
