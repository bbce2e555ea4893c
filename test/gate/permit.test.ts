import { describe, expect, test } from 'vitest'
import type { BracketOrder } from '../../src/domain/index.ts'
import {
  type Cleared,
  type Evidence,
  type SimulatedEvidence,
  Permit,
  judge,
  judgeAgainAndSpend,
  orderHash,
  phase1,
  phase2,
  phase3,
  phase4,
  phase5,
} from '../../src/gate/index.ts'
import {
  NOW,
  aSimulatedProof,
  anOrder,
  at,
  evidenceFor,
  forced,
  permitOf,
  size,
  steady,
  tick,
  withValue,
} from './builders.ts'

const order = anOrder()
const mint = (of: BracketOrder = order, evidence: Evidence = evidenceFor(of)): Permit =>
  permitOf(judge(of, evidence))
const codeOf = (result: { verdict: string; code?: string }): string => result.code ?? result.verdict
const spend = (permit: Permit, of: BracketOrder = order, evidence: Evidence = evidenceFor(order)): string =>
  codeOf(Permit.spend(permit, of, evidence))

describe('a permit', () => {
  test('opens the door once', () => {
    const permit = mint()

    expect(spend(permit)).toBe('spent')
    expect(spend(permit)).toBe('PERMIT_SPENT')
  })

  test('is used up by a spend that fails', () => {
    const permit = mint()

    expect(spend(permit, anOrder({ size: size(2) }))).toBe('PERMIT_ORDER_CHANGED')
    expect(spend(permit)).toBe('PERMIT_SPENT')
  })

  test('is good for two seconds of the steady clock and not for one millisecond more', () => {
    const later = (ms: number) => evidenceFor(order, { monotonic: steady(NOW + ms) })

    expect(spend(mint(), order, later(2_000))).toBe('spent')
    expect(spend(mint(), order, later(2_001))).toBe('PERMIT_EXPIRED')
    expect(spend(mint(), order, later(-1))).toBe('PERMIT_EXPIRED')
    expect(spend(mint(), order, withValue(evidenceFor(order), 'monotonic', Number.NaN))).toBe(
      'PERMIT_EXPIRED',
    )
  })

  test.each([
    ['size', { size: size(2) }],
    ['entry', { entry: tick(80_001) }],
    ['stop', { stop: tick(79_899) }],
    ['target', { target: tick(80_201) }],
    ['side', { side: 'sell' }],
    ['type', { type: 'market' }],
    ['tag', { tag: 'k-20260310-abcdeg' }],
    ['contract', { contractId: 'CON.F.US.MNQ.M26' }],
    ['account', { accountId: '25770002' }],
    ['instrument', { instrument: { ...order.instrument, tickValue: forced(1) } }],
  ] as const)('is for one order: another %s is refused', (_, changes) => {
    expect(spend(mint(), anOrder(changes as Partial<BracketOrder>))).toBe('PERMIT_ORDER_CHANGED')
  })

  test.each([
    ['executor epoch', { executorEpoch: 8 }, 'PERMIT_ELSEWHERE'],
    ['state version', { stateVersion: 43 }, 'PERMIT_OUTDATED'],
    ['configuration', { configRevision: 'b92d' }, 'PERMIT_OUTDATED'],
  ] as const)('is void under another %s', (_, changes, code) => {
    expect(spend(mint(), order, evidenceFor(order, changes))).toBe(code)
  })

  test('is void on another route, whatever the order', () => {
    // The route is part of the hash: the same order on another route is another order.
    expect(spend(mint(), order, evidenceFor(order, { route: 'paper' }))).toBe('PERMIT_ORDER_CHANGED')
  })

  test('is void for another account', () => {
    const other = withValue(withValue(evidenceFor(order), 'account.boundId', '1'), 'account.id', '1')

    expect(spend(mint(), order, other)).toBe('PERMIT_ELSEWHERE')
    expect(spend(mint(), order, withValue(evidenceFor(order), 'account', undefined))).toBe('PERMIT_ELSEWHERE')
  })

  test('returns the order to send, frozen, and not the one that was handed in', () => {
    const spent = Permit.spend(mint(), order, evidenceFor(order))

    if (spent.verdict !== 'spent') throw new Error(spent.code)
    expect(spent.order).toEqual(order)
    expect(spent.order).not.toBe(order)
    expect(Object.isFrozen(spent.order) && Object.isFrozen(spent.order.instrument)).toBe(true)
  })

  test('says what it is for, so that the ledger can keep it', () => {
    expect(Permit.terms(mint())).toEqual({
      hash: orderHash(order, 'gateway-sim'),
      accountId: '25770001',
      route: 'gateway-sim',
      executorEpoch: 7,
      stateVersion: 42,
      configRevision: 'a81c',
      mintedAt: NOW,
      expiresAt: NOW + 2_000,
    })
  })
})

