/** How fast simulated time runs: a multiple of real time, or as fast as the market clients take it. */
export type Speed = number | 'max'

/** The simulated clock at a fixed multiple of real time. */
export interface Pace {
  /** Simulated milliseconds now. */
  now(): number
}

/**
 * A machine that slept, or a process that was stopped, must not play the lost hours in one burst: at most this
 * much real time passes between two looks at the clock.
 */
const STEP_MS_MAX = 2_000

export function createPace(speed: number, from: number, monotonicMs: () => number): Pace {
  let virtual = from
  let seenAt = monotonicMs()
  return {
    now() {
      const real = monotonicMs()
      virtual += Math.min(real - seenAt, STEP_MS_MAX) * speed
      seenAt = real
      return virtual
    },
  }
}
