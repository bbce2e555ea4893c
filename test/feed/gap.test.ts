import { array, assert, integer, property, tuple } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../src/domain/index.ts'
import { isOpen } from '../../src/domain/calendar/index.ts'
import {
  backfillPages,
  createCoverage,
  mergeHistory,
  missingAfter,
  openSpans,
  restOfPage,
} from '../../src/feed/index.ts'
import { MINUTE, OPEN, aBar, minutes } from './support.ts'

const at = (text: string): number => Date.parse(text)
const minutesOf = (spans: readonly { from: number; to: number }[]): number =>
  spans.reduce((sum, span) => sum + (span.to - span.from) / MINUTE, 0)

describe('missing minutes', () => {
  test('begin after the newest bar and end with the last minute that is over', () => {
    expect(missingAfter(epochMs(OPEN), OPEN + 5.9 * MINUTE, 0)).toEqual([
      { from: OPEN + MINUTE, to: OPEN + 5 * MINUTE },
    ])
    expect(missingAfter(epochMs(OPEN), OPEN + 1.9 * MINUTE, 0)).toEqual([])
  })

  test('a weekend is not missing: from Friday noon to Monday are two spans', () => {
    const spans = openSpans(at('2026-03-13T16:00:00Z'), at('2026-03-16T14:00:00Z'))

    expect(spans).toEqual([
      { from: at('2026-03-13T16:00:00Z'), to: at('2026-03-13T21:00:00Z') },
      { from: at('2026-03-15T22:00:00Z'), to: at('2026-03-16T14:00:00Z') },
    ])
  })

  test('the break of an hour and a holiday are not missing', () => {
    expect(minutesOf(openSpans(at('2026-03-10T20:30:00Z'), at('2026-03-10T22:30:00Z')))).toBe(60)
    // Good Friday.
    expect(openSpans(at('2026-04-03T12:00:00Z'), at('2026-04-03T16:00:00Z'))).toEqual([])
  })

  test('a minute is in a span exactly when the market was open in it', () => {
    assert(
      property(integer({ min: 0, max: 20_000 }), integer({ min: 1, max: 4_000 }), (shift, count) => {
        const from = at('2026-03-01T00:00:00Z') + shift * MINUTE
        const spans = openSpans(from, from + count * MINUTE)
        const open = Array.from({ length: count }, (_, i) => from + i * MINUTE).filter(isOpen)

        expect(minutesOf(spans)).toBe(open.length)
        expect(open.every((t) => spans.some((span) => t >= span.from && t < span.to))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('coverage', () => {
  test('what history brought and what was built without a break is not asked for again', () => {
    const coverage = createCoverage()
    coverage.add({ from: OPEN, to: OPEN + 10 * MINUTE })
    coverage.add({ from: OPEN + 20 * MINUTE, to: OPEN + 30 * MINUTE })

    expect(coverage.missing(OPEN, OPEN + 35 * MINUTE)).toEqual([
      { from: OPEN + 10 * MINUTE, to: OPEN + 20 * MINUTE },
      { from: OPEN + 30 * MINUTE, to: OPEN + 35 * MINUTE },
    ])
  })

  test('spans in any order and overlap cover exactly their union', () => {
    assert(
      property(
        array(tuple(integer({ min: 0, max: 120 }), integer({ min: 0, max: 40 })), { maxLength: 12 }),
        (rows) => {
          const coverage = createCoverage()
          for (const [from, length] of rows)
            coverage.add({ from: OPEN + from * MINUTE, to: OPEN + (from + length) * MINUTE })
          const covered = new Set(
            rows.flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i)),
          )
          const left = Array.from({ length: 180 }, (_, i) => i).filter((i) => !covered.has(i))

          const missing = coverage.missing(OPEN, OPEN + 180 * MINUTE)

          expect(minutesOf(missing)).toBe(left.length)
        },
      ),
    )
  })
})

describe('pages of history', () => {
  test('the newest page comes first, and none can hold more bars than its limit', () => {
    const spans = openSpans(at('2026-03-02T23:00:00Z'), at('2026-03-10T13:30:00Z'))

    const pages = backfillPages(spans, 2_000)

    expect(pages[0]?.to).toBe(at('2026-03-10T13:30:00Z'))
    expect(pages.at(-1)?.from).toBe(at('2026-03-02T23:00:00Z'))
    for (const page of pages) expect(minutesOf(openSpans(page.from, page.to))).toBeLessThanOrEqual(2_000)
    expect(pages.reduce((sum, page) => sum + minutesOf(openSpans(page.from, page.to)), 0)).toBe(
      minutesOf(spans),
    )
  })

  test('ten trading days fit one request of 20,000', () => {
    expect(backfillPages(openSpans(at('2026-02-24T23:00:00Z'), OPEN), 20_000)).toHaveLength(1)
  })

  test('a page that came back cut goes on before its oldest bar', () => {
    const page = { from: epochMs(OPEN), to: epochMs(OPEN + 10 * MINUTE), limit: 5 }
    const bars = minutes(OPEN + 5 * MINUTE, 5)

    expect(restOfPage(page, bars, true)).toEqual({ ...page, to: OPEN + 5 * MINUTE })
    expect(restOfPage(page, bars, false)).toBeUndefined()
    expect(restOfPage(page, minutes(OPEN, 5), true)).toBeUndefined()
  })
})

describe('history against what was built', () => {
  const covered = { from: epochMs(OPEN), to: epochMs(OPEN + 10 * MINUTE) }

  test('history wins, and any difference at all is a correction', () => {
    const built = minutes(OPEN, 5)
    const changed = built.map((bar, i) => (i === 2 ? { ...bar, v: bar.v + 1 } : bar))

    const merged = mergeHistory(built, changed, covered)

    expect(merged.corrections).toEqual([{ before: built[2], after: changed[2] }])
    expect(merged.agreed).toBe(4)
    expect(merged.bars).toEqual(changed)
  })

  test('a bar that only we have stays, and is told', () => {
    const built = minutes(OPEN, 3)

    const merged = mergeHistory(built, built.slice(1), covered)

    expect(merged.bars).toEqual(built)
    expect(merged.unproven).toEqual([built[0]])
  })

  test('a hole of ours is filled, and nothing is ever invented', () => {
    const all = minutes(OPEN, 6)
    const merged = mergeHistory(
      [...all.slice(0, 2), aBar(OPEN + 9 * MINUTE, [1, 1, 1, 1])],
      all.slice(1, 5),
      covered,
    )

    expect(merged.added).toEqual(all.slice(2, 5))
    expect(merged.bars.map((bar) => (bar.t - OPEN) / MINUTE)).toEqual([0, 1, 2, 3, 4, 9])
  })
})
