import { describe, expect, test } from 'vitest'
import { COMBINE, PRACTICE, tradeOn } from './support.ts'

const LONG = { stopLossBracket: { ticks: -20, type: 4 }, takeProfitBracket: { ticks: 30, type: 1 } }
const SHORT = { stopLossBracket: { ticks: 20, type: 4 }, takeProfitBracket: { ticks: -30, type: 1 } }

/** ES at 6000 with ten contracts a print, up a tick, then on. */
const QUIET = `
  0 6000.00 10 buy
  10 6000.00 10 sell
  20 6000.25 10 buy
`

describe('a market order', () => {
  test('takes the opposite quote of the moment', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    // The buyer's print at 6000.00 left 5999.75 bid and 6000.00 asked.
    const bought = trader.place({ side: 0 })
    trader.until(10)
    const sold = trader.place({ side: 1 })

    expect(trader.order(bought['orderId'])).toMatchObject({ status: 2, filledPrice: 6_000 })
    expect(trader.order(sold['orderId'])).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('larger than the print fills in parts, each at the quote of its time', () => {
    const trader = tradeOn(
      'MES',
      `
      0 6000.00 2 buy
      1 6000.25 2 buy
      2 6000.50 9 buy
    `,
    )
    trader.until(0)
    const { orderId } = trader.place({ size: 5 })

    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 2, filledPrice: 6_000 })
    trader.until(1)
    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 4 })
    trader.until(2)
    // Two at 6000.00, two at 6000.25, one at 6000.50.
    expect(trader.order(orderId)).toMatchObject({ status: 2, fillVolume: 5, filledPrice: 6_000.2 })
  })

  test('two orders between two prints never get more than the last one traded', () => {
    const trader = tradeOn('MES', '0 6000.00 3 buy')
    trader.until(0)
    const first = trader.place({ size: 2 })
    const second = trader.place({ size: 2 })

    expect(trader.order(first['orderId'])['fillVolume']).toBe(2)
    expect(trader.order(second['orderId'])['fillVolume']).toBe(1)
  })
})

describe('a limit order', () => {
  test('at the touch fills only after the contracts before it have traded', () => {
    const trader = tradeOn(
      'ES',
      `
      0 6000.00 10 sell
      1 6000.00 6 sell
      2 6000.00 6 sell
    `,
    )
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_000, size: 3 })

    trader.until(1)
    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 0 })
    // Ten were before it: four of this print's six go to them, two are ours.
    trader.until(2)
    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 2 })
  })

  test('fills at its own price when a print goes through it, whatever waited there', () => {
    const trader = tradeOn(
      'ES',
      `
      0 6000.00 10 sell
      1 5999.50 4 sell
    `,
    )
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_000, size: 3 })
    trader.until(1)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('that a print has gone through waits for nobody when the price comes back', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell\n1 5999.50 2 sell\n2 6000.00 2 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_000, size: 4 })
    trader.until(1)
    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 2 })
    trader.until(2)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('inside the spread is the new best price: nobody is before it', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell 2\n1 6000.25 1 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_000.25 })
    trader.until(1)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000.25 })
  })

  test('that rests is told twice: pending, then open', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell')
    trader.until(0)
    trader.place({ type: 1, limitPrice: 5_999 })
    const told = trader.exchange.drain().filter((each) => each.hub === 'user')

    expect(told.map((each) => each.data['status'])).toEqual([6, 1])
  })

  test('that was cancelled by the order before it does not fill on the same print', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6010.00 10 buy')
    trader.until(0)
    // The client's own exit is older than the target leg, and closes the position first.
    trader.place({ type: 1, side: 1, limitPrice: 6_007.5 })
    const entry = trader.place({ ...LONG })['orderId'] as number
    trader.until(1)

    expect(trader.order(entry + 2)).toMatchObject({ status: 3, fillVolume: 0 })
    expect(trader.positions()).toEqual([])
  })

  test('that crosses when it comes gets the better price', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_002 })

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('moved to another price goes to the end of its queue', () => {
    const trader = tradeOn(
      'ES',
      `
      0 6000.00 10 sell
      1 6000.00 10 sell
      2 5999.75 10 sell
      3 5999.75 11 sell
    `,
    )
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 6_000 })
    trader.until(1)
    trader.post('/api/Order/modify', { accountId: COMBINE, orderId, limitPrice: 5_999.75 })
    trader.until(2)
    expect(trader.order(orderId)).toMatchObject({ status: 1, limitPrice: 5_999.75 })
    trader.until(3)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 5_999.75 })
  })

  test('never fills on the wrong side of its price', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6001.00 10 buy\n2 6000.25 10 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 5_999.5 })
    trader.until(2)

    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 0 })
  })

  test('that joins the bid rests at the bid of the moment', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const { orderId } = trader.place({ type: 6 })

    expect(trader.order(orderId)).toMatchObject({ status: 1, type: 6, limitPrice: 5_999.75 })
  })
})

