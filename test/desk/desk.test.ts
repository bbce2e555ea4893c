import { describe, expect, test } from 'vitest'
import { contracts, ticks } from '../../src/domain/index.ts'
import { coverageOf, isProven, newIntent } from '../../src/execution/index.ts'
import { TAG, handedOver, intent, position, row, snapshot, told, trade } from '../execution/builders.ts'
import { CONTRACT, NO_MONEY, aDesk, aPlan, after, deskWithEntry, facts, read, steady } from './builders.ts'

const filled = row({ status: 'filled', filled: contracts(2), updatedAt: after(1_000) })
const fill = trade({ size: contracts(2) })
const child = row({
  id: '1002',
  status: 'open',
  type: 'stop',
  side: 'sell',
  limit: undefined,
  stop: ticks(79_900),
  tag: `${TAG}-SL`,
  parentId: '1001',
  createdAt: after(1_000),
  updatedAt: after(1_000),
})
const held = snapshot(2_000, { orders: [filled, child], trades: [fill], positions: [position(2)] })

describe('the account', () => {
  test.each([
    ['order', (desk: ReturnType<typeof aDesk>) => desk.orderTold(row({ accountId: '666' }), steady(0))],
    ['trade', (desk: ReturnType<typeof aDesk>) => desk.tradeTold(trade({ accountId: '666' }))],
    [
      'position',
      (desk: ReturnType<typeof aDesk>) =>
        desk.positionTold(position(2, { accountId: '666' }), after(0), steady(0)),
    ],
  ])('on our stream, news of another account’s %s are a reason to halt and change nothing', (_what, tell) => {
    const desk = aDesk()
    expect(tell(desk).violations).toHaveLength(1)
    expect([desk.orders, desk.trades, desk.brokerOrders(), desk.positions()]).toEqual([[], [], [], []])
  })

  test('an order of another account in a read is no working order of ours', () => {
    const desk = aDesk()
    read(desk, 0, snapshot(0, { orders: [row({ accountId: '666' })] }))
    expect(desk.working(CONTRACT)).toEqual([])
  })

  test('the balance of another account is not our balance', () => {
    const desk = aDesk()
    desk.accountTold(
      {
        id: '666',
        name: 'OTHER',
        balance: NO_MONEY,
        canTrade: true,
        isVisible: true,
        isSimulated: true,
      },
      steady(0),
    )
    expect(desk.account).toBeUndefined()
  })
})

describe('restart', () => {
  test('an intent that may have been sent is unknown until it was looked up', () => {
    const desk = aDesk()
    desk.restore([intent()])
    expect(desk.orderByTag(TAG)?.state).toBe('unknown')
  })

  test('what was sent in an earlier run and rests at the broker is found by its tag', () => {
    const desk = aDesk()
    desk.restore([told(intent(), handedOver)])
    read(desk, 5_000, snapshot(5_000, { orders: [row()] }))
    expect(desk.orderByTag(TAG)).toMatchObject({ state: 'working', brokerId: '1001' })
  })

  test('one whole read without it proves no absence', () => {
    const desk = aDesk()
    desk.restore([intent()])
    read(desk, 120_000, snapshot(120_000))
    expect(desk.orderByTag(TAG)?.state).toBe('unknown')
  })

  test('a stop of ours of which no record is left is ours by its tag and covers its contract', () => {
    const desk = aDesk()
    const stop = row({ ...child, id: '1003', tag: 'sl-88010001-1', parentId: undefined, size: contracts(2) })
    read(desk, 2_000, snapshot(2_000, { orders: [stop], trades: [fill], positions: [position(2)] }))
    const { net, legs, allowedStop } = facts(desk, 2_100)
    expect(coverageOf(net ?? 0, legs, allowedStop).seen).toBe(2)
  })

  test('the tag of a unit that the broker has on record is not used again', () => {
    const desk = aDesk()
    const stop = row({ ...child, id: '1003', tag: 'sl-88010001-1', parentId: undefined, status: 'cancelled' })
    read(desk, 2_000, snapshot(2_000, { orders: [stop], trades: [fill], positions: [position(2)] }))
    expect(facts(desk, 2_100)).toMatchObject({ episode: '88010001', nextUnit: 2 })
  })
})

