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

  test('hostile reductions are refused and never thrown', () => {
    for (const hostile of [
      undefined,
      null,
      1,
      'close',
      [],
      {},
      { kind: 'open' },
      { ...CLOSE, contractId: '' },
      { ...stop(), size: 1.5 },
      { ...stop(), stop: Number.NaN },
      { ...stop(), side: 'short' },
    ])
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
