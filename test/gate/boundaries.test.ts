import { describe, expect, test } from 'vitest'
import { type BracketOrder, instrumentOf, usd } from '../../src/domain/index.ts'
import { type Evidence, judge } from '../../src/gate/index.ts'
import {
  ACCOUNT,
  CONTRACT,
  NOW,
  ago,
  anEntry,
  anOrder,
  at,
  brokerEvidenceFor,
  dollar,
  evidenceFor,
  forced,
  size,
  steady,
  tick,
  withStop,
  withValue,
} from './builders.ts'

const verdictOf = (order: BracketOrder, evidence: Evidence): string => {
  const verdict = judge(order, evidence)
  return verdict.verdict === 'permitted' ? 'permitted' : verdict.code
}

/** One MNQ whose round trip costs so much that 100 ticks of stop come to `micros` exactly. */
function risking(micros: number): BracketOrder {
  const instrument = instrumentOf('MNQ')
  const roundTripCost = usd(micros - (100 + instrument.slippage) * instrument.tickValue)
  return withStop(100, { instrument: { ...instrument, roundTripCost } })
}

describe('the 120 dollars', () => {
  test('a loss of 120.000000 at the stop passes', () => {
    const order = risking(120_000_000)

    expect(verdictOf(order, evidenceFor(order))).toBe('permitted')
  })

  test('one micro-dollar more is refused', () => {
    const order = risking(120_000_001)

    expect(verdictOf(order, evidenceFor(order))).toBe('SIZE_BELOW_ONE')
  })

  test('the cap holds for the whole size: 2 x 60.000000 passes, 2 x 60.000001 does not', () => {
    const fits = { ...risking(60_000_000), size: size(2) }
    const exceeds = { ...risking(60_000_001), size: size(2) }

    expect(verdictOf(fits, evidenceFor(fits))).toBe('permitted')
    expect(verdictOf(exceeds, evidenceFor(exceeds))).toBe('STOP_LOSS_CAP')
  })

  test('a limit above 120 dollars is not a limit: the configuration is refused', () => {
    const order = anOrder()

    const verdict = judge(order, withValue(evidenceFor(order), 'limits.stopLossCap', 120_000_001))

    expect(verdict).toMatchObject({ verdict: 'denied', code: 'INPUT_INVALID', field: 'limits.stopLossCap' })
  })

  test('a tighter cap binds at once', () => {
    const order = withStop(100)

    expect(verdictOf(order, withValue(evidenceFor(order), 'limits.stopLossCap', 52_220_000))).toBe(
      'permitted',
    )
    expect(verdictOf(order, withValue(evidenceFor(order), 'limits.stopLossCap', 52_219_999))).toBe(
      'SIZE_BELOW_ONE',
    )
  })

  test('a short risks exactly what its mirror image does', () => {
    const short = anOrder({ side: 'sell', stop: tick(80_235), target: tick(79_700) })
    const tooWide = anOrder({ side: 'sell', stop: tick(80_236), target: tick(79_700) })

    expect(verdictOf(short, evidenceFor(short))).toBe('permitted')
    expect(verdictOf(tooWide, evidenceFor(tooWide))).toBe('SIZE_BELOW_ONE')
  })
})

describe('the floor', () => {
  // One MNQ with 100 ticks of stop risks 52.22; floor 48,000 and buffer 50.
  const order = withStop(100)

  test('the last micro-dollar above floor, buffer and risk is enough', () => {
    const withBalance = (balance: number) => withValue(evidenceFor(order), 'account.balance', balance)

    expect(verdictOf(order, withBalance(48_102_220_000))).toBe('permitted')
    expect(verdictOf(order, withBalance(48_102_219_999))).toBe('HEADROOM_BELOW_RISK')
  })

  test('the higher of the declared and the reported floor counts', () => {
    expect(verdictOf(order, withValue(evidenceFor(order), 'floor.reported', 49_950_000_000))).toBe(
      'HEADROOM_BELOW_RISK',
    )
    expect(verdictOf(order, withValue(evidenceFor(order), 'floor.reported', 47_000_000_000))).toBe(
      'permitted',
    )
  })

  test('what open positions could still lose, and what other entries reserve, is gone already', () => {
    const nearly = withValue(evidenceFor(order), 'account.balance', 48_102_220_000 + 30_000_000)
    const open = withValue(nearly, 'day.openAtStops', -30_000_000)
    const reserved = withValue(nearly, 'entries', [
      anEntry({ contractId: 'CON.F.US.MES.H26', risk: dollar(30) }),
    ])

    expect(verdictOf(order, open)).toBe('permitted')
    expect(verdictOf(order, reserved)).toBe('permitted')
    expect(verdictOf(order, withValue(open, 'day.openAtStops', -30_000_001))).toBe('HEADROOM_BELOW_RISK')
    expect(verdictOf(order, withValue(reserved, 'entries[0].risk', 30_000_001))).toBe('HEADROOM_BELOW_RISK')
  })

  test('a gain that is still open buys no risk', () => {
    const atTheEdge = withValue(evidenceFor(order), 'account.balance', 48_102_219_999)

    expect(
      verdictOf(order, withValue(withValue(atTheEdge, 'day.openAtMark', 5e8), 'day.openAtStops', 4e8)),
    ).toBe('HEADROOM_BELOW_RISK')
  })

  test('the worse of mark and stop counts', () => {
    const atTheEdge = withValue(evidenceFor(order), 'account.balance', 48_102_220_000)

    expect(verdictOf(order, withValue(atTheEdge, 'day.openAtMark', -1))).toBe('HEADROOM_BELOW_RISK')
  })
})

