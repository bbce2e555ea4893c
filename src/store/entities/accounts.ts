import { defineEntity, p } from '@mikro-orm/postgresql'
import { ROUTES, SIMULATED_ROUTES, epoch, instant, money, route, shown, texts } from './columns.ts'

/** A broker's account, or a sub-account of one: `parentName` and `subName` are read off its name. */
export const Account = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: {
    route: p.enum(ROUTES).primary(),
    /** The broker's id, as text. */
    id: p.text().primary(),
    name: p.text(),
    parentId: p.text().strictNullable(),
    parentName: p.text().strictNullable(),
    subName: p.text().strictNullable(),
    balance: money(),
    canTrade: p.boolean(),
    isVisible: p.boolean(),
    /** The broker's own mark. */
    isSimulated: p.boolean(),
    isActive: p.boolean().default(true),
    ...shown(),
    createdAt: instant().defaultRaw('clock_timestamp()'),
  },
})

/** The one session that a route has with its broker: sign-in and both hubs. */
export const BrokerSession = defineEntity({
  name: 'BrokerSession',
  tableName: 'broker_sessions',
  properties: {
    route: p.enum(ROUTES).primary(),
    signedInAt: instant().strictNullable(),
    tokenValidatedAt: instant().strictNullable(),
    tokenExpiresAt: instant().strictNullable(),
    userHub: p.text(),
    userHubSince: instant().strictNullable(),
    marketHub: p.text(),
    marketHubSince: instant().strictNullable(),
    resyncs: p.integer().default(0),
    lastFault: p.text().strictNullable(),
    ...shown(),
  },
})

const proofParts = () => ({
  accountId: p.text(),
  executorEpoch: epoch(),
  tokenValidatedAt: instant().strictNullable(),
  accountReadAt: instant().strictNullable(),
  streamAliveAt: instant().strictNullable(),
  accountsEqualAt: instant().strictNullable(),
  reconciledAt: instant().strictNullable(),
  /** Names of the parts that do not hold. */
  missing: texts(),
  verifiedAt: instant(),
  expiresAt: instant(),
  ...shown(),
})

/** Five proofs that only a broker can give. */
export const BrokerProof = defineEntity({
  name: 'BrokerProof',
  tableName: 'broker_proofs',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    route: p.enum(['broker'] as const),
    ...proofParts(),
  },
  uniques: [{ name: 'broker_proofs_one_an_epoch', properties: ['route', 'accountId', 'executorEpoch'] }],
  checks: [{ name: 'broker_proofs_expires_check', expression: 'expires_at >= verified_at' }],
})

/** What a simulated broker shows in their place. Its key is of another type: nothing that asks for a proof can take it. */
export const SimulatedProof = defineEntity({
  name: 'SimulatedProof',
  tableName: 'simulated_proofs',
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    route: p.enum(SIMULATED_ROUTES),
    ...proofParts(),
  },
  uniques: [{ name: 'simulated_proofs_one_an_epoch', properties: ['route', 'accountId', 'executorEpoch'] }],
  checks: [{ name: 'simulated_proofs_expires_check', expression: 'expires_at >= verified_at' }],
})

export const MODE_LABELS = ['PAPER SIM', 'RUNTIME SIM', 'BROKER-VERIFIED'] as const

/** Each change of the mode with its cause. The verified label stands on a broker's proof or not at all. */
export const ModeChange = defineEntity({
  name: 'ModeChange',
  tableName: 'mode_history',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    route: route(),
    accountId: p.text(),
    at: instant(),
    fromLabel: p.enum(MODE_LABELS).strictNullable(),
    toLabel: p.enum(MODE_LABELS),
    missing: texts(),
    cause: p.text(),
    brokerProof: () =>
      p
        .manyToOne(BrokerProof)
        .strictNullable()
        .deleteRule('no action')
        .foreignKeyName('mode_history_stands_on_a_proof'),
    ...shown(),
  },
  checks: [
    {
      name: 'mode_history_label_needs_proof',
      expression: "(to_label = 'BROKER-VERIFIED') = (broker_proof_id is not null)",
    },
    { name: 'mode_history_verified_route', expression: "to_label <> 'BROKER-VERIFIED' or route = 'broker'" },
  ],
  indexes: [{ name: 'mode_history_at', properties: ['at'] }],
})

/** The running number of executors: the highest of an account is the only one that may write orders. */
export const ExecutorEpoch = defineEntity({
  name: 'ExecutorEpoch',
  tableName: 'executor_epochs',
  properties: {
    epoch: p.bigint('number').primary().autoincrement(),
    route: route(),
    accountId: p.text(),
    holder: p.text(),
    startedAt: instant().defaultRaw('clock_timestamp()'),
  },
  indexes: [{ name: 'executor_epochs_of_account', properties: ['route', 'accountId', 'epoch'] }],
})
