import { findInstrument, priceOf } from '../domain/index.ts'
import type * as Store from '../store/index.ts'
import {
  type ActorRow,
  type DecisionRow,
  type FillRow,
  type OrderRow,
  type PhaseRow,
  unknown,
} from '../wire/index.ts'
import type { DashboardRows } from './rows.ts'
import { shownOf } from './shown-row.ts'

const ORDERS_MAX = 100

export function orderRows({ orders }: DashboardRows): readonly OrderRow[] {
  return orders.slice(0, ORDERS_MAX).map((order) => ({
    id: order.id,
    instrument: order.instrument,
    side: order.side,
    type: order.type,
    size: order.size,
    filled: order.filled,
    price:
      order.limitPrice === null && order.stopPrice === null
        ? unknown(order.source, 'at the market', order.route !== 'broker')
        : shownOf(order, order.stopPrice ?? order.limitPrice ?? 0),
    status: shownOf(order, order.status),
    role: order.role,
    tag: order.tag,
  }))
}

export function fillRows({ fills }: DashboardRows): readonly FillRow[] {
  return fills.map((fill) => ({
    id: fill.id,
    instrument: fill.instrument,
    side: fill.side,
    size: fill.size,
    price: shownOf(fill, fill.price),
    pnl:
      fill.profitAndLoss === null
        ? unknown(fill.source, 'opened, not closed', fill.route !== 'broker')
        : shownOf<number>(fill, fill.profitAndLoss),
    fees: fill.fees,
    at: fill.at,
  }))
}

export function decisionRows(rows: DashboardRows): readonly DecisionRow[] {
  return rows.decisions.map((decision) => decisionRow(decision, rows.fills))
}

export function decisionRow(decision: Store.DecisionRecord, fills: readonly Store.FillRow[]): DecisionRow {
  const { intent } = decision
  return {
    id: `G-${decision.id}`,
    seq: decision.id,
    at: decision.asOf ?? decision.decidedAt,
    signalId: decision.signalId,
    instrument: decision.instrument,
    side: decision.side === 'buy' ? 'long' : 'short',
    size: decision.size,
    verdict: decision.verdict,
    firstFailed: decision.failedPhase,
    code: decision.code,
    text: decision.text,
    phases: decision.phases.map(phaseRow),
    entry: decision.entry,
    stop: decision.stop,
    target: decision.target,
    score: decision.score,
    facts: Array.isArray(decision.facts) ? decision.facts : [],
    outcome: intent === null ? '' : outcomeOf(intent, fills),
    mode: decision.mode,
    source: decision.source,
  }
}

export function actorRows({ actors }: DashboardRows): readonly ActorRow[] {
  return actors.map((actor) => ({
    path: actor.path,
    state: shownOf(actor, actor.status, false),
    epoch: actor.epoch,
    restarts: actor.restarts,
    lastFailure: actor.lastFailure,
    depth: actor.depth,
    handledPerSecond: actor.handledPerSecond ?? 0,
    handlerP95: actor.handlerP95 ?? 0,
    dropped: actor.dropped,
    load: actor.elu ?? 0,
    heapBytes: actor.heapBytes ?? 0,
  }))
}

function phaseRow({ phase, name, outcome, code, text }: Store.PhaseRecord): PhaseRow {
  return { phase, name, outcome, code, text }
}

/** `order 8811 filled 2 at 19,922.25`, in the words of the order's life. */
function outcomeOf(intent: Store.IntentRow, fills: readonly Store.FillRow[]): string {
  const order = intent.brokerOrderId === null ? 'order' : `order ${intent.brokerOrderId}`
  const own = fills.filter((each) => each.orderId === intent.brokerOrderId && !each.isVoided)
  const instrument = findInstrument(intent.instrument)
  const size = own.reduce((sum, each) => sum + each.size, 0)
  if (size > 0 && instrument !== undefined) {
    const average = own.reduce((sum, each) => sum + each.price * each.size, 0) / size
    return `${order} filled ${size} of ${intent.size} at ${priceOf(average, instrument).toFixed(instrument.decimals)}`
  }
  return `${order} ${intent.life}${intent.reason === null ? '' : `: ${intent.reason}`}`
}