describe('proof of a stop', () => {
  const stopOf = (desk: ReturnType<typeof aDesk>) => {
    const leg = facts(desk, 0).legs.find((each) => each.leg === 'stop')
    if (leg === undefined) throw new Error('no stop is shown')
    return leg
  }

  test('one read alone proves no stop', () => {
    const desk = deskWithEntry()
    read(desk, 2_000, held)
    expect(isProven(stopOf(desk))).toBe(false)
  })

  test('reads that follow each other closely are two looks as soon as the first is a second old', () => {
    const desk = deskWithEntry()
    for (const ms of [2_000, 2_200, 2_400, 2_600, 2_800, 3_000]) read(desk, ms, { ...held, asOf: after(ms) })
    expect(isProven(stopOf(desk))).toBe(true)
  })

  test('the stream and a read prove it together', () => {
    const desk = deskWithEntry()
    desk.orderTold(child, steady(1_500))
    read(desk, 2_000, held)
    expect(isProven(stopOf(desk))).toBe(true)
  })

  test('a stop that the stream showed suspended is not proven by the one read that shows it working', () => {
    const desk = deskWithEntry()
    desk.orderTold({ ...child, status: 'suspended', updatedAt: after(500) }, steady(500))
    read(desk, 2_000, held)
    expect(isProven(stopOf(desk))).toBe(false)
  })

  test('a stop that was moved has to be proven at its new price', () => {
    const desk = deskWithEntry()
    desk.orderTold(child, steady(1_500))
    read(desk, 2_000, held)
    desk.orderTold({ ...child, stop: ticks(79_950), updatedAt: after(3_000) }, steady(3_000))
    expect(isProven(stopOf(desk))).toBe(false)
  })

  test('a stop whose end is asked for covers nothing', () => {
    const desk = deskWithEntry()
    read(desk, 2_000, held)
    desk.cancelAsked('1002', steady(2_100))
    expect(stopOf(desk).status).toBe('cancelling')
  })

  test('a cancel that a later read does not show did not take, and is asked for again', () => {
    const desk = deskWithEntry()
    read(desk, 2_000, held)
    desk.cancelAsked('1002', steady(2_100))
    read(desk, 2_500, { ...held, asOf: after(2_500) })
    expect(stopOf(desk).status).toBe('cancelling')
    read(desk, 4_200, { ...held, asOf: after(4_200) })
    expect(stopOf(desk).status).toBe('working')
  })

  test('a refused cancel leaves the stop as it was', () => {
    const desk = deskWithEntry()
    read(desk, 2_000, held)
    desk.cancelAsked('1002', steady(2_100))
    desk.cancelRefused('1002')
    expect(stopOf(desk).status).toBe('working')
  })

  test('a cancelled stop is not brought back by a late report', () => {
    const desk = deskWithEntry()
    desk.orderTold({ ...child, status: 'cancelled', updatedAt: after(1_500) }, steady(1_500))
    desk.orderTold({ ...child, updatedAt: after(1_600) }, steady(1_600))
    expect(facts(desk, 2_000).legs).toEqual([])
  })

  test('a report of the same instant that comes again late does not take a working stop back to pending', () => {
    const desk = deskWithEntry()
    const pending = { ...child, status: 'pending' as const }
    desk.orderTold(pending, steady(1_000))
    desk.orderTold(child, steady(1_001))
    desk.orderTold(pending, steady(1_500))
    expect(stopOf(desk).status).toBe('working')
  })

  test('a stop of ours that is pending at the broker is awaited, not placed twice', () => {
    const desk = deskWithEntry()
    const tag = 'sl-88010001-1'
    const { accountId } = desk
    const unit = { tag, role: 'stop', accountId, contractId: CONTRACT, side: 'sell', size: 1 } as const
    desk.open(newIntent({ ...unit, price: ticks(79_900), risk: NO_MONEY, intentAt: after(0) }), undefined)
    desk.advance(tag, handedOver)
    desk.orderTold({ ...child, id: '1009', tag, parentId: undefined, status: 'pending' }, steady(1_100))
    expect(facts(desk, 1_200).unansweredStops).toBe(1)
  })

  test('a stop that the broker took and no channel shows yet is awaited, not placed twice', () => {
    const desk = deskWithEntry()
    const tag = 'sl-88010001-1'
    const { accountId } = desk
    const unit = { tag, role: 'stop', accountId, contractId: CONTRACT, side: 'sell', size: 1 } as const
    desk.open(newIntent({ ...unit, price: ticks(79_900), risk: NO_MONEY, intentAt: after(0) }), undefined)
    desk.advance(tag, handedOver)
    desk.advance(tag, { kind: 'answered', outcome: { kind: 'accepted', orderId: '1009' } })
    expect(facts(desk, 2_000).unansweredStops).toBe(1)
    expect(desk.unshownStops(CONTRACT).map((each) => each.tag)).toEqual([tag])

    desk.orderTold({ ...child, id: '1009', tag, parentId: undefined }, steady(2_100))
    expect(facts(desk, 2_200).unansweredStops).toBe(0)
    expect(desk.unshownStops(CONTRACT)).toEqual([])
  })
})

