import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bar, TIMEFRAMES, instrumentOf } from '../../../src/domain/index.ts'
import {
  DEFAULT_PARAMETERS,
  type IctEvent,
  createAnalyst,
  createReferenceEngine,
} from '../../../src/domain/ict/index.ts'
import { Engine } from '../../../src/domain/ict/reference-engine.ts'
import { START, type TapeBar, bar, eventsOf, goldenBars, hasData, mirrored, walk } from './support.ts'

/** Tapes of short legs, holes, doji and spikes. */
const tapes = fc
  .array(
    fc.record({
      jump: fc.integer({ min: -4, max: 4 }),
      body: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -40, max: 40 })),
      up: fc.integer({ min: 0, max: 8 }),
      down: fc.integer({ min: 0, max: 8 }),
      breakBefore: fc.integer({ min: 0, max: 30 }).map((each) => each === 0),
    }),
    { minLength: 30, maxLength: 220 },
  )
  .map((steps) => {
    let price = 0
    return steps.map(({ jump, body, up, down, breakBefore }, index): TapeBar => {
      const o = price + jump
      price = o + body
      const each = bar(START + index * 60_000, o, Math.max(o, price) + up, Math.min(o, price) - down, price)
      return { bar: each, breakBefore }
    })
  })

const RUNS = { numRuns: 60 }

const REAL = '6E_5m_202401a'
const hasReal = hasData(`ict-golden/${REAL}/events.csv.gz`)
if (!hasReal) console.log('left out: 3 laws on real data, ../shared/data is absent')

describe('laws of the detectors', () => {
  test('a prefix of the bars gives exactly the events of the whole that were known by then', () => {
    fc.assert(
      fc.property(tapes, fc.nat(), (bars, at) => {
        const cut = at % bars.length
        expect(eventsOf(bars.slice(0, cut))).toEqual(eventsOf(bars).filter((each) => each.confirmIdx < cut))
      }),
      RUNS,
    )
  })

  test('prices upside down give the same events upside down, bar by bar', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        expect(perBar(eventsOf(mirrored(bars)), -1)).toEqual(perBar(eventsOf(bars), 1))
      }),
      RUNS,
    )
  })

  test('a shift of all prices by a constant shifts the events and changes nothing else', () => {
    fc.assert(
      fc.property(tapes, fc.integer({ min: -100_000, max: 100_000 }), (bars, by) => {
        const shifted = bars.map(({ bar: { t, o, h, l, c }, breakBefore }) => ({
          bar: bar(t, o + by, h + by, l + by, c + by),
          breakBefore,
        }))
        const back = eventsOf(shifted).map((each) => ({
          ...each,
          p1: each.p1 - by,
          p2: each.p2 === null ? null : each.p2 - by,
        }))
        expect(back).toEqual(eventsOf(bars))
      }),
      RUNS,
    )
  })

  test('every event is known after the bar that it is drawn on has opened, and ids count up from one', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        const events = eventsOf(bars)
        expect(events.map((each) => each.id)).toEqual(events.map((_, at) => at + 1))
        for (const each of events) {
          expect(each.knownAt).toBeGreaterThan(each.anchorT)
          expect(each.confirmIdx).toBeGreaterThanOrEqual(each.anchorIdx)
          expect(each.ref).toBeLessThan(each.id)
        }
      }),
      RUNS,
    )
  })

  test('a life has one order: touched, halved, filled, inverted; tested, violated; and each comes once', () => {
    const order = [
      'FVG_TOUCH',
      'FVG_CE',
      'FVG_FILL',
      'FVG_INVERT',
      'FVG_EXPIRE',
      'OB_TEST',
      'OB_MT',
      'OB_VIOLATE',
      'OB_EXPIRE',
    ]
    fc.assert(
      fc.property(tapes, (bars) => {
        for (const life of lives(eventsOf(bars)).values()) {
          const steps = life.map((each) => order.indexOf(each.kind)).filter((step) => step >= 0)
          expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
        }
      }),
      RUNS,
    )
  })

  test('a pool is consumed once, by a sweep or a run', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        const ends = eventsOf(bars).filter((each) => each.kind === 'SWEEP' || each.kind === 'RUN')
        expect(new Set(ends.map((each) => each.ref)).size).toBe(ends.length)
      }),
      RUNS,
    )
  })

  test('a change of character always turns the trend of its degree, a break of structure never does', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        for (const degree of ['internal', 'external']) {
          let trend = 0
          for (const each of eventsOf(bars)) {
            if (each.degree !== degree || (each.kind !== 'BOS' && each.kind !== 'CHOCH')) continue
            expect(each.kind).toBe(trend === -each.direction ? 'CHOCH' : 'BOS')
            trend = each.direction
          }
        }
      }),
      RUNS,
    )
  })

  test('a close beyond a level and a sweep of it never share a bar', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        const events = eventsOf(bars)
        const broken = new Set(
          events.filter((each) => each.kind === 'BOS' || each.kind === 'CHOCH').map(levelAndBar),
        )
        const swept = events.filter((each) => each.kind === 'SWEEP' && each.extra === 'reclaim=0')
        expect(swept.filter((each) => broken.has(levelAndBar(each)))).toEqual([])
      }),
      RUNS,
    )
  })

  test('a gap has room, and neither its first nor its third bar trades inside it', () => {
    fc.assert(
      fc.property(tapes, (bars) => {
        for (const { kind, p1, p2, confirmIdx } of eventsOf(bars)) {
          if (kind !== 'FVG') continue
          const top = p2 ?? p1
          expect(top).toBeGreaterThan(p1)
          for (const at of [confirmIdx - 2, confirmIdx]) {
            const each = bars[at]?.bar
            expect(each !== undefined && (each.l >= top || each.h <= p1)).toBe(true)
          }
        }
      }),
      RUNS,
    )
  })

  test('constant prices give no event', () => {
    expect(
      eventsOf(
        Array.from({ length: 600 }, (_, i) => ({
          bar: bar(START + i * 60_000, 7, 7, 7, 7),
          breakBefore: false,
        })),
      ),
    ).toEqual([])
  })

  test('memory is bounded: what is alive after forty thousand bars is no more than its limits', () => {
    const engine = new Engine(DEFAULT_PARAMETERS, '1m')
    for (const each of walk('memory', 40_000)) engine.push(each.bar, each.breakBefore)

    expect(engine.gaps.live.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.fvgMaxBars)
    expect(engine.orderBlocks.live.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.obMaxBars)
    expect(engine.breakers.bullish.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.breakersMax)
    expect(engine.breakers.bearish.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.breakersMax)
    expect(engine.liquidity.above.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.poolsMax)
    expect(engine.liquidity.below.length).toBeLessThanOrEqual(DEFAULT_PARAMETERS.poolsMax)
  })
})

