/**
 * Time. Two kinds are kept apart: the system's time (virtual epoch ms, may run at 20x or stand still), which actors see,
 * and monotonic ms, which deadlines, heartbeats and the watchdog use. This is the one file of the kernel that reads a
 * clock or arms a timer of the platform.
 */
import { performance } from 'node:perf_hooks'
import { invariant } from '../lib/index.ts'
import { TimerHeap, type Timer } from './timer-heap.ts'

export type Cancel = () => void

export interface Clock {
  /** Epoch ms of the system's time. */
  now(): number
  /** Real ms since an arbitrary instant, the same for every thread of the process. */
  monotonic(): number
  /** Once, after `ms` of the system's time. A promise that rejects, like a throw, fails the actor. */
  timeout(ms: number, run: () => void | Promise<void>): Cancel
  /** Every `ms` of the system's time; what a jump forward skipped is fired once. */
  interval(ms: number, run: () => void | Promise<void>): Cancel
  sleep(ms: number): Promise<void>
}

/** Where a clock comes from: `Clock` without the promise rules, shared by all actors of a thread. */
export interface ClockSource {
  now(): number
  arm(ms: number, every: number, run: () => void): Cancel
}

/** What the kernel itself runs on. Real in production, virtual in the test kit. */
export interface Timing {
  monotonic(): number
  /** At the end of this turn. */
  defer(run: () => void): void
  /** After the platform's I/O had its turn. */
  later(run: () => void): void
  /** After so many monotonic ms. */
  after(ms: number, run: () => void): Cancel
}

// hrtime is one for the process; performance.now() is faster but starts anew in each thread.
const threadStartedMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

export function monotonicMs(): number {
  return threadStartedMs + performance.now()
}

export const realTiming: Timing = {
  monotonic: monotonicMs,
  defer: (run) => queueMicrotask(run),
  later: (run) => void setImmediate(run),
  after(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

/** Repeats every so many real ms, whatever the system's time does. */
export function everyMs(ms: number, run: () => void): Cancel {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

const SEQUENCE = 0
const AT = 1
const SINCE = 2
const RATE = 3

/** A new time for `createSystem({ time })`: until it is set it is the wall clock. */
export function createTime(): SharedArrayBuffer {
  return new SharedArrayBuffer(64)
}

/**
 * The system's time in shared memory: `now = at + (monotonic - since) * rate`. One holder sets it (the feed that follows
 * a simulated exchange), every thread reads it. Guarded by a sequence: odd while it is written.
 */
export class TimeBlock {
  readonly #words: Int32Array
  readonly #numbers: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    invariant(buffer.byteLength >= 64, `a time block has 64 bytes, was ${buffer.byteLength}`)
    this.#words = new Int32Array(buffer)
    this.#numbers = new Float64Array(buffer)
  }

  /** From this instant on it is `at`, and a real ms is `rate` ms. Rate 0: time stands until it is set again. */
  set({ at, rate }: { readonly at: number; readonly rate: number }): void {
    invariant(
      Number.isFinite(at) && Number.isFinite(rate) && rate >= 0,
      `time is set to a finite instant at a rate >= 0, was ${at} at ${rate}`,
    )
    Atomics.add(this.#words, SEQUENCE, 1)
    this.#numbers[AT] = at
    this.#numbers[SINCE] = monotonicMs()
    this.#numbers[RATE] = rate
    Atomics.add(this.#words, SEQUENCE, 1)
  }

  /** Changes whenever the time was set; 0 before the first time. */
  version(): number {
    return Atomics.load(this.#words, SEQUENCE)
  }

  read(): Course {
    for (let tries = 0; tries < 1_000; tries++) {
      const version = Atomics.load(this.#words, SEQUENCE)
      if ((version & 1) === 1) continue
      const [at = 0, since = 0, rate = 1] = [this.#numbers[AT], this.#numbers[SINCE], this.#numbers[RATE]]
      if (Atomics.load(this.#words, SEQUENCE) === version) return { version, at, since, rate }
    }
    // The holder died while it wrote: the next one sets it again, until then the wall clock is the honest answer.
    return WALL
  }

  now(): number {
    return instantOf(this.read())
  }
}

export interface Course {
  readonly version: number
  readonly at: number
  readonly since: number
  readonly rate: number
}

const WALL: Course = { version: 0, at: 0, since: 0, rate: 1 }

function instantOf({ version, at, since, rate }: Course): number {
  return version === 0 ? Date.now() : at + (monotonicMs() - since) * rate
}

/** How long a change of the course by another thread may go unnoticed, real ms. */
const COURSE_CHECK_MS = 10
/** The same while time stands still: it is then moved by data, and whoever waits for it should not wait long. */
const STANDING_CHECK_MS = 5
/** The platform's timers hold no more than 2^31 - 1 ms. */
const REAL_DELAY_MS_MAX = 1_000_000_000

/** The clock of one thread: a heap of timers in the system's time, and one timer of the platform. */
export class SystemClock implements ClockSource {
  readonly #time: TimeBlock | undefined
  readonly #heap = new TimerHeap()
  #course: Course = WALL
  #armed: { readonly cancel: Cancel; readonly due: number; readonly version: number } | undefined

  constructor(time?: SharedArrayBuffer) {
    this.#time = time && new TimeBlock(time)
    this.#follow()
  }

  now(): number {
    if (this.#time && this.#time.version() !== this.#course.version) this.#follow()
    return instantOf(this.#course)
  }

  arm(ms: number, every: number, run: () => void): Cancel {
    const timer = this.#heap.add(this.now() + Math.max(0, ms), every, run)
    this.#arm()
    return () => {
      timer.cancelled = true
    }
  }

  #follow(): void {
    if (!this.#time) return
    const next = this.#time.read()
    const was = instantOf(this.#course)
    this.#course = next
    // A jump back (to the first instant of a recording) keeps what was left to wait.
    const jump = instantOf(next) - was
    if (jump < 0) this.#heap.shift(jump)
  }

  #arm(): void {
    const next = this.#heap.peek()
    if (!next) return
    if (this.#armed && this.#armed.due <= next.due && this.#armed.version === this.#course.version) return
    this.#armed?.cancel()
    const timer = setTimeout(() => this.#fire(), this.#realDelay(next))
    this.#armed = { cancel: () => clearTimeout(timer), due: next.due, version: this.#course.version }
  }

  #realDelay(next: Timer): number {
    const left = Math.max(0, next.due - instantOf(this.#course))
    if (!this.#time) return Math.min(left, REAL_DELAY_MS_MAX)
    const { rate } = this.#course
    return rate === 0 ? STANDING_CHECK_MS : Math.min(left / rate, COURSE_CHECK_MS)
  }

  #fire(): void {
    this.#armed = undefined
    const now = this.now()
    // What is armed meanwhile for this same instant waits for the next turn: a timer of 0 ms cannot starve the thread.
    for (const timer of this.#heap.takeDue(now)) this.#heap.run(timer, now)
    this.#arm()
  }
}
