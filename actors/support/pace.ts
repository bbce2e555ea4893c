/** At `max` the data are the clock: one real millisecond counts as this many of theirs. */
const MAX_RATE = 60

/** How many of the platform's milliseconds one real one counts as, as far as a speed says. */
export function rateOf(speed: number): number {
  return speed === 0 ? MAX_RATE : Math.max(1, speed)
}

/**
 * The platform's milliseconds in which about `realMs` real ones pass. Work that serves a person or a connection keeps
 * a real pace however fast the platform's clock runs. Speed 0 means as fast as data arrive.
 */
export function paced(realMs: number, speed: number): number {
  return realMs * rateOf(speed)
}