describe('a stop order', () => {
  test('waits for its price and then takes the quote, however far that has gone', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell\n1 5999.50 10 sell\n2 5995.00 10 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 4, side: 1, stopPrice: 5_999 })
    trader.until(1)
    expect(trader.order(orderId)).toMatchObject({ status: 1, fillVolume: 0 })
    trader.until(2)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 5_995 })
  })

  test('on the wrong side of the market is met at once', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 4, side: 1, stopPrice: 6_001 })

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('that trails follows the best price and never goes back', () => {
    const trader = tradeOn('ES', '0 6000.00 9 buy\n1 6003.00 9 buy\n2 6002.00 9 sell\n3 6001.00 9 sell')
    trader.until(0)
    // An absolute price: the distance is 8 ticks of the last price.
    const { orderId } = trader.place({ type: 5, side: 1, trailPrice: 5_998 })
    expect(trader.order(orderId)).toMatchObject({ stopPrice: 5_998, trailDistance: 8, trailPrice: 2 })
    trader.until(1)
    expect(trader.order(orderId)['stopPrice']).toBe(6_001)
    trader.until(2)
    expect(trader.order(orderId)['stopPrice']).toBe(6_001)
    trader.until(3)

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_001 })
  })

  test.each([
    [null, 'Trail Distance not set.'],
    [5_749.75, 'Trail Distance exceeds maximum (1000)'],
    [5_998.1, 'Invalid trail price. Price is not aligned to tick size.'],
  ])('that would trail by %d is refused: %s', (trailPrice, text) => {
    const trader = tradeOn('ES', '0 6000.00 9 buy')
    trader.until(0)

    expect(trader.place({ type: 5, side: 1, trailPrice })).toMatchObject({ errorCode: 2, errorMessage: text })
  })
})

