import { describe, expect, test } from 'vitest'
import { type AccountSpec, createExchange, startGateway } from '../../src/gateway/index.ts'
import { START, COMBINE, login, roots, tradeOn } from './support.ts'

/** Ten minutes before 15:10 in Chicago on an ordinary day: second 600 is the firm's flat time. */
const AFTERNOON = Date.parse('2026-03-10T20:00:00Z')
const DRAWING = `
  0 6000.00 10 buy
  590 6001.00 10 buy
  601 6001.00 10 buy
  660 6002.00 10 sell
`
const LONG = { stopLossBracket: { ticks: -200, type: 4 }, takeProfitBracket: { ticks: 200, type: 1 } }

describe("the firm's flat time, 15:10 in Chicago", () => {
  test('closes every position, cancels every order, and tells it like any other trade', () => {
    const trader = tradeOn('ES', DRAWING, { startsAt: AFTERNOON })
    trader.until(0)
    trader.place({ size: 2, ...LONG })
    trader.place({ type: 1, limitPrice: 5_990 })
    trader.until(599)
    expect(trader.positions()).toMatchObject([{ size: 2 }])
    const told = trader.until(600)

    expect(trader.positions()).toEqual([])
    expect(trader.open()).toEqual([])
    // Two long contracts from 6000.00 at the bid of 6000.75.
    expect(trader.trades()[0]).toMatchObject({ side: 1, size: 2, price: 6_000.75, profitAndLoss: 75 })
    expect(told.map((each) => each.target)).toContain('GatewayUserPosition')
  })

  test('a large position goes out with the prints that follow', () => {
    const trader = tradeOn('MES', DRAWING, { startsAt: AFTERNOON })
    trader.until(0)
    trader.place({ size: 10 })
    trader.place({ size: 9 })
    // Nine of the ten that traded at 590 went to the entry: one is left to sell to.
    trader.until(600)
    expect(trader.positions()).toMatchObject([{ size: 18 }])
    trader.until(601)
    expect(trader.positions()).toMatchObject([{ size: 8 }])
    trader.until(660)

    expect(trader.positions()).toEqual([])
  })

  test('no new risk is taken from then until the evening session, though the market trades on', () => {
    const exchange = createExchange({
      seed: 'flat',
      start: START,
      instruments: roots('ES'),
      historyDays: 1,
    })
    const token = login(exchange)
    const place = (instant: string): unknown =>
      exchange.handle(
        '/api/Order/place',
        { accountId: COMBINE, contractId: 'CON.F.US.EP.H26', type: 2, side: 0, size: 1 },
        token,
        Date.parse(instant),
      ).json?.['errorCode']

    expect(place('2026-03-10T20:09:59Z')).toBe(0)
    expect(place('2026-03-10T20:10:00Z')).toBe(5)
    expect(place('2026-03-10T20:59:00Z')).toBe(5)
    expect(place('2026-03-10T22:00:30Z')).toBe(0)
  })

  test('can be switched off', () => {
    const trader = tradeOn('ES', DRAWING, { startsAt: AFTERNOON, settings: { isFlatByAfternoon: false } })
    trader.until(0)
    trader.place({ size: 2 })
    trader.until(660)

    expect(trader.positions()).toMatchObject([{ size: 2 }])
  })
})

describe('the maximum loss of an account', () => {
  const accounts: AccountSpec[] = [
    { id: COMBINE, name: '50KTC-V2-645001-97000001', balance: 50_000, minisMax: 5, lossMax: 2_000 },
  ]
  const FALL = `
    0 6000.00 10 buy
    1 5960.25 10 sell
    2 5959.75 10 sell
    3 6100.00 10 buy
  `

  test('is met with open profit and loss counted: flat, locked, and told', () => {
    const trader = tradeOn('ES', FALL, { accounts })
    trader.until(0)
    trader.place({ size: 1, ...LONG, stopLossBracket: { ticks: -400, type: 4 } })
    trader.until(1)
    // 39.75 points at 50 dollars is 1,987.50, and 1.40 of costs: not yet.
    expect(trader.positions()).toMatchObject([{ size: 1 }])
    const told = trader.until(2)

    expect(trader.positions()).toEqual([])
    expect(trader.open()).toEqual([])
    expect(told.find((each) => each.target === 'GatewayUserAccount')?.data).toMatchObject({ canTrade: false })
    expect(trader.place({})).toMatchObject({ success: false, errorCode: 4 })
  })

  test('trails the highest balance of a day, from its end on', () => {
    // Bought at 6000.00, flat at 6019.75 and below 51,000: the floor is 48,984.70 in the evening.
    const tape = `
      0 6000.00 10 buy
      590 6020.00 10 buy
      7210 6020.00 10 buy
      7220 5980.75 10 sell
      7230 5980.00 10 sell
    `
    const trader = tradeOn('ES', tape, { accounts, startsAt: AFTERNOON })
    trader.until(0)
    trader.place({ size: 1 })
    trader.until(7_210)
    expect(trader.balance()).toBe(50_000 + 987.5 - 2.8)
    trader.place({ size: 1 })
    trader.until(7_220)
    expect(trader.positions()).toMatchObject([{ size: 1 }])
    trader.until(7_230)

    expect(trader.positions()).toEqual([])
  })

  test('never ends an account that has none', () => {
    const trader = tradeOn('ES', FALL)
    trader.until(0)
    trader.place({ size: 1 })
    trader.until(2)

    expect(trader.positions()).toMatchObject([{ size: 1 }])
  })
})

test('a fault of the schedule comes at its simulated instant, once', async () => {
  const started = await startGateway({
    seed: 'timed',
    start: START,
    speed: 2_000,
    instruments: roots('ES'),
    faults: [{ at: START + 60_000, fault: { kind: 'lockAccount', accountId: COMBINE } }],
  })
  if (!started.ok) throw new Error(started.error)
  const { exchange } = started.value
  const canTrade = (): unknown =>
    (exchange.truth()['accounts'] as unknown as { canTrade: boolean }[])[0]?.canTrade
  const before = canTrade()
  while (exchange.now() < START + 60_000) await new Promise((done) => setImmediate(done))
  // The turn of the clock that passed the instant has ended when this one gets its own.
  await new Promise((done) => setImmediate(done))

  expect([before, canTrade()]).toEqual([true, false])
  await started.value.close()
})
