import { afterEach, describe, expect, test } from 'vitest'
import { type BracketOrder, contracts, instrumentOf, ticks } from '../../src/domain/index.ts'
import { Secret } from '../../src/lib/index.ts'
import { createHeldToken } from '../../src/brokers/index.ts'
import { ENDPOINT_ERRORS } from '../../src/brokers/topstepx/errors.ts'
import { classify, createOrderClient } from '../../src/brokers/topstepx/order-client.ts'
import type { HttpOutcome, HttpRequest } from '../../src/brokers/topstepx/transport.ts'
import {
  type Answer,
  type ScriptedServer,
  eventually,
  linkTo,
  refusal,
  scriptedServer,
  success,
} from './support.ts'

const PLACE = '/api/Order/place'
const CANCEL = '/api/Order/cancel'
const MODIFY = '/api/Order/modify'
const CLOSE = '/api/Position/closeContract'
const PARTIAL = '/api/Position/partialCloseContract'

const servers: ScriptedServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((each) => each.close()))
})

async function deskWith(answers: Readonly<Record<string, Answer>>, timeoutMs = 2_000) {
  const server = await scriptedServer(answers)
  servers.push(server)
  const link = linkTo(server.url)
  return { server, link, desk: createOrderClient(link, link.tokens, { timeoutMs }) }
}

const spend = (): boolean => true

/** MES, long at 6405.25, ten ticks of risk, twenty of reward. */
const aBracket = (fields: Partial<BracketOrder> = {}): BracketOrder => ({
  tag: 'k-20260310-1',
  accountId: '25770001',
  contractId: 'CON.F.US.MES.H26',
  instrument: instrumentOf('MES'),
  side: 'buy',
  type: 'limit',
  size: contracts(2),
  entry: ticks(25_621),
  stop: ticks(25_611),
  target: ticks(25_641),
  ...fields,
})

const anOrderRef = { accountId: '25770001', orderId: '9007199254740993' }
const aPosition = { accountId: '25770001', contractId: 'CON.F.US.MES.H26' }

describe('what goes out', () => {
  test('a long bracket: decimals on the grid, stop distance negative, target positive', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => success({ orderId: 3_300_000_001 }) })

    expect(await desk.place(aBracket(), spend)).toEqual({ kind: 'accepted', orderId: '3300000001' })
    expect(server.asked[0]?.body).toEqual({
      accountId: 25_770_001,
      contractId: 'CON.F.US.MES.H26',
      type: 1,
      side: 0,
      size: 2,
      limitPrice: 6_405.25,
      stopPrice: null,
      trailPrice: null,
      customTag: 'k-20260310-1',
      stopLossBracket: { ticks: -10, type: 4 },
      takeProfitBracket: { ticks: 20, type: 1 },
    })
  })

  test('a short bracket at market: no limit, stop distance positive, target negative', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => success({ orderId: 1 }) })

    await desk.place(
      aBracket({ side: 'sell', type: 'market', stop: ticks(25_631), target: ticks(25_601) }),
      spend,
    )

    expect(server.asked[0]?.body).toMatchObject({
      type: 2,
      side: 1,
      limitPrice: null,
      stopLossBracket: { ticks: 10, type: 4 },
      takeProfitBracket: { ticks: -20, type: 1 },
    })
  })

  test('the smallest tick is printed without a binary tail', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => success({ orderId: 1 }) })
    const euro = { instrument: instrumentOf('6E'), contractId: 'CON.F.US.EU6.H26' }

    await desk.place(
      aBracket({ ...euro, entry: ticks(21_681), stop: ticks(21_661), target: ticks(21_721) }),
      spend,
    )

    expect(server.asked[0]?.text).toContain('"limitPrice":1.08405,')
  })

  test('an exit of our own is a stop-market with no bracket', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => success({ orderId: 5 }) })
    const { accountId, contractId, instrument } = aBracket()

    await desk.placeExit(
      {
        tag: 'sl-77-1',
        accountId,
        contractId,
        instrument,
        side: 'sell',
        type: 'stop',
        size: contracts(1),
        price: ticks(25_611),
      },
      spend,
    )

    expect(server.asked[0]?.body).toMatchObject({
      type: 4,
      side: 1,
      stopPrice: 6_402.75,
      limitPrice: null,
      customTag: 'sl-77-1',
    })
    expect(server.asked[0]?.body).not.toHaveProperty('stopLossBracket')
  })

  test('an order id beyond 2^53 goes out with every digit', async () => {
    const { desk, server } = await deskWith({ [CANCEL]: () => success() })

    expect(await desk.cancel(anOrderRef, spend)).toEqual({ kind: 'accepted' })
    expect(server.asked[0]?.text).toBe('{"accountId":25770001,"orderId":9007199254740993}')
  })

  test('a change names what changes and leaves the rest alone', async () => {
    const { desk, server } = await deskWith({ [MODIFY]: () => success() })

    await desk.modify({ ...anOrderRef, instrument: instrumentOf('MES'), stop: ticks(25_615) }, spend)

    expect(server.asked[0]?.body).toMatchObject({ size: null, limitPrice: null, stopPrice: 6_403.75 })
    await expect(desk.modify({ ...anOrderRef, instrument: instrumentOf('MES') }, spend)).rejects.toThrow(
      /a change changes/,
    )
  })

  test('a whole close and a partial close are two endpoints, and the field is size', async () => {
    const { desk, server } = await deskWith({ [CLOSE]: () => success(), [PARTIAL]: () => success() })

    await desk.closePosition(aPosition, spend)
    await desk.closePosition({ ...aPosition, size: contracts(1) }, spend)

    expect(server.asked.map((each) => [each.path, each.body['size']])).toEqual([
      [CLOSE, undefined],
      [PARTIAL, 1],
    ])
  })

  test('a stop on the winning side is a defect of ours and never leaves', async () => {
    const { desk, server } = await deskWith({})

    await expect(desk.place(aBracket({ stop: ticks(25_630) }), spend)).rejects.toThrow(/losing side/)
    expect(server.asked).toEqual([])
  })
})

