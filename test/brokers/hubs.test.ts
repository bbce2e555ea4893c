import { afterEach, describe, expect, test } from 'vitest'
import {
  type BrokerAccount,
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type Quote,
  type TradePrint,
  instrumentOf,
} from '../../src/domain/index.ts'
import { Secret, ok, seededRandom } from '../../src/lib/index.ts'
import { type HubState, createHeldToken, createMarketHub, createUserHub } from '../../src/brokers/index.ts'
import { reconnectDelayMs } from '../../src/brokers/topstepx/hub-link.ts'
import { normalise } from '../../src/brokers/topstepx/user-hub.ts'
import {
  type Line,
  type RawHub,
  type RawHubOptions,
  eventually,
  rawHub,
  recordedPause,
  silent,
  virtualClock,
} from './support.ts'

const MES = 'CON.F.US.MES.H26'
const ENQ = 'CON.F.US.ENQ.H26'
const END = '\u001e'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Wiring extends RawHubOptions {
  readonly stepTimeoutMs?: number
}

async function wire(options: Wiring) {
  const server = await rawHub(options)
  const tokens = createHeldToken(() => Promise.resolve(ok(new Secret('token-2'))))
  tokens.hold(new Secret('token-1'))
  const { pause, waits } = recordedPause()
  const states: [HubState, string][] = []
  const shared = {
    url: server.url,
    tokens,
    clock: virtualClock(),
    pause,
    random: seededRandom('hubs'),
    log: silent,
    stepTimeoutMs: options.stepTimeoutMs ?? 2_000,
  }
  const onState = (state: HubState, why: string): void => void states.push([state, why])
  return { server, tokens, waits, states, shared, onState }
}

async function startMarket(options: Wiring = {}) {
  const wired = await wire(options)
  const quotes: Quote[] = []
  const prints: TradePrint[] = []
  let logouts = 0
  const hub = createMarketHub({
    ...wired.shared,
    events: {
      onState: wired.onState,
      onQuote: (quote) => quotes.push(quote),
      onTrade: (print) => prints.push(print),
      onLogout: () => void logouts++,
    },
  })
  closing.push(
    () => hub.stop(),
    () => wired.server.close(),
  )
  hub.subscribe([
    { contractId: MES, instrument: instrumentOf('MES') },
    { contractId: ENQ, instrument: instrumentOf('NQ') },
  ])
  hub.start()
  return { ...wired, hub, quotes, prints, logouts: () => logouts }
}

async function startUser(options: Wiring = {}) {
  const wired = await wire(options)
  const orders: BrokerOrder[] = []
  const positions: BrokerPosition[] = []
  const trades: BrokerTrade[] = []
  const accounts: BrokerAccount[] = []
  const strange: string[] = []
  const hub = createUserHub({
    ...wired.shared,
    accountIds: ['25770001'],
    events: {
      onState: wired.onState,
      onOrder: (order) => orders.push(order),
      onPosition: (position) => positions.push(position),
      onTradeOfAccount: (trade) => trades.push(trade),
      onAccount: (account) => accounts.push(account),
      onStrange: ({ target, reason }) => strange.push(`${target} ${reason}`),
    },
  })
  closing.push(
    () => hub.stop(),
    () => wired.server.close(),
  )
  hub.start()
  return { ...wired, hub, orders, positions, trades, accounts, strange }
}

async function connected(hub: { state(): HubState }, server: RawHub, lines = 1): Promise<Line> {
  await eventually(() => hub.state() === 'connected' && server.lines.length >= lines)
  const line = server.lines.at(-1)
  if (line === undefined) throw new Error('a connected hub has a line')
  return line
}

