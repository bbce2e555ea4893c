import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contracts } from '../../src/domain/index.ts'
import {
  type OrderFact,
  type OrderState,
  type TrackedOrder,
  ABSENCE_WAIT_MS,
  ORDER_STATES,
  TRANSITIONS,
  advance,
  filledOf,
  isLegal,
  isTerminal,
  moveTo,
  reservedSize,
  isSettled,
} from '../../src/execution/index.ts'
import {
  CONTRACT,
  START,
  accepted,
  after,
  answered,
  handedOver,
  intent,
  lost,
  resting,
  seen,
  sent,
  told,
  traded,
  unanswered,
} from './builders.ts'

const stateAfter = (...facts: readonly OrderFact[]): OrderState => told(intent(), ...facts).state
const rejected = answered({ kind: 'rejected', errorCode: 2, text: 'Invalid price.', orderId: '1001' })

const lackedAt = (ms: number): OrderFact => ({ kind: 'lacked', asOf: after(5 + ms) })

const violationOf = (order: TrackedOrder, fact: OrderFact): string =>
  advance(order, fact)
    .violations.map(({ rule }) => rule)
    .join()

const snapshotOf = (net: number, ms: number) => ({ contractId: CONTRACT, net, asOf: after(ms) })

describe('the table', () => {
  test('has the transitions of the safety rules and no other', () => {
    const pairs = ORDER_STATES.flatMap((from) => TRANSITIONS[from].map((to) => `${from}>${to}`))

    expect(pairs.join(' ')).toBe(
      'intent>sent intent>absent ' +
        'sent>working sent>partial sent>filled sent>rejected sent>cancelled sent>unknown ' +
        'unknown>working unknown>partial unknown>filled unknown>rejected unknown>cancelled unknown>absent ' +
        'working>partial working>filled working>cancelled working>rejected ' +
        'partial>filled partial>cancelled',
    )
  })

  test('filled, rejected, cancelled and absent are final', () => {
    expect(ORDER_STATES.filter(isTerminal)).toEqual(['filled', 'rejected', 'cancelled', 'absent'])
  })

  test('every path that is taken is made of legal steps', () => {
    for (const from of ORDER_STATES)
      for (const to of ORDER_STATES) {
        const move = moveTo(from, to)
        const steps = move.kind === 'path' ? [from, ...move.states] : [from]
        expect(steps.slice(1).every((step, i) => isLegal(steps[i] ?? from, step))).toBe(true)
      }
  })
})

describe('an order', () => {
  test('is born as an intent, on disk and nowhere else', () => {
    expect(intent()).toMatchObject({ state: 'intent', sentAt: undefined, brokerId: undefined })
  })

  test('that the gate refused at the last moment was never transmitted', () => {
    expect(stateAfter({ kind: 'refusedAtSend' })).toBe('absent')
  })

  test('works once the broker has given it an id', () => {
    expect(told(sent(), accepted)).toMatchObject({ state: 'working', brokerId: '1001' })
  })

  test('is partial after its first contract and filled after its last', () => {
    const partial = told(resting(), traded())

    expect(partial.state).toBe('partial')
    expect(told(partial, traded({ id: '88010002' })).state).toBe('filled')
  })

  test("keeps the broker's own words when it is rejected, and the id that it may have got", () => {
    expect(told(sent(), rejected)).toMatchObject({
      state: 'rejected',
      brokerId: '1001',
      rejection: { errorCode: 2, text: 'Invalid price.' },
    })
  })

  test('whose answer was lost is unknown, and then whatever the broker shows', () => {
    expect(lost().state).toBe('unknown')
    expect(told(lost(), seen()).state).toBe('working')
    expect(told(lost(), seen({ status: 'cancelled' })).state).toBe('cancelled')
    expect(told(lost(), traded({ size: contracts(2) })).state).toBe('filled')
    expect(told(lost(), rejected).state).toBe('rejected')
  })

  test('that the process may have sent before it ended is unknown after the restart', () => {
    expect(stateAfter({ kind: 'crashed' })).toBe('unknown')
    expect(stateAfter(handedOver, { kind: 'crashed' })).toBe('unknown')
    expect(told(resting(), { kind: 'crashed' }).state).toBe('working')
  })

  test('of which no byte was written is absent', () => {
    expect(stateAfter(handedOver, answered({ kind: 'notSent', detail: 'ECONNREFUSED' }))).toBe('absent')
  })

  test('with a status that nobody knows is there all the same', () => {
    expect(told(lost(), seen({ status: 'unknown' })).state).toBe('working')
    expect(told(lost(), seen({ status: 'suspended' })).state).toBe('working')
  })

  test('a trade id fills once', () => {
    expect(filledOf(told(resting(), traded(), traded(), traded()))).toBe(1)
  })

  test('a voided trade is taken back', () => {
    expect(filledOf(told(resting(), traded(), traded({ isVoided: true })))).toBe(0)
  })
})

