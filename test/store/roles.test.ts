import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExecutorStore } from '../../src/store/index.ts'
import { type TestServer, asUser, startTestServer } from '../support/postgres.ts'
import { valueOf } from '../support/results.ts'
import { ACCOUNT, NOON, aDecision, seen } from '../support/rows.ts'
import { usd } from '../../src/domain/index.ts'

let server: TestServer
let urls: Record<'owner' | 'executor' | 'journal' | 'server', string>

const HASH = 'ab'.repeat(32)

beforeAll(async () => {
  server = await startTestServer()
  const { ownerUrl, executorUrl, journalUrl, serverUrl } = await server.freshDatabase()
  urls = { owner: ownerUrl, executor: executorUrl, journal: journalUrl, server: serverUrl }
  const store = openExecutorStore(executorUrl, { route: 'gateway-sim' })
  const account = {
    id: ACCOUNT,
    name: 'A',
    balance: usd(1),
    canTrade: true,
    isVisible: true,
    isSimulated: true,
  }
  await valueOf(store.saveAccounts([account], seen()))
  await valueOf(store.nextExecutorEpoch(ACCOUNT, 'test'))
  await valueOf(store.recordDecision(aDecision({ tag: 'k-1' }), { type: 'limit', at: NOON }))
  // The second has no intent yet: what follows tries to put a wrong one on it.
  await valueOf(store.recordDecision(aDecision({ tag: 'k-2' })))
  await valueOf(store.nextExecutorEpoch('2', 'another account'))
  await store.close()
  const broker = openExecutorStore(executorUrl, { route: 'broker' })
  await valueOf(broker.nextExecutorEpoch(ACCOUNT, 'another route'))
  await broker.close()
})
afterAll(() => server.stop())

/** The one line with which the database refused, or undefined when it did as told. */
function attempt(role: keyof typeof urls, sql: string): Promise<string | undefined> {
  return asUser(urls[role], (client) =>
    client.query(sql).then(
      () => undefined,
      (error: Error) => error.message,
    ),
  )
}

const DECISION_COLUMNS =
  'route, account_id, epoch, mode, signal_id, instrument, side, size, entry, stop, target, tag, order_hash, risk,' +
  ' p1, p2, p3, p4, p5, failed_phase, code, text, phases, inputs, facts, config_hash, state_version, source, state'
const decisionValues = (
  overrides: { tag?: string; risk?: string; p3?: string; epoch?: string; failed?: string } = {},
) =>
  `'gateway-sim', '${ACCOUNT}', ${overrides.epoch ?? '1'}, 'RUNTIME SIM', 's', 'MNQ', 'buy', 1, 1, 0, 2,` +
  ` '${overrides.tag ?? 'k-x'}', '${HASH}', ${overrides.risk ?? '1'}, true, true, ${overrides.p3 ?? 'true'}, true, true,` +
  ` ${overrides.failed ?? 'null, null'}, '', '[]', '{}', '[]', '', 0, 'x', 'current'`
const decision = (overrides = {}, extra = '', value = '') =>
  `insert into decisions (${DECISION_COLUMNS}${extra}) values (${decisionValues(overrides)}${value})`

const INTENT_COLUMNS =
  'tag, decision_id, route, account_id, epoch, order_hash, contract_id, instrument, side, type, size, entry, stop,' +
  ' target, risk, intended_at, moved_at'
const intentOf = (
  overrides: {
    tag?: string
    id?: string
    account?: string
    route?: string
    hash?: string
    epoch?: string
  } = {},
) =>
  `insert into intents (${INTENT_COLUMNS}) values ('${overrides.tag ?? 'k-1'}', ${overrides.id ?? '1'},` +
  ` '${overrides.route ?? 'gateway-sim'}', '${overrides.account ?? ACCOUNT}', ${overrides.epoch ?? '1'},` +
  ` '${overrides.hash ?? HASH}', 'c', 'MNQ', 'buy', 'limit', 1, 1, 0, 2, 1, now(), now())`

/** What is tried, how, and for which reason it fails; without one for want of the right. */
type Attack = [what: string, sql: string, why?: RegExp]
const DENIED = /^permission denied/
const STANDS = /intents_stand_on_a_passed_decision/

