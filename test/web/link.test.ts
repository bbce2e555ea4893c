import { describe, expect, test } from 'vitest'
import { createPage } from '../../web/src/state/page.ts'
import { retryDelayMs } from '../../web/src/state/link.ts'
import { mergeDecisions } from '../../web/src/state/topics.ts'
import { aDecision, aHeader, aPosition, aSnapshot } from './fixtures/snapshot.ts'
import { type HandPlatform, handPlatform } from './fixtures/hand-platform.ts'
import { NOW } from './fixtures/shown.ts'

async function connected(platform: HandPlatform = handPlatform()) {
  const page = createPage(platform.browser)
  await page.begin()
  await platform.browser.settle()
  platform.browser.socket.message({ seq: platform.snapshot.seq, kind: 'hello' })
  await platform.browser.settle()
  return { page, platform, browser: platform.browser }
}

const snapshotsOf = ({ browser }: HandPlatform): number =>
  browser.requests.filter((each) => each.path === '/api/v1/state').length

describe('the connection of the page', () => {
  test('a browser in which nobody signed in asks nothing that would be refused', async () => {
    const platform = handPlatform()
    platform.browser.remember('signed-in', 'no')
    const page = createPage(platform.browser)
    await page.begin()
    await platform.browser.settle()

    expect(page.session.value.kind).toBe('signed-out')
    expect(platform.browser.requests).toEqual([])
  })

  test('a stream goes on from the snapshot that the page has', async () => {
    const { browser, page } = await connected()

    expect(browser.socket.path).toBe('/api/v1/stream?seq=100')
    expect(page.link.state.value.kind).toBe('streaming')
  })

  test('messages in sequence change only the topics that they name', async () => {
    const { page, browser } = await connected()
    const before = page.topics.scanner.value
    browser.socket.message({ seq: 101, changes: { positions: [] } })
    await browser.settle()

    expect(page.topics.positions.value).toEqual([])
    expect(page.topics.scanner.value).toBe(before)
  })

  test('a missing sequence number makes the page take a new snapshot', async () => {
    const { platform, page, browser } = await connected()
    platform.snapshot = aSnapshot({ positions: [] }, { seq: 300 })
    browser.socket.message({ seq: 103, changes: {} })
    await browser.pass(300)

    expect(snapshotsOf(platform)).toBe(2)
    expect(page.link.gaps.value).toBe(1)
    expect(browser.socket.path).toBe('/api/v1/stream?seq=300')
    expect(page.topics.positions.value).toEqual([])
  })

  test('a message that repeats a sequence number is a gap too', async () => {
    const { platform, browser } = await connected()
    browser.socket.message({ seq: 101 })
    browser.socket.message({ seq: 101 })
    await browser.pass(300)

    expect(snapshotsOf(platform)).toBe(2)
  })

  test('a hello of another sequence than the snapshot is a gap', async () => {
    const platform = handPlatform()
    const page = createPage(platform.browser)
    await page.begin()
    await platform.browser.settle()
    platform.browser.socket.message({ seq: 7, kind: 'hello' })
    await platform.browser.pass(300)

    expect(snapshotsOf(platform)).toBe(2)
  })

  test('what the page cannot read is not guessed at: it asks for everything again', async () => {
    const { platform, browser } = await connected()
    browser.socket.text('{"seq":')
    await browser.pass(300)

    expect(snapshotsOf(platform)).toBe(2)
  })

  test('of many messages between two frames the newest of each topic is drawn, once', async () => {
    const { page, browser } = await connected()
    let drawn = 0
    page.topics.positions.subscribe(() => drawn++)
    for (let seq = 101; seq <= 110; seq++) {
      browser.socket.message({ seq, changes: { positions: [aPosition({ contract: `C${seq}` })] } })
    }
    await browser.settle()

    expect(page.topics.positions.value?.[0]?.contract).toBe('C110')
    expect(drawn).toBe(2)
  })

  test('a hidden tab draws nothing, loses no decision and shows the newest when it is looked at', async () => {
    const { page, browser } = await connected()
    browser.isTabHidden = true
    for (let seq = 101; seq <= 130; seq++) {
      browser.socket.message({ seq, decisions: [aDecision({ id: `G-${500 + seq}`, seq: 500 + seq })] })
    }
    await browser.settle()
    const known = page.topics.decisions.value?.length ?? 0
    browser.becomeVisible()

    expect(page.topics.decisions.value).toHaveLength(known + 30)
    expect(page.topics.decisions.value?.[0]?.id).toBe('G-630')
  })

  test('the waits between attempts grow and end at five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 20].map(retryDelayMs)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000])
  })

  test('a stream that is closed is opened again from a new snapshot', async () => {
    const { platform, browser } = await connected()
    browser.socket.drop()
    await browser.pass(300)

    expect(snapshotsOf(platform)).toBe(2)
    expect(browser.sockets).toHaveLength(2)
  })

  test('a stream that stays open and silent is dead, and is given up', async () => {
    const { platform, browser } = await connected()
    await browser.pass(6_500)

    expect(browser.sockets[0]?.isClosed).toBe(true)
    expect(snapshotsOf(platform)).toBeGreaterThanOrEqual(2)
  })

  test('an old stream says nothing any more once a new one was opened', async () => {
    const { page, browser } = await connected()
    const [old] = browser.sockets
    browser.socket.drop()
    await browser.pass(300)
    old?.message({ seq: 101, changes: { positions: [] } })
    await browser.settle()

    expect(page.topics.positions.value).not.toEqual([])
  })

  test('while there is no contact the last values stay on screen and the page keeps asking', async () => {
    const { platform, page, browser } = await connected()
    platform.isReachable = false
    browser.socket.drop()
    await browser.pass(20_000)

    expect(page.topics.header.value).not.toBeNull()
    expect(page.contact.kind.value).toBe('lost')
    platform.isReachable = true
    await browser.pass(5_000)
    expect(page.contact.kind.value).toBe('held')
  })

  test('contact counts as lost after three seconds of silence, not before', async () => {
    const { page, browser } = await connected()
    await browser.pass(2_700)
    expect(page.contact.kind.value).toBe('held')
    await browser.pass(550)
    expect(page.contact.kind.value).toBe('lost')
  })

  test('a session that ended leads to the sign-in page, not to endless attempts', async () => {
    const { platform, page, browser } = await connected()
    platform.isSignedIn = false
    browser.socket.drop()
    await browser.pass(10_000)

    expect(page.session.value.kind).toBe('signed-out')
    expect(snapshotsOf(platform)).toBe(2)
  })

  test('the chart that is watched is named again on every new stream', async () => {
    const { page, browser } = await connected()
    page.link.watch([{ instrument: 'MNQ', timeframe: '5m' }])
    browser.socket.drop()
    await browser.pass(300)
    browser.socket.message({ seq: 100, kind: 'hello' })

    expect(browser.socket.said.map((each) => JSON.parse(each))).toEqual([
      { kind: 'watch', charts: [{ instrument: 'MNQ', timeframe: '5m' }] },
    ])
  })
})

