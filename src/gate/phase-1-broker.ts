import { isOpen } from '../domain/calendar/index.ts'
import type { BracketOrder } from '../domain/index.ts'
import { CODES } from './codes.ts'
import type { AccountEvidence, Evidence, SessionEvidence } from './evidence.ts'
import { ageMs, faultsOfProof } from './proof.ts'
import { type Finding, fail, pass, seconds } from './report.ts'

/** An entry needs a tighter reconciliation than the label does. */
export const RECONCILE_AGE_MS_MAX = 5_000
/** Prices older than this are stale, whatever state they claim. */
export const DATA_AGE_MS_MAX = 20_000
/** An executor later than this acts on a market that has moved on. */
export const EXECUTOR_LAG_MS_MAX = 250
export const CLOCK_SKEW_MS_MAX = 2_000
/** Share of the request budget that entries may use; the rest is kept for protection. */
export const REQUEST_SHARE_MAX = 0.7

type Check = (order: BracketOrder, evidence: Evidence) => Finding | undefined

/** Phase 1: the order would reach the account that we mean, and we would see what becomes of it. */
export function checkBroker(order: BracketOrder, evidence: Evidence): Finding {
  for (const check of CHECKS) {
    const found = check(order, evidence)
    if (found !== undefined) return found
  }
  const age = ageMs(evidence.reconciliation?.cleanAt, evidence.monotonic)
  return pass(`accounts equal, reconciled ${seconds(age)} ago`, { reconcileAgeMs: age })
}

/** What a person has ordered comes first, then who we are, then what we can see. */
const CHECKS: readonly Check[] = [
  stopLevel,
  control,
  accounts,
  proof,
  armed,
  capabilities,
  hubs,
  session,
  data,
  reconciliation,
  unknowns,
  health,
]

function stopLevel(_: BracketOrder, { control: { stopLevel: level } }: Evidence): Finding | undefined {
  if (level === 0) return undefined
  return fail(`STOP_LEVEL_${level}`, `stop level ${level}`, { stopLevel: level })
}

function control(
  _: BracketOrder,
  { control: { state, isLockedByBroker, instrumentHalt } }: Evidence,
): Finding | undefined {
  if (isLockedByBroker) return fail('LOCKED_BY_BROKER', 'locked by the broker')
  if (state === 'HALTED') return fail('GATE_HALTED', 'halted')
  if (state === 'REDUCING') return fail('GATE_REDUCING', 'reducing only')
  return typeof instrumentHalt === 'string' ? fail('INSTRUMENT_HALTED', instrumentHalt) : undefined
}

function accounts(order: BracketOrder, { account }: Evidence): Finding | undefined {
  const { id, name, boundId, boundName } = account as AccountEvidence
  if (order.accountId !== boundId) return mismatch(`order for ${ending(order.accountId)}`, boundId)
  if (id !== boundId) return mismatch(`broker answers for ${ending(id)}`, boundId)
  if (name !== boundName)
    return fail('ACCOUNT_MISMATCH', `the account is now named ${name}, was ${boundName}`)
  return undefined
}

function mismatch(what: string, boundId: string): Finding {
  return fail('ACCOUNT_MISMATCH', `${what}, bound to ${ending(boundId)}`)
}

const ending = (id: string): string => `…${id.slice(-4)}`

function proof(_: BracketOrder, evidence: Evidence): Finding | undefined {
  const { route, monotonic, executorEpoch, account } = evidence
  const context = { monotonic, executorEpoch, accountId: account?.boundId ?? '' }
  // Whether the account may trade belongs to the balance, in phase 2.
  const first = faultsOfProof(route, evidence.proof, context).find((each) => CODES[each.code].phase === 1)
  return first && fail(first.code, first.text)
}

function armed(_: BracketOrder, { route, armedUntil, monotonic }: Evidence): Finding | undefined {
  if (route !== 'broker') return undefined
  if (armedUntil === undefined) return fail('NOT_ARMED', 'disarmed')
  return monotonic < armedUntil ? undefined : fail('NOT_ARMED', 'the armed time has run out')
}

function capabilities(order: BracketOrder, { control, account, contract }: Evidence): Finding | undefined {
  if (control.brackets === 'refused')
    return fail('BRACKET_MODE_UNSUPPORTED', 'brackets refused by the account')
  if (control.brackets === 'unproven') return fail('BRACKETS_UNPROVEN', 'no bracket has been accepted yet')
  if (account?.canCancel !== true) return fail('CANCEL_UNSUPPORTED', 'cancels are refused by the account')
  if (contract?.id === order.contractId) return undefined
  return fail('CONTRACT_UNKNOWN', `order for ${order.contractId}, the broker lists ${contract?.id ?? 'none'}`)
}