/** Things that are called bars and are none, beside some that are. */
const numbers = fc.oneof(
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    1e308,
    -1e308,
    2 ** 53,
    0.5,
  ),
  fc.integer({ min: -50, max: 50 }),
  fc.double(),
)
const hostile: fc.Arbitrary<Bar> = fc
  .record({
    t: fc.oneof(
      numbers,
      fc.integer({ min: 0, max: 5_000 }).map((each) => START + each * 1_000),
    ),
    o: numbers,
    h: numbers,
    l: numbers,
    c: numbers,
    v: numbers,
  })
  // What a broken source could hand over; its type is what it claims to be.
  .map((each) => each as unknown as Bar)

describe('hostile input', () => {
  test('never throws and never puts out a number that is none', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 80 }), (bars) => {
        const engine = createReferenceEngine()
        for (const each of bars) {
          for (const event of engine.push(each, false)) expect(hasOnlyFinite(event)).toBe(true)
          expect(hasOnlyFinite(engine.features())).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('an analyst survives it too, on every timeframe and at every instant that there is', () => {
    const instants = fc.integer({ min: -1_000_000_000_000, max: 4_200_000_000_000 })
    const anywhere = fc.tuple(fc.constantFrom(...TIMEFRAMES), hostile, instants, fc.boolean())
    fc.assert(
      fc.property(fc.array(anywhere, { maxLength: 40 }), (bars) => {
        const reader = createAnalyst({ instrument: instrumentOf('CL'), timeframes: TIMEFRAMES })
        const steps = bars.map(([timeframe, each, t, isOdd]) =>
          reader.onBar(timeframe, isOdd ? each : soundAt(t), false),
        )
        expect(steps.every((each) => isFiniteThroughout(each))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('a rejected bar names its rule and leaves no trace: the good bars around it give the same events', () => {
    fc.assert(
      fc.property(tapes, fc.array(fc.tuple(fc.nat(), hostile), { maxLength: 20 }), (bars, bad) => {
        const engine = createReferenceEngine()
        const found = bars.flatMap((each, at) => {
          const own = engine.push(each.bar, each.breakBefore)
          // Older than the bar before: rejected whatever else it holds.
          const before = bad.filter(([index]) => index % bars.length === at)
          for (const [, rogue] of before) {
            const [answer] = engine.push({ ...rogue, t: each.bar.t }, false)
            expect(answer).toMatchObject({ kind: 'REJECTED', id: 0 })
            expect(answer?.extra).toMatch(/^rejected: ./)
          }
          return own
        })
        expect(found).toEqual(eventsOf(bars))
      }),
      RUNS,
    )
  })

  test('a bar that is as old as the last is rejected, never merged', () => {
    const engine = createReferenceEngine()
    engine.push(bar(START, 1, 2, 0, 1), false)

    const [answer] = engine.push(bar(START, 1, 2, 0, 1), false)

    expect(answer?.extra).toBe(`rejected: ${START} is later than the bar before, ${START}`)
  })

  test('prices below zero are legal: crude oil has traded there', () => {
    const bars = walk('negative', 500).map(({ bar: { t, o, h, l, c }, breakBefore }) => ({
      bar: bar(t, o - 20_000, h - 20_000, l - 20_000, c - 20_000),
      breakBefore,
    }))

    expect(eventsOf(bars).some((each) => each.p1 < 0 && each.kind !== 'REJECTED')).toBe(true)
  })
})

describe.skipIf(!hasReal)('laws on real data', () => {
  test('a prefix of real bars gives a prefix of its events, wherever it is cut', () => {
    const bars = goldenBars(REAL)
    const whole = eventsOf(bars)

    for (const cut of [1, 15, 113, 501, 1_000, 2_017, 3_333]) {
      expect(eventsOf(bars.slice(0, cut))).toEqual(whole.filter((each) => each.confirmIdx < cut))
    }
  })

  test('real bars upside down give the same events upside down', () => {
    const bars = goldenBars(REAL).slice(0, 2_500)

    expect(perBar(eventsOf(mirrored(bars)), -1)).toEqual(perBar(eventsOf(bars), 1))
  })

  test('a week later the same bars give the same events a week later', () => {
    const bars = goldenBars(REAL).slice(0, 1_000)
    const week = 7 * 86_400_000
    const later = bars.map(({ bar: { t, o, h, l, c, v }, breakBefore }) => ({
      bar: bar(t + week, o, h, l, c, v),
      breakBefore,
    }))

    const back = eventsOf(later).map((each) => ({
      ...each,
      anchorT: each.anchorT - week,
      knownAt: each.knownAt - week,
    }))

    expect(back).toEqual(eventsOf(bars))
  })
})

/**
 * Events of each bar as a sorted set, without ids: order inside a bar is not mirrored. `sign` turns them
 * back.
 */
function perBar(events: readonly IctEvent[], sign: 1 | -1): Record<number, string[]> {
  const found: Record<number, string[]> = {}
  for (const each of events) {
    const prices = each.p2 === null ? [each.p1 * sign] : [each.p1 * sign, each.p2 * sign]
    // Zones are bottom and top; pools are price and extreme.
    const ordered = each.kind === 'SWEEP' || each.kind === 'RUN' ? prices : prices.toSorted((a, b) => a - b)
    const row = [
      each.kind,
      each.direction * sign,
      each.degree,
      each.anchorIdx,
      ordered.map((p) => p + 0),
      unsided(each.extra, sign),
    ]
    ;(found[each.confirmIdx] ??= []).push(row.join(' '))
  }
  for (const rows of Object.values(found)) rows.sort()
  return found
}

const UNSIDED: Readonly<Record<string, string>> = {
  HH: 'LL',
  HL: 'LH',
  LH: 'HL',
  LL: 'HH',
  EH: 'EL',
  EL: 'EH',
}

function unsided(extra: string, sign: 1 | -1): string {
  return sign === 1 ? extra : (UNSIDED[extra] ?? extra)
}

function lives(events: readonly IctEvent[]): Map<number, IctEvent[]> {
  const found = new Map<number, IctEvent[]>()
  for (const each of events) {
    if (each.ref === 0) continue
    const life = found.get(each.ref) ?? []
    life.push(each)
    found.set(each.ref, life)
  }
  return found
}

function levelAndBar({ degree, anchorIdx, p1, confirmIdx }: IctEvent): string {
  return [degree, anchorIdx, p1, confirmIdx].join(' ')
}

function hasOnlyFinite(value: object): boolean {
  return Object.values(value).every((each) => typeof each !== 'number' || Number.isFinite(each))
}

/** A flat bar at an instant that may lie outside the years that there are. */
function soundAt(t: number): Bar {
  return { t, o: 5, h: 6, l: 4, c: 5, v: 1 } as unknown as Bar
}

function isFiniteThroughout(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteThroughout)
}
