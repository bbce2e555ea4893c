import { describe, expect, test } from 'vitest'
import { TimeBlock, createTime } from '../../src/kernel/index.ts'
import { SystemClock, monotonicMs } from '../../src/kernel/clock.ts'
import { TimerHeap } from '../../src/kernel/timer-heap.ts'

const MINUTE = 60_000
const AT = Date.UTC(2024, 5, 3, 13, 30)

function started(rate: number, at = AT) {
  const buffer = createTime()
  const time = new TimeBlock(buffer)
  time.set({ at, rate })
  return { time, clock: new SystemClock(buffer) }
}

const armed = (clock: SystemClock, ms: number): Promise<number> =>
  new Promise((resolve) => void clock.arm(ms, 0, () => resolve(clock.now())))

describe('the system’s time', () => {
  test('is the wall clock until somebody sets it', () => {
    const clock = new SystemClock(createTime())

    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50)
  })

  test('runs at the rate it was set to', async () => {
    const { clock } = started(20)
    const real = monotonicMs()
    const virtual = clock.now()

    await armed(clock, 2_000)

    expect((clock.now() - virtual) / (monotonicMs() - real)).toBeCloseTo(20, 0)
  })

  test('stands at rate 0, and moves when it is set', async () => {
    const { time, clock } = started(0)
    const fired = armed(clock, MINUTE)
    expect(clock.now()).toBe(AT)

    time.set({ at: AT + MINUTE, rate: 0 })

    expect(await fired).toBe(AT + MINUTE)
  })

  test('fires at once what a jump forward has passed', async () => {
    const { time, clock } = started(1)
    const real = monotonicMs()
    const fired = armed(clock, 60 * MINUTE)

    time.set({ at: AT + 61 * MINUTE, rate: 1 })
    await fired

    expect(monotonicMs() - real).toBeLessThan(1_000)
  })

  test('keeps what was left to wait over a jump back to the start of a recording', async () => {
    const buffer = createTime()
    const clock = new SystemClock(buffer)
    const fired = armed(clock, MINUTE)

    new TimeBlock(buffer).set({ at: AT, rate: 0 })
    expect(clock.now()).toBe(AT)
    new TimeBlock(buffer).set({ at: AT + MINUTE, rate: 0 })

    expect(await fired).toBe(AT + MINUTE)
  })

  test('follows a new rate although the timer was armed under the old one', async () => {
    const { time, clock } = started(0.001)
    const fired = armed(clock, MINUTE)

    time.set({ at: clock.now(), rate: 1_000 })

    expect(await fired).toBeGreaterThanOrEqual(AT + MINUTE)
  })

  test('cannot be set to what is no time', () => {
    const time = new TimeBlock(createTime())

    expect(() => time.set({ at: NaN, rate: 1 })).toThrow('was NaN at 1')
    expect(() => time.set({ at: AT, rate: -1 })).toThrow(`was ${AT} at -1`)
  })

  test('is the wall clock while its holder lies dead in the middle of setting it', () => {
    const buffer = createTime()
    new TimeBlock(buffer).set({ at: AT, rate: 1 })
    Atomics.add(new Int32Array(buffer), 0, 1)

    expect(Math.abs(new TimeBlock(buffer).now() - Date.now())).toBeLessThan(50)
  })

  test('cancels a timer', async () => {
    const { clock } = started(100)
    let count = 0
    clock.arm(10, 0, () => count++)()

    await armed(clock, 100)

    expect(count).toBe(0)
  })

  test('fires a repeated timer once for all the times a jump skipped', async () => {
    const { time, clock } = started(0)
    const fired: number[] = []
    const cancel = clock.arm(1_000, 1_000, () => fired.push(clock.now()))

    time.set({ at: AT + 10_500, rate: 0 })
    await armed(clock, 0)
    time.set({ at: AT + 11_000, rate: 0 })
    await armed(clock, 0)
    cancel()

    expect(fired).toEqual([AT + 10_500, AT + 11_000])
  })
})

describe('a heap of timers', () => {
  test('gives them by instant, and in the order they were armed where that is the same', () => {
    const heap = new TimerHeap()
    const fired: string[] = []
    for (const [name, due] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
      ['later', 40],
    ] as const)
      heap.add(due, 0, () => fired.push(name))

    for (const timer of heap.takeDue(30)) heap.run(timer, 30)

    expect(fired).toEqual(['a', 'b1', 'b2', 'c'])
    expect(heap.size).toBe(1)
  })

  test('stays in order over thousands that come, go and are cancelled', () => {
    const heap = new TimerHeap()
    const due = Array.from({ length: 3_000 }, (_, n) => (n * 7_919) % 3_001)
    const timers = due.map((at) => heap.add(at, 0, () => {}))
    for (const [n, timer] of timers.entries()) if (n % 3 === 0) timer.cancelled = true

    const taken = heap.takeDue(Infinity).map((timer) => timer.due)

    expect(taken).toEqual(due.filter((_, n) => n % 3 !== 0).toSorted((a, b) => a - b))
  })
})