describe('where our own stop goes', () => {
  test('it is where the decision put it', () => {
    const desk = deskWithEntry()
    read(desk, 2_000, held)
    expect(facts(desk, 2_100).stopPrice).toBe(79_900)
  })

  test('of a position that someone else opened, the plan of our last entry says nothing', () => {
    const desk = deskWithEntry()
    const short = position(-2, { averageFractional: 80_000 })
    desk.positionTold(short, after(1_000), steady(1_000))
    const { stopPrice, allowedStop } = facts(desk, 1_100)
    expect(stopPrice).toBe(allowedStop)
    expect(stopPrice).toBeGreaterThan(80_000)
  })

  test('a planned stop above what a long was bought at is no stop of it', () => {
    const desk = deskWithEntry()
    desk.positionTold(position(2, { averageFractional: 79_850 }), after(1_000), steady(1_000))
    const { stopPrice, allowedStop } = facts(desk, 1_100)
    expect(stopPrice).toBe(allowedStop)
    expect(stopPrice).toBeLessThan(79_850)
  })

  test('a plan that is looser than the cap allows gives way to the cap', () => {
    const desk = aDesk()
    desk.open(intent(), aPlan({ stop: ticks(79_000) }))
    desk.tradeTold(fill)
    desk.positionTold(position(2), after(1_000), steady(1_000))
    const { stopPrice, allowedStop } = facts(desk, 1_100)
    expect(stopPrice).toBe(allowedStop)
  })
})

describe('positions', () => {
  test('a read that was asked for before the stream spoke does not take its word back', () => {
    const desk = deskWithEntry()
    desk.positionTold(position(2), after(1_000), steady(1_000))
    read(desk, 900, snapshot(900))
    expect(desk.brokerNet(CONTRACT)).toBe(2)
  })

  test('what a later whole read does not list is flat', () => {
    const desk = deskWithEntry()
    desk.positionTold(position(2), after(1_000), steady(1_000))
    read(desk, 5_000, snapshot(5_000))
    expect(desk.brokerNet(CONTRACT)).toBe(0)
  })

  test('a read of positions that was not answered leaves them as they were', () => {
    const desk = deskWithEntry()
    desk.positionTold(position(2), after(1_000), steady(1_000))
    read(desk, 5_000, snapshot(5_000, {}, { positions: undefined }))
    expect(desk.brokerNet(CONTRACT)).toBe(2)
  })

  test('before anything was read no position is known, not even a flat one', () => {
    expect(facts(aDesk(), 0)).toMatchObject({ net: undefined, isFlatProven: false })
  })

  test('flat is proven by the second look that says so', () => {
    const desk = aDesk()
    read(desk, 0, snapshot(0))
    expect(facts(desk, 0).isFlatProven).toBe(false)
    read(desk, 1_000, snapshot(1_000))
    expect(facts(desk, 1_000).isFlatProven).toBe(true)
  })

  test('a flat that follows a position is proven anew', () => {
    const desk = deskWithEntry()
    read(desk, 0, snapshot(0))
    read(desk, 1_000, snapshot(1_000))
    desk.positionTold(position(2), after(1_500), steady(1_500))
    desk.positionTold(position(0), after(2_000), steady(2_000))
    expect(facts(desk, 2_000).isFlatProven).toBe(false)
  })

  test('a flat position next to a filled entry whose trade is not there yet is not settled', () => {
    const desk = deskWithEntry()
    desk.orderTold(filled, steady(1_000))
    read(desk, 1_000, snapshot(1_000, { orders: [filled] }))
    expect(facts(desk, 1_000)).toMatchObject({ net: 0, isSettled: false })
  })

  test('a trade that is told twice is held once', () => {
    const desk = deskWithEntry()
    desk.tradeTold(fill)
    desk.tradeTold(fill)
    expect(desk.ledgerNet(CONTRACT)).toBe(2)
  })

  test('every fact that is learned makes a permit from before it worthless', () => {
    const desk = deskWithEntry()
    const before = desk.version
    desk.tradeTold(fill)
    expect(desk.version).toBeGreaterThan(before)
  })
})
