import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contracts, usd } from '../../src/domain/index.ts'
import {
  type ExecutorStore,
  type ServerStore,
  openExecutorStore,
  openServerStore,
} from '../../src/store/index.ts'
import { type TestServer, asUser, startTestServer } from '../support/postgres.ts'
import { faultOf, valueOf } from '../support/results.ts'
import {
  ACCOUNT,
  CONTRACT,
  NOON,
  aDecision,
  aPosition,
  aTrade,
  anOrder,
  at,
  phases,
  seen,
} from '../support/rows.ts'

let server: TestServer
let ownerUrl: string
let executor: ExecutorStore
let store: ServerStore
let epoch: number

beforeAll(async () => {
  server = await startTestServer()
  const urls = await server.freshDatabase()
  ownerUrl = urls.ownerUrl
  executor = openExecutorStore(urls.executorUrl, { route: 'gateway-sim' })
  store = await openServerStore(urls.serverUrl)
  epoch = await valueOf(executor.nextExecutorEpoch(ACCOUNT, 'test'))
})
afterAll(async () => {
  await executor.close()
  await store.close()
  await server.stop()
})

describe('the ledger', () => {
  test('says of each decision what became of it: permitted, denied, or permitted and never sent', async () => {
    await valueOf(executor.recordDecision(aDecision({ epoch, tag: 'k-sent' }), { type: 'limit', at: NOON }))
    await valueOf(executor.moveIntent('k-sent', 'intent', 'sent', { at: at(1) }))
    await valueOf(
      executor.recordDecision(aDecision({ epoch, phases: phases({ phase: 4, code: 'REGIME_NOT_ALLOWED' }) })),
    )
    await valueOf(
      executor.recordDecision(aDecision({ epoch, tag: 'k-expired' }), { type: 'limit', at: NOON }),
    )
    await valueOf(
      executor.moveIntent('k-expired', 'intent', 'absent', { at: at(2), reason: 'unused for 2.0 s' }),
    )

    const rows = await valueOf(store.decisions({ route: 'gateway-sim' }, 10))

    expect(rows.map((each) => [each.verdict, each.code, each.intent?.reason ?? null])).toEqual([
      ['EXPIRED', null, 'unused for 2.0 s'],
      ['DENIED', 'REGIME_NOT_ALLOWED', null],
      ['PERMITTED', null, null],
    ])
  })

  test('is read by the page: each page goes on below the last number of the one before', async () => {
    for (let i = 0; i < 5; i++) await valueOf(executor.recordDecision(aDecision({ epoch })))

    const first = await valueOf(store.decisions({ route: 'gateway-sim' }, 3))
    const second = await valueOf(store.decisions({ route: 'gateway-sim', before: first.at(-1)!.id }, 3))

    const ids = [...first, ...second].map((each) => each.id)
    expect(ids).toEqual(ids.toSorted((a, b) => b - a))
    expect(new Set(ids).size).toBe(6)
  })

  test('can be asked for one phase, one verdict, one instrument', async () => {
    const asked = await valueOf(
      store.decisions({ route: 'gateway-sim', failedPhase: 4, verdict: 'DENIED', instrument: 'MNQ' }, 10),
    )

    expect(asked.map((each) => each.failedPhase)).toEqual([4])
    expect(await valueOf(store.decisions({ route: 'gateway-sim', instrument: 'ES' }, 10))).toEqual([])
  })

  test('never mixes routes', async () => {
    expect(await valueOf(store.decisions({ route: 'broker' }, 10))).toEqual([])
  })

  test('crosses threads as plain data, with instants as numbers and money as whole micro-dollars', async () => {
    const [row] = await valueOf(store.decisions({ route: 'gateway-sim' }, 1))

    const copy = structuredClone(row)

    expect(copy).toEqual(row)
    expect([typeof copy?.asOf, typeof copy?.decidedAt, copy?.risk]).toEqual(['number', 'number', 119_440_000])
    expect(await valueOf(store.decision(copy!.id))).toEqual(copy)
    expect(await valueOf(store.decision(999_999))).toBeUndefined()
  })
})

