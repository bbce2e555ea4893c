/** Token buckets: `burst` at once, then one every `everyMs`. */
export interface Throttle {
  take(key: string): Taken
  /** Returns what was taken for something that turned out harmless. */
  giveBack(key: string): void
}

export type Taken =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** Milliseconds until one is there. */
      readonly retryAfterMs: number
      /** True for the first refusal since the bucket last gave one: worth an entry in the audit ledger. */
      readonly isFirst: boolean
    }

export interface ThrottleOptions {
  readonly burst: number
  readonly everyMs: number
  readonly monotonic: () => number
}

interface Bucket {
  tokens: number
  at: number
  hasRefused: boolean
}

/** Keys remembered at once; past it full buckets go, then the oldest, so that strangers cannot fill the memory. */
const KEYS_MAX = 10_000

export function createThrottle({ burst, everyMs, monotonic }: ThrottleOptions): Throttle {
  const buckets = new Map<string, Bucket>()

  function bucketOf(key: string): Bucket {
    const now = monotonic()
    const bucket = buckets.get(key) ?? { tokens: burst, at: now, hasRefused: false }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / everyMs)
    bucket.at = now
    if (!buckets.has(key)) makeRoom(now)
    buckets.set(key, bucket)
    return bucket
  }

  function makeRoom(now: number): void {
    if (buckets.size < KEYS_MAX) return
    for (const [key, { tokens, at }] of buckets) {
      if (tokens + (now - at) / everyMs >= burst) buckets.delete(key)
    }
    // A tenth at a time: a flood must not pay for a look at all of them with every key.
    for (const key of buckets.keys()) {
      if (buckets.size <= KEYS_MAX * 0.9) return
      buckets.delete(key)
    }
  }

  return {
    take(key) {
      const bucket = bucketOf(key)
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1
        bucket.hasRefused = false
        return { ok: true }
      }
      const isFirst = !bucket.hasRefused
      bucket.hasRefused = true
      return { ok: false, retryAfterMs: Math.ceil((1 - bucket.tokens) * everyMs), isFirst }
    },

    giveBack(key) {
      const bucket = bucketOf(key)
      bucket.tokens = Math.min(burst, bucket.tokens + 1)
    },
  }
}