function hubs(_: BracketOrder, { hubs: states }: Evidence): Finding | undefined {
  for (const [name, state] of [['user', states.user] as const, ['market', states.market] as const]) {
    if (state === 'down') return fail('STREAM_DOWN', `${name} stream down`)
    if (state === 'resyncing') return fail('STREAM_RESYNCING', `${name} stream resyncing`)
  }
  return undefined
}

function session(_: BracketOrder, evidence: Evidence): Finding | undefined {
  const { isOpen: claimsOpen, flatBy, closesAt } = evidence.session as SessionEvidence
  const { now } = evidence
  // The calendar is asked again: a session that the executor believes in but the calendar does not know is closed.
  if (!claimsOpen || !isOpen(now) || now >= closesAt) return fail('SESSION_CLOSED', 'market closed')
  if (now < flatBy) return undefined
  return fail('PAST_FLAT_TIME', `flat time passed ${seconds(now - flatBy)} ago`, { sinceMs: now - flatBy })
}

function data(_: BracketOrder, { data: { state, receivedAt }, monotonic }: Evidence): Finding | undefined {
  const age = ageMs(receivedAt, monotonic)
  const numbers = Number.isNaN(age) ? {} : { dataAgeMs: age }
  switch (state) {
    case 'closed':
      return fail('SESSION_CLOSED', 'prices frozen by the calendar', numbers)
    case 'unknown':
      return fail('DATA_UNKNOWN', 'no price yet', numbers)
    case 'disputed':
      return fail('DATA_DISPUTED', 'two sources disagree', numbers)
    case 'delayed':
      return fail('DATA_DELAYED', 'prices delayed', numbers)
    case 'stale':
      return fail('DATA_STALE', 'prices stale', numbers)
    case 'current':
    case 'quiet':
      break
  }
  if (age <= DATA_AGE_MS_MAX) return undefined
  if (Number.isNaN(age)) return fail('DATA_UNKNOWN', 'no price was received')
  return fail('DATA_STALE', `prices ${seconds(age)} old, at most ${seconds(DATA_AGE_MS_MAX)}`, numbers)
}

function reconciliation(_: BracketOrder, evidence: Evidence): Finding | undefined {
  const disputes = evidence.reconciliation?.disputes ?? Number.NaN
  if (disputes !== 0) return fail('RECONCILE_DISPUTED', `${disputes} disputes`, { disputes })
  const age = ageMs(evidence.reconciliation?.cleanAt, evidence.monotonic)
  if (age <= RECONCILE_AGE_MS_MAX) return undefined
  const text = Number.isNaN(age)
    ? 'never clean'
    : `clean ${seconds(age)} ago, at most ${seconds(RECONCILE_AGE_MS_MAX)}`
  return fail('RECONCILE_STALE', text)
}

function unknowns(_: BracketOrder, { unknownIntents }: Evidence): Finding | undefined {
  if (unknownIntents === 0) return undefined
  return fail('UNKNOWN_INTENT', `${unknownIntents} sent without an answer`, { unknownIntents })
}

function health(
  _: BracketOrder,
  { health: { executorLagMs, clockSkewMs, mismatchedActors }, throttle }: Evidence,
) {
  if (executorLagMs >= EXECUTOR_LAG_MS_MAX)
    return fail('EXECUTOR_LAGGING', `executor ${executorLagMs} ms late, below ${EXECUTOR_LAG_MS_MAX}`, {
      executorLagMs,
    })
  if (Math.abs(clockSkewMs) > CLOCK_SKEW_MS_MAX)
    return fail('CLOCK_SKEWED', `clocks ${seconds(clockSkewMs)} apart`, { clockSkewMs })
  if (mismatchedActors > 0)
    return fail('VERSION_MISMATCH', `${mismatchedActors} actors of another version`, { mismatchedActors })
  const { requestsUsed, requestsAllowed } = throttle
  if (requestsUsed >= requestsAllowed * REQUEST_SHARE_MAX)
    return fail('REST_BUDGET_SPENT', `${requestsUsed} of ${requestsAllowed} requests used`, {
      requestsUsed,
      requestsAllowed,
    })
  return undefined
}
