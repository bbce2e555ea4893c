import { array, assert, asyncProperty, integer, nat, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BARS_LIMITS,
  type BucketLimits,
  GENERAL_LIMITS,
  type Priority,
  createBucket,
} from '../../src/brokers/topstepx/limiter.ts'
import { virtualClock } from './support.ts'

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Instants at which an impatient caller got through in ten minutes. */
function greedy(limits: BucketLimits, priority: Priority, stepMs: number): readonly number[] {
  const clock = virtualClock()
  const bucket = createBucket(limits, clock)
  const taken: number[] = []
  for (let at = 0; at < 600_000; at += stepMs) {
    while (bucket.tryTake(priority)) taken.push(clock.now())
    clock.advance(stepMs)
  }
  return taken
}

function busiestWindow(taken: readonly number[], windowMs: number): number {
  return Math.max(...taken.map((from) => taken.filter((at) => at >= from && at < from + windowMs).length))
}

describe('rate limit', () => {
  test.each([
    ['all other endpoints', GENERAL_LIMITS, 200],
    ['history', BARS_LIMITS, 50],
  ])('%s: no window of the gateway ever sees more than 85 %% of what it allows', (_name, limits, allowed) => {
    for (const step of [50, 333, 1_000])
      expect(busiestWindow(greedy(limits, 'protect', step), limits.windowMs)).toBeLessThanOrEqual(
        allowed * 0.85,
      )
  })

  test('the bound is not bought with idleness: in the long run more than half of what the gateway allows goes through', () => {
    const perWindow = greedy(GENERAL_LIMITS, 'protect', 100).length / 10

    expect(perWindow).toBeGreaterThan(100)
  })

  test('the last twenty tokens are for cancels and closes alone', () => {
    const bucket = createBucket(GENERAL_LIMITS, virtualClock())
    while (bucket.tryTake('account'));

    expect(bucket.tryTake('entry')).toBe(false)
    expect(Array.from({ length: 20 }, () => bucket.tryTake('protect'))).not.toContain(false)
    expect(bucket.tryTake('protect')).toBe(false)
  })

  test('who protects is served before an entry, an entry before reconciliation, history last', async () => {
    const clock = virtualClock()
    const bucket = createBucket(GENERAL_LIMITS, clock)
    while (bucket.tryTake('protect'));
    const served: Priority[] = []
    for (const priority of ['history', 'account', 'reconcile', 'entry', 'protect'] as const)
      void bucket.take(priority).then(() => served.push(priority))

    clock.advance(60_000)
    await turns()

    expect(served).toEqual(['protect', 'entry', 'reconcile', 'account', 'history'])
  })

  test('nobody overtakes an equal who waits', async () => {
    const clock = virtualClock()
    const bucket = createBucket({ burst: 2, refill: 2, windowMs: 1_000, reserve: 0 }, clock)
    while (bucket.tryTake('account'));
    const order: string[] = []
    void bucket.take('account').then(() => order.push('first'))
    clock.advance(499)

    expect(bucket.tryTake('account')).toBe(false)
    clock.advance(1)
    await turns()
    expect(order).toEqual(['first'])
  })

  test('the bucket fills by the platform clock: at twenty times speed a minute is three seconds', async () => {
    const clock = virtualClock()
    const bucket = createBucket(BARS_LIMITS, clock)
    while (bucket.tryTake('history'));
    let isServed = false
    void bucket.take('history').then(() => (isServed = true))

    await turns()
    expect(isServed).toBe(false)
    clock.advance(BARS_LIMITS.windowMs / BARS_LIMITS.refill + 1)
    await turns()
    expect(isServed).toBe(true)
  })

  test('after a 429 everything but protection waits until the time that the gateway named has passed', () => {
    const clock = virtualClock()
    const bucket = createBucket(GENERAL_LIMITS, clock)

    bucket.penalise(12_000)

    expect(bucket.tryTake('reconcile')).toBe(false)
    expect(bucket.tryTake('protect')).toBe(true)
    clock.advance(11_999)
    expect(bucket.tryTake('reconcile')).toBe(false)
    clock.advance(1)
    expect(bucket.tryTake('reconcile')).toBe(true)
  })

  test('a clock that is set back gives no tokens', () => {
    let now = 1_000_000
    const bucket = createBucket(BARS_LIMITS, { now: () => now, timeout: () => () => undefined })
    while (bucket.tryTake('history'));

    now -= 500_000
    expect(bucket.tryTake('history')).toBe(false)
    now += 1_000
    expect(bucket.tryTake('history')).toBe(false)
  })

  test('too many waiting is refused at once, not queued without end', async () => {
    const bucket = createBucket(BARS_LIMITS, virtualClock())
    while (bucket.tryTake('history'));
    for (let i = 0; i < 256; i++) void bucket.take('history')

    const refused = await bucket.take('history')

    expect(refused).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED', retry: 'safe' } })
  })

  test('whatever is asked when, nobody waits for ever and no window overflows', async () => {
    await assert(
      asyncProperty(
        array(record({ after: nat(3_000), many: integer({ min: 1, max: 30 }) }), {
          maxLength: 8,
        }),
        async (waves) => {
          const clock = virtualClock()
          const bucket = createBucket(GENERAL_LIMITS, clock)
          const taken: number[] = []
          let asked = 0
          for (const { after, many } of waves) {
            clock.advance(after)
            for (let i = 0; i < many; i++) {
              asked += 1
              void bucket.take('account').then(() => taken.push(clock.now()))
            }
            await turns()
          }
          for (let i = 0; i < 300 && taken.length < asked; i++) {
            clock.advance(1_000)
            await turns()
          }
          expect(taken.length).toBe(asked)
          expect(busiestWindow(taken, 60_000)).toBeLessThanOrEqual(170)
        },
      ),
      { numRuns: 20 },
    )
  })
})
