import { type BracketOrder, instrumentOf } from '../../src/domain/index.ts'
import type { Code, Evidence, EvidenceParts } from '../../src/gate/index.ts'
import {
  CONTRACT,
  NOW,
  aBrokerProof,
  aSimulatedProof,
  ago,
  anEntry,
  anOrder,
  at,
  brokerEvidenceFor,
  dollar,
  evidenceFor,
  forced,
  size,
  tick,
  withStop,
  withValue,
} from './builders.ts'

/** One rule of the gate, with an order or evidence that breaks it and nothing else. */
export interface Case {
  readonly rule: string
  readonly code: Code
  readonly order?: BracketOrder
  readonly evidence?: (order: BracketOrder) => Evidence
}

/** Evidence that passes, with one part of it replaced by a merge one level deep. */
const but =
  (changes: { [K in keyof EvidenceParts]?: Partial<EvidenceParts[K]> }) =>
  (order: BracketOrder): Evidence => {
    const good = evidenceFor(order)
    const merged: Record<string, unknown> = { ...good }
    for (const [key, change] of Object.entries(changes)) {
      merged[key] = isRecord(merged[key]) && isRecord(change) ? { ...merged[key], ...change } : change
    }
    return forced(merged)
  }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const proofBut = (changes: Parameters<typeof aSimulatedProof>[0]) => (order: BracketOrder) =>
  evidenceFor(order, { proof: aSimulatedProof(changes) })

