import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ROSTER } from '../../src/domain/index.ts'
import { words } from '../../web/src/text/words.ts'
import { truthText } from '../../web/src/components/truth-panel.tsx'
import { levelsOf } from '../../web/src/chart/levels.ts'
import type { HandPlatform } from './fixtures/hand-platform.ts'
import { NOW, inState, missing, shown } from './fixtures/shown.ts'
import { someScannerRows } from './fixtures/scanner.ts'
import { aDecision, aHeader, aPosition, aRisk, aSnapshot } from './fixtures/snapshot.ts'
import { clearScreens, openScreen } from './screen.tsx'

afterEach(clearScreens)

const badge = '.mode-badge'
const rowsOf = (all: readonly HTMLElement[]): readonly (string | undefined)[] =>
  all.map((each) => each.querySelector('.root')?.textContent ?? undefined)

describe('signing in', () => {
  test('a platform that does not answer is named after three seconds, and asked again until it does', async () => {
    const screen = await openScreen(aSnapshot(), (platform) => (platform.isReachable = false))
    expect(screen.root.textContent).toBe(words.login.asking)
    await screen.pass(3_300)
    expect(screen.root.textContent).toBe(words.login.silent)

    screen.platform.isReachable = true
    await screen.pass(1_100)
    expect(screen.root.querySelector(badge)).not.toBeNull()
  })

  test('the page offers the first name and says where the secret is', async () => {
    const screen = await openScreen(aSnapshot(), (platform) => (platform.isSignedIn = false))

    expect(screen.root.querySelector<HTMLInputElement>('#login-name')?.value).toBe('operator')
    expect(screen.root.textContent).toContain('The start command printed the secret')
  })

  test('a wrong secret is answered beside the field, and the field is empty again', async () => {
    const screen = await openScreen(aSnapshot(), (platform) => (platform.isSignedIn = false))
    const secret = screen.root.querySelector<HTMLInputElement>('#login-secret')
    if (secret !== null) {
      secret.value = 'wrong'
      secret.dispatchEvent(new Event('input', { bubbles: true }))
    }
    await screen.pass(0)
    await screen.click(screen.root.querySelector('button[type=submit]'))

    expect(screen.root.querySelector('#login-fault')?.textContent).toBe('Name or secret is wrong.')
    expect(secret?.value).toBe('')
  })

  test('the right secret opens the trader view', async () => {
    const screen = await openScreen(aSnapshot(), (platform) => (platform.isSignedIn = false))
    const secret = screen.root.querySelector<HTMLInputElement>('#login-secret')
    if (secret !== null) {
      secret.value = 'right'
      secret.dispatchEvent(new Event('input', { bubbles: true }))
    }
    await screen.pass(0)
    await screen.click(screen.root.querySelector('button[type=submit]'))

    expect(screen.root.querySelector(badge)).not.toBeNull()
  })
})

describe('the mode', () => {
  test('the badge has the word of the header topic and the reason of it', async () => {
    const screen = await openScreen()

    expect(screen.value('broker mode')).toBe('RUNTIME SIM')
    expect(screen.value('why this mode')).toBe('orders go to the simulated gateway')
  })

  test('an unknown mode is unknown: no label stands in for it', async () => {
    const screen = await openScreen(aSnapshot({ header: aHeader({ mode: missing() }) }))

    expect(screen.root.querySelector(badge)?.textContent).toBe('mode unknown')
    expect(screen.root.textContent).not.toMatch(/RUNTIME SIM|PAPER SIM|BROKER-VERIFIED/)
  })

  test('no file of the page writes a mode: the labels are compared with and never made', () => {
    const made = sources('web/src').filter(({ text }) =>
      /(?<!=== )(?<!!== )'(RUNTIME SIM|PAPER SIM|BROKER-VERIFIED)'/.test(text),
    )

    expect(made.map(({ path }) => path)).toEqual([])
  })

  test('another order account than the viewed one is loud', async () => {
    const other = shown({ id: '20459912', name: '50K Combine B', subAccount: null })
    const screen = await openScreen(aSnapshot({ header: aHeader({ orderAccount: other }) }))

    const alert = screen.all('.header [role=alert]').map((each) => each.textContent)
    expect(alert).toEqual(['▲ Orders go to another account: 50K Combine B #20459912'])
  })

  test('a clock that is not the real one is named with its speed', async () => {
    const clock = shown({ speed: 20, follows: 'gateway-sim' })
    const screen = await openScreen(aSnapshot({ header: aHeader({ clock }) }, { speed: 20 }))

    expect(screen.root.querySelector('.header')?.textContent).toContain('SIMULATED CLOCK 20×')
  })
})

