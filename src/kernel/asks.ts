/** Asks that wait for an answer, and the one timer that ends those that waited too long. */
import { AskTimeout } from './errors.ts'
import type { Cancel, Timing } from './clock.ts'
import type { Edge } from './edge.ts'
import type { Envelope } from './mailbox.ts'

/** Deadlines are looked at in steps of this many ms. */
const STEP_MS = 10

interface Pending {
  readonly edge: Edge
  readonly envelope: Envelope
  readonly timeoutMs: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly detach: (() => void) | undefined
}

export class AskTable {
  readonly #pending = new Map<number, Pending>()
  readonly #wheel = new Map<number, number[]>()
  readonly #timing: Timing
  #timer: Cancel | undefined
  #next = 1

  constructor(timing: Timing) {
    this.#timing = timing
  }

  get size(): number {
    return this.#pending.size
  }

  number(): number {
    return this.#next++
  }

  add(pending: Pending): void {
    const { correlation, deadline } = pending.envelope
    this.#pending.set(correlation, pending)
    const step = Math.ceil(deadline / STEP_MS)
    const ids = this.#wheel.get(step)
    if (ids) ids.push(correlation)
    else this.#wheel.set(step, [correlation])
    this.#timer ??= this.#timing.after(STEP_MS, () => this.#sweep())
  }

  /** False when nobody waits any more: a late answer. */
  resolve(correlation: number, value: unknown): boolean {
    const pending = this.#take(correlation)
    pending?.resolve(value)
    return pending !== undefined
  }

  reject(correlation: number, error: unknown): boolean {
    const pending = this.#take(correlation)
    pending?.reject(error)
    return pending !== undefined
  }

  /** Ends those of an edge whose message has left the queue: the one that had it is gone. */
  rejectSent(edge: Edge, errorOf: (envelope: Envelope) => Error): void {
    for (const [correlation, pending] of this.#pending)
      if (pending.edge === edge && pending.envelope.sent) this.reject(correlation, errorOf(pending.envelope))
  }

  rejectAll(errorOf: (path: string, envelope: Envelope) => Error): void {
    for (const [correlation, { edge, envelope }] of this.#pending)
      this.reject(correlation, errorOf(edge.to, envelope))
    this.#timer?.()
    this.#timer = undefined
    this.#wheel.clear()
  }

  #take(correlation: number): Pending | undefined {
    const pending = this.#pending.get(correlation)
    if (!pending) return undefined
    this.#pending.delete(correlation)
    pending.detach?.()
    return pending
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#timing.monotonic()
    for (const [step, ids] of this.#wheel) {
      if (step * STEP_MS > now) continue
      this.#wheel.delete(step)
      for (const correlation of ids) this.#expire(correlation)
    }
    if (this.#pending.size === 0) this.#wheel.clear()
    else this.#timer = this.#timing.after(STEP_MS, () => this.#sweep())
  }

  #expire(correlation: number): void {
    const pending = this.#pending.get(correlation)
    if (!pending) return
    const { edge, envelope, timeoutMs } = pending
    edge.withdraw(envelope)
    this.reject(correlation, new AskTimeout(edge.to, envelope.type, timeoutMs))
  }
}
