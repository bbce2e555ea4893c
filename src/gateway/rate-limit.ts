/** Sliding windows of requests, by key. The documented figures (projectx-gateway 6.1), on the simulated clock. */
export interface RateLimit {
  /** Counts a request and says whether it may pass. A refused one does not count. */
  admits(key: string, kind: 'bars' | 'other', now: number): boolean
}

const WINDOWS = {
  bars: { requests: 50, ms: 30_000 },
  other: { requests: 200, ms: 60_000 },
} as const

export function createRateLimit(): RateLimit {
  const seen = new Map<string, number[]>()
  return {
    admits(key, kind, now) {
      const { requests, ms } = WINDOWS[kind]
      const name = `${kind}/${key}`
      const recent = (seen.get(name) ?? []).filter((each) => each > now - ms)
      const admitted = recent.length < requests
      if (admitted) recent.push(now)
      seen.set(name, recent)
      return admitted
    },
  }
}
