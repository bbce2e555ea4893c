import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantAt } from '../../../src/domain/calendar/index.ts'
import {
  type BrokerTrade,
  type Usd,
  contracts,
  epochMs,
  instrumentOf,
  ticks,
  usd,
} from '../../../src/domain/index.ts'
import {
  type OpenPosition,
  dayHeadroom,
  dayLedger,
  headroom,
  openAt,
  worstCase,
} from '../../../src/domain/risk/index.ts'

const MNQ = instrumentOf('MNQ')
const DAY = '2026-03-10'
const dollar = (n: number): Usd => usd(Math.round(n * 1e6))
const of = () => MNQ

let counter = 0
function fill(
  side: 'buy' | 'sell',
  size: number,
  price: number,
  changes: Partial<BrokerTrade> = {},
): BrokerTrade {
  counter++
  return {
    id: String(88_010_000 + counter),
    accountId: '25770001',
    contractId: 'CON.F.US.MNQ.H26',
    orderId: '1',
    at: epochMs(instantAt(DAY, 600) + counter),
    price: ticks(price),
    side,
    size: contracts(size),
    profitAndLoss: undefined,
    fees: dollar(0.61),
    isVoided: false,
    ...changes,
  }
}

describe('the day', () => {
  test('a round trip earns its distance less the cost of both sides', () => {
    const ledger = dayLedger([fill('buy', 1, 80_000), fill('sell', 1, 80_100)], DAY, of)

    expect(ledger).toMatchObject({
      realised: dollar(50 - 1.22),
      costs: dollar(1.22),
      fills: 2,
      closes: 1,
      positions: [],
    })
  })

  test('a short earns when the price falls', () => {
    expect(dayLedger([fill('sell', 2, 80_000), fill('buy', 2, 79_900)], DAY, of).realised).toBe(
      dollar(100 - 1.22),
    )
  })

  test('costs count from the first fill, before anything is closed', () => {
    const ledger = dayLedger([fill('buy', 1, 80_000)], DAY, of)

    expect(ledger.realised).toBe(dollar(-0.61))
    expect(ledger.positions).toMatchObject([{ net: 1, basis: dollar(40_000) }])
  })

  test('a partial close is booked at the average, and what rounds away is not lost', () => {
    const opened = [fill('buy', 1, 80_000), fill('buy', 2, 80_001)]
    const closed = [fill('sell', 1, 80_010), fill('sell', 1, 80_010), fill('sell', 1, 80_010)]

    // 10 + 9 + 9 ticks of 0.50 in all, whatever the average rounds to on the way.
    expect(dayLedger([...opened, ...closed], DAY, of).realised).toBe(dollar(14 - 5 * 0.61))
  })

  test('a partial close releases its share of what was paid and no more', () => {
    const { realised, positions } = dayLedger([fill('buy', 3, 80_000), fill('sell', 1, 80_010)], DAY, of)

    expect(realised).toBe(dollar(5 - 1.22))
    expect(positions).toMatchObject([{ net: 2, basis: dollar(80_000) }])
  })

  test('fills count in the order of their instants and then of their ids, whatever the order of arrival', () => {
    const at = instantAt(DAY, 660)
    const buy = fill('buy', 1, 80_000, { id: '9', at })
    const sell = fill('sell', 1, 80_010, { id: '10', at })
    const earlier = fill('buy', 1, 79_000, { id: '11', at: epochMs(at - 1) })
    const { positions } = dayLedger([sell, buy, earlier], DAY, of)

    // Two bought, one sold: the episode is that of the first by time.
    expect(positions).toMatchObject([{ net: 1, episode: '11', basis: dollar(39_750) }])
    expect(dayLedger([sell, buy], DAY, of)).toMatchObject({
      realised: dollar(5 - 1.22),
      closes: 1,
      positions: [],
    })
    expect(dayLedger([fill('sell', 1, 80_010, { id: '8', at }), buy], DAY, of).closes).toBe(1)
  })

  test('a fill beyond flat turns the position and opens another episode', () => {
    const long = fill('buy', 1, 80_000)
    const turn = fill('sell', 3, 80_010)
    const { positions, realised } = dayLedger([long, turn], DAY, of)

    expect(realised).toBe(dollar(5 - 1.22))
    expect(positions).toEqual([
      { contractId: long.contractId, net: -2, basis: dollar(-2 * 40_005), episode: turn.id },
    ])
  })

  test('a trade id counts once, a voided trade not at all', () => {
    const bought = fill('buy', 1, 80_000)
    const sold = fill('sell', 1, 80_100)
    const voided = fill('sell', 1, 90_000)

    const once = dayLedger([bought, sold], DAY, of)
    const often = dayLedger([bought, sold, sold, bought, voided, { ...voided, isVoided: true }], DAY, of)

    expect(often).toEqual(once)
  })

  test('the fills of another trading day open positions and earn nothing today', () => {
    const evening = fill('buy', 1, 80_000, { at: epochMs(instantAt('2026-03-09', 600)) })
    const today = fill('sell', 1, 80_100)

    expect(dayLedger([evening, today], DAY, of)).toMatchObject({ realised: dollar(50 - 0.61), fills: 1 })
    expect(dayLedger([evening, today], '2026-03-09', of)).toMatchObject({ realised: dollar(-0.61), fills: 1 })
  })

  test('a fill at 18:00 New York belongs to the next day', () => {
    const late = fill('buy', 1, 80_000, { at: instantAt(DAY, 18 * 60) })

    expect(dayLedger([late], DAY, of).fills).toBe(0)
    expect(dayLedger([late], '2026-03-11', of).fills).toBe(1)
  })

  test('any day of fills, in any order and any number of times, ends at the same figures', () => {
    const drawn = fc.array(
      fc.record({
        side: fc.constantFrom('buy' as const, 'sell' as const),
        size: fc.integer({ min: 1, max: 3 }),
        price: fc.integer({ min: -500, max: 500 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(drawn, fc.infiniteStream(fc.nat()), (rows, keys) => {
        const trades = rows.map(({ side, size, price }) => fill(side, size, price))
        const keyed = [...trades, ...trades].map((each) => [each, keys.next().value] as const)
        const shuffled = keyed.sort(([, a], [, b]) => Number(a) - Number(b)).map(([each]) => each)
        expect(dayLedger(shuffled, DAY, of)).toEqual(dayLedger(trades, DAY, of))
      }),
      { numRuns: 200 },
    )
  })

  test('money is conserved: realised and open at any mark equal cash flow and holdings', () => {
    const drawn = fc.array(
      fc.record({
        side: fc.constantFrom('buy' as const, 'sell' as const),
        size: fc.integer({ min: 1, max: 4 }),
        price: fc.integer({ min: -900, max: 90_000 }),
      }),
      { minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(drawn, fc.integer({ min: -900, max: 90_000 }), (rows, mark) => {
        const trades = rows.map(({ side, size, price }) => fill(side, size, price))
        const ledger = dayLedger(trades, DAY, of)
        const open = ledger.positions.reduce((sum, each) => sum + openAt(each, ticks(mark), MNQ), 0)
        const cash = trades.reduce(
          (sum, { side, size, price, fees }) =>
            sum - (side === 'buy' ? 1 : -1) * size * price * MNQ.tickValue - fees,
          0,
        )
        const held = trades.reduce((sum, { side, size }) => sum + (side === 'buy' ? 1 : -1) * size, 0)
        return ledger.realised + open === cash + held * mark * MNQ.tickValue
      }),
    )
    expect(dayLedger([], DAY, of).realised).toBe(0)
  })
})

const long = (net: number, at: number): OpenPosition => ({
  contractId: 'c',
  net,
  basis: usd(net * at * MNQ.tickValue),
  episode: '1',
})

describe('the worst case', () => {
  test('is the loss at the stop with the declared slippage and the cost of leaving', () => {
    const { worst, uncovered } = worstCase(
      long(2, 80_000),
      [{ size: contracts(2), price: ticks(79_900) }],
      ticks(80_050),
      MNQ,
    )

    // (100 + 2) ticks * 0.50 * 2 + 0.61 * 2.
    expect(worst).toBe(dollar(-103.22))
    expect(uncovered).toBe(0)
  })

  test('a market already beyond the stop counts at the market', () => {
    const { worst } = worstCase(
      long(1, 80_000),
      [{ size: contracts(1), price: ticks(79_900) }],
      ticks(79_800),
      MNQ,
    )

    expect(worst).toBe(dollar(-100.61))
  })

  test('a contract without a stop is named: its loss has no bound', () => {
    expect(
      worstCase(long(2, 80_000), [{ size: contracts(1), price: ticks(79_900) }], ticks(80_000), MNQ)
        .uncovered,
    ).toBe(1)
  })

  test('the loosest stops count first, and no stop counts for more than is held', () => {
    const stops = [
      { size: contracts(1), price: ticks(79_990) },
      { size: contracts(1), price: ticks(79_900) },
    ]

    expect(worstCase(long(1, 80_000), stops, ticks(80_000), MNQ).worst).toBe(dollar(-51.61))
  })

  test('a short is the mirror image', () => {
    const { worst } = worstCase(
      long(-2, 80_000),
      [{ size: contracts(2), price: ticks(80_100) }],
      ticks(79_950),
      MNQ,
    )

    expect(worst).toBe(dollar(-103.22))
  })

  test('headroom counts losses and reservations, never open gains', () => {
    expect(headroom(dollar(50_000), dollar(-100), dollar(50), dollar(48_000))).toBe(dollar(1_850))
    expect(headroom(dollar(50_000), dollar(900), dollar(0), dollar(48_000))).toBe(dollar(2_000))
    expect(dayHeadroom(dollar(-300), dollar(-60), dollar(50), dollar(400))).toBe(dollar(-10))
    expect(dayHeadroom(dollar(-300), dollar(60), dollar(50), dollar(400))).toBe(dollar(50))
  })
})