describe('without contact', () => {
  test('after three seconds the page says so, and does not guess whether trading goes on', async () => {
    const screen = await openScreen()
    await screen.pass(3_100)

    expect(screen.root.querySelector('.attention-bar')?.textContent).toContain(
      'No contact with the platform for 3 s; trading continues or not: unknown from here',
    )
  })

  test('the mode becomes unknown', async () => {
    const screen = await openScreen()
    await screen.pass(3_100)

    expect(screen.root.querySelector(badge)?.textContent).toBe('mode unknown')
  })

  test('every value ages and none looks current', async () => {
    const screen = await openScreen()
    await screen.pass(5_000)

    expect(
      screen
        .all('.header .data, .risk-line .data, .scanner .data, .card .data')
        .map((each) => each.dataset['state']),
    ).not.toContain('current')
    expect(screen.data('balance').querySelector('.data-age')?.textContent).toBe('5.4 s')
  })

  test('a stop that was proven a while ago is not called protection any more', async () => {
    const screen = await openScreen()
    expect(screen.root.querySelector('[data-protection]')?.getAttribute('data-protection')).toBe('protected')
    await screen.pass(3_100)

    expect(screen.root.querySelector('[data-protection]')?.textContent).toContain('PROTECTION UNKNOWN')
  })

  test('the stop button stays, and says that the command waits for the link', async () => {
    const screen = await openScreen()
    screen.platform.isReachable = false
    await screen.pass(3_100)
    await screen.press('K')

    expect(screen.root.querySelector('.dialog')?.textContent).toContain(
      'it will be sent when the link is back',
    )
  })

  test('with the next message the page is as before', async () => {
    const screen = await openScreen()
    await screen.pass(3_100)
    await screen.say({})

    expect(screen.value('broker mode')).toBe('RUNTIME SIM')
    expect(screen.root.querySelector('.attention-bar')?.textContent).not.toContain('No contact')
  })
})

