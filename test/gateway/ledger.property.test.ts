import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/gateway/index.ts'
import { unreachable } from '../../src/lib/index.ts'
import { COMBINE, tradeOn } from './support.ts'

interface Step {
  readonly price: number
  readonly volume: number
  readonly isBuy: boolean
  readonly act:
    | 'wait'
    | 'buy'
    | 'sell'
    | 'bracket'
    | 'limit'
    | 'stop'
    | 'close'
    | 'partial'
    | 'cancel'
    | 'modify'
  readonly size: number
}

const steps = array(
  record<Step>({
    price: integer({ min: -12, max: 12 }),
    volume: integer({ min: 1, max: 4 }),
    isBuy: boolean(),
    act: constantFrom(
      'wait',
      'buy',
      'sell',
      'bracket',
      'limit',
      'stop',
      'close',
      'partial',
      'cancel',
      'modify',
    ),
    size: integer({ min: 1, max: 4 }),
  }),
  { minLength: 5, maxLength: 50 },
)

/** Plays drawn prints with an order at each: whatever a trader may do, in any order. */
function playOut(all: readonly Step[]) {
  const tape = all.map(
    ({ price, volume, isBuy }, i) => `${i} ${6_000 + price * 0.25} ${volume} ${isBuy ? 'buy' : 'sell'}`,
  )
  const trader = tradeOn('MES', tape.join('\n'))
  const takenFromPrint: number[] = []
  let seen = 0
  all.forEach((step, i) => {
    trader.until(i)
    act(trader, step)
    const trades = trader.exchange.truth()['trades'] as unknown as JsonObject[]
    takenFromPrint.push(trades.slice(seen).reduce((sum, each) => sum + (each['size'] as number), 0))
    seen = trades.length
  })
  return { trader, takenFromPrint }
}

function act(trader: ReturnType<typeof tradeOn>, { act: kind, size, price, isBuy }: Step): void {
  const side = isBuy ? 0 : 1
  const at = 6_000 + price * 0.25
  const contractId = trader.contract.id
  const newest = trader.open().at(-1)?.['id'] as number | undefined
  switch (kind) {
    case 'buy':
    case 'sell':
      return void trader.place({ side: kind === 'buy' ? 0 : 1, size })
    case 'bracket': {
      const sign = isBuy ? 1 : -1
      const stopLossBracket = { ticks: -3 * sign, type: 4 }
      return void trader.place({
        side,
        size,
        stopLossBracket,
        takeProfitBracket: { ticks: 4 * sign, type: 1 },
      })
    }
    case 'limit':
      return void trader.place({ type: 1, side, size, limitPrice: at - (isBuy ? 0.5 : -0.5) })
    case 'stop':
      return void trader.place({ type: 4, side, size, stopPrice: at + (isBuy ? 0.5 : -0.5) })
    case 'close':
      return void trader.post('/api/Position/closeContract', { accountId: COMBINE, contractId })
    case 'partial':
      return void trader.post('/api/Position/partialCloseContract', {
        accountId: COMBINE,
        contractId,
        size: 1,
      })
    case 'cancel':
      if (newest !== undefined) trader.post('/api/Order/cancel', { accountId: COMBINE, orderId: newest })
      return
    case 'modify':
      if (newest !== undefined)
        trader.post('/api/Order/modify', { accountId: COMBINE, orderId: newest, size })
      return
    case 'wait':
      return
    default:
      return unreachable(kind)
  }
}

const rows = (trader: ReturnType<typeof tradeOn>, name: string): JsonObject[] =>
  trader.exchange.truth()[name] as unknown as JsonObject[]
const number = (row: JsonObject, name: string): number => (row[name] as number | null) ?? 0

describe('the ledger, whatever is traded in whatever order', () => {
  test('never fills more between two prints than the tape traded', () => {
    assert(
      property(steps, (all) => {
        const { takenFromPrint } = playOut(all)
        takenFromPrint.forEach((taken, i) => expect(taken).toBeLessThanOrEqual(all[i]?.volume ?? 0))
      }),
      { numRuns: 60 },
    )
  })

  test('the position is the sum of the trades, and the balance is the start plus profit less fees, to the cent', () => {
    assert(
      property(steps, (all) => {
        const { trader } = playOut(all)
        const trades = rows(trader, 'trades')
        const signed = trades.reduce(
          (sum, each) => sum + number(each, 'size') * (each['side'] === 0 ? 1 : -1),
          0,
        )
        const held = rows(trader, 'positions').reduce(
          (sum, each) => sum + number(each, 'size') * (each['type'] === 1 ? 1 : -1),
          0,
        )
        const booked = trades.reduce(
          (sum, each) =>
            sum + number(each, 'profitAndLoss') - number(each, 'fees') - number(each, 'commissions'),
          50_000,
        )

        expect(held).toBe(signed)
        expect(trader.balance()).toBeCloseTo(booked, 6)
      }),
      { numRuns: 60 },
    )
  })

  test('what is realised and what is open add up to the cash of every trade at the last price', () => {
    assert(
      property(steps, (all) => {
        const { trader } = playOut(all)
        const trades = rows(trader, 'trades')
        const cash = trades.reduce(
          (sum, each) =>
            sum - number(each, 'price') * number(each, 'size') * 5 * (each['side'] === 0 ? 1 : -1),
          0,
        )
        const realised = trades.reduce((sum, each) => sum + number(each, 'profitAndLoss'), 0)
        const cost = rows(trader, 'positions').reduce(
          (sum, each) =>
            sum + number(each, 'averagePrice') * number(each, 'size') * 5 * (each['type'] === 1 ? 1 : -1),
          0,
        )

        expect(realised - cost).toBeCloseTo(cash, 4)
      }),
      { numRuns: 60 },
    )
  })

  test('a flat account has no working exit, and no finished order is ever beyond its size', () => {
    assert(
      property(steps, (all) => {
        const { trader } = playOut(all)
        const isFlat = rows(trader, 'positions').length === 0
        for (const order of rows(trader, 'orders')) {
          expect(number(order, 'fillVolume')).toBeLessThanOrEqual(number(order, 'size'))
          expect(order['status'] === 2 ? order['fillVolume'] : order['size']).toBe(order['size'])
          const isOrphan = isFlat && order['parentOrderId'] !== null && order['status'] === 1
          expect(isOrphan).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })
})
