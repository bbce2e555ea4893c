import { describe, expect, test } from 'vitest'
import { contracts, ticks, usd } from '../../src/domain/index.ts'
import { type Surroundings, dayEvidence, evidenceFor, markOf, sessionAt } from '../../src/desk/index.ts'
import { TAG, intent, position, row, snapshot, told, trade } from '../execution/builders.ts'
import { aSimulatedProof, anOrder, at } from '../gate/builders.ts'
import { aSignal } from '../support/rows.ts'
import { aDesk, aPlan, aView, after, deskWithEntry, read, steady } from './builders.ts'

const market = (): ReturnType<typeof aView> => aView()
const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  now: after(10_000),
  monotonic: steady(10_000),
  executorEpoch: 7,
  configRevision: 'a81c',
  control: { state: 'ACTIVE', stopLevel: 0, isLockedByBroker: false, brackets: 'proven' },
  proof: aSimulatedProof(),
  hubs: { user: 'current', market: 'current' },
  market,
  executorLagMs: 3,
  floor: undefined,
  requests: { used: 0, allowed: 40 },
  strategy: { enabledAt: 0 },
  ...changes,
})
const order = anOrder({ tag: 'k-20260310-next' })
const signal = aSignal({ entry: order.entry, stop: order.stop })
const evidence = (desk = deskWithEntry(), changes: Partial<Surroundings> = {}) =>
  evidenceFor(desk, order, signal, around(changes))

describe('what the gate is shown', () => {
  test('an order whose fate is unknown is counted, the one that is judged is not', () => {
    const desk = aDesk()
    desk.restore([intent(), intent({ tag: order.tag })])
    expect(evidence(desk).unknownIntents).toBe(1)
  })

  test('no word from the feed is no price, not a price of zero', () => {
    expect(evidence(deskWithEntry(), { market: () => undefined }).data).toMatchObject({
      state: 'unknown',
      lastTrade: undefined,
    })
  })

  test('with no word on its bars a regime is of no revision and waits for a correction', () => {
    const { regime } = evidence(deskWithEntry(), { market: () => undefined })
    expect(regime).toMatchObject({ revision: Number.NaN, isPending: true })
  })

  test('an account that was never read is not there', () => {
    expect(evidence().account).toBeUndefined()
  })

  test('an entry reserves its whole size from its intent on', () => {
    const desk = aDesk()
    desk.open(intent(), aPlan())
    expect(evidence(desk).entries).toMatchObject([{ tag: TAG, size: 2 }])
  })

  test('"filled" on its record releases no reservation before trades and position show it', () => {
    const desk = deskWithEntry()
    desk.orderTold(row({ status: 'filled', filled: contracts(2), updatedAt: after(1_000) }), steady(1_000))
    expect(evidence(desk).entries).toMatchObject([{ tag: TAG, size: 2, isFinished: true }])
  })

  test('a working order of somebody else counts as exposure at the most that a trade may lose', () => {
    const desk = aDesk()
    read(desk, 0, snapshot(0, { orders: [row({ tag: undefined })] }))
    const { entries, limits } = evidence(desk)
    expect(entries).toMatchObject([{ tag: 'external-1001', size: 2, risk: limits.stopLossCap }])
  })

  test('an order of somebody else that a whole list of open ones lacks counts no more', () => {
    const desk = aDesk()
    read(desk, 0, snapshot(0, { orders: [row({ tag: undefined })] }))
    read(desk, 5_000, snapshot(5_000, {}, { openOrders: undefined }))
    expect(evidence(desk).entries).toHaveLength(1)
    read(desk, 10_000, snapshot(10_000))
    expect(evidence(desk).entries).toEqual([])
  })

  test('the same prices again are the same setup, a restart in between or not', () => {
    const desk = aDesk()
    desk.open(intent({ price: order.entry }), aPlan({ stop: order.stop, signal }))
    desk.open(intent({ tag: 'k-before', price: order.entry }), aPlan({ stop: order.stop, signal: undefined }))
    desk.open(intent({ tag: 'k-other', price: ticks(80_001) }), aPlan({ stop: order.stop }))
    expect(evidence(desk).strategy.identicalSetups).toBe(2)
  })

  test('rejections in a row count from the newest back', () => {
    const desk = aDesk()
    for (const [index, kind] of (['rejected', 'rejected', 'absent'] as const).entries()) {
      desk.open(intent({ tag: `k-${index}`, intentAt: after(-index * 1_000) }), aPlan())
      desk.advance(`k-${index}`, { kind: 'handedOver', at: after(0) })
      if (kind === 'rejected')
        desk.advance(`k-${index}`, {
          kind: 'answered',
          outcome: { kind: 'rejected', errorCode: 2, text: '', orderId: undefined },
        })
      else desk.advance(`k-${index}`, { kind: 'answered', outcome: { kind: 'notSent', detail: 'no token' } })
    }
    expect(evidence(desk).strategy.rejectsInARow).toBe(2)
  })

  test('what a person has seen when entries were let through again does not count any more', () => {
    const desk = aDesk()
    desk.restore([
      told(
        intent(),
        { kind: 'handedOver', at: after(0) },
        { kind: 'answered', outcome: { kind: 'rejected', errorCode: 2, text: '', orderId: undefined } },
      ),
    ])
    expect(evidence(desk).strategy.rejectsInARow).toBe(1)
    expect(evidence(desk, { strategy: { enabledAt: after(5_000) } }).strategy.rejectsInARow).toBe(0)
  })

  test('an intent that never left us is no entry of the day', () => {
    const desk = aDesk()
    desk.restore([told(intent(), { kind: 'refusedAtSend' }), told(intent({ tag: 'k-2' }))])
    expect(evidence(desk).throttle.entriesToday).toBe(1)
  })
})

