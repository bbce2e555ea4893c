import { describe, expect, test } from 'vitest'
import {
  type Bar,
  type EpochMs,
  type Signal,
  type Timeframe,
  TIMEFRAMES,
  epochMs,
  instrumentOf,
  ticks,
} from '../../../src/domain/index.ts'
import { barEnd } from '../../../src/domain/calendar/index.ts'
import {
  type Analyst,
  type AnalystStep,
  DEMO_PARAMETERS,
  type ReplayBar,
  createAnalyst,
  replayOrder,
} from '../../../src/domain/ict/index.ts'
import { START, bar, cached, hasData, marketBars, tradingMinutes } from './support.ts'

const MARKET = 'market/6E_1m_202401a.csv.gz'
const hasMarket = hasData(MARKET)
if (!hasMarket) console.log('left out: 2 analyst cases on a real market, ../shared/data is absent')

function analyst(root = 'MNQ'): Analyst {
  return createAnalyst({
    instrument: instrumentOf(root),
    timeframes: TIMEFRAMES,
    parameters: DEMO_PARAMETERS,
  })
}

function run(reader: Analyst, bars: Iterable<ReplayBar>): AnalystStep[] {
  return [...bars].map((each) => reader.onBar(each.timeframe, each.bar, each.breakBefore))
}

const signalsOf = (steps: readonly AnalystStep[]): Signal[] => steps.flatMap((each) => each.signals)

/** A signal of the market upside down, turned back. */
const turnedBack = (signal: Signal): unknown[] => [
  signal.knownAt,
  signal.timeframe,
  -signal.direction,
  ...[signal.entry, signal.stop, ...signal.targets].map((price) => 0 - price),
  signal.score,
]

/** Five simulated days; they hold several signals. */
const replay = [...replayOrder(cached(tradingMinutes('five days', 5)))]
const whole = run(analyst(), replay)

