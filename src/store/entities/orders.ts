import { defineEntity, p } from '@mikro-orm/postgresql'
import type { Direction } from '../../domain/index.ts'
import { decimal, epoch, instant, money, price, route, shown, size, texts } from './columns.ts'
import { ROUTES } from './columns.ts'
import { MODE_LABELS } from './accounts.ts'
import type { PhaseRecord } from '../rows.ts'

const SIDES = ['buy', 'sell'] as const
const LIFE = [
  'intent',
  'sent',
  'unknown',
  'working',
  'partial',
  'filled',
  'rejected',
  'cancelled',
  'absent',
] as const

/** Each verdict of the gate, for good: rows are added and never changed. */
export const Decision = defineEntity({
  name: 'Decision',
  tableName: 'decisions',
  properties: {
    /** The human number, `G-486`. */
    id: p.bigint('number').primary().autoincrement(),
    route: route(),
    accountId: p.text(),
    epoch: epoch(),
    mode: p.enum(MODE_LABELS),
    signalId: p.text(),
    instrument: p.text(),
    contractId: p.text().strictNullable(),
    side: p.enum(SIDES),
    size: size(),
    entry: price(),
    stop: price(),
    target: price(),
    score: decimal().strictNullable(),
    /** Null when no order could be composed. */
    tag: p.text().strictNullable(),
    orderHash: p.text().strictNullable(),
    risk: money().strictNullable(),
    p1: p.boolean(),
    p2: p.boolean(),
    p3: p.boolean(),
    p4: p.boolean(),
    p5: p.boolean(),
    passed: p.boolean().generated('(p1 and p2 and p3 and p4 and p5) stored'),
    /** First failing phase, its code and its sentence; null when permitted. */
    failedPhase: p.smallint().strictNullable(),
    code: p.text().strictNullable(),
    text: p.text(),
    phases: p.json<readonly PhaseRecord[]>(),
    inputs: p.json<unknown>(),
    facts: p.json<unknown>(),
    configHash: p.text(),
    stateVersion: p.bigint('number'),
    ...shown(),
    /** The database's own clock, which nobody can hand in: permits age by it. */
    decidedAt: instant().defaultRaw('clock_timestamp()'),
  },
  uniques: [
    {
      name: 'decisions_key',
      properties: ['id', 'tag', 'route', 'accountId', 'epoch', 'orderHash', 'passed'],
    },
  ],
  indexes: [{ name: 'decisions_of_account', properties: ['route', 'accountId', 'id'] }],
  checks: [
    {
      name: 'decisions_passed_is_whole',
      expression:
        '(passed and tag is not null and order_hash is not null and risk is not null and failed_phase is null) ' +
        'or (not passed and failed_phase is not null and code is not null)',
    },
    { name: 'decisions_risk_cap', expression: 'not passed or (risk > 0 and risk <= 120000000)' },
    { name: 'decisions_size_check', expression: 'size >= 0 and (not passed or size >= 1)' },
    {
      name: 'decisions_failed_phase_check',
      expression: 'failed_phase is null or (failed_phase >= 1 and failed_phase <= 5)',
    },
    { name: 'decisions_order_hash_check', expression: "order_hash ~ '^[0-9a-f]{64}$'" },
  ],
})

const DECISION_KEY = ['decision_id', 'tag', 'route', 'account_id', 'epoch', 'order_hash']
const DECISION_KEY_OF = ['id', 'tag', 'route', 'account_id', 'epoch', 'order_hash']

/** What we mean to send, durable before the first byte of it goes out. Its tag never changes. */
export const Intent = defineEntity({
  name: 'Intent',
  tableName: 'intents',
  properties: {
    tag: p.text().primary(),
    decision: () =>
      p
        .manyToOne(Decision)
        .joinColumns(...DECISION_KEY, 'gate_passed')
        .referencedColumnNames(...DECISION_KEY_OF, 'passed')
        .foreignKeyName('intents_stand_on_a_passed_decision'),
    decisionId: p.bigint('number'),
    route: route(),
    accountId: p.text(),
    epoch: epoch(),
    orderHash: p.text(),
    gatePassed: p.boolean().default(true),
    contractId: p.text(),
    instrument: p.text(),
    side: p.enum(SIDES),
    type: p.enum(['limit', 'market'] as const),
    size: size(),
    entry: price(),
    stop: price(),
    target: price(),
    risk: money(),
    life: p.enum(LIFE).default('intent'),
    brokerOrderId: p.text().strictNullable(),
    filled: size().default(0),
    reason: p.text().strictNullable(),
    /** On the platform's clock. */
    intendedAt: instant(),
    movedAt: instant(),
    createdAt: instant().defaultRaw('clock_timestamp()'),
  },
  uniques: [{ name: 'intents_one_a_decision', properties: ['decisionId'] }],
  indexes: [{ name: 'intents_of_account', properties: ['route', 'accountId', 'life'] }],
  checks: [
    { name: 'intents_gate_passed_check', expression: 'gate_passed' },
    { name: 'intents_size_check', expression: 'size >= 1' },
    { name: 'intents_filled_check', expression: 'filled >= 0 and filled <= size' },
  ],
})

