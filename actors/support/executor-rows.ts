import type { BracketOrder, EpochMs, MonotonicMs, Route, Signal } from '../../src/domain/index.ts'
import { epochMs, usd } from '../../src/domain/index.ts'
import { riskOf } from '../../src/domain/risk/index.ts'
import type { Plan } from '../../src/desk/index.ts'
import { type TrackedOrder, newIntent } from '../../src/execution/index.ts'
import {
  type Evidence,
  type FivePhases,
  type Mode,
  type ModeLabel,
  type SimulatedProof,
  orderHash,
  proofExpiresAt,
} from '../../src/gate/index.ts'
import type { IntentRow, NewDecision, ProofParts, ReductionRow } from '../../src/store/index.ts'
import { rateOf } from './pace.ts'

/** Who speaks in the rows of one executor. */
export interface Author {
  readonly route: Route
  readonly accountId: string
  readonly epoch: number
  readonly configRevision: string
}

/** A verdict as the ledger keeps it, with everything that it was made from. */
export function decisionOf(
  author: Author,
  mode: ModeLabel,
  {
    signal,
    order,
    evidence,
  }: { readonly signal: Signal; readonly order: BracketOrder; readonly evidence: Evidence },
  phases: FivePhases,
  text?: string,
): NewDecision {
  return {
    accountId: order.accountId,
    epoch: author.epoch,
    mode,
    signalId: signal.id,
    instrument: signal.instrument,
    contractId: order.contractId,
    side: order.side,
    size: order.size,
    entry: order.entry,
    stop: order.stop,
    target: order.target,
    score: signal.score,
    tag: order.tag,
    orderHash: orderHash(order, author.route),
    risk: order.size >= 1 ? riskOf(order) : null,
    phases: phases.map(({ phase, name, outcome, code, text: words, numbers }) => ({
      phase,
      name,
      outcome,
      code: code ?? null,
      text: words,
      numbers,
    })),
    ...(text === undefined ? {} : { text }),
    inputs: evidence,
    facts: signal.facts,
    configHash: author.configRevision,
    stateVersion: evidence.stateVersion,
    source: `${author.route}.executor`,
    asOf: evidence.now,
    state: 'current',
  }
}

/** A proof as a row. Its moments are of the steady clock; the row has the platform's instants for them. */
export function proofRow(
  author: Author,
  proof: SimulatedProof,
  mode: Mode,
  at: { readonly now: EpochMs; readonly monotonic: MonotonicMs; readonly speed: number },
): ProofParts {
  const { now, monotonic } = at
  const rate = rateOf(at.speed)
  const instant = (moment: MonotonicMs | undefined): EpochMs | null =>
    moment === undefined ? null : epochMs(Math.floor(now - (monotonic - moment) * rate))
  const isSameAccount =
    proof.account?.id === author.accountId && proof.lastReplyAccountId === author.accountId
  const left = Math.max(0, (proofExpiresAt(proof) ?? monotonic) - monotonic)
  return {
    accountId: author.accountId,
    executorEpoch: author.epoch,
    tokenValidatedAt: instant(proof.tokenValidatedAt),
    accountReadAt: instant(proof.account?.readAt),
    streamAliveAt: instant(proof.userStream?.aliveAt),
    accountsEqualAt: isSameAccount ? instant(proof.account?.readAt) : null,
    reconciledAt: instant(proof.reconciliation?.cleanAt),
    missing: [...mode.missing],
    verifiedAt: now,
    expiresAt: epochMs(Math.floor(now + left * rate)),
    source: `${author.route}.executor`,
    asOf: now,
    state: mode.missing.length === 0 ? 'current' : 'stale',
  }
}

/** An intent as it was kept. Its fills come with the first read of trades. */
export function trackedOf(row: IntentRow): TrackedOrder {
  const born = newIntent({
    tag: row.tag,
    role: 'entry',
    accountId: row.accountId,
    contractId: row.contractId,
    side: row.side,
    size: row.size,
    price: row.entry,
    risk: row.risk,
    intentAt: row.intendedAt,
  })
  return {
    ...born,
    state: row.life,
    brokerId: row.brokerOrderId ?? undefined,
    sentAt: row.life === 'intent' ? undefined : row.intendedAt,
    reportedFilled: row.filled,
  }
}

/** A protective stop of an earlier start as it was kept; undefined for a reduction that is no order of its own. */
export function trackedStopOf(row: ReductionRow): TrackedOrder | undefined {
  if (row.kind !== 'stop' || row.side === null) return undefined
  const born = newIntent({
    tag: row.tag,
    role: 'stop',
    accountId: row.accountId,
    contractId: row.contractId,
    side: row.side,
    size: row.size,
    price: row.price ?? undefined,
    risk: usd(0),
    intentAt: row.intendedAt,
  })
  return {
    ...born,
    state: row.life,
    brokerId: row.brokerOrderId ?? undefined,
    sentAt: row.life === 'intent' ? undefined : row.intendedAt,
    reportedFilled: row.filled,
  }
}

/** What was planned with it, as far as it was kept: an entry of an earlier start is not worked any longer. */
export function planOf(row: IntentRow, at: { readonly now: EpochMs; readonly monotonic: MonotonicMs }): Plan {
  return {
    signal: undefined,
    stop: row.stop,
    target: row.target,
    validUntil: at.now,
    decisionId: row.decisionId,
    mintedAt: at.monotonic,
  }
}
