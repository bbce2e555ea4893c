/** What happened last, for whoever has to find out why an invariant broke. */
export interface Trail {
  note(text: string): void
  /** Oldest first. */
  last(count: number): readonly string[]
}

const KEPT = 200

/** @param now epoch ms of the simulated clock */
export function createTrail(now: () => number): Trail {
  const lines: string[] = []
  return {
    note(text) {
      lines.push(`${clockText(now())} ${text}`)
      if (lines.length > KEPT) lines.shift()
    },
    last: (count) => lines.slice(-count),
  }
}

/** `14:03:07.250`, UTC. */
export function clockText(at: number): string {
  return new Date(Math.floor(at)).toISOString().slice(11, 23)
}
