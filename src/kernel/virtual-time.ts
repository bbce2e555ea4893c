/** Time that moves only when it is told to, and the order of everything that happens at one instant. */
import type { Random } from '../lib/index.ts'
import type { Cancel, ClockSource, Timing } from './clock.ts'
import { TimerHeap } from './timer-heap.ts'

/** One virtual ms is one real ms and one of the system's: tests have one time. */
export class VirtualTime implements Timing, ClockSource {
  readonly #heap = new TimerHeap()
  readonly #random: Random
  readonly #startedAt: number
  #now: number
  #ready: (() => void)[] = []
  #isPumping = false

  constructor(at: number, random: Random) {
    this.#startedAt = at
    this.#now = at
    this.#random = random
  }

  now(): number {
    return this.#now
  }

  /** From 1: instant 0 means "none" in an envelope. */
  monotonic(): number {
    return this.#now - this.#startedAt + 1
  }

  /** Each caller has at most one turn armed, so any order of turns is one that could have been. */
  defer(run: () => void): void {
    this.#ready.push(run)
    if (this.#isPumping) return
    this.#isPumping = true
    setImmediate(() => void this.#pump())
  }

  later(run: () => void): void {
    this.defer(run)
  }

  after(ms: number, run: () => void): Cancel {
    return this.arm(ms, 0, run)
  }

  arm(ms: number, every: number, run: () => void): Cancel {
    const timer = this.#heap.add(this.#now + Math.max(0, ms), every, run)
    return () => {
      timer.cancelled = true
    }
  }

  /** The same time for a thread that may hang. */
  unless(isHung: () => boolean): Timing & ClockSource {
    const guard = (run: () => void) => () => {
      if (!isHung()) run()
    }
    return {
      now: () => this.now(),
      monotonic: () => this.monotonic(),
      defer: (run) => this.defer(guard(run)),
      later: (run) => this.later(guard(run)),
      after: (ms, run) => this.after(ms, guard(run)),
      arm: (ms, every, run) => this.arm(ms, every, guard(run)),
    }
  }

  /** Until nothing is left to do at this instant. */
  async settle(): Promise<void> {
    do await turn()
    while (this.#isPumping || this.#ready.length > 0)
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await this.settle()
    for (let next = this.#heap.peek(); next && next.due <= until; next = this.#heap.peek()) {
      this.#now = Math.max(this.#now, next.due)
      for (const timer of this.#heap.takeDue(this.#now)) {
        this.#heap.run(timer, this.#now)
        await this.settle()
      }
    }
    this.#now = until
  }

  /** Moves on until the promise is settled, at most so many ms. */
  async run<T>(promise: Promise<T>, withinMs: number): Promise<T> {
    const outcome = { isOpen: true }
    const close = (): void => {
      outcome.isOpen = false
    }
    // How it ends is the caller's: here it only matters that it does.
    void promise.then(close, close)
    await this.settle()
    const until = this.#now + withinMs
    while (outcome.isOpen && this.#now < until) {
      const next = this.#heap.peek()
      await this.advance(next ? Math.max(0, next.due - this.#now) : until - this.#now)
    }
    if (outcome.isOpen) throw new Error(`not settled within ${withinMs} ms of virtual time`)
    return promise
  }

  async #pump(): Promise<void> {
    while (this.#ready.length > 0) {
      const round = this.#ready
      this.#ready = []
      while (round.length > 0) {
        const at = this.#random.int(round.length)
        const [run] = round.splice(at, 1)
        run?.()
      }
      await turn()
    }
    this.#isPumping = false
  }
}

/** Lets every promise that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
