import {
  type EpochMs,
  type Ticks,
  type Usd,
  epochMs,
  instrumentOf,
  ticks,
  usd,
} from '../../src/domain/index.ts'
import type { DashboardRows, LiveQuote, Moment } from '../../src/dashboard/index.ts'
import { ACCOUNT, CONTRACT, NOON, at, phases, seen } from '../support/rows.ts'

/* Rows as the store gives them, all of one quiet moment at noon. */

export type RowOf<K extends keyof DashboardRows> = DashboardRows[K] extends readonly (infer Row)[]
  ? Row
  : NonNullable<DashboardRows[K]>

export const NOW: EpochMs = at(10)
const route = 'gateway-sim'
export const dollars = (n: number): Usd => usd(Math.round(n * 1e6))

export const anAccount = (changes: Partial<RowOf<'account'>> = {}): RowOf<'account'> => ({
  ...seen({ source: 'gateway-sim.rest' }),
  route,
  id: ACCOUNT,
  name: '50KTC-V2-645001-97000001',
  parentId: null,
  parentName: null,
  subName: null,
  balance: dollars(50_000),
  canTrade: true,
  isVisible: true,
  isSimulated: true,
  isActive: true,
  createdAt: NOON,
  ...changes,
})

export const aProof = (changes: object = {}): RowOf<'proof'> => ({
  ...seen({ source: 'gateway-sim.executor' }),
  id: 'sim-7',
  route,
  accountId: ACCOUNT,
  executorEpoch: 7,
  tokenValidatedAt: NOON,
  accountReadAt: NOON,
  streamAliveAt: NOON,
  accountsEqualAt: NOON,
  reconciledAt: NOON,
  missing: [],
  verifiedAt: NOON,
  expiresAt: at(30),
  ...changes,
})

export const aSession = (changes: Partial<RowOf<'session'>> = {}): RowOf<'session'> => ({
  ...seen({ source: 'gateway-sim.hubs' }),
  route,
  signedInAt: NOON,
  tokenValidatedAt: NOON,
  tokenExpiresAt: at(86_400),
  userHub: 'connected',
  userHubSince: NOON,
  marketHub: 'connected',
  marketHubSince: NOON,
  resyncs: 0,
  lastFault: null,
  ...changes,
})

export const aModeChange = (changes: Partial<RowOf<'modeHistory'>> = {}): RowOf<'modeHistory'> => ({
  ...seen(),
  id: 3,
  route,
  accountId: ACCOUNT,
  at: NOON,
  fromLabel: null,
  toLabel: 'RUNTIME SIM',
  missing: [],
  cause: 'orders go to the simulated gateway',
  brokerProofId: null,
  ...changes,
})

export function anInstrument(root: string, position = 0): RowOf<'instruments'> {
  const { tickSize, decimals, tickValue } = instrumentOf(root)
  return {
    ...seen(),
    root,
    position,
    symbolId: `F.US.${root}`,
    description: root,
    contractId: `CON.F.US.${root}.H26`,
    contractName: `${root}H6`,
    tickSize,
    decimals,
    tickValue,
    checkedAt: NOON,
    agreement: 'agrees',
    disabledBecause: null,
    lastDataAt: NOON,
  }
}

export const aScan = (changes: Partial<RowOf<'scanner'>> = {}): RowOf<'scanner'> => ({
  ...seen({ source: 'analyst' }),
  instrument: 'MNQ',
  last: ticks(79_700),
  sessionOpen: ticks(79_600),
  direction: 1,
  stage: 'wait-sweep',
  word: 'wait sweep',
  text: 'no level was swept since 09:30',
  met: 2,
  of: 5,
  regime: { label: 'TREND_UP', strength: 0.7, confidence: 0.9, since: NOON, knownAt: NOON },
  seq: 12,
  ...changes,
})

/** Long two contracts at 79,689.5 ticks. */
export const aHeld = (changes: Partial<RowOf<'positions'>> = {}): RowOf<'positions'> => ({
  ...seen({ source: 'gateway-sim.account' }),
  route,
  accountId: ACCOUNT,
  contractId: CONTRACT,
  instrument: 'MNQ',
  brokerId: '7710001',
  direction: 1,
  size: 2,
  average: 79_689.5,
  openedAt: NOON,
  mark: ticks(79_700),
  openProfit: dollars(10.5),
  best: 14,
  worst: -6,
  decisionId: 482,
  ...changes,
})

