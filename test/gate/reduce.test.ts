import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ReduceEvidence,
  type Reduction,
  type WorkingOrder,
  POSITION_AGE_MS_MAX,
  REDUCE_CEILING_PER_MINUTE,
  ReducePermit,
} from '../../src/gate/index.ts'
import { ACCOUNT, CONTRACT, NOW, ago, forced, steady, tick } from './builders.ts'

const here = { accountId: ACCOUNT, contractId: CONTRACT }
const CLOSE: Reduction = { kind: 'close-position', ...here }

function stop(changes: Partial<Extract<Reduction, { kind: 'place-stop' }>> = {}): Reduction {
  return {
    kind: 'place-stop',
    ...here,
    tag: 'sl-88010001-1',
    side: 'sell',
    size: 1,
    stop: tick(79_900),
    ...changes,
  }
}

function working(changes: Partial<WorkingOrder> = {}): WorkingOrder {
  return { orderId: '9', role: 'stop', side: 'sell', size: 1, stop: tick(79_900), ...changes }
}

/** Long `net` contracts, read two seconds ago. */
function holding(net: number, changes: Partial<ReduceEvidence> = {}): ReduceEvidence {
  return {
    monotonic: NOW,
    executorEpoch: 7,
    route: 'gateway-sim',
    proof: { kind: 'simulated', executorEpoch: 7 },
    boundAccountId: ACCOUNT,
    position: { contractId: CONTRACT, net, readAt: ago(2_000) },
    working: [],
    sentLastMinute: 0,
    ...changes,
  }
}

const verdictOf = (reduction: Reduction, evidence: ReduceEvidence): string => {
  const issued = ReducePermit.issue(reduction, evidence)
  return issued instanceof ReducePermit ? 'permitted' : issued.code
}

const sent = (sentLastMinute: number): ReduceEvidence => holding(1, { sentLastMinute })
const part = (size: number): Reduction => ({ kind: 'partial-close', ...here, size })
const tighten = (to: number): Reduction => ({ kind: 'tighten-stop', ...here, orderId: '9', stop: tick(to) })
const cancel = (isAskedByPerson = false): Reduction => ({
  kind: 'cancel',
  ...here,
  orderId: '9',
  isAskedByPerson,
})

describe('a close', () => {
  test("needs no reading of the position: the broker's own call cannot turn it", () => {
    expect(verdictOf(CLOSE, holding(1, { position: undefined }))).toBe('permitted')
  })

  test('goes to our account, on our route, from our epoch, or nowhere', () => {
    expect(verdictOf({ ...CLOSE, accountId: '25770002' }, holding(1))).toBe('REDUCE_ROUTE')
    expect(verdictOf(CLOSE, holding(1, { executorEpoch: 8 }))).toBe('REDUCE_ROUTE')
    expect(verdictOf(CLOSE, holding(1, { route: 'broker' }))).toBe('REDUCE_ROUTE')
    expect(verdictOf(CLOSE, holding(1, { proof: undefined }))).toBe('REDUCE_ROUTE')
  })

  test('asks nothing of limits, modes or prices: there is no field for them', () => {
    expect(Object.keys(holding(1)).sort()).toEqual([
      'boundAccountId',
      'executorEpoch',
      'monotonic',
      'position',
      'proof',
      'route',
      'sentLastMinute',
      'working',
    ])
  })

  test('is bounded by one hard ceiling, far above any real need', () => {
    expect(verdictOf(CLOSE, sent(REDUCE_CEILING_PER_MINUTE - 1))).toBe('permitted')
    expect(verdictOf(CLOSE, sent(REDUCE_CEILING_PER_MINUTE))).toBe('REDUCE_CEILING')
    expect(verdictOf(CLOSE, sent(Number.NaN))).toBe('REDUCE_CEILING')
  })

  test('a part of the position may be closed, not more than there is', () => {
    expect(verdictOf(part(2), holding(-2))).toBe('permitted')
    expect(verdictOf(part(3), holding(-2))).toBe('REDUCE_WOULD_INCREASE')
    expect(verdictOf(part(1), holding(0))).toBe('REDUCE_NOTHING_OPEN')
    expect(verdictOf(part(0), holding(1))).toBe('REDUCE_MALFORMED')
  })
})