describe('the scanner', () => {
  test('has a row for every instrument, in its fixed order, open positions on top', async () => {
    const screen = await openScreen()

    const fixed = ROSTER.map((each) => each.root)
    expect(rowsOf(screen.all('.scanner-row'))).toEqual(['MNQ', ...fixed.filter((root) => root !== 'MNQ')])
  })

  test('direction is an arrow as well as a colour', async () => {
    const screen = await openScreen()

    expect(screen.value('ES against the open of the day')).toBe('▲')
    expect(screen.value('RTY against the open of the day')).toBe('▼')
  })

  test('a stale instrument says stale and how old', async () => {
    const screen = await openScreen()

    expect(screen.data('6E decision state').textContent).toBe('stale9.0 s')
    expect(screen.root.querySelector('.scanner .panel-foot')?.textContent).toContain('1 not current')
  })

  test('j and k walk down and up, and the chart follows', async () => {
    const screen = await openScreen()
    await screen.press('j')
    expect(screen.root.querySelector('.chart-panel h2')?.textContent).toBe('ES')
    await screen.press('k')
    expect(screen.root.querySelector('.chart-panel h2')?.textContent).toBe('MNQ')
  })

  test('no key fires while somebody types', async () => {
    const screen = await openScreen()
    const filter = screen.root.querySelector('.filter') ?? undefined
    await screen.press('K', filter)

    expect(screen.root.querySelector('.dialog')).toBeNull()
  })

  test('a closed market is not counted as a fault of the feed', async () => {
    const rows = someScannerRows().map((row) => ({ ...row, last: { ...row.last, state: 'closed' as const } }))
    const screen = await openScreen(aSnapshot({ scanner: rows }))

    expect(screen.root.querySelector('.scanner .panel-foot')?.textContent).toContain('0 not current')
  })

  test('a filter that finds nothing says so and how to get all back', async () => {
    const screen = await openScreen()
    const filter = screen.root.querySelector<HTMLInputElement>('.filter')
    if (filter !== null) {
      filter.value = 'ZZZ'
      filter.dispatchEvent(new Event('input', { bubbles: true }))
    }
    await screen.pass(0)

    expect(screen.root.querySelector('.scanner')?.textContent).toContain('Clear the filter')
  })

  test('next most likely is the instrument with the fewest missing conditions that is not in a trade', async () => {
    const screen = await openScreen()

    expect(screen.value('MES conditions met')).toBe('4/5')
    expect(screen.root.querySelector('.next-card')?.textContent).toContain('MES')
  })

  test('what is stale is never the next most likely, however many conditions it met', async () => {
    const rows = someScannerRows().map((row) =>
      row.instrument === '6E' ? { ...row, met: 5, word: inState('stale', 'stale', 9_000) } : row,
    )
    const screen = await openScreen(aSnapshot({ scanner: rows }))

    expect(screen.root.querySelector('.next-card')?.textContent).not.toContain('6E')
  })
})

describe('the position card', () => {
  test('says side, size, entry, profit and loss, R, stop and target with their money', async () => {
    const screen = await openScreen()

    const card = screen.root.querySelector('.card')?.textContent ?? ''
    for (const each of [
      '▲ LONG 2',
      '19,922.25',
      '▲ +49.00',
      '+0.42 R',
      '19,893.00',
      '−117.00',
      '19,980.75',
      '+234.00',
    ]) {
      expect(card).toContain(each)
    }
  })

  test('a fill whose stop is not proven is the first thing on the card', async () => {
    const protection = shown({ kind: 'unprotected' as const, text: 'stop not proven for 0.8 s' })
    const screen = await openScreen(aSnapshot({ positions: [aPosition({ protection })] }))

    const first = screen.root.querySelector('.card')?.firstElementChild
    expect(first?.textContent).toContain('FILLED, STOP NOT PROVEN')
    expect(first?.classList.contains('is-attention')).toBe(true)
  })

  test('a short is measured the other way round', async () => {
    const short = aPosition({ side: 'short', last: shown(79_650) })
    const screen = await openScreen(aSnapshot({ positions: [short] }))

    expect(screen.value('distance from entry')).toBe('+9.75 pt')
  })

  test('no position says so with the last trade; a broker that was not read yet says that instead', async () => {
    const read = await openScreen(aSnapshot({ positions: [] }))
    expect(read.root.querySelector('.positions')?.textContent).toContain('No open position. Last trade MES')
    expect(read.value('Last trade')).toBe('09:12 ET, +32.00')

    const unread = await openScreen(
      aSnapshot({ positions: [], header: aHeader({ viewingAccount: missing('ASKING') }) }),
    )
    await unread.pass(3_100)
    expect(unread.root.querySelector('.positions')?.textContent).not.toContain('No open position')
    expect(unread.root.querySelector('.positions')?.textContent).toContain('Asking the broker for positions')
  })

  test('entry, stop and target are drawn with their money, and an unknown stop draws no line', () => {
    expect(levelsOf([aPosition()]).map((each) => each.title)).toEqual([
      'ENTRY 2 long G-482',
      'SL −117.00',
      'TP +234.00 +2.0R',
    ])
    expect(levelsOf([aPosition({ stop: missing(), stopMoney: missing() })]).map((each) => each.kind)).toEqual(
      ['entry', 'target'],
    )
  })
})

