import { describe, expect, test } from 'vitest'
import { type Ingredients, gradeOf, scoreOf } from '../../../src/domain/ict/confluence.ts'

/** Everything for it, at 10:15 New York. */
const BEST: Ingredients = {
  direction: 1,
  timeframe: '5m',
  biasScore: 1,
  higherTimeframes: 1,
  pool: 'pd',
  degree: '',
  poolLabel: 'PDL',
  shiftAtr: 2,
  isStrongShift: true,
  arrays: ['fair value gap', 'order block', 'breaker'],
  position: 0.2,
  t: Date.parse('2026-03-10T14:15:00Z'),
  regime: 'TREND_UP',
  reward: 3,
}

const shareOf = (of: Partial<Ingredients>, label: RegExp): number | undefined => {
  const fact = scoreOf({ ...BEST, ...of }).facts.find((each) => label.test(each.label))
  return fact === undefined ? undefined : fact.got / fact.weight
}

describe('confluence', () => {
  test('a setup with everything for it scores a hundred and is graded A', () => {
    expect(scoreOf(BEST)).toMatchObject({ score: 100, grade: 'A' })
  })

  test('grades begin at 75, 62 and 50, and below is D', () => {
    expect([75, 74.9, 62, 61.9, 50, 49.9, null].map(gradeOf)).toEqual(['A', 'B', 'B', 'C', 'C', 'D', 'U'])
  })

  test('what is not known leaves both sums, so it neither helps nor hurts', () => {
    expect(scoreOf({ ...BEST, biasScore: null }).score).toBe(100)
    expect(scoreOf({ ...BEST, biasScore: null }).facts.some((each) => each.label.startsWith('bias'))).toBe(
      false,
    )
  })

  test('with less than sixty of a hundred weights known there is no score', () => {
    expect(scoreOf({ ...BEST, biasScore: null, higherTimeframes: null }).score).not.toBeNull()
    const less = scoreOf({ ...BEST, biasScore: null, higherTimeframes: null, position: null })

    expect(less).toMatchObject({ score: null, grade: 'U' })
  })

  test('a previous day or week weighs more than a session, a session more than an internal swing', () => {
    expect(shareOf({ pool: 'pw' }, /liquidity/)).toBe(1)
    expect(shareOf({ pool: 'asia' }, /liquidity/)).toBeCloseTo(0.75, 1)
    expect(shareOf({ pool: 'swing', degree: 'internal' }, /liquidity/)).toBe(0.5)
  })

  test('a long earns its discount: everything below a quarter of the range, nothing above three quarters', () => {
    expect(shareOf({ position: 0.25 }, /discount/)).toBe(1)
    expect(shareOf({ position: 0.5 }, /discount/)).toBe(0.5)
    expect(shareOf({ position: 0.8 }, /discount/)).toBe(0)
  })

  test('a short earns its premium in the mirror', () => {
    const short = { direction: -1, biasScore: -1, higherTimeframes: -1, regime: 'TREND_DOWN' } as const

    expect(shareOf({ ...short, position: 0.75 }, /premium/)).toBe(1)
    expect(scoreOf({ ...BEST, ...short, position: 0.8 }).score).toBe(100)
  })

  test('a bias against it costs its whole weight', () => {
    expect(shareOf({ biasScore: -1 }, /bias/)).toBe(0)
  })

  test('a regime that the model is not meant for earns nothing, a transition half', () => {
    expect(shareOf({ regime: 'RANGE' }, /regime/)).toBe(0)
    expect(shareOf({ regime: 'VOLATILE' }, /regime/)).toBe(0)
    expect(shareOf({ regime: 'TRANSITION' }, /regime/)).toBe(0.5)
  })

  test('a gap alone is half an entry, with a block beside it four fifths', () => {
    expect(shareOf({ arrays: ['fair value gap'] }, /fair value gap/)).toBe(0.5)
    expect(shareOf({ arrays: ['fair value gap', 'breaker'] }, /fair value gap/)).toBe(0.8)
  })

  test('each fact says whether it holds, in part or not', () => {
    const facts = scoreOf({ ...BEST, biasScore: -1, regime: 'TRANSITION' }).facts

    expect(facts.find((each) => each.label.startsWith('bias'))?.holds).toBe('no')
    expect(facts.find((each) => each.label.startsWith('regime'))?.holds).toBe('part')
    expect(facts.find((each) => each.label.startsWith('liquidity'))?.holds).toBe('yes')
  })
})
