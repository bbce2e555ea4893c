import { describe, expect, test } from 'vitest'
import { instrumentOf, ticks, usd } from '../../src/domain/index.ts'
import {
  type Protection,
  type ProtectionAction,
  type ProtectionFacts,
  type ProtectiveLeg,
  T_ALARM_MS,
  T_PROTECT_MS,
  T_VERIFY_MS,
  allowedStopOf,
  coverageOf,
  idleProtection,
  protect,
} from '../../src/execution/index.ts'
import { CONTRACT } from './builders.ts'

/** A stop for one contract of a long, seen by the stream and by a read. */
function leg(changes: Partial<ProtectiveLeg> = {}): ProtectiveLeg {
  return {
    orderId: '1002',
    tag: 'k-1-SL',
    leg: 'stop',
    direction: -1,
    size: 1,
    price: ticks(79_900),
    status: 'working',
    createdAt: 100,
    streamAt: 100,
    readAt: 200,
    earlierReadAt: undefined,
    ...changes,
  }
}

/** Long one contract at 80,000, nothing protecting it yet. */
function facts(changes: Partial<ProtectionFacts> = {}): ProtectionFacts {
  return {
    at: 0,
    contractId: CONTRACT,
    net: 1,
    isSettled: true,
    isFlatProven: false,
    entry: 'filled',
    legs: [],
    unansweredStops: 0,
    isStopRejected: false,
    episode: '88010001',
    nextUnit: 1,
    stopPrice: ticks(79_900),
    allowedStop: ticks(79_766),
    lastTrade: ticks(80_000),
    ...changes,
  }
}

const flat = (changes: Partial<ProtectionFacts> = {}): ProtectionFacts =>
  facts({ net: 0, isFlatProven: true, entry: undefined, ...changes })

/** Looks at a run of facts one after the other: the last state, and what was asked for at each look. */
function watch(...looks: readonly ProtectionFacts[]): {
  readonly state: Protection
  readonly asked: readonly (readonly ProtectionAction[])[]
} {
  let state = idleProtection(0)
  const asked = looks.map((each) => {
    const result = protect(state, each)
    state = result.state
    return result.actions
  })
  return { state, asked }
}

const kindAt = (...looks: readonly ProtectionFacts[]): string => watch(...looks).state.kind
const lastAsked = (...looks: readonly ProtectionFacts[]): readonly string[] =>
  (watch(...looks).asked.at(-1) ?? []).map(({ kind }) => kind)

describe('before a fill', () => {
  test.each([
    ['intent', 'submitting'],
    ['sent', 'submitting'],
    ['unknown', 'entryUnknown'],
    ['working', 'entryWorking'],
    ['partial', 'partiallyFilled'],
  ] as const)('an entry that is %s shows as %s', (entry, kind) => {
    expect(kindAt(flat({ entry }))).toBe(kind)
  })

  test('the suspended legs of a resting entry are left alone', () => {
    expect(
      lastAsked(flat({ entry: 'working', legs: [leg({ status: 'suspended', price: undefined })] })),
    ).toEqual([])
  })

  test('nothing ever traded is idle, and something that was is flat', () => {
    expect(kindAt(flat())).toBe('idle')
    expect(kindAt(flat({ entry: 'working' }), flat({ at: 10 }))).toBe('flat')
  })
})

/** Shown by two reads, the second at two seconds. */
const reads = (earlierReadAt: number) => leg({ streamAt: undefined, earlierReadAt, readAt: 2_000 })