export const phaseOne: readonly Case[] = [
  {
    rule: 'an order that is not plain data is not judged',
    code: 'ORDER_MALFORMED',
    order: forced({ ...anOrder(), tag: 7 }),
  },
  {
    rule: 'a tag longer than 50 characters is not sent',
    code: 'ORDER_MALFORMED',
    order: anOrder({ tag: 'k'.repeat(51) }),
  },
  {
    rule: 'stop level 1 ends new entries',
    code: 'STOP_LEVEL_1',
    evidence: but({ control: { stopLevel: 1 } }),
  },
  {
    rule: 'stop level 2 ends new entries',
    code: 'STOP_LEVEL_2',
    evidence: but({ control: { stopLevel: 2 } }),
  },
  {
    rule: 'stop level 3 ends new entries',
    code: 'STOP_LEVEL_3',
    evidence: but({ control: { stopLevel: 3 } }),
  },
  {
    rule: 'nothing is opened while halted',
    code: 'GATE_HALTED',
    evidence: but({ control: { state: 'HALTED' } }),
  },
  {
    rule: 'an instrument whose protection went wrong opens nothing, the others do',
    code: 'INSTRUMENT_HALTED',
    evidence: but({ control: { instrumentHalt: 'the position has turned' } }),
  },
  {
    rule: 'nothing is opened before the start is clean',
    code: 'GATE_REDUCING',
    evidence: but({ control: { state: 'REDUCING' } }),
  },
  {
    rule: "a broker's lock is not fought",
    code: 'LOCKED_BY_BROKER',
    evidence: but({ control: { isLockedByBroker: true } }),
  },
  {
    rule: 'an order for another account goes nowhere',
    code: 'ACCOUNT_MISMATCH',
    order: anOrder({ accountId: '25770002' }),
  },
  {
    rule: 'an account that was switched under us stops entries',
    code: 'ACCOUNT_MISMATCH',
    evidence: but({ account: { id: '25770009' } }),
  },
  {
    rule: 'an account is bound by its name too',
    code: 'ACCOUNT_MISMATCH',
    evidence: but({ account: { name: 'EXPRESS-V2-1' } }),
  },
  {
    rule: 'the last reply must be of the same account',
    code: 'ACCOUNT_MISMATCH',
    evidence: proofBut({ lastReplyAccountId: '1' }),
  },
  {
    rule: 'a proof of an earlier executor opens nothing',
    code: 'EPOCH_FENCED',
    evidence: proofBut({ executorEpoch: 6 }),
  },
  {
    rule: 'without any proof nothing is opened',
    code: 'PROOF_MISSING',
    evidence: (order) => evidenceFor(order, { proof: undefined }),
  },
  {
    rule: 'a simulated proof never opens the broker route',
    code: 'PROOF_WRONG_KIND',
    evidence: (order) =>
      brokerEvidenceFor(order, { proof: forced(aSimulatedProof({ origin: 'https://api.topstepx.com' })) }),
  },
  {
    rule: 'a broker proof never opens a simulated route',
    code: 'PROOF_WRONG_KIND',
    evidence: (order) => evidenceFor(order, { proof: forced(aBrokerProof()) }),
  },
  {
    rule: 'a simulator that calls itself a broker is known by its address',
    code: 'ORIGIN_NOT_BROKER',
    evidence: (order) =>
      brokerEvidenceFor(order, { proof: aBrokerProof({ origin: 'https://127.0.0.1:5000' }) }),
  },
  {
    rule: 'a token that was validated 60.001 s ago has to be validated again',
    code: 'TOKEN_NOT_VALIDATED',
    evidence: proofBut({ tokenValidatedAt: ago(60_001) }),
  },
  {
    rule: 'an account that was never read is not one to trade',
    code: 'ACCOUNT_NOT_READ',
    evidence: proofBut({ account: undefined }),
  },
  {
    rule: 'a user stream that is not resynced hides fills',
    code: 'STREAM_RESYNCING',
    evidence: proofBut({ userStream: { aliveAt: ago(10), isResynced: false } }),
  },
  {
    rule: 'a market stream that resyncs denies entries',
    code: 'STREAM_RESYNCING',
    evidence: but({ hubs: { market: 'resyncing' } }),
  },
  {
    rule: 'a user stream silent for more than 10 s counts as down',
    code: 'STREAM_DOWN',
    evidence: proofBut({ userStream: { aliveAt: ago(10_001), isResynced: true } }),
  },
  {
    rule: 'a stream that is down denies entries',
    code: 'STREAM_DOWN',
    evidence: but({ hubs: { user: 'down' } }),
  },
  {
    rule: 'the broker route is closed until a person arms it',
    code: 'NOT_ARMED',
    evidence: (order) => brokerEvidenceFor(order, { armedUntil: undefined }),
  },
  {
    rule: 'arming runs out',
    code: 'NOT_ARMED',
    evidence: (order) => brokerEvidenceFor(order, { armedUntil: NOW }),
  },
  {
    rule: 'brackets must have been seen to work',
    code: 'BRACKETS_UNPROVEN',
    evidence: but({ control: { brackets: 'unproven' } }),
  },
  {
    rule: 'an account that refuses brackets takes no entries',
    code: 'BRACKET_MODE_UNSUPPORTED',
    evidence: but({ control: { brackets: 'refused' } }),
  },
  {
    rule: 'an account that cannot cancel takes no entries',
    code: 'CANCEL_UNSUPPORTED',
    evidence: but({ account: { canCancel: false } }),
  },
  {
    rule: 'a closed market takes no entries',
    code: 'SESSION_CLOSED',
    evidence: but({ session: { isOpen: false } }),
  },
  {
    rule: 'the calendar closes what the executor believes open',
    code: 'SESSION_CLOSED',
    evidence: but({ now: forced(at('17:20')) }),
  },
  {
    rule: 'after our flat time nothing is opened',
    code: 'PAST_FLAT_TIME',
    evidence: but({ now: forced(at('16:05')) }),
  },
  {
    rule: 'the contract must be the one that the broker lists',
    code: 'CONTRACT_UNKNOWN',
    evidence: but({ contract: { id: 'CON.F.US.MNQ.M26' } }),
  },
  { rule: 'an unknown price denies', code: 'DATA_UNKNOWN', evidence: but({ data: { state: 'unknown' } }) },
  {
    rule: 'prices that were never received are unknown',
    code: 'DATA_UNKNOWN',
    evidence: but({ data: { receivedAt: undefined } }),
  },
  { rule: 'stale prices deny', code: 'DATA_STALE', evidence: but({ data: { state: 'stale' } }) },
  {
    rule: 'prices older than 20 s are stale, whatever they claim',
    code: 'DATA_STALE',
    evidence: but({ data: { receivedAt: ago(20_001) } }),
  },
  { rule: 'delayed prices deny', code: 'DATA_DELAYED', evidence: but({ data: { state: 'delayed' } }) },
  {
    rule: 'two sources that disagree deny',
    code: 'DATA_DISPUTED',
    evidence: but({ data: { state: 'disputed' } }),
  },
  {
    rule: 'a reconciliation that is 5.001 s old is too old for an entry',
    code: 'RECONCILE_STALE',
    evidence: but({ reconciliation: { cleanAt: ago(5_001) } }),
  },
  {
    rule: 'one dispute with the broker denies',
    code: 'RECONCILE_DISPUTED',
    evidence: but({ reconciliation: { disputes: 1 } }),
  },
  {
    rule: 'one order of unknown fate denies every entry',
    code: 'UNKNOWN_INTENT',
    evidence: but({ unknownIntents: forced(1) }),
  },
  {
    rule: 'an executor 250 ms late takes no entries',
    code: 'EXECUTOR_LAGGING',
    evidence: but({ health: { executorLagMs: 250 } }),
  },
  {
    rule: 'clocks more than 2 s apart deny',
    code: 'CLOCK_SKEWED',
    evidence: but({ health: { clockSkewMs: -2_001 } }),
  },
  {
    rule: 'one actor of another build denies',
    code: 'VERSION_MISMATCH',
    evidence: but({ health: { mismatchedActors: 1 } }),
  },
  {
    rule: 'the last 30 % of the request budget are for protection',
    code: 'REST_BUDGET_SPENT',
    evidence: but({ throttle: { requestsUsed: 140 } }),
  },
]

