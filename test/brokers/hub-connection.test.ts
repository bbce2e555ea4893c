import { afterEach, describe, expect, test } from 'vitest'
import { instrumentOf } from '../../src/domain/index.ts'
import { seededRandom } from '../../src/lib/index.ts'
import { reconnectDelayMs } from '../../src/brokers/topstepx/hub-link.ts'
import { aTrade, closeAll, connected, END, ENQ, MES, startMarket, startUser } from './hub-support.ts'
import { eventually } from './support.ts'

afterEach(closeAll)

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