describe('the day', () => {
  const order = withStop(100)
  const lost = (micros: number) => withValue(evidenceFor(order), 'day.realised', micros)

  test('a day that would end exactly at its limit may still be traded', () => {
    // 337.78 lost, 52.22 at risk, 10 kept back: 400 in all.
    expect(verdictOf(order, lost(-337_780_000))).toBe('permitted')
    expect(verdictOf(order, lost(-337_780_001))).toBe('DAY_LOSS_WOULD_BREACH')
  })

  test('an entry in flight counts as lost', () => {
    const inFlight = withValue(lost(-287_780_000), 'entries', [
      anEntry({ contractId: 'X', risk: dollar(50) }),
    ])

    expect(verdictOf(order, inFlight)).toBe('permitted')
    expect(verdictOf(order, withValue(inFlight, 'entries[0].risk', 50_000_001))).toBe('DAY_LOSS_WOULD_BREACH')
  })

  test('the trading day rolls at 18:00 New York and not at midnight', () => {
    const evening = withValue(evidenceFor(order), 'now', at('20:30'))
    const signalled = ['setup.knownAt', 'setup.validUntil', 'regime.reading.knownAt'].reduce(
      (evidence, path) => withValue(evidence, path, at('20:30')),
      evening,
    )
    const tomorrow = ['session.tradingDay', 'day.tradingDay'].reduce(
      (evidence, path) => withValue(evidence, path, '2026-03-11'),
      signalled,
    )
    const open = withValue(
      withValue(tomorrow, 'session.flatBy', at('16:05', '2026-03-11')),
      'session.closesAt',
      at('17:00', '2026-03-11'),
    )

    expect(verdictOf(order, open)).toBe('permitted')
    expect(verdictOf(order, withValue(open, 'day.tradingDay', '2026-03-10'))).toBe('TRADING_DAY_MISMATCH')
  })
})

describe('ages', () => {
  const order = anOrder()
  test.each([
    ['account.readAt', 15_000, 'BALANCE_STALE'],
    ['reconciliation.cleanAt', 5_000, 'RECONCILE_STALE'],
    ['data.receivedAt', 20_000, 'DATA_STALE'],
    ['data.lastTradeAt', 5_000, 'NO_REFERENCE_PRICE'],
    ['proof.tokenValidatedAt', 60_000, 'TOKEN_NOT_VALIDATED'],
    ['proof.account.readAt', 60_000, 'ACCOUNT_NOT_READ'],
    ['proof.userStream.aliveAt', 10_000, 'STREAM_DOWN'],
  ] as const)('%s counts for %i ms and not one longer', (path, limit, code) => {
    expect(verdictOf(order, withValue(evidenceFor(order), path, ago(limit)))).toBe('permitted')
    expect(verdictOf(order, withValue(evidenceFor(order), path, ago(limit + 1)))).toBe(code)
  })

  test.each([
    'account.readAt',
    'reconciliation.cleanAt',
    'data.receivedAt',
    'proof.tokenValidatedAt',
    'data.lastTradeAt',
  ])('a %s that is yet to come is not known, and denies', (path) => {
    expect(verdictOf(order, withValue(evidenceFor(order), path, NOW + 1))).not.toBe('permitted')
  })
})