describe('a bracket', () => {
  test('comes as the live platform sends it: stop suspended, entry pending, target suspended, then all of them', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    const { orderId } = trader.place({ customTag: 'kael-1', ...LONG })
    const events = trader.exchange.drain().filter((each) => each.hub === 'user')
    const orders = events.filter((each) => each.target === 'GatewayUserOrder').map((each) => each.data)
    const entry = orderId as number

    expect(orders.map(({ id, status }) => [id, status])).toEqual([
      [entry + 1, 8],
      [entry, 6],
      [entry + 2, 8],
      [entry, 2],
      [entry + 2, 1],
      [entry + 1, 1],
    ])
    expect(orders[0]).toMatchObject({
      parentOrderId: entry,
      customTag: 'kael-1-SL',
      trailDistance: 20,
      trailPrice: 5,
    })
    expect(orders[0]).not.toHaveProperty('stopPrice')
    expect(orders[2]).toMatchObject({
      parentOrderId: entry,
      linkedOrderId: entry + 1,
      customTag: 'kael-1-TP',
    })
    expect(orders[4]).toMatchObject({ limitPrice: 6_007.5 })
    expect(orders[5]).toMatchObject({ stopPrice: 5_995 })
  })

  test('hides its exits from every list until the entry fills', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 5998.00 10 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 5_999, ...LONG })
    const listed = (): unknown[] =>
      (
        trader.post('/api/Order/search', { accountId: COMBINE, startTimestamp: '2026-03-01T00:00:00Z' })[
          'orders'
        ] as unknown as { id: number }[]
      ).map((each) => each.id)

    expect(trader.open().map((each) => each['id'])).toEqual([orderId])
    expect(listed()).toEqual([orderId])
    trader.until(1)
    const entry = orderId as number
    expect(trader.open().map((each) => each['id'])).toEqual([entry + 1, entry + 2])
    expect(listed()).toEqual([entry, entry + 1, entry + 2])
  })

  test('one exit cancels the other, and the account is flat', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6008.00 10 buy\n2 5990.00 10 sell')
    trader.until(0)
    const entry = trader.place({ ...LONG })['orderId'] as number
    trader.until(2)

    expect(trader.order(entry + 2)).toMatchObject({ status: 2, filledPrice: 6_007.5 })
    expect(trader.order(entry + 1)).toMatchObject({ status: 3, fillVolume: 0 })
    expect(trader.positions()).toEqual([])
  })

  test('of a short stands the other way round', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell\n1 6006.00 10 buy')
    trader.until(0)
    const entry = trader.place({ side: 1, ...SHORT })['orderId'] as number

    expect(trader.order(entry + 1)).toMatchObject({ side: 0, stopPrice: 6_005 })
    expect(trader.order(entry + 2)).toMatchObject({ side: 0, limitPrice: 5_992.5 })
    trader.until(1)
    expect(trader.trades()[0]).toMatchObject({ price: 6_006, profitAndLoss: -300 })
  })

  test('exits cover what has filled, and grow with the entry', () => {
    const trader = tradeOn('MES', '0 6000.00 2 buy\n1 6000.25 5 buy')
    trader.until(0)
    const entry = trader.place({ size: 4, ...LONG })['orderId'] as number

    expect(trader.order(entry + 1)).toMatchObject({ status: 1, size: 2, stopPrice: 5_995 })
    trader.until(1)
    expect(trader.order(entry + 1)).toMatchObject({ status: 1, size: 4, stopPrice: 5_995 })
    expect(trader.order(entry + 2)).toMatchObject({ status: 1, size: 4 })
  })

  test('a partly filled target takes as much off the stop', () => {
    const trader = tradeOn('MES', '0 6000.00 9 buy\n1 6007.75 1 buy\n2 5990.00 9 sell')
    trader.until(0)
    const entry = trader.place({ size: 3, ...LONG })['orderId'] as number
    trader.until(1)
    expect(trader.order(entry + 2)).toMatchObject({ status: 1, fillVolume: 1 })
    expect(trader.order(entry + 1)).toMatchObject({ status: 1, size: 2 })
    trader.until(2)

    expect(trader.order(entry + 1)).toMatchObject({ status: 2, fillVolume: 2 })
    expect(trader.order(entry + 2)).toMatchObject({ status: 3 })
    expect(trader.positions()).toEqual([])
  })

  test('a spent exit ends what of its entry still rests: its contracts would have none', () => {
    const trader = tradeOn('MES', '0 6000.00 2 sell\n1 5999.75 2 sell\n2 6010.00 9 buy\n3 5990.00 9 sell')
    trader.until(0)
    const entry = trader.place({ type: 1, limitPrice: 6_000, size: 4, ...LONG })['orderId'] as number
    trader.until(1)
    expect(trader.order(entry)).toMatchObject({ status: 1, fillVolume: 2 })
    trader.until(2)
    expect(trader.order(entry + 2)).toMatchObject({ status: 2, fillVolume: 2 })
    trader.until(3)

    expect(trader.order(entry)).toMatchObject({ status: 3, fillVolume: 2 })
    expect(trader.positions()).toEqual([])
  })

  test('on an entry that only closes what was there has nothing to protect, and is cancelled', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    trader.place({ size: 1 })
    const entry = trader.place({ side: 1, size: 1, ...SHORT })['orderId'] as number

    expect([0, 1, 2].map((each) => trader.order(entry + each)['status'])).toEqual([2, 3, 3])
  })

  test('a cancelled entry takes its suspended exits with it', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const entry = trader.place({ type: 1, limitPrice: 5_990, ...LONG })['orderId'] as number
    trader.post('/api/Order/cancel', { accountId: COMBINE, orderId: entry })

    expect([0, 1, 2].map((each) => trader.order(entry + each)['status'])).toEqual([3, 3, 3])
  })

  test('moving the stop leaves the target alone', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const entry = trader.place({ ...LONG })['orderId'] as number
    const reply = trader.post('/api/Order/modify', {
      accountId: COMBINE,
      orderId: entry + 1,
      stopPrice: 5_998,
    })

    expect(reply).toMatchObject({ success: true })
    expect(trader.order(entry + 1)).toMatchObject({ status: 1, stopPrice: 5_998 })
    expect(trader.order(entry + 2)).toMatchObject({ status: 1, limitPrice: 6_007.5 })
  })

  test.each([
    [0, { stopLossBracket: { ticks: 20, type: 4 } }, /less than zero when going long/],
    [1, { stopLossBracket: { ticks: -20, type: 4 } }, /greater than zero when going short/],
    [0, { takeProfitBracket: { ticks: -5, type: 1 } }, /greater than zero when going long/],
    [0, { takeProfitBracket: { ticks: 5, type: 4 } }, /take profit bracket type/],
    [0, { stopLossBracket: { ticks: -5, type: 1 } }, /stop loss bracket type/],
  ])('on the wrong side or of the wrong kind is refused by name: side %d, %o', (side, legs, text) => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const reply = trader.place({ side, ...legs })

    expect(reply).toMatchObject({ success: false, errorCode: 2, orderId: null })
    expect(reply['errorMessage']).toMatch(text)
  })
})

