import { assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bar, type Timeframe, TIMEFRAMES } from '../../src/domain/index.ts'
import { barEnd, isOpen } from '../../src/domain/calendar/index.ts'
import { createResampler, mergeBars, resample } from '../../src/feed/index.ts'
import { MINUTE, OPEN, aBar, minutes, ohlcv } from './support.ts'

const LONGER = TIMEFRAMES.filter((each) => each !== '1m')
const FAR = Date.parse('2027-01-01T00:00:00Z')

/** Open minutes of a stretch that crosses sessions; silent minutes as drawn. */
function stretch(from: number, count: number, silence: number): Bar[] {
  return minutes(from, count, (i) => silence > 0 && (i * 31) % silence === 0).filter((bar) => isOpen(bar.t))
}

function incremental(bars: readonly Bar[], timeframe: Timeframe): Bar[] {
  const resampler = createResampler(timeframe)
  const sealed: Bar[] = []
  for (const bar of bars) {
    const events = [...resampler.form(bar), ...resampler.add(bar), ...resampler.close(bar.t + MINUTE)]
    for (const event of events) if (event.kind === 'sealed') sealed.push(event.bar)
  }
  for (const event of resampler.close(FAR)) if (event.kind === 'sealed') sealed.push(event.bar)
  return sealed
}

const sum = (of: readonly Bar[]): number => of.reduce((total, bar) => total + bar.v, 0)

describe('longer bars', () => {
  test('five minutes are one five-minute bar, sealed with the last of them', () => {
    const bars = minutes(OPEN, 5)
    const resampler = createResampler('5m')

    const kinds = bars.map((bar) => resampler.add(bar).map((each) => each.kind))

    expect(kinds).toEqual([['forming'], ['forming'], ['forming'], ['forming'], ['sealed']])
  })

  test.each([
    ['5m', '09:30', '09:35'],
    ['15m', '09:30', '09:45'],
    ['1h', '09:00', '10:00'],
    ['4h', '06:00', '10:00'],
    ['1D', '18:00 of the evening before', '17:00'],
  ] as const)('at 09:31 New York the %s bar opened at %s and ends at %s', (timeframe, _opens, _ends) => {
    const open = { '5m': 0, '15m': 0, '1h': -30, '4h': -210, '1D': -930 }[timeframe]
    const length = { '5m': 5, '15m': 15, '1h': 60, '4h': 240, '1D': 1_380 }[timeframe]
    const { forming } = resample(minutes(OPEN, 2), timeframe, 0)

    expect(forming?.t).toBe(OPEN + open * MINUTE)
    expect(barEnd(forming?.t ?? 0, timeframe)).toBe(OPEN + (open + length) * MINUTE)
  })

  test('the last four-hour bar of the day is short: it opens 14:00 and ends with the session', () => {
    const afternoon = OPEN + (16 * 60 - 9 * 60 - 30) * MINUTE
    const resampler = createResampler('4h')
    const bars = minutes(afternoon, 60)
    const events = bars.flatMap((bar) => resampler.add(bar))

    expect(events.at(-1)).toMatchObject({ kind: 'sealed', bar: { t: afternoon - 120 * MINUTE } })
  })

  test('a bar ends with the clock though its last minutes had no trade', () => {
    const resampler = createResampler('5m')
    resampler.add(aBar(OPEN, [1, 3, 0, 2]))

    expect(resampler.close(OPEN + 5 * MINUTE - 1)).toEqual([])
    expect(resampler.close(OPEN + 5 * MINUTE)).toMatchObject([{ kind: 'sealed', bar: { t: OPEN } }])
  })

  test('but not while its last minute is still in its grace', () => {
    const resampler = createResampler('5m')
    resampler.add(aBar(OPEN, [1, 3, 0, 2]))
    resampler.form(aBar(OPEN + 4 * MINUTE, [2, 9, 2, 9]))

    expect(resampler.close(OPEN + 5 * MINUTE)).toEqual([])
    expect(resampler.add(aBar(OPEN + 4 * MINUTE, [2, 9, 2, 9])).at(-1)).toMatchObject({
      kind: 'sealed',
      bar: { h: 9 },
    })
  })

  test('a print of the next bar ends this one', () => {
    const resampler = createResampler('5m')
    resampler.add(aBar(OPEN, [1, 3, 0, 2]))

    expect(resampler.form(aBar(OPEN + 7 * MINUTE, [4, 4, 4, 4])).map((each) => each.kind)).toEqual([
      'sealed',
      'forming',
    ])
  })

  test('the running minute shows in the forming bar and is not counted twice when it is sealed', () => {
    const resampler = createResampler('15m')
    resampler.add(aBar(OPEN, [10, 12, 9, 11], 5))
    const second = aBar(OPEN + MINUTE, [11, 20, 11, 15], 7)

    const running = resampler.form(second).at(-1)
    const sealed = resampler.add(second).at(-1)

    expect(running).toEqual(sealed)
    expect(sealed?.kind === 'forming' && ohlcv(sealed.bar)).toEqual([10, 20, 9, 15, 12])
  })

  test('a corrected minute of the running bar corrects it; one of a sealed bar names that bar', () => {
    const resampler = createResampler('5m')
    for (const bar of minutes(OPEN, 7)) resampler.add(bar)

    const inside = resampler.add(aBar(OPEN + 5 * MINUTE, [1, 99_999, 1, 1]))
    const before = resampler.add(aBar(OPEN + MINUTE, [1, 2, 0, 1]))

    expect(inside).toMatchObject([{ kind: 'forming', bar: { h: 99_999 } }])
    expect(before).toEqual([{ kind: 'stale', open: OPEN }])
  })

  test('bar by bar gives what the batch gives, over weekends, breaks, silent minutes and the change of the clocks', () => {
    // The United States change their clocks on 2026-03-08 and 2026-11-01; Thanksgiving closes early.
    const starts = [
      '2026-03-06T20:00:00Z',
      '2026-03-08T21:00:00Z',
      '2026-10-30T19:30:00Z',
      '2026-11-26T15:00:00Z',
    ]
    assert(
      property(
        constantFrom(...starts),
        integer({ min: 0, max: 240 }),
        integer({ min: 1, max: 4_000 }),
        constantFrom(0, 2, 3, 7),
        constantFrom(...LONGER),
        (start, shift, count, silence, timeframe) => {
          const bars = stretch(Date.parse(start) + shift * MINUTE, count, silence)

          expect(incremental(bars, timeframe)).toEqual(resample(bars, timeframe, FAR).sealed)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('no trade is lost and none counted twice: every timeframe holds the same volume and the same extremes', () => {
    const bars = stretch(Date.parse('2026-03-08T21:00:00Z'), 5_000, 3)

    for (const timeframe of LONGER) {
      const { sealed } = resample(bars, timeframe, FAR)
      expect(sum(sealed)).toBe(sum(bars))
      expect(mergeBars(sealed)).toMatchObject({
        h: mergeBars(bars)?.h,
        l: mergeBars(bars)?.l,
        c: mergeBars(bars)?.c,
      })
      expect(sealed.every((bar, i) => i === 0 || bar.t > (sealed[i - 1]?.t ?? 0))).toBe(true)
    }
  })

  test('a longer bar built from shorter ones is the one built from minutes', () => {
    const bars = stretch(Date.parse('2026-03-09T22:00:00Z'), 1_380, 0)

    for (const timeframe of ['15m', '1h', '4h', '1D'] as const)
      expect(resample(resample(bars, '5m', FAR).sealed, timeframe, FAR).sealed).toEqual(
        resample(bars, timeframe, FAR).sealed,
      )
  })
})
