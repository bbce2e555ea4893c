import type { BracketOrder } from '../domain/index.ts'
import type { Evidence } from './evidence.ts'
import { faultOfInputs } from './fields.ts'
import { readOrder } from './order-hash.ts'
import { checkBroker } from './phase-1-broker.ts'
import { checkBalance } from './phase-2-balance.ts'
import { checkDayLoss } from './phase-3-day-loss.ts'
import { checkRegime } from './phase-4-regime.ts'
import { checkSize } from './phase-5-size.ts'
import {
  type Finding,
  type FivePhases,
  type PhaseNumber,
  type PhaseReport,
  fail,
  reportOf,
} from './report.ts'
import { frozenCopy } from './snapshot.ts'

const RULES: Readonly<Record<PhaseNumber, (order: BracketOrder, evidence: Evidence) => Finding>> = {
  1: checkBroker,
  2: checkBalance,
  3: checkDayLoss,
  4: checkRegime,
  5: checkSize,
}

/** An order and its evidence as one reading found them, or why they cannot be read. */
export type Read =
  | { readonly isReadable: true; readonly order: BracketOrder; readonly evidence: Evidence }
  | { readonly isReadable: false; readonly why: Finding }

export function read(order: BracketOrder, evidence: Evidence): Read {
  const orderRead = readOrder(order)
  if (orderRead === undefined)
    return {
      isReadable: false,
      why: fail('ORDER_MALFORMED', 'not plain data, or a part is missing or too long'),
    }
  const evidenceRead = frozenCopy(evidence)
  if (evidenceRead === undefined || evidenceRead === null || typeof evidenceRead !== 'object') {
    const why = {
      code: 'INPUT_INVALID',
      field: 'evidence',
      text: 'the evidence is not plain data',
      numbers: {},
    } as const
    return { isReadable: false, why }
  }
  return { isReadable: true, order: orderRead, evidence: evidenceRead }
}

/** One phase on what was read: first its inputs, then its rules. Decides nothing and can mint nothing. */
export function evaluate(phase: PhaseNumber, order: BracketOrder, evidence: Evidence): PhaseReport {
  return reportOf(phase, faultOfInputs(phase, evidence) ?? RULES[phase](order, evidence))
}

/**
 * All five phases, also after the first that fails, each with the number that decided. For the ledger, the ticket and
 * the explanation of a signal: what it returns opens nothing.
 */
export function explain(order: BracketOrder, evidence: Evidence): FivePhases {
  const found = read(order, evidence)
  const report = (phase: PhaseNumber): PhaseReport => {
    if (found.isReadable) return evaluate(phase, found.order, found.evidence)
    if (phase === 1) return reportOf(1, found.why)
    return reportOf(phase, { code: 'INPUT_MISSING', field: 'order', text: 'nothing to judge', numbers: {} })
  }
  return [report(1), report(2), report(3), report(4), report(5)]
}