describe('a position', () => {
  test('is one row an account and contract, re-averaged as it grows', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6002.00 10 buy')
    trader.until(0)
    trader.place({ size: 1 })
    trader.until(1)
    trader.place({ size: 1 })

    expect(trader.positions()).toMatchObject([
      { type: 1, size: 2, averagePrice: 6_001, contractDisplayName: 'ESH26' },
    ])
  })

  test('pays fees on both sides, and its profit is gross', () => {
    const trader = tradeOn('MES', '0 6000.00 10 buy\n1 6010.00 10 sell')
    trader.until(0)
    trader.place({ size: 2 })
    trader.until(1)
    trader.post('/api/Position/closeContract', { accountId: COMBINE, contractId: trader.contract.id })

    // 10 points at 5 dollars, two contracts; 0.36 and 0.25 a contract and side.
    expect(trader.trades()).toMatchObject([
      { side: 1, profitAndLoss: 100, fees: 0.72, commissions: 0.5 },
      { side: 0, profitAndLoss: null, fees: 0.72, commissions: 0.5 },
    ])
    expect(trader.balance()).toBe(50_000 + 100 - 2.44)
  })

  test('turned round in one order closes with its profit and opens under a new number', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6004.00 10 sell')
    trader.until(0)
    trader.place({ size: 1 })
    const before = trader.positions()[0]?.['id']
    trader.until(1)
    trader.place({ side: 1, size: 3 })

    expect(trader.trades()[0]).toMatchObject({ size: 3, profitAndLoss: 200 })
    expect(trader.positions()).toMatchObject([{ type: 2, size: 2, averagePrice: 6_004 }])
    expect(trader.positions()[0]?.['id']).not.toBe(before)
  })

  test('turned round loses the exits of the side that is gone, and keeps those of the new one', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const long = trader.place({ size: 1, ...LONG })['orderId'] as number
    const short = trader.place({ side: 1, size: 3, ...SHORT })['orderId'] as number

    expect([long + 1, long + 2].map((each) => trader.order(each)['status'])).toEqual([3, 3])
    // Two of the three contracts are new risk.
    expect(trader.order(short + 1)).toMatchObject({ status: 1, size: 2 })
  })

  test('that goes flat is told with type 0, size 0 and the average it had', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 6004.00 10 sell')
    trader.until(0)
    trader.place({ size: 1 })
    trader.exchange.drain()
    trader.until(1)
    trader.post('/api/Position/closeContract', { accountId: COMBINE, contractId: trader.contract.id })
    const flat = trader.exchange
      .drain()
      .find((each) => each.hub === 'user' && each.target === 'GatewayUserPosition')

    expect(flat).toMatchObject({ action: 2, data: { type: 0, size: 0, averagePrice: 6_000 } })
  })

  test('closed by hand takes its exits with it', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    const entry = trader.place({ ...LONG })['orderId'] as number
    trader.post('/api/Position/closeContract', { accountId: COMBINE, contractId: trader.contract.id })

    expect(trader.open()).toEqual([])
    expect(trader.order(entry + 1)['status']).toBe(3)
  })

  test('closed by hand in parts has no exit left that could close it twice', () => {
    const trader = tradeOn('MES', '0 6000.00 9 buy\n1 6000.00 2 sell\n2 5990.00 9 sell')
    trader.until(0)
    trader.place({ size: 5, ...LONG })
    trader.until(1)
    trader.post('/api/Position/closeContract', { accountId: COMBINE, contractId: trader.contract.id })

    expect(trader.positions()).toMatchObject([{ size: 3 }])
    expect(trader.open()).toMatchObject([{ type: 2, size: 5, fillVolume: 2 }])
    trader.until(2)
    expect(trader.positions()).toEqual([])
  })

  test.each([
    ['keep', [2, 2]],
    ['cancelAll', []],
  ] as const)('reduced by hand: the exits are as the platform has it, %s', (exitsOnPartialClose, sizes) => {
    const trader = tradeOn('ES', '0 6000.00 10 buy', { settings: { exitsOnPartialClose } })
    trader.until(0)
    trader.place({ size: 2, ...LONG })
    trader.post('/api/Position/partialCloseContract', {
      accountId: COMBINE,
      contractId: trader.contract.id,
      size: 1,
    })

    expect(trader.positions()).toMatchObject([{ size: 1 }])
    expect(trader.open().map((each) => each['size'])).toEqual(sizes)
  })

  test.each([0, -1, 3])('cannot be closed by %d of 2: code 5, invalid close size', (size) => {
    const trader = tradeOn('ES', '0 6000.00 10 buy')
    trader.until(0)
    trader.place({ size: 2 })
    const body = { accountId: COMBINE, contractId: trader.contract.id, size }

    expect(trader.post('/api/Position/partialCloseContract', body)).toMatchObject({
      success: false,
      errorCode: 5,
    })
  })
})

