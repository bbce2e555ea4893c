import { describe, expect, test } from 'vitest'
import { type FreshnessBook, type FreshnessOptions, createFreshness } from '../../src/feed/index.ts'
import { OPEN } from './support.ts'

const NIGHT = Date.parse('2026-03-11T07:00:00Z')
const WEEKEND = Date.parse('2026-03-14T12:00:00Z')

/** MES and GC, each with an event every so many milliseconds up to `until`. */
function fed(
  until: number,
  { mes = 400, gc = 1_500, options = {} }: { mes?: number; gc?: number; options?: FreshnessOptions } = {},
): FreshnessBook {
  const book = createFreshness(['MES', 'GC'], options)
  const from = until - 600_000
  book.connected(from)
  const events = [
    ...Array.from({ length: Math.floor(600_000 / mes) + 1 }, (_, i) => ['MES', until - i * mes] as const),
    ...Array.from({ length: Math.floor(600_000 / gc) + 1 }, (_, i) => ['GC', until - i * gc] as const),
  ]
  for (const [root, at] of events.sort((a, b) => a[1] - b[1])) book.note(root, at, at)
  return book
}

describe('freshness', () => {
  test('within what is usual a price is current', () => {
    expect(fed(OPEN).judge('MES', OPEN + 1_900)).toMatchObject({
      state: 'current',
      ageMs: 1_900,
      why: undefined,
    })
  })

  test('what is usual is learned from its own gaps, and is never less than two seconds', () => {
    const book = fed(OPEN, { mes: 400, gc: 2_900 })

    expect(book.judge('MES', OPEN).expectedGapMs).toBe(2_000)
    expect(book.judge('GC', OPEN).expectedGapMs).toBeGreaterThanOrEqual(2_900)
    expect(book.judge('GC', OPEN).expectedGapMs).toBeLessThan(2_900 * 1.1)
  })

  test('before enough was seen five seconds are usual', () => {
    const book = createFreshness(['MES'])
    book.connected(OPEN)
    book.note('MES', OPEN, OPEN)

    expect(book.judge('MES', OPEN)).toMatchObject({ state: 'current', expectedGapMs: 5_000 })
  })

  test('longer than usual is quiet while another instrument proves that the line lives', () => {
    const book = fed(OPEN)
    for (let at = OPEN; at <= OPEN + 8_000; at += 500) book.note('GC', at, at)

    expect(book.judge('MES', OPEN + 8_000)).toMatchObject({ state: 'quiet', why: 'LONGER_THAN_USUAL' })
  })

  test('longer than usual is delayed when nobody proves it', () => {
    expect(fed(NIGHT).judge('MES', NIGHT + 4_000)).toMatchObject({ state: 'delayed', why: 'NO_SIGN_OF_LIFE' })
  })

  test('past thirty seconds a price is stale, whoever else is alive', () => {
    const book = fed(OPEN)
    for (let at = OPEN; at <= OPEN + 31_000; at += 500) book.note('GC', at, at)

    expect(book.judge('MES', OPEN + 30_000)).toMatchObject({ state: 'quiet' })
    expect(book.judge('MES', OPEN + 30_001)).toMatchObject({ state: 'stale', why: 'PAST_HARD_LIMIT' })
  })

  test('a fact that was old when it came is delayed, though it came just now', () => {
    const book = fed(OPEN)

    book.note('MES', OPEN - 1, OPEN + 8_000)

    expect(book.judge('MES', OPEN + 8_000)).toMatchObject({ state: 'delayed', why: 'OLD_FACT' })
  })

  test('when the hub is down every price is stale at once, however young', () => {
    const book = fed(OPEN)
    book.disconnected()

    expect(book.judge('MES', OPEN + 100)).toMatchObject({ state: 'stale', why: 'HUB_DOWN', ageMs: 100 })
  })

  test('after a reconnect a price is unknown until its own next event', () => {
    const book = fed(OPEN)
    book.disconnected()
    book.connected(OPEN + 3_000)
    book.note('GC', OPEN + 3_100, OPEN + 3_100)

    expect(book.judge('MES', OPEN + 3_200)).toMatchObject({ state: 'unknown', why: 'NO_EVENT_YET' })
    expect(book.judge('GC', OPEN + 3_200)).toMatchObject({ state: 'current' })
  })

  test('the gap that an outage makes is not learned as usual', () => {
    const book = fed(OPEN)
    const before = book.judge('MES', OPEN).expectedGapMs
    for (let i = 1; i <= 300; i++) {
      book.disconnected()
      book.connected(OPEN + i * 25_000)
      book.note('MES', OPEN + i * 25_000, OPEN + i * 25_000)
    }

    expect(book.judge('MES', OPEN + 300 * 25_000).expectedGapMs).toBe(before)
  })

  test('a closed market is closed, not stale, and never mute', () => {
    const book = fed(OPEN)

    expect(book.judge('MES', WEEKEND)).toMatchObject({ state: 'closed', why: undefined })
    expect(book.isMute(WEEKEND)).toBe(false)
  })

  test('an instrument that nobody asked for is unknown', () => {
    expect(fed(OPEN).judge('ZB', OPEN)).toMatchObject({ state: 'unknown' })
  })

  test('night is judged by the nights: a gap that alarms at noon is usual at three', () => {
    const book = fed(NIGHT, { mes: 2_500 })
    // The next morning, busy for ten minutes.
    const morning = Date.parse('2026-03-11T14:00:00Z')
    for (let i = 0; i <= 1_000; i++) book.note('MES', morning + i * 500, morning + i * 500)

    expect(book.judge('MES', morning + 500_000).expectedGapMs).toBe(2_000)
    expect(book.judge('MES', Date.parse('2026-03-12T07:05:00Z')).expectedGapMs).toBeGreaterThan(2_400)
  })
})

describe('a mute hub', () => {
  test('is one that says nothing about anything for five seconds of regular hours', () => {
    const book = fed(OPEN)

    expect(book.isMute(OPEN + 5_000)).toBe(false)
    expect(book.isMute(OPEN + 5_001)).toBe(true)
    expect(book.judge('GC', OPEN + 5_001)).toMatchObject({ state: 'stale', why: 'HUB_MUTE' })
  })

  test('or for twenty seconds of the night', () => {
    const book = fed(NIGHT)

    expect(book.isMute(NIGHT + 20_000)).toBe(false)
    expect(book.isMute(NIGHT + 20_001)).toBe(true)
  })

  test('one instrument is enough to prove that it is not', () => {
    const book = fed(OPEN)
    book.note('GC', OPEN + 4_000, OPEN + 4_000)

    expect(book.isMute(OPEN + 8_000)).toBe(false)
  })

  test('a hub that was just subscribed, or a session that just opened, is given its time', () => {
    const book = createFreshness(['MES'])
    book.connected(OPEN)
    const evening = Date.parse('2026-03-10T22:00:00Z')

    expect(book.isMute(OPEN + 5_000)).toBe(false)
    expect(book.isMute(OPEN + 5_001)).toBe(true)
    expect(book.isMute(evening + 19_000)).toBe(false)
  })

  test('a hub that is down is down, not mute', () => {
    const book = fed(OPEN)
    book.disconnected()

    expect(book.isMute(OPEN + 60_000)).toBe(false)
  })

  test('at twenty times speed delivery is given its twenty times longer', () => {
    const book = fed(OPEN, { options: { deliveryMs: 4_000 } })

    expect(book.isMute(OPEN + 9_000)).toBe(false)
    expect(book.judge('MES', OPEN + 5_900).state).toBe('current')
    expect(book.isMute(OPEN + 9_001)).toBe(true)
  })
})