export const phaseTwo: readonly Case[] = [
  {
    rule: 'an account that may not trade is refused',
    code: 'ACCOUNT_NOT_TRADABLE',
    evidence: but({ account: { canTrade: false } }),
  },
  {
    rule: 'either reading of the account is enough to refuse',
    code: 'ACCOUNT_NOT_TRADABLE',
    evidence: proofBut({ account: { id: '25770001', name: 'n', canTrade: false, readAt: ago(1) } }),
  },
  {
    rule: 'a balance that is 15.001 s old is refused',
    code: 'BALANCE_STALE',
    evidence: but({ account: { readAt: ago(15_001) } }),
  },
  {
    rule: 'a floor that nobody declared is not assumed',
    code: 'FLOOR_UNDECLARED',
    evidence: but({ floor: forced(undefined) }),
  },
  {
    rule: 'a floor declared more than a week ago has to be declared again',
    code: 'FLOOR_OUTDATED',
    evidence: but({ floor: { declaredOn: '2026-03-02' } }),
  },
  {
    rule: 'while a contract has no stop its loss has no bound',
    code: 'OPEN_RISK_UNBOUNDED',
    evidence: but({ day: { uncovered: 1 } }),
  },
  {
    rule: 'a trade that could reach the floor is refused',
    code: 'HEADROOM_BELOW_RISK',
    evidence: but({ account: { balance: dollar(48_100) } }),
  },
]

export const phaseThree: readonly Case[] = [
  {
    rule: 'figures of another trading day judge nothing',
    code: 'TRADING_DAY_MISMATCH',
    evidence: but({ day: { tradingDay: '2026-03-09' } }),
  },
  {
    rule: 'a lock-out lasts until its end',
    code: 'LOCKOUT_ACTIVE',
    evidence: but({ day: { lockedUntil: at('18:00') } }),
  },
  {
    rule: 'the thirty-first entry of a day is refused',
    code: 'MAX_TRADES',
    evidence: but({ throttle: { entriesToday: 30 } }),
  },
  {
    rule: 'the seventh entry of a minute is refused',
    code: 'ENTRY_THROTTLED',
    evidence: but({ throttle: { entriesLastMinute: 6 } }),
  },
  {
    rule: 'a strategy that was switched off stays off',
    code: 'STRATEGY_OFF',
    evidence: but({ strategy: { isOff: true } }),
  },
  {
    rule: 'the same setup three times in 15 min switches the strategy off',
    code: 'STRATEGY_OFF',
    evidence: but({ strategy: { identicalSetups: 3 } }),
  },
  {
    rule: 'three stops in a row switch the strategy off',
    code: 'STRATEGY_OFF',
    evidence: but({ strategy: { stopOutsInARow: 3 } }),
  },
  {
    rule: 'three rejects in a row switch the strategy off',
    code: 'STRATEGY_OFF',
    evidence: but({ strategy: { rejectsInARow: 3 } }),
  },
  {
    rule: 'a trade that could end the day beyond its limit is refused',
    code: 'DAY_LOSS_WOULD_BREACH',
    evidence: but({ day: { realised: dollar(-340) } }),
  },
]

