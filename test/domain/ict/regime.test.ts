import { describe, expect, test } from 'vitest'
import { type RegimeReading, epochMs } from '../../../src/domain/index.ts'
import { DealingRange } from '../../../src/domain/ict/dealing-range.ts'
import { DEFAULT_PARAMETERS, type RegimeReport, regimeAt } from '../../../src/domain/ict/index.ts'
import { Engine } from '../../../src/domain/ict/reference-engine.ts'
import { RegimeReader } from '../../../src/domain/ict/regime.ts'
import { type TapeBar, quiet, tape, walk } from './support.ts'

function read(bars: readonly TapeBar[], higherTimeframes: number | null = null): RegimeReport[] {
  const engine = new Engine(DEFAULT_PARAMETERS, '1m')
  const range = new DealingRange()
  const reader = new RegimeReader(DEFAULT_PARAMETERS)
  return bars.map((each) => {
    engine.push(each.bar, each.breakBefore)
    range.push(engine.bars, engine.breaks)
    return reader.push(engine, range, higherTimeframes)
  })
}

const labels = (reports: readonly RegimeReport[]): string[] => reports.map((each) => each.reading.label)

/**
 * A staircase: each leg of twelve bars climbs, then twelve give a little back, so that external swings
 * form.
 */
function staircase(legs: number): string {
  const lines: string[] = []
  let price = 1_000
  for (let leg = 0; leg < legs * 24; leg++) {
    const move = leg % 24 < 14 ? 4 : -2
    lines.push(`${price} ${price + Math.max(move, 0) + 2} ${price + Math.min(move, 0) - 2} ${price + move}`)
    price += move
  }
  return lines.join('\n')
}

describe('regime', () => {
  test('before its features exist it is a transition without confidence in anything else', () => {
    const [first] = read(tape(quiet(1)))

    expect(first?.reading).toMatchObject({ label: 'TRANSITION', strength: 0.5 })
    expect(first?.features).toEqual({ atr: null, efficiency: null, compression: null, volatilityRatio: null })
  })

  test('constant prices are a range, at full strength and without a division by zero', () => {
    const last = read(tape('100 100 100 100\n'.repeat(150))).at(-1)

    expect(last?.reading).toMatchObject({ label: 'RANGE', strength: 1, confidence: 1 })
    expect(last?.features).toEqual({ atr: 0, efficiency: 0, compression: 0, volatilityRatio: 1 })
  })

  test('a staircase with external breaks one way is a trend of that way', () => {
    const reports = read(tape(staircase(8)))

    expect(labels(reports)).toContain('TREND_UP')
    expect(labels(reports)).not.toContain('TREND_DOWN')
  })

  test('higher timeframes that agree make a trend stronger, never change it', () => {
    const bars = tape(staircase(8))
    const alone = read(bars)
    const backed = read(bars, 1)
    const at = labels(alone).lastIndexOf('TREND_UP')

    expect(labels(backed)).toEqual(labels(alone))
    expect(backed[at]?.reading.strength).toBeCloseTo((alone[at]?.reading.strength ?? 0) + 0.2, 12)
  })

  test('a label has to hold for two bars before it replaces another', () => {
    const reports = read(walk('two bars', 5_000))

    for (let at = 1; at < reports.length; at++) {
      const [before, now] = [reports[at - 1], reports[at]]
      if (before?.reading.label === now?.reading.label) continue
      expect([before?.raw, now?.raw]).toEqual([now?.reading.label, now?.reading.label])
    }
  })

  test('a label lives for at least three bars', () => {
    const found = labels(read(walk('dwell', 5_000)))
    const starts = found.flatMap((label, at) => (at > 0 && label !== found[at - 1] ? [at] : []))
    const lives = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))

    expect(starts.length).toBeGreaterThan(50)
    expect(Math.min(...lives)).toBeGreaterThanOrEqual(3)
  })

  test('a change names what was before and starts its own time', () => {
    const reports = read(walk('change', 2_000))
    const at = reports.findIndex(
      (each, index) => index > 0 && each.reading.label !== reports[index - 1]?.reading.label,
    )
    const changed = reports[at]

    expect(changed?.previous).toBe(reports[at - 1]?.reading.label)
    expect(changed?.reading.since).toBe(changed?.reading.knownAt)
  })

  test('confidence is the share of the last ten bars that say the same on their own', () => {
    const reports = read(walk('confidence', 1_000))

    for (let at = 10; at < reports.length; at++) {
      const label = reports[at]?.reading.label
      const same = reports.slice(at - 9, at + 1).filter((each) => each.raw === label).length
      expect(reports[at]?.reading.confidence).toBe(same / 10)
    }
  })
})

describe('the regime of the clock', () => {
  const reading: RegimeReading = {
    label: 'TREND_UP',
    strength: 0.7,
    confidence: 0.9,
    since: epochMs(Date.parse('2026-03-10T14:00:00Z')),
    knownAt: epochMs(Date.parse('2026-03-10T20:55:00Z')),
  }

  test('while the market trades, the reading stands', () => {
    expect(regimeAt(reading, epochMs(Date.parse('2026-03-10T20:59:00Z')))).toBe(reading)
  })

  test('the clock alone closes it, at the minute at which trading ends', () => {
    expect(regimeAt(reading, epochMs(Date.parse('2026-03-10T21:00:00Z')))).toEqual({
      label: 'CLOSED',
      strength: 1,
      confidence: 1,
      since: Date.parse('2026-03-10T21:00:00Z'),
      knownAt: reading.knownAt,
    })
  })

  test('on a weekend it has been closed since Friday', () => {
    const closed = regimeAt(reading, epochMs(Date.parse('2026-03-14T12:00:00Z')))

    expect(closed.since).toBe(Date.parse('2026-03-13T21:00:00Z'))
  })

  test('an instant beyond the calendar counts as closed, never as open', () => {
    expect(regimeAt(reading, epochMs(Date.parse('2099-03-10T15:00:00Z'))).label).toBe('CLOSED')
    expect(regimeAt(reading, epochMs(Date.parse('1995-03-10T15:00:00Z'))).label).toBe('CLOSED')
  })
})
