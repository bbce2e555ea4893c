import { describe, expect, test } from 'vitest'
import type { BarUpdate, WireBar } from '../../src/wire/index.ts'
import { createCandles } from '../../web/src/chart/candles.ts'
import { marksOf } from '../../web/src/chart/marks.ts'
import { createPage } from '../../web/src/state/page.ts'
import { candlesReply, handPlatform } from './fixtures/hand-platform.ts'
import { aDecision, aFill } from './fixtures/snapshot.ts'

const T0 = 1_764_000_000_000
const LENGTH = 300_000
const bar = (index: number, close = 100): WireBar => [T0 + index * LENGTH, 100, 110, 90, close, 5]
const update = (of: WireBar, changes: Partial<BarUpdate> = {}): BarUpdate => ({
  instrument: 'MNQ',
  timeframe: '5m',
  bar: of,
  isSealed: false,
  generation: 1,
  source: 'bars/MNQ/5m',
  ...changes,
})

async function watching() {
  const platform = handPlatform()
  platform.candles = () => candlesReply([bar(0), bar(1), bar(2)])
  const page = createPage(platform.browser)
  await page.begin()
  await platform.browser.settle()
  platform.browser.socket.message({ seq: 100, kind: 'hello' })
  const candles = createCandles(platform.browser, page.client, page.link)
  candles.open('MNQ', '5m')
  await platform.browser.settle()
  let seq = 100
  const say = async (...bars: BarUpdate[]): Promise<void> => {
    platform.browser.socket.message({ seq: ++seq, bars })
    await platform.browser.settle()
  }
  const asked = (): readonly string[] =>
    platform.browser.requests.map((each) => each.path).filter((path) => path.includes('/candles'))
  return { platform, browser: platform.browser, candles, say, asked }
}

describe('the watched chart', () => {
  test('opening a chart asks for its candles and watches it on the stream', async () => {
    const { candles, browser, asked } = await watching()

    expect(candles.state.value.kind).toBe('ready')
    expect(asked()).toEqual(['/api/v1/candles?instrument=MNQ&timeframe=5m&limit=500'])
    expect(JSON.parse(browser.socket.said.at(-1) ?? '')).toEqual({
      kind: 'watch',
      charts: [{ instrument: 'MNQ', timeframe: '5m' }],
    })
  })

  test('bars of another instrument or timeframe do not touch it', async () => {
    const { candles, say } = await watching()
    await say(update(bar(2, 777), { instrument: 'MES' }), update(bar(2, 777), { timeframe: '1m' }))

    expect(candles.bars().at(-1)?.[4]).toBe(100)
  })

  test('the newest bar is drawn by itself, without all the others', async () => {
    const { candles, say } = await watching()
    const told: string[] = []
    candles.listen({ replaced: () => told.push('all'), newest: () => told.push('newest') })
    await say(update(bar(2, 104)))

    expect(told).toEqual(['newest'])
  })

  test('late ticks are counted where the reader can see it', async () => {
    const { candles, say } = await watching()
    await say(update(bar(1, 50)))

    expect(candles.dropped.value).toBe(1)
  })

  test('a corrected history is read again', async () => {
    const { candles, say, platform, asked } = await watching()
    await say(update(bar(2)))
    platform.candles = () => candlesReply([bar(0, 91), bar(1, 92), bar(2, 93)])
    await say(update(bar(2), { generation: 2 }))

    expect(asked()).toHaveLength(2)
    expect(candles.bars().map((each) => each[4])).toEqual([91, 92, 93])
  })

  test('a bar whose end was never seen is read again when the next one opens', async () => {
    const { candles, say, platform, asked } = await watching()
    await say(update(bar(2, 103)))
    platform.candles = () => candlesReply([bar(1), bar(2, 108), bar(3)])
    await say(update(bar(3)))

    expect(asked().at(-1)).toContain('limit=20')
    expect(candles.bars()[2]?.[4]).toBe(108)
  })

  test('what the stream says while candles are read is not lost', async () => {
    const { candles, say, platform, browser } = await watching()
    platform.isReachable = false
    candles.open('MNQ', '1m')
    await say(update(bar(4, 120), { timeframe: '1m' }))
    platform.isReachable = true
    await browser.pass(2_100)

    expect(candles.bars().at(-1)?.[4]).toBe(120)
  })

  test('candles that cannot be read are asked for again, and the reason is kept', async () => {
    const { candles, platform, browser } = await watching()
    platform.candles = () => ({
      status: 503,
      body: { code: 'STORE_DOWN', text: 'The database does not answer.' },
    })
    candles.open('MNQ', '1h')
    await browser.settle()
    expect(candles.state.value).toMatchObject({ kind: 'failed', code: 'STORE_DOWN' })

    platform.candles = () => candlesReply([bar(0)])
    await browser.pass(2_100)
    expect(candles.state.value.kind).toBe('ready')
  })

  test('older history is asked for before the oldest bar, and once at a time', async () => {
    const { candles, platform, browser, asked } = await watching()
    platform.candles = () => candlesReply([bar(0), bar(1)], true)
    candles.open('MNQ', '1D')
    await browser.settle()
    candles.older()
    candles.older()
    await browser.settle()

    expect(asked().filter((path) => path.includes('before='))).toEqual([
      `/api/v1/candles?instrument=MNQ&timeframe=1D&limit=500&before=${T0}`,
    ])
  })

  test('an answer for a chart that is not looked at any more is thrown away', async () => {
    const { candles, platform, browser } = await watching()
    platform.candles = () => candlesReply([bar(0, 555)])
    candles.open('MNQ', '15m')
    platform.candles = () => candlesReply([bar(0, 666)])
    candles.open('MNQ', '1h')
    await browser.settle()

    expect(candles.bars()[0]?.[4]).toBe(666)
  })
})

describe('marks on the chart', () => {
  test('what the gate denied is hollow and has the number of its phase; what was filled is filled', () => {
    const marks = marksOf(
      'MNQ',
      [aFill()],
      [aDecision({ instrument: 'MNQ', firstFailed: 4 }), aDecision({ instrument: 'MGC' })],
    )

    expect(marks).toMatchObject([
      { isHollow: true, text: '4', side: 'sell' },
      { isHollow: false, text: '2', side: 'buy' },
    ])
  })

  test('a permitted decision has no mark of its own: its fill is what happened', () => {
    expect(
      marksOf('MNQ', [], [aDecision({ instrument: 'MNQ', verdict: 'PERMITTED', firstFailed: null })]),
    ).toEqual([])
  })
})
