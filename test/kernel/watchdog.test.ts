import { describe, expect, test } from 'vitest'
import { type Reading, Watchdog } from '../../src/kernel/watchdog.ts'

const TICK = 25

const reading = (thread: number, beatAt: number, more: Partial<Reading> = {}): Reading => ({
  thread,
  beatAt,
  gapMs: 0,
  busy: undefined,
  hungMs: 1_000,
  ...more,
})

/** A watchdog that has seen a calm minute, up to that instant. */
function calm(until: number, threads: number, gapMs = 11): Watchdog {
  const watchdog = new Watchdog(TICK)
  const all = Array.from({ length: threads }, (_, n) => n + 1)
  for (let now = until - 400 * TICK; now <= until; now += TICK)
    watchdog.check(
      now,
      all.map((thread) => reading(thread, now, { gapMs })),
    )
  return watchdog
}

describe('the watchdog', () => {
  test('lets a thread be late by less than its limit', () => {
    const watchdog = calm(100_000, 3)

    expect(watchdog.check(100_025, [reading(1, 99_026), reading(2, 100_020)])).toEqual([])
  })

  test('finds a thread without a beat for longer than its limit, and leaves the others', () => {
    const watchdog = calm(100_000, 3)

    const verdicts = watchdog.check(100_025, [reading(1, 99_000), reading(2, 100_020), reading(3, 100_015)])

    expect(verdicts).toEqual([{ kind: 'hung', thread: 1, silentMs: 1_025 }])
  })

  test('finds it when it is the only thread there is', () => {
    const watchdog = calm(100_000, 1)

    expect(watchdog.check(100_025, [reading(1, 99_000)])).toMatchObject([{ kind: 'hung', thread: 1 }])
  })

  test('does not judge a thread that has not come up yet', () => {
    expect(calm(100_000, 1).check(100_025, [reading(1, 0)])).toEqual([])
  })

  test('doubts itself first: after a late tick of its own it judges nobody', () => {
    const watchdog = calm(100_000, 3)

    expect(watchdog.check(102_000, [reading(1, 99_000), reading(2, 101_999), reading(3, 101_999)])).toEqual(
      [],
    )
  })

  test('kills nobody when half of the threads are late: that is the machine', () => {
    const watchdog = calm(100_000, 4)
    const late = [reading(1, 98_000), reading(2, 98_000), reading(3, 100_020), reading(4, 100_020)]

    expect(watchdog.check(100_025, late)).toEqual([{ kind: 'overload', late: 2, of: 4 }])
  })

  test('says so once, not at every tick', () => {
    const watchdog = calm(100_000, 4)
    const late = [reading(1, 98_000), reading(2, 98_000), reading(3, 100_020), reading(4, 100_020)]
    watchdog.check(100_025, late)

    expect(watchdog.check(100_050, late)).toEqual([])
  })

  test('loses its patience with a thread that is silent for eight times its limit', () => {
    const watchdog = calm(100_000, 2)

    const verdicts = watchdog.check(100_025, [reading(1, 91_000), reading(2, 98_000)])

    expect(verdicts).toMatchObject([{ kind: 'hung', thread: 1 }, { kind: 'overload' }])
  })

  test('grants more on a machine whose loops are late by habit: ten times the gap of one in a hundred', () => {
    const watchdog = calm(100_000, 3, 250)

    expect(watchdog.check(100_025, [reading(1, 98_000), reading(2, 100_020), reading(3, 100_020)])).toEqual(
      [],
    )
    expect(
      watchdog.check(100_050, [reading(1, 97_000), reading(2, 100_045), reading(3, 100_045)]),
    ).toMatchObject([{ kind: 'hung', thread: 1 }])
  })

  test('does not learn patience from the thread that hangs: only gaps that ended count', () => {
    const watchdog = calm(100_000, 1)
    for (let now = 100_025; now < 101_000; now += TICK)
      expect(watchdog.check(now, [reading(1, 100_000)])).toEqual([])

    expect(watchdog.check(101_025, [reading(1, 100_000)])).toMatchObject([{ kind: 'hung' }])
  })

  test('reports a handler that holds its thread for 100 ms, once', () => {
    const watchdog = calm(100_000, 1)
    const busy = { actor: 7, type: 'onBar', since: 99_900 }

    expect(watchdog.check(100_025, [reading(1, 99_900, { busy })])).toEqual([
      { kind: 'slow', thread: 1, busy, ms: 125 },
    ])
    expect(watchdog.check(100_050, [reading(1, 99_900, { busy })])).toEqual([])
  })
})