describe('an order is refused', () => {
  test.each([
    ['for an account that is not there', { accountId: 1 }, 1],
    ['for a contract that is not there', { contractId: 'CON.F.US.EP.Z99' }, 8],
    ['off the tick', { type: 1, limitPrice: 6_000.1 }, 2],
    ['without the price that its type needs', { type: 1 }, 2],
    ['with no size', { size: 0 }, 2],
    ['of the type stop limit, which is not documented for placing', { type: 3, limitPrice: 6_000 }, 2],
    ['of an unknown type', { type: 99 }, 2],
    ['of an unknown side', { side: 2 }, 2],
    ['beyond five minis on a 50K account', { size: 6 }, 2],
  ])('%s', (_why, fields, errorCode) => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)

    expect(trader.place(fields)).toMatchObject({ success: false, errorCode })
    expect(trader.positions()).toEqual([])
  })

  test('when its tag was used before, even by an order that is long gone', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    trader.place({ customTag: 'once' })
    const reply = trader.place({ customTag: 'once' })

    expect(reply).toMatchObject({ success: false, errorCode: 2 })
    expect(reply['errorMessage']).toMatch(/already in use/)
    expect(trader.positions()).toMatchObject([{ size: 1 }])
  })

  test('but another account may use the same tag', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    trader.place({ customTag: 'once' })

    expect(trader.place({ accountId: PRACTICE, customTag: 'once' })).toMatchObject({ success: true })
  })

  test('outside trading hours with code 5, and stays on record as rejected without a reason', () => {
    // The maintenance break begins at 21:00Z.
    const trader = tradeOn('ES', '-60 6000.00 5 buy', { startsAt: Date.parse('2026-03-10T21:00:00Z') })
    trader.until(1)
    const reply = trader.place({})

    expect(reply).toMatchObject({ success: false, errorCode: 5, errorMessage: 'Outside of trading hours.' })
    expect(trader.order(reply['orderId'])).toMatchObject({ status: 5, fillVolume: 0 })
    const told = trader.exchange.drain().filter((each) => each.hub === 'user')
    expect(told).toMatchObject([{ target: 'GatewayUserOrder', data: { status: 5 } }])
  })

  test('while the account is locked, and the lock is told on the stream', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    trader.exchange.drain()
    trader.exchange.setCanTrade(COMBINE, false)

    expect(trader.exchange.drain()).toMatchObject([
      { target: 'GatewayUserAccount', data: { canTrade: false } },
    ])
    expect(trader.place({})).toMatchObject({ success: false, errorCode: 4 })
  })

  test('fifty micros are what five minis are', () => {
    const trader = tradeOn('MES', '0 6000.00 99 buy')
    trader.until(0)

    expect(trader.place({ size: 50 })).toMatchObject({ success: true })
    expect(trader.place({ size: 1 })).toMatchObject({ success: false, errorCode: 2 })
    expect(trader.place({ size: 1, side: 1 })).toMatchObject({ success: true })
  })

  test('resting entries count towards the limit: they may all fill', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    trader.place({ type: 1, limitPrice: 5_990, size: 3 })

    expect(trader.place({ type: 1, limitPrice: 5_980, size: 3 })).toMatchObject({
      success: false,
      errorCode: 2,
    })
  })
})

