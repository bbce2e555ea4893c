import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { epochMs } from '../../src/domain/index.ts'
import {
  type JsonObject,
  type RunningGateway,
  createExchange,
  startGateway,
} from '../../src/gateway/index.ts'
import { START, COMBINE, login, roots } from './support.ts'

let gateway: RunningGateway
let token: string

beforeAll(async () => {
  const started = await startGateway({
    seed: 'rest',
    speed: 1,
    start: START,
    instruments: roots('ES', 'NQ', 'MNQ'),
  })
  if (!started.ok) throw new Error(started.error)
  gateway = started.value
  const { userName, apiKey } = gateway
  token = (await post('/api/Auth/loginKey', { userName, apiKey }, undefined)).body['token'] as string
})
afterAll(() => gateway.close())

async function post(path: string, body: unknown, bearer: string | undefined = token) {
  const response = await fetch(gateway.rest + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as JsonObject,
  }
}

const noBearer = ''

describe('login', () => {
  test('a wrong key is HTTP 200 with code 3 and no text', async () => {
    const reply = await post('/api/Auth/loginKey', { userName: gateway.userName, apiKey: 'wrong' }, noBearer)

    expect(reply.status).toBe(200)
    expect(reply.body).toEqual({ token: null, success: false, errorCode: 3, errorMessage: null })
  })

  test('the user name is read in any case, spaces around it aside', async () => {
    const userName = ` ${gateway.userName.toUpperCase()} `
    const reply = await post('/api/Auth/loginKey', { userName, apiKey: gateway.apiKey }, noBearer)

    expect(reply.body).toMatchObject({ success: true, errorCode: 0 })
  })

  test('the token is three parts with iat and exp a day apart', () => {
    const parts = token.split('.')
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) as {
      iat: number
      exp: number
    }

    expect(parts).toHaveLength(3)
    expect(claims.exp - claims.iat).toBe(86_400)
  })

  test('a body without the key is HTTP 400 with problem details that name the field', async () => {
    const reply = await post('/api/Auth/loginKey', { userName: 'x' }, noBearer)

    expect(reply.status).toBe(400)
    expect(reply.headers.get('content-type')).toMatch(/problem\+json/)
    expect(reply.body).toMatchObject({ status: 400, errors: { apiKey: ['The apiKey field is required.'] } })
  })

  test('validate gives a new token and leaves the old one open', async () => {
    const reply = await post('/api/Auth/validate', {})
    const renewed = reply.body['newToken'] as string

    expect(renewed).not.toBe(token)
    expect((await post('/api/Account/search', { onlyActiveAccounts: true }, renewed)).status).toBe(200)
    expect((await post('/api/Account/search', { onlyActiveAccounts: true })).status).toBe(200)
  })

  test('a token that was logged out opens nothing any more', async () => {
    const { userName, apiKey } = gateway
    const other = (await post('/api/Auth/loginKey', { userName, apiKey }, noBearer)).body['token'] as string
    await post('/api/Auth/logout', {}, other)

    expect((await post('/api/Account/search', { onlyActiveAccounts: true }, other)).status).toBe(401)
  })

  test.each(['', 'nonsense', 'a.b.c'])('a bearer of %j is 401 with an empty body', async (bearer) => {
    const response = await fetch(`${gateway.rest}/api/Account/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: '{"onlyActiveAccounts":true}',
    })

    expect(response.status).toBe(401)
    expect(await response.text()).toBe('')
  })

  test('a token dies 24 simulated hours after it was issued', () => {
    const exchange = createExchange({
      seed: 'day',
      start: START,
      instruments: roots('ES'),
      historyDays: 1,
    })
    const bearer = login(exchange)
    const search = (at: number) =>
      exchange.handle('/api/Account/search', { onlyActiveAccounts: true }, bearer, at).status

    expect(search(START + 86_399_000)).toBe(200)
    expect(search(START + 86_401_000)).toBe(401)
  })
})

describe('the form of requests', () => {
  test.each([
    ['a number as text', { accountId: String(COMBINE) }],
    ['a missing field', {}],
    ['a null in a required field', { accountId: null }],
    ['a fraction as an id', { accountId: 1.5 }],
    ['a list', []],
  ])('%s is HTTP 400', async (_what, body) => {
    expect((await post('/api/Order/searchOpen', body)).status).toBe(400)
  })

  test('names are read in any case and unknown fields are ignored', async () => {
    const reply = await post('/api/Order/searchOpen', { ACCOUNTID: COMBINE, colour: 'red' })

    expect(reply.body).toEqual({ orders: [], success: true, errorCode: 0, errorMessage: null })
  })

  test('a body that is not JSON is 400, one of another type 415, an unknown path 404, a wrong verb 405', async () => {
    const send = async (path: string, type: string, body: string) =>
      (
        await fetch(gateway.rest + path, {
          method: 'POST',
          headers: { 'content-type': type, authorization: `Bearer ${token}` },
          body,
        })
      ).status

    expect(await send('/api/Order/searchOpen', 'application/json', '{')).toBe(400)
    expect(await send('/api/Order/searchOpen', 'text/plain', '{}')).toBe(415)
    expect(await send('/api/Order/cancelAll', 'application/json', '{}')).toBe(404)
    expect((await fetch(`${gateway.rest}/api/Order/searchOpen`)).status).toBe(405)
  })

  test('ping answers pong without a login, and the date is that of the simulated clock', async () => {
    const response = await fetch(`${gateway.rest}/api/Status/ping`)

    expect(await response.text()).toBe('pong')
    expect(response.headers.get('date')).toMatch(/^Tue, 10 Mar 2026 12:2/)
  })

  test('the port is not reachable from outside the machine', () => {
    expect(new URL(gateway.rest).hostname).toBe('127.0.0.1')
  })
})

describe('accounts and contracts', () => {
  test('two accounts with everything the documentation lists', async () => {
    const reply = await post('/api/Account/search', { onlyActiveAccounts: true })

    expect(reply.body['accounts']).toEqual([
      {
        id: 25770001,
        name: '50KTC-V2-645001-97000001',
        balance: 50_000,
        canTrade: true,
        isVisible: true,
        simulated: true,
      },
      {
        id: 25770002,
        name: 'PRAC-V2-645001-11-SUB-01',
        balance: 150_000,
        canTrade: true,
        isVisible: true,
        simulated: true,
      },
    ])
  })

  test('available lists the front months, search the ones after them too', async () => {
    const available = await post('/api/Contract/available', { live: false })
    const found = await post('/api/Contract/search', { searchText: 'NQ', live: false })
    const ids = (reply: typeof found) =>
      (reply.body['contracts'] as unknown as { id: string }[]).map((each) => each.id)

    expect(ids(available)).toEqual(['CON.F.US.EP.H26', 'CON.F.US.ENQ.H26', 'CON.F.US.MNQ.H26'])
    // A substring: NQ is in MNQ too.
    expect(ids(found)).toEqual([
      'CON.F.US.ENQ.H26',
      'CON.F.US.MNQ.H26',
      'CON.F.US.ENQ.M26',
      'CON.F.US.MNQ.M26',
    ])
  })

  test('a contract has its tick, its worth and its symbol', async () => {
    const reply = await post('/api/Contract/searchById', { contractId: 'CON.F.US.MNQ.H26' })

    expect(reply.body['contract']).toEqual({
      id: 'CON.F.US.MNQ.H26',
      name: 'MNQH6',
      description: 'Micro E-mini Nasdaq-100: March 2026',
      tickSize: 0.25,
      tickValue: 0.5,
      activeContract: true,
      symbolId: 'F.US.MNQ',
    })
  })

  test('an unknown contract is code 1 and null', async () => {
    const reply = await post('/api/Contract/searchById', { contractId: 'CON.F.US.XX.H26' })

    expect(reply.body).toMatchObject({ contract: null, success: false, errorCode: 1 })
  })

  test('with live data asked for there is an empty success: no subscription, no error', async () => {
    expect((await post('/api/Contract/available', { live: true })).body).toMatchObject({
      contracts: [],
      success: true,
    })
  })

  test('a month that is not the front one is code 9', async () => {
    const body = { accountId: COMBINE, contractId: 'CON.F.US.EP.M26', type: 2, side: 0, size: 1 }

    expect((await post('/api/Order/place', body)).body).toMatchObject({ success: false, errorCode: 9 })
  })
})

describe('history', () => {
  const ES = 'CON.F.US.EP.H26'
  const bars = async (fields: JsonObject) =>
    post('/api/History/retrieveBars', {
      contractId: ES,
      live: false,
      startTime: '2026-03-09T14:00:00Z',
      endTime: '2026-03-09T15:00:00Z',
      unit: 2,
      unitNumber: 1,
      limit: 500,
      includePartialBar: false,
      ...fields,
    })
  type Row = { t: string; o: number; h: number; l: number; c: number; v: number }
  const rowsOf = (reply: { body: JsonObject }) => reply.body['bars'] as unknown as Row[]

  test('comes newest first, opens stamped, the end left out', async () => {
    const rows = rowsOf(await bars({}))

    expect(rows).toHaveLength(60)
    expect(rows[0]?.t).toBe('2026-03-09T14:59:00+00:00')
    expect(rows.at(-1)?.t).toBe('2026-03-09T14:00:00+00:00')
  })

  test('a limit keeps the newest', async () => {
    const rows = rowsOf(await bars({ limit: 2 }))

    expect(rows.map((each) => each.t)).toEqual(['2026-03-09T14:59:00+00:00', '2026-03-09T14:58:00+00:00'])
  })

  test.each([
    [{ unit: 2, unitNumber: 5 }, 12],
    [{ unit: 3, unitNumber: 1 }, 1],
    [{ unit: 1, unitNumber: 30 }, 120],
  ])('larger and smaller bars are the same prints: %o', async (fields, most) => {
    const minutes = rowsOf(await bars({}))
    const rows = rowsOf(await bars(fields))

    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThanOrEqual(most)
    expect(rows.reduce((sum, each) => sum + each.v, 0)).toBe(minutes.reduce((sum, each) => sum + each.v, 0))
    expect(Math.max(...rows.map((each) => each.h))).toBe(Math.max(...minutes.map((each) => each.h)))
    expect(rows.at(-1)?.o).toBe(minutes.at(-1)?.o)
    expect(rows[0]?.c).toBe(minutes[0]?.c)
  })

  test('a four-hour bar counts from 18:00 New York, a day bar is the session', async () => {
    const window = { startTime: '2026-03-03T00:00:00Z', endTime: '2026-03-10T12:00:00Z' }
    const hours = rowsOf(await bars({ ...window, unit: 3, unitNumber: 4 }))
    const days = rowsOf(await bars({ ...window, unit: 4, unitNumber: 1 }))

    // Summer time began on the 8th: 18:00 New York is 22:00Z from then on, 23:00Z before.
    expect(hours[0]?.t).toBe('2026-03-10T06:00:00+00:00')
    expect(days.map((each) => each.t)).toEqual([
      '2026-03-08T22:00:00+00:00',
      '2026-03-05T23:00:00+00:00',
      '2026-03-04T23:00:00+00:00',
      '2026-03-03T23:00:00+00:00',
    ])
  })

  test('the forming bar comes first when asked for, as far as it has traded, and not otherwise', () => {
    const exchange = createExchange({
      seed: 'rest',
      start: START,
      instruments: roots('ES'),
      historyDays: 1,
    })
    const bearer = login(exchange)
    const read = (includePartialBar: boolean, now: number) =>
      rowsOf({
        body: exchange.handle(
          '/api/History/retrieveBars',
          {
            contractId: ES,
            startTime: '2026-03-10T12:20:00Z',
            endTime: '2026-03-10T13:00:00Z',
            unit: 2,
            unitNumber: 5,
            limit: 10,
            includePartialBar,
          },
          bearer,
          now,
        ).json as JsonObject,
      })
    const [early, late] = [START + 90_000, START + 280_000]

    expect(read(false, early).map((each) => each.t)).toEqual(['2026-03-10T12:20:00+00:00'])
    const forming = read(true, early)
    expect(forming.map((each) => each.t)).toEqual(['2026-03-10T12:25:00+00:00', '2026-03-10T12:20:00+00:00'])
    expect(read(true, late)[0]?.v).toBeGreaterThan(forming[0]?.v ?? 0)
    expect(read(true, late)[0]?.o).toBe(forming[0]?.o)
    expect(read(false, START + 300_000)[0]?.t).toBe('2026-03-10T12:25:00+00:00')
  })

  test.each([
    [{ contractId: 'CON.F.US.XX.H26' }, 1],
    [{ unit: 0 }, 2],
    [{ unit: 8 }, 2],
    [{ unitNumber: 0 }, 3],
    [{ limit: 0 }, 4],
    [{ limit: 20_001 }, 4],
  ])('%o is refused with code %d', async (fields, errorCode) => {
    expect((await bars(fields)).body).toMatchObject({ bars: null, success: false, errorCode })
  })

  test('an instant that is none is HTTP 400', async () => {
    expect((await bars({ startTime: 'yesterday' })).status).toBe(400)
  })
})

const place = (limitPrice: number) =>
  post('/api/Order/place', {
    accountId: COMBINE,
    contractId: 'CON.F.US.EP.H26',
    type: 1,
    side: 0,
    size: 1,
    limitPrice,
  })
const query = (body: JsonObject) => post('/api/Order/v2/query', body)

describe('order lists', () => {
  test('v2/query wants its filter nested, pages by rows and ignores the contract', async () => {
    for (const price of [5_000, 5_001, 5_002]) await place(price)
    const filter = { accountId: COMBINE, statuses: [1], contractId: 'CON.F.US.ENQ.H26' }

    expect((await query({ accountId: COMBINE })).status).toBe(400)
    const page = await query({
      filter,
      pageSize: 2,
      pageOffset: 1,
      sortDirection: 1,
      includeTotalCount: true,
    })
    expect(page.body['totalCount']).toBe(3)
    expect((page.body['orders'] as unknown as JsonObject[]).map((each) => each['limitPrice'])).toEqual([
      5_001, 5_000,
    ])
  })

  test('REST spells out what is null', async () => {
    const open = await post('/api/Order/searchOpen', { accountId: COMBINE })

    expect((open.body['orders'] as unknown as JsonObject[])[0]).toMatchObject({
      stopPrice: null,
      filledPrice: null,
      customTag: null,
      parentOrderId: null,
    })
  })
})

function hammer(path: string, body: JsonObject, at: number[]): number[] {
  const exchange = createExchange({
    seed: 'rate',
    start: START,
    instruments: roots('ES'),
    historyDays: 1,
  })
  const bearer = login(exchange)
  return at.map((t) => exchange.handle(path, body, bearer, START + t).status)
}

describe('rate limits, on the simulated clock', () => {
  test('the fifty-first request for bars within 30 seconds is 429, and 30 seconds later they are free again', () => {
    const body = {
      contractId: 'CON.F.US.EP.H26',
      startTime: '2026-03-10T12:00:00Z',
      endTime: '2026-03-10T12:05:00Z',
      unit: 2,
      unitNumber: 1,
      limit: 1,
    }
    const statuses = hammer('/api/History/retrieveBars', body, [
      ...Array(51).fill(0),
      29_999,
      30_001,
    ] as number[])

    expect(statuses.slice(0, 50).every((each) => each === 200)).toBe(true)
    expect(statuses.slice(50)).toEqual([429, 429, 200])
  })

  test('a refused request does not count: who keeps knocking is let in when the window has passed', () => {
    const body = { accountId: COMBINE }
    const times = [...Array<number>(199).fill(0), ...Array<number>(300).fill(59_000), 60_001]

    expect(hammer('/api/Order/searchOpen', body, times).at(-1)).toBe(200)
  })

  test('all other endpoints share 200 a minute, the login included', () => {
    const statuses = hammer('/api/Order/searchOpen', { accountId: COMBINE }, Array<number>(200).fill(0))

    expect(statuses.slice(0, 199).every((each) => each === 200)).toBe(true)
    expect(statuses[199]).toBe(429)
  })
})

const fault = (body: JsonObject) => post('/sim/faults', body)

const search = async () => (await post('/api/Account/search', { onlyActiveAccounts: true })).status

describe('drills', () => {
  test('a lost reply: the order is placed, its sender never hears', async () => {
    await fault({ kind: 'loseNextPlaceReply' })
    const body = {
      accountId: COMBINE,
      contractId: 'CON.F.US.EP.H26',
      type: 2,
      side: 0,
      size: 1,
      customTag: 'lost',
    }

    await expect(post('/api/Order/place', body)).rejects.toThrow(/fetch failed/)
    const truth = (await (await fetch(`${gateway.rest}/sim/truth`)).json()) as {
      orders: { customTag: string | null }[]
    }
    expect(truth.orders.filter((each) => each.customTag === 'lost')).toHaveLength(1)
  })

  test('failing requests fail as asked, and then no more', async () => {
    await fault({ kind: 'failNext', status: 503, count: 2 })

    expect([await search(), await search(), await search()]).toEqual([503, 503, 200])
  })

  test.each([
    [{ kind: 'explode' }, /kind "explode": it is one of/],
    [{ kind: 'dropHub', hub: 'moon' }, /hub "moon": it is "user" or "market"/],
    [{ kind: 'lockAccount', accountId: 5 }, /accountId 5: there is no such account/],
    [{ kind: 'failNext', status: 200 }, /status 200: it is an HTTP status from 400 to 599/],
  ])('%o is refused with value and rule', async (body, text) => {
    const reply = await fault(body)

    expect(reply.status).toBe(400)
    expect(reply.body['error']).toMatch(text)
  })

  test('the clock tells instant, speed and seed without a login', async () => {
    const clock = (await (await fetch(`${gateway.rest}/sim/clock`)).json()) as JsonObject

    expect(clock).toMatchObject({ speed: 1, seed: 'rest', startedAt: '2026-03-10T12:25:00.000Z' })
    expect(epochMs(clock['nowMs'] as number)).toBeGreaterThan(START)
    expect(new Date(clock['nowMs'] as number).toISOString()).toBe(clock['now'])
  })
})

test('a request whose body never ends is not answered with someone else’s', async () => {
  const half = request(`${gateway.rest}/api/Order/searchOpen`, { method: 'POST' })
  half.on('error', () => undefined)
  half.write('{"accountId":')
  const reply = await post('/api/Account/search', { onlyActiveAccounts: true })
  half.destroy()

  expect(reply.body).toMatchObject({ success: true })
})