describe('after a fill', () => {
  test('a stop is proven when the stream and a read agree', () => {
    expect(kindAt(facts(), facts({ at: 100, legs: [leg()] }))).toBe('protected')
    expect(kindAt(facts({ legs: [leg({ readAt: undefined })] }))).toBe('filledUnprotected')
    expect(kindAt(facts({ legs: [leg({ streamAt: undefined })] }))).toBe('filledUnprotected')
  })

  test('without a stream two reads one second apart prove it', () => {
    expect(kindAt(facts({ legs: [reads(1_000)] }))).toBe('protected')
    expect(kindAt(facts({ legs: [reads(1_001)] }))).toBe('filledUnprotected')
  })

  test('the native stop has three seconds to be proven, then our own is placed', () => {
    expect(lastAsked(facts(), facts({ at: T_VERIFY_MS - 1 }))).toEqual(['verify'])
    const { asked } = watch(facts(), facts({ at: T_VERIFY_MS }))

    expect(asked[1]).toEqual([
      { kind: 'verify' },
      { kind: 'placeStop', tag: 'sl-88010001-1', side: 'sell', size: 1, stop: 79_900 },
    ])
  })

  test('each missing contract gets a unit of its own, from the first that was never used', () => {
    const { asked } = watch(facts({ net: 2 }), facts({ at: T_VERIFY_MS, net: 2, nextUnit: 3 }))

    expect(asked[1]?.slice(1)).toMatchObject([{ tag: 'sl-88010001-3' }, { tag: 'sl-88010001-4' }])
  })

  test('one of two covered is partly covered, and only the other gets a stop', () => {
    const half = { net: 2, legs: [leg()] }
    const { state, asked } = watch(facts(half), facts({ ...half, at: T_VERIFY_MS }))

    expect(state.kind).toBe('partlyCovered')
    expect(asked[1]).toHaveLength(2)
  })

  test('a protective send without an answer is looked up and not sent again', () => {
    expect(lastAsked(facts(), facts({ at: T_VERIFY_MS, unansweredStops: 1 }))).toEqual(['verify'])
  })

  test("after eight seconds without a proven stop the position is closed by the broker's own call", () => {
    expect(lastAsked(facts(), facts({ at: T_PROTECT_MS - 1, unansweredStops: 1 }))).toEqual(['verify'])
    const { state, asked } = watch(facts(), facts({ at: T_PROTECT_MS, unansweredStops: 1 }))

    expect(state.kind).toBe('closing')
    expect(asked[1]?.[0]).toEqual({ kind: 'closePosition', because: 'no proven stop after 8 s' })
  })

  test('a stop that was rejected closes the position at once', () => {
    expect(lastAsked(facts({ isStopRejected: true }))).toContain('closePosition')
    expect(lastAsked(facts({ isStopRejected: true, legs: [leg()] }))).not.toContain('closePosition')
    const unproven = [leg({ readAt: undefined })]
    expect(lastAsked(facts({ isStopRejected: true, legs: unproven }))).not.toContain('closePosition')
  })

  test('a price already through the stop closes at once', () => {
    expect(lastAsked(facts({ lastTrade: ticks(79_900) }))).toContain('closePosition')
    expect(lastAsked(facts({ lastTrade: ticks(79_901) }))).not.toContain('closePosition')
    expect(
      lastAsked(
        facts({ net: -1, stopPrice: ticks(80_100), allowedStop: ticks(80_234), lastTrade: ticks(80_100) }),
      ),
    ).toContain('closePosition')
  })

  test('where no stop could keep the loss within the cap the position is closed', () => {
    expect(lastAsked(facts({ stopPrice: undefined }))).toContain('closePosition')
  })

  test('a stop looser than allowed covers nothing', () => {
    expect(kindAt(facts({ legs: [leg({ price: ticks(79_765) })] }))).toBe('filledUnprotected')
    expect(kindAt(facts({ legs: [leg({ price: ticks(79_766) })] }))).toBe('protected')
  })

  test('a fill that the position does not show yet starts the clock all the same', () => {
    const hidden = { net: 0, isSettled: false, isFlatProven: true, entry: 'filled' as const }

    expect(kindAt(facts(hidden))).toBe('unknown')
    expect(lastAsked(facts({ ...hidden, legs: [leg()] }))).toEqual(['verify'])
    expect(lastAsked(facts(hidden), facts({ ...hidden, at: T_PROTECT_MS }))).toContain('closePosition')
  })
})

