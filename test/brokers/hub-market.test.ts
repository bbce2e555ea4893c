import { afterEach, describe, expect, test } from 'vitest'
import { aQuote, aTrade, closeAll, connected, END, ENQ, MES, startMarket } from './hub-support.ts'
import { eventually } from './support.ts'

afterEach(closeAll)

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