describe('absence', () => {
  test('needs two complete snapshots from after the wait', () => {
    const once = told(lost(), lackedAt(ABSENCE_WAIT_MS))

    expect(once.state).toBe('unknown')
    expect(told(once, lackedAt(ABSENCE_WAIT_MS + 1)).state).toBe('absent')
  })

  test('is not proven by the same snapshot twice, nor by one from before the wait', () => {
    expect(told(lost(), lackedAt(ABSENCE_WAIT_MS), lackedAt(ABSENCE_WAIT_MS)).state).toBe('unknown')
    expect(told(lost(), lackedAt(ABSENCE_WAIT_MS - 1), lackedAt(ABSENCE_WAIT_MS)).state).toBe('unknown')
  })

  test('no age makes an unknown order anything else', () => {
    const days = told(lost(), unanswered, unanswered, { kind: 'crashed' }, handedOver)

    expect(days.state).toBe('unknown')
  })

  test('a working order is not made absent by a snapshot that lacks it', () => {
    expect(told(resting(), lackedAt(ABSENCE_WAIT_MS), lackedAt(ABSENCE_WAIT_MS + 1)).state).toBe('working')
  })
})

describe('what cannot be true', () => {
  test.each([
    ['an absent order that appears', told(intent(), { kind: 'refusedAtSend' }), seen()],
    [
      'a filled order that is reported cancelled',
      told(resting(), seen({ status: 'filled' })),
      seen({ status: 'cancelled' }),
    ],
    ['a rejected order that fills', told(sent(), rejected), traded()],
    [
      'a cancelled order that is reported filled',
      told(resting(), seen({ status: 'cancelled' })),
      seen({ status: 'filled' }),
    ],
    [
      'more contracts filled than ordered',
      told(resting(), traded({ size: contracts(2) })),
      traded({ id: '9', size: contracts(1) }),
    ],
    ['a partly filled order that is rejected', told(resting(), traded()), seen({ status: 'rejected' })],
    ['a working order that was not sent', resting(), answered({ kind: 'notSent', detail: 'refused' })],
  ] as const)('%s is a violation, and the order stays what it was proven to be', (_, order, fact) => {
    expect(violationOf(order, fact)).not.toBe('')
    expect(told(order, fact).state).toBe(order.state)
  })

  test('a late report is no violation', () => {
    const filled = told(resting(), seen({ status: 'filled' }))

    expect(violationOf(filled, seen())).toBe('')
    expect(violationOf(filled, seen({ status: 'pending' }))).toBe('')
    expect(violationOf(filled, accepted)).toBe('')
    expect(violationOf(filled, unanswered)).toBe('')
  })

  test('fills that contradict are booked all the same: the contracts are there', () => {
    expect(filledOf(told(sent(), rejected, traded()))).toBe(1)
  })
})

