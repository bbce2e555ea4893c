import { describe, expect, onTestFinished, test } from 'vitest'
import { flatTimes, marketStateAt } from '../../src/domain/calendar/index.ts'
import { type Signal, epochMs } from '../../src/domain/index.ts'
import { failed, invariant } from '../../src/lib/index.ts'
import { type Tables, emptyTables } from '../sim/memory-store.ts'
import { CONTRACT, aPosition, aSignal, anOrder, seen } from '../support/rows.ts'
import { orderRow, positionRow } from '../../src/store/executor-rows.ts'
import {
  BrokerSide,
  FLOOR,
  MORNING,
  type Stage,
  type StageOptions,
  stage,
  wireOrder,
  wirePosition,
  wireTrade,
} from './broker-side.ts'

async function opened(options: StageOptions = {}): Promise<Stage> {
  const found = await stage(options)
  onTestFinished(() => found.kit.close())
  return found
}

/** Known now, at the prices of the stage. */
function signal(changes: Partial<Signal> = {}): Signal {
  const regime = { ...aSignal().regime, since: MORNING, knownAt: MORNING }
  const validUntil = epochMs(MORNING + 900_000)
  return aSignal({ knownAt: MORNING, validUntil, regime, ...changes })
}

const verdicts = ({ tables }: Stage) => tables.decisions.map(({ row }) => row.code ?? 'PERMITTED')
const lives = ({ tables }: Stage) => [...tables.intents.values()].map((each) => each.life)
const tagOf = ({ tables }: Stage): string => [...tables.intents.keys()][0] ?? 'none'
const count = ({ broker }: Stage, path: string): number => broker.requests(path).length

describe('the request budget', () => {
  test('orders are read at every pass, the account only when its last word grows old', async () => {
    const it = await opened()
    await it.run(60_000)

    const [orders, accounts] = [count(it, 'Order/searchOpen'), count(it, 'Account/search')]
    expect(orders).toBeGreaterThanOrEqual(11)
    expect(accounts).toBeLessThanOrEqual(8)
    expect(accounts).toBeGreaterThanOrEqual(4)
  })
})

describe('one order', () => {
  test('a signal that passes becomes one intent and one request with its tag', async () => {
    const it = await opened()
    it.tell(signal())
    await it.run(2_000)
    expect([verdicts(it), lives(it)]).toEqual([['PERMITTED'], ['working']])
    expect(it.broker.requests('Order/place').map(({ body }) => body['customTag'])).toEqual([tagOf(it)])
  })

  test('the same signal twice is one order', async () => {
    const it = await opened()
    it.tell(signal())
    it.tell(signal())
    await it.run(2_000)
    expect([it.tables.decisions.length, count(it, 'Order/place')]).toEqual([1, 1])
  })

  test('without its durable intent nothing is sent', async () => {
    const it = await opened({
      store: (store) => ({
        ...store,
        recordDecision: () =>
          Promise.resolve(failed({ code: 'TIMEOUT', retry: 'afterReconcile', detail: 'no answer in 1 s' })),
      }),
    })
    it.tell(signal())
    await it.run(2_000)
    expect(count(it, 'Order/place')).toBe(0)
  })

  test('an intent that was refused at the last moment is absent and was never sent', async () => {
    let level: () => void = () => undefined
    const it = await opened({
      store: (store) => ({
        ...store,
        // The stream tells of another account while the intent is being written.
        recordDecision: async (...decision) => {
          const written = await store.recordDecision(...decision)
          level()
          return written
        },
      }),
    })
    level = () => it.broker.events.onPosition?.({ ...aPosition(), accountId: '666' })
    it.tell(signal())
    await it.run(2_000)
    expect([lives(it), count(it, 'Order/place')]).toEqual([['absent'], 0])
  })
})

