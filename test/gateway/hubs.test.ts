import { HttpTransportType, type HubConnection, HubConnectionBuilder, LogLevel } from '@microsoft/signalr'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type JsonObject, type RunningGateway, startGateway } from '../../src/gateway/index.ts'
import { START, COMBINE, PRACTICE, login, roots } from './support.ts'

const ES = 'CON.F.US.EP.H26'
let gateway: RunningGateway
let token: string

beforeAll(async () => {
  const started = await startGateway({
    seed: 'hubs',
    speed: 20,
    start: START,
    instruments: roots('ES', 'MES'),
  })
  if (!started.ok) throw new Error(started.error)
  gateway = started.value
  token = login(gateway.exchange)
})
afterAll(() => gateway.close())

const opened: { close(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.close()
})

const nothing = (): void => undefined

/** A raw client: whole records as they came, and what the socket said of itself. */
async function dial(
  hub: 'user' | 'market',
  options: { query?: string; headers?: Record<string, string> } = {},
) {
  const url = `${gateway.rest.replace('http', 'ws')}/hubs/${hub}${options.query ?? ''}`
  const socket = new WebSocket(url, { headers: options.headers ?? {} })
  opened.push(socket)
  const records: JsonObject[] = []
  const frames: string[] = []
  let wake: () => void = nothing
  let closed: { code: number } | undefined
  socket.on('message', (data: Buffer) => {
    frames.push(data.toString())
    for (const text of data.toString().split('\u001e').slice(0, -1))
      records.push(JSON.parse(text) as JsonObject)
    wake()
  })
  socket.on('close', (code) => {
    closed = { code }
    wake()
  })
  const refused = await new Promise<number | undefined>((done) => {
    socket.once('open', () => done(undefined))
    socket.once('unexpected-response', (_request, response) => done(response.statusCode))
    socket.once('error', () => undefined)
  })
  async function until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      await new Promise<void>((done) => (wake = done))
    }
  }
  return {
    refused,
    records,
    frames,
    socket,
    send: (text: string) => socket.send(text),
    say: (record: JsonObject) => socket.send(`${JSON.stringify(record)}\u001e`),
    next: (fits: (record: JsonObject) => boolean) => until(() => records.find(fits)),
    ended: () => until(() => closed),
    shake: () => socket.send('{"protocol":"json","version":1}\u001e'),
  }
}

const withToken = () => ({ query: `?access_token=${token}` })
const post = (path: string, body: JsonObject) =>
  fetch(gateway.rest + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })

describe('who may open a hub', () => {
  test.each(['user', 'market'] as const)('no token on %s is 401 before the upgrade', async (hub) => {
    expect((await dial(hub)).refused).toBe(401)
    expect((await dial(hub, { query: '?access_token=nonsense' })).refused).toBe(401)
  })

  test.each([
    ['in the query', () => ({ query: `?access_token=${token}` })],
    ['in the header', () => ({ headers: { authorization: `Bearer ${token}` } })],
  ])('a token %s opens both', async (_where, options) => {
    for (const hub of ['user', 'market'] as const) {
      const client = await dial(hub, options())
      client.shake()

      expect(await client.next(() => true)).toEqual({})
    }
  })

  test('another path is 404, an id that nobody negotiated too', async () => {
    const socket = new WebSocket(`${gateway.rest.replace('http', 'ws')}/hubs/chat?access_token=${token}`)
    opened.push(socket)
    const status = await new Promise((done) => {
      socket.once('unexpected-response', (_request, response) => done(response.statusCode))
      socket.once('error', () => undefined)
    })

    expect(status).toBe(404)
    expect((await dial('user', { query: `?access_token=${token}&id=unknown` })).refused).toBe(404)
  })

  test('a negotiated id opens once: the second caller gets 409, the other hub 404', async () => {
    const answer = await post('/hubs/user/negotiate?negotiateVersion=1', {})
    const negotiated = (await answer.json()) as JsonObject

    expect(negotiated).toMatchObject({
      negotiateVersion: 1,
      availableTransports: [{ transport: 'WebSockets', transferFormats: ['Text', 'Binary'] }],
    })
    const query = `?access_token=${token}&id=${negotiated['connectionToken'] as string}`
    expect((await dial('market', { query })).refused).toBe(404)
    expect((await dial('user', { query })).refused).toBeUndefined()
    expect((await dial('user', { query })).refused).toBe(409)
  })

  test('negotiating needs the token too', async () => {
    expect((await fetch(`${gateway.userHub}/negotiate?negotiateVersion=1`, { method: 'POST' })).status).toBe(
      401,
    )
  })

  test('a browser on another origin may negotiate: its preflight is answered with exactly its origin', async () => {
    const answer = await fetch(`${gateway.userHub}/negotiate`, {
      method: 'OPTIONS',
      headers: { origin: 'http://x.test' },
    })

    expect(answer.headers.get('access-control-allow-origin')).toBe('http://x.test')
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  })
})

