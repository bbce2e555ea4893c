import type {
  BrokerAccount,
  BrokerOrder,
  BrokerPosition,
  BrokerTrade,
  EpochMs,
  Route,
} from '../domain/index.ts'
import { type Fault, type Result, failed, invariant, ok } from '../lib/index.ts'
import { type Claim, LOCK_SPACES, claimLock } from './claim.ts'
import * as Inputs from './executor-rows.ts'
import { any, done, guarded, map } from './faults.ts'
import { keepLatest } from './latest.ts'
import { type LifeFacts, openLives } from './lives.ts'
import * as Orders from './order-tables.ts'
import type * as Row from './rows.ts'
import { type Sql, openSql } from './sql.ts'
import { asParameter, insertInto, selectFrom, upsertInto } from './table.ts'
import * as Tables from './tables.ts'

type Written<T = void> = Promise<Result<T, Fault>>

/** The executor's side of the database: one route, durable commits, every statement within a second. */
export interface ExecutorStore {
  /** Refused while another executor of this account holds it. The claim dies with its connection. */
  claimExecutor(accountId: string): Promise<Result<Claim, Fault>>
  /** A new epoch of the account; writes of older ones are refused from now on. */
  nextExecutorEpoch(accountId: string, holder: string): Written<number>

  /** Durable when it answers. With an intent, which needs a decision that passed, both or neither. */
  recordDecision(
    decision: Inputs.NewDecision,
    intent?: Inputs.NewIntent,
  ): Written<{ id: number; name: string }>
  moveIntent(
    tag: string,
    from: Row.OrderLife,
    to: Row.OrderLife,
    facts: LifeFacts,
  ): Written<{ moved: boolean }>
  intentByTag(tag: string): Written<Row.IntentRow | undefined>
  /** Those whose life has not ended. */
  openIntents(accountId: string): Written<Row.IntentRow[]>
  intentsSince(accountId: string, since: EpochMs): Written<Row.IntentRow[]>

  recordReduction(reduction: Inputs.NewReduction): Written
  moveReduction(
    tag: string,
    from: Row.OrderLife,
    to: Row.OrderLife,
    facts: LifeFacts,
  ): Written<{ moved: boolean }>
  openReductions(accountId: string): Written<Row.ReductionRow[]>

  /** False when we know something newer: an older look, or an end that the order has already had. */
  upsertOrder(order: BrokerOrder, seen: Inputs.SeenOrder): Written<boolean>
  orders(accountId: string): Written<Row.OrderRow[]>
  /** True the first time that this trade is told; a voided trade is marked and stays. */
  recordFill(trade: BrokerTrade, seen: Inputs.SeenFill): Written<boolean>
  /** Of an ISO trade date, oldest first, voided ones left out. */
  fillsOfDay(accountId: string, tradingDay: string): Written<Row.FillRow[]>
  /** False when this run has saved one of a later moment. */
  savePosition(position: BrokerPosition, seen: Inputs.SeenPosition): Written<boolean>
  positions(accountId: string): Written<Row.PositionRow[]>
  saveProtection(protection: Omit<Row.ProtectionRow, 'route'>): Written<boolean>
  protection(accountId: string): Written<Row.ProtectionRow[]>

  /** Into the table of its kind, which is the route's: a simulated route cannot write a broker's proof. */
  saveProof(proof: Row.ProofParts): Written<{ id: number | string }>
  saveSession(session: Omit<Row.BrokerSessionRow, 'route'>): Written
  saveAccounts(accounts: readonly BrokerAccount[], seen: Row.Provenance): Written
  accounts(): Written<Row.AccountRow[]>

  stopLevel(): Written<Row.StopLevelRow | undefined>
  /** Up only: a level is lowered by a person, through the server. */
  raiseStopLevel(level: Omit<Row.StopLevelRow, 'id'>): Written
  settings(): Written<Row.SettingRow[]>

  close(): Promise<void>
}

export interface ExecutorStoreOptions {
  readonly route: Route
  /** Default 1,000: the limit of the order path. */
  readonly statementMsMax?: number
}

const STATEMENT_MS_MAX = 1_000
const CONNECTIONS = 3

