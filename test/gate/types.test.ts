import { describe, expect, test } from 'vitest'
import type { BracketOrder, Contracts, MonotonicMs, Ticks, Usd } from '../../src/domain/index.ts'
import {
  type BrokerEvidence,
  type Cleared,
  type Evidence,
  type Proof,
  type ReducePermit,
  type SimulatedEvidence,
  Permit,
  judge,
  phase1,
  phase2,
  phase3,
  phase5,
} from '../../src/gate/index.ts'
import { aBrokerProof, aSimulatedProof, anOrder, brokerEvidenceFor, evidenceFor } from './builders.ts'

/**
 * What must not compile. Each line below is a mistake that someone could make; the compiler's complaint is the test,
 * and a complaint that goes away fails the type check of the whole project. None of it runs.
 */
export function mistakes(order: BracketOrder, evidence: Evidence, permit: Permit): void {
  const first = phase1(order, evidence)

  // @ts-expect-error -- a permit has no public constructor
  const built = new Permit(Symbol('permit'), {})
  // @ts-expect-error -- a literal is no permit
  const literal: Permit = {}
  // @ts-expect-error -- nor is what a permit says of itself
  const terms: Permit = Permit.terms(permit)
  // @ts-expect-error -- a class that extends it has no constructor to call
  class Forged extends Permit {}
  // @ts-expect-error -- a permit to reduce opens no entry
  const reduce: Permit = {} as ReducePermit
  // @ts-expect-error -- a refusal has nothing to go on with
  phase2(first.cleared, order, evidence)
  // @ts-expect-error -- a text is no passage
  phase2('cleared', order, evidence)
  if (first.verdict !== 'pass') return
  // @ts-expect-error -- phase 3 does not follow phase 1
  phase3(first.cleared, order, evidence)
  // @ts-expect-error -- nor does phase 5
  phase5(first.cleared, order, evidence)
  // @ts-expect-error -- one phase mints nothing
  Permit.issue(first.cleared, order, evidence)
  // @ts-expect-error -- a literal is no passage
  const passage: Cleared<5> = { token: {} }
  // @ts-expect-error -- a verdict is not narrowed by hoping
  Permit.spend(judge(order, evidence).permit, order, evidence)
  // @ts-expect-error -- a permit may be what could not be issued
  Permit.spend(Permit.issue({} as Cleared<5>, order, evidence), order, evidence)
  // @ts-expect-error -- an order is judged on evidence
  judge(order)
  // @ts-expect-error -- the parts of an order are not optional
  judge({ ...order, stop: undefined }, evidence)
  // @ts-expect-error -- a price is in ticks, not in points
  const price: BracketOrder['entry'] = 20_000.25
  // @ts-expect-error -- a distance is not a price
  const distance: Ticks = (100 as Ticks) - (50 as Ticks)
  // @ts-expect-error -- dollars are not micro-dollars
  const money: Usd = 120
  // @ts-expect-error -- a size is in contracts
  const size: Contracts = 2
  // @ts-expect-error -- the market's time is not the steady clock
  const moment: MonotonicMs = evidence.now
  // @ts-expect-error -- a simulated proof does not stand in for a broker's
  const onBroker: BrokerEvidence = brokerEvidenceFor(order, { proof: aSimulatedProof() })
  // @ts-expect-error -- nor the reverse
  const onSimulator: SimulatedEvidence = evidenceFor(order, { proof: aBrokerProof() })
  // @ts-expect-error -- a broker route takes no other route's evidence
  const crossed: BrokerEvidence = evidenceFor(order)
  // @ts-expect-error -- a simulated route has nothing to arm
  const armed: SimulatedEvidence = evidenceFor(order, { armedUntil: 5 as MonotonicMs })
  // @ts-expect-error -- a proof says what it is
  const nameless: Proof = { ...aSimulatedProof(), kind: 'live' }
  const { day: _, ...withoutDay } = evidenceFor(order)
  // @ts-expect-error -- evidence without the day's figures is not evidence
  judge(order, withoutDay)
  // @ts-expect-error -- what was judged is not changed
  evidence.stateVersion = 1
  // @ts-expect-error -- nor is an order
  order.size = size

  void [
    built,
    literal,
    terms,
    Forged,
    reduce,
    passage,
    price,
    distance,
    money,
    moment,
    onBroker,
    onSimulator,
    crossed,
  ]
  void [armed, nameless]
}

describe('the types of the gate', () => {
  test('the compiler is asked about mistakes, and the right use compiles', () => {
    const order = anOrder()
    const verdict = judge(order, evidenceFor(order))

    expect(mistakes).toBeTypeOf('function')
    expect(
      verdict.verdict === 'permitted' && Permit.spend(verdict.permit, order, evidenceFor(order)).verdict,
    ).toBe('spent')
  })
})