describe('events in any order', () => {
  const histories: readonly (readonly [string, readonly OrderFact[], OrderState, number])[] = [
    [
      'a fill in two parts',
      [
        handedOver,
        accepted,
        seen(),
        seen({ filled: contracts(1) }),
        traded(),
        traded({ id: '88010002', at: after(2_000) }),
      ],
      'filled',
      2,
    ],
    [
      'a lost answer and a fill',
      [
        handedOver,
        unanswered,
        seen({ status: 'pending' }),
        seen({ status: 'filled', filled: contracts(2) }),
        traded({ size: contracts(2) }),
      ],
      'filled',
      2,
    ],
    [
      'a cancel with one contract filled',
      [
        handedOver,
        accepted,
        seen({ status: 'pending-cancel' }),
        traded(),
        seen({ status: 'cancelled', filled: contracts(1) }),
      ],
      'cancelled',
      1,
    ],
    [
      'a reject',
      [handedOver, seen({ status: 'pending' }), seen({ status: 'rejected' }), rejected, { kind: 'crashed' }],
      'rejected',
      0,
    ],
  ]

  test.each(histories)('%s ends the same in every order, doubled or not', (_, facts, state, filled) => {
    for (const order of permutations(facts)) {
      const end = told(intent(), ...order)
      expect([end.state, filledOf(end)]).toEqual([state, filled])
      const doubled = order.flatMap((each) => [each, each])
      expect(told(intent(), ...doubled)).toEqual(end)
    }
  })

  test('the state never goes back, whatever is told', () => {
    const facts = fc.array(fc.constantFrom(...histories.flatMap(([, each]) => each)), { maxLength: 12 })
    const rank: Record<OrderState, number> = {
      intent: 0,
      sent: 1,
      unknown: 2,
      working: 3,
      partial: 4,
      filled: 5,
      rejected: 5,
      cancelled: 5,
      absent: 5,
    }
    const regressions: string[] = []
    fc.assert(
      fc.property(facts, (each) => {
        let order = intent()
        for (const fact of each) {
          const next = advance(order, fact)
          if (rank[next.order.state] < rank[order.state])
            regressions.push(`${order.state} > ${next.order.state}`)
          if (isTerminal(order.state) && next.order.state !== order.state)
            regressions.push(`${order.state} left`)
          if (next.order.fills.length < order.fills.length) regressions.push('a fill was forgotten')
          order = next.order
        }
      }),
      { numRuns: 2_000 },
    )

    expect(regressions).toEqual([])
  })
})

describe('what an entry reserves', () => {
  const filled = told(resting(), traded({ size: contracts(2) }))

  test('is its full size from the intent on, also when a part has filled', () => {
    expect(reservedSize(intent(), 0, undefined)).toBe(2)
    expect(reservedSize(lost(), 0, snapshotOf(0, 90_000))).toBe(2)
    expect(reservedSize(told(resting(), traded()), 1, snapshotOf(1, 90_000))).toBe(2)
  })

  test('is nothing for an order that protects', () => {
    expect(reservedSize(resting({ role: 'stop' }), 0, undefined)).toBe(0)
    expect(reservedSize(resting({ role: 'target' }), 0, undefined)).toBe(0)
  })

  test('is not released by "filled" alone: the trades and a later position that agrees are needed', () => {
    const onRecord = told(resting(), seen({ status: 'filled', filled: contracts(2) }))

    expect(reservedSize(onRecord, 0, snapshotOf(0, 90_000))).toBe(2)
    expect(reservedSize(filled, 2, undefined)).toBe(2)
    expect(reservedSize(filled, 2, snapshotOf(2, 999))).toBe(2)
    expect(reservedSize(filled, 2, snapshotOf(1, 1_000))).toBe(2)
    expect(reservedSize(filled, 2, snapshotOf(2, 1_000))).toBe(0)
  })

  test('is nothing for an order that never was, and for a cancelled one without fills', () => {
    expect(reservedSize(told(intent(), { kind: 'refusedAtSend' }), 0, undefined)).toBe(0)
    expect(reservedSize(told(sent(), rejected), 0, undefined)).toBe(0)
    expect(reservedSize(told(resting(), seen({ status: 'cancelled' })), 0, undefined)).toBe(0)
    expect(
      reservedSize(told(resting(), seen({ status: 'cancelled', filled: contracts(1) })), 0, undefined),
    ).toBe(2)
  })

  test('books are at rest when every reported fill is a trade of ours and the position shows it', () => {
    expect(isSettled([resting()], 0, snapshotOf(0, 5))).toBe(true)
    expect(isSettled([filled], 2, snapshotOf(2, 1_000))).toBe(true)
    expect(isSettled([filled], 2, snapshotOf(0, 2_000))).toBe(false)
    expect(isSettled([told(resting(), seen({ status: 'filled' }))], 0, snapshotOf(0, 2_000))).toBe(false)
    expect(isSettled([], 0, undefined)).toBe(false)
    expect(START).toBeGreaterThan(0)
  })
})

function permutations<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length <= 1) return [values]
  return values.flatMap((each, i) =>
    permutations([...values.slice(0, i), ...values.slice(i + 1)]).map((rest) => [each, ...rest]),
  )
}