describe('an answer that is lost', () => {
  const lost = async (): Promise<Stage> => {
    const it = await opened()
    it.broker.answers['Order/place'] = () => 'lost'
    it.tell(signal())
    await it.run(12_000)
    return it
  }

  test('the order is unknown, and its request is not sent again', async () => {
    const it = await lost()
    await it.run(30_000)
    expect([lives(it), count(it, 'Order/place')]).toEqual([['unknown'], 1])
  })

  test('it is found by its tag', async () => {
    const it = await lost()
    it.broker.orders = [wireOrder({ customTag: tagOf(it) })]
    await it.run(6_000)
    expect(lives(it)).toEqual(['working'])
  })

  test('after two whole reads a minute later that lack it, it never arrived', async () => {
    const it = await lost()
    await it.run(70_000)
    expect([lives(it), count(it, 'Order/place')]).toEqual([['absent'], 1])
  })

  test('while it is unknown no other entry is let through', async () => {
    const it = await lost()
    it.tell(signal({ id: 'second' }))
    await it.run(1_000)
    expect(verdicts(it).at(-1)).not.toBe('PERMITTED')
    expect(count(it, 'Order/place')).toBe(1)
  })

  test('a stop command does not wait for it', async () => {
    const it = await opened()
    it.broker.answers['Order/place'] = () => 'lost'
    it.tell(signal())
    await it.run(500)
    const answer = it.executor.ask('setStopLevel', { level: 1, by: 'ada' }, { timeoutMs: 2_000 })
    expect(await it.kit.get(answer, 2_000)).toEqual({ level: 1 })
  })

  test('a setup that is withdrawn meanwhile is cancelled as soon as its order is found', async () => {
    const it = await lost()
    it.executor.tell('withdraw', { signalId: signal().id, reason: 'the gap was filled' })
    await it.run(1_000)
    it.broker.orders = [wireOrder({ customTag: tagOf(it) })]
    await it.run(8_000)
    expect(it.broker.requests('Order/cancel').map(({ body }) => body['orderId'])).toContain(1_001)
  })

  test('after a crash it is looked up by its tag, and not sent by the next incarnation either', async () => {
    const it = await lost()
    await it.restart()
    it.tell(signal())
    await it.run(5_000)
    expect([lives(it), count(it, 'Order/place')]).toEqual([['unknown'], 1])
    it.broker.orders = [wireOrder({ customTag: tagOf(it) })]
    await it.run(6_000)
    // Found, and ended: an entry of an earlier start is not worked any longer.
    expect(count(it, 'Order/cancel')).toBeGreaterThan(0)
    expect(count(it, 'Order/place')).toBe(1)
  })
})

describe('cancelling', () => {
  test('a cancel that shows no effect does not use up what protection has to send with', async () => {
    const it = await opened()
    it.tell(signal())
    await it.run(1_000)
    it.broker.orders = [wireOrder({ customTag: tagOf(it) })]
    await it.run(1_000)
    it.executor.tell('withdraw', { signalId: signal().id, reason: 'test' })
    await it.run(20_000)
    expect(count(it, 'Order/cancel')).toBeGreaterThan(1)
    expect(count(it, 'Order/cancel')).toBeLessThanOrEqual(11)
  })
})

describe('stop level', () => {
  test('what is kept holds, also when nobody told the executor', async () => {
    const it = await opened()
    it.tables.stopLevels.push({
      id: 1,
      level: 1,
      by: 'ada',
      because: 'asked on the dashboard',
      commandId: 'c',
      at: MORNING,
    })
    await it.run(6_000)
    it.tell(signal())
    await it.run(1_000)
    expect(verdicts(it)).toEqual(['STOP_LEVEL_1'])
  })
})