describe('the money of the day', () => {
  const figures = (desk = deskWithEntry(), view = market) =>
    dayEvidence(desk, { now: after(10_000), market: view })

  test('a day without a trade is a day of zero, not of nothing', () => {
    expect(figures()).toMatchObject({ realised: 0, openAtMark: 0, uncovered: 0 })
  })

  test('a long is marked at the bid, a short at the ask', () => {
    expect([markOf(aView(), 2), markOf(aView(), -2)]).toEqual([80_009, 80_011])
  })

  test('fees of a fill that opened are lost at once', () => {
    const desk = deskWithEntry()
    desk.tradeTold(trade({ size: contracts(2), fees: usd(1_220_000) }))
    expect(figures(desk)?.realised).toBe(-1_220_000)
  })

  test('an open position without a price makes the day’s figures unknown', () => {
    const desk = deskWithEntry()
    desk.tradeTold(trade())
    expect(dayEvidence(desk, { now: after(10_000), market: () => undefined })).toBeUndefined()
  })

  test.each(['stale', 'unknown'] as const)('a price that is %s marks no position', (state) => {
    const desk = deskWithEntry()
    desk.tradeTold(trade())
    const view = aView({ data: { ...aView().data, state } })
    expect(figures(desk, () => view)).toBeUndefined()
  })

  test('a position that no trade of ours explains counts with its loss and as uncovered', () => {
    const desk = aDesk()
    desk.positionTold(position(2, { averageFractional: 80_109 }), after(0), steady(0))
    // 100 ticks against two contracts at 0.50 dollars a tick.
    expect(figures(desk)).toMatchObject({ openAtMark: -100_000_000, uncovered: 2 })
  })

  test('a position in something that is none of our instruments makes the figures unknown', () => {
    const desk = aDesk()
    desk.positionTold(position(1, { contractId: 'CON.F.US.ZB.H26' }), after(0), steady(0))
    expect(figures(desk)).toBeUndefined()
  })

  test('what was lost by hand in another instrument is lost of the same day', () => {
    const desk = aDesk()
    desk.tradeTold(
      trade({ contractId: 'CON.F.US.ZB.H26', profitAndLoss: usd(-500_000_000), fees: usd(2_000_000) }),
    )
    expect(figures(desk)?.realised).toBe(-502_000_000)
  })

  test('a stop whose end is asked for bounds no loss', () => {
    const desk = deskWithEntry()
    const stop = row({ id: '1002', type: 'stop', side: 'sell', stop: ticks(79_900), tag: `${TAG}-SL` })
    read(
      desk,
      1_000,
      snapshot(2_000, { orders: [stop], trades: [trade({ size: contracts(2) })], positions: [position(2)] }),
    )
    expect(figures(desk)?.uncovered).toBe(0)
    desk.cancelAsked('1002', steady(1_100))
    expect(figures(desk)?.uncovered).toBe(2)
  })
})

describe('the session', () => {
  test('our flat time comes before the exchange closes', () => {
    const session = sessionAt(at('10:00'))
    expect(session?.isOpen).toBe(true)
    expect(session?.flatBy).toBeLessThan(session?.closesAt ?? 0)
  })

  test('a closed market belongs to the day to come and takes no entry', () => {
    expect(sessionAt(at('17:30'))).toMatchObject({ isOpen: false, tradingDay: '2026-03-11' })
  })
})
