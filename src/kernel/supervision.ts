/** Who is restarted, when, and when it is enough. Pure: it is given the time and says what to do. */
import type { Random } from '../lib/index.ts'
import type { PartialPolicy } from './actor.ts'
import type { Failure } from './envelope.ts'

/** All in ms. */
export interface Limits {
  /** One message, from the start of its handler to the end of its promise. */
  readonly handlerMs: number
  /** A thread without a beat for longer is hung. Keep it well above what a machine short of cores does: 570 was seen. */
  readonly hungMs: number
  readonly startMs: number
  readonly stopMs: number
}

export interface RestartPolicy {
  /** Always; only after a failure; never. */
  readonly restart: 'permanent' | 'transient' | 'temporary'
  /** More failures than `max` within `withinMs` exhaust it. */
  readonly intensity: { readonly max: number; readonly withinMs: number }
  readonly backoff: {
    readonly minMs: number
    readonly maxMs: number
    readonly factor: number
    /** Share of the delay that chance may add or take. */
    readonly jitter: number
    /** Without a failure for so long, the next delay is the shortest again. */
    readonly resetAfterMs: number
  }
  readonly exhausted: 'quarantine' | 'escalate' | 'stop'
  /** What one hang does: for the executor of orders one is too many. */
  readonly onHang: 'restart' | 'escalate'
  /** Paths restarted after it, in this order, whenever it is. */
  readonly with?: readonly string[]
  readonly limits: Limits
}

export const DEFAULT_POLICY: RestartPolicy = {
  restart: 'permanent',
  intensity: { max: 3, withinMs: 60_000 },
  backoff: { minMs: 100, maxMs: 30_000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 },
  exhausted: 'quarantine',
  onHang: 'restart',
  limits: { handlerMs: 5_000, hungMs: 1_000, startMs: 10_000, stopMs: 2_000 },
}

/** Later ones win, field by field. */
export function policyOf(...parts: readonly (PartialPolicy | undefined)[]): RestartPolicy {
  let policy = DEFAULT_POLICY
  for (const part of parts) {
    if (!part) continue
    policy = {
      ...policy,
      ...part,
      intensity: { ...policy.intensity, ...part.intensity },
      backoff: { ...policy.backoff, ...part.backoff },
      limits: { ...policy.limits, ...part.limits },
    }
  }
  return policy
}

export type Action =
  | { readonly kind: 'restart'; readonly afterMs: number }
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'escalate' }
  | { readonly kind: 'stop' }

interface Child {
  policy: RestartPolicy
  /** Instants of failures within the intensity's period; running out of memory is there twice. */
  failures: number[]
  /** Restarts since the back-off was last reset. */
  attempt: number
  lastFailureAt: number
}

export class Supervisor {
  readonly #children = new Map<string, Child>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  manage(path: string, policy: RestartPolicy): void {
    const child = this.#children.get(path)
    if (child) child.policy = policy
    else this.#children.set(path, { policy, failures: [], attempt: 0, lastFailureAt: -Infinity })
  }

  forget(path: string): void {
    this.#children.delete(path)
  }

  /** The operator lifted a quarantine: what was is forgiven. */
  released(path: string): void {
    const child = this.#children.get(path)
    if (!child) return
    child.failures = []
    child.attempt = 0
  }

  /** `now` in monotonic ms. */
  failed(path: string, failure: Failure, now: number): Action {
    const child = this.#children.get(path)
    if (!child || child.policy.restart === 'temporary') return { kind: 'stop' }
    const { intensity, backoff, exhausted, onHang } = child.policy
    if (failure.kind === 'hung' && onHang === 'escalate') return { kind: 'escalate' }

    if (now - child.lastFailureAt >= backoff.resetAfterMs) child.attempt = 0
    child.lastFailureAt = now
    child.failures = child.failures.filter((at) => now - at < intensity.withinMs)
    child.failures.push(now)
    // A thread that ran out of memory may take the process with it next time.
    if (failure.kind === 'oom') child.failures.push(now)
    if (child.failures.length > intensity.max) return { kind: exhausted }
    return { kind: 'restart', afterMs: this.#delay(backoff, child.attempt++) }
  }

  #delay({ minMs, maxMs, factor, jitter }: RestartPolicy['backoff'], attempt: number): number {
    const plain = Math.min(maxMs, minMs * factor ** attempt)
    return plain * (1 + jitter * (2 * this.#random.next() - 1))
  }
}
