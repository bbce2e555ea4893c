import { type EpochMs, epochMs } from '../units.ts'

/** New York wall clock: the zone of every rule in this folder. Chicago is always one hour behind it. */
const ZONE = 'America/New_York'

interface OffsetSpan {
  readonly from: number
  readonly to: number
  readonly offsetMs: number
}

let known: OffsetSpan[] = []
let last: OffsetSpan = { from: 0, to: 0, offsetMs: 0 }

/** Milliseconds to add to UTC for New York wall time. Two comparisons once the half-year has been met. */
export function newYorkOffsetMs(t: number): number {
  if (t >= last.from && t < last.to) return last.offsetMs
  last = known.find((span) => t >= span.from && t < span.to) ?? learn(t)
  return last.offsetMs
}

/** Wall-clock time as if it were UTC: `new Date(wallMs(t)).getUTCHours()` is the New York hour. */
export function wallMs(t: number): number {
  return t + newYorkOffsetMs(t)
}

/** Minutes since New York midnight, 0 to 1439. */
export function minuteOfDay(t: number): number {
  return Math.floor((((wallMs(t) % DAY_MS) + DAY_MS) % DAY_MS) / 60_000)
}

/** ISO date of the New York calendar day. */
export function newYorkDate(t: number): string {
  return new Date(wallMs(t)).toISOString().slice(0, 10)
}

/** The instant of a New York wall-clock minute on an ISO date. A minute that the spring change skips gives the one after it. */
export function instantAt(date: string, minute: number): EpochMs {
  const wall = Date.parse(`${date}T00:00:00Z`) + minute * 60_000
  // The offset is asked near the wanted instant; a second look settles the day of a change.
  const guess = wall - newYorkOffsetMs(wall)
  return epochMs(wall - newYorkOffsetMs(guess))
}

/** `09:30` as minutes since midnight. */
export function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

export const DAY_MS = 86_400_000

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** 0 Sunday to 6 Saturday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay()
}

function learn(t: number): OffsetSpan {
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(t)).toZonedDateTimeISO(ZONE)
  const before = zoned.getTimeZoneTransition('previous')
  const after = zoned.getTimeZoneTransition('next')
  // `previous` of an instant that is itself a transition is the one before it.
  const starts = zoned.subtract({ nanoseconds: 1 }).offsetNanoseconds !== zoned.offsetNanoseconds
  const span = {
    from: starts ? t : (before?.epochMilliseconds ?? Number.NEGATIVE_INFINITY),
    to: after?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs: zoned.offsetNanoseconds / 1e6,
  }
  known = [...known, span]
  return span
}