describe('what is open', () => {
  test('orders, fills, positions and accounts come with source, moment and state', async () => {
    const account = {
      id: ACCOUNT,
      name: '50KTC-V2-1-2',
      balance: usd(50_000_000_000),
      canTrade: true,
      isVisible: true,
      isSimulated: true,
    }
    await valueOf(executor.saveAccounts([account], seen({ source: 'gateway-sim.rest' })))
    await valueOf(executor.upsertOrder(anOrder(), { ...seen(), instrument: 'MNQ', role: 'entry' }))
    await valueOf(executor.recordFill(aTrade(), { ...seen(), instrument: 'MNQ', epoch }))
    const unmarked = {
      instrument: 'MNQ',
      mark: null,
      openProfit: null,
      best: null,
      worst: null,
      decisionId: 1,
    }
    await valueOf(executor.savePosition(aPosition(), { ...seen(), ...unmarked }))

    const rows = [
      ...(await valueOf(store.accounts())),
      ...(await valueOf(store.orders('gateway-sim', 10))),
      ...(await valueOf(store.fills('gateway-sim', '2026-03-10', 10))),
      ...(await valueOf(store.positions('gateway-sim'))),
    ]

    expect(rows).toHaveLength(4)
    for (const row of rows)
      expect(row).toMatchObject({
        asOf: NOON,
        state: 'current',
        source: expect.stringContaining('gateway-sim'),
      })
  })

  test('a position that is flat again is no open position', async () => {
    const flat = {
      ...seen({ asOf: at(5) }),
      instrument: 'MNQ',
      mark: null,
      openProfit: null,
      best: null,
      worst: null,
      decisionId: null,
    }
    await valueOf(executor.savePosition(aPosition({ direction: 0, size: contracts(0) }), flat))

    expect(await valueOf(store.positions('gateway-sim'))).toEqual([])
  })

  test('fills of another trading day are asked for by their day', async () => {
    await valueOf(
      executor.recordFill(aTrade({ id: 'later', at: at(86_400) }), { ...seen(), instrument: 'MNQ', epoch }),
    )

    expect((await valueOf(store.fills('gateway-sim', '2026-03-11', 10))).map((each) => each.id)).toEqual([
      'later',
    ])
    expect((await valueOf(store.fills('gateway-sim', undefined, 10))).map((each) => each.id)).toEqual([
      'later',
      '88010001',
    ])
  })

  test('the session with the broker is one row a route', async () => {
    const session = {
      ...seen({ source: 'gateway-sim.rest' }),
      signedInAt: NOON,
      tokenValidatedAt: NOON,
      tokenExpiresAt: at(86_400),
      userHub: 'up',
      userHubSince: NOON,
      marketHub: 'resyncing',
      marketHubSince: at(3),
      resyncs: 1,
      lastFault: null,
    }
    await valueOf(executor.saveSession(session))
    await valueOf(executor.saveSession({ ...session, marketHub: 'up', resyncs: 2 }))

    expect(await valueOf(store.brokerSessions())).toEqual([
      { ...session, route: 'gateway-sim', marketHub: 'up', resyncs: 2 },
    ])
  })

  test('protection of a contract is found with its position', async () => {
    const row = {
      ...seen(),
      accountId: ACCOUNT,
      contractId: CONTRACT,
      instrument: 'MNQ',
      phase: 'unprotected',
      text: 'FILLED, STOP NOT PROVEN',
      episode: '88010001',
      entry: null,
      stop: null,
      target: null,
      stopOrderId: null,
      targetOrderId: null,
      covered: 0,
      size: 2,
      channels: [],
      provenAt: null,
      deadlineAt: at(3),
    }
    await valueOf(executor.saveProtection(row))

    expect(await valueOf(store.protection('gateway-sim'))).toEqual([{ ...row, route: 'gateway-sim' }])
  })
})

const level = (level: 0 | 1 | 2 | 3, commandId: string) => ({
  level,
  by: 'ann',
  because: 'lunch',
  commandId,
  at: NOON,
})

