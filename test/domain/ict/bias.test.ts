import { describe, expect, test } from 'vitest'
import type { Direction, Timeframe } from '../../../src/domain/index.ts'
import { NO_BIAS, biasScore, dailyBias, higherTimeframeScore } from '../../../src/domain/ict/bias.ts'

const BEFORE = { h: 110, l: 90, c: 100 }

function trends(of: Partial<Record<Timeframe, Direction>>): (timeframe: Timeframe) => Direction | 0 {
  return (timeframe) => of[timeframe] ?? 0
}

describe('daily bias', () => {
  test('a close beyond the day before sets the bias at full strength', () => {
    expect(dailyBias(BEFORE, { h: 115, l: 95, c: 111 }, NO_BIAS)).toEqual({ direction: 1, strength: 1 })
    expect(dailyBias(BEFORE, { h: 105, l: 85, c: 89 }, NO_BIAS)).toEqual({ direction: -1, strength: 1 })
  })

  test('a raid of one side that closes back points to the other, a little weaker', () => {
    expect(dailyBias(BEFORE, { h: 115, l: 95, c: 108 }, NO_BIAS)).toEqual({ direction: -1, strength: 0.8 })
    expect(dailyBias(BEFORE, { h: 105, l: 85, c: 92 }, NO_BIAS)).toEqual({ direction: 1, strength: 0.8 })
  })

  test('with both sides taken the half of the range that it closed in decides, at half strength', () => {
    expect(dailyBias(BEFORE, { h: 115, l: 85, c: 104 }, NO_BIAS)).toEqual({ direction: 1, strength: 0.5 })
  })

  test('equality takes nothing: an equal high and low is an inside day', () => {
    const carried = { direction: 1, strength: 0.8 } as const

    expect(dailyBias(BEFORE, { h: 110, l: 90, c: 100 }, carried)).toEqual({ direction: 1, strength: 0.4 })
  })

  test('inside days halve what was, and below a quarter nothing is left', () => {
    const carried = { direction: -1, strength: 0.4 } as const

    expect(dailyBias(BEFORE, { h: 105, l: 95, c: 100 }, carried)).toEqual(NO_BIAS)
  })
})

describe('higher timeframes', () => {
  test('a timeframe without a trend drops out with its weight', () => {
    expect(higherTimeframeScore(trends({ '15m': 1, '1h': 1 }))).toBe(1)
    expect(higherTimeframeScore(trends({ '15m': 1, '1h': -1 }))).toBeCloseTo(-0.2, 12)
  })

  test('without any trend there is no score, which is not the same as zero', () => {
    expect(higherTimeframeScore(trends({}))).toBeNull()
    expect(higherTimeframeScore(trends({ '1h': 1, '4h': -1 }))).toBe(0)
  })
})

describe('intraday bias', () => {
  test('what is not known is left out and the rest counts fully', () => {
    const known = { daily: { direction: 1, strength: 1 }, higherTimeframes: null, price: 100 } as const

    expect(biasScore({ ...known, midnightOpen: null, adr: null })).toBe(1)
    expect(
      biasScore({ daily: undefined, higherTimeframes: null, price: 100, midnightOpen: 90, adr: null }),
    ).toBeNull()
  })

  test('the day, the higher timeframes and the distance from the midnight open weigh 45, 35 and 20', () => {
    const daily = { direction: 1, strength: 0.8 } as const

    // 10 ticks below midnight are half of a quarter of the average day.
    const score = biasScore({ daily, higherTimeframes: -0.5, price: 90, midnightOpen: 100, adr: 80 })

    expect(score).toBeCloseTo(0.45 * 0.8 - 0.35 * 0.5 - 0.2 * 0.5, 12)
  })

  test('beyond a quarter of the average day the distance from the midnight open says no more', () => {
    expect(
      biasScore({ daily: undefined, higherTimeframes: null, price: 900, midnightOpen: 100, adr: 80 }),
    ).toBe(1)
  })
})
