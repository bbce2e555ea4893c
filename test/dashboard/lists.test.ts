import { describe, expect, test } from 'vitest'
import { type DashboardRows, type Moment, topicsOf } from '../../src/dashboard/index.ts'
import { ticks } from '../../src/domain/index.ts'
import { at, phases } from '../support/rows.ts'
import {
  aDenial,
  aFill,
  aHeld,
  aProtection,
  aQuote,
  aScan,
  aSession,
  anActor,
  anInstrument,
  anOrderRow,
  dollars,
  moment,
  rows,
} from './builders.ts'

const topics = (changes: Partial<DashboardRows> = {}, when: Moment = moment()) =>
  topicsOf(rows(changes), when)
const card = (changes: Partial<DashboardRows> = {}, when: Moment = moment()) => {
  const [first] = topics({ positions: [aHeld()], protections: [aProtection()], ...changes }, when).positions
  if (first === undefined) throw new Error('no card')
  return first
}
const scan = (changes: Partial<DashboardRows> = {}, when: Moment = moment()) => {
  const [first] = topics(changes, when).scanner
  if (first === undefined) throw new Error('no row')
  return first
}

describe('position card', () => {
  test('a flat position has no card', () => {
    expect(topics({ positions: [aHeld({ size: 0, direction: 0 })] }).positions).toEqual([])
  })

  test('its result is of the last price, gross', () => {
    expect(card().pnl.value).toBe(10_500_000)
  })

  test('without a price it has no result and no excursion, and keeps its stop', () => {
    const shown = card({}, moment({ quotes: [aQuote(undefined)] }))
    expect([shown.pnl.value, shown.best.value, shown.r.value]).toEqual([null, null, null])
    expect(shown.stop.value).toBe(79_572)
  })

  test('a position whose stop was never looked at has no stop, not one at zero', () => {
    const shown = card({ protections: [] })
    expect([shown.stop, shown.stopMoney, shown.protection].map((each) => each.value)).toEqual([
      null,
      null,
      null,
    ])
  })

  test('one that was opened outside Kael has accepted no risk to be measured by', () => {
    expect(card({ positions: [aHeld({ decisionId: null })] })).toMatchObject({
      decision: null,
      r: { value: null },
    })
  })

  test('its result over risk is over the risk of the decision that opened it', () => {
    // 117 ticks on two contracts at 0.50 dollars were accepted.
    const { r } = card({ decisions: [aDenial({ id: 482, passed: true, verdict: 'PERMITTED' })] })
    expect(r.value).toBeCloseTo(10.5 / 117)
  })

  test('the best so far is never below the entry, the worst never above', () => {
    const shown = card({ positions: [aHeld({ best: null, worst: null })] })
    expect(shown.best.value).toBeGreaterThanOrEqual(0)
    expect(shown.worst.value).toBeLessThanOrEqual(0)
  })

  test('a phase that this screen does not know is shown as unknown, never as protected', () => {
    expect(card({ protections: [aProtection({ phase: 'idle' })] }).protection.value?.kind).toBe('unknown')
  })
})

describe('scanner', () => {
  test('an instrument that is switched off says why', () => {
    const instruments = [{ ...anInstrument('MNQ'), disabledBecause: 'its tick size differs at the broker' }]
    expect(scan({ instruments }).text).toBe('its tick size differs at the broker')
  })

  test('an open position is said before anything else', () => {
    expect(scan({ positions: [aHeld()] }).word.value).toBe('in trade')
  })

  test('trouble with the data is said before any setup', () => {
    const quotes = [aQuote(79_700, { state: 'stale' })]
    expect(scan({}, moment({ quotes })).word.value).toBe('stale')
  })

  test('a denial is said until its analyst has seen another bar', () => {
    expect(scan({ decisions: [aDenial({ asOf: at(1) })] }).word.value).toBe('no: day loss')
    const later = [aScan({ asOf: at(2) })]
    expect(scan({ decisions: [aDenial({ asOf: at(1) })], scanner: later }).word.value).toBe('wait sweep')
  })

  test('before its analyst has read the history it waits and has no regime', () => {
    expect(scan({ scanner: [] })).toMatchObject({
      word: { value: null, state: 'unknown' },
      regime: { value: null },
      change: { value: null },
    })
  })

  test('the change of the day is from the open of this trading day', () => {
    expect(scan().change.value).toBe(100)
  })

  test('the open of yesterday gives no change of today', () => {
    expect(scan({ scanner: [aScan({ asOf: at(-86_400) })] }).change.value).toBeNull()
    expect(scan({ scanner: [aScan({ asOf: at(-86_400) })] }).direction.value).toBeNull()
  })

  test('a change is no newer than the row that has its open', () => {
    expect(scan({ scanner: [aScan({ asOf: at(-300) })] }).change.asOf).toBe(at(-300))
  })

  test('instruments keep their places whatever order they were read in', () => {
    const instruments = [anInstrument('MES', 1), anInstrument('MNQ', 0)]
    expect(topics({ instruments }).scanner.map((each) => each.instrument)).toEqual(['MNQ', 'MES'])
  })
})