describe('the executor role', () => {
  test.each<Attack>([
    ['an intent without a decision', intentOf({ tag: 'k-none', id: '999' }), STANDS],
    ['an intent under another tag than its decision', intentOf({ tag: 'k-other', id: '2' }), STANDS],
    [
      'an intent for another account than its decision',
      intentOf({ tag: 'k-2', id: '2', account: '2', epoch: '2' }),
      STANDS,
    ],
    [
      'an intent for another route than its decision',
      intentOf({ tag: 'k-2', id: '2', route: 'broker', epoch: '3' }),
      STANDS,
    ],
    [
      'an intent for another order than its decision',
      intentOf({ tag: 'k-2', id: '2', hash: 'cd'.repeat(32) }),
      STANDS,
    ],
    ['a second intent on one decision', intentOf(), /intents_one_a_decision|intents_pkey/],
    [
      'a decision that says itself that it passed',
      decision({}, ', passed', ', true'),
      /non-DEFAULT value into column "passed"/,
    ],
    ['a decision dated by hand', decision({}, ', decided_at', ", now() + interval '1 day'")],
    ['a decision with its own number', decision({}, ', id', ', 7')],
    ['a passing decision above the cap', decision({ risk: '120000001' }), /decisions_risk_cap/],
    ['a passing decision without risk', decision({ risk: 'null' }), /decisions_passed_is_whole/],
    ['a passing decision with negative risk', decision({ risk: '-1' }), /decisions_risk_cap/],
    ['a decision with an unknown phase', decision({ p3: 'null' }), /null value in column "p3"/],
    ['a failed decision that names no phase', decision({ p3: 'false' }), /decisions_passed_is_whole/],
    [
      'a decision of an epoch that is not the current one',
      decision({ epoch: '77' }),
      /but the current epoch of account .* is 1/,
    ],
    ['a decision that is edited', "update decisions set risk = 1 where tag = 'k-1'"],
    ['a decision that is deleted', 'delete from decisions'],
    ['a table that is emptied', 'truncate decisions, intents'],
    [
      'an intent that is born as sent',
      intentOf({ tag: 'k-born' }).replace('moved_at)', 'moved_at, life)').replace(/\)$/, ", 'sent')"),
    ],
    [
      'an intent with its own passed flag',
      intentOf({ tag: 'k-flag' }).replace('moved_at)', 'moved_at, gate_passed)').replace(/\)$/, ', true)'),
    ],
    ['an intent under a new tag', "update intents set tag = 'k-2'"],
    ['an intent with a new size', 'update intents set size = 9'],
    ['an intent of a new epoch', 'update intents set epoch = 2'],
    ['an intent that is deleted', 'delete from intents'],
    ['an intent by upsert', `${intentOf()} on conflict (tag) do update set size = 9`],
    ['an intent by COPY', `copy intents (${INTENT_COLUMNS}) from program 'true'`],
    ['a trigger that is switched off', 'alter table intents disable trigger all', /must be owner/],
    ['triggers that are skipped', "set session_replication_role = 'replica'"],
    ['a rule of its own', 'create rule r as on delete to intents do instead nothing', /must be owner/],
    [
      'a trigger function of its own',
      'create or replace function guard_life() returns trigger language plpgsql as $$ begin return new; end $$',
    ],
    ['a table of its own', 'create table decisions2 (id int)'],
    ['a temporary table in the way', 'create temporary table decisions (id int)'],
    ['a counter that is set back', "select setval('decisions_id_seq', 1)"],
    ['a lock function called by hand', 'select guard_life()'],
    ['an account that is switched on', 'update accounts set is_active = true'],
    ['a fill with another price', 'update fills set price = 1'],
    ['a stop level that is changed', 'update stop_levels set level = 0'],
    [
      'an epoch with its own number',
      "insert into executor_epochs (epoch, route, account_id, holder) values (99, 'gateway-sim', 'x', 'y')",
    ],
    ['a password', 'select password_hash from users'],
    ['a session', 'select * from sessions'],
    ['the audit', 'select * from audit'],
    ['another role', 'set role kael_owner'],
  ])('is refused: %s', async (_what, sql, why = DENIED) => {
    expect(await attempt('executor', sql)).toMatch(why)
  })

  test('may write a passing decision as the gate does: the attacks above fail for their own reason', async () => {
    expect(await attempt('executor', decision({ tag: 'k-good', risk: '120000000' }))).toBeUndefined()
    expect(
      await attempt('executor', decision({ tag: 'k-denied', p3: 'false', failed: "3, 'DAY_LOSS'" })),
    ).toBeUndefined()
  })
})

describe('the journal role', () => {
  test.each<Attack>([
    ['a decision', decision()],
    ['an intent', intentOf()],
    ['an order', 'delete from orders'],
    ['a fill', 'select * from fills'],
    ['a proof', "update broker_proofs set expires_at = now() + interval '1 hour'"],
    ['a setting', 'select * from settings'],
    [
      'a stop level',
      "insert into stop_levels (level, by, because, command_id, at) values (0, 'x', 'x', 'x', now())",
    ],
    ['a user', 'select * from users'],
    ['a signal that is changed', 'update signals set score = 100'],
    ['mode history that is changed', "update mode_history set cause = 'x'"],
    [
      'the verified label without a proof',
      `insert into mode_history (route, account_id, at, to_label, missing, cause, source, state)
       values ('broker', '1', now(), 'BROKER-VERIFIED', '{}', 'x', 'x', 'current')`,
      /needs a whole broker proof/,
    ],
    [
      'the verified label on a simulated route',
      `insert into mode_history (route, account_id, at, to_label, missing, cause, broker_proof_id, source, state)
       values ('gateway-sim', '1', now(), 'BROKER-VERIFIED', '{}', 'x', 1, 'x', 'current')`,
      /needs a whole broker proof/,
    ],
  ])('is refused: %s', async (_what, sql, why = DENIED) => {
    expect(await attempt('journal', sql)).toMatch(why)
  })
})

