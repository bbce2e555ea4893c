import { describe, expect, test } from 'vitest'
import { isOpen } from '../../src/domain/calendar/index.ts'
import { ROSTER, epochMs, instrumentOf } from '../../src/domain/index.ts'
import {
  HISTORY_DAYS,
  type MinuteBar,
  createExchange,
  historyFrom,
  rollingListing,
  seededTape,
} from '../../src/gateway/index.ts'
import { START, barsOf, login, roots } from './support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function marketOf(seed: string, instruments = ROSTER, start: number = START) {
  const from = historyFrom(start)
  const listing = rollingListing(instruments, from, start)
  const tape = seededTape(seed, from, listing)
  const front = (root: string, t: number = start) => listing.frontAt(instrumentOf(root), t)
  return { from, listing, tape, front }
}

/** Made once: a tape says the same whoever asked before. */
const kael = marketOf('kael')

/** New York morning of the first simulated day. */
const MORNING = Date.parse('2026-03-10T13:45:00Z')

const playTwin = (): string => {
  const exchange = createExchange({ seed: 'twin', start: START, historyDays: 2 })
  return JSON.stringify(exchange.advanceTo(START + 10 * MINUTE))
}

describe('the seeded market', () => {
  test('the same seed is the same market to the byte, print by print', () => {
    const first = playTwin()

    expect(first.length).toBeGreaterThan(100_000)
    expect(playTwin() === first).toBe(true)
  })

  test('another seed is another market', () => {
    const [one, other] = [marketOf('one'), marketOf('other')]

    const bars = [one, other].map(({ tape, front }) => tape.minutes(front('ES'), MORNING, MORNING + HOUR))

    expect(bars[0]).toHaveLength(60)
    expect(bars[0]).not.toEqual(bars[1])
  })

  test('what is printed does not depend on the size of the steps in which it is played', () => {
    const play = (step: number): string[] => {
      const exchange = createExchange({
        seed: 'steps',
        start: START,
        instruments: roots('ES', 'MES'),
      })
      const lines: string[] = []
      for (let t = START + step; t <= START + 6 * MINUTE; t += step)
        lines.push(...exchange.advanceTo(t).map((each) => JSON.stringify(each)))
      return lines
    }

    expect(play(250)).toEqual(play(3 * MINUTE))
  })

  test('an instrument trades the same whichever others are listed beside it', () => {
    const alone = marketOf('same', roots('GC'))
    const among = marketOf('same')

    const bars = [alone, among].map(({ tape, front }) => tape.minutes(front('GC'), MORNING, MORNING + HOUR))

    expect(bars[0]).toEqual(bars[1])
  })

  test.each(ROSTER.map((each) => each.root))(
    'the minutes of %s are exactly what its prints add up to',
    (root) => {
      const { tape, front } = kael
      for (const from of [MORNING, MORNING - 7 * HOUR, MORNING - 20 * 24 * HOUR]) {
        const contract = front(root, from)
        const bars = tape.minutes(contract, from, from + 20 * MINUTE)
        const ticks = bars.flatMap((each) => tape.ticksOf(contract, each.t))

        expect(bars).toHaveLength(20)
        expect(barsOf(ticks)).toEqual(bars)
      }
    },
  )

  test('the bars that history serves are the ones a client builds from the hub, contract by contract', () => {
    const exchange = createExchange({ seed: 'kael', start: START })
    const token = login(exchange)
    const from = START + HOUR
    exchange.advanceTo(from - 1)
    const built = new Map<string, { o: number; h: number; l: number; c: number; v: number }[]>()
    for (let minute = 0; minute < 15; minute++)
      for (const event of exchange.advanceTo(from + (minute + 1) * MINUTE - 1)) {
        if (event.hub !== 'market' || event.kind !== 'trade') continue
        const bars = built.get(event.contractId) ?? []
        built.set(event.contractId, bars)
        const [price, volume] = [event.data['price'] as number, event.data['volume'] as number]
        const bar = (bars[minute] ??= { o: price, h: price, l: price, c: price, v: 0 })
        Object.assign(bar, {
          h: Math.max(bar.h, price),
          l: Math.min(bar.l, price),
          c: price,
          v: bar.v + volume,
        })
      }
    exchange.advanceTo(from + 15 * MINUTE)

    expect(built.size).toBe(26)
    for (const [contractId, bars] of built) {
      const reply = exchange.handle(
        '/api/History/retrieveBars',
        {
          contractId,
          startTime: new Date(from).toISOString(),
          endTime: new Date(from + 15 * MINUTE).toISOString(),
          unit: 2,
          unitNumber: 1,
          limit: 100,
        },
        token,
      )
      const served = reply.json?.['bars'] as unknown as MinuteBar[]
      expect(served.toReversed().map(({ o, h, l, c, v }) => ({ o, h, l, c, v }))).toEqual(bars)
    }
  })

  test.each([
    ['ES', 'MES'],
    ['NQ', 'MNQ'],
    ['YM', 'MYM'],
    ['RTY', 'M2K'],
    ['CL', 'MCL'],
    ['GC', 'MGC'],
  ])('%s and %s move as one and differ in volume', (mini, micro) => {
    const { tape, front } = kael
    const [a, b] = [mini, micro].map((each) => tape.minutes(front(each), MORNING, MORNING + HOUR))

    const prices = (bars = a) => bars?.map(({ o, h, l, c }) => [o, h, l, c])
    expect(prices(a)).toEqual(prices(b))
    expect(a?.map((each) => each.v)).not.toEqual(b?.map((each) => each.v))
  })

  test('nothing trades in the maintenance break, over the weekend or on a holiday', () => {
    // Good Friday 2026 is 3 April.
    const { tape, front } = marketOf('kael', ROSTER, Date.parse('2026-04-08T12:25:00Z'))
    const bars = tape.minutes(
      front('ES'),
      Date.parse('2026-03-31T00:00:00Z'),
      Date.parse('2026-04-08T00:00:00Z'),
    )

    expect(bars.every((each) => isOpen(each.t))).toBe(true)
    const on = (day: string): number =>
      bars.filter((each) => new Date(each.t).toISOString().startsWith(day)).length
    expect(on('2026-04-01')).toBe(23 * 60)
    expect(on('2026-04-03')).toBe(0)
    expect(on('2026-04-04')).toBe(0)
    expect(on('2026-04-05')).toBe(2 * 60)
  })

  test('every minute of an open session trades', () => {
    const { tape, front, from } = kael
    let open = 0
    for (let t: number = from; t < START; t += MINUTE) if (isOpen(t)) open++

    expect(tape.minutes(front('6E'), from, START).length).toBe(open)
  })

  test('the clock passes a closed hour without a print, and the next print comes with the open', () => {
    const start = epochMs(Date.parse('2026-03-10T20:59:00Z'))
    const exchange = createExchange({ seed: 'kael', start, instruments: roots('ES'), historyDays: 2 })
    exchange.advanceTo(Date.parse('2026-03-10T21:00:00Z'))

    expect(exchange.advanceTo(Date.parse('2026-03-10T21:59:59.999Z'))).toEqual([])
    expect(exchange.now()).toBe(Date.parse('2026-03-10T21:59:59.999Z'))
    expect(exchange.nextEventAt()).toBeGreaterThanOrEqual(Date.parse('2026-03-10T22:00:00Z'))
    expect(exchange.advanceTo(Date.parse('2026-03-10T22:01:00Z')).length).toBeGreaterThan(5)
  })

  test('there is a month of trading days of history before the start', () => {
    const { tape, front, from } = kael

    const bars = tape.minutes(front('NQ'), from, START)

    expect(HISTORY_DAYS).toBe(21)
    expect(bars[0]?.t).toBe(from)
    expect(bars.length).toBeGreaterThan(20 * 1_380)
  })

  test.each([
    ['ES', 5_000, 7_000, 1.5, 5],
    ['NQ', 18_000, 24_000, 7, 25],
    ['YM', 38_000, 50_000, 10, 40],
    ['RTY', 1_900, 2_500, 0.8, 3],
    ['CL', 55, 85, 0.03, 0.15],
    ['GC', 2_200, 3_000, 0.8, 3],
    ['6E', 1.0, 1.16, 0.0001, 0.0005],
  ])(
    '%s lives between %d and %d and moves %d to %d points in a morning minute',
    (root, low, high, least, most) => {
      const { tape, front, from } = kael
      const { tickSize } = instrumentOf(root)
      const bars = tape.minutes(front(root), from, START)
      const morning = bars.filter(({ t }) => new Date(t).getUTCHours() === 15)
      const ranges = morning.map(({ h, l }) => (h - l) * tickSize).sort((a, b) => a - b)
      const median = ranges[Math.floor(ranges.length / 2)] ?? 0

      expect(Math.min(...bars.map((each) => each.l)) * tickSize).toBeGreaterThan(low)
      expect(Math.max(...bars.map((each) => each.h)) * tickSize).toBeLessThan(high)
      expect(median).toBeGreaterThan(least)
      expect(median).toBeLessThan(most)
    },
  )

  test('a morning minute of a front month has 40 to 130 prints, a night minute fewer', () => {
    const { tape, front } = kael
    const average = (from: number): number => {
      const counts = tape
        .minutes(front('ES'), from, from + HOUR)
        .map((each) => tape.ticksOf(front('ES'), each.t).length)
      return counts.reduce((a, b) => a + b, 0) / counts.length
    }

    expect(average(MORNING)).toBeGreaterThan(40)
    expect(average(MORNING)).toBeLessThan(130)
    expect(average(Date.parse('2026-03-10T04:00:00Z'))).toBeLessThan(average(MORNING) / 1.5)
  })

  test('the bid is always below the ask, and a print is at one of them', () => {
    const { tape, listing } = kael
    for (const contract of listing.listedAt(MORNING))
      for (let i = 0; i < 5; i++)
        for (const { bid, ask, price, isBuy, volume } of tape.ticksOf(contract, MORNING + i * MINUTE)) {
          expect(bid).toBeLessThan(ask)
          expect(price).toBe(isBuy ? ask : bid)
          expect(volume).toBeGreaterThan(0)
        }
  })

  test('history and all is ready within three seconds', () => {
    const began = performance.now()

    createExchange({ seed: 'quick', start: START })

    expect(performance.now() - began).toBeLessThan(3_000)
  })

  test('the volume of a quote is that of the trading day so far', () => {
    const exchange = createExchange({ seed: 'kael', start: START })
    const now = START + 150_500
    exchange.advanceTo(now)
    const contract = kael.front('ES')
    const minutes = kael.tape.minutes(contract, Date.parse('2026-03-09T22:00:00Z'), START + 120_000)
    const forming = kael.tape.ticksOf(contract, START + 120_000).filter((each) => each.at <= now)
    const traded = [...minutes.map((each) => each.v), ...forming.map((each) => each.volume)]

    expect(exchange.quoteOf(contract.id)).toMatchObject({
      volume: traded.reduce((a, b) => a + b, 0),
      high: Math.max(...minutes.map((each) => each.h), ...forming.map((each) => each.price)) / 4,
      open: (minutes[0]?.o ?? 0) / 4,
    })
  })

  test('who holds a month that has rolled may get out of it, but not deeper in', () => {
    const exchange = createExchange({
      seed: 'kael',
      start: epochMs(Date.parse('2026-03-11T19:00:00Z')),
      instruments: roots('ES'),
      historyDays: 1,
      settings: { isFlatByAfternoon: false },
    })
    const token = login(exchange)
    const place = (side: number, instant?: string): unknown =>
      exchange.handle(
        '/api/Order/place',
        { accountId: 25_770_001, contractId: 'CON.F.US.EP.H26', type: 2, side, size: 1 },
        exchange.checkToken(token) === 'valid' ? token : login(exchange),
        instant === undefined ? undefined : Date.parse(instant),
      ).json?.['errorCode']

    expect(place(0)).toBe(0)
    expect(place(0, '2026-03-11T22:05:00Z')).toBe(9)
    expect(place(1)).toBe(0)
    expect(place(1)).toBe(9)
  })

  test('a contract rolls between two sessions, never within one', () => {
    // Equity index leaves March on Thursday the 12th: from Wednesday 18:00 New York.
    const { front } = kael

    expect(front('ES', Date.parse('2026-03-11T20:59:00Z')).id).toBe('CON.F.US.EP.H26')
    expect(front('ES', Date.parse('2026-03-11T22:00:00Z')).id).toBe('CON.F.US.EP.M26')
    expect(front('ES', Date.parse('2026-03-12T20:59:00Z')).id).toBe('CON.F.US.EP.M26')
  })

  test('gold and oil have their own months, and the micro always has that of its mini', () => {
    const { front } = kael

    expect(front('CL').id).toBe('CON.F.US.CLE.J26')
    expect(front('MCL').id).toBe('CON.F.US.MCLE.J26')
    expect(front('GC').id).toBe('CON.F.US.GCE.J26')
    expect(front('6E').name).toBe('6EH6')
    expect(front('MNQ').displayName).toBe('MNQH26')
  })
})