const INSERT_DECISION = insertInto(Orders.DECISION_WRITTEN, Orders.DECISION_WRITTEN.columns, 'returning id')
const INSERT_INTENT = insertInto(Orders.INTENTS, Orders.INTENT_WRITTEN)
const INSERT_REDUCTION = insertInto(Orders.REDUCTIONS, Orders.REDUCTION_WRITTEN)
/** An order ends once: no later telling brings it back to life. */
const UPSERT_ORDER = upsertInto(Orders.ORDERS, {
  key: ['route', 'accountId', 'id'],
  when: `excluded.updated_at >= orders.updated_at and excluded.filled >= orders.filled
    and (orders.status not in ('filled', 'cancelled', 'expired', 'rejected') or excluded.status = orders.status)`,
})
const INSERT_FILL = insertInto(
  Orders.FILLS,
  Orders.FILLS.columns,
  'on conflict (route, account_id, id) do nothing returning id',
)
const VOID_FILL = {
  name: 'void fill',
  text: `update fills set is_voided = true
         where route = $1 and account_id = $2 and id = $3 and not is_voided`,
}
const OF_CONTRACT = ['route', 'accountId', 'contractId'] as const
const UPSERT_SESSION = upsertInto(Tables.BROKER_SESSIONS, { key: ['route'] })
const PROOF = {
  key: ['route', 'accountId', 'executorEpoch'],
  columns: Tables.PROOF_WRITTEN,
  returning: 'id',
} as const
const UPSERT_BROKER_PROOF = upsertInto(Tables.BROKER_PROOFS, PROOF)
const UPSERT_SIMULATED_PROOF = upsertInto(Tables.SIMULATED_PROOFS, PROOF)
const UPSERT_ACCOUNT = upsertInto(Tables.ACCOUNTS, { key: ['route', 'id'], columns: Tables.ACCOUNT_WRITTEN })
const INSERT_STOP = insertInto(
  Tables.STOP_LEVELS,
  ['level', 'by', 'because', 'commandId', 'at'],
  'on conflict (command_id) do nothing',
)

const OF_ACCOUNT = 'where route = $1 and account_id = $2'
const ORDERS_OF = selectFrom(Orders.ORDERS, 'of account', `${OF_ACCOUNT} order by created_at, id`)
const FILLS_OF_DAY = selectFrom(
  Orders.FILLS,
  'of day',
  `${OF_ACCOUNT} and trading_day = $3 and not is_voided order by at, id`,
)
const POSITIONS_OF = selectFrom(Orders.POSITIONS, 'of account', `${OF_ACCOUNT} order by contract_id`)
const PROTECTION_OF = selectFrom(Orders.PROTECTION, 'of account', `${OF_ACCOUNT} order by contract_id`)
const ACCOUNTS_OF = selectFrom(Tables.ACCOUNTS, 'of route', 'where route = $1 order by name')
const STOP_LEVEL = selectFrom(Tables.STOP_LEVELS, 'last', 'order by id desc limit 1')
const ALL_SETTINGS = selectFrom(Tables.SETTINGS, 'all', 'order by key')
const NEXT_EPOCH = {
  name: 'next epoch',
  text: 'insert into executor_epochs (route, account_id, holder) values ($1, $2, $3) returning epoch',
}

