import type { BracketOrder } from '../domain/index.ts'
import { CODES, type Code } from './codes.ts'
import { evaluate, read } from './evaluate.ts'
import type { Evidence } from './evidence.ts'
import { orderHash, readOrder } from './order-hash.ts'
import { type PhaseNumber, type PhaseReport, reportOf } from './report.ts'

declare const phase: unique symbol

/** Shows that phases 1 to `P` passed, in this order, on one order and one state. Used up by the next phase. */
export interface Cleared<P extends PhaseNumber> {
  readonly [phase]: P
  readonly token: object
}

export type Pass<P extends PhaseNumber> = {
  readonly verdict: 'pass'
  readonly cleared: Cleared<P>
  readonly report: PhaseReport
}

/** Denied is us. `phase` is where, `report` has the number that decided. */
export interface Refusal {
  readonly verdict: 'denied'
  readonly phase: PhaseNumber
  readonly code: Code
  readonly report: PhaseReport
}

/** What a token stands for. Nothing outside this module can reach it, and no clone of a token finds it. */
interface Passage {
  readonly passed: PhaseNumber
  readonly hash: string
  /** The evidence as it was handed in: the next phase must be asked with the same one. */
  readonly source: Evidence
  /** What was read of both when phase 1 was asked: every phase judges these. */
  readonly order: BracketOrder
  readonly evidence: Evidence
}

const passages = new WeakMap<object, Passage>()
/** The one chain of an evidence that goes on: to begin again, or to fail, ends the one before. */
const running = new WeakMap<object, object>()

export function phase1(order: BracketOrder, evidence: Evidence): Pass<1> | Refusal {
  const found = read(order, evidence)
  if (!found.isReadable) return refusal(reportOf(1, found.why))
  const hash = orderHash(found.order, found.evidence.route)
  const start = { passed: 1, hash, source: evidence, order: found.order, evidence: found.evidence } as const
  running.delete(evidence)
  return step(1, start)
}

export function phase2(cleared: Cleared<1>, order: BracketOrder, evidence: Evidence): Pass<2> | Refusal {
  return next(2, cleared, order, evidence)
}

export function phase3(cleared: Cleared<2>, order: BracketOrder, evidence: Evidence): Pass<3> | Refusal {
  return next(3, cleared, order, evidence)
}

export function phase4(cleared: Cleared<3>, order: BracketOrder, evidence: Evidence): Pass<4> | Refusal {
  return next(4, cleared, order, evidence)
}

export function phase5(cleared: Cleared<4>, order: BracketOrder, evidence: Evidence): Pass<5> | Refusal {
  return next(5, cleared, order, evidence)
}

/** What a chain that passed all five phases judged; undefined when it did not, and used up either way. */
export function finish(
  cleared: Cleared<5>,
  order: BracketOrder,
  evidence: Evidence,
): Pick<Passage, 'hash' | 'order' | 'evidence'> | undefined {
  return take(5, cleared, order, evidence)
}

function next<P extends 2 | 3 | 4 | 5>(
  number: P,
  cleared: Cleared<PhaseNumber>,
  order: BracketOrder,
  evidence: Evidence,
): Pass<P> | Refusal {
  const before = take((number - 1) as PhaseNumber, cleared, order, evidence)
  if (before !== undefined) return step(number, { ...before, passed: number })
  const text = `phase ${number} was asked without phase ${number - 1} on the same order and state`
  return refusal(reportOf(number, { code: 'PHASE_ORDER', text, numbers: {} }))
}

function step<P extends PhaseNumber>(number: P, passage: Passage): Pass<P> | Refusal {
  const report = evaluate(number, passage.order, passage.evidence)
  if (report.code !== undefined) {
    running.delete(passage.source)
    return refusal(report)
  }
  const token = Object.freeze({})
  passages.set(token, passage)
  running.set(passage.source, token)
  return { verdict: 'pass', cleared: Object.freeze({ token }) as Cleared<P>, report }
}

/** Takes a token out of the game and says what it stood for, if it is the right one. */
function take(
  passed: PhaseNumber,
  cleared: Cleared<PhaseNumber>,
  order: BracketOrder,
  evidence: Evidence,
): Passage | undefined {
  // From here on it may be a forgery: it is looked at, never trusted.
  const token: unknown = isObject(cleared) ? cleared.token : undefined
  const passage = isObject(token) ? passages.get(token) : undefined
  const isCurrent = isObject(evidence) && running.get(evidence) === token
  if (isObject(token)) passages.delete(token)
  if (isObject(evidence)) running.delete(evidence)
  if (passage === undefined || !isCurrent || passage.passed !== passed || passage.source !== evidence)
    return undefined
  const again = readOrder(order)
  return again !== undefined && orderHash(again, passage.evidence.route) === passage.hash
    ? passage
    : undefined
}

function refusal(report: PhaseReport): Refusal {
  return { verdict: 'denied', phase: report.phase, code: report.code ?? 'PHASE_ORDER', report }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The phase in which a code is decided, when it is one of the five. */
export function phaseOf(code: Code): PhaseNumber | undefined {
  const where = CODES[code].phase
  return typeof where === 'number' ? where : undefined
}
