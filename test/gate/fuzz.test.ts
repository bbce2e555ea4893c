import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/lib/index.ts'
import { type BracketOrder, ROSTER, instrumentOf } from '../../src/domain/index.ts'
import { riskMicros } from '../../src/domain/risk/index.ts'
import { type Evidence, FIELDS, Permit, explain, exposureOf, judge } from '../../src/gate/index.ts'
import { NOW, anEntry, anOrder, at, dollar, evidenceFor, forced, size, tick, withValue } from './builders.ts'

const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  0.5,
  Number.MAX_SAFE_INTEGER + 2,
  Number.MAX_VALUE,
  '',
  '0',
  'NaN',
  {},
  [],
  true,
  1n,
]

/** Evidence with one of everything, so that every field of the table is there to be spoiled. */
function fullEvidence(order: BracketOrder): Evidence {
  return {
    ...evidenceFor(order),
    blackouts: [{ kind: 'news', label: 'CPI', from: at('08:00'), to: at('08:45') }],
    positions: [{ contractId: 'CON.F.US.MES.H26', brokerNet: 1, ledgerNet: 1 }],
    entries: [anEntry({ contractId: 'CON.F.US.MGC.J26', isFinished: true })],
  }
}

describe('every input of the gate', () => {
  const order = anOrder()
  const paths = [...new Set(FIELDS.map(({ path }) => path))]

  test('with everything in place the order is permitted, so each spoiled field is the only reason', () => {
    expect(judge(order, fullEvidence(order)).verdict).toBe('permitted')
    expect(paths.length).toBeGreaterThan(90)
  })

  test.each(paths)('%s: what it cannot be denies with its name, and nothing throws', (path) => {
    const full = path.replaceAll('[]', '[0]')
    const fields = FIELDS.filter((each) => each.path === path)
    const passed = HOSTILE.filter((value) => {
      const isAllowed = fields.every(
        ({ rule }) =>
          (rule.isOptional === true && (value === undefined || value === null)) || rule.holds(value),
      )
      if (isAllowed) return false
      const verdict = judge(order, withValue(fullEvidence(order), full, value))
      // A value that is no plain data at all spoils the evidence as a whole.
      const named = typeof value === 'bigint' ? 'evidence' : full
      return verdict.verdict !== 'denied' || verdict.field !== named
    })

    expect(passed).toEqual([])
  })

  test('a list that is not one denies with its name', () => {
    for (const list of ['positions', 'entries', 'blackouts'])
      expect(judge(order, withValue(fullEvidence(order), list, {}))).toMatchObject({
        code: 'INPUT_MISSING',
        field: list,
      })
  })

  test('a list longer than any real one is not read', () => {
    const entries = Array.from({ length: 2_001 }, (_, i) => anEntry({ tag: `t${i}` }))

    expect(judge(order, evidenceFor(order, { entries }))).toMatchObject({
      code: 'INPUT_INVALID',
      field: 'evidence',
    })
  })

  test('an inherited field is not there', () => {
    const { unknownIntents: _, ...rest } = evidenceFor(order)
    const inherited = Object.assign(Object.create({ unknownIntents: 0 }) as object, rest)

    expect(judge(order, forced(inherited)).verdict).toBe('denied')
  })
})

describe('any order on any evidence', () => {
  const boundary = fc.oneof(
    fc.integer({ min: -5, max: 300 }),
    fc.constantFrom(
      0,
      1,
      2,
      117,
      118,
      235,
      236,
      1e9,
      -1e9,
      0.5,
      Number.NaN,
      Number.MAX_SAFE_INTEGER,
      forced(undefined),
    ),
  )
  const someOrder = fc.record({
    root: fc.constantFrom(...ROSTER.map(({ root }) => root)),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    entry: fc.integer({ min: -100_000, max: 100_000 }),
    stopTicks: boundary,
    targetTicks: boundary,
    size: fc.constantFrom(0, 1, 2, 3, 1.5, -1, Number.NaN),
  })
  const money = fc.constantFrom(
    0,
    -1,
    1,
    1e6,
    -1e8,
    -3e8,
    48_000_000_000,
    48_200_000_000,
    5e10,
    1e14,
    Number.NaN,
  )

  test('ends in a refusal or in a permit that keeps every bound, never in a throw', () => {
    let permitted = 0
    fc.assert(
      fc.property(
        someOrder,
        money,
        money,
        fc.integer({ min: 0, max: 4 }),
        (drawn, balance, realised, held) => {
          const direction = drawn.side === 'buy' ? 1 : -1
          const order: BracketOrder = forced({
            ...anOrder(),
            instrument: instrumentOf(drawn.root),
            side: drawn.side,
            size: drawn.size,
            entry: drawn.entry,
            stop: drawn.entry - direction * drawn.stopTicks,
            target: drawn.entry + direction * drawn.targetTicks,
          })
          const evidence = [
            ['account.balance', balance < 0 ? 5e10 : balance],
            ['day.realised', realised > 0 ? 0 : realised],
            ['data.lastTrade', drawn.entry],
          ].reduce<Evidence>((all, [path, value]) => withValue(all, String(path), value), {
            ...evidenceFor(order),
            positions: [{ contractId: 'other', brokerNet: held, ledgerNet: 0 }],
          })
          const verdict = judge(order, evidence)
          const phases = explain(order, evidence)
          if (phases.every(({ outcome }) => outcome === 'PASS') !== (verdict.verdict === 'permitted'))
            throw new Error('explanation and verdict differ')
          if (verdict.verdict !== 'permitted') return
          permitted++
          const risk = riskMicros(order.instrument, drawn.stopTicks, order.size)
          expect(risk).toBeLessThanOrEqual(120_000_000)
          expect(risk).toBeGreaterThan(0)
          expect(evidence.day?.realised ?? Number.NaN).toBeGreaterThanOrEqual(-400_000_000 + risk)
          expect(balance < 0 ? 5e10 : balance).toBeGreaterThanOrEqual(48_000_000_000 + risk)
          expect(exposureOf(order.contractId, order.tag, evidence) + order.size).toBeLessThanOrEqual(2)
          expect(held + order.size).toBeLessThanOrEqual(4)
        },
      ),
      { numRuns: 5_000, seed: 11 },
    )

    expect(permitted).toBeGreaterThan(20)
  })

  test('the same order on the same evidence has the same verdict, phase by phase', () => {
    const random = seededRandom('twice')
    for (let i = 0; i < 200; i++) {
      const order = anOrder({ stop: tick(80_000 - random.int(400)), size: size(random.int(4)) })
      const realised = dollar(-random.int(500))
      const evidence = withValue(evidenceFor(order), 'day.realised', realised)
      const [first, second] = [judge(order, evidence), judge(order, evidence)]

      expect(second.phases).toEqual(first.phases)
      expect(second.verdict).toBe(first.verdict)
    }
  })

  test('no permit is left by an explanation', () => {
    const order = anOrder()
    const phases = explain(order, evidenceFor(order))

    expect(phases.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS', 'PASS', 'PASS', 'PASS'])
    expect(JSON.stringify(phases)).not.toContain('token')
    expect(Permit.spend(forced(phases), order, evidenceFor(order))).toMatchObject({ code: 'PERMIT_FORGED' })
    expect(NOW).toBeGreaterThan(0)
  })
})