describe('while protected', () => {
  const held = facts({ legs: [leg()] })

  test('the proof is renewed every thirty seconds', () => {
    expect(lastAsked(held, { ...held, at: 30_199 })).toEqual([])
    expect(lastAsked(held, { ...held, at: 30_200 })).toEqual(['verify'])
    expect(kindAt(held, { ...held, at: 30_200 })).toBe('protected')
  })

  test('a stop that filled is not replaced while the position does not say so yet: another one would turn it', () => {
    const filled = facts({ at: 5_000, isSettled: false })
    const late = { ...filled, at: 5_000 + T_PROTECT_MS }

    expect(lastAsked(held, filled)).toEqual(['verify'])
    expect(lastAsked(held, filled, { ...filled, at: 5_000 + T_VERIFY_MS })).toEqual(['verify'])
    expect(lastAsked(held, filled, late)).toContain('closePosition')
    expect(kindAt(held, filled, flat({ at: 5_050 }))).toBe('flat')
    expect(watch(held, filled).state.stopLosses).toBe(0)
  })

  test('a stop that vanishes is replaced at once, and a second time the position is closed', () => {
    const gone = facts({ at: 5_000 })
    const { state, asked } = watch(
      held,
      gone,
      facts({ at: 6_000, legs: [leg({ orderId: '1005' })] }),
      facts({ at: 7_000 }),
    )

    expect(watch(held, gone).state.kind).toBe('stopLost')
    expect(asked[1]?.map(({ kind }) => kind)).toEqual(['verify', 'placeStop'])
    expect(asked[3]?.[0]).toEqual({ kind: 'closePosition', because: 'the stop was lost 2 times' })
    expect(state.kind).toBe('closing')
  })

  test('more contracts on a covered position are not a lost stop', () => {
    expect(kindAt(held, facts({ at: 10, net: 2, legs: [leg()] }))).toBe('partlyCovered')
  })

  test('the legs of a partial exit are counted anew', () => {
    const two = [leg(), leg({ orderId: '1005' })]

    expect(lastAsked(facts({ net: 2, legs: two }), facts({ at: 10, net: 1, legs: two }))).toEqual(['cancel'])
    expect(kindAt(facts({ net: 2, legs: two }), facts({ at: 10, net: 1, legs: [] }))).toBe('stopLost')
  })

  test('surplus is trimmed newest first and never below the position', () => {
    const late = leg({ orderId: '1009', createdAt: 900 })
    const { asked } = watch(facts({ legs: [leg(), late] }))

    expect(asked[0]).toEqual([{ kind: 'cancel', orderId: '1009', because: 'excess' }])
    expect(lastAsked(facts({ legs: [leg({ size: 2 })] }))).toEqual([])
    // The older one is not proven: the one that is stays.
    expect(watch(facts({ legs: [leg({ readAt: undefined }), late] })).asked[0]).toMatchObject([
      { orderId: '1002' },
    ])
    expect(lastAsked(facts({ legs: [leg(), { ...late, status: 'cancelling' }] }))).toEqual([])
  })

  test('surplus targets are trimmed too', () => {
    const targets = [
      leg({ orderId: '2', leg: 'target' }),
      leg({ orderId: '3', leg: 'target', createdAt: 500 }),
    ]

    expect(watch(facts({ legs: [leg(), ...targets] })).asked[0]).toMatchObject([{ orderId: '3' }])
  })

  test('a position that has turned is closed and the instrument halted: both exits filled', () => {
    const { asked, state } = watch(held, facts({ at: 50, net: -1 }))

    expect(asked[1]?.map(({ kind }) => kind)).toEqual(['haltInstrument', 'closePosition', 'verify'])
    expect(state.kind).toBe('closing')
  })

  test('a position that cannot be read is unknown, not flat', () => {
    expect(kindAt(held, facts({ at: 50, net: undefined }))).toBe('unknown')
    expect(lastAsked(held, facts({ at: 50, net: undefined }))).toEqual(['verify'])
  })

  test('an exposed position that cannot be read is closed when its time is up: closing needs no reading', () => {
    expect(lastAsked(facts(), facts({ at: T_PROTECT_MS, net: undefined }))).toContain('closePosition')
  })
})