describe('a stop of ours', () => {
  test('stands on the closing side of a position that was read a moment ago', () => {
    expect(verdictOf(stop(), holding(1))).toBe('permitted')
    expect(verdictOf(stop({ side: 'buy' }), holding(1))).toBe('REDUCE_WOULD_INCREASE')
    expect(verdictOf(stop({ side: 'buy' }), holding(-1))).toBe('permitted')
    expect(verdictOf(stop(), holding(0))).toBe('REDUCE_NOTHING_OPEN')
  })

  test('is not placed on a position that is older than 15 s', () => {
    const read = (ms: number) => holding(1, { position: { contractId: CONTRACT, net: 1, readAt: ago(ms) } })

    expect(verdictOf(stop(), read(POSITION_AGE_MS_MAX))).toBe('permitted')
    expect(verdictOf(stop(), read(POSITION_AGE_MS_MAX + 1))).toBe('REDUCE_POSITION_UNKNOWN')
    expect(verdictOf(stop(), holding(1, { position: undefined }))).toBe('REDUCE_POSITION_UNKNOWN')
  })

  test('covers what is uncovered and no contract twice', () => {
    const one = [working()]

    expect(verdictOf(stop(), holding(2, { working: one }))).toBe('permitted')
    expect(verdictOf(stop({ size: 2 }), holding(2, { working: one }))).toBe('REDUCE_WOULD_INCREASE')
    expect(verdictOf(stop(), holding(1, { working: one }))).toBe('REDUCE_WOULD_INCREASE')
  })

  test('may stand beside a target: if both fill, as much is held as before and no more', () => {
    const target = [working({ role: 'target', stop: undefined })]

    expect(verdictOf(stop(), holding(1, { working: target }))).toBe('permitted')
  })

  test('is refused when other closing orders could already turn the position', () => {
    const many = [working({ role: 'target', size: 2, stop: undefined })]

    expect(verdictOf(stop(), holding(1, { working: many }))).toBe('REDUCE_WOULD_INCREASE')
  })

  test('is tightened and never loosened', () => {
    expect(verdictOf(tighten(79_950), holding(1, { working: [working()] }))).toBe('permitted')
    expect(verdictOf(tighten(79_899), holding(1, { working: [working()] }))).toBe('REDUCE_LOOSENS')
    expect(verdictOf(tighten(79_899), holding(-1, { working: [working({ side: 'buy' })] }))).toBe('permitted')
    expect(verdictOf(tighten(79_950), holding(1))).toBe('REDUCE_MALFORMED')
    expect(verdictOf(tighten(79_950), holding(1, { working: [working({ role: 'target' })] }))).toBe(
      'REDUCE_MALFORMED',
    )
    expect(verdictOf(tighten(79_950), holding(1, { working: [working({ orderId: '8' })] }))).toBe(
      'REDUCE_MALFORMED',
    )
    expect(verdictOf(tighten(79_950), holding(1, { working: [working({ side: 'buy' })] }))).toBe(
      'REDUCE_MALFORMED',
    )
  })
})

describe('a cancel', () => {
  test('of an entry or a target is always let through', () => {
    const entry = holding(1, { working: [working({ role: 'entry', side: 'buy' })] })

    expect(verdictOf(cancel(), entry)).toBe('permitted')
    expect(verdictOf(cancel(), holding(1, { working: [working({ role: 'target' })] }))).toBe('permitted')
  })

  test('never takes the last cover', () => {
    const two = [working(), working({ orderId: '10' })]

    expect(verdictOf(cancel(), holding(1, { working: [working()] }))).toBe('REDUCE_WOULD_UNCOVER')
    expect(verdictOf(cancel(), holding(1, { working: two }))).toBe('permitted')
    expect(verdictOf(cancel(), holding(2, { working: two }))).toBe('REDUCE_WOULD_UNCOVER')
    expect(verdictOf(cancel(), holding(0, { working: [working()] }))).toBe('permitted')
  })

  test('of a stop waits until the position is known', () => {
    const blind = holding(1, { working: [working()], position: undefined })

    expect(verdictOf(cancel(), blind)).toBe('REDUCE_POSITION_UNKNOWN')
  })

  test('of an order of someone else needs a person', () => {
    const external = holding(0, { working: [working({ role: 'external' })] })

    expect(verdictOf(cancel(), external)).toBe('REDUCE_EXTERNAL')
    expect(verdictOf(cancel(true), external)).toBe('permitted')
  })

  test('of an order that nobody knows is refused: it may be a stop of a moment ago', () => {
    expect(verdictOf(cancel(), holding(1))).toBe('REDUCE_MALFORMED')
  })
})

