import { afterEach, describe, expect, test } from 'vitest'
import { epochMs } from '../../src/domain/index.ts'
import { Secret, ok } from '../../src/lib/index.ts'
import { createAccounts } from '../../src/brokers/index.ts'
import {
  type Answer,
  START,
  type ScriptedServer,
  linkTo,
  refusal,
  scriptedServer,
  success,
} from './support.ts'

const servers: ScriptedServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((each) => each.close()))
})

async function accountsWith(answers: Readonly<Record<string, Answer>>) {
  const server = await scriptedServer(answers)
  servers.push(server)
  const link = linkTo(server.url)
  return { server, link, accounts: createAccounts(link, link.tokens) }
}

const OPEN_ORDERS = '/api/Order/searchOpen'
const POSITIONS = '/api/Position/searchOpen'

const anOrder = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 3_300_000_001,
  accountId: 25_770_001,
  contractId: 'CON.F.US.MES.U26',
  creationTimestamp: '2026-03-10T13:29:00.1234567+00:00',
  updateTimestamp: null,
  status: 1,
  type: 1,
  side: 0,
  size: 2,
  limitPrice: 6_405.25,
  stopPrice: null,
  fillVolume: 0,
  filledPrice: null,
  customTag: 'k-1',
  ...fields,
})

describe('account reads', () => {
  test('an order arrives in ticks, epoch milliseconds and text ids', async () => {
    const { accounts, server } = await accountsWith({ [OPEN_ORDERS]: () => success({ orders: [anOrder()] }) })

    const read = await accounts.openOrders('25770001')

    expect(read).toEqual(
      ok({
        asOf: START,
        strange: [],
        rows: [
          {
            id: '3300000001',
            accountId: '25770001',
            contractId: 'CON.F.US.MES.U26',
            status: 'open',
            type: 'limit',
            side: 'buy',
            size: 2,
            limit: 25_621,
            stop: undefined,
            filled: 0,
            averageFillFractional: undefined,
            tag: 'k-1',
            parentId: undefined,
            createdAt: Date.parse('2026-03-10T13:29:00.123Z'),
            updatedAt: Date.parse('2026-03-10T13:29:00.123Z'),
          },
        ],
      }),
    )
    expect(server.asked[0]?.text).toBe('{"accountId":25770001}')
    expect(server.asked[0]?.headers.authorization).toBe('Bearer token-1')
  })

  test('a success whose list is null is an unproven read, never "no orders"', async () => {
    for (const orders of [null, undefined, {}]) {
      const { accounts } = await accountsWith({ [OPEN_ORDERS]: () => success({ orders }) })

      expect(await accounts.openOrders('1')).toMatchObject({ ok: false, error: { code: 'MALFORMED' } })
    }
  })

  test('a row that is not understood is kept apart with its reason, and the others are read', async () => {
    const { accounts } = await accountsWith({
      [OPEN_ORDERS]: () =>
        success({
          orders: [
            anOrder({ id: 1 }),
            anOrder({ id: 2, limitPrice: 6_405.1 }),
            anOrder({ id: 3, contractId: 'CON.F.US.ZZZ.U26' }),
            anOrder({ id: 4, side: 7 }),
            null,
          ],
        }),
    })

    const read = await accounts.openOrders('1')

    expect(read.ok && read.value.rows.map((each) => each.id)).toEqual(['1'])
    expect(read.ok && read.value.strange.map((each) => [each.id, each.reason])).toEqual([
      ['2', 'price 6405.1 is off the grid of 0.25'],
      ['3', 'contract CON.F.US.ZZZ.U26 is of no instrument that we know'],
      ['4', 'side: a side is 0 or 1, was 7'],
      [undefined, expect.stringContaining('row')],
    ])
  })

  test('a status and a type that are new to us are read as unknown', async () => {
    const { accounts } = await accountsWith({
      [OPEN_ORDERS]: () => success({ orders: [anOrder({ status: 12, type: 9 }), anOrder({ status: 8 })] }),
    })

    const read = await accounts.openOrders('1')

    expect(read.ok && read.value.rows.map((each) => [each.status, each.type])).toEqual([
      ['unknown', 'unknown'],
      ['suspended', 'limit'],
    ])
  })

  test('a position has a side or no size: an unknown type is never taken for short', async () => {
    const row = {
      id: 1,
      accountId: 2,
      contractId: 'CON.F.US.MNQ.U26',
      averagePrice: 21_000.1,
      creationTimestamp: null,
    }
    const { accounts } = await accountsWith({
      [POSITIONS]: () =>
        success({
          positions: [
            { ...row, type: 1, size: 2 },
            { ...row, type: 2, size: 1 },
            { ...row, type: 0, size: 0 },
            { ...row, type: 0, size: 3 },
            { ...row, type: 1, size: -1 },
          ],
        }),
    })

    const read = await accounts.positions('2')

    expect(read.ok && read.value.rows.map((each) => [each.direction, each.size])).toEqual([
      [1, 2],
      [-1, 1],
      [0, 0],
    ])
    expect(read.ok && read.value.rows[0]?.averageFractional).toBeCloseTo(84_000.4)
    expect(read.ok && read.value.strange).toHaveLength(2)
  })

  test('a trade costs fees and commission; no profit is an opening half-turn; voided is told', async () => {
    const row = {
      id: 88_010_002,
      accountId: 2,
      contractId: 'CON.F.US.MNQ.U26',
      creationTimestamp: '2026-03-10T13:20:10.482113+00:00',
      price: 21_000.25,
      side: 1,
      size: 1,
      orderId: '3300000001',
      fees: 0.36,
    }
    const { accounts, server } = await accountsWith({
      '/api/Trade/search': () =>
        success({
          trades: [
            { ...row, profitAndLoss: 6.5, commissions: 0.25, voided: false },
            { ...row, profitAndLoss: null, voided: true },
          ],
        }),
    })

    const read = await accounts.tradesSince('2', epochMs(START - 60_000))

    expect(read.ok && read.value.rows).toMatchObject([
      {
        price: 84_001,
        side: 'sell',
        profitAndLoss: 6_500_000,
        fees: 610_000,
        isVoided: false,
        orderId: '3300000001',
      },
      { profitAndLoss: undefined, fees: 360_000, isVoided: true },
    ])
    expect(server.asked[0]?.body).toEqual({ accountId: 2, startTimestamp: '2026-03-10T13:29:00.000Z' })
  })

  test('an account that does not say it is simulated is taken for real funds', async () => {
    const row = { id: 1, name: '50KTC-V2-1-2', balance: 50_120.5, canTrade: true, isVisible: true }
    const { accounts } = await accountsWith({
      '/api/Account/search': () => success({ accounts: [row, { ...row, simulated: true }] }),
    })

    const read = await accounts.accounts()

    expect(read.ok && read.value.rows.map((each) => [each.isSimulated, each.balance])).toEqual([
      [false, 50_120_500_000],
      [true, 50_120_500_000],
    ])
  })

  test('error 1 of Order/searchById is "not found", and it is not an empty answer', async () => {
    const { accounts } = await accountsWith({ '/api/Order/searchById': () => refusal(1) })

    expect(await accounts.orderById('1', '9007199254740993')).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND', detail: 'Order/searchById 1 OrderNotFound' },
    })
  })
})

