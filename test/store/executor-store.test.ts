import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { contracts, ticks, usd } from '../../src/domain/index.ts'
import { ORDER_STATES, TRANSITIONS } from '../../src/execution/order-state.ts'
import {
  type ExecutorStore,
  type NewReduction,
  type OrderLife,
  openExecutorStore,
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
let executorUrl: string
let store: ExecutorStore
let epoch: number

beforeAll(async () => {
  server = await startTestServer()
  ;({ ownerUrl, executorUrl } = await server.freshDatabase())
  store = openExecutorStore(executorUrl, { route: 'gateway-sim' })
})
afterAll(async () => {
  await store.close()
  await server.stop()
})
beforeEach(async () => {
  epoch = await valueOf(store.nextExecutorEpoch(ACCOUNT, 'test'))
})

const intent = { type: 'limit', at: NOON } as const
const seenOrder = { ...seen(), instrument: 'MNQ', role: 'entry' } as const
const seenFill = () => ({ ...seen(), instrument: 'MNQ', epoch })
const seenPosition = {
  ...seen(),
  instrument: 'MNQ',
  mark: null,
  openProfit: null,
  best: null,
  worst: null,
  decisionId: null,
}

async function anIntent(tag: string): Promise<string> {
  await valueOf(store.recordDecision(aDecision({ epoch, tag }), intent))
  return tag
}

describe('decisions', () => {
  test('a permitted decision and its intent are durable together, and the decision has a number that people can say', async () => {
    const { id, name } = await valueOf(store.recordDecision(aDecision({ epoch, tag: 'k-together' }), intent))

    expect(name).toBe(`G-${id}`)
    const found = await valueOf(store.intentByTag('k-together'))
    expect(found).toMatchObject({ decisionId: id, life: 'intent', size: 2, risk: 119_440_000, filled: 0 })
  })

  test('a denial is recorded with its first failing phase and stands without an intent', async () => {
    const denied = aDecision({
      epoch,
      tag: null,
      orderHash: null,
      risk: null,
      size: 0,
      phases: phases({ phase: 5, code: 'SIZE_BELOW_ONE' }),
    })

    const { id } = await valueOf(store.recordDecision(denied))

    const rows = await asUser(ownerUrl, (client) =>
      client.query('select * from decisions where id = $1', [id]),
    )
    expect(rows.rows[0]).toMatchObject({
      passed: false,
      failed_phase: 5,
      code: 'SIZE_BELOW_ONE',
      text: 'stopped by SIZE_BELOW_ONE',
    })
  })

  test('an intent for a denied decision is refused, and then the decision is not written either', async () => {
    const denied = aDecision({
      epoch,
      tag: 'k-denied',
      phases: phases({ phase: 3, code: 'DAY_LOSS_WOULD_BREACH' }),
    })

    const fault = await faultOf(store.recordDecision(denied, intent))

    expect(fault).toMatchObject({ code: 'REFUSED', retry: 'never' })
    const rows = await asUser(ownerUrl, (client) =>
      client.query("select 1 from decisions where tag = 'k-denied'"),
    )
    expect(rows.rowCount).toBe(0)
  })

  test('risk of exactly 120 dollars may pass, one micro-dollar more may not', async () => {
    const atCap = store.recordDecision(aDecision({ epoch, risk: usd(120_000_000) }))
    const above = store.recordDecision(aDecision({ epoch, risk: usd(120_000_001) }))

    expect((await atCap).ok).toBe(true)
    expect(await faultOf(above)).toMatchObject({ code: 'REFUSED' })
  })

  test('a decision without its five phases in order is a defect of the caller', async () => {
    const decision = aDecision({ epoch, phases: phases().slice(1) })

    expect(() => store.recordDecision(decision)).toThrow(
      'a decision has its five phases in order, had 2,3,4,5',
    )
  })

  test('one tag is one intent: a second decision cannot use it again', async () => {
    await anIntent('k-once')

    const fault = await faultOf(store.recordDecision(aDecision({ epoch, tag: 'k-once' }), intent))

    expect(fault.code).toBe('REFUSED')
  })

  test('a phase that could not be evaluated counts as failed', async () => {
    const [first, ...rest] = phases()
    const unknown = { ...first!, outcome: 'NOT_EVALUABLE', code: null, text: 'balance is unknown' } as const

    const { id } = await valueOf(store.recordDecision(aDecision({ epoch, phases: [unknown, ...rest] })))

    const rows = await asUser(ownerUrl, (client) =>
      client.query('select * from decisions where id = $1', [id]),
    )
    expect(rows.rows[0]).toMatchObject({ passed: false, failed_phase: 1, code: 'NOT_EVALUABLE' })
  })
})

describe('one executor', () => {
  test('each start gets a higher epoch, and the older one can write no decision any more', async () => {
    const older = epoch
    const newer = await valueOf(store.nextExecutorEpoch(ACCOUNT, 'the next one'))

    const fault = await faultOf(store.recordDecision(aDecision({ epoch: older })))

    expect(newer).toBeGreaterThan(older)
    expect(fault).toMatchObject({ code: 'REFUSED', retry: 'never' })
    expect(fault.detail).toBe(
      `executor epoch ${older} writes to decisions, but the current epoch of account ${ACCOUNT} is ${newer}`,
    )
  })

  test('a second executor of an account is refused until the first lets go', async () => {
    const claim = await valueOf(store.claimExecutor(ACCOUNT))

    const fault = await faultOf(store.claimExecutor(ACCOUNT))
    await claim.release()
    const next = await valueOf(store.claimExecutor(ACCOUNT))
    await next.release()

    expect(fault).toMatchObject({ code: 'REFUSED', retry: 'safe' })
    expect(fault.detail).toContain(
      `account ${ACCOUNT} on route gateway-sim has an executor already (kael process ${process.pid})`,
    )
  })

  test('two accounts have one executor each', async () => {
    const first = await valueOf(store.claimExecutor('1'))
    const second = await valueOf(store.claimExecutor('2'))

    await expect(Promise.all([first.release(), second.release()])).resolves.toHaveLength(2)
  })

  test('a claim whose connection dies says so', async () => {
    const claim = await valueOf(store.claimExecutor('3'))

    await asUser(ownerUrl, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = $1 and database =
        (select oid from pg_database where datname = current_database())`,
        [0x4b41454e],
      ),
    )

    expect(await claim.lost).toMatch(/terminat|ended/i)
  })
})

describe('the life of an order', () => {
  test('the database knows the same moves as the order life cycle, and no others', async () => {
    const differ: string[] = []
    for (const from of ORDER_STATES)
      for (const to of ORDER_STATES.filter((each) => each !== from)) {
        const tag = `k-${from}-${to}`
        await anIntent(tag)
        // The owner puts it where the move begins.
        await asUser(ownerUrl, async (client) => {
          await client.query('alter table intents disable trigger intents_life')
          await client.query('update intents set life = $1 where tag = $2', [from, tag])
          await client.query('alter table intents enable trigger intents_life')
        })
        const result = await store.moveIntent(tag, from, to, { at: at(1) })
        if (result.ok !== TRANSITIONS[from].includes(to)) differ.push(`${from} to ${to}`)
      }
    expect(differ).toEqual([])
  })

  test('a move from a state that the order is not in is refused and names where it is', async () => {
    const tag = await anIntent('k-where')

    const fault = await faultOf(store.moveIntent(tag, 'working', 'filled', { at: at(1) }))

    expect(fault).toMatchObject({
      code: 'REFUSED',
      detail: 'order k-where is intent, not working: no move to filled',
    })
  })

  test('the same move told twice moves once', async () => {
    const tag = await anIntent('k-twice')

    const first = await valueOf(store.moveIntent(tag, 'intent', 'sent', { at: at(1) }))
    const second = await valueOf(store.moveIntent(tag, 'intent', 'sent', { at: at(2) }))

    expect([first.moved, second.moved]).toEqual([true, false])
    expect((await valueOf(store.intentByTag(tag)))?.movedAt).toBe(at(1))
  })

  test('an order that the broker has named keeps that name', async () => {
    const tag = await anIntent('k-named')
    await valueOf(store.moveIntent(tag, 'intent', 'sent', { at: at(1) }))
    await valueOf(store.moveIntent(tag, 'sent', 'working', { at: at(1), brokerOrderId: '8811' }))

    const fault = await faultOf(
      store.moveIntent(tag, 'working', 'cancelled', { at: at(2), brokerOrderId: '9900' }),
    )

    expect(fault.detail).toContain("is the broker's order 8811 and cannot become 9900")
  })

  test('contracts that were filled stay filled', async () => {
    const tag = await anIntent('k-filled')
    await valueOf(store.moveIntent(tag, 'intent', 'sent', { at: at(1) }))
    await valueOf(store.moveIntent(tag, 'sent', 'partial', { at: at(1), filled: 1 }))

    const fault = await faultOf(store.moveIntent(tag, 'partial', 'cancelled', { at: at(2), filled: 0 }))

    expect(fault.detail).toContain('has 1 filled and cannot have 0')
  })

  test('an order cannot fill more than its size', async () => {
    const tag = await anIntent('k-overfilled')
    await valueOf(store.moveIntent(tag, 'intent', 'sent', { at: at(1) }))

    expect((await store.moveIntent(tag, 'sent', 'filled', { at: at(1), filled: 3 })).ok).toBe(false)
  })

  test('open intents are those whose life has not ended', async () => {
    const lives: [string, OrderLife[]][] = [
      ['k-open-1', ['sent', 'unknown']],
      ['k-open-2', ['absent']],
      ['k-open-3', ['sent', 'rejected']],
    ]
    for (const [tag, path] of lives) {
      await anIntent(tag)
      let from: OrderLife = 'intent'
      for (const to of path) {
        await valueOf(store.moveIntent(tag, from, to, { at: at(1), reason: 'test' }))
        from = to
      }
    }

    const open = (await valueOf(store.openIntents(ACCOUNT))).map((each) => each.tag)

    expect(open).toContain('k-open-1')
    expect(open).not.toContain('k-open-2')
    expect(open).not.toContain('k-open-3')
  })

  test('an intent cannot stand on a decision that is older than five seconds', async () => {
    const late = asUser(ownerUrl, async (client) => {
      const decided = await client.query<{ id: string }>(
        `insert into decisions (route, account_id, epoch, mode, signal_id, instrument, side, size, entry, stop, target, tag,
           order_hash, risk, p1, p2, p3, p4, p5, text, phases, inputs, facts, config_hash, state_version, source, state, decided_at)
         values ('gateway-sim', $1, $2, 'RUNTIME SIM', 's', 'MNQ', 'buy', 1, 1, 0, 2, 'k-late', $3, 1, true, true, true, true,
           true, '', '[]', '{}', '[]', '', 0, 'test', 'current', clock_timestamp() - interval '6 s') returning id`,
        [ACCOUNT, epoch, 'ab'.repeat(32)],
      )
      await client.query(
        `insert into intents (tag, decision_id, route, account_id, epoch, order_hash, contract_id, instrument, side, type,
           size, entry, stop, target, risk, intended_at, moved_at)
         select tag, id, route, account_id, epoch, order_hash, 'c', instrument, side, 'limit', size, entry, stop, target, risk,
           now(), now() from decisions where id = $1`,
        [decided.rows[0]?.id],
      )
    })

    await expect(late).rejects.toThrow('is older than 5 s: decide again')
  })
})

const aReduction = (overrides: Partial<NewReduction>): NewReduction => ({
  tag: 'sl-88010001-1',
  accountId: ACCOUNT,
  epoch,
  kind: 'stop',
  contractId: CONTRACT,
  instrument: 'MNQ',
  side: 'sell',
  size: 1,
  price: ticks(79_572),
  netBefore: 2,
  netAfterWorst: 1,
  because: 'native stop missing',
  at: NOON,
  ...overrides,
})

describe('reducing orders', () => {
  test('a reducing order needs no decision and has the same life as an entry', async () => {
    await valueOf(store.recordReduction(aReduction({})))
    await valueOf(store.moveReduction('sl-88010001-1', 'intent', 'sent', { at: at(1) }))

    const [open] = await valueOf(store.openReductions(ACCOUNT))

    expect(open).toMatchObject({ tag: 'sl-88010001-1', life: 'sent', netBefore: 2, netAfterWorst: 1 })
    expect((await store.moveReduction('sl-88010001-1', 'sent', 'absent', { at: at(1) })).ok).toBe(false)
  })

  test('an order that could leave more contracts than before is no reduction', async () => {
    const fault = await faultOf(
      store.recordReduction(aReduction({ tag: 'sl-2', netBefore: 1, netAfterWorst: -2 })),
    )

    expect(fault.detail).toContain('reductions_reduce_check')
  })

  test('the same protective tag is written once', async () => {
    await valueOf(store.recordReduction(aReduction({ tag: 'sl-3' })))

    expect((await store.recordReduction(aReduction({ tag: 'sl-3' }))).ok).toBe(false)
  })
})

describe('what the broker reports', () => {
  test('an older look at an order changes nothing', async () => {
    await valueOf(store.upsertOrder(anOrder({ id: '1', updatedAt: at(5) }), seenOrder))

    const older = await valueOf(
      store.upsertOrder(anOrder({ id: '1', size: contracts(9), updatedAt: at(4) }), seenOrder),
    )

    expect(older).toBe(false)
  })

  test('an order that has ended does not work again, whatever is told later', async () => {
    await valueOf(
      store.upsertOrder(
        anOrder({ id: '2', status: 'filled', filled: contracts(2), updatedAt: at(5) }),
        seenOrder,
      ),
    )

    const again = await valueOf(
      store.upsertOrder(
        anOrder({ id: '2', status: 'open', filled: contracts(2), updatedAt: at(6) }),
        seenOrder,
      ),
    )

    expect(again).toBe(false)
    expect((await valueOf(store.orders(ACCOUNT))).find((each) => each.id === '2')?.status).toBe('filled')
  })

  test('a trade counts once, however often it is told', async () => {
    const told = []
    for (let i = 0; i < 3; i++) told.push(await valueOf(store.recordFill(aTrade({ id: 'once' }), seenFill())))

    const fills = await valueOf(store.fillsOfDay(ACCOUNT, '2026-03-10'))

    expect(told).toEqual([true, false, false])
    expect(fills.filter((each) => each.id === 'once')).toHaveLength(1)
  })

  test('one trade told by ten channels at once is news once', async () => {
    const told = await Promise.all(
      Array.from({ length: 10 }, () => valueOf(store.recordFill(aTrade({ id: 'race' }), seenFill()))),
    )

    expect(told.filter(Boolean)).toHaveLength(1)
  })

  test('a voided trade leaves the day and stays on record', async () => {
    await valueOf(store.recordFill(aTrade({ id: 'void' }), seenFill()))
    await valueOf(store.recordFill(aTrade({ id: 'void', isVoided: true }), seenFill()))

    const day = await valueOf(store.fillsOfDay(ACCOUNT, '2026-03-10'))
    const rows = await asUser(ownerUrl, (client) =>
      client.query("select is_voided from fills where id = 'void'"),
    )

    expect(day.some((each) => each.id === 'void')).toBe(false)
    expect(rows.rows).toEqual([{ is_voided: true }])
  })

  test('a fill after 18:00 New York belongs to the next trading day', async () => {
    const evening = at(6 * 3_600)

    await valueOf(store.recordFill(aTrade({ id: 'evening', at: evening }), seenFill()))

    expect((await valueOf(store.fillsOfDay(ACCOUNT, '2026-03-11'))).map((each) => each.id)).toEqual([
      'evening',
    ])
  })

  test('money comes back to the micro-dollar', async () => {
    const profitAndLoss = usd(-8_999_999_999_999_999)

    await valueOf(store.recordFill(aTrade({ id: 'exact', profitAndLoss, fees: usd(1) }), seenFill()))

    const found = (await valueOf(store.fillsOfDay(ACCOUNT, '2026-03-10'))).find((each) => each.id === 'exact')
    expect([found?.profitAndLoss, found?.fees]).toEqual([profitAndLoss, 1])
  })

  test('a position snapshot of an earlier moment is ignored', async () => {
    await valueOf(store.savePosition(aPosition({ size: contracts(2) }), { ...seenPosition, asOf: at(10) }))

    const earlier = await valueOf(
      store.savePosition(aPosition({ size: contracts(1) }), { ...seenPosition, asOf: at(9) }),
    )

    expect(earlier).toBe(false)
    expect((await valueOf(store.positions(ACCOUNT)))[0]?.size).toBe(2)
  })

  test('a flat position has no side, and a side has contracts', async () => {
    expect((await store.savePosition(aPosition({ direction: 0, size: contracts(1) }), seenPosition)).ok).toBe(
      false,
    )
    expect((await store.savePosition(aPosition({ direction: 1, size: contracts(0) }), seenPosition)).ok).toBe(
      false,
    )
  })

  test('a number that is not finite never becomes a row', async () => {
    expect((await store.savePosition(aPosition({ averageFractional: Number.NaN }), seenPosition)).ok).toBe(
      false,
    )
  })
})

const anAccount = (id: string, name: string) => ({
  id,
  name,
  balance: usd(50_000_000_000),
  canTrade: true,
  isVisible: true,
  isSimulated: true,
})

const level = (level: 0 | 1 | 2 | 3, commandId: string) => ({
  level,
  by: 'executor',
  because: 'test',
  commandId,
  at: NOON,
})

describe('accounts and evidence', () => {
  test('a sub-account is tied to its parent by its name', async () => {
    await valueOf(
      store.saveAccounts(
        [anAccount('2', 'PRAC-V2-645001-11-SUB-01'), anAccount('1', 'PRAC-V2-645001-11')],
        seen(),
      ),
    )

    const accounts = await valueOf(store.accounts())

    expect(accounts.map(({ id, parentId, subName }) => ({ id, parentId, subName }))).toEqual([
      { id: '1', parentId: null, subName: null },
      { id: '2', parentId: '1', subName: 'SUB-01' },
    ])
  })

  test('an account that is new is active, and a later look does not make it so again', async () => {
    await valueOf(store.saveAccounts([anAccount('3', 'A')], seen()))
    await asUser(ownerUrl, (client) => client.query("update accounts set is_active = false where id = '3'"))
    await valueOf(store.saveAccounts([{ ...anAccount('3', 'A'), balance: usd(1) }], seen()))

    const found = (await valueOf(store.accounts())).find((each) => each.id === '3')

    expect(found).toMatchObject({ balance: 1, isActive: false })
  })

  test('a simulated route writes simulated proofs alone', async () => {
    const { id } = await valueOf(
      store.saveProof({
        ...seen(),
        accountId: ACCOUNT,
        executorEpoch: epoch,
        tokenValidatedAt: NOON,
        accountReadAt: NOON,
        streamAliveAt: NOON,
        accountsEqualAt: NOON,
        reconciledAt: NOON,
        missing: [],
        verifiedAt: NOON,
        expiresAt: at(5),
      }),
    )

    const broker = await asUser(ownerUrl, (client) => client.query('select 1 from broker_proofs'))
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(broker.rowCount).toBe(0)
  })

  test('a proof is renewed in place within its epoch', async () => {
    const proof = {
      ...seen(),
      accountId: ACCOUNT,
      executorEpoch: epoch,
      tokenValidatedAt: NOON,
      accountReadAt: null,
      streamAliveAt: null,
      accountsEqualAt: null,
      reconciledAt: null,
      missing: ['stream'],
      verifiedAt: NOON,
      expiresAt: at(5),
    }

    const first = await valueOf(store.saveProof(proof))
    const second = await valueOf(store.saveProof({ ...proof, missing: [], expiresAt: at(9) }))

    expect(second.id).toBe(first.id)
  })

  test('the executor raises the stop level and cannot lower it', async () => {
    await valueOf(store.raiseStopLevel(level(2, 'up')))

    const fault = await faultOf(store.raiseStopLevel(level(1, 'down')))

    expect(fault.detail).toBe('the executor raises the stop level and never lowers it: 2 to 1')
    expect(await valueOf(store.stopLevel())).toMatchObject({ level: 2, by: 'executor' })
  })

  test('protection is remembered with the channels that proved it', async () => {
    const protection = {
      ...seen(),
      accountId: ACCOUNT,
      contractId: CONTRACT,
      instrument: 'MNQ',
      phase: 'protected',
      text: 'stop 8812 working, 2 of 2 covered',
      episode: '88010001',
      entry: 79_689.5,
      stop: ticks(79_572),
      target: ticks(79_923),
      stopOrderId: '8812',
      targetOrderId: null,
      covered: 2,
      size: 2,
      channels: ['stream', 'rest'],
      provenAt: at(1),
      deadlineAt: null,
    } as const
    await valueOf(store.saveProtection(protection))

    expect(await valueOf(store.protection(ACCOUNT))).toEqual([{ ...protection, route: 'gateway-sim' }])
  })
})