export const aProtection = (changes: Partial<RowOf<'protections'>> = {}): RowOf<'protections'> => ({
  ...seen({ source: 'gateway-sim.account' }),
  route,
  accountId: ACCOUNT,
  contractId: CONTRACT,
  instrument: 'MNQ',
  phase: 'protected',
  text: 'stop 1002 working at 19,893.00, 2 of 2 covered, stream + REST agree',
  episode: '88010001',
  entry: 79_689.5,
  stop: ticks(79_572),
  target: ticks(79_923),
  stopOrderId: '1002',
  targetOrderId: '1003',
  covered: 2,
  size: 2,
  channels: ['stream', 'REST'],
  provenAt: NOON,
  deadlineAt: null,
  ...changes,
})

export const anOrderRow = (changes: Partial<RowOf<'orders'>> = {}): RowOf<'orders'> => ({
  ...seen(),
  route,
  accountId: ACCOUNT,
  id: '1001',
  contractId: CONTRACT,
  instrument: 'MNQ',
  status: 'open',
  type: 'limit',
  side: 'buy',
  size: 2,
  limitPrice: ticks(79_689),
  stopPrice: null,
  filled: 0,
  averageFill: null,
  tag: 'k-20260310-1',
  parentId: null,
  role: 'entry',
  createdAt: NOON,
  updatedAt: NOON,
  ...changes,
})

export const aFill = (changes: Partial<RowOf<'fills'>> = {}): RowOf<'fills'> => ({
  ...seen(),
  route,
  accountId: ACCOUNT,
  id: '88010001',
  orderId: '1001',
  contractId: CONTRACT,
  instrument: 'MNQ',
  at: NOON,
  tradingDay: '2026-03-10',
  price: ticks(79_689),
  side: 'buy',
  size: 2,
  profitAndLoss: null,
  fees: dollars(1.22),
  isVoided: false,
  epoch: 7,
  ...changes,
})

export function aDenial(changes: Partial<RowOf<'decisions'>> = {}): RowOf<'decisions'> {
  const all = phases({ phase: 3, code: 'DAY_LOSS' })
  return {
    ...seen({ source: 'gateway-sim.executor' }),
    id: 486,
    route,
    accountId: ACCOUNT,
    epoch: 7,
    mode: 'RUNTIME SIM',
    signalId: 'MNQ-5m-1',
    instrument: 'MNQ',
    contractId: CONTRACT,
    side: 'buy',
    size: 2,
    entry: ticks(79_689),
    stop: ticks(79_572),
    target: ticks(79_923),
    score: 94,
    tag: 'k-20260310-1',
    orderHash: 'ab'.repeat(32),
    risk: dollars(119.44),
    passed: false,
    failedPhase: 3,
    code: 'DAY_LOSS',
    text: 'would lose 1,020 of 1,000',
    phases: all,
    inputs: {},
    facts: [],
    configHash: 'a81c',
    stateVersion: 7,
    decidedAt: NOON,
    verdict: 'DENIED',
    intent: null,
    ...changes,
  }
}

export const anActor = (path: string, changes: Partial<RowOf<'actors'>> = {}): RowOf<'actors'> => ({
  ...seen({ source: 'supervisor' }),
  path,
  status: 'live',
  epoch: 1,
  restarts: 0,
  lastFailure: null,
  beatAt: NOON,
  elu: 0.1,
  heapBytes: 1_000_000,
  depth: 0,
  dropped: 0,
  handledPerSecond: 3,
  handlerP95: 2,
  ...changes,
})

export function rows(changes: Partial<DashboardRows> = {}): DashboardRows {
  return {
    account: anAccount(),
    session: aSession(),
    proof: aProof(),
    modeHistory: [aModeChange()],
    instruments: [anInstrument('MNQ')],
    scanner: [aScan()],
    positions: [],
    protections: [],
    orders: [],
    fills: [],
    decisions: [],
    actors: [],
    stopLevel: undefined,
    settings: [],
    ...changes,
  }
}

/** Nothing has been read yet. */
export const NO_ROWS: DashboardRows = {
  ...rows(),
  account: undefined,
  session: undefined,
  proof: undefined,
  modeHistory: [],
  instruments: [],
  scanner: [],
}

export const aQuote = (last: number | undefined, changes: Partial<LiveQuote> = {}): LiveQuote => ({
  instrument: 'MNQ',
  last: last as Ticks | undefined,
  at: at(9),
  state: 'current',
  source: 'gateway-sim.market-hub',
  ...changes,
})

export function moment(
  changes: { now?: number; speed?: number; quotes?: readonly LiveQuote[] } = {},
): Moment {
  const { now = NOW, speed = 1, quotes = [aQuote(79_700)] } = changes
  return { now: epochMs(now), speed, quotes: new Map(quotes.map((each) => [each.instrument, each])) }
}