describe('the hub protocol', () => {
  test.each(['messagepack', 'xml'])(
    'protocol %s is refused in the handshake, and the socket ends',
    async (protocol) => {
      const client = await dial('market', withToken())
      client.say({ protocol, version: 1 })

      expect((await client.next((each) => 'error' in each))['error']).toMatch(protocol)
      await client.ended()
    },
  )

  test('records may share a frame and be cut anywhere', async () => {
    const client = await dial('market', withToken())
    client.send('{"protocol":"json","ver')
    client.send('sion":1}\u001e{"type":6}\u001e{"type":1,"target":"SubscribeContractTr')
    client.send(`ades","arguments":["${ES}"],"invocationId":"0"}\u001e`)

    expect(await client.next((each) => each['type'] === 3)).toEqual({ type: 3, invocationId: '0' })
  })

  test('every frame that goes out holds whole records', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES], invocationId: '0' })
    await client.next((each) => each['target'] === 'GatewayTrade')

    expect(client.frames.every((each) => each.endsWith('\u001e'))).toBe(true)
  })

  test('a send without an id gets no completion, an invoke exactly one', async () => {
    const client = await dial('user', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeOrders', arguments: [COMBINE] })
    client.say({ type: 1, target: 'subscribeorders', arguments: [COMBINE], invocationId: '7' })
    await client.next((each) => each['type'] === 3)

    expect(client.records.filter((each) => each['type'] === 3)).toEqual([{ type: 3, invocationId: '7' }])
  })

  test.each([
    ['an unknown method', 'SubscribeToOrders', [COMBINE], /Method does not exist/],
    ['a method of every object', 'toString', [], /Method does not exist/],
    ['too few arguments', 'SubscribeOrders', [], /Failed to invoke 'SubscribeOrders'/],
    ['an argument of the wrong type', 'SubscribeOrders', ['x'], /Failed to invoke 'SubscribeOrders'/],
  ])('%s completes with an error, and the line stays open', async (_what, target, args, text) => {
    const client = await dial('user', withToken())
    client.shake()
    client.say({ type: 1, target, arguments: args, invocationId: '1' })

    expect((await client.next((each) => each['type'] === 3))['error']).toMatch(text)
    client.say({ type: 1, target: 'SubscribeAccounts', arguments: [], invocationId: '2' })
    expect(await client.next((each) => each['invocationId'] === '2')).not.toHaveProperty('error')
  })

  test('an unknown account or contract completes and stays silent', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({
      type: 1,
      target: 'SubscribeContractQuotes',
      arguments: ['CON.F.US.XX.H26'],
      invocationId: '1',
    })

    expect(await client.next((each) => each['type'] === 3)).toEqual({ type: 3, invocationId: '1' })
  })

  test('a stream is refused by its completion', async () => {
    const client = await dial('user', withToken())
    client.shake()
    client.say({ type: 4, target: 'Any', arguments: [], invocationId: 's' })

    expect(await client.next((each) => each['type'] === 3)).toMatchObject({
      invocationId: 's',
      error: expect.any(String),
    })
  })

  test('what is not JSON is answered with a close message and the end', async () => {
    const client = await dial('user', withToken())
    client.shake()
    client.send('{{{\u001e')

    expect(await client.next((each) => each['type'] === 7)).toMatchObject({
      error: 'Connection closed with an error.',
    })
    await client.ended()
  })
})