describe('risk of the day', () => {
  test('from three quarters of the limit on, the share needs a person', async () => {
    const high = await openScreen(
      aSnapshot({ header: aHeader({ risk: aRisk({ worstNow: shown(-300e6) }) }) }),
    )
    expect(high.all('.share.is-high')).toHaveLength(1)

    const low = await openScreen(aSnapshot({ header: aHeader({ risk: aRisk({ worstNow: shown(-299e6) }) }) }))
    expect(low.all('.share.is-high')).toHaveLength(0)
  })

  test('marks stand at 50, 75 and 90 percent', async () => {
    const screen = await openScreen()
    const marks = [...(screen.root.querySelector('.bar')?.querySelectorAll<HTMLElement>('.bar-mark') ?? [])]

    expect(marks.map((each) => each.style.left)).toEqual(['50%', '75%', '90%'])
  })
})

describe('the attention bar', () => {
  test('keeps its room when there is nothing, and does not say that all is well', async () => {
    const screen = await openScreen(aSnapshot({ conditions: [] }))

    expect(screen.all('.attention-bar')).toHaveLength(1)
    expect(screen.root.querySelector('.attention-bar')?.textContent).toBe('')
  })

  test('shows what needs a person before what is older', async () => {
    const notice = { id: 'a', severity: 'notice' as const, text: 'old', since: NOW - 60_000, action: '' }
    const urgent = {
      id: 'b',
      severity: 'attention' as const,
      text: 'urgent',
      since: NOW - 1_000,
      action: 'do',
    }
    const screen = await openScreen(aSnapshot({ conditions: [notice, urgent] }))

    expect(screen.value('condition')).toBe('urgent')
    expect(screen.root.querySelector('.attention-bar')?.textContent).toContain('1 more')
  })
})

describe('decisions', () => {
  test('are the first tab, newest first, each with its verdict, phase and deciding number', async () => {
    const screen = await openScreen()
    const [first] = screen.all('.decisions tbody tr')

    expect(first?.textContent).toContain('G-486')
    expect(first?.textContent).toContain('DENIED')
    expect(first?.textContent).toContain('5 size')
    expect(first?.textContent).toContain('one contract risks 143.50, cap 120.00')
  })

  test('why shows all five phases, also those after the first that failed, and the facts with their weights', async () => {
    const screen = await openScreen()
    await screen.click(screen.root.querySelector('[aria-label="Why G-486"]'))

    expect(screen.all('.phases tr')).toHaveLength(5)
    expect(screen.root.querySelector('.phases .is-first')?.textContent).toContain(
      'floor(120.00 / 143.50) = 0',
    )
    expect(screen.all('.facts tbody tr')).toHaveLength(6)
    expect(screen.root.querySelector('.score')?.textContent).toBe('score 94 of 100')
  })

  test('a signal that was permitted is explained in the same form', async () => {
    const screen = await openScreen()
    await screen.click(screen.root.querySelector('[aria-label="Why G-482"]'))

    expect(screen.all('.phases tr')).toHaveLength(5)
    expect(screen.root.querySelector('.decision-outcome')?.textContent).toContain('order 8811 filled')
  })

  test('a new decision appears on top, and a changed one changes in place', async () => {
    const screen = await openScreen()
    await screen.say({ decisions: [aDecision({ id: 'G-487', seq: 487 }), aDecision({ text: 'changed' })] })

    const rows = screen.all('.decisions tbody tr')
    expect(rows[0]?.textContent).toContain('G-487')
    expect(rows[1]?.textContent).toContain('changed')
  })

  test('an empty list says what would fill it', async () => {
    const screen = await openScreen(aSnapshot({ decisions: [] }))

    expect(screen.root.querySelector('.record-body')?.textContent).toContain('No decision yet today.')
  })
})

