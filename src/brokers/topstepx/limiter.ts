/**
 * Keeps us under the gateway's rate limits, counted in the platform's time as the gateway counts them.
 *
 * A bucket of `burst` tokens that refills by `refill` a window never lets more than `burst + refill` through in
 * any window of that length: that sum is 85 % of what the gateway allows. The last `reserve` tokens are for
 * requests that protect.
 */
import { type Fault, type Result, failed, invariant, ok } from '../../lib/index.ts'
import type { Cancel, Clock } from '../port.ts'

/** First served first: a cancel or close, then entries, reconciliation, account reads, history. */
const PRIORITIES = ['protect', 'entry', 'reconcile', 'account', 'history'] as const
export type Priority = (typeof PRIORITIES)[number]

export interface BucketLimits {
  readonly burst: number
  /** Tokens that come back in a window. */
  readonly refill: number
  readonly windowMs: number
  /** Tokens that only `protect` may take. */
  readonly reserve: number
}

/** 85 % of 200 requests in 60 s. */
export const GENERAL_LIMITS: BucketLimits = { burst: 60, refill: 110, windowMs: 60_000, reserve: 20 }
/** 84 % of 50 requests in 30 s. */
export const BARS_LIMITS: BucketLimits = { burst: 20, refill: 22, windowMs: 30_000, reserve: 0 }

/** More than can be served in two minutes is not a queue but a leak. */
const WAITING_MAX = 256
/** After a 429 that names no time. */
const PENALTY_MS = 5_000

export interface Bucket {
  /** A token now, or none: for requests that may not wait. */
  tryTake(priority: Priority): boolean
  /** A token as soon as one is free and nobody more urgent waits; refused when too many wait. */
  take(priority: Priority): Promise<Result<void, Fault>>
  /** The gateway said 429: only `protect` goes on before this has passed. Platform milliseconds. */
  penalise(ms?: number): void
  waiting(): number
  /** Whole tokens that an ordinary request could take now. */
  free(): number
  /** Tokens of ordinary requests that are gone and not yet back, and how many there are. */
  use(): { readonly used: number; readonly allowed: number }
}

export function createBucket(limits: BucketLimits, clock: Clock): Bucket {
  invariant(limits.reserve < limits.burst, `the reserve ${limits.reserve} leaves tokens of ${limits.burst}`)
  const queues: Record<Priority, (() => void)[]> = {
    protect: [],
    entry: [],
    reconcile: [],
    account: [],
    history: [],
  }
  const perMs = limits.refill / limits.windowMs
  let tokens = limits.burst
  let countedAt = clock.now()
  let penaltyUntil = 0
  let waking: Cancel | undefined

  function refill(): void {
    const now = clock.now()
    // The platform's clock may be set back; time that was counted is not counted twice.
    if (now > countedAt) tokens = Math.min(limits.burst, tokens + (now - countedAt) * perMs)
    countedAt = now
  }

  function mayTake(priority: Priority): boolean {
    if (priority === 'protect') return tokens >= 1
    return tokens >= limits.reserve + 1 && clock.now() >= penaltyUntil
  }

  function tryTake(priority: Priority): boolean {
    refill()
    if (!mayTake(priority) || isSomeoneBefore(priority)) return false
    tokens -= 1
    return true
  }

  function isSomeoneBefore(priority: Priority): boolean {
    return PRIORITIES.slice(0, PRIORITIES.indexOf(priority) + 1).some((each) => queues[each].length > 0)
  }

  function take(priority: Priority): Promise<Result<void, Fault>> {
    if (tryTake(priority)) return Promise.resolve(ok(undefined))
    if (waiting() >= WAITING_MAX)
      return Promise.resolve(
        failed({
          code: 'RATE_LIMITED',
          retry: 'safe',
          detail: `${WAITING_MAX} requests wait for the rate limit`,
        }),
      )
    return new Promise((resolve) => {
      queues[priority].push(() => resolve(ok(undefined)))
      wakeLater()
    })
  }

  function serve(): void {
    waking = undefined
    refill()
    for (const priority of PRIORITIES) {
      while (queues[priority].length > 0 && mayTake(priority)) {
        tokens -= 1
        queues[priority].shift()?.()
      }
      // Whoever is more urgent and waits keeps the others waiting.
      if (queues[priority].length > 0) break
    }
    if (waiting() > 0) wakeLater()
  }

  function wakeLater(): void {
    waking?.()
    const urgent = queues.protect.length > 0
    const lacking = (urgent ? 1 : limits.reserve + 1) - tokens
    const penalty = urgent ? 0 : penaltyUntil - clock.now()
    waking = clock.timeout(Math.max(1, Math.ceil(lacking / perMs), Math.ceil(penalty)), serve)
  }

  function waiting(): number {
    return PRIORITIES.reduce((sum, each) => sum + queues[each].length, 0)
  }

  return {
    tryTake,
    take,
    waiting,
    penalise(ms = PENALTY_MS) {
      refill()
      penaltyUntil = Math.max(penaltyUntil, clock.now() + ms)
      // What we counted was wrong: nothing but the reserve is left.
      tokens = Math.min(tokens, limits.reserve)
      if (waiting() > 0) wakeLater()
    },
    free() {
      refill()
      return clock.now() < penaltyUntil ? 0 : Math.max(0, Math.floor(tokens - limits.reserve))
    },
    use() {
      const allowed = limits.burst - limits.reserve
      return { used: allowed - this.free(), allowed }
    },
  }
}
