import { afterEach, describe, expect, test } from 'vitest'
import { SHOWN_STATES, type Shown, type Topics } from '../../src/wire/index.ts'
import { TABS } from '../../web/src/state/view.ts'
import { aScannerRow } from './fixtures/scanner.ts'
import { NOW, inState, missing, shown } from './fixtures/shown.ts'
import { aFill, aHeader, aPosition, aRisk, aSnapshot } from './fixtures/snapshot.ts'
import { type Screen, clearScreens, openScreen } from './screen.tsx'

afterEach(clearScreens)

/** Every value of the screen without its attributes. */
function bare(screen: Screen): string[] {
  return screen
    .all('.data, .track')
    .filter((each) => !['data-source', 'data-as-of', 'data-state'].every((name) => each.getAttribute(name)))
    .map((each) => each.outerHTML)
}

describe('every value on the screen', () => {
  test.each(TABS)('has its source, its instant and its state, also in the tab of %s', async (tab) => {
    const screen = await openScreen()
    await screen.click(screen.root.querySelector(`#tab-${tab}`))

    expect(screen.all('.data').length).toBeGreaterThan(80)
    expect(bare(screen)).toEqual([])
  })

  test.each(['s', 'K', 'e'])('has them in what the key %s opens as well', async (key) => {
    const screen = await openScreen()
    await screen.press(key)

    expect(screen.all('.dialog .data').length).toBeGreaterThan(0)
    expect(bare(screen)).toEqual([])
  })

  test('no figure is on the screen outside of such an element, but counts of rows, names, keys and what is read aloud', async () => {
    const screen = await openScreen()
    const copy = screen.root.cloneNode(true) as HTMLElement
    for (const each of copy.querySelectorAll(
      '.data, [aria-live], .is-reading, .tab-count, .panel-foot, .root, .contract, kbd, .chip, .footer, .panel-aside, button',
    )) {
      each.remove()
    }

    expect(copy.textContent?.match(/\d+/g) ?? []).toEqual([])
  })

  test('the instant is the one of the fact at its source, in full', async () => {
    const screen = await openScreen()

    expect(screen.data('balance').dataset['asOf']).toBe(new Date(NOW - 400).toISOString())
    expect(screen.data('balance').dataset['source']).toBe('accounts/20455471')
  })

  test('a simulated value says so beside its freshness', async () => {
    const screen = await openScreen()

    expect(screen.data('balance').dataset['simulated']).toBe('true')
    expect(screen.data('balance').dataset['state']).toBe('current')
    expect(screen.data('session').dataset['simulated']).toBe('false')
  })
})

describe('what is not known', () => {
  test('is the word unknown, never 0, blank or a dash', async () => {
    const unknown = missing<number>()
    const risk = {
      dayRealised: unknown,
      open: unknown,
      dayLimit: unknown,
      worstNow: unknown,
      balance: unknown,
      floorRoom: unknown,
    }
    const screen = await openScreen(aSnapshot({ header: aHeader({ risk }) }))

    const texts = screen.all('.risk-line .data-text').map((each) => each.textContent)
    expect(texts).toHaveLength(8)
    expect(new Set(texts)).toEqual(new Set(['unknown']))
  })

  test('every field of a position that is unknown is the word unknown', async () => {
    const card = aPosition()
    const lost = Object.fromEntries(
      Object.entries(card).map(([name, value]) => [name, isShown(value) ? missing() : value]),
    ) as unknown as Topics['positions'][number]
    const screen = await openScreen(aSnapshot({ positions: [lost] }))

    const texts = screen.all('.card .data-text').map((each) => each.textContent)
    expect(texts.length).toBeGreaterThan(10)
    expect(new Set(texts)).toEqual(new Set(['unknown']))
    expect(screen.root.querySelector('.track')?.textContent).toContain('unknown')
  })

  test('is drawn by no bar and no line', async () => {
    const risk = aRisk({ worstNow: missing() })
    const screen = await openScreen(
      aSnapshot({ header: aHeader({ risk }), positions: [aPosition({ stop: missing() })] }),
    )

    const meter = screen.root.querySelector('[aria-label="worst now of the day limit"]')
    expect(meter?.querySelector('.bar-fill')).toBeNull()
    expect(meter?.getAttribute('aria-valuetext')).toBe('unknown')
    expect(screen.root.querySelector('.track-dot')).toBeNull()
  })

  test('a value whose state is unknown is not shown even when somebody sent one', async () => {
    const risk = aRisk({ balance: shown(1_000_000, { state: 'unknown', why: 'GAP' }) })
    const screen = await openScreen(aSnapshot({ header: aHeader({ risk }) }))

    expect(screen.value('balance')).toBe('unknown')
  })

  test('a price of an instrument whose grid is not known is unknown, not a number on a guess', async () => {
    const screen = await openScreen(
      aSnapshot({ scanner: [aScannerRow({ instrument: 'ZZ' })], positions: [] }, { instruments: [] }),
    )

    expect(screen.value('ZZ last')).toBe('unknown')
    expect(screen.data('ZZ last').dataset['why']).toBe('NO_INSTRUMENT')
  })

  test('an opening fill has no result, which is not the same as an unknown one', async () => {
    const screen = await openScreen(
      aSnapshot({ fills: [aFill({ id: '1' }), aFill({ id: '2', pnl: missing() })] }),
    )
    await screen.click(screen.root.querySelector('#tab-fills'))

    expect(screen.value('fill 1 result')).toBe('opening')
    expect(screen.value('fill 2 P&L')).toBe('unknown')
  })
})

describe('the state of a value', () => {
  test.each(SHOWN_STATES)('%s is on the element and in its tooltip', async (state) => {
    const risk = aRisk({ balance: state === 'unknown' ? missing() : inState(7e6, state, 5_000) })
    const screen = await openScreen(aSnapshot({ header: aHeader({ risk }) }))

    expect(screen.data('balance').dataset['state']).toBe(state)
    expect(screen.data('balance').title).toContain(state)
  })

  test('what is quiet, delayed or stale shows its age, and the age grows without any message', async () => {
    const risk = aRisk({ balance: inState(7e6, 'stale', 9_000) })
    const screen = await openScreen(aSnapshot({ header: aHeader({ risk }) }))
    expect(screen.data('balance').querySelector('.data-age')?.textContent).toBe('9.0 s')

    await screen.pass(2_000)
    expect(screen.data('balance').querySelector('.data-age')?.textContent).toBe('11 s')
  })

  test('on a clock of twenty times the age grows twenty times as fast', async () => {
    const risk = aRisk({ balance: inState(7e6, 'quiet', 10_000) })
    const screen = await openScreen(aSnapshot({ header: aHeader({ risk }) }, { speed: 20 }))
    await screen.pass(1_000)

    expect(screen.data('balance').querySelector('.data-age')?.textContent).toBe('30 s')
  })

  test('what a person declared is tagged so', async () => {
    const screen = await openScreen()

    expect(screen.data('floor room').textContent).toContain('DECLARED')
  })

  test('the distance from entry is as bad as the worse of last and entry', async () => {
    const card = aPosition({ last: inState(79_738, 'delayed', 9_000) })
    const screen = await openScreen(aSnapshot({ positions: [card] }))

    expect(screen.data('distance from entry').dataset['state']).toBe('delayed')
  })
})

function isShown(value: unknown): value is Shown<unknown> {
  return typeof value === 'object' && value !== null && 'asOf' in value
}