const aTrade = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  symbolId: 'F.US.MES',
  price: 6_405.25,
  timestamp: '2026-03-10T13:30:00.3000012+00:00',
  type: 0,
  volume: 3,
  ...fields,
})
const aQuote = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  symbol: 'F.US.MES',
  lastUpdated: '2026-03-10T13:30:00.25+00:00',
  timestamp: '2026-03-10T13:30:00.2512345+00:00',
  contract: MES,
  ...fields,
})
const anOrder = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 1_190_000_421,
  accountId: 25_770_001,
  contractId: MES,
  creationTimestamp: '2026-03-10T13:29:00.1234567+00:00',
  status: 1,
  type: 1,
  side: 0,
  size: 2,
  limitPrice: 6_405.25,
  fillVolume: 0,
  customTag: 'k-1',
  ...fields,
})

describe('connection', () => {
  test('the token goes in the header, never into the address', async () => {
    const { hub, server } = await startMarket({ token: () => 'token-1' })

    const line = await connected(hub, server)

    expect(line.authorization).toBe('Bearer token-1')
  })

  test('connected means: every contract is subscribed, one call after the other', async () => {
    const { hub, server } = await startMarket()

    const line = await connected(hub, server)

    expect(line.invoked).toEqual([
      `SubscribeContractQuotes "${MES}"`,
      `SubscribeContractTrades "${MES}"`,
      `SubscribeContractQuotes "${ENQ}"`,
      `SubscribeContractTrades "${ENQ}"`,
    ])
  })

  test('the user hub subscribes accounts first, then orders, positions and trades by number', async () => {
    const { hub, server } = await startUser()

    const line = await connected(hub, server)

    expect(line.invoked).toEqual([
      'SubscribeAccounts',
      'SubscribeOrders 25770001',
      'SubscribePositions 25770001',
      'SubscribeTrades 25770001',
    ])
  })

  test('after a drop everything is subscribed again on the new line', async () => {
    const { hub, server, states } = await startMarket()
    const first = await connected(hub, server)

    first.socket.terminate()
    const second = await connected(hub, server, 2)

    expect(second.invoked).toEqual(first.invoked)
    expect(states.map(([state]) => state)).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  })

  test.each([
    [
      'close with allowReconnect',
      `{"type":7,"error":"Connection closed with an error.","allowReconnect":true}${END}`,
    ],
    ['close without', `{"type":7}${END}`],
    ['a frame that ends inside a record', '{"type":1,"target":"Gate'],
  ])('%s is a drop like any other', async (_what, frame) => {
    const { hub, server } = await startMarket()
    const first = await connected(hub, server)

    first.raw(frame)

    expect((await connected(hub, server, 2)).invoked).toHaveLength(4)
  })

  test('a server that is not there is tried for ever, with growing waits', async () => {
    const { hub, server, waits } = await startMarket()
    await connected(hub, server)
    await server.close()

    await eventually(() => waits.length >= 9)

    expect(waits.slice(0, 9).map((each) => Math.round(each / 1_000))).not.toContain(60)
    expect(waits[0]).toBe(0)
    expect(Math.max(...waits)).toBeLessThanOrEqual(36_000)
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(24_000)
    expect(hub.state()).toBe('reconnecting')
  })

  test('waits are 0, 1, 2, 5, 10, 15, 30, 30 s, each give or take a fifth', () => {
    const random = seededRandom('waits')
    for (let round = 0; round < 50; round++)
      for (const [tries, seconds] of [0, 1, 2, 5, 10, 15, 30, 30, 30].entries()) {
        const wait = reconnectDelayMs(tries, random)
        expect(wait).toBeGreaterThanOrEqual(seconds * 800)
        expect(wait).toBeLessThanOrEqual(seconds * 1_200)
      }
  })

  test('a line that drops at once again does not start the waits anew', async () => {
    const { hub, server, waits } = await startMarket()
    for (let lines = 1; lines <= 4; lines++) (await connected(hub, server, lines)).socket.terminate()
    await connected(hub, server, 5)

    expect(waits.map((each) => Math.round(each / 1_200))).toEqual([0, 1, 2, 4].map(() => expect.any(Number)))
    expect(waits[3]).toBeGreaterThan(waits[1] ?? 0)
  })

  test('a handshake that is never answered is given up after its bound', async () => {
    const { hub, server, states } = await startMarket({
      answersHandshake: (line) => line > 1,
      stepTimeoutMs: 60,
    })

    await connected(hub, server, 2)

    expect(states[1]).toEqual(['reconnecting', 'connect: no answer in 60 ms'])
  })

  test('an upgrade that is refused with 401 gets a new token instead of more tries with the old one', async () => {
    const { hub, server, states, tokens } = await startMarket({ token: () => 'token-2' })

    const line = await connected(hub, server)

    expect(line.authorization).toBe('Bearer token-2')
    expect(tokens.token()?.reveal()).toBe('token-2')
    expect(states[1]?.[1]).toContain('401')
  })

  test('a contract that the server refuses is named, and the others are unaffected', async () => {
    const { hub, server, prints } = await startMarket({
      refuses: (_method, contract) => (contract === ENQ ? 'HubException: no such contract' : undefined),
    })
    const line = await connected(hub, server)

    line.emit('GatewayTrade', MES, [aTrade()])
    await eventually(() => prints.length === 1)

    expect([...hub.refused().keys()]).toEqual([ENQ])
    expect(hub.refused().get(ENQ)).toContain('no such contract')
  })

  test('a user hub that is refused one subscription is deaf, and is made anew', async () => {
    let refusals = 1
    const { hub, server } = await startUser({
      refuses: (method) => (method === 'SubscribeTrades' && refusals-- > 0 ? 'no' : undefined),
    })

    const line = await connected(hub, server, 2)

    expect(line.invoked).toHaveLength(4)
  })

  test('a contract that is added later is subscribed once, and stays subscribed after a drop', async () => {
    const { hub, server } = await startMarket()
    const first = await connected(hub, server)

    hub.subscribe([{ contractId: 'CON.F.US.GCE.J26', instrument: instrumentOf('GC') }])
    hub.subscribe([{ contractId: 'CON.F.US.GCE.J26', instrument: instrumentOf('GC') }])
    await eventually(() => first.invoked.length === 6)
    first.socket.terminate()

    expect((await connected(hub, server, 2)).invoked).toHaveLength(6)
    expect(first.invoked).toHaveLength(6)
  })

  test('a restart for muteness makes a new connection and tells why', async () => {
    const { hub, server, states } = await startMarket()
    await connected(hub, server)

    hub.restart('mute for 5 s')
    await connected(hub, server, 2)

    expect(states[2]).toEqual(['reconnecting', 'mute for 5 s'])
  })

  test('what the old line still says after a restart is not heard', async () => {
    const { hub, server, prints } = await startMarket()
    const first = await connected(hub, server)

    hub.restart('mute')
    first.emit('GatewayTrade', MES, [aTrade({ price: 1 })])
    ;(await connected(hub, server, 2)).emit('GatewayTrade', MES, [aTrade()])
    await eventually(() => prints.length > 0)

    expect(prints.map((each) => each.price)).toEqual([25_621])
  })

  test('a logout by the server is not fought: half a minute of rest, a new token, then once more', async () => {
    const { hub, server, waits, tokens, logouts } = await startMarket()

    ;(await connected(hub, server)).emit('GatewayLogout')
    await connected(hub, server, 2)

    expect(logouts()).toBe(1)
    expect(waits).toEqual([30_000])
    expect(tokens.token()?.reveal()).toBe('token-2')
  })

  test('the second logout in ten minutes is somebody else: the hub stays closed until it is started again', async () => {
    const { hub, server, states } = await startMarket()
    ;(await connected(hub, server)).emit('GatewayLogout', { any: 'thing' })
    ;(await connected(hub, server, 2)).emit('GatewayLogout')

    await eventually(() => hub.state() === 'closed')

    expect(states.at(-1)?.[1]).toContain('somebody else')
    hub.start()
    await connected(hub, server, 3)
  })

  test('stop ends it, and nothing is tried after it', async () => {
    const { hub, server, states } = await startMarket()
    await connected(hub, server)

    await hub.stop()

    expect(states.at(-1)).toEqual(['closed', 'stopped'])
    expect(server.lines).toHaveLength(1)
  })
})

