import { assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instrumentOf } from '../../src/domain/index.ts'
import {
  instrumentOfContract,
  parseId,
  parseInstant,
  parseJson,
  parseNumber,
  parseTimestamp,
  parseUsd,
  wireId,
} from '../../src/brokers/topstepx/values.ts'

describe('values of the wire', () => {
  test.each([
    ['Z', '2026-08-19T20:51:31Z', '2026-08-19T20:51:31.000Z'],
    ['an offset of zero and seven digits', '2026-08-19T20:51:31.4173693+00:00', '2026-08-19T20:51:31.417Z'],
    ['no zone, which is UTC', '2026-08-19T20:51:31.4', '2026-08-19T20:51:31.400Z'],
    ['an offset that is not zero', '2026-08-19T15:51:31.004120-05:00', '2026-08-19T20:51:31.004Z'],
    ['an offset that crosses midnight', '2026-01-01T00:30:00+02:00', '2025-12-31T22:30:00.000Z'],
    ['no seconds', '2026-08-19T20:51Z', '2026-08-19T20:51:00.000Z'],
  ])('a timestamp with %s is one instant', (_form, text, instant) => {
    expect(parseTimestamp(text)).toBe(Date.parse(instant))
  })

  test('the last 100 ns of a minute stay in that minute: a fraction is cut, never rounded', () => {
    expect(parseInstant('2026-08-19T20:51:59.9999999+00:00')).toEqual({
      at: Date.parse('2026-08-19T20:51:59.999Z'),
      subMs: 9_999,
    })
  })

  test.each([
    ['2026-02-30T00:00:00Z'],
    ['2026-13-01T00:00:00Z'],
    ['2026-08-19T24:00:00Z'],
    ['1755636691'],
    ['yesterday'],
    [''],
    ['0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z'],
  ])('%j is no instant', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
    expect(parseTimestamp(null)).toBeUndefined()
    expect(parseTimestamp(1_755_636_691_000)).toBeUndefined()
  })

  test('every instant survives the way out and back, in each of the forms', () => {
    assert(
      property(
        integer({ min: 700_000_000_000, max: 4_000_000_000_000 }),
        constantFrom('Z', '+00:00', ''),
        (ms, zone) => {
          expect(parseTimestamp(new Date(ms).toISOString().replace('Z', zone))).toBe(ms)
        },
      ),
    )
  })

  test('a number may come as text; what is not finite or not a number is refused', () => {
    expect([6335.25, '6335.25', '5e-05', '-40.1'].map(parseNumber)).toEqual([
      6335.25, 6335.25, 0.00005, -40.1,
    ])
    expect([Number.NaN, Infinity, '', ' ', '12,5', '1e400', '0x10', null, true, {}].map(parseNumber)).toEqual(
      Array.from({ length: 10 }, () => undefined),
    )
  })

  test('an order id is digits, whether it comes as a number or as text', () => {
    expect([3_300_000_000, '3300000000', 0].map(parseId)).toEqual(['3300000000', '3300000000', '0'])
    expect([-1, 1.5, '12a', '', null, 2 ** 60].map(parseId)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    )
  })

  test('an id beyond 2^53 keeps every digit, in and out', () => {
    const text = '{"orderId":9007199254740993,"price":0.1234567890123456789,"tag":"x:1234567890123456789,"}'

    const parsed = parseJson(text) as Record<string, unknown>

    expect(parsed['orderId']).toBe('9007199254740993')
    expect(parsed['price']).toBe(Number('0.1234567890123456789'))
    expect(parsed['tag']).toBe('x:1234567890123456789,')
    expect(JSON.stringify({ orderId: wireId('9007199254740993') })).toBe('{"orderId":9007199254740993}')
  })

  test('text that is no id never reaches a request', () => {
    expect(() => wireId('1,"size":99')).toThrow(/an id of the gateway is digits/)
  })

  test('money is exact to the micro-dollar, and beyond nine billion dollars it is refused', () => {
    expect([50_120.5, '0.36', -85].map(parseUsd)).toEqual([50_120_500_000, 360_000, -85_000_000])
    expect([1e16, Number.NaN, null].map(parseUsd)).toEqual([undefined, undefined, undefined])
  })

  test('a contract is matched by its symbol id, so NQ is never MNQ', () => {
    expect(instrumentOfContract('CON.F.US.ENQ.U26')).toBe(instrumentOf('NQ'))
    expect(instrumentOfContract('CON.F.US.MNQ.U26')).toBe(instrumentOf('MNQ'))
    expect(instrumentOfContract('CON.F.US.NQ.U26')).toBeUndefined()
    expect(instrumentOfContract('NQU6')).toBeUndefined()
  })
})
