import { afterEach, describe, expect, test } from 'vitest'
import { normalise } from '../../src/brokers/topstepx/user-hub.ts'
import { anOrder, closeAll, connected, END, MES, startUser } from './hub-support.ts'
import { eventually } from './support.ts'

afterEach(closeAll)

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