export const phaseFour: readonly Case[] = [
  {
    rule: 'an order must be the one that its signal asks for',
    code: 'SIGNAL_MISMATCH',
    evidence: but({ setup: { stop: tick(79_901) } }),
  },
  {
    rule: 'a signal cannot be traded before it is known',
    code: 'SIGNAL_MISMATCH',
    evidence: but({ setup: { knownAt: at('10:01') } }),
  },
  {
    rule: 'a signal is not traded after it has expired',
    code: 'SIGNAL_EXPIRED',
    evidence: but({ setup: { validUntil: at('09:59') } }),
  },
  {
    rule: 'a regime older than one bar is not a reading',
    code: 'REGIME_STALE',
    evidence: (order) => withValue(evidenceFor(order), 'regime.reading.knownAt', at('09:54')),
  },
  {
    rule: 'bars that were revised since the signal deny it',
    code: 'REGIME_REVISION_MISMATCH',
    evidence: but({ regime: { revision: 4 } }),
  },
  { rule: 'bars with a gap deny', code: 'BARS_PENDING', evidence: but({ regime: { isPending: true } }) },
  {
    rule: 'model 2022 does not trade a range',
    code: 'REGIME_NOT_ALLOWED',
    evidence: (order) => withValue(evidenceFor(order), 'regime.reading.label', 'RANGE'),
  },
  {
    rule: 'no model trades a closed market',
    code: 'REGIME_NOT_ALLOWED',
    evidence: (order) =>
      withValue(withValue(evidenceFor(order), 'regime.reading.label', 'CLOSED'), 'setup.model', 'manual'),
  },
  {
    rule: 'a regime on which fewer than 30 % of the bars agree is uncertain',
    code: 'REGIME_UNCERTAIN',
    evidence: (order) => withValue(evidenceFor(order), 'regime.reading.confidence', 0.29),
  },
  { rule: 'no entries at lunch', code: 'OUTSIDE_WINDOW', evidence: lunch('12:00') },
  {
    rule: 'no entries in the first five minutes after the reset',
    code: 'OUTSIDE_WINDOW',
    evidence: afterReset,
  },
  {
    rule: 'no entries around a scheduled announcement',
    code: 'NEWS_BLOCK',
    evidence: (order) =>
      evidenceFor(order, { blackouts: [{ kind: 'news', label: 'CPI', from: at('09:55'), to: at('10:05') }] }),
  },
  {
    rule: 'no entries in a contract that is being left',
    code: 'ROLL_BLOCK',
    evidence: but({ contract: { isActive: false } }),
  },
  {
    rule: 'no entries in a holiday blackout',
    code: 'HOLIDAY_BLOCK',
    evidence: (order) =>
      evidenceFor(order, {
        blackouts: [{ kind: 'holiday', label: 'eve', from: at('09:00'), to: at('11:00') }],
      }),
  },
  {
    rule: 'no entries in the last 15 min before our flat time',
    code: 'TOO_CLOSE_TO_FLAT',
    evidence: but({ session: { flatBy: at('10:14') } }),
  },
]

