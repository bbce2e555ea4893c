import { describe, expect, test } from 'vitest'
import { type Bar, TIMEFRAMES, type TradePrint, epochMs } from '../../src/domain/index.ts'
import { type BarBook, type BarEvent, createBarBook, resample } from '../../src/feed/index.ts'
import { MINUTE, OPEN, aBar, aPrint, minutes } from './support.ts'

const FROM = OPEN - 120 * MINUTE
const LIMIT = 20_000

/** Four prints that make exactly this bar. */
function printsOf(bar: Bar): readonly TradePrint[] {
  const seconds = (bar.t - OPEN) / 1_000
  return [
    aPrint(seconds + 1, bar.o, { size: bar.v - 3 }),
    aPrint(seconds + 20, bar.h),
    aPrint(seconds + 40, bar.l),
    aPrint(seconds + 59, bar.c),
  ]
}

/** What history would answer, out of all that there is. */
function answer(book: BarBook, all: readonly Bar[], now: number): readonly BarEvent[] {
  return book.plan(now, LIMIT).flatMap((page) =>
    book.history({
      page,
      bars: all.filter((bar) => bar.t >= page.from && bar.t < page.to && bar.t + MINUTE <= now),
      isCut: false,
      asOf: now,
    }),
  )
}

const busy = (bars: Bar[]): Bar[] => bars.map((bar) => ({ ...bar, v: bar.v + 4 }))