describe('the permit', () => {
  test('is spent in the turn in which the request is handed to the socket, with nothing in between', async () => {
    const link = linkTo('http://127.0.0.1:1')
    const turns: string[] = []
    const send = (): Promise<HttpOutcome> => {
      turns.push('sent')
      return Promise.resolve({
        kind: 'answered',
        status: 200,
        text: '{}',
        retryAfter: undefined,
        date: undefined,
      })
    }
    const desk = createOrderClient({ ...link, send }, link.tokens)

    const placing = desk.place(aBracket(), () => {
      turns.push('spent')
      queueMicrotask(() => turns.push('next microtask'))
      return true
    })
    turns.push('after the call')
    await placing

    expect(turns.slice(0, 3)).toEqual(['spent', 'sent', 'after the call'])
  })

  test('that cannot be spent sends nothing, and no tag is used up', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => success({ orderId: 1 }) })

    expect(await desk.place(aBracket(), () => false)).toMatchObject({ kind: 'notSent' })
    expect(server.asked).toEqual([])
    expect(await desk.place(aBracket(), spend)).toMatchObject({ kind: 'accepted' })
  })

  test('is not asked for when there is no token of the gateway or of the rate limit', async () => {
    const { link } = await deskWith({})
    let asked = 0
    const count = (): boolean => {
      asked += 1
      return true
    }
    expect(await createOrderClient(link, createHeldToken()).place(aBracket(), count)).toEqual({
      kind: 'notSent',
      reason: 'not signed in',
    })
    while (link.general.tryTake('entry'));

    expect(await createOrderClient(link, link.tokens).place(aBracket(), count)).toMatchObject({
      kind: 'notSent',
    })
    expect(asked).toBe(0)
  })

  test('a close still goes out when entries have used up the rate limit', async () => {
    const { desk, link } = await deskWith({ [CLOSE]: () => success() })
    while (link.general.tryTake('entry'));

    expect(await desk.closePosition(aPosition, spend)).toEqual({ kind: 'accepted' })
  })
})