const issued = (): ReducePermit => {
  const permit = ReducePermit.issue(CLOSE, holding(1))
  if (!(permit instanceof ReducePermit)) throw new Error(permit.code)
  return permit
}

function spend(permit: ReducePermit, reduction = CLOSE, changes: Partial<ReduceEvidence> = {}): string {
  const spent = ReducePermit.spend(permit, reduction, holding(1, changes))
  return spent.verdict === 'spent' ? 'spent' : spent.code
}

describe('a permit to reduce', () => {
  test('is used once, in time, here, for one reduction', () => {
    const permit = issued()

    expect(spend(permit)).toBe('spent')
    expect(spend(permit)).toBe('PERMIT_SPENT')
    expect(spend(issued(), stop())).toBe('PERMIT_ORDER_CHANGED')
    expect(spend(issued(), CLOSE, { executorEpoch: 8 })).toBe('PERMIT_ELSEWHERE')
    expect(spend(issued(), CLOSE, { monotonic: steady(NOW + 2_000) })).toBe('spent')
    expect(spend(issued(), CLOSE, { monotonic: steady(NOW + 2_001) })).toBe('PERMIT_EXPIRED')
  })

  test.each([
    ['a copy', () => structuredClone(Object.assign({}, issued()) as object)],
    ['a proxy', () => new Proxy(issued(), {})],
    ['a child', () => Object.create(issued()) as unknown],
    ['a literal', () => ({})],
    ['nothing', () => undefined],
  ])('%s of it opens nothing', (_, forge) => {
    expect(spend(forced(forge()))).toBe('PERMIT_FORGED')
  })

  test.each([
    [undefined],
    [null],
    [1],
    ['close'],
    [[]],
    [{}],
    [{ kind: 'open' }],
    [{ ...CLOSE, contractId: '' }],
    [{ ...stop(), size: 1.5 }],
    [{ ...stop(), stop: Number.NaN }],
    [{ ...stop(), side: 'short' }],
  ])('%j is no reduction, and nothing throws', (hostile) => {
    expect(verdictOf(forced(hostile), holding(1))).toBe('REDUCE_MALFORMED')
  })
})

test('whatever fills of what was permitted, no more is held than before', () => {
  const order = fc.record({
    role: fc.constantFrom('stop' as const, 'target' as const),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    size: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: -4, max: 4 }),
      fc.array(order, { maxLength: 3 }),
      order,
      (net, others, drawn) => {
        const all = others.map((each, i) => working({ ...each, orderId: String(i), stop: tick(79_900) }))
        const placed = stop({ side: drawn.side, size: drawn.size })
        if (verdictOf(placed, holding(net, { working: all })) !== 'permitted') return
        // Every subset of the closing orders may fill; the new one with them.
        const closing = [...others.filter((each) => each.side === drawn.side), drawn]
        for (let mask = 0; mask < 1 << closing.length; mask++) {
          const filled = closing.reduce((sum, each, i) => sum + ((mask >> i) & 1 ? each.size : 0), 0)
          if (Math.abs(Math.abs(net) - filled) > Math.abs(net)) throw new Error(`${filled} of ${net}`)
        }
      },
    ),
    { numRuns: 3_000, seed: 5 },
  )

  expect(verdictOf(stop(), holding(1))).toBe('permitted')
})
