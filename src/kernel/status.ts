/**
 * Counters and heartbeats in shared memory: reading them takes no message and works while a thread hangs or is gone.
 * Each word has one writer. Plain stores, but where a hand-shake needs an order.
 */

const FLOAT = Float64Array.BYTES_PER_ELEMENT

/** Bucket of a duration: log2 of its microseconds, 32 of them. */
export function bucketOf(ms: number): number {
  const us = ms * 1_000
  return us < 1 ? 0 : Math.min(31, 32 - Math.clz32(us | 0))
}

export interface Busy {
  readonly actor: number
  readonly type: string
  /** Monotonic ms. */
  readonly since: number
}

const NAMES_AT = 16 * FLOAT
const NAME_BYTES = 48
const NAMES = 128

/** One thread's: the beat of its loop, and what it does this very moment. */
export class ThreadBlock {
  readonly buffer: SharedArrayBuffer
  readonly #numbers: Float64Array
  readonly #names: Uint8Array
  readonly #known = new Map<string, number>()

  constructor(buffer = new SharedArrayBuffer(NAMES_AT + NAMES * NAME_BYTES)) {
    this.buffer = buffer
    this.#numbers = new Float64Array(buffer, 0, 16)
    this.#names = new Uint8Array(buffer, NAMES_AT)
  }

  /** Worker's side: the loop came round. */
  beat(now: number): void {
    const numbers = this.#numbers
    const last = numbers[0] ?? 0
    if (last > 0) numbers[1] = Math.max(numbers[1] ?? 0, now - last)
    numbers[0] = now
  }

  /** A handler begins. The type's name is written once; then only its number. */
  enter(actor: number, type: string, now: number): void {
    const numbers = this.#numbers
    numbers[3] = actor
    numbers[4] = this.#known.get(type) ?? this.#learn(type)
    numbers[2] = now
  }

  leave(): void {
    this.#numbers[2] = 0
  }

  report(heapUsed: number, heapLimit: number, external: number, utilization: number): void {
    this.#numbers.set([heapUsed, heapLimit, external, utilization], 6)
  }

  /** Monotonic ms of the last beat; 0 before the first. */
  get beatAt(): number {
    return this.#numbers[0] ?? 0
  }

  /** The longest gap between two beats since this was last asked, ms. */
  takeGap(): number {
    const gap = this.#numbers[1] ?? 0
    this.#numbers[1] = 0
    return gap
  }

  get busy(): Busy | undefined {
    const [since = 0, actor = 0, type = 0] = this.#numbers.subarray(2, 5)
    if (since === 0) return undefined
    const name = this.#names.slice(type * NAME_BYTES, (type + 1) * NAME_BYTES)
    return { actor, since, type: Buffer.from(name).toString('utf8').replaceAll('\0', '') }
  }

  get memory(): { heapUsed: number; heapLimit: number; external: number; utilization: number } {
    const [heapUsed = 0, heapLimit = 0, external = 0, utilization = 0] = this.#numbers.subarray(6, 10)
    return { heapUsed, heapLimit, external, utilization }
  }

  #learn(type: string): number {
    const index = this.#known.size
    // The last place serves all types past the table: a wrong name in a report, nothing worse.
    if (index >= NAMES) return NAMES - 1
    this.#known.set(type, index)
    this.#names.set(Buffer.from(type).subarray(0, NAME_BYTES), index * NAME_BYTES)
    return index
  }
}

export interface ActorCounts {
  /** Messages that reached the actor; handled; whose handler failed or was missing; that came too late. */
  readonly in: number
  readonly out: number
  readonly failed: number
  readonly expired: number
}

/** One actor's, over all its incarnations. Written by the thread it is on. */
export class ActorBlock {
  readonly buffer: SharedArrayBuffer
  readonly #numbers: Float64Array
  readonly #handled: Int32Array
  readonly #queued: Int32Array

  constructor(buffer = new SharedArrayBuffer(4 * FLOAT + 2 * 32 * 4)) {
    this.buffer = buffer
    this.#numbers = new Float64Array(buffer, 0, 4)
    this.#handled = new Int32Array(buffer, 4 * FLOAT, 32)
    this.#queued = new Int32Array(buffer, 4 * FLOAT + 128, 32)
  }

  add(counter: 0 | 1 | 2 | 3): void {
    this.#numbers[counter] = (this.#numbers[counter] ?? 0) + 1
  }

  took(queuedMs: number, handledMs: number): void {
    const queued = bucketOf(queuedMs)
    const handled = bucketOf(handledMs)
    this.#queued[queued] = (this.#queued[queued] ?? 0) + 1
    this.#handled[handled] = (this.#handled[handled] ?? 0) + 1
  }

  get counts(): ActorCounts {
    const [arrived = 0, out = 0, failed = 0, expired = 0] = this.#numbers
    return { in: arrived, out, failed, expired }
  }

  /** Messages by log2 of the microseconds they took, in the queue of the receiver and in the handler. */
  get histograms(): { queuedUs: number[]; handledUs: number[] } {
    return { queuedUs: [...this.#queued], handledUs: [...this.#handled] }
  }
}

export const ARRIVED = 0
export const OUT = 1
export const FAILED = 2
export const EXPIRED = 3

const EDGE_COUNTERS = { sent: 0, conflated: 1, dropped: 2, rejected: 3, expired: 4, dead: 5 } as const
export type EdgeCounter = keyof typeof EDGE_COUNTERS
export type EdgeCounts = Record<EdgeCounter, number>

const SETTLED = 0
const WAKE = 16
const WAKE_AT = 17
const COUNTERS_AT = 128

/**
 * One sender's messages to one receiver. The receiver writes how many it is done with; the sender reads that instead
 * of being told, and asks for one wake-up only when its window is full.
 */
export class EdgeBlock {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #counters: Float64Array

  constructor(buffer = new SharedArrayBuffer(COUNTERS_AT + 6 * FLOAT)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer, 0, COUNTERS_AT / 4)
    this.#counters = new Float64Array(buffer, COUNTERS_AT)
  }

  /** Receiver's side: one more is done with. True when the sender wants to be woken now. */
  settle(): boolean {
    const settled = Atomics.add(this.#words, SETTLED, 1) + 1
    if (Atomics.load(this.#words, WAKE) === 0) return false
    if (((settled - (this.#words[WAKE_AT] ?? 0)) | 0) < 0) return false
    return Atomics.exchange(this.#words, WAKE, 0) === 1
  }

  /** Wraps at 2^32: only differences of it mean anything. */
  get settled(): number {
    return Atomics.load(this.#words, SETTLED)
  }

  /** Sender's side: wake me when so many are settled. */
  wakeAt(settled: number): void {
    this.#words[WAKE_AT] = settled
    Atomics.store(this.#words, WAKE, 1)
  }

  wakeNoMore(): void {
    Atomics.store(this.#words, WAKE, 0)
  }

  add(counter: EdgeCounter, by = 1): void {
    const at = EDGE_COUNTERS[counter]
    this.#counters[at] = (this.#counters[at] ?? 0) + by
  }

  get counts(): EdgeCounts {
    const [sent = 0, conflated = 0, dropped = 0, rejected = 0, expired = 0, dead = 0] = this.#counters
    return { sent, conflated, dropped, rejected, expired, dead }
  }
}
