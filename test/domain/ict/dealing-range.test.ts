import { describe, expect, test } from 'vitest'
import { DealingRange } from '../../../src/domain/ict/dealing-range.ts'
import { DEFAULT_PARAMETERS } from '../../../src/domain/ict/index.ts'
import { Engine } from '../../../src/domain/ict/reference-engine.ts'
import { type TapeBar, mirrored, quiet, tape, walk } from './support.ts'

/** The range after each bar. */
function ranges(bars: readonly TapeBar[]): ReturnType<typeof rangeOf>[] {
  const engine = new Engine(DEFAULT_PARAMETERS, '1m')
  const range = new DealingRange()
  return bars.map((each) => {
    engine.push(each.bar, each.breakBefore)
    range.push(engine.bars, engine.breaks)
    return rangeOf(range, each.bar.c)
  })
}

function rangeOf(
  range: DealingRange,
  price: number,
): {
  direction: number
  low: number | undefined
  high: number | undefined
  position: number | null
} {
  const { direction, bounds } = range
  return { direction, low: bounds?.low, high: bounds?.high, position: range.position(price) }
}

/** An external high of 110 at bar 10, a dip to 85 at bar 22, and a close above the high at bar 25. */
const BROKEN = `${quiet(10)}100 110 99 101\n${quiet(11)}100 101 85 95\n95 104 94 103\n103 109 102 108\n108 115 107 112\n`

describe('dealing range', () => {
  test('without an external break there is none, and no price is dear or cheap', () => {
    expect(ranges(tape(quiet(30))).at(-1)).toEqual({
      direction: 0,
      low: undefined,
      high: undefined,
      position: null,
    })
  })

  test('a break makes it: from the deepest price since the broken swing to the highest since then', () => {
    expect(ranges(tape(BROKEN)).at(-1)).toMatchObject({ direction: 1, low: 85, high: 115 })
  })

  test('it grows at its weak end only', () => {
    const higher = ranges(tape(`${BROKEN}112 125 100 120\n120 121 84 90\n`))

    expect(higher.at(-2)).toMatchObject({ low: 85, high: 125 })
    expect(higher.at(-1)).toMatchObject({ low: 85, high: 125 })
  })

  test('a price beyond it has left it, which is told and not hidden', () => {
    const left = ranges(tape(`${BROKEN}112 113 75 80\n`)).at(-1)

    expect(left?.position).toBeCloseTo((80 - 85) / 30, 12)
  })

  test('upside down it is the same range upside down', () => {
    const bars = walk('range', 3_000)
    const turned = ranges(mirrored(bars)).map(({ direction, low, high }) => [0 - direction, high, low])

    expect(turned.map(([direction, low, high]) => [direction, negated(low), negated(high)])).toEqual(
      ranges(bars).map(({ direction, low, high }) => [direction, low, high]),
    )
  })
})

function negated(price: number | undefined): number | undefined {
  return price === undefined ? undefined : 0 - price
}