describe('source truth', () => {
  test('opens by the key s and by the mode badge, what needs a person first', async () => {
    const screen = await openScreen()
    await screen.click(screen.root.querySelector(badge))

    const rows = screen.all('.truth-rows tbody tr')
    expect(rows).toHaveLength(9)
    expect(rows[0]?.textContent).toContain('feed 6E')
    expect(rows[0]?.classList.contains('needs-attention')).toBe(true)
  })

  test('each row has value, source, proof, instant and state of its database row', async () => {
    const screen = await openScreen()
    await screen.press('s')

    const row = screen.all('.truth-rows tbody tr').find((each) => each.textContent?.includes('loss floor'))
    expect([...(row?.querySelectorAll('td') ?? [])].map((each) => each.textContent?.trim())).toEqual([
      '48,000.00',
      'operator',
      'declared_values floor',
      '08:12:07',
      'declaredSIM',
    ])
  })

  test('shows no label that the platform did not send', async () => {
    const screen = await openScreen(aSnapshot({ truth: { rows: [], history: [] } }))
    await screen.press('s')

    expect(screen.all('.truth-rows tbody tr')).toHaveLength(0)
    expect(screen.root.querySelector('.dialog')?.textContent).toContain('No row yet')
  })

  test('on the value under the pointer, s shows where that value comes from', async () => {
    const screen = await openScreen()
    screen.data('balance').dispatchEvent(new Event('pointerover', { bubbles: true }))
    await screen.press('s')

    expect(screen.root.querySelector('.asked')?.textContent).toContain('accounts/20455471')
  })

  test('copied as text for support it has all rows, and account numbers only by their last four', async () => {
    const screen = await openScreen()
    const text = truthText(screen.page)

    expect(text.split('\n')).toHaveLength(1 + 9 + 1 + 1)
    expect(text).toContain('…5471')
    expect(text).not.toContain('20455471')
  })

  test('lists the changes of mode with their cause', async () => {
    const screen = await openScreen()
    await screen.press('s')

    expect(screen.root.querySelector('.history')?.textContent).toBe(
      '10:02:07 ET  start → RUNTIME SIM  (orders go to the simulated gateway)',
    )
  })
})

describe('the stop menu', () => {
  test('level 1 works by one press, without a question', async () => {
    const screen = await openScreen()
    await screen.press('K')
    await screen.press('1')

    expect(screen.browser.requests.at(-1)).toEqual({
      path: '/api/v1/commands',
      body: { id: 'id-1', kind: 'set-stop-level', level: 1 },
    })
  })

  test('inside the menu digits mean levels: the timeframe stays', async () => {
    const screen = await openScreen()
    await screen.press('K')
    await screen.press('1')

    expect(screen.page.view.timeframe.value).toBe('5m')
  })

  test('levels 2 and 3 are disabled with the reason, not hidden', async () => {
    const screen = await openScreen()
    await screen.press('K')

    const buttons = screen.all('.stop-level button') as HTMLButtonElement[]
    expect(buttons.map((each) => each.disabled)).toEqual([false, true, true])
    expect(screen.all('.stop-level .reason').map((each) => each.textContent)).toEqual([
      words.stop.notHere,
      words.stop.notHere,
    ])
  })

  test('the level on screen is what the platform reports, with its proof', async () => {
    const screen = await openScreen()
    const stop = shown({
      level: 1 as const,
      since: NOW - 5_000,
      by: 'operator',
      entriesWorking: 0,
      deniedSince: 3,
    })
    await screen.say({ changes: { header: aHeader({ stop }) } })
    await screen.press('K')

    expect(screen.root.querySelector('.stop-proof')?.textContent).toContain(
      '0 entries working, 3 denied since 10:42:02 ET',
    )
    expect(screen.root.querySelector('.header')?.textContent).toContain('STOP LEVEL 1')
  })

  test('who may only look is told so, and no key goes round it', async () => {
    const screen = await openScreen()
    screen.page.session.value = { kind: 'signed-in', who: { name: 'guest', role: 'viewer' } }
    await screen.press('K')
    await screen.press('1')

    expect(screen.root.querySelector<HTMLButtonElement>('.stop-level button')?.disabled).toBe(true)
    expect(screen.root.querySelector('.dialog')?.textContent).toContain('Your role is viewer')
    expect(screen.browser.requests.some((each) => each.path === '/api/v1/commands')).toBe(false)
  })

  test('the button is there before the platform has said anything', async () => {
    const screen = await openScreen(aSnapshot(), withoutState)

    expect(screen.root.querySelector('.stop-button')).not.toBeNull()
    expect(screen.root.querySelector(badge)?.textContent).toContain('Asking')
  })
})

