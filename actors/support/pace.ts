/** At `max` the data are the clock: one real millisecond counts as this many of theirs. */
const MAX_RATE = 60

/**
 * The platform's milliseconds in which about `realMs` real ones pass. Work that serves a person or a connection keeps
 * a real pace however fast the platform's clock runs. Speed 0 means as fast as data arrive.
 */
export function paced(realMs: number, speed: number): number {
  return realMs * (speed === 0 ? MAX_RATE : Math.max(1, speed))
}
