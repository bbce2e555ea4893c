/** npm passes the terminal's interrupt on: one Ctrl-C reaches its script twice, milliseconds apart. */
const SAME_INTERRUPT_MS = 500

export type InterruptStep = 'drain' | 'same' | 'end-now'

/**
 * What each interrupt of a process asks for: the first drains, a later one ends it at once, and an echo of
 * the first is no second one.
 *
 * @param now steady milliseconds
 */
export function interruptSteps(now: () => number): () => InterruptStep {
  let first: number | undefined
  return () => {
    if (first === undefined) {
      first = now()
      return 'drain'
    }
    return now() - first < SAME_INTERRUPT_MS ? 'same' : 'end-now'
  }
}
