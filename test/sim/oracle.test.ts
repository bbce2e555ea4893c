import { describe, expect, test } from 'vitest'
import { DEMO_LIMITS } from '../../src/domain/risk/index.ts'
import { instrumentOf } from '../../src/domain/index.ts'
import { T_PROTECT_MS } from '../../src/execution/index.ts'
import { DEFAULT_ACCOUNTS, DEFAULT_START, createExchange } from '../../src/gateway/index.ts'
import { present } from '../../src/lib/index.ts'
import { emptyTables } from './memory-store.ts'
import { createOracle } from './oracle.ts'

const ACCOUNT = present(DEFAULT_ACCOUNTS[0], 'an account').id
const MES = instrumentOf('MES')

/** An exchange, an oracle over it, and a hand that trades past the platform. */
function watchedExchange() {
  const exchange = createExchange({
    seed: 'oracle',
    start: DEFAULT_START,
    instruments: [MES],
    historyDays: 1,
  })
  const contract = exchange.listing.frontAt(MES, DEFAULT_START)
  const oracle = createOracle({
    ledger: () => exchange.snapshot().ledger,
    accountId: ACCOUNT,
    tables: emptyTables([]),
    limits: DEMO_LIMITS,
    instrumentOf: () => MES,
    now: () => exchange.now(),
  })
  const login = exchange.handle('/api/Auth/loginKey', exchange.credentials, undefined)
  const token = login.json?.['token']
  if (typeof token !== 'string') throw new Error('the exchange lets its own user in')
  const order = { accountId: ACCOUNT, contractId: contract.id, type: 2, side: 0 }
  return {
    exchange,
    oracle,
    buy: (size: number, more: object = {}) =>
      exchange.handle('/api/Order/place', { ...order, size, ...more }, token),
    found: () => [...new Set(oracle.violations.map((each) => each.invariant))],
  }
}

describe('the oracle', () => {
  test('nothing happened, nothing is found', () => {
    const { exchange, oracle, found } = watchedExchange()
    exchange.advanceTo(DEFAULT_START + 60_000)
    oracle.check()

    expect(found()).toEqual([])
  })

  test('an order without a decision is found, and that it opened a position', () => {
    const { oracle, buy, found } = watchedExchange()
    buy(1, { customTag: 'k-nobody-decided-this' })
    oracle.check()

    expect(found()).toEqual(['no-order-without-decision', 'only-entries-open'])
  })

  test('a position without a stop is found after eight seconds, and not before', () => {
    const { exchange, oracle, buy, found } = watchedExchange()
    buy(1)
    oracle.check()
    exchange.advanceTo(DEFAULT_START + T_PROTECT_MS)
    oracle.check()
    expect(found()).not.toContain('protected-in-time')

    exchange.advanceTo(DEFAULT_START + T_PROTECT_MS + 100)
    oracle.check()
    expect(found()).toContain('protected-in-time')
  })

  test('more contracts than the limits allow are found', () => {
    const { oracle, buy, found } = watchedExchange()
    buy(DEMO_LIMITS.grossMax + 1)
    oracle.check()

    expect(found()).toContain('within-limits')
  })

  test('books that say otherwise than the broker are found', () => {
    const { oracle, buy } = watchedExchange()
    buy(1)

    expect(oracle.differences({ account: '', positions: [], orders: [] })).toEqual([
      "positions: ours none; the broker's MES long 1",
      expect.stringMatching(/^fills: ours none; the broker's \d+ buy 1@\d+$/),
    ])
  })
})
