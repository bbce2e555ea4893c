import { describe, expect, test } from 'vitest'
import { type Bar, type Timeframe } from '../../../src/domain/index.ts'
import { DEFAULT_PARAMETERS, type IctEvent } from '../../../src/domain/ict/index.ts'
import { Levels, type WindowName } from '../../../src/domain/ict/levels.ts'
import { Engine } from '../../../src/domain/ict/reference-engine.ts'
import { bar, hasData, marketBars, rows } from './support.ts'

interface LevelStream {
  readonly levels: Levels
  readonly push: (bar: Bar) => readonly IctEvent[]
}

function levelStream(timeframe: Timeframe): LevelStream {
  const made: Levels[] = []
  const engine = new Engine(DEFAULT_PARAMETERS, timeframe, ({ liquidity, sink }) => {
    const levels = new Levels(DEFAULT_PARAMETERS, timeframe, liquidity, sink)
    made.push(levels)
    return {
      opened: (each, index) => levels.opened(each, index),
      swung: () => undefined,
      closed: () => levels.closed(sink.knownAt),
    }
  })
  const [levels] = made
  if (levels === undefined) throw new Error('the engine asks for its hooks')
  return { levels, push: (each) => engine.push(each, false) }
}

/** Flat bars of a price from one UTC instant to another, both as `2026-03-09T22:00Z`. */
function flat(from: string, to: string, price: number, stepMs = 300_000): Bar[] {
  const bars: Bar[] = []
  for (let t = Date.parse(from); t < Date.parse(to); t += stepMs)
    bars.push(bar(t, price, price + 1, price - 1, price))
  return bars
}

function told(events: readonly IctEvent[], kind: IctEvent['kind']): string[] {
  return events
    .filter((each) => each.kind === kind)
    .map((each) => `${each.pool} ${each.direction} ${each.p1}`)
}

describe('levels of the clock', () => {
  test('a session leaves its high and low at the close of its last bar', () => {
    const { push } = levelStream('5m')
    // London of Tuesday 10 March 2026: 02:00 to 05:00 New York is 06:00Z to 09:00Z.
    const london = [
      ...flat('2026-03-10T06:00Z', '2026-03-10T08:55Z', 100),
      bar(Date.parse('2026-03-10T08:55Z'), 100, 105, 99, 100),
    ]

    const events = london.flatMap((each) => push(each))

    const made = events.filter((each) => each.kind === 'LEVEL')
    expect(made.map((each) => `${each.pool} ${each.direction} ${each.p1}`)).toEqual([
      'london 1 105',
      'london -1 99',
    ])
    expect(made.map((each) => each.knownAt)).toEqual([
      Date.parse('2026-03-10T09:00Z'),
      Date.parse('2026-03-10T09:00Z'),
    ])
  })

  test('the spring change moves the sessions in UTC: 08:30 New York is 13:30Z before it and 12:30Z after it', () => {
    const before = levelStream('5m')
    const after = levelStream('5m')

    for (const each of flat('2026-03-06T12:30Z', '2026-03-06T13:35Z', 100)) before.push(each)
    for (const each of flat('2026-03-10T12:25Z', '2026-03-10T12:35Z', 100)) after.push(each)

    expect(before.levels.session('nyam')?.bars).toBe(1)
    expect(after.levels.session('nyam')?.bars).toBe(1)
  })

  const CHANGES = [
    ['2011-03-11', '13:30'],
    ['2011-03-14', '12:30'],
    ['2013-11-01', '12:30'],
    ['2013-11-04', '13:30'],
    ['2024-03-08', '13:30'],
    ['2024-03-11', '12:30'],
  ] as const

  test.for(CHANGES)(
    'around the changes of the clock the New York morning of %s opens at %s UTC',
    ([date, opens]) => {
      const { levels, push } = levelStream('5m')
      const first = Date.parse(`${date}T${opens}Z`)

      push(bar(first - 300_000, 90, 90, 90, 90))
      expect(levels.session('nyam')).toBeUndefined()
      push(bar(first, 100, 101, 99, 100))
      push(bar(first + 150 * 60_000, 200, 200, 200, 200))

      expect(levels.session('nyam')).toMatchObject({ h: 101, l: 99, bars: 1 })
    },
  )

  test('a session without bars leaves nothing', () => {
    const { push } = levelStream('5m')

    const events = flat('2026-03-10T10:00Z', '2026-03-10T12:00Z', 100).flatMap((each) => push(each))

    expect(told(events, 'LEVEL')).toEqual([])
  })

  test('a session whose last bars are missing leaves its levels with the next bar there is', () => {
    const { push } = levelStream('5m')
    for (const each of flat('2026-03-10T06:00Z', '2026-03-10T08:30Z', 100)) push(each)

    const [first] = flat('2026-03-10T09:10Z', '2026-03-10T09:15Z', 100).map((each) => push(each))

    expect(told(first ?? [], 'LEVEL')).toEqual(['london 1 101', 'london -1 99'])
  })

  test('the first bar of a trading day already sees the high and low of the day before, and may sweep them', () => {
    const { push } = levelStream('5m')
    for (const each of flat('2026-03-09T13:30Z', '2026-03-09T21:00Z', 100)) push(each)

    const events = push(bar(Date.parse('2026-03-09T22:00Z'), 100, 103, 100, 100))

    expect(told(events, 'LEVEL')).toContain('pd 1 101')
    expect(told(events, 'SWEEP')).toContain('pd -1 101')
  })

  test('a new week starts with the Sunday evening and leaves the high and low of the last', () => {
    const { push } = levelStream('1h')
    const hour = 3_600_000
    for (const each of flat('2026-03-12T13:00Z', '2026-03-12T21:00Z', 120, hour)) push(each)
    for (const each of flat('2026-03-13T13:00Z', '2026-03-13T21:00Z', 100, hour)) push(each)

    const events = push(bar(Date.parse('2026-03-15T22:00Z'), 100, 101, 99, 100))

    expect(told(events, 'LEVEL')).toEqual(['pd 1 101', 'pd -1 99', 'pw 1 121', 'pw -1 99'])
  })

  test('a level that still rests is retired by the next of its name', () => {
    const { push } = levelStream('5m')
    for (const each of flat('2026-03-09T13:30Z', '2026-03-09T21:00Z', 100)) push(each)
    for (const each of flat('2026-03-09T22:00Z', '2026-03-10T21:00Z', 100)) push(each)

    const events = push(bar(Date.parse('2026-03-10T22:00Z'), 100, 101, 99, 100))

    expect(told(events, 'LEVEL_EXPIRE')).toEqual(['pd 1 101', 'pd -1 99'])
  })

  test('the midnight open is the open of the first bar within five minutes after midnight New York', () => {
    const inTime = levelStream('5m')
    const late = levelStream('5m')

    inTime.push(bar(Date.parse('2026-03-10T03:55Z'), 90, 90, 90, 90))
    inTime.push(bar(Date.parse('2026-03-10T04:00Z'), 100, 101, 99, 100))
    late.push(bar(Date.parse('2026-03-10T03:55Z'), 90, 90, 90, 90))
    late.push(bar(Date.parse('2026-03-10T04:10Z'), 100, 101, 99, 100))

    expect(inTime.levels.openings.midnight).toBe(100)
    expect(late.levels.openings.midnight).toBeNull()
  })

  test('on a timeframe that does not divide the instant there is no opening price rather than a near one', () => {
    const { levels, push } = levelStream('1h')

    for (const each of flat('2026-03-10T04:00Z', '2026-03-10T14:00Z', 100, 3_600_000)) push(each)

    expect(levels.openings).toEqual({ midnight: 100, eightThirty: null, nineThirty: null })
  })

  test('windows of half hours are not read from bars that straddle their edges', () => {
    const { push } = levelStream('1h')

    const events = flat('2026-03-09T22:00Z', '2026-03-10T21:00Z', 100, 3_600_000).flatMap((each) =>
      push(each),
    )

    expect(told(events, 'LEVEL')).toEqual([])
  })

  test('the average daily range waits for five full days and leaves partial ones out', () => {
    const { levels, push } = levelStream('1h')
    const day = (date: number, hours: number, range: number): void => {
      const opens = Date.parse(`2026-03-${String(date).padStart(2, '0')}T22:00Z`)
      for (let i = 0; i < hours; i++) push(bar(opens + i * 3_600_000, 100, 100 + range, 100, 100))
    }
    for (const [index, date] of [8, 9, 10, 11].entries()) day(date, 23, 10 + index)
    // Friday has eight hours only: its levels count, its range does not.
    day(12, 8, 500)
    day(15, 23, 20)
    expect(levels.adr).toBeNull()

    day(16, 1, 1)

    expect(levels.adr).toBe((10 + 11 + 12 + 13 + 20) / 5)
  })
})