describe('what the page does not have', () => {
  test.each(['none', 's', 'K', '?', 'e'])('a control that skips the gate, with %s open', async (key) => {
    const screen = await openScreen()
    if (key !== 'none') await screen.press(key)

    const names = screen
      .all('button, a, input, [role=button], [role=menuitem]')
      .map(
        (each) =>
          `${each.textContent} ${each.getAttribute('aria-label')} ${each.title} ${each.className} ${each.id}`,
      )
    expect(names.length).toBeGreaterThan(10)
    expect(
      names.filter((name) => /skip|force|override|bypass|ignore|anyway|test.?mode|know what/i.test(name)),
    ).toEqual([])
  })

  test('a control that sends an order', async () => {
    const screen = await openScreen()

    const names = screen.all('button').map((each) => each.textContent ?? '')
    expect(names.filter((name) => /buy|sell|place|submit|market order/i.test(name))).toEqual([])
  })

  test('an exclamation mark, an emoji or an OK among its words', () => {
    const texts = JSON.stringify(words)

    expect(texts).not.toMatch(/!|\p{Extended_Pictographic}/u)
    expect(texts).not.toMatch(/"(OK|Yes|No|Submit)"/)
  })

  test('a style attribute or a script inside its page', () => {
    const html = readFileSync('web/index.html', 'utf8')

    expect(html).not.toMatch(/ style=|<style| on[a-z]+=|javascript:/)
    expect([...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((each) => each[1])).toEqual([''])
  })
})

describe('before anything is known', () => {
  test('panels stand in their final geometry and say after three seconds what they wait for', async () => {
    const screen = await openScreen(aSnapshot(), withoutState)
    expect(screen.all('.scanner .skeleton-row')).toHaveLength(13)
    expect(screen.root.querySelector('.scanner')?.textContent).not.toContain('Waiting')

    await screen.pass(3_100)
    expect(screen.root.querySelector('.scanner')?.textContent).toContain('Waiting for the first pass')
  })

  test('one polite and one urgent voice exist from the start, and prices are silent', async () => {
    const screen = await openScreen()
    const polite = screen.root.querySelector('[aria-live=polite]')
    const before = polite?.textContent
    await screen.say({ changes: { positions: [aPosition({ last: shown(79_900) })] } })

    expect(screen.all('[aria-live]')).toHaveLength(2)
    expect(polite?.textContent).toBe(before)
  })

  test('a lost stop interrupts the reader', async () => {
    const screen = await openScreen()
    const protection = shown({ kind: 'stop-lost' as const, text: 'stop 8812 gone' })
    await screen.say({ changes: { positions: [aPosition({ protection })] } })

    expect(screen.root.querySelector('[aria-live=assertive]')?.textContent).toContain('MNQ STOP LOST')
  })
})

/** The platform takes the question for its state and never answers it. */
function withoutState({ browser }: HandPlatform): void {
  const answered = browser.request.bind(browser)
  browser.request = (path, init) =>
    path === '/api/v1/state' ? new Promise(() => undefined) : answered(path, init)
}

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }))
}