describe('orders, fills and decisions', () => {
  test('an order at the market has no price, not one of zero', () => {
    expect(topics({ orders: [anOrderRow({ limitPrice: null })] }).orders[0]?.price).toMatchObject({
      value: null,
      why: 'at the market',
    })
  })

  test('a fill that opened has no result yet', () => {
    expect(topics({ fills: [aFill()] }).fills[0]?.pnl).toMatchObject({ value: null, state: 'unknown' })
  })

  test('a fill that closed at no gain has a result of zero', () => {
    expect(topics({ fills: [aFill({ profitAndLoss: dollars(0) })] }).fills[0]?.pnl.value).toBe(0)
  })

  test('a denial names the first phase that failed and has no outcome', () => {
    expect(topics({ decisions: [aDenial()] }).decisions[0]).toMatchObject({
      id: 'G-486',
      firstFailed: 3,
      code: 'DAY_LOSS',
      outcome: '',
    })
  })

  const intent = {
    tag: 'k-1',
    route: 'gateway-sim' as const,
    accountId: aHeld().accountId,
    epoch: 7,
    contractId: aHeld().contractId,
    instrument: 'MNQ',
    size: 2,
    life: 'partial' as const,
    brokerOrderId: '1001',
    filled: 1,
    reason: null,
    intendedAt: at(0),
    movedAt: at(1),
    decisionId: 486,
    orderHash: 'ab'.repeat(32),
    side: 'buy' as const,
    type: 'limit' as const,
    entry: ticks(79_689),
    stop: ticks(79_572),
    target: ticks(79_923),
    risk: dollars(119.44),
  }
  const permitted = aDenial({ passed: true, verdict: 'PERMITTED', phases: phases(), intent })

  test('a partial fill is told as the part that it is', () => {
    const { decisions } = topics({ decisions: [permitted], fills: [aFill({ size: 1 })] })
    expect(decisions[0]?.outcome).toBe('order 1001 filled 1 of 2 at 19922.25')
  })

  test('a voided fill is no outcome', () => {
    const { decisions } = topics({ decisions: [permitted], fills: [aFill({ isVoided: true })] })
    expect(decisions[0]?.outcome).toBe('order 1001 partial')
  })

  test('an order whose fate is unknown says so', () => {
    const unknown = { ...permitted, intent: { ...intent, life: 'unknown' as const, brokerOrderId: null } }
    expect(topics({ decisions: [unknown] }).decisions[0]?.outcome).toBe('order unknown')
  })
})

describe('conditions', () => {
  const ids = (changes: Partial<DashboardRows>, when: Moment = moment()) =>
    topics(changes, when).conditions.map((each) => each.id)

  test('an unprotected position comes before everything else', () => {
    const session = aSession({ userHub: 'down', state: 'stale' })
    const protections = [aProtection({ phase: 'filledUnprotected' })]
    expect(ids({ positions: [aHeld()], protections, session })[0]).toBe(`protection/${aHeld().contractId}`)
  })

  test('a protection of another account protects nothing here', () => {
    const protections = [aProtection({ accountId: '999' })]
    expect(ids({ positions: [aHeld()], protections })).toContain(`protection/${aHeld().contractId}`)
  })

  test('a proven stop needs nobody', () => {
    expect(ids({ positions: [aHeld()], protections: [aProtection()] })).toEqual([])
  })

  test('an actor that has failed is named with its failure', () => {
    const actors = [anActor('analyst/MNQ', { status: 'failed', lastFailure: 'heap' })]
    expect(topics({ actors }).conditions[0]?.text).toBe('analyst/MNQ is failed: heap')
  })

  test('a stream that is away says since when', () => {
    const session = aSession({ userHub: 'down', userHubSince: at(-30), state: 'stale' })
    expect(topics({ session }).conditions[0]).toMatchObject({ id: 'hub/userHub', since: at(-30) })
  })

  test('a stop level is there as long as it holds', () => {
    const stopLevel = { id: 1, level: 1 as const, by: 'ada', because: '', commandId: 'c', at: at(0) }
    expect(ids({ stopLevel })).toEqual(['stop'])
    expect(ids({ stopLevel: { ...stopLevel, level: 0 } })).toEqual([])
  })

  test('one feed that is stale is named', () => {
    const instruments = [anInstrument('MNQ'), anInstrument('MES', 1)]
    const quotes = [aQuote(79_700), aQuote(20_000, { instrument: 'MES', state: 'stale' })]
    expect(topics({ instruments }, moment({ quotes })).conditions[0]?.text).toBe('MES stale')
  })
})