const html: Answer = (_asked, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>maintenance</html>')
}

describe('a read in trouble', () => {
  test('is asked again after a 5xx, with growing waits, and gives up as no information', async () => {
    const { accounts, server, link } = await accountsWith({ [POSITIONS]: () => ({ status: 503 }) })

    const read = await accounts.positions('1')

    expect(read).toMatchObject({ ok: false, error: { code: 'SERVER_ERROR' } })
    expect(server.asked).toHaveLength(4)
    expect(link.waits).toHaveLength(3)
    expect(link.waits[2]).toBeGreaterThan(link.waits[0] ?? 0)
  })

  test('recovers when the second try is answered', async () => {
    const { accounts, server } = await accountsWith({
      [POSITIONS]: (_asked, response, count) => {
        if (count > 1) return success({ positions: [] })
        response.destroy()
        return undefined
      },
    })

    expect(await accounts.positions('1')).toEqual(ok({ rows: [], strange: [], asOf: START }))
    expect(server.asked).toHaveLength(2)
  })

  test('is not repeated for a refusal, a bad request, HTML or a redirect', async () => {
    const answers: readonly [Answer, string][] = [
      [() => refusal(1), 'NOT_FOUND'],
      [() => ({ status: 400 }), 'MALFORMED'],
      [() => ({ status: 302 }), 'MALFORMED'],
      [() => ({ status: 403 }), 'REFUSED'],
      [() => ({ success: true }), 'MALFORMED'],
      [() => ({ success: 'yes', errorCode: 0 }), 'MALFORMED'],
      [() => ({ success: true, errorCode: 3 }), 'MALFORMED'],
      [html, 'MALFORMED'],
    ]
    for (const [answer, code] of answers) {
      const { accounts, server } = await accountsWith({ [POSITIONS]: answer })

      expect(await accounts.positions('1')).toMatchObject({ ok: false, error: { code } })
      expect(server.asked).toHaveLength(1)
    }
  })

  test('HTTP 200 with success false names the endpoint, the code and its meaning there', async () => {
    const { accounts } = await accountsWith({ [POSITIONS]: () => refusal(1, 'no such account') })

    expect(await accounts.positions('9')).toMatchObject({
      error: { detail: 'Position/searchOpen 1 AccountNotFound: no such account' },
    })
  })

  test('answered 429 holds back the bucket for the time that the gateway names', async () => {
    const { accounts, link } = await accountsWith({
      [POSITIONS]: (_asked, response, count) => {
        if (count > 1) return success({ positions: [] })
        response.writeHead(429, { 'Retry-After': '7' }).end()
        return undefined
      },
    })

    const reading = accounts.positions('1')
    while (link.clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve))

    expect(link.general.free()).toBe(0)
    link.clock.advance(7_000)
    expect((await reading).ok).toBe(true)
  })

  test('with a refused token gets one new token and is asked once more; many readers share it', async () => {
    const { accounts, link, server } = await accountsWith({
      [POSITIONS]: ({ headers }) =>
        headers.authorization === 'Bearer token-2' ? success({ positions: [] }) : { status: 401 },
    })
    let logins = 0
    const replace = link.tokens.replace.bind(link.tokens)
    link.tokens.replace = async (refused) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (link.tokens.token()?.reveal() === 'token-1') {
        logins += 1
        link.tokens.hold(new Secret('token-2'))
      }
      return replace(refused)
    }

    const reads = await Promise.all([
      accounts.positions('1'),
      accounts.positions('1'),
      accounts.positions('1'),
    ])

    expect(reads.every((each) => each.ok)).toBe(true)
    expect(logins).toBe(1)
    expect(server.asked).toHaveLength(6)
  })

  test('whose new token is refused too stops there', async () => {
    const { accounts, server, link } = await accountsWith({ [POSITIONS]: () => ({ status: 401 }) })
    link.tokens.replace = async () => ok(new Secret('token-2'))

    expect(await accounts.positions('1')).toMatchObject({ ok: false, error: { code: 'UNAUTHORISED' } })
    expect(server.asked).toHaveLength(2)
  })
})
