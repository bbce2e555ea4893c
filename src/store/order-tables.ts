import type * as Row from './rows.ts'
import type { Table } from './table.ts'

const SHOWN = ['source', 'asOf', 'state'] as const
const VERDICTS = ['p1', 'p2', 'p3', 'p4', 'p5'] as const

/** A decision as it is written: the five verdicts go in, whether it passed comes out. */
export type DecisionWritten = Omit<Row.DecisionRow, 'id' | 'passed' | 'decidedAt'> &
  Readonly<Record<(typeof VERDICTS)[number], boolean>>

export const DECISION_WRITTEN: Table<DecisionWritten> = {
  name: 'decisions',
  columns: [
    'route',
    'accountId',
    'epoch',
    'mode',
    'signalId',
    'instrument',
    'contractId',
    'side',
    'size',
    'entry',
    'stop',
    'target',
    'score',
    'tag',
    'orderHash',
    'risk',
    ...VERDICTS,
    'failedPhase',
    'code',
    'text',
    'phases',
    'inputs',
    'facts',
    'configHash',
    'stateVersion',
    ...SHOWN,
  ],
  instants: ['asOf'],
}

const LIVING = ['life', 'brokerOrderId', 'filled', 'reason'] as const

export const INTENT_WRITTEN = [
  'tag',
  'decisionId',
  'route',
  'accountId',
  'epoch',
  'orderHash',
  'contractId',
  'instrument',
  'side',
  'type',
  'size',
  'entry',
  'stop',
  'target',
  'risk',
  'intendedAt',
  'movedAt',
] as const
export const INTENTS: Table<Row.IntentRow> = {
  name: 'intents',
  columns: [...INTENT_WRITTEN, ...LIVING],
  instants: ['intendedAt', 'movedAt'],
}

export const REDUCTION_WRITTEN = [
  'tag',
  'route',
  'accountId',
  'epoch',
  'kind',
  'contractId',
  'instrument',
  'side',
  'size',
  'price',
  'netBefore',
  'netAfterWorst',
  'because',
  'intendedAt',
  'movedAt',
] as const
export const REDUCTIONS: Table<Row.ReductionRow> = {
  name: 'reductions',
  columns: [...REDUCTION_WRITTEN, ...LIVING],
  instants: ['intendedAt', 'movedAt'],
}

export const ORDERS: Table<Row.OrderRow> = {
  name: 'orders',
  columns: [
    'route',
    'accountId',
    'id',
    'contractId',
    'instrument',
    'status',
    'type',
    'side',
    'size',
    'limitPrice',
    'stopPrice',
    'filled',
    'averageFill',
    'tag',
    'parentId',
    'role',
    'createdAt',
    'updatedAt',
    ...SHOWN,
  ],
  instants: ['createdAt', 'updatedAt', 'asOf'],
}

export const FILLS: Table<Row.FillRow> = {
  name: 'fills',
  columns: [
    'route',
    'accountId',
    'id',
    'orderId',
    'contractId',
    'instrument',
    'at',
    'tradingDay',
    'price',
    'side',
    'size',
    'profitAndLoss',
    'fees',
    'isVoided',
    'epoch',
    ...SHOWN,
  ],
  instants: ['at', 'asOf'],
}

export const POSITIONS: Table<Row.PositionRow> = {
  name: 'positions',
  columns: [
    'route',
    'accountId',
    'contractId',
    'instrument',
    'brokerId',
    'direction',
    'size',
    'average',
    'openedAt',
    'mark',
    'openProfit',
    'best',
    'worst',
    'decisionId',
    ...SHOWN,
  ],
  instants: ['openedAt', 'asOf'],
}

export const PROTECTION: Table<Row.ProtectionRow> = {
  name: 'protection',
  columns: [
    'route',
    'accountId',
    'contractId',
    'instrument',
    'phase',
    'text',
    'episode',
    'entry',
    'stop',
    'target',
    'stopOrderId',
    'targetOrderId',
    'covered',
    'size',
    'channels',
    'provenAt',
    'deadlineAt',
    ...SHOWN,
  ],
  instants: ['provenAt', 'deadlineAt', 'asOf'],
}