/** The state after the intent was written. */
const after = (changes: Partial<SimulatedEvidence> = {}): Evidence =>
  evidenceFor(order, { stateVersion: 43, ...changes })

describe('judging again at the socket', () => {
  test('lets the order go when nothing has changed but the intent that was written', () => {
    expect(judgeAgainAndSpend(mint(), order, after())).toMatchObject({ verdict: 'spent', order })
  })

  test('refuses what has become wrong in between, and nothing is left to spend', () => {
    const permit = mint()

    const again = judgeAgainAndSpend(permit, order, after({ hubs: { user: 'resyncing', market: 'current' } }))

    expect(again).toMatchObject({ verdict: 'denied', phase: 1, code: 'STREAM_RESYNCING' })
    expect(spend(permit)).toBe('PERMIT_SPENT')
  })

  test('refuses a first permit that is late, spent, forged or for another order', () => {
    const spent = mint()
    Permit.burn(spent)

    expect(codeOf(judgeAgainAndSpend(spent, order, after()))).toBe('PERMIT_SPENT')
    expect(codeOf(judgeAgainAndSpend(forced({}), order, after()))).toBe('PERMIT_FORGED')
    const changed = { ...order, size: size(2) }
    expect(codeOf(judgeAgainAndSpend(mint(), changed, after()))).toBe('PERMIT_ORDER_CHANGED')
    const late = after({ monotonic: steady(NOW + 2_001) })
    expect(codeOf(judgeAgainAndSpend(mint(), order, late))).toBe('PERMIT_EXPIRED')
  })

  test('a change of the configuration ends every permit', () => {
    expect(codeOf(judgeAgainAndSpend(mint(), order, after({ configRevision: 'b92d' })))).toBe(
      'PERMIT_OUTDATED',
    )
  })
})

describe('the order of the phases', () => {
  type Step = (
    cleared: Cleared<never>,
    of: BracketOrder,
    evidence: Evidence,
  ) => { verdict: string; cleared?: unknown }
  const steps: readonly Step[] = [(_, of, evidence) => phase1(of, evidence), phase2, phase3, phase4, phase5]

  /** Calls the phases in a sequence, each with what the one before returned, and asks for a permit at the end. */
  function permitAfter(sequence: readonly number[], of = order, evidences = [evidenceFor(of)]): boolean {
    let cleared: unknown
    for (const [i, phase] of sequence.entries())
      cleared = steps[phase]?.(
        forced(cleared),
        of,
        evidences[i % evidences.length] ?? evidenceFor(of),
      ).cleared
    return Permit.issue(forced(cleared), of, evidences[0] ?? evidenceFor(of)) instanceof Permit
  }

  test('of all sequences of up to six calls only those that end in 1-2-3-4-5 mint', () => {
    let seen = 0
    let minted = 0
    const evidence = evidenceFor(order)
    const walk = (sequence: readonly number[]): void => {
      if (sequence.length > 0) {
        seen++
        const isRight = sequence.slice(-5).join('') === '01234'
        if (permitAfter(sequence, order, [evidence]) !== isRight)
          throw new Error(`sequence ${sequence.join('-')}`)
        if (isRight) minted++
      }
      if (sequence.length < 6) for (const next of [0, 1, 2, 3, 4]) walk([...sequence, next])
    }
    walk([])

    expect(seen).toBe(19_530)
    expect(minted).toBe(6)
  })

  test('of the 32 ways in which phases can pass or fail, only all five passing mints', () => {
    const breaks: readonly ((evidence: Evidence) => Evidence)[] = [
      (evidence) => withValue(evidence, 'control.state', 'HALTED'),
      (evidence) => withValue(evidence, 'account.balance', 0),
      (evidence) => withValue(evidence, 'day.realised', -4e8),
      (evidence) => withValue(evidence, 'regime.reading.label', 'RANGE'),
      (evidence) => withValue(evidence, 'limits.netMax', 0),
    ]
    for (let mask = 0; mask < 32; mask++) {
      const evidence = breaks.reduce<Evidence>(
        (all, each, i) => ((mask >> i) & 1 ? each(all) : all),
        evidenceFor(order),
      )
      const verdict = judge(order, evidence)
      const first = [0, 1, 2, 3, 4].find((i) => (mask >> i) & 1)

      expect(verdict.verdict).toBe(mask === 0 ? 'permitted' : 'denied')
      expect('phase' in verdict ? verdict.phase : 0).toBe((first ?? -1) + 1)
      expect(verdict.phases.map(({ outcome }) => outcome === 'PASS')).toEqual(
        [0, 1, 2, 3, 4].map((i) => !((mask >> i) & 1)),
      )
    }
  })

  test('evidence that changes hands in the middle ends the chain', () => {
    const twins = [evidenceFor(order), evidenceFor(order)]

    expect(permitAfter([0, 1, 2, 3, 4], order, twins)).toBe(false)
  })

  test('an order that changes in the middle ends the chain', () => {
    const changing = { ...order }
    const evidence = evidenceFor(order)
    const first = phase1(changing, evidence)
    if (first.verdict !== 'pass') throw new Error(first.code)
    Object.assign(changing, { size: size(2) })

    expect(phase2(first.cleared, changing, evidence)).toMatchObject({ code: 'PHASE_ORDER' })
  })

  test('a passage is used up by the next phase', () => {
    const evidence = evidenceFor(order)
    const first = phase1(order, evidence)
    if (first.verdict !== 'pass') throw new Error(first.code)

    expect(phase2(first.cleared, order, evidence).verdict).toBe('pass')
    expect(phase2(first.cleared, order, evidence)).toMatchObject({ code: 'PHASE_ORDER' })
  })

  test('to begin again ends the chain before', () => {
    const evidence = evidenceFor(order)
    const first = phase1(order, evidence)
    phase1(order, evidence)
    if (first.verdict !== 'pass') throw new Error(first.code)

    expect(phase2(first.cleared, order, evidence)).toMatchObject({ code: 'PHASE_ORDER' })
  })
})