const FILES: readonly (readonly [string, number])[] = [
  ['6E_1m_202401a', 0.00005],
  ['ES_1m_201310', 0.25],
  ['GC_1m_201310a', 0.1],
  ['SPY_1m_201103', 0.01],
]
const present = FILES.filter(([name]) => hasData(`ict-golden/levels/${name}.csv`))
if (present.length < FILES.length) {
  console.log(`left out: ${FILES.length - present.length} level tables, ../shared/data is absent`)
}

const NAMED: readonly WindowName[] = ['asia', 'london', 'nyam', 'lunch', 'nypm', 'rth', 'overnight']

describe.skipIf(present.length === 0)('the level tables', () => {
  test.for(present)('agree with every trading day of %s', ([name, tick]) => {
    const { levels, push } = levelStream('1m')
    const found = new Map<string, string>()
    for (const each of marketBars(name, tick)) {
      push(each)
      found.set(levels.date, summary(levels))
    }

    const wanted = new Map(
      rows(`ict-golden/levels/${name}.csv`).map((line) => wantedDay(line.split(','), tick)),
    )

    expect(found).toEqual(wanted)
  })
})

/**
 * Open high low close of the day, high and low of the one before, openings, then high low bars of each
 * window.
 */
function summary(levels: Levels): string {
  const { today, yesterday, openings } = levels
  const windows = NAMED.map((name) => {
    const period = levels.session(name)
    return [period?.h, period?.l, period?.bars ?? 0]
  })
  return [
    [today?.o, today?.h, today?.l, today?.c, today?.bars, yesterday?.h, yesterday?.l],
    [openings.midnight, openings.eightThirty, openings.nineThirty],
    ...windows,
  ]
    .map((group) => group.map((each) => each ?? '').join(' '))
    .join(' | ')
}

/** The same of a row of the tables, whose prices are decimals. */
function wantedDay(columns: readonly string[], tick: number): [string, string] {
  const price = (at: number): string => {
    const text = columns[at] ?? ''
    return text === '' ? '' : String(Math.round(Number(text) / tick))
  }
  const day = [price(4), price(5), price(6), price(7), columns[3] ?? '', price(8), price(9)]
  const windows = NAMED.map((_, at) => [price(18 + at * 3), price(19 + at * 3), columns[20 + at * 3] ?? ''])
  return [
    columns[0] ?? '',
    [day, [price(15), price(16), price(17)], ...windows].map((each) => each.join(' ')).join(' | '),
  ]
}
