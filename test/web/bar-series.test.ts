import { describe, expect, test } from 'vitest'
import type { BarUpdate, WireBar } from '../../src/wire/index.ts'
import { BARS_MAX, createBarSeries, indexAt } from '../../web/src/chart/bar-series.ts'

const MINUTE = 60_000
const bar = (minute: number, close = 100): WireBar => [minute * MINUTE, 100, 101, 99, close, 10]
const update = (of: WireBar, changes: Partial<BarUpdate> = {}): BarUpdate => ({
  instrument: 'MNQ',
  timeframe: '1m',
  bar: of,
  isSealed: false,
  generation: 1,
  source: 'bars',
  ...changes,
})

function loaded(...minutes: number[]) {
  const series = createBarSeries()
  series.load(minutes.map((minute) => bar(minute)))
  return series
}

describe('the candles of a chart', () => {
  test('the newest bar is replaced by its newer form', () => {
    const series = loaded(1, 2)

    expect(series.apply(update(bar(2, 105))).kind).toBe('updated')
    expect(series.bars.map((each) => each[4])).toEqual([100, 105])
  })

  test('a tick that is older than the newest bar is dropped and counted', () => {
    const series = loaded(1, 2)

    expect(series.apply(update(bar(1, 90))).kind).toBe('dropped')
    expect(series.dropped).toBe(1)
    expect(series.bars[0]?.[4]).toBe(100)
  })

  test('a bar that follows one which was seen sealed needs no second look', () => {
    const series = loaded(1, 2)
    series.apply(update(bar(2), { isSealed: true }))

    expect(series.apply(update(bar(3)))).toEqual({ kind: 'appended', isUnsure: false })
  })

  test('a bar that follows one which was never seen sealed makes that one unsure', () => {
    const series = loaded(1, 2)
    series.apply(update(bar(2)))

    expect(series.apply(update(bar(3)))).toEqual({ kind: 'appended', isUnsure: true })
  })

  test('a new generation means that history was corrected, so all of it is read again', () => {
    const series = loaded(1, 2)
    series.apply(update(bar(2)))

    expect(series.apply(update(bar(2), { generation: 2 })).kind).toBe('reload')
  })

  test('older history is put in front once, and what is there already is not doubled', () => {
    const series = loaded(5, 6)

    expect(series.prepend([bar(3), bar(4), bar(5)])).toBe(2)
    expect(series.bars.map((each) => each[0] / MINUTE)).toEqual([3, 4, 5, 6])
  })

  test('a chart holds no more bars than it can draw at speed', () => {
    const series = loaded(...Array.from({ length: BARS_MAX }, (_, index) => index + 100))

    expect(series.prepend([bar(1), bar(2)])).toBe(0)
    series.apply(update(bar(BARS_MAX + 200)))
    expect(series.bars).toHaveLength(BARS_MAX)
  })

  test('a repair does not take back what the stream said meanwhile', () => {
    const series = loaded(1, 2)
    series.apply(update(bar(3, 107)))
    series.repair([bar(1, 98), bar(2, 97)])

    expect(series.bars.map((each) => each[4])).toEqual([98, 97, 107])
  })

  test('bars that do not grow in time are left out, since nothing could be drawn of them', () => {
    expect(loaded(1, 3, 2, 3, 4).bars.map((each) => each[0] / MINUTE)).toEqual([1, 3, 4])
  })

  test('an instant belongs to the bar that holds it, and beyond the newest it is one bar further', () => {
    const bars = [bar(1), bar(2), bar(5)]

    expect(indexAt(bars, 1.5 * MINUTE, MINUTE)).toBe(0)
    expect(indexAt(bars, 2 * MINUTE, MINUTE)).toBe(1)
    expect(indexAt(bars, 6 * MINUTE, MINUTE)).toBe(3)
    expect(indexAt(bars, 0, MINUTE)).toBe(-1)
  })
})