describe('cancel and modify', () => {
  test('a cancelled order never fills', () => {
    const trader = tradeOn('ES', '0 6000.00 10 buy\n1 5990.00 10 sell')
    trader.until(0)
    const { orderId } = trader.place({ type: 1, limitPrice: 5_995 })
    trader.post('/api/Order/cancel', { accountId: COMBINE, orderId })
    trader.until(1)

    expect(trader.order(orderId)).toMatchObject({ status: 3, fillVolume: 0 })
  })

  test('an unknown order is code 2, a finished one code 3, another account code 1 or 2', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    const orderId = trader.place({})['orderId'] as number
    const cancel = (accountId: number, id: number) =>
      trader.post('/api/Order/cancel', { accountId, orderId: id })

    expect(cancel(COMBINE, 7)).toMatchObject({ errorCode: 2, errorMessage: null })
    expect(cancel(COMBINE, orderId)).toMatchObject({ errorCode: 3 })
    expect(cancel(PRACTICE, orderId)).toMatchObject({ errorCode: 2 })
    expect(cancel(1, orderId)).toMatchObject({ errorCode: 1, errorMessage: null })
  })

  test('a modified order keeps its number, and what is not named stays', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    const orderId = trader.place({ type: 1, limitPrice: 5_990, size: 2 })['orderId'] as number
    trader.post('/api/Order/modify', { accountId: COMBINE, orderId, size: 1 })

    expect(trader.order(orderId)).toMatchObject({ id: orderId, status: 1, size: 1, limitPrice: 5_990 })
    expect(
      trader.post('/api/Order/modify', { accountId: COMBINE, orderId, limitPrice: 5_990.1 }),
    ).toMatchObject({
      errorCode: 3,
    })
  })

  test('a stop moved to the wrong side of the market is met at once', () => {
    const trader = tradeOn('ES', '0 6000.00 10 sell')
    trader.until(0)
    const orderId = trader.place({ type: 4, side: 1, stopPrice: 5_990 })['orderId'] as number
    trader.post('/api/Order/modify', { accountId: COMBINE, orderId, stopPrice: 6_001 })

    expect(trader.order(orderId)).toMatchObject({ status: 2, filledPrice: 6_000 })
  })

  test('a suspended exit can be neither moved nor cancelled', () => {
    const trader = tradeOn('ES', QUIET)
    trader.until(0)
    const entry = trader.place({ type: 1, limitPrice: 5_990, ...LONG })['orderId'] as number

    expect(trader.post('/api/Order/cancel', { accountId: COMBINE, orderId: entry + 1 })['errorCode']).toBe(3)
    expect(
      trader.post('/api/Order/modify', { accountId: COMBINE, orderId: entry + 1, stopPrice: 5_980 })[
        'errorCode'
      ],
    ).toBe(3)
  })
})