describe('stop levels and settings', () => {
  test('a stop command is carried out once, however often it arrives', async () => {
    const answers = [
      await valueOf(store.setStopLevel(level(1, 'c-1'))),
      await valueOf(store.setStopLevel(level(1, 'c-1'))),
    ]

    expect(answers).toEqual([true, false])
    expect(await valueOf(store.stopLevel())).toMatchObject(level(1, 'c-1'))
  })

  test('the executor finds the level that a person set, also after a restart', async () => {
    await valueOf(store.setStopLevel(level(3, 'c-2')))

    expect(await valueOf(executor.stopLevel())).toMatchObject({ level: 3, by: 'ann' })
  })

  test('a person lowers the level again', async () => {
    await valueOf(store.setStopLevel(level(0, 'c-3')))

    expect(await valueOf(store.stopLevel())).toMatchObject({ level: 0 })
  })

  test('there is no level beyond 3', async () => {
    // @ts-expect-error A level is 0, 1, 2 or 3.
    expect((await faultOf(store.setStopLevel(level(4, 'c-4')))).code).toBe('REFUSED')
  })

  test('a declared value is kept with who declared it and when', async () => {
    const floor = {
      ...seen({ source: 'operator', state: 'declared' }),
      key: 'floor',
      value: 48_000_000_000,
      declaredBy: 'ann',
    }
    await valueOf(store.saveSetting(floor))
    await valueOf(store.saveSetting({ ...floor, value: 48_500_000_000 }))

    expect(await valueOf(store.settings())).toEqual([{ ...floor, value: 48_500_000_000 }])
    expect(await valueOf(executor.settings())).toEqual([{ ...floor, value: 48_500_000_000 }])
  })
})

const token = (n: number) => String(n).padStart(64, '0')

describe('people', () => {
  const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'

  test('a name is one user, in whatever case it is typed', async () => {
    await valueOf(store.addUser({ name: 'Ann', passwordHash: HASH, role: 'operator', at: NOON }))

    expect(
      (await faultOf(store.addUser({ name: 'ANN', passwordHash: HASH, role: 'viewer', at: NOON }))).code,
    ).toBe('REFUSED')
    expect(await valueOf(store.userForSignIn('aNN'))).toMatchObject({
      user: { name: 'ann', role: 'operator' },
      passwordHash: HASH,
    })
  })

  test('a password is kept as argon2id or not at all', async () => {
    const fault = await faultOf(
      store.addUser({ name: 'bob', passwordHash: 'hunter2', role: 'viewer', at: NOON }),
    )

    expect(fault.detail).toContain('users_hash_check')
    expect(fault.detail).not.toContain('hunter2')
  })

  test('lists of users are without their hashes', async () => {
    const users = await valueOf(store.users())

    expect(users.map((each) => Object.keys(each).sort())).toEqual([
      ['createdAt', 'id', 'name', 'role', 'updatedAt'],
    ])
  })

  test('a session is good until it expires, and not at that instant', async () => {
    const [ann] = await valueOf(store.users())
    await valueOf(
      store.addSession({
        tokenHash: token(1),
        userId: ann!.id,
        at: NOON,
        expiresAt: at(100),
        address: '127.0.0.1',
      }),
    )

    expect(await valueOf(store.session(token(1), at(99)))).toMatchObject({
      user: { name: 'ann' },
      // As it was seen before this look: otherwise nobody would ever be idle.
      lastSeenAt: NOON,
    })
    expect(await valueOf(store.session(token(1), at(100)))).toBeUndefined()
    expect(await valueOf(store.session(token(2), at(1)))).toBeUndefined()
  })

  test('each look tells when the session was seen before it', async () => {
    const [ann] = await valueOf(store.users())
    const session = { userId: ann!.id, at: NOON, expiresAt: at(1_000_000), address: '127.0.0.1' }
    await valueOf(store.addSession({ ...session, tokenHash: token(7) }))

    await valueOf(store.session(token(7), at(60_000)))
    expect(await valueOf(store.session(token(7), at(120_000)))).toMatchObject({ lastSeenAt: at(60_000) })
  })

  test('a token itself is never kept: what is no SHA-256 is refused', async () => {
    const [ann] = await valueOf(store.users())
    const session = {
      tokenHash: 'the-token-itself',
      userId: ann!.id,
      at: NOON,
      expiresAt: at(1),
      address: '',
    }

    expect((await faultOf(store.addSession(session))).code).toBe('REFUSED')
  })

  test('signing out ends one session, a new password all of them', async () => {
    const [ann] = await valueOf(store.users())
    for (const n of [3, 4, 5])
      await valueOf(
        store.addSession({ tokenHash: token(n), userId: ann!.id, at: NOON, expiresAt: at(100), address: '' }),
      )

    expect(await valueOf(store.endSession(token(3)))).toBe(true)
    expect(await valueOf(store.session(token(4), at(1)))).toBeDefined()
    expect(await valueOf(store.setPassword('ann', `${HASH}2`, at(2)))).toBe(true)
    expect(await valueOf(store.session(token(4), at(3)))).toBeUndefined()
    expect(await valueOf(store.setPassword('nobody', HASH, at(2)))).toBe(false)
  })

  test('expired sessions are swept and others stay', async () => {
    const [ann] = await valueOf(store.users())
    for (const [n, end] of [
      [6, 10],
      [7, 20],
    ] as const)
      await valueOf(
        store.addSession({ tokenHash: token(n), userId: ann!.id, at: NOON, expiresAt: at(end), address: '' }),
      )

    expect(await valueOf(store.removeExpiredSessions(at(10)))).toBe(1)
    expect(await valueOf(store.endSessionsOf(ann!.id))).toBe(1)
  })

  test('a command is recorded once, with who and when, and found by its id', async () => {
    const record = {
      at: NOON,
      who: 'ann',
      what: 'stop',
      outcome: 'accepted',
      details: { level: 1 },
      commandId: 'cmd-1',
    }

    expect(await valueOf(store.recordAudit(record))).toBe(true)
    expect(await valueOf(store.recordAudit({ ...record, who: 'eve' }))).toBe(false)
    expect(await valueOf(store.auditOfCommand('cmd-1'))).toMatchObject(record)
    await valueOf(store.recordAudit({ ...record, commandId: null, what: 'sign in' }))
    expect((await valueOf(store.audit(10))).map((each) => each.what)).toEqual(['sign in', 'stop'])
  })
})