describe('analyst', () => {
  test('a random market of five days gives setups too, each with an id of its own', () => {
    const ids = signalsOf(whole).map((each) => each.id)

    expect(ids.length).toBeGreaterThan(3)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('what it says at a bar depends on no later bar', () => {
    for (const cut of [10, 500, 2_222, 5_000])
      expect(run(analyst(), replay.slice(0, cut))).toEqual(whole.slice(0, cut))
  })

  test('a restart that replays the cache says the same as one that never stopped, and nothing twice', () => {
    const cut = 4_000
    const before = whole.slice(0, cut)
    const watermark = endOf(replay[cut - 1])
    const reader = analyst()
    reader.warmUp(watermark)

    const again = run(reader, replay)

    expect(signalsOf(again.slice(0, cut))).toEqual([])
    expect(again.slice(cut)).toEqual(whole.slice(cut))
    expect([...signalsOf(before), ...signalsOf(again)]).toEqual(signalsOf(whole))
  })

  test('upside down it gives the mirrored signals at the same instants', () => {
    const turned = replay.map((each) => ({ ...each, bar: upsideDown(each.bar) }))
    const found = signalsOf(run(analyst(), turned)).map(turnedBack)

    expect(found).toEqual(
      signalsOf(whole).map(({ knownAt, timeframe, direction, entry, stop, targets, score }) => [
        knownAt,
        timeframe,
        direction,
        entry,
        stop,
        ...targets,
        score,
      ]),
    )
  })

  test('a signal holds only what was known: its regime, its facts and its pool are not younger than it', () => {
    for (const signal of signalsOf(whole)) {
      expect(signal.regime.knownAt).toBe(signal.knownAt)
      expect(signal.validUntil).toBeGreaterThan(signal.knownAt)
    }
  })

  test('the stop of every signal lies against it and its targets lie with it, the nearer first, all paying enough', () => {
    for (const { direction, entry, stop, targets } of signalsOf(whole)) {
      const risk = (entry - stop) * direction
      const rewards = targets.map((each) => (each - entry) * direction)
      expect(risk).toBeGreaterThanOrEqual(4)
      expect(rewards[0]).toBeGreaterThanOrEqual(1.5 * risk)
      expect(rewards[1]).toBeGreaterThan(rewards[0] ?? 0)
    }
  })

  test('every signal is graded A to C: what scores lower is told in words only', () => {
    for (const { score, grade } of signalsOf(whole)) {
      expect(score).toBeGreaterThanOrEqual(50)
      expect(['A', 'B', 'C']).toContain(grade)
    }
  })

  test('a bar that cannot be one comes back as rejected and changes nothing', () => {
    const reader = analyst()
    const [first] = replay
    if (first === undefined) throw new Error('there is a bar')
    reader.onBar('1m', first.bar, false)

    const step = reader.onBar('1m', first.bar, false)

    expect(step.events.map((each) => each.kind)).toEqual(['REJECTED'])
    expect(step).toMatchObject({ objects: [], signals: [], withdrawn: [] })
  })

  test('a timeframe that it was not made for is a defect', () => {
    const reader = createAnalyst({ instrument: instrumentOf('ES'), timeframes: ['5m'] })

    expect(() => reader.onBar('1m', bar(START, 1, 1, 1, 1), false)).toThrow('1m is one of 5m')
  })

  test('constant prices give a range and nothing else', () => {
    const reader = analyst()
    // Levels of the clock exist, but nothing ever trades beyond them.
    const flat = tradingMinutes('flat', 1).map((each) => bar(each.t, 100, 100, 100, 100))

    const steps = run(reader, replayOrder(cached(flat)))

    expect(new Set(steps.flatMap((each) => each.events.map((event) => event.kind)))).toEqual(
      new Set(['LEVEL']),
    )
    expect(signalsOf(steps)).toEqual([])
    expect(reader.regimeOf('1m')?.reading.label).toBe('RANGE')
  })

  test('a chart shows at most two hundred objects, each known by now', () => {
    const reader = analyst()
    run(reader, replay)

    for (const timeframe of TIMEFRAMES) {
      const shown = reader.objectsOf(timeframe)
      expect(shown.length).toBeLessThanOrEqual(200)
      expect(shown.every((each) => each.knownAt <= endOf(replay.at(-1)))).toBe(true)
    }
  })

  test('a stream without models tells why the nearest stream with one has no signal', () => {
    const reader = createAnalyst({ instrument: instrumentOf('ES'), timeframes: ['5m', '1h'] })

    const step = reader.onBar('1h', bar(START, 1, 1, 1, 1), false)

    expect(step.waiting).toEqual(reader.waitingOf('5m'))
  })

  test('opening prices are those of the finest stream', () => {
    const reader = analyst()
    const day = cached(tradingMinutes('openings', 1))
    run(reader, replayOrder(day))

    const midnight = day['1m'].find((each) => each.t === Date.parse('2026-03-09T04:00:00Z'))

    expect(reader.openings()?.midnight).toBe(midnight?.o)
  })
})

describe('order of replay', () => {
  test('bars come in the order of their ends, of equal ends the higher timeframe first', () => {
    const order = replay.map((each) => [endOf(each), TIMEFRAMES.indexOf(each.timeframe)] as const)

    for (let at = 1; at < order.length; at++) {
      const [before, now] = [order[at - 1] ?? [0, 0], order[at] ?? [0, 0]]
      expect(now[0] > before[0] || (now[0] === before[0] && now[1] < before[1])).toBe(true)
    }
  })

  test('the first bar after the daily break knows that it follows one', () => {
    const breaks = replay
      .filter((each) => each.timeframe === '5m' && each.breakBefore)
      .map((each) => each.bar.t)

    expect(breaks.map((t) => new Date(t).toISOString())).toEqual([
      '2026-03-09T22:00:00.000Z',
      '2026-03-10T22:00:00.000Z',
      '2026-03-11T22:00:00.000Z',
      '2026-03-12T22:00:00.000Z',
    ])
  })

  test('a hole of untraded minutes is no break', () => {
    const minutes = [0, 1, 9].map((at) => bar(START + at * 60_000, 1, 1, 1, 1))

    expect([...replayOrder({ '1m': minutes })].map((each) => each.breakBefore)).toEqual([false, false, false])
  })

  test('nothing cached gives nothing', () => {
    expect([...replayOrder({})]).toEqual([])
  })
})

describe.skipIf(!hasMarket)('analyst on three weeks of the Euro future', () => {
  const bars = hasMarket ? [...replayOrder(cached(marketBars('6E_1m_202401a', 0.00005)))] : []

  test('finds setups on both timeframes and in both directions', () => {
    const signals = signalsOf(run(analyst('6E'), bars))

    expect(signals.length).toBeGreaterThan(10)
    expect(new Set(signals.map((each) => `${each.timeframe} ${each.direction}`)).size).toBe(4)
  })

  test('a restart in the middle of a session repeats nothing and misses nothing', () => {
    const signals = signalsOf(run(analyst('6E'), bars))
    const watermark = signals[Math.floor(signals.length / 2)]?.knownAt ?? epochMs(START)
    const reader = analyst('6E')
    reader.warmUp(watermark)

    expect(signalsOf(run(reader, bars))).toEqual(signals.filter((each) => each.knownAt > watermark))
  })
})

function endOf(each: { readonly bar: Bar; readonly timeframe: Timeframe } | undefined): EpochMs {
  if (each === undefined) throw new Error('there is a bar')
  return barEnd(each.bar.t, each.timeframe)
}

function upsideDown({ t, o, h, l, c, v }: Bar): Bar {
  return { t, o: ticks(0 - o), h: ticks(0 - l), l: ticks(0 - h), c: ticks(0 - c), v }
}
