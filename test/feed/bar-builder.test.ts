import { array, assert, integer, nat, property, record, shuffledSubarray } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bar, TradePrint } from '../../src/domain/index.ts'
import { createBarBuilder } from '../../src/feed/index.ts'
import { MINUTE, OPEN, aBar, aPrint, ohlcv } from './support.ts'

function built(prints: readonly TradePrint[]) {
  const builder = createBarBuilder()
  const bars = new Map<number, Bar>()
  for (const print of prints)
    for (const event of builder.add(print)) if (event.kind !== 'forming') bars.set(event.bar.t, event.bar)
  for (const event of builder.close(OPEN + 100 * MINUTE)) bars.set(event.bar.t, event.bar)
  return { bars: [...bars.values()].sort((a, b) => a.t - b.t), counters: builder.counters() }
}

describe('one-minute bars', () => {
  test('are built from trades: first, highest, lowest, last and the sum of sizes', () => {
    const { bars } = built([
      aPrint(1, 100, { size: 3 }),
      aPrint(20, 104),
      aPrint(30, 99, { size: 2 }),
      aPrint(59.999, 101),
    ])

    expect(bars).toEqual([aBar(OPEN, [100, 104, 99, 101], 7)])
  })

  test('a print at the very minute belongs to the new one', () => {
    const { bars } = built([aPrint(0, 100), aPrint(59.999, 101), aPrint(60, 102)])

    expect(bars.map((bar) => [bar.t - OPEN, bar.c])).toEqual([
      [0, 101],
      [MINUTE, 102],
    ])
  })

  test('a minute is sealed by the first print of a later one', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(10, 100))

    const events = builder.add(aPrint(61, 105))

    expect(events.map((each) => [each.kind, each.bar.t - OPEN])).toEqual([
      ['sealed', 0],
      ['forming', MINUTE],
    ])
  })

  test('or by the clock, one and a half seconds after its end, though nobody trades', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(10, 100))

    expect(builder.close(OPEN + MINUTE + 1_499)).toEqual([])
    expect(builder.close(OPEN + MINUTE + 1_500).map((each) => each.kind)).toEqual(['sealed'])
    expect(builder.close(OPEN + MINUTE + 9_000)).toEqual([])
  })

  test('a minute without a print has no bar', () => {
    const { bars } = built([aPrint(1, 100), aPrint(200, 101)])

    expect(bars.map((bar) => (bar.t - OPEN) / MINUTE)).toEqual([0, 3])
  })

  test('inside the minute the order of arrival does not matter', () => {
    const prints = [aPrint(1, 100), aPrint(2, 105), aPrint(3, 97), aPrint(4, 101)]

    assert(
      property(shuffledSubarray(prints, { minLength: 4, maxLength: 4 }), (shuffled) => {
        expect(built(shuffled).bars.map(ohlcv)).toEqual([[100, 105, 97, 101, 4]])
      }),
    )
  })

  test('of two prints in one millisecond the later to arrive is the close', () => {
    const { bars } = built([aPrint(5, 100), aPrint(5, 103, { subMs: 10 })])

    expect(ohlcv(bars[0] as Bar)).toEqual([100, 103, 100, 103, 2])
  })

  test('a print after the seal corrects its bar, and the one before it is told', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(10, 100))
    builder.add(aPrint(61, 105))

    const events = builder.add(aPrint(59, 110, { size: 4 }))

    expect(events).toEqual([
      {
        kind: 'corrected',
        bar: aBar(OPEN, [100, 110, 100, 110], 5),
        before: aBar(OPEN, [100, 100, 100, 100], 1),
      },
    ])
    expect(builder.forming()).toEqual(aBar(OPEN + MINUTE, [105, 105, 105, 105], 1))
    expect(builder.counters().late).toBe(1)
  })

  test('a late print of a minute that had none makes its bar', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(130, 100))

    expect(builder.add(aPrint(30, 99))).toEqual([
      { kind: 'corrected', bar: aBar(OPEN, [99, 99, 99, 99], 1), before: undefined },
    ])
  })

  test('a print of eleven minutes ago is left to history, and counted', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(11 * 60 + 30, 100))

    expect(builder.add(aPrint(30, 99))).toEqual([])
    expect(builder.counters()).toMatchObject({ late: 1, tooLate: 1 })
  })

  test('the same print twice counts once: a resubscription may repeat', () => {
    const { bars, counters } = built([
      aPrint(1, 100, { size: 5 }),
      aPrint(2, 101),
      aPrint(1, 100, { size: 5 }),
    ])

    expect(bars[0]?.v).toBe(6)
    expect(counters.duplicates).toBe(1)
  })

  test('prints that differ in size, side, price or 100 ns are different prints', () => {
    const { bars, counters } = built([
      aPrint(1, 100),
      aPrint(1, 100, { size: 2 }),
      aPrint(1, 100, { side: 'sell' }),
      aPrint(1, 101),
      aPrint(1, 100, { subMs: 3 }),
      aPrint(1, 100, { occurrence: 1 }),
    ])

    expect(counters.duplicates).toBe(0)
    expect(bars[0]?.v).toBe(7)
  })

  test('what history says of a minute stands: a late print of it changes nothing', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(10, 100))
    builder.add(aPrint(61, 105))

    builder.replace(aBar(OPEN, [99, 107, 98, 103], 50))

    expect(builder.add(aPrint(40, 120))).toEqual([])
  })

  test('history of the minute that was being built ends the building', () => {
    const builder = createBarBuilder()
    builder.add(aPrint(10, 100))

    builder.replace(aBar(OPEN, [99, 107, 98, 103], 50))

    expect(builder.forming()).toBeUndefined()
    expect(builder.close(OPEN + 2 * MINUTE)).toEqual([])
  })

  test('any stream, however shuffled within ten minutes and doubled, gives the bars of the sorted one', () => {
    const aStream = array(
      record({
        ms: nat(9 * MINUTE),
        price: integer({ min: -50, max: 50 }),
        size: integer({ min: 1, max: 9 }),
      }),
      {
        minLength: 1,
        maxLength: 60,
      },
    )
    assert(
      property(aStream, integer(), (rows, seed) => {
        const unique = [...new Map(rows.map((row) => [row.ms, row])).values()].sort((a, b) => a.ms - b.ms)
        const prints = unique.map((row) => aPrint(row.ms / 1_000, row.price, { size: row.size }))
        const shuffled = [...prints, ...prints.slice(0, 5)].sort(
          (a, b) => mixed(a.at, seed) - mixed(b.at, seed),
        )

        expect(built(shuffled).bars).toEqual(built(prints).bars)
      }),
    )
  })
})

function mixed(value: number, seed: number): number {
  return Math.imul((value % 1_000_003) ^ seed, 0x9e3779b1) >>> 0
}