/** Promises call `then`: an object that has it can answer later than it was asked. */
// oxlint-disable-next-line unicorn/no-thenable -- it is the hostile object of the test
const thenable = (of: object, answer: unknown): object => ({ ...of, then: () => answer })

/** Its own properties without its class. */
const spread = (of: object): object => ({ ...of })

describe('a forged permit', () => {
  const genuine = mint()
  const forgeries: readonly (readonly [string, () => unknown])[] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', () => 1],
    ['a text', () => 'permit'],
    ['a symbol', () => Symbol('permit')],
    ['a function', () => () => genuine],
    ['an empty object', () => ({})],
    ['its terms', () => ({ ...Permit.terms(mint()) })],
    ['a spread of it', () => spread(mint())],
    ['Object.assign', () => Object.assign({}, mint())],
    ['Object.create of its prototype', () => Object.create(Permit.prototype) as unknown],
    ['Object.create of itself', () => Object.create(mint()) as unknown],
    ['setPrototypeOf', () => Object.setPrototypeOf(spread(genuine), Permit.prototype) as unknown],
    ['a structured clone', () => structuredClone({ permit: spread(mint()) }).permit],
    ['a JSON round trip', () => JSON.parse(JSON.stringify(mint())) as unknown],
    ['a proxy', () => new Proxy(mint(), {})],
    [
      'a proxy that lies about its prototype',
      () => new Proxy({}, { getPrototypeOf: () => Permit.prototype }),
    ],
    ['a revoked proxy of another', () => new Proxy(Object.freeze({}), { has: () => true, get: () => true })],
    [
      'a class that extends it',
      () => Object.create(class extends (Permit as unknown as new () => object) {}.prototype) as unknown,
    ],
    [
      'a frozen copy of its properties',
      () => Object.freeze(Object.defineProperties({}, Object.getOwnPropertyDescriptors(mint()))),
    ],
    ['a list with it', () => [mint()]],
    ['a promise of it', () => Promise.resolve(mint())],
    ['a thenable', () => thenable({}, mint())],
    ['a typed array', () => new Uint8Array(64)],
    ['an object with its name', () => ({ [Symbol.toStringTag]: 'Permit', constructor: Permit })],
    ['the class itself', () => Permit],
    ['its prototype', () => Permit.prototype],
  ]

  test.each(forgeries)('%s opens nothing', (_, forge) => {
    expect(codeOf(Permit.spend(forced(forge()), order, evidenceFor(order)))).toBe('PERMIT_FORGED')
    expect(Permit.terms(forced(forge()))).toBeUndefined()
  })

  test('its constructor is closed, also through reflection', () => {
    const construct = Permit as unknown as new (...parts: readonly unknown[]) => Permit

    expect(() => new construct()).toThrow('minted by the gate alone')
    expect(() => Reflect.construct(construct, [Symbol('permit'), Permit.terms(genuine)]) as unknown).toThrow(
      'minted by the gate alone',
    )
  })

  test('a permit of a second copy of the module is not one of ours', async () => {
    const path = '../../src/gate/permit.ts?copy'
    const copy = (await import(/* @vite-ignore */ path)) as { Permit: typeof Permit }

    expect(copy.Permit).not.toBe(Permit)
    expect(codeOf(copy.Permit.spend(mint(), order, evidenceFor(order)))).toBe('PERMIT_FORGED')
  })

  test('it cannot be written down: what JSON keeps of it is empty', () => {
    expect(JSON.stringify(mint())).toBe('{}')
  })

  test('it cannot be changed', () => {
    expect(() => Object.assign(mint(), { extra: 1 })).toThrow(TypeError)
  })
})

