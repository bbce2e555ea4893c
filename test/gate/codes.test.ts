import { describe, expect, test } from 'vitest'
import { type BracketOrder } from '../../src/domain/index.ts'
import { CODES, type Code, explain, judge } from '../../src/gate/index.ts'
import { anOrder, evidenceFor, withStop } from './builders.ts'
import { type Case, anyPhase, phaseFive, phaseFour, phaseOne, phaseThree, phaseTwo } from './refusals.ts'

function judged({ order = anOrder(), evidence = (of: BracketOrder) => evidenceFor(of) }: Case) {
  return { verdict: judge(order, evidence(order)), phases: explain(order, evidence(order)) }
}

const phases: readonly (readonly [phase: 1 | 2 | 3 | 4 | 5, cases: readonly Case[]])[] = [
  [1, phaseOne],
  [2, phaseTwo],
  [3, phaseThree],
  [4, phaseFour],
]

describe.each(phases)('phase %i', (phase, cases) => {
  test.each(cases)('$rule ($code)', (each) => {
    const { verdict } = judged(each)

    expect(verdict).toMatchObject({ verdict: 'denied', phase, code: each.code })
    expect(CODES[each.code].phase).toBe(phase)
  })
})

describe('phase 5', () => {
  test.each(phaseFive)('$rule ($code)', (each) => {
    const { phases: five } = judged(each)

    expect(five[4]).toMatchObject({ phase: 5, outcome: 'FAIL', code: each.code })
    expect(judged(each).verdict.verdict).toBe('denied')
  })
})

describe('any phase', () => {
  test.each(anyPhase)('$rule ($code)', (each) => {
    expect(judged(each).verdict).toMatchObject({ verdict: 'denied', code: each.code })
  })
})

describe('the list of codes', () => {
  test('every code of the five phases is reached by a rule above', () => {
    const reached = new Set(
      [...phaseOne, ...phaseTwo, ...phaseThree, ...phaseFour, ...phaseFive, ...anyPhase].map(
        ({ code }) => code,
      ),
    )
    const wanted = Object.entries(CODES).filter(
      ([, { phase }]) => typeof phase === 'number' || phase === 'any',
    )

    expect(wanted.filter(([code]) => !reached.has(code as Code)).map(([code]) => code)).toEqual([])
  })

  test('every code says in neutral words what is so and what would change it', () => {
    const wrong = Object.entries(CODES).filter(
      ([code, { text, fix }]) =>
        !/^[A-Z][A-Z0-9_]+$/.test(code) ||
        !/^[a-z0-9]/.test(text) ||
        fix === '' ||
        /!|\boops\b|sorry|error/i.test(`${text} ${fix}`),
    )

    expect(wrong).toEqual([])
  })

  test('the codes that people know from the screens keep their phases', () => {
    const known = {
      STREAM_RESYNCING: 1,
      ACCOUNT_MISMATCH: 1,
      BRACKET_MODE_UNSUPPORTED: 1,
      DATA_STALE: 1,
      STOP_LEVEL_1: 1,
      LOCKED_BY_BROKER: 1,
      RECONCILE_DISPUTED: 1,
      NOT_ARMED: 1,
      HEADROOM_BELOW_RISK: 2,
      FLOOR_UNDECLARED: 2,
      BALANCE_STALE: 2,
      DAY_LOSS_WOULD_BREACH: 3,
      LOCKOUT_ACTIVE: 3,
      MAX_TRADES: 3,
      REGIME_NOT_ALLOWED: 4,
      REGIME_UNCERTAIN: 4,
      OUTSIDE_WINDOW: 4,
      NEWS_BLOCK: 4,
      TOO_CLOSE_TO_FLAT: 4,
      STOP_MISSING: 5,
      STOP_WRONG_SIDE: 5,
      SIZE_BELOW_ONE: 5,
      CONTRACT_CAP: 5,
    } as const
    const kept = Object.keys(known).map((code) => [code, CODES[code as Code].phase])

    expect(Object.fromEntries(kept)).toEqual(known)
  })

  test('a refused phase has its number, its code, a text and a fix; a passed one has none of them', () => {
    const order = withStop(300)
    const [first, , , , fifth] = explain(order, evidenceFor(order))

    expect(first).toMatchObject({ outcome: 'PASS', code: undefined, fix: '' })
    expect(fifth).toMatchObject({
      outcome: 'FAIL',
      text: 'floor(120.00 / 152.22) = 0',
      fix: 'a stop of at most 235 ticks',
      numbers: { riskOfOne: 152_220_000, cap: 120_000_000 },
    })
  })
})