export const phaseFive: readonly Case[] = [
  {
    rule: 'a price between two ticks is not sent',
    code: 'PRICE_OFF_GRID',
    order: anOrder({ target: forced(80_200.5) }),
    evidence: asked({ target: 80_200 }),
  },
  {
    rule: 'an entry without a stop is not sent',
    code: 'STOP_MISSING',
    order: forced({ ...anOrder(), stop: undefined }),
    evidence: asked({ stop: undefined }),
  },
  { rule: 'a stop at the entry is no stop', code: 'STOP_MISSING', order: withStop(0) },
  { rule: 'a long with its stop above is refused', code: 'STOP_WRONG_SIDE', order: withStop(-50) },
  {
    rule: 'a target on the losing side is refused',
    code: 'TARGET_WRONG_SIDE',
    order: anOrder({ target: tick(79_950) }),
  },
  {
    rule: 'a tick value that the broker does not confirm denies',
    code: 'CONTRACT_FACTS_DIFFER',
    evidence: but({ contract: { tickValue: dollar(5) } }),
  },
  {
    rule: 'nobody makes the declared slippage smaller',
    code: 'CONTRACT_FACTS_DIFFER',
    order: anOrder({ instrument: { ...instrumentOf('MNQ'), slippage: forced(0) } }),
  },
  {
    rule: 'a setup that fits no contract is refused and never rounded up',
    code: 'SIZE_BELOW_ONE',
    order: withStop(240, { size: size(0) }),
  },
  { rule: 'an order of size 0 is refused', code: 'SIZE_BELOW_ONE', order: anOrder({ size: size(0) }) },
  {
    rule: 'two contracts that lose more than the cap are refused',
    code: 'STOP_LOSS_CAP',
    order: withStop(140, { size: size(2) }),
  },
  {
    rule: 'an order of three micros is refused',
    code: 'CONTRACT_CAP',
    order: withStop(50, { size: size(3) }),
  },
  {
    rule: 'what is held and what is asked stay within two of a contract',
    code: 'NET_CAP',
    evidence: (order) =>
      evidenceFor(order, { positions: [{ contractId: CONTRACT, brokerNet: 2, ledgerNet: 1 }] }),
  },
  {
    rule: 'the account holds at most four contracts',
    code: 'GROSS_CAP',
    evidence: (order) =>
      evidenceFor(order, {
        positions: [
          { contractId: 'A', brokerNet: -2, ledgerNet: 0 },
          { contractId: 'B', brokerNet: 0, ledgerNet: 2 },
        ],
      }),
  },
  {
    rule: 'we do not trade with ourselves',
    code: 'SELF_TRADE',
    evidence: (order) => evidenceFor(order, { entries: [anEntry({ side: 'sell', size: 0 })] }),
  },
  {
    rule: 'an entry against an open position is refused',
    code: 'OPPOSES_POSITION',
    evidence: (order) =>
      evidenceFor(order, { positions: [{ contractId: CONTRACT, brokerNet: -1, ledgerNet: 0 }] }),
  },
  {
    rule: 'the same entry within a minute is a duplicate',
    code: 'DUPLICATE_ENTRY',
    evidence: (order) => evidenceFor(order, { entries: [anEntry({ mintedAt: ago(59_999) })] }),
  },
  {
    rule: 'one live entry a contract, however old',
    code: 'ENTRY_ALREADY_LIVE',
    evidence: (order) => evidenceFor(order, { entries: [anEntry({ mintedAt: ago(60_000) })] }),
  },
  {
    rule: 'prices are not judged by a trade older than 5 s',
    code: 'NO_REFERENCE_PRICE',
    evidence: but({ data: { lastTradeAt: ago(5_001) } }),
  },
  {
    rule: 'prices are not judged without any trade',
    code: 'NO_REFERENCE_PRICE',
    evidence: but({ data: { lastTrade: undefined } }),
  },
  {
    rule: 'a price far from the market is refused',
    code: 'PRICE_COLLAR',
    evidence: but({ data: { lastTrade: tick(80_901) } }),
  },
  {
    rule: 'a quiet market narrows the collar to twice its daily range',
    code: 'PRICE_COLLAR',
    evidence: but({ data: { dailyRangeTicks: 50 } }),
  },
]

export const anyPhase: readonly Case[] = [
  { rule: 'what is not known denies', code: 'INPUT_MISSING', evidence: but({ account: forced(undefined) }) },
  {
    rule: 'what cannot be denies',
    code: 'INPUT_INVALID',
    evidence: but({ account: { balance: forced(Number.NaN) } }),
  },
]

function lunch(clock: string) {
  return (order: BracketOrder): Evidence => moved(order, clock)
}

function afterReset(order: BracketOrder): Evidence {
  const evening = moved(order, '18:04', '2026-03-10')
  const day = withValue(
    withValue(evening, 'session.tradingDay', '2026-03-11'),
    'day.tradingDay',
    '2026-03-11',
  )
  return withValue(
    withValue(day, 'session.flatBy', at('16:05', '2026-03-11')),
    'session.closesAt',
    at('17:00', '2026-03-11'),
  )
}

/** The same evidence at another hour, with a signal and a regime of that hour. */
function moved(order: BracketOrder, clock: string, date?: string): Evidence {
  const now = at(clock, date)
  let evidence: Evidence = evidenceFor(order, { now })
  for (const path of ['setup.knownAt', 'setup.validUntil', 'regime.reading.knownAt'])
    evidence = withValue(evidence, path, now)
  return evidence
}

/** A setup that asks for the same impossible price, so that phase 4 has nothing to say. */
function asked(changes: { stop?: number | undefined; target?: number }) {
  return (order: BracketOrder): Evidence => {
    const good = evidenceFor(anOrder())
    return forced({
      ...good,
      setup: { ...good.setup, stop: order.stop, target: order.target, ...changes },
    })
  }
}
