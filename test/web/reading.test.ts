import { describe, expect, test } from 'vitest'
import { killZonesBetween } from '../../web/src/chart/kill-zones.ts'
import { widenedBy } from '../../web/src/chart/levels.ts'
import { addressOf, goTo } from '../../web/src/state/address.ts'
import { createPage } from '../../web/src/state/page.ts'
import { createView } from '../../web/src/state/view.ts'
import { handPlatform } from './fixtures/hand-platform.ts'
import { aSnapshot } from './fixtures/snapshot.ts'

const view = () => createView(handPlatform().browser)

const level = (price: number) => ({ kind: 'stop' as const, price, title: '' })

describe('the address of the page', () => {
  test('names the decision and the chart, and leads back to them', () => {
    const here = view()
    here.choose('MNQ')
    here.setTimeframe('15m')
    here.overlay.value = { kind: 'decision', id: 'G-486' }
    expect(addressOf(here)).toBe('/explain/G-486?chart=MNQ.15m')

    const there = view()
    goTo(there, addressOf(here))
    expect(there.overlay.value).toEqual({ kind: 'decision', id: 'G-486' })
    expect([there.instrument.value, there.timeframe.value]).toEqual(['MNQ', '15m'])
  })

  test.each(['/explain/<script>', '/?chart=MNQ.7m', '/?chart=', '/nowhere', '/explain/G-486/more'])(
    'an address that names nothing real (%s) changes nothing',
    (address) => {
      const here = view()
      goTo(here, address)

      expect(here.overlay.value.kind).toBe('none')
      expect([here.instrument.value, here.timeframe.value]).toEqual([null, '5m'])
    },
  )
})

describe('what the reader chose', () => {
  test('overlays are remembered for each instrument by itself', () => {
    const { browser } = handPlatform()
    const first = createView(browser)
    first.choose('MNQ')
    first.toggleDrawn('fvg')
    first.choose('MES')
    expect(first.drawn.value.has('fvg')).toBe(true)
    first.choose('MNQ')
    expect(first.drawn.value.has('fvg')).toBe(false)

    expect(createView(browser).drawn.value.has('fvg')).toBe(false)
  })

  test('a timeframe that somebody else wrote into the storage is not taken', () => {
    const { browser } = handPlatform()
    browser.remember('timeframe', '7m')

    expect(createView(browser).timeframe.value).toBe('5m')
  })
})

describe('the range of the chart', () => {
  test('holds the levels of the open position that are near', () => {
    expect(widenedBy({ minValue: 100, maxValue: 110 }, [level(380), level(460)], 0.25)).toEqual({
      minValue: 95,
      maxValue: 115,
    })
  })

  test('is not flattened by a level that is far away', () => {
    expect(widenedBy({ minValue: 100, maxValue: 110 }, [level(40)], 0.25)).toEqual({
      minValue: 100,
      maxValue: 110,
    })
  })
})

describe('a platform that was replaced under the open page', () => {
  test('is noticed with the next snapshot', async () => {
    const platform = handPlatform()
    const page = createPage(platform.browser)
    await page.begin()
    await platform.browser.settle()
    expect(page.topics.newerVersion.value).toBeNull()

    platform.snapshot = aSnapshot({}, { version: '0.2.0', seq: 1 })
    platform.browser.socket.drop()
    await platform.browser.pass(300)
    expect(page.topics.newerVersion.value).toBe('0.2.0')
  })
})

describe('kill zones on the chart', () => {
  test('are those of the calendar, at the wall clock of New York, in summer and in winter', () => {
    expect(named('2026-11-24T08:00:00Z', '2026-11-24T22:00:00Z')).toEqual([
      'London 07:00',
      'NY AM 13:30',
      'NY PM 18:30',
    ])
    expect(named('2026-07-01T07:00:00Z', '2026-07-01T21:00:00Z')).toEqual([
      'London 06:00',
      'NY AM 12:30',
      'NY PM 17:30',
    ])
  })

  test('one that ends at midnight ends at midnight, also on the day of a change of the clock', () => {
    const [asia] = killZonesBetween(Date.parse('2026-11-02T02:00:00Z'), Date.parse('2026-11-02T03:00:00Z'))

    expect(new Date(asia?.from ?? 0).toISOString()).toBe('2026-11-02T01:00:00.000Z')
    expect(new Date(asia?.to ?? 0).toISOString()).toBe('2026-11-02T05:00:00.000Z')
  })
})

function named(from: string, to: string): readonly string[] {
  return killZonesBetween(Date.parse(from), Date.parse(to)).map(
    (each) => `${each.label} ${new Date(each.from).toISOString().slice(11, 16)}`,
  )
}
