import { describe, expect, test } from 'vitest'
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