describe('once, whatever happens', () => {
  const troubles: readonly [string, Answer][] = [
    ['a lost reply', (_asked, response) => void response.destroy()],
    ['HTTP 500', () => ({ status: 500 })],
    ['HTTP 429', () => ({ status: 429 })],
    ['HTTP 401', () => ({ status: 401 })],
    ['HTTP 403', () => ({ status: 403 })],
    ['an HTML page', (_asked, response) => void response.end('<html>')],
    ['no envelope', () => ({ orderId: 5 })],
    ['success without an order id', () => success({ orderId: null })],
    ['code 6, pending', () => refusal(6)],
    ['code 7, unknown error', () => refusal(7)],
    ['a code that is new to us', () => refusal(42)],
    ['code 2 that speaks of the tag', () => refusal(2, 'Custom tag already used.')],
    ['silence', () => undefined],
  ]

  test.each(troubles)('after %s the order is unknown and was sent one time', async (_what, answer) => {
    const { desk, server } = await deskWith({ [PLACE]: answer }, 80)

    const outcome = await desk.place(aBracket(), spend)

    expect(outcome).toMatchObject({ kind: 'unknown', fault: { retry: 'afterReconcile' } })
    expect(server.asks(PLACE)).toHaveLength(1)
  })

  test('a gateway that nobody listens at got nothing: not sent, and that is certain', async () => {
    const { desk, server } = await deskWith({})
    await server.close()
    servers.length = 0

    expect(await desk.place(aBracket(), spend)).toMatchObject({ kind: 'notSent' })
  })

  test('a tag that went out never goes out again', async () => {
    const { desk, server } = await deskWith({ [PLACE]: () => ({ status: 500 }) })
    await desk.place(aBracket(), spend)

    await expect(desk.place(aBracket(), spend)).rejects.toThrow(/a tag is transmitted once/)
    expect(server.asks(PLACE)).toHaveLength(1)
  })

  test('a 401 renews the login for the next request and repeats nothing', async () => {
    const { server, link } = await deskWith({ [CANCEL]: () => ({ status: 401 }) })
    const refused: string[] = []
    const tokens = createHeldToken((token) => {
      refused.push(token?.reveal() ?? '')
      return Promise.resolve({ ok: true, value: new Secret('token-2') })
    })
    tokens.hold(new Secret('token-1'))

    await createOrderClient(link, tokens).cancel(anOrderRef, spend)

    await eventually(() => tokens.token()?.reveal() === 'token-2')
    expect(refused).toEqual(['token-1'])
    expect(server.asked).toHaveLength(1)
  })
})

const answered = (fields: Record<string, unknown>): HttpOutcome => ({
  kind: 'answered',
  status: 200,
  text: JSON.stringify(fields),
  retryAfter: undefined,
  date: undefined,
})

describe('outcome table', () => {
  test.each([
    [PLACE, [1, 2, 3, 4, 5, 8, 9, 10], [6, 7]],
    [MODIFY, [1, 2, 3, 6, 7], [4, 5]],
    [CANCEL, [1, 2, 3, 6], [4, 5]],
    [CLOSE, [1, 2, 3, 4, 5, 8], [6, 7]],
    [PARTIAL, [1, 2, 3, 4, 5, 6, 9], [7, 8]],
  ] as const)('%s: codes %j are definite refusals, %j are not', (endpoint, definite, uncertain) => {
    expect([...definite, ...uncertain].sort((a, b) => a - b)).toEqual(
      ENDPOINT_ERRORS[endpoint].slice(1).map((_name, index) => index + 1),
    )
    for (const code of definite)
      expect(classify(endpoint, answered(refusal(code)))).toMatchObject({
        kind: 'rejected',
        code: ENDPOINT_ERRORS[endpoint][code],
      })
    for (const code of uncertain)
      expect(classify(endpoint, answered(refusal(code)))).toMatchObject({ kind: 'unknown' })
  })

  test('one number means three things: code 2 is judged by its endpoint', () => {
    const codes = [PLACE, CANCEL, CLOSE].map((endpoint) => {
      const outcome = classify(endpoint as typeof PLACE, answered(refusal(2)))
      return outcome.kind === 'rejected' ? outcome.code : outcome.kind
    })

    expect(codes).toEqual(['OrderRejected', 'OrderNotFound', 'PositionNotFound'])
  })

  test('a refusal keeps the words of the broker and the order id that it may carry', () => {
    const outcome = classify(
      PLACE,
      answered({ ...refusal(2, 'Price is not aligned to tick size.'), orderId: '3300000009' }),
    )

    expect(outcome).toEqual({
      kind: 'rejected',
      code: 'OrderRejected',
      text: 'Price is not aligned to tick size.',
      orderId: '3300000009',
    })
  })

  test('the request is one that the gateway documents: no field that it does not have', () => {
    const seen: HttpRequest[] = []
    const link = linkTo('http://127.0.0.1:1', (request) => {
      seen.push(request)
      return Promise.resolve(answered(success({ orderId: 1 })))
    })

    void createOrderClient(link, link.tokens).place(aBracket(), spend)

    expect(seen[0]).toMatchObject({ method: 'POST', path: PLACE, timeoutMs: 10_000 })
    expect(seen[0]?.body).not.toMatch(/linkedOrderId|timeInForce/)
  })
})