describe('market data', () => {
  test('the first quote is full, those after it hold what changed', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractQuotes', arguments: [ES], invocationId: '0' })
    const quotes = () => client.records.filter((each) => each['target'] === 'GatewayQuote')
    await client.next(() => quotes().length >= 4)
    const [first, ...rest] = quotes().map((each) => (each['arguments'] as unknown as [string, JsonObject])[1])

    expect(Object.keys(first ?? {})).toEqual(
      expect.arrayContaining([
        'symbol',
        'symbolName',
        'lastPrice',
        'bestBid',
        'bestAsk',
        'open',
        'high',
        'low',
        'volume',
      ]),
    )
    expect(rest.some((each) => !('open' in each) && !('high' in each))).toBe(true)
    expect(rest.every((each) => each['contract'] === ES && each['symbol'] === 'F.US.EP')).toBe(true)
  })

  test('trades come as an array under the contract id', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES] })
    const [contractId, trades] = (await client.next((each) => each['target'] === 'GatewayTrade'))[
      'arguments'
    ] as unknown as [string, JsonObject[]]

    expect(contractId).toBe(ES)
    expect(trades[0]).toMatchObject({
      symbolId: 'F.US.EP',
      type: expect.any(Number),
      volume: expect.any(Number),
    })
  })

  test('the depth is a reset and ten levels a side, the best ones at the touch', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractMarketDepth', arguments: [ES] })
    const [contractId, rows] = (await client.next((each) => each['target'] === 'GatewayDepth'))[
      'arguments'
    ] as unknown as [string, { type: number; price: number; volume: number }[]]
    const of = (type: number) => rows.filter((each) => each.type === type).map((each) => each.price)

    expect(contractId).toBe(ES)
    expect(rows[0]?.type).toBe(6)
    // 1 is the ask and 2 the bid: the other way round than the sides of orders.
    expect([of(1).length, of(2).length]).toEqual([10, 10])
    expect(of(3)).toEqual([Math.min(...of(1))])
    expect(of(4)).toEqual([Math.max(...of(2))])
    expect(Math.max(...of(2))).toBeLessThan(Math.min(...of(1)))
  })

  test('only what was subscribed comes, and nothing after it was given back', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES] })
    await client.next((each) => each['target'] === 'GatewayTrade')
    client.say({ type: 1, target: 'UnsubscribeContractTrades', arguments: [ES], invocationId: 'u' })
    await client.next((each) => each['invocationId'] === 'u')
    const before = client.records.length
    client.say({ type: 1, target: 'SubscribeContractTrades', arguments: ['CON.F.US.MES.H26'] })
    await client.next((each) => JSON.stringify(each).includes('F.US.MES'))

    const after = client.records.slice(before)
    expect(
      after.every((each) => each['target'] === 'GatewayTrade' && !JSON.stringify(each).includes(ES)),
    ).toBe(true)
  })

  test('muted, prices freeze while the line lives; unmuted, they go on', async () => {
    const client = await dial('market', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES] })
    await client.next((each) => each['target'] === 'GatewayTrade')
    await post('/sim/faults', { kind: 'muteMarket' })
    const before = client.records.length
    for (let i = 0; i < 3; i++) {
      client.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES], invocationId: `alive${i}` })
      await client.next((each) => each['invocationId'] === `alive${i}`)
    }
    expect(client.records.slice(before).filter((each) => each['target'] === 'GatewayTrade')).toEqual([])
    await post('/sim/faults', { kind: 'unmute' })

    const seen = client.records.length
    await client.next((each) => client.records.indexOf(each) >= seen && each['target'] === 'GatewayTrade')
  })
})

const isFilled = (each: JsonObject): boolean => JSON.stringify(each).includes('"status":2')