describe('closing', () => {
  const start = facts({ isStopRejected: true })

  test('is asked again after 1, 2, 5 and 5 seconds until the broker says flat', () => {
    const moments = Array.from({ length: 140 }, (_, i) => i * 100)
    const { asked } = watch(...moments.map((at) => ({ ...start, at })))
    const times = moments.filter((_, i) => asked[i]?.some(({ kind }) => kind === 'closePosition'))

    expect(times).toEqual([0, 1_000, 3_000, 8_000, 13_000])
  })

  test('calls a person fifteen seconds after the exposure began, whether a try is due or not, and again', () => {
    const moments = Array.from({ length: 400 }, (_, i) => 1_000 + i * 100)
    const { asked } = watch(...moments.map((at) => ({ ...start, at })))
    const alarms = moments.filter((_, i) => asked[i]?.some(({ kind }) => kind === 'alarm'))

    expect(alarms).toEqual([1_000 + T_ALARM_MS, 1_000 + 2 * T_ALARM_MS])
  })

  test('ends when two channels say flat, and not before', () => {
    expect(kindAt(start, flat({ at: 100, isFlatProven: false }))).toBe('closing')
    expect(kindAt(start, flat({ at: 100 }))).toBe('flat')
  })

  test('the legs that are left on a flat contract are cancelled, once it is certain that it is flat', () => {
    const left = { legs: [leg(), leg({ orderId: '1003', leg: 'target' as const })] }

    expect(watch(start, flat({ at: 100, ...left })).asked[1]).toEqual([
      { kind: 'cancel', orderId: '1002', because: 'orphan' },
      { kind: 'cancel', orderId: '1003', because: 'orphan' },
    ])
    expect(lastAsked(flat({ isFlatProven: false, ...left }))).toEqual(['verify'])
    expect(lastAsked(flat({ isSettled: false, ...left }))).toEqual(['verify'])
  })

  test('an entry that fills late, while closing, is closed too', () => {
    expect(lastAsked(start, facts({ at: 1_000, net: 2, legs: [leg()] }))).toContain('closePosition')
  })
})

describe('coverage', () => {
  test('counts working stops on the closing side and nothing else', () => {
    const legs = [
      leg(),
      leg({ orderId: '2', direction: 1 }),
      leg({ orderId: '3', status: 'pending' }),
      leg({ orderId: '4', status: 'suspended', price: undefined }),
      leg({ orderId: '5', leg: 'target' }),
      leg({ orderId: '6', status: 'cancelling' }),
    ]

    expect(coverageOf(3, legs, undefined)).toMatchObject({ proven: 1, seen: 1, uncovered: 2 })
  })

  test('never counts more than is held', () => {
    expect(coverageOf(1, [leg({ size: 5 })], undefined)).toMatchObject({ proven: 1, seen: 1, uncovered: 0 })
  })

  test('the loosest stop comes from what was paid, rounded to the tighter tick, within 120 dollars', () => {
    const MNQ = instrumentOf('MNQ')
    const cap = usd(120_000_000)

    // 235 ticks for one contract, 115 for two.
    expect(allowedStopOf(1, 80_000, MNQ, cap)).toBe(79_765)
    expect(allowedStopOf(2, 80_000.5, MNQ, cap)).toBe(79_886)
    expect(allowedStopOf(-2, 80_000.5, MNQ, cap)).toBe(80_115)
    expect(allowedStopOf(60, 80_000, MNQ, cap)).toBeUndefined()
  })
})