describe('a position', () => {
  const stop = {
    id: 1_002,
    type: 4,
    side: 1,
    size: 1,
    limitPrice: null,
    stopPrice: 79_572 * 0.25,
    customTag: 'sl-88010001-1',
  }
  const held = (): BrokerSide => {
    const broker = new BrokerSide()
    broker.trades = [wireTrade()]
    broker.positions = [wirePosition()]
    return broker
  }

  test('that nothing covers gets a stop of its own within the time to protect', async () => {
    const it = await opened({ broker: held() })
    await it.run(6_000)
    expect(it.broker.requests('Order/place').map(({ body }) => body['customTag'])).toEqual(['sl-88010001-1'])
  })

  test('is protected in time by a platform whose database hangs', async () => {
    const it = await opened({
      broker: held(),
      store: (store) => ({ ...store, recordReduction: () => new Promise(() => undefined) }),
    })
    await it.run(7_000)
    expect(count(it, 'Order/place')).toBe(1)
  })

  test('whose stop the broker has taken and not shown yet is not covered twice', async () => {
    const it = await opened({ broker: held() })
    await it.run(5_000)
    expect(count(it, 'Order/place')).toBe(1)
  })

  test('whose stop we placed before a restart needs no other', async () => {
    const broker = held()
    broker.orders = [wireOrder(stop)]
    const it = await opened({ broker })
    await it.run(20_000)
    expect([count(it, 'Order/place'), count(it, 'Position/closeContract')]).toEqual([0, 0])
    expect(it.tables.protection.get(CONTRACT)?.phase).toBe('protected')
  })

  test('is closed at our flat time, and asked for again until the broker says flat', async () => {
    const state = marketStateAt(MORNING)
    invariant(state.kind === 'open', 'the market is open in the morning')
    const broker = held()
    broker.orders = [wireOrder(stop)]
    const it = await opened({ broker, at: flatTimes(state.day).ours - 10_000 })
    expect(count(it, 'Position/closeContract')).toBe(0)
    broker.answers['Position/closeContract'] = () => ({ success: false, errorCode: 1 })
    await it.run(20_000)
    expect(count(it, 'Position/closeContract')).toBeGreaterThan(1)

    broker.positions = []
    broker.trades = [...broker.trades, wireTrade({ id: 88_010_002, side: 1, orderId: 901 })]
    await it.run(8_000)
    const asked = count(it, 'Position/closeContract')
    await it.run(20_000)
    expect(count(it, 'Position/closeContract')).toBe(asked)
  })

  test('that was closed while nobody was here is flat on the screen too', async () => {
    const tables: Tables = emptyTables([FLOOR])
    const before = { instrument: 'MNQ', mark: null, openProfit: null, best: null, worst: null }
    tables.positions.set(
      CONTRACT,
      positionRow('gateway-sim', aPosition(), {
        ...seen({ asOf: epochMs(MORNING - 60_000) }),
        ...before,
        decisionId: 1,
      }),
    )
    const it = await opened({ tables })
    await it.run(2_000)
    expect(it.tables.positions.get(CONTRACT)?.size).toBe(0)
  })

  test('is as old on the screen as the broker’s last word on it, however new its price', async () => {
    const it = await opened({ broker: held() })
    await it.run(6_000)
    it.broker.answers['Position/searchOpen'] = () => 'lost'
    await it.run(30_000)
    const asOf = it.tables.positions.get(CONTRACT)?.asOf ?? Number.NaN
    expect(it.kit.now() - asOf).toBeGreaterThan(20_000)
  })
})

describe('orders of an earlier run', () => {
  const left = (): Tables => {
    const tables = emptyTables([FLOOR])
    const role = { instrument: 'MNQ', role: 'entry' } as const
    const order = anOrder({ id: '55', createdAt: MORNING, updatedAt: MORNING })
    tables.orders.set('55', orderRow('gateway-sim', order, { ...seen(), ...role }))
    return tables
  }

  test('are what the broker now says of them', async () => {
    const broker = new BrokerSide()
    broker.answers['Order/searchById'] = () => ({ order: wireOrder({ id: 55, status: 3 }) })
    const it = await opened({ broker, tables: left() })
    expect(it.tables.orders.get('55')?.status).toBe('cancelled')
  })

  test('of which the broker says nothing are unknown and not working', async () => {
    const it = await opened({ tables: left() })
    expect(it.tables.orders.get('55')?.state).toBe('unknown')
  })
})

describe('what contradicts what is known', () => {
  test('one frame of another account ends all entries', async () => {
    const it = await opened()
    it.broker.events.onPosition?.({ ...aPosition(), accountId: '666' })
    it.tell(signal())
    await it.run(1_000)
    expect(verdicts(it)).not.toContain('PERMITTED')
    expect(it.tables.positions.size).toBe(0)
  })

  test('a halt outlives a crash, and ends when a person lets entries through again', async () => {
    const it = await opened()
    it.broker.events.onPosition?.({ ...aPosition(), accountId: '666' })
    await it.run(1_000)
    expect(it.tables.stopLevels).toMatchObject([{ level: 1, by: 'executor' }])

    await it.restart()
    it.tell(signal())
    await it.run(1_000)
    expect(verdicts(it)).toEqual(['STOP_LEVEL_1'])

    // As the server does it: kept first, then told.
    const lowered = { id: 2, level: 0, by: 'ada', because: 'looked', commandId: 'c', at: MORNING } as const
    it.tables.stopLevels.push(lowered)
    await it.kit.get(it.executor.ask('setStopLevel', { level: 0, by: 'ada' }, { timeoutMs: 2_000 }))
    await it.run(6_000)
    it.tell(signal({ id: 'second' }))
    await it.run(1_000)
    expect(verdicts(it).at(-1)).toBe('PERMITTED')
  })

  test('a price that is through its stop closes it at once', async () => {
    const broker = new BrokerSide()
    broker.trades = [wireTrade({ price: 79_950 * 0.25 })]
    broker.positions = [wirePosition({ averagePrice: 79_950 * 0.25 })]
    const it = await opened({ broker })
    await it.run(2_000)
    expect(count(it, 'Position/closeContract')).toBeGreaterThan(0)
    expect(count(it, 'Order/place')).toBe(0)
  })
})
