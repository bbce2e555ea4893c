import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newYorkOffsetMs } from '../../src/domain/calendar/index.ts'
import {
  MINUS,
  formatDistance,
  formatMoney,
  formatPercent,
  formatPrice,
  formatProfit,
  formatR,
} from '../../web/src/format/numbers.ts'
import {
  easternOffsetMs,
  formatAge,
  formatClock,
  formatCountdown,
  formatInstant,
  formatTradingDay,
} from '../../web/src/format/time.ts'

const MNQ = { tickSize: 0.25, decimals: 2 }
const EURO = { tickSize: 0.00005, decimals: 5 }
const MYM = { tickSize: 1, decimals: 0 }
const RTY = { tickSize: 0.1, decimals: 1 }
const DOLLAR = 1_000_000

describe('numbers on screen', () => {
  test('a price has the decimals of its instrument, also when they are zero', () => {
    expect(formatPrice(79_738, MNQ)).toBe('19,934.50')
    expect(formatPrice(21_724, EURO)).toBe('1.08620')
    expect(formatPrice(42_611, MYM)).toBe('42,611')
    expect(formatPrice(23_449, RTY)).toBe('2,344.9')
  })

  test('an average between two ticks keeps the decimals of the grid', () => {
    expect(formatPrice(79_689.5, MNQ)).toBe('19,922.38')
  })

  test('a price below zero is a price, with a true minus', () => {
    expect(formatPrice(-3_763, { tickSize: 0.01, decimals: 2 })).toBe(`${MINUS}37.63`)
  })

  test('profit and loss always has its sign, and zero has none', () => {
    expect(formatProfit(49 * DOLLAR)).toBe('+49.00')
    expect(formatProfit(-85 * DOLLAR)).toBe(`${MINUS}85.00`)
    expect(formatProfit(0)).toBe('0.00')
    expect(formatProfit(-0)).toBe('0.00')
  })

  test('what rounds to zero has no sign: a minus would be a loss that is not there', () => {
    expect(formatProfit(-4_999)).toBe('0.00')
    expect(formatProfit(4_999)).toBe('0.00')
    expect(formatDistance(-0.0001, MNQ)).toBe('0.00 pt')
  })

  test('half a cent rounds away from zero, on the loss side as on the other', () => {
    expect(formatProfit(1_005_000)).toBe('+1.01')
    expect(formatProfit(-1_005_000)).toBe(`${MINUS}1.01`)
  })

  test('a balance has no plus, since it is no gain', () => {
    expect(formatMoney(50_061.4 * DOLLAR)).toBe('50,061.40')
  })

  test('R has two decimals and a share of a limit has none', () => {
    expect(formatR(0.4188)).toBe('+0.42 R')
    expect(formatPercent(0.5125)).toBe('51 %')
  })

  test('no loss is ever written with a hyphen, and no text breaks its own grouping', () => {
    assert(
      property(integer({ min: -9e14, max: 9e14 }), (micros) => {
        const text = formatProfit(micros)
        expect(text).toMatch(/^[+−]?\d{1,3}(,\d{3})*\.\d{2}$/)
        const back = Number(text.replaceAll(',', '').replace(MINUS, '-'))
        expect(Math.abs(back * DOLLAR - micros)).toBeLessThanOrEqual(5_000 + Math.abs(micros) * 1e-9)
      }),
    )
  })
})

describe('time on screen', () => {
  const at = Date.parse('2026-11-24T15:42:07.118Z')

  test('an age is in tenths, then seconds, then minutes, and from an hour on it is the clock time of the fact', () => {
    expect(formatAge(at - 400, at)).toBe('0.4 s')
    expect(formatAge(at - 12_400, at)).toBe('12 s')
    expect(formatAge(at - 180_000, at)).toBe('3 min')
    expect(formatAge(at - 9_000_000, at)).toBe('08:12 ET')
    expect(formatAge(at - 90_000_000, at)).toBe('Mon 23 Nov 09:42 ET')
  })

  test('a fact from a clock that runs ahead of ours is not of a negative age', () => {
    expect(formatAge(at + 300, at)).toBe('0.0 s')
  })

  test('a countdown ends at zero and does not run below it', () => {
    expect(formatCountdown(19_673_000)).toBe('5:27:53')
    expect(formatCountdown(-1)).toBe('0:00:00')
  })

  test('the zone is printed with a full instant', () => {
    expect(formatInstant(at)).toBe('2026-11-24 10:42:07.118 ET')
  })

  test('Chicago is one hour behind New York in summer and in winter', () => {
    expect([formatClock(at), formatClock(at, 'CT')]).toEqual(['10:42:07', '09:42:07'])
    const july = Date.parse('2026-07-01T14:42:07Z')
    expect([formatClock(july), formatClock(july, 'CT')]).toEqual(['10:42:07', '09:42:07'])
  })

  test('the page and the calendar agree on the offset of New York at every minute of ten years', () => {
    const from = Date.parse('2020-01-01T00:00:00Z')
    assert(
      property(integer({ min: 0, max: 10 * 365 * 24 * 60 }), (minutes) => {
        const instant = from + minutes * 60_000
        expect(easternOffsetMs(instant)).toBe(newYorkOffsetMs(instant))
      }),
    )
    for (const change of ['2026-03-08T07:00:00Z', '2026-11-01T06:00:00Z']) {
      for (const beside of [-1, 0, 1]) {
        const instant = Date.parse(change) + beside
        expect(easternOffsetMs(instant)).toBe(newYorkOffsetMs(instant))
      }
    }
  })

  test('a trading day is called by its own date, also on the evening before', () => {
    expect(formatTradingDay('2026-11-24')).toBe('Tue session')
  })
})