describe('windows', () => {
  const order = anOrder()
  const hour = (clock: string): Evidence =>
    ['now', 'setup.knownAt', 'setup.validUntil', 'regime.reading.knownAt'].reduce<Evidence>(
      (evidence, path) => withValue(evidence, path, at(clock)),
      evidenceFor(order),
    )

  test.each([
    ['11:59', 'permitted'],
    ['12:00', 'OUTSIDE_WINDOW'],
    ['12:59', 'OUTSIDE_WINDOW'],
    ['13:00', 'permitted'],
    ['15:50', 'permitted'],
    ['15:51', 'TOO_CLOSE_TO_FLAT'],
    ['16:05', 'PAST_FLAT_TIME'],
    ['17:00', 'SESSION_CLOSED'],
  ])('at %s New York an entry is %s', (clock, verdict) => {
    expect(verdictOf(order, hour(clock))).toBe(verdict)
  })

  test('a signal is good to its last instant', () => {
    const last = withValue(evidenceFor(order), 'setup.validUntil', at('10:00'))

    expect(verdictOf(order, last)).toBe('permitted')
    expect(verdictOf(order, withValue(last, 'now', at('10:00') + 1))).toBe('SIGNAL_EXPIRED')
  })

  test('a regime counts for one bar of its own timeframe', () => {
    const reading = (ms: number) => withValue(evidenceFor(order), 'regime.reading.knownAt', at('10:00') - ms)

    expect(verdictOf(order, reading(300_000))).toBe('permitted')
    expect(verdictOf(order, reading(300_001))).toBe('REGIME_STALE')
  })
})

describe('caps', () => {
  test('a mini counts for one: two are refused, two micros are not', () => {
    const micro = withStop(50, { size: size(2) })
    const mini = withStop(4, { instrument: instrumentOf('RTY'), size: size(2), target: tick(80_040) })

    expect(verdictOf(micro, evidenceFor(micro))).toBe('permitted')
    expect(verdictOf(mini, evidenceFor(mini))).toBe('CONTRACT_CAP')
  })

  test("the larger of the broker's and our own count is what is held", () => {
    const order = anOrder()
    const held = (brokerNet: number, ledgerNet: number) =>
      evidenceFor(order, { positions: [{ contractId: CONTRACT, brokerNet, ledgerNet }] })

    expect(verdictOf(order, held(1, 1))).toBe('permitted')
    expect(verdictOf(order, held(1, 2))).toBe('NET_CAP')
    expect(verdictOf(order, held(2, 0))).toBe('NET_CAP')
  })

  test('a filled entry still reserves until the position shows it', () => {
    const order = anOrder()
    const filled = anEntry({ size: 2, isFinished: true })

    expect(verdictOf(order, evidenceFor(order, { entries: [filled] }))).toBe('NET_CAP')
  })

  test('an order is not held against itself when it is judged again after its intent', () => {
    const order = anOrder()
    const own = anEntry({ tag: order.tag, size: 2, risk: dollar(120), mintedAt: NOW })

    expect(verdictOf(order, evidenceFor(order, { entries: [own] }))).toBe('permitted')
  })
})

describe('routes', () => {
  test('a broker route with all proofs and a person who armed it may trade', () => {
    const order = anOrder()

    expect(verdictOf(order, brokerEvidenceFor(order))).toBe('permitted')
  })

  test('arming ends to the millisecond', () => {
    const order = anOrder()

    expect(verdictOf(order, brokerEvidenceFor(order, { armedUntil: steady(NOW + 1) }))).toBe('permitted')
    expect(verdictOf(order, brokerEvidenceFor(order, { armedUntil: NOW }))).toBe('NOT_ARMED')
  })

  test('the paper route passes the same five phases', () => {
    const order = anOrder()

    expect(verdictOf(order, evidenceFor(order, { route: 'paper' }))).toBe('permitted')
    expect(verdictOf(order, evidenceFor(order, { route: 'paper', proof: undefined }))).toBe('PROOF_MISSING')
  })

  test('a route that does not exist goes nowhere', () => {
    const order = anOrder({ accountId: ACCOUNT })

    expect(verdictOf(order, withValue(evidenceFor(order), 'route', 'dry-run'))).toBe('INPUT_INVALID')
    expect(verdictOf(order, forced(undefined))).toBe('INPUT_INVALID')
  })
})

