import type * as Row from './rows.ts'
import type { Table } from './table.ts'

/*
 * The columns that are written and read. What the database fills by itself (its clock, the verdict of a decision,
 * the birth of an order) is in no list of an insert: the roles have no right to it.
 */

const SHOWN = ['source', 'asOf', 'state'] as const

export const ACCOUNT_WRITTEN = [
  'route',
  'id',
  'name',
  'parentId',
  'parentName',
  'subName',
  'balance',
  'canTrade',
  'isVisible',
  'isSimulated',
  ...SHOWN,
] as const
export const ACCOUNTS: Table<Row.AccountRow> = {
  name: 'accounts',
  columns: [...ACCOUNT_WRITTEN, 'isActive', 'createdAt'],
  instants: ['asOf', 'createdAt'],
}

export const BROKER_SESSIONS: Table<Row.BrokerSessionRow> = {
  name: 'broker_sessions',
  columns: [
    'route',
    'signedInAt',
    'tokenValidatedAt',
    'tokenExpiresAt',
    'userHub',
    'userHubSince',
    'marketHub',
    'marketHubSince',
    'resyncs',
    'lastFault',
    ...SHOWN,
  ],
  instants: ['signedInAt', 'tokenValidatedAt', 'tokenExpiresAt', 'userHubSince', 'marketHubSince', 'asOf'],
}

export const PROOF_WRITTEN = [
  'route',
  'accountId',
  'executorEpoch',
  'tokenValidatedAt',
  'accountReadAt',
  'streamAliveAt',
  'accountsEqualAt',
  'reconciledAt',
  'missing',
  'verifiedAt',
  'expiresAt',
  ...SHOWN,
] as const
const PROOF_INSTANTS = [
  'tokenValidatedAt',
  'accountReadAt',
  'streamAliveAt',
  'accountsEqualAt',
  'reconciledAt',
  'verifiedAt',
  'expiresAt',
  'asOf',
] as const
export const BROKER_PROOFS: Table<Row.BrokerProofRow> = {
  name: 'broker_proofs',
  columns: ['id', ...PROOF_WRITTEN],
  instants: PROOF_INSTANTS,
}
export const SIMULATED_PROOFS: Table<Row.SimulatedProofRow> = {
  name: 'simulated_proofs',
  columns: ['id', ...PROOF_WRITTEN],
  instants: PROOF_INSTANTS,
}

export const MODE_HISTORY: Table<Row.ModeChangeRow> = {
  name: 'mode_history',
  columns: [
    'id',
    'route',
    'accountId',
    'at',
    'fromLabel',
    'toLabel',
    'missing',
    'cause',
    'brokerProofId',
    ...SHOWN,
  ],
  instants: ['at', 'asOf'],
}

export const INSTRUMENTS: Table<Row.InstrumentRow> = {
  name: 'instruments',
  columns: [
    'root',
    'position',
    'symbolId',
    'description',
    'contractId',
    'contractName',
    'tickSize',
    'decimals',
    'tickValue',
    'checkedAt',
    'agreement',
    'disabledBecause',
    'lastDataAt',
    ...SHOWN,
  ],
  instants: ['checkedAt', 'lastDataAt', 'asOf'],
}

export const SIGNALS: Table<Row.SignalRow> = {
  name: 'signals',
  columns: [
    'id',
    'number',
    'instrument',
    'model',
    'timeframe',
    'direction',
    'knownAt',
    'validUntil',
    'entry',
    'stop',
    'targets',
    'score',
    'grade',
    'facts',
    'regime',
    'revision',
    ...SHOWN,
  ],
  instants: ['knownAt', 'validUntil', 'asOf'],
}

export const SCANNER_STATE: Table<Row.ScannerStateRow> = {
  name: 'scanner_state',
  columns: [
    'instrument',
    'last',
    'sessionOpen',
    'direction',
    'stage',
    'word',
    'text',
    'met',
    'of',
    'regime',
    'seq',
    ...SHOWN,
  ],
  instants: ['asOf'],
}

export const ACTOR_HEALTH: Table<Row.ActorHealthRow> = {
  name: 'actor_health',
  columns: [
    'path',
    'status',
    'epoch',
    'restarts',
    'lastFailure',
    'beatAt',
    'elu',
    'heapBytes',
    'depth',
    'dropped',
    'handledPerSecond',
    'handlerP95',
    ...SHOWN,
  ],
  instants: ['beatAt', 'asOf'],
}

export const SETTINGS: Table<Row.SettingRow> = {
  name: 'settings',
  columns: ['key', 'value', 'declaredBy', ...SHOWN],
  instants: ['asOf'],
}

export const STOP_LEVELS: Table<Row.StopLevelRow> = {
  name: 'stop_levels',
  columns: ['id', 'level', 'by', 'because', 'commandId', 'at'],
  instants: ['at'],
}