describe('the platform clock', () => {
  test('runs on between messages at the speed of the platform', async () => {
    const { page, browser } = await connected()
    browser.socket.message({ seq: 101, at: NOW, speed: 20 })
    await browser.pass(500)

    expect(page.clock.now()).toBe(NOW + 10_000)
  })

  test('a clock that steps with the data still ages what stopped arriving', async () => {
    const { page, browser } = await connected()
    browser.socket.message({ seq: 101, at: NOW, speed: 0 })
    await browser.pass(2_000)

    expect(page.clock.now()).toBe(NOW + 2_000)
  })
})

describe('decisions on the page', () => {
  test('a decision that is said again replaces itself, and the newest stands first', () => {
    const known = [aDecision({ id: 'G-2', seq: 2 }), aDecision({ id: 'G-1', seq: 1 })]
    const merged = mergeDecisions(known, [
      aDecision({ id: 'G-3', seq: 3 }),
      aDecision({ id: 'G-1', seq: 1, outcome: 'filled' }),
    ])

    expect(merged.map((each) => each.id)).toEqual(['G-3', 'G-2', 'G-1'])
    expect(merged[2]?.outcome).toBe('filled')
  })

  test('the page holds the newest two hundred', () => {
    const many = Array.from({ length: 260 }, (_, index) => aDecision({ id: `G-${index}`, seq: index }))

    expect(mergeDecisions([], many)).toHaveLength(200)
    expect(mergeDecisions([], many).at(-1)?.id).toBe('G-60')
  })
})

describe('the mode on the page', () => {
  test('is what the header topic says and changes with it alone', async () => {
    const { page, browser } = await connected()
    const paper = { ...aHeader().mode, value: 'PAPER SIM' as const }
    browser.socket.message({ seq: 101, changes: { header: aHeader({ mode: paper }) } })
    await browser.settle()

    expect(page.topics.header.value?.mode.value).toBe('PAPER SIM')
  })
})