describe('market events', () => {
  test('a print is in ticks, with the time of the exchange and ours', async () => {
    const { hub, server, prints, shared } = await startMarket()

    ;(await connected(hub, server)).emit('GatewayTrade', MES, [aTrade({ type: 1 })])
    await eventually(() => prints.length === 1)

    expect(prints).toEqual([
      {
        contractId: MES,
        price: 25_621,
        size: 3,
        side: 'sell',
        at: Date.parse('2026-03-10T13:30:00.300Z'),
        subMs: 12,
        occurrence: 0,
        receivedAt: shared.clock.now(),
      },
    ])
  })

  test.each([
    ['one object, as the docs say', aTrade(), 1],
    ['an array', [aTrade(), aTrade({ price: 6_405.5 })], 2],
    ['an array that nulls pad', [null, aTrade(), null], 1],
    ['an empty array', [], 0],
    ['null', null, 0],
  ])('trades come as %s', async (_shape, payload, count) => {
    const { hub, server, prints } = await startMarket()
    const line = await connected(hub, server)

    line.emit('GatewayTrade', MES, payload)
    line.emit('GatewayTrade', ENQ, [aTrade({ price: 21_000 })])
    await eventually(() => prints.some((each) => each.contractId === ENQ))

    expect(prints.filter((each) => each.contractId === MES)).toHaveLength(count)
  })

  test('equal prints of one message are all real; each knows how many came before it', async () => {
    const { hub, server, prints } = await startMarket()

    ;(await connected(hub, server)).emit('GatewayTrade', MES, [aTrade(), aTrade(), aTrade({ volume: 1 })])
    await eventually(() => prints.length === 3)

    expect(prints.map((each) => each.occurrence)).toEqual([0, 1, 0])
  })

  test('a contract is known by the first argument, though the payload says F.US.ENQ', async () => {
    const { hub, server, prints } = await startMarket()

    ;(await connected(hub, server)).emit('GatewayTrade', ENQ, [
      aTrade({ symbolId: 'F.US.MES', price: 21_000.25 }),
    ])
    await eventually(() => prints.length === 1)

    expect(prints[0]).toMatchObject({ contractId: ENQ, price: 84_001 })
  })

  test('a quote field that is missing or null is unchanged, never zero', async () => {
    const { hub, server, quotes } = await startMarket()
    const line = await connected(hub, server)

    line.emit('GatewayQuote', MES, aQuote({ bestBid: 6_405, bestAsk: 6_405.25, lastPrice: 6_405 }))
    line.emit('GatewayQuote', MES, aQuote({ bestBid: 6_405.25, lastPrice: null }))
    line.emit('GatewayQuote', MES, {
      symbol: 'F.US.MES',
      bestAsk: 6_405.5,
      timestamp: '2026-03-10T13:30:01Z',
    })
    await eventually(() => quotes.length === 3)

    expect(quotes.map(({ bid, ask, last }) => [bid, ask, last])).toEqual([
      [25_620, 25_621, 25_620],
      [25_621, 25_621, 25_620],
      [25_621, 25_622, 25_620],
    ])
    expect(quotes[2]?.at).toBe(Date.parse('2026-03-10T13:30:01Z'))
  })

  test('what was known of a quote before a drop is unknown after it', async () => {
    const { hub, server, quotes } = await startMarket()
    const first = await connected(hub, server)
    first.emit('GatewayQuote', MES, aQuote({ bestBid: 6_405, bestAsk: 6_405.25 }))
    await eventually(() => quotes.length === 1)

    first.socket.terminate()
    ;(await connected(hub, server, 2)).emit('GatewayQuote', MES, aQuote({ bestBid: 6_404 }))
    await eventually(() => quotes.length === 2)

    expect(quotes[1]).toMatchObject({ bid: 25_616, ask: undefined })
  })

  test('what does not parse is counted by its rule, and the stream goes on', async () => {
    const { hub, server, prints } = await startMarket()
    const line = await connected(hub, server)

    for (const bad of [
      aTrade({ price: 6_405.1 }),
      aTrade({ price: null }),
      aTrade({ price: '1e400' }),
      aTrade({ volume: 0 }),
      aTrade({ volume: 1.5 }),
      aTrade({ timestamp: 'soon' }),
      aTrade({ timestamp: '2026-01-01T00:00:00Z' }),
      'text',
    ])
      line.emit('GatewayTrade', MES, [bad])
    line.emit('GatewayTrade', 'CON.F.US.ZZZ.H26', [aTrade()])
    line.emit('GatewayTrade')
    line.emit('GatewayQuote', MES, { bestBid: 6_405 })
    line.raw(`{"type":1,"target":"GatewayTrade","argu${END}{"type":"x"}${END}`)
    line.emit('GatewayNews', 'unknown target')
    line.emit('GatewayTrade', MES, aTrade())
    await eventually(() => prints.length === 1)

    expect(hub.counters().dropped).toEqual({
      'trade price is off the grid': 1,
      'trade price is no finite number': 2,
      'trade without a size': 2,
      'trade without a time': 1,
      'trade more than a day from our clock': 1,
      'trade of a contract that was not asked for': 2,
      'quote without a time': 1,
      'record is no hub message': 2,
    })
    expect(server.lines).toHaveLength(1)
  })

  test('a print whose side is not told has none, and is not given one', async () => {
    const { hub, server, prints } = await startMarket()

    ;(await connected(hub, server)).emit('GatewayTrade', MES, [aTrade({ type: 5 }), aTrade({ type: null })])
    await eventually(() => prints.length === 2)

    expect(prints.map((each) => each.side)).toEqual([undefined, undefined])
  })

  test('twenty thousand prints in frames of fifty take less than two seconds of one thread', async () => {
    const { hub, server, prints } = await startMarket()
    const line = await connected(hub, server)
    const frame = Array.from(
      { length: 50 },
      () => `${JSON.stringify({ type: 1, target: 'GatewayTrade', arguments: [MES, [aTrade()]] })}${END}`,
    ).join('')

    const startedAt = performance.now()
    for (let i = 0; i < 400; i++) line.raw(frame)
    await eventually(() => prints.length === 20_000)

    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('account events', () => {
  test('every shape that was seen is one row: bare, wrapped, in arrays, padded with nulls', () => {
    const row = { id: 1 }

    expect(
      [
        row,
        { action: 1, data: row },
        [{ action: 1, data: row }],
        [null, row],
        { action: 1, data: [row] },
        [[row]],
      ].map((each) => normalise(each)),
    ).toEqual(Array.from({ length: 6 }, () => [row]))
    expect([null, undefined, [], [null]].map((each) => normalise(each))).toEqual([[], [], [], []])
    expect(normalise({ id: 1, data: null })).toEqual([{ id: 1, data: null }])
  })

  test('an order with its id as text does not degrade the stream', async () => {
    const { hub, server, orders } = await startUser()
    const line = await connected(hub, server)

    line.emit('GatewayUserOrder', { action: 1, data: anOrder({ id: '1190000421', size: '2' }) })
    line.emit('GatewayUserOrder', anOrder({ status: 2, fillVolume: 2, filledPrice: 6_405.5 }))
    await eventually(() => orders.length === 2)

    expect(orders.map(({ id, status, filled }) => [id, status, filled])).toEqual([
      ['1190000421', 'open', 0],
      ['1190000421', 'filled', 2],
    ])
    expect(orders[1]?.averageFillFractional).toBe(25_622)
  })

  test('an order id beyond 2^53 keeps its digits on the stream', async () => {
    const { hub, server, orders } = await startUser()
    const text = JSON.stringify({
      type: 1,
      target: 'GatewayUserOrder',
      arguments: [{ action: 1, data: anOrder({ id: 7 }) }],
    })

    ;(await connected(hub, server)).raw(`${text.replace('"id":7', '"id":9007199254740993')}${END}`)
    await eventually(() => orders.length === 1)

    expect(orders[0]?.id).toBe('9007199254740993')
  })

  test('a suspended bracket leg has a parent and no price', async () => {
    const { hub, server, orders } = await startUser()
    const { limitPrice: _none, ...leg } = anOrder({
      status: 8,
      type: 4,
      side: 1,
      parentOrderId: 1_190_000_420,
      customTag: 'k-1-SL',
    })

    ;(await connected(hub, server)).emit('GatewayUserOrder', { action: 1, data: leg })
    await eventually(() => orders.length === 1)

    expect(orders[0]).toMatchObject({
      status: 'suspended',
      type: 'stop',
      parentId: '1190000420',
      limit: undefined,
      stop: undefined,
    })
  })

  test('a flat position is action 2, type 0, size 0, and has no direction', async () => {
    const { hub, server, positions } = await startUser()
    const row = {
      id: 7_710_001,
      accountId: 25_770_001,
      contractId: MES,
      creationTimestamp: '2026-03-10T13:29:00+00:00',
      averagePrice: 6_405.25,
    }
    const line = await connected(hub, server)

    line.emit('GatewayUserPosition', { action: 1, data: { ...row, type: 2, size: 2 } })
    line.emit('GatewayUserPosition', { action: 2, data: { ...row, type: 0, size: 0 } })
    await eventually(() => positions.length === 2)

    expect(positions.map(({ direction, size }) => [direction, size])).toEqual([
      [-1, 2],
      [0, 0],
    ])
  })

  test('trades and accounts arrive typed, whatever the action code says', async () => {
    const { hub, server, trades, accounts } = await startUser()
    const line = await connected(hub, server)

    line.emit('GatewayUserTrade', {
      action: 0,
      data: {
        id: 88,
        accountId: 25_770_001,
        contractId: MES,
        creationTimestamp: '2026-03-10T13:30:00.004120+00:00',
        price: 6_405.25,
        fees: 0.36,
        commissions: 0.25,
        side: 0,
        size: 2,
        voided: false,
        orderId: 1_190_000_421,
      },
    })
    line.emit('GatewayUserAccount', {
      action: 9,
      data: {
        id: 25_770_001,
        name: 'A',
        balance: 50_120.5,
        canTrade: false,
        isVisible: true,
        simulated: true,
      },
    })
    await eventually(() => accounts.length === 1)

    expect(trades[0]).toMatchObject({ orderId: '1190000421', fees: 610_000, profitAndLoss: undefined })
    expect(accounts[0]).toMatchObject({ id: '25770001', canTrade: false })
  })

  test('an event that is not understood is told with its reason, for a read by REST, and loses no other', async () => {
    const { hub, server, orders, strange } = await startUser()
    const line = await connected(hub, server)

    line.emit('GatewayUserOrder', [
      { action: 1, data: anOrder({ side: 3 }) },
      { action: 1, data: anOrder() },
    ])
    line.emit('GatewayUserOrder', { action: 1, data: anOrder({ status: 0 }) })
    line.emit('GatewayUserPosition', 'gone')
    await eventually(() => strange.length === 3)

    expect(orders).toHaveLength(1)
    expect(strange).toEqual([
      'GatewayUserOrder side: a side is 0 or 1, was 3',
      'GatewayUserOrder status 0 (none) is no state of an order',
      expect.stringContaining('GatewayUserPosition row'),
    ])
  })

  test('a quiet user hub is no fault', async () => {
    const { hub, server, shared } = await startUser()
    await connected(hub, server)

    shared.clock.advance(6 * 3_600_000)

    expect(hub.state()).toBe('connected')
    expect(server.lines).toHaveLength(1)
  })
})