describe('bars of one contract', () => {
  test('at first all history is missing; once it came every timeframe has it', () => {
    const all = minutes(FROM, 121)
    const book = createBarBook({ from: FROM })
    book.connected(OPEN + 30_000)

    expect(book.isWhole(OPEN + 30_000)).toBe(false)
    const events = answer(book, all, OPEN + 30_000)

    expect(events.map((each) => each.kind)).toEqual(TIMEFRAMES.map(() => 'reset'))
    expect(book.bars('1m')).toEqual(all.slice(0, 120))
    for (const timeframe of ['5m', '15m', '1h', '4h', '1D'] as const)
      expect([book.bars(timeframe), book.forming(timeframe)]).toEqual([
        resample(all.slice(0, 120), timeframe, 0).sealed,
        resample(all.slice(0, 120), timeframe, 0).forming,
      ])
    expect(book.isWhole(OPEN + 30_000)).toBe(true)
  })

  test('the minute in which the line came up was half heard: history is asked for it when it is over', () => {
    const all = busy(minutes(FROM, 124))
    const book = createBarBook({ from: FROM })
    book.connected(OPEN + 30_000)
    answer(book, all, OPEN + 30_000)
    const half = all[120] as Bar
    for (const print of printsOf(half).slice(2)) book.add(print)
    for (const print of printsOf(all[121] as Bar)) book.add(print)

    expect(book.missing(OPEN + 62_000)).toEqual([{ from: OPEN, to: OPEN + MINUTE }])
    expect(book.isWhole(OPEN + 62_500)).toBe(false)
    answer(book, all, OPEN + 62_500)

    expect(book.bars('1m').at(-1)).toEqual(half)
    expect(book.isWhole(OPEN + 62_500)).toBe(true)
    expect(book.counters()).toMatchObject({ corrections: 1 })
  })

  test('what was built on an unbroken line is not asked for again', () => {
    const all = busy(minutes(FROM, 180))
    const book = createBarBook({ from: FROM })
    book.connected(OPEN)
    answer(book, all, OPEN + 2_000)
    for (const bar of all.slice(120, 150)) for (const print of printsOf(bar)) book.add(print)
    book.close(OPEN + 30 * MINUTE + 1_500)

    expect(book.plan(OPEN + 30 * MINUTE + 10_000, LIMIT)).toEqual([])
    expect(book.bars('1m')).toEqual(all.slice(0, 150))
    expect(book.bars('5m')).toEqual(resample(all.slice(0, 150), '5m', 0).sealed)
  })

  test('a break in the line is filled from history, with five bars of overlap to compare', () => {
    const all = busy(minutes(FROM, 180))
    const book = createBarBook({ from: FROM })
    book.connected(OPEN)
    answer(book, all, OPEN + 2_000)
    for (const bar of all.slice(120, 130)) for (const print of printsOf(bar)) book.add(print)
    book.close(OPEN + 10 * MINUTE + 1_500)
    book.disconnected()
    const now = OPEN + 14 * MINUTE + 20_000
    book.connected(now)

    const [page] = book.plan(now, LIMIT)
    const events = answer(book, all, now)

    expect(page).toMatchObject({ from: OPEN + 5 * MINUTE, to: OPEN + 14 * MINUTE })
    expect(events.filter((each) => each.timeframe === '1m').map((each) => each.kind)).toEqual(
      Array.from({ length: 4 }, () => 'sealed'),
    )
    expect(book.counters()).toMatchObject({ agreed: 5, corrections: 0 })
    expect(book.bars('1m')).toEqual(all.slice(0, 134))
    expect(book.bars('5m')).toEqual(resample(all.slice(0, 134), '5m', 0).sealed)
    expect(book.forming('5m')).toEqual(resample(all.slice(0, 134), '5m', 0).forming)
  })

  test('a minute that was cut off by the break is not whole, and history corrects it and all that holds it', () => {
    const all = busy(minutes(FROM, 140))
    const book = createBarBook({ from: FROM })
    book.connected(OPEN)
    answer(book, all, OPEN + 2_000)
    for (const print of printsOf(all[120] as Bar).slice(0, 2)) book.add(print)
    book.disconnected()
    book.close(OPEN + 6 * MINUTE)
    book.connected(OPEN + 6 * MINUTE)

    const events = answer(book, all, OPEN + 6 * MINUTE + 2_000)

    expect(events).toContainEqual({ kind: 'corrected', timeframe: '1m', bar: all[120] })
    for (const timeframe of TIMEFRAMES.slice(1))
      expect([...book.bars(timeframe), book.forming(timeframe)].filter(Boolean)).toEqual(
        [
          ...resample(all.slice(0, 126), timeframe, OPEN + 6 * MINUTE).sealed,
          resample(all.slice(0, 126), timeframe, OPEN + 6 * MINUTE).forming,
        ].filter(Boolean),
      )
  })

  test('a difference from history is one correction in every timeframe, at tolerance zero', () => {
    const all = busy(minutes(OPEN, 20))
    const book = createBarBook({ from: OPEN })
    book.connected(OPEN)
    for (const bar of all) for (const print of printsOf(bar)) book.add(print)
    book.close(OPEN + 20 * MINUTE + 2_000)
    const other = { ...(all[3] as Bar), v: (all[3] as Bar).v + 1 }

    const events = book.history({
      page: { from: epochMs(OPEN), to: epochMs(OPEN + 5 * MINUTE), limit: LIMIT },
      bars: all.slice(0, 5).with(3, other),
      isCut: false,
      asOf: OPEN + 21 * MINUTE,
    })

    expect(events.map(({ kind, timeframe }) => [timeframe, kind])).toEqual([
      ['1m', 'corrected'],
      ['5m', 'corrected'],
      ['15m', 'corrected'],
      ['1h', 'forming'],
      ['4h', 'forming'],
      ['1D', 'forming'],
    ])
    expect(book.bars('5m')).toEqual(resample(all.with(3, other), '5m', 0).sealed)
  })

  test('a page that came back cut covers only what it held', () => {
    const all = minutes(FROM, 120)
    const book = createBarBook({ from: FROM })
    book.connected(OPEN + 60_000)
    const [page] = book.plan(OPEN + 2_000, LIMIT)

    book.history({
      page: page as NonNullable<typeof page>,
      bars: all.slice(70),
      isCut: true,
      asOf: OPEN + 10_000,
    })

    expect(book.missing(OPEN)).toEqual([{ from: FROM, to: FROM + 70 * MINUTE }])
  })

  test('minutes that history may not have yet are not taken for empty', () => {
    const book = createBarBook({ from: OPEN })
    book.connected(OPEN + 3 * MINUTE)

    book.history({
      page: { from: epochMs(OPEN), to: epochMs(OPEN + 3 * MINUTE), limit: LIMIT },
      bars: [],
      isCut: false,
      asOf: OPEN + 3 * MINUTE + 500,
    })

    expect(book.missing(OPEN + 4 * MINUTE)).toEqual([{ from: OPEN + 2 * MINUTE, to: OPEN + 3 * MINUTE }])
  })

  test('the newest minute of history is not believed before two seconds have passed', () => {
    const book = createBarBook({ from: OPEN })
    book.connected(OPEN)
    const [bar] = busy(minutes(OPEN, 1))
    for (const print of printsOf(bar as Bar)) book.add(print)
    const half = { ...(bar as Bar), v: 1 }
    const page = { from: epochMs(OPEN), to: epochMs(OPEN + 5 * MINUTE), limit: LIMIT }

    expect(book.history({ page, bars: [half], isCut: false, asOf: OPEN + MINUTE + 1_000 })).toEqual([])
    expect(book.close(OPEN + MINUTE + 1_500)[0]).toEqual({ kind: 'sealed', timeframe: '1m', bar })
  })

  test('a late print raises a correction in the minute and in the bars that hold it', () => {
    const book = createBarBook({ from: OPEN })
    book.connected(OPEN)
    for (const bar of busy(minutes(OPEN, 6))) for (const print of printsOf(bar)) book.add(print)

    const events = book.add(aPrint(4 * 60 + 59.5, 99_999))

    expect(events.filter((each) => each.kind === 'corrected').map((each) => each.timeframe)).toEqual([
      '1m',
      '5m',
    ])
    expect(book.bars('5m')[0]?.h).toBe(99_999)
    expect(book.forming('15m')?.h).toBe(99_999)
  })

  test('the store of minutes is bounded', () => {
    const book = createBarBook({ from: OPEN, minutesMax: 100 })
    book.connected(OPEN)
    for (let i = 0; i < 1_500; i++) book.add(aPrint(i * 60 + 1, 100))

    expect(book.bars('1m').length).toBeLessThanOrEqual(1_100)
    expect(book.bars('1m').at(-1)?.t).toBe(aBar(OPEN + 1_498 * MINUTE, [1, 1, 1, 1]).t)
  })
})