describe('the server role', () => {
  test.each<Attack>([
    ['a decision', decision()],
    ['an intent', intentOf()],
    ['an intent that moves', "update intents set life = 'sent'"],
    ['an order', "update orders set status = 'cancelled'"],
    ['a fill', 'delete from fills'],
    ['a position', 'update positions set size = 0, direction = 0'],
    ['a proof', 'delete from broker_proofs'],
    ['an epoch', "insert into executor_epochs (route, account_id, holder) values ('gateway-sim', '1', 'x')"],
    ['audit that is changed', "update audit set who = 'nobody'"],
    ['audit that is deleted', 'delete from audit'],
    ['an account', 'update accounts set can_trade = true'],
    ['a scanner row', "update scanner_state set word = 'x'"],
  ])('is refused: %s', async (_what, sql) => {
    expect(await attempt('server', sql)).toMatch(DENIED)
  })

  test('reads every table that a screen shows', async () => {
    const tables = await asUser(urls.owner, (client) =>
      client.query<{ name: string }>(
        "select table_name as name from information_schema.columns where column_name = 'as_of' and table_schema = 'public'",
      ),
    )

    const refused = []
    for (const { name } of tables.rows)
      refused.push(
        ...[await attempt('server', `select * from ${name} limit 1`)].filter((each) => each !== undefined),
      )
    expect(refused).toEqual([])
    expect(tables.rows.length).toBeGreaterThanOrEqual(14)
  })
})

describe('the owner', () => {
  test('is no runtime role: none of the three owns a table or may act as the owner', async () => {
    const reply = await asUser(urls.owner, (client) =>
      client.query(
        `select rolname from pg_roles r where rolname like 'kael\\_%' and rolname <> 'kael_owner' and (
           rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication
           or exists (select from pg_class c where c.relowner = r.oid)
           or exists (select from pg_auth_members m where m.member = r.oid))`,
      ),
    )
    expect(reply.rows).toEqual([])
  })

  test('himself cannot rewrite what was decided, only a migration can', async () => {
    expect(await attempt('owner', 'update decisions set risk = 1')).toContain(
      'its rows stay as they were written',
    )
    expect(await attempt('owner', 'delete from intents')).toContain('its rows stay as they were written')
    expect(await attempt('owner', 'truncate audit')).toContain('is refused')
  })
})

const change = (at: string) => `insert into mode_history
  (route, account_id, at, to_label, missing, cause, broker_proof_id, source, state)
  values ('broker', '${ACCOUNT}', '${at}', 'BROKER-VERIFIED', '{}', 'all five checks',
    (select max(id) from broker_proofs), 'mode', 'current')`

const proof = (account: string, missing: string) => `insert into broker_proofs
  (route, account_id, executor_epoch, missing, verified_at, expires_at, source, state)
  values ('broker', '${account}', 1, '${missing}', '2026-03-10T16:00:00Z', '2026-03-10T16:00:05Z', 'broker', 'current')
  on conflict (route, account_id, executor_epoch) do update set missing = excluded.missing`

describe('the verified label', () => {
  test('holds while the broker proof holds, and not a moment longer', async () => {
    expect(await attempt('executor', proof(ACCOUNT, '{}'))).toBeUndefined()

    expect(await attempt('journal', change('2026-03-10T16:00:04.999Z'))).toBeUndefined()
    expect(await attempt('journal', change('2026-03-10T16:00:05Z'))).toContain('needs a whole broker proof')
    expect(await attempt('journal', change('2026-03-10T15:59:59Z'))).toContain('needs a whole broker proof')
  })

  test('needs all five parts: one that is missing takes it away', async () => {
    await attempt('executor', proof(ACCOUNT, '{user stream}'))

    expect(await attempt('journal', change('2026-03-10T16:00:01Z'))).toContain('needs a whole broker proof')
  })

  test('stands on a proof of the same account', async () => {
    await attempt('executor', proof('999', '{}'))

    expect(await attempt('journal', change('2026-03-10T16:00:01Z'))).toContain(`of account ${ACCOUNT}`)
  })

  test('cannot stand on a simulated proof: its key is of another type', async () => {
    const types = await asUser(urls.owner, (client) =>
      client.query<{ type: string }>(
        `select data_type as type from information_schema.columns where column_name = 'id'
         and table_name in ('broker_proofs', 'simulated_proofs') order by table_name`,
      ),
    )
    expect(types.rows.map((each) => each.type)).toEqual(['bigint', 'uuid'])
  })
})