/** Opens the executor's store as the role of `url`. No query is sent yet. */
export function openExecutorStore(url: string, options: ExecutorStoreOptions): ExecutorStore {
  const { route } = options
  const sql = openSql(url, {
    name: 'kael executor',
    connections: CONNECTIONS,
    statementMsMax: options.statementMsMax ?? STATEMENT_MS_MAX,
    isDurable: true,
  })
  const positions = keepLatest(
    sql,
    Orders.POSITIONS,
    OF_CONTRACT,
    'positions.as_of is null or excluded.as_of >= positions.as_of',
  )
  const protection = keepLatest(
    sql,
    Orders.PROTECTION,
    OF_CONTRACT,
    'protection.as_of is null or excluded.as_of >= protection.as_of',
  )
  const intents = openLives(sql, Orders.INTENTS, route)
  const reductions = openLives(sql, Orders.REDUCTIONS, route)

  return {
    claimExecutor: (accountId) => claimExecutor(url, route, accountId),
    nextExecutorEpoch: async (accountId, holder) => {
      const reply = await sql.write<{ epoch: number }>(NEXT_EPOCH, [route, accountId, holder])
      return map(reply, ([row]) => row?.epoch ?? NaN)
    },

    recordDecision: (decision, intent) => recordDecision(sql, route, decision, intent),
    moveIntent: intents.move,
    intentByTag: intents.byTag,
    openIntents: intents.open,
    intentsSince: intents.since,

    recordReduction: ({ at, ...reduction }) =>
      done(
        sql.write(
          INSERT_REDUCTION,
          asParameter(Orders.REDUCTIONS, [{ ...reduction, route, intendedAt: at, movedAt: at }]),
        ),
      ),
    moveReduction: reductions.move,
    openReductions: reductions.open,

    upsertOrder: (order, seen) =>
      any(sql.write(UPSERT_ORDER, asParameter(Orders.ORDERS, [Inputs.orderRow(route, order, seen)]))),
    orders: (accountId) => sql.read(ORDERS_OF, [route, accountId]),
    recordFill: (trade, seen) => recordFill(sql, route, trade, seen),
    fillsOfDay: (accountId, tradingDay) => sql.read(FILLS_OF_DAY, [route, accountId, tradingDay]),
    savePosition: (position, seen) => isNews(positions.save([Inputs.positionRow(route, position, seen)])),
    positions: (accountId) => sql.read(POSITIONS_OF, [route, accountId]),
    saveProtection: (row) => isNews(protection.save([{ ...row, route }])),
    protection: (accountId) => sql.read(PROTECTION_OF, [route, accountId]),

    saveProof: (proof) => saveProof(sql, route, proof),
    saveSession: (session) =>
      done(sql.write(UPSERT_SESSION, asParameter(Tables.BROKER_SESSIONS, [{ ...session, route }]))),
    saveAccounts: (accounts, seen) =>
      done(
        sql.write(UPSERT_ACCOUNT, asParameter(Tables.ACCOUNTS, Inputs.accountRows(route, accounts, seen))),
      ),
    accounts: () => sql.read(ACCOUNTS_OF, [route]),

    stopLevel: async () => map(await sql.read<Row.StopLevelRow & object>(STOP_LEVEL), ([row]) => row),
    raiseStopLevel: (level) => done(sql.write(INSERT_STOP, asParameter(Tables.STOP_LEVELS, [level]))),
    settings: () => sql.read(ALL_SETTINGS),

    close: () => sql.close(),
  }
}

async function isNews(count: Promise<Result<number, Fault>>): Promise<Result<boolean, Fault>> {
  return map(await count, (rows) => rows > 0)
}

async function claimExecutor(url: string, route: Route, accountId: string): Promise<Result<Claim, Fault>> {
  const claim = await guarded(() => claimLock(url, LOCK_SPACES.executor, `${route}/${accountId}`), false)
  if (!claim.ok) return claim
  if (typeof claim.value !== 'string') return ok(claim.value)
  const detail = `account ${accountId} on route ${route} has an executor already (${claim.value})`
  return failed({ code: 'REFUSED', retry: 'safe', detail })
}

function recordDecision(
  sql: Sql,
  route: Route,
  decision: Inputs.NewDecision,
  intent: Inputs.NewIntent | undefined,
): Promise<Result<{ id: number; name: string }, Fault>> {
  const row = Inputs.decisionRow(route, decision)
  return sql.transaction(async (session) => {
    const [written] = await session.rows<{ id: number }>(
      INSERT_DECISION,
      asParameter(Orders.DECISION_WRITTEN, [row]),
    )
    const id = written?.id ?? NaN
    invariant(Number.isSafeInteger(id), 'a decision that was written has a number')
    if (intent !== undefined)
      await session.rows(INSERT_INTENT, asParameter(Orders.INTENTS, [Inputs.intentRow(row, id, intent)]))
    return { id, name: `G-${id}` }
  })
}

async function recordFill(
  sql: Sql,
  route: Route,
  trade: BrokerTrade,
  seen: Inputs.SeenFill,
): Promise<Result<boolean, Fault>> {
  const row = Inputs.fillRow(route, trade, seen)
  const inserted = await any(sql.write(INSERT_FILL, asParameter(Orders.FILLS, [row])))
  if (!inserted.ok || inserted.value || !trade.isVoided) return inserted
  return map(await sql.write(VOID_FILL, [route, trade.accountId, trade.id]), () => false)
}

async function saveProof(
  sql: Sql,
  route: Route,
  proof: Row.ProofParts,
): Promise<Result<{ id: number | string }, Fault>> {
  const reply =
    route === 'broker'
      ? await sql.write<{ id: number }>(
          UPSERT_BROKER_PROOF,
          asParameter(Tables.BROKER_PROOFS, [{ ...proof, route }]),
        )
      : await sql.write<{ id: string }>(
          UPSERT_SIMULATED_PROOF,
          asParameter(Tables.SIMULATED_PROOFS, [{ ...proof, route }]),
        )
  if (!reply.ok) return reply
  const id = reply.value[0]?.id
  invariant(id !== undefined, 'a proof that was written has an id')
  return ok({ id })
}