/** An order that cannot raise risk: it carries a proof of reduction in place of a decision. */
export const Reduction = defineEntity({
  name: 'Reduction',
  tableName: 'reductions',
  properties: {
    tag: p.text().primary(),
    route: route(),
    accountId: p.text(),
    epoch: epoch(),
    kind: p.enum(['stop', 'target', 'close', 'cancel'] as const),
    contractId: p.text(),
    instrument: p.text(),
    side: p.enum(SIDES).strictNullable(),
    size: size(),
    price: price().strictNullable(),
    /** Net contracts, signed, before it and in the worst case after it. */
    netBefore: p.integer(),
    netAfterWorst: p.integer(),
    because: p.text(),
    life: p.enum(LIFE).default('intent'),
    brokerOrderId: p.text().strictNullable(),
    filled: size().default(0),
    reason: p.text().strictNullable(),
    intendedAt: instant(),
    movedAt: instant(),
    createdAt: instant().defaultRaw('clock_timestamp()'),
  },
  indexes: [{ name: 'reductions_of_account', properties: ['route', 'accountId', 'life'] }],
  checks: [
    { name: 'reductions_reduce_check', expression: 'abs(net_after_worst) <= abs(net_before)' },
    { name: 'reductions_size_check', expression: 'size >= 0' },
  ],
})

/** A broker's order as last seen. */
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  properties: {
    route: p.enum(ROUTES).primary(),
    accountId: p.text().primary(),
    id: p.text().primary(),
    contractId: p.text(),
    instrument: p.text(),
    status: p.enum([
      'none',
      'open',
      'filled',
      'cancelled',
      'expired',
      'rejected',
      'pending',
      'pending-cancel',
      'suspended',
      'unknown',
    ] as const),
    type: p.text(),
    side: p.enum(SIDES),
    size: size(),
    limitPrice: price().strictNullable(),
    stopPrice: price().strictNullable(),
    filled: size(),
    averageFill: decimal().strictNullable(),
    tag: p.text().strictNullable(),
    parentId: p.text().strictNullable(),
    role: p.enum(['entry', 'stop', 'target', 'external'] as const),
    createdAt: instant(),
    updatedAt: instant(),
    ...shown(),
  },
  indexes: [
    { name: 'orders_by_status', properties: ['route', 'accountId', 'status'] },
    { name: 'orders_by_update', properties: ['route', 'updatedAt'] },
  ],
})

/** One execution. Its id makes it count once. */
export const Fill = defineEntity({
  name: 'Fill',
  tableName: 'fills',
  properties: {
    route: p.enum(ROUTES).primary(),
    accountId: p.text().primary(),
    id: p.text().primary(),
    orderId: p.text(),
    contractId: p.text(),
    instrument: p.text(),
    at: instant(),
    /** Trade date of the session that it belongs to. */
    tradingDay: p.text(),
    price: price(),
    side: p.enum(SIDES),
    size: size(),
    /** Gross; null on an opening half-turn. */
    profitAndLoss: money().strictNullable(),
    fees: money(),
    isVoided: p.boolean().default(false),
    epoch: epoch(),
    ...shown(),
  },
  indexes: [{ name: 'fills_of_day', properties: ['route', 'accountId', 'tradingDay'] }],
  checks: [{ name: 'fills_size_check', expression: 'size >= 1' }],
})

/** The broker's net of one contract, with what the card shows beside it. */
export const Position = defineEntity({
  name: 'Position',
  tableName: 'positions',
  properties: {
    route: p.enum(ROUTES).primary(),
    accountId: p.text().primary(),
    contractId: p.text().primary(),
    instrument: p.text(),
    brokerId: p.text(),
    direction: p.smallint().$type<Direction | 0>(),
    size: size(),
    /** In fractional ticks. */
    average: decimal(),
    openedAt: instant(),
    mark: price().strictNullable(),
    /** Gross, at the mark. */
    openProfit: money().strictNullable(),
    /** Best and worst excursion in ticks. */
    best: p.integer().strictNullable(),
    worst: p.integer().strictNullable(),
    decisionId: p.bigint('number').strictNullable(),
    ...shown(),
  },
  checks: [
    { name: 'positions_direction_check', expression: 'abs(direction) <= 1' },
    { name: 'positions_flat_check', expression: '(direction = 0) = (size = 0)' },
    { name: 'positions_size_check', expression: 'size >= 0' },
  ],
})

/** How the contracts of one position are covered. */
export const Protection = defineEntity({
  name: 'Protection',
  tableName: 'protection',
  properties: {
    route: p.enum(ROUTES).primary(),
    accountId: p.text().primary(),
    contractId: p.text().primary(),
    instrument: p.text(),
    /** State of the protection machine, e.g. `protected`. */
    phase: p.text(),
    text: p.text(),
    /** Id of the first trade after the last flat. */
    episode: p.text().strictNullable(),
    entry: decimal().strictNullable(),
    stop: price().strictNullable(),
    target: price().strictNullable(),
    stopOrderId: p.text().strictNullable(),
    targetOrderId: p.text().strictNullable(),
    covered: size(),
    size: size(),
    /** Channels that agree: `stream`, `rest`. */
    channels: texts(),
    provenAt: instant().strictNullable(),
    deadlineAt: instant().strictNullable(),
    ...shown(),
  },
  checks: [{ name: 'protection_covered_check', expression: 'covered >= 0 and size >= 0' }],
})