describe('trouble', () => {
  test('a connection that was cut is a fault at most once, and then there is a new one', async () => {
    await valueOf(store.ping())
    await asUser(ownerUrl, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename in ('kael_server', 'kael_executor')`,
      ),
    )

    const answers = [await store.ping(), await executor.stopLevel()]

    const told = answers.map((each) => (each.ok ? 'answered' : `${each.error.code} ${each.error.retry}`))
    expect(told.filter((each) => each !== 'answered' && each !== 'DISCONNECTED safe')).toEqual([])
    expect((await store.ping()).ok && (await executor.stopLevel()).ok).toBe(true)
  })

  test('a statement of the executor that waits longer than its second is given up, and nothing of it stays', async () => {
    const client = await asUser(ownerUrl, async (locker) => {
      await locker.query('begin; lock table decisions in access exclusive mode')
      const from = performance.now()
      const fault = await faultOf(
        executor.recordDecision(aDecision({ epoch, tag: 'k-slow' }), { type: 'limit', at: NOON }),
      )
      return { fault, ms: performance.now() - from }
    })

    expect(client.fault).toMatchObject({ code: 'TIMEOUT', retry: 'safe' })
    expect(client.ms).toBeLessThan(1_500)
    expect(await valueOf(executor.intentByTag('k-slow'))).toBeUndefined()
  })

  test('a server that is not there is a fault that says so, for a write one that asks to look again first', async () => {
    const nowhere = openExecutorStore('postgresql://x:y@127.0.0.1:1/none', { route: 'gateway-sim' })

    expect(await faultOf(nowhere.stopLevel())).toMatchObject({ code: 'DISCONNECTED', retry: 'safe' })
    expect(await faultOf(nowhere.nextExecutorEpoch(ACCOUNT, 'x'))).toMatchObject({
      code: 'DISCONNECTED',
      retry: 'afterReconcile',
    })
    await nowhere.close()
  })
})
