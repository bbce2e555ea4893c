import type { BracketOrder } from '../domain/index.ts'
import { present } from '../lib/index.ts'
import { type Refusal, phase1, phase2, phase3, phase4, phase5 } from './chain.ts'
import type { Code } from './codes.ts'
import { explain } from './evaluate.ts'
import type { Evidence } from './evidence.ts'
import { Permit, type PermitRefusal, type PermitTerms, type Spent } from './permit.ts'
import type { FivePhases, PhaseNumber } from './report.ts'

export type Verdict = Permitted | Denied

export interface Permitted {
  readonly verdict: 'permitted'
  readonly permit: Permit
  readonly terms: PermitTerms
  readonly phases: FivePhases
}

export interface Denied {
  readonly verdict: 'denied'
  /** The first phase that did not pass, or the permit itself. */
  readonly phase: PhaseNumber | 'permit'
  readonly code: Code
  /** The input that was missing or impossible, when that was the reason. */
  readonly field: string | undefined
  /** The number that decided, in words. */
  readonly text: string
  /** What would have to change. */
  readonly fix: string
  readonly numbers: Readonly<Record<string, number>>
  /** All five, each evaluated. */
  readonly phases: FivePhases
}

/** Asks all five phases in order and, if every one passes, mints the permit. Both verdicts belong in the ledger. */
export function judge(order: BracketOrder, evidence: Evidence): Verdict {
  const first = phase1(order, evidence)
  if (first.verdict === 'denied') return denied(first, order, evidence)
  const second = phase2(first.cleared, order, evidence)
  if (second.verdict === 'denied') return denied(second, order, evidence)
  const third = phase3(second.cleared, order, evidence)
  if (third.verdict === 'denied') return denied(third, order, evidence)
  const fourth = phase4(third.cleared, order, evidence)
  if (fourth.verdict === 'denied') return denied(fourth, order, evidence)
  const fifth = phase5(fourth.cleared, order, evidence)
  if (fifth.verdict === 'denied') return denied(fifth, order, evidence)

  const permit = Permit.issue(fifth.cleared, order, evidence)
  const phases: FivePhases = [first.report, second.report, third.report, fourth.report, fifth.report]
  if (!(permit instanceof Permit)) return deniedByPermit(permit, phases)
  const terms = present(Permit.terms(permit), 'the terms of a permit that was just minted')
  return { verdict: 'permitted', permit, terms, phases }
}

/**
 * The second half of a send, in the same turn as the first byte: all five phases again on the state of now, then the
 * permit that they mint is spent. The one from before the intent must still be in time and for this very order,
 * and is used up whatever comes out. Call it with no await between it and the socket; send the order it returns.
 */
export function judgeAgainAndSpend(
  permit: Permit,
  order: BracketOrder,
  evidence: Evidence,
): (Spent & { readonly phases: FivePhases }) | Denied {
  // The state has moved on since, for the intent is written. Everything else must be as it was.
  const stateVersion = Permit.terms(permit)?.stateVersion ?? evidence.stateVersion
  const before = Permit.spend(permit, order, { ...evidence, stateVersion })
  if (before.verdict === 'denied') return deniedByPermit(before, explain(order, evidence))

  const verdict = judge(order, evidence)
  if (verdict.verdict === 'denied') return verdict
  const spent = Permit.spend(verdict.permit, order, evidence)
  return spent.verdict === 'denied'
    ? deniedByPermit(spent, verdict.phases)
    : { ...spent, phases: verdict.phases }
}

function denied({ phase, code, report }: Refusal, order: BracketOrder, evidence: Evidence): Denied {
  const { field, text, fix, numbers } = report
  return { verdict: 'denied', phase, code, field, text, fix, numbers, phases: explain(order, evidence) }
}

function deniedByPermit({ code, text, fix }: PermitRefusal, phases: FivePhases): Denied {
  return { verdict: 'denied', phase: 'permit', code, field: undefined, text, fix, numbers: {}, phases }
}