describe('edges', () => {
  const order = anOrder()

  test('a collar is a distance that may be reached and not passed, by the entry and by the stop', () => {
    const last = (ticksAway: number) => withValue(evidenceFor(order), 'data.lastTrade', 80_000 + ticksAway)

    // MNQ: 800 ticks; the stop lies 100 ticks below the entry.
    expect(verdictOf(order, last(700))).toBe('permitted')
    expect(verdictOf(order, last(701))).toBe('PRICE_COLLAR')
    expect(verdictOf(order, last(-800))).toBe('permitted')
    expect(verdictOf(order, last(-801))).toBe('PRICE_COLLAR')
  })

  test('twice the daily range narrows the collar and never widens it', () => {
    const range = (ticksADay: number) => withValue(evidenceFor(order), 'data.dailyRangeTicks', ticksADay)

    // The stop lies 110 ticks from the last trade.
    expect(verdictOf(order, range(55))).toBe('permitted')
    expect(verdictOf(order, range(54.5))).toBe('PRICE_COLLAR')
    expect(verdictOf(order, withValue(range(1e6), 'data.lastTrade', 80_701))).toBe('PRICE_COLLAR')
  })

  test('a lock-out ends at its end', () => {
    const locked = (until: number) => withValue(evidenceFor(order), 'day.lockedUntil', until)

    expect(verdictOf(order, locked(at('10:00') + 1))).toBe('LOCKOUT_ACTIVE')
    expect(verdictOf(order, locked(at('10:00')))).toBe('permitted')
  })

  test('a blackout holds from its first instant to before its last', () => {
    const news = (from: number, to: number) =>
      withValue(evidenceFor(order), 'blackouts', [{ kind: 'news', label: 'CPI', from, to }])

    expect(verdictOf(order, news(at('10:00'), at('10:05')))).toBe('NEWS_BLOCK')
    expect(verdictOf(order, news(at('10:00') + 1, at('10:05')))).toBe('permitted')
    expect(verdictOf(order, news(at('09:55'), at('10:00')))).toBe('permitted')
  })

  test('a roll blackout denies with the reason of the roll', () => {
    const roll = withValue(evidenceFor(order), 'blackouts', [
      { kind: 'roll', label: 'H26 expires', from: at('09:00'), to: at('11:00') },
    ])

    expect(judge(order, roll)).toMatchObject({ code: 'ROLL_BLOCK', text: 'H26 expires' })
  })

  test('a declared floor counts for seven days', () => {
    const declaredOn = (date: string) => withValue(evidenceFor(order), 'floor.declaredOn', date)

    expect(verdictOf(order, declaredOn('2026-03-03'))).toBe('permitted')
    expect(verdictOf(order, declaredOn('2026-03-02'))).toBe('FLOOR_OUTDATED')
  })

  test('a session that the executor believes to end now has ended', () => {
    expect(verdictOf(order, withValue(evidenceFor(order), 'session.closesAt', at('10:00')))).toBe(
      'SESSION_CLOSED',
    )
    expect(verdictOf(order, withValue(evidenceFor(order), 'session.flatBy', at('10:15')))).toBe('permitted')
  })

  test.each([
    ['health.executorLagMs', 249],
    ['health.clockSkewMs', 2_000],
    ['health.clockSkewMs', -2_000],
    ['throttle.requestsUsed', 139],
    ['throttle.entriesToday', 29],
    ['throttle.entriesLastMinute', 5],
    ['strategy.identicalSetups', 2],
    ['strategy.stopOutsInARow', 2],
    ['strategy.rejectsInARow', 2],
    ['regime.reading.confidence', 0.3],
  ] as const)('%s of %d is the last that passes', (path, value) => {
    expect(verdictOf(order, withValue(evidenceFor(order), path, value))).toBe('permitted')
  })

  test('a denial names the risk that would still fit', () => {
    const near = judge(order, withValue(evidenceFor(order), 'day.realised', -350_000_000))
    const floor = judge(order, withValue(evidenceFor(order), 'account.balance', 48_080_000_000))

    // 400 less 350 lost and 10 kept back; 48,080 less floor and buffer.
    expect(near).toMatchObject({ code: 'DAY_LOSS_WOULD_BREACH', fix: 'a risk of at most 40.00' })
    expect(floor).toMatchObject({ code: 'HEADROOM_BELOW_RISK', fix: 'a risk of at most 30.00' })
  })

  test('an order that fits no contract is counted at the cap until phase 5 says why', () => {
    const empty = withStop(240, { size: size(0) })
    const tight = withValue(evidenceFor(empty), 'account.balance', 48_170_000_000)

    expect(verdictOf(empty, tight)).toBe('SIZE_BELOW_ONE')
    expect(verdictOf(empty, withValue(tight, 'account.balance', 48_169_999_999))).toBe('HEADROOM_BELOW_RISK')
  })
})

describe('negative prices', () => {
  test('crude below zero is judged like any other price', () => {
    const order = anOrder({
      instrument: instrumentOf('MCL'),
      entry: tick(-3_700),
      stop: tick(-3_760),
      target: tick(-3_600),
    })
    const evidence = withValue(evidenceFor(order), 'data.lastTrade', -3_690)

    // (60 + 1) * 1.00 + 1.52 dollars.
    expect(judge(order, evidence)).toMatchObject({ verdict: 'permitted' })
    expect(verdictOf(order, withValue(evidence, 'data.lastTrade', 3_690))).toBe('PRICE_COLLAR')
  })
})