describe('a hostile order', () => {
  test('a getter that answers differently each time is read once', () => {
    let reads = 0
    const hostile = Object.defineProperty({ ...order }, 'size', {
      enumerable: true,
      get: () => (reads++ === 0 ? 1 : 2),
    })

    // Its second reading has another hash: the chain ends.
    expect(judge(hostile, evidenceFor(order))).toMatchObject({ verdict: 'denied', code: 'PHASE_ORDER' })
  })

  test('a getter that throws is no order', () => {
    const hostile = Object.defineProperty({ ...order }, 'stop', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })

    expect(judge(hostile, evidenceFor(order))).toMatchObject({ verdict: 'denied', code: 'ORDER_MALFORMED' })
  })

  test.each([
    ['a class', Object.create({ ...order }) as BracketOrder],
    ['a thenable', forced(thenable(order, order))],
    ['one with toJSON', forced({ ...order, toJSON: () => order })],
    ['a proxy whose keys throw', forced(new Proxy({}, { ownKeys: () => [][0] as unknown as string[] }))],
    ['nothing', forced(undefined)],
    ['null', forced(null)],
    ['a list', forced([order])],
    ['one inside itself', forced(loop())],
  ])('%s is not judged', (_, hostile) => {
    expect(judge(hostile, evidenceFor(order))).toMatchObject({
      verdict: 'denied',
      phase: 1,
      code: 'ORDER_MALFORMED',
    })
  })

  test('what is changed after the permit is not sent', () => {
    const mutable = { ...order }
    const permit = mint(mutable)
    Object.assign(mutable, { size: size(2) })

    expect(spend(permit, mutable)).toBe('PERMIT_ORDER_CHANGED')
  })

  test('evidence that is changed between two phases is not seen', () => {
    const evidence = evidenceFor(order)
    const first = phase1(order, evidence)
    if (first.verdict !== 'pass') throw new Error(first.code)
    Object.assign(evidence, { account: { ...evidence.account, balance: Number.NaN } })

    // What was read when the chain began is what every phase judges.
    expect(phase2(first.cleared, order, evidence).verdict).toBe('pass')
  })
})

describe('the hash of an order', () => {
  test('no two orders share an encoding by moving characters between fields', () => {
    const one = anOrder({ accountId: 'ab', contractId: 'c' })
    const other = anOrder({ accountId: 'a', contractId: 'bc' })

    expect(orderHash(one, 'paper')).not.toBe(orderHash(other, 'paper'))
  })

  test('the number 1 and the text 1 are two things', () => {
    expect(orderHash(anOrder(), 'paper')).not.toBe(orderHash(anOrder({ size: forced('1') }), 'paper'))
  })

  test('is stable: the ledger of last year still verifies', () => {
    expect(orderHash(anOrder(), 'gateway-sim')).toBe(
      'a16411b5bdd0f912f9663cfb2b60412bac1cde7807a3eb347d3459e4e8090eaf',
    )
  })
})

function loop(): object {
  const inside: Record<string, unknown> = { ...order }
  inside['self'] = inside
  return inside
}

test('an explanation is never a key', () => {
  const verdict = judge(
    order,
    evidenceFor(order, { proof: aSimulatedProof({ executorEpoch: 1 }), now: at('10:00') }),
  )

  expect(verdict).not.toHaveProperty('permit')
})