describe('user events', () => {
  test('come wrapped as action and data, for the accounts that were asked for', async () => {
    const [mine, other] = [await dial('user', withToken()), await dial('user', withToken())]
    for (const [client, account] of [
      [mine, COMBINE],
      [other, PRACTICE],
    ] as const) {
      client.shake()
      for (const noun of ['Orders', 'Positions', 'Trades'])
        client.say({ type: 1, target: `Subscribe${noun}`, arguments: [account], invocationId: noun })
      client.say({ type: 1, target: 'SubscribeAccounts', arguments: [], invocationId: 'a' })
      await client.next((each) => each['invocationId'] === 'a')
    }
    await post('/api/Order/place', { accountId: COMBINE, contractId: ES, type: 2, side: 0, size: 1 })
    const position = await mine.next((each) => each['target'] === 'GatewayUserPosition')
    await other.next((each) => each['target'] === 'GatewayUserAccount')

    expect(position['arguments']).toMatchObject([
      { action: 1, data: { accountId: COMBINE, type: 1, size: 1 } },
    ])
    const trade = await mine.next((each) => each['target'] === 'GatewayUserTrade')
    // An opening half-turn has no profit: the stream leaves the null out.
    expect(
      (trade['arguments'] as unknown as { action: number; data: JsonObject }[])[0]?.data,
    ).not.toHaveProperty('profitAndLoss')
    // Accounts come for all accounts of the user, orders only for those asked for.
    expect(other.records.map((each) => each['target']).filter(Boolean)).toEqual(['GatewayUserAccount'])
  })

  test('a dropped hub forgets what was subscribed', async () => {
    const client = await dial('user', withToken())
    client.shake()
    client.say({ type: 1, target: 'SubscribeAccounts', arguments: [], invocationId: 'a' })
    await client.next((each) => each['invocationId'] === 'a')
    await post('/sim/faults', { kind: 'dropHub', hub: 'user' })
    expect((await client.ended()).code).toBe(1006)

    const again = await dial('user', withToken())
    again.shake()
    await again.next(() => true)
    await post('/sim/faults', { kind: 'lockAccount', accountId: PRACTICE })
    await post('/sim/faults', { kind: 'unlockAccount', accountId: PRACTICE })
    again.say({ type: 1, target: 'SubscribeAccounts', arguments: [], invocationId: 'b' })
    await again.next((each) => each['invocationId'] === 'b')
    expect(again.records.filter((each) => 'target' in each)).toEqual([])
  })

  test('may come in every shape that live clients have met: ids as text, bare, twice, trades one by one', async () => {
    const [user, market] = [await dial('user', withToken()), await dial('market', withToken())]
    user.shake()
    market.shake()
    user.say({ type: 1, target: 'SubscribeOrders', arguments: [PRACTICE], invocationId: 'a' })
    await user.next((each) => each['invocationId'] === 'a')
    await post('/sim/faults', {
      kind: 'quirks',
      stringOrderIds: true,
      bareUserEvents: true,
      duplicateUserEvents: true,
      singleTrades: true,
    })
    market.say({ type: 1, target: 'SubscribeContractTrades', arguments: [ES] })
    await post('/api/Order/place', { accountId: PRACTICE, contractId: ES, type: 2, side: 0, size: 1 })
    await user.next(isFilled)
    const trade = await market.next((each) => each['target'] === 'GatewayTrade')
    await post('/sim/faults', { kind: 'quirks' })
    await post('/api/Order/place', {
      accountId: PRACTICE,
      contractId: ES,
      type: 1,
      side: 0,
      size: 1,
      limitPrice: 5,
    })
    await user.next((each) => JSON.stringify(each).includes('"limitPrice":5,'))

    const filled = user.records.filter(isFilled)
    expect(filled).toHaveLength(2)
    expect(filled[0]?.['arguments']).toEqual([
      expect.objectContaining({ id: expect.stringMatching(/^33/), status: 2 }),
    ])
    expect(trade['arguments']).toEqual([ES, expect.objectContaining({ symbolId: 'F.US.EP' })])
    expect(user.records.at(-1)?.['arguments']).toEqual([{ action: 1, data: expect.any(Object) }])
  })

  test('a logout is told before the end', async () => {
    const client = await dial('user', withToken())
    client.shake()
    await client.next(() => true)
    await post('/sim/faults', { kind: 'logout' })

    expect(await client.next((each) => each['target'] === 'GatewayLogout')).toMatchObject({ arguments: [] })
    await client.ended()
  })
})

function connect(url: string, skipNegotiation: boolean): HubConnection {
  const connection = new HubConnectionBuilder()
    .withUrl(url, {
      skipNegotiation,
      transport: HttpTransportType.WebSockets,
      accessTokenFactory: () => token,
    })
    .withAutomaticReconnect([0, 10, 50, 50, 50])
    .configureLogging(LogLevel.None)
    .build()
  opened.push({ close: () => void connection.stop() })
  return connection
}

describe('the official client', () => {
  test.each([true, false])('connects and receives, skipNegotiation %s', async (skipNegotiation) => {
    const connection = connect(gateway.marketHub, skipNegotiation)
    const trade = new Promise<[string, { price: number }[]]>((done) =>
      connection.on('GatewayTrade', (id: string, trades: { price: number }[]) => done([id, trades])),
    )
    await connection.start()

    expect(await connection.invoke('SubscribeContractTrades', ES)).toBeUndefined()
    expect((await trade)[0]).toBe(ES)
    await expect(connection.invoke('SubscribeToOrders', 1)).rejects.toThrow(/Method does not exist/)
    await connection.stop()
  })

  test.each([
    ['a drop', { kind: 'dropHub', hub: 'market' }],
    ['a close that allows it', { kind: 'closeHub', hub: 'market', allowReconnect: true }],
  ])('comes back by itself after %s', async (_what, fault) => {
    const connection = connect(gateway.marketHub, true)
    const back = new Promise<void>((done) => connection.onreconnected(() => done()))
    await connection.start()
    await post('/sim/faults', fault)
    await back

    expect(await connection.invoke('SubscribeContractTrades', ES)).toBeUndefined()
    await connection.stop()
  })

  test('stays away after a close that does not allow it', async () => {
    const connection = connect(gateway.marketHub, true)
    const closed = new Promise<string>((done) => connection.onclose((error) => done(String(error))))
    await connection.start()
    await post('/sim/faults', { kind: 'closeHub', hub: 'market' })

    expect(await closed).toMatch(/Connection closed with an error/)
  })
})
