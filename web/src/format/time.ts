/*
 * Instants are UTC inside and Eastern on screen, with the zone printed. Intl and not Temporal: the page runs in
 * browsers that do not have Temporal yet.
 */

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** An offset never changes within an hour of UTC: the rules of New York change it on the hour. */
const offsets = new Map<number, number>()
const OFFSETS_MAX = 20_000

const newYork = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
})

/** Milliseconds to add to UTC for the wall clock of New York. */
export function easternOffsetMs(at: number): number {
  const hour = Math.floor(at / HOUR_MS)
  const known = offsets.get(hour)
  if (known !== undefined) return known
  if (offsets.size >= OFFSETS_MAX) offsets.clear()
  const offset = learnOffset(hour * HOUR_MS)
  offsets.set(hour, offset)
  return offset
}

/** `10:42:07`. Chicago is always one hour behind New York. */
export function formatClock(at: number, zone: 'ET' | 'CT' = 'ET'): string {
  return wall(at, zone).slice(11, 19)
}

/** `10:42`. */
export function formatMinute(at: number, zone: 'ET' | 'CT' = 'ET'): string {
  return wall(at, zone).slice(11, 16)
}

/** `2026-11-23 10:42:07.118 ET`. */
export function formatInstant(at: number): string {
  return `${wall(at, 'ET').replace('T', ' ').slice(0, 23)} ET`
}

/** `Mon 23 Nov 10:42 ET`. */
export function formatDayMinute(at: number): string {
  const date = new Date(at + easternOffsetMs(at))
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${formatMinute(at)} ET`
}

/** How old a fact is: `0.4 s`, `12 s`, `3 min`, and from an hour on the clock time of the fact itself. */
export function formatAge(asOf: number, now: number): string {
  const age = Math.max(0, now - asOf)
  if (age < 9_950) return `${(age / 1000).toFixed(1)} s`
  if (age < 60_000) return `${Math.floor(age / 1000)} s`
  if (age < HOUR_MS) return `${Math.floor(age / 60_000)} min`
  return age < DAY_MS ? `${formatMinute(asOf)} ET` : formatDayMinute(asOf)
}

/** `5:27:53`; what is past is `0:00:00`. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(seconds / 3600)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`
}

/** The label of a trading day that starts at 18:00 New York on the evening before: `Tue session`. */
export function formatTradingDay(date: string): string {
  return `${WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]} session`
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}

function wall(at: number, zone: 'ET' | 'CT'): string {
  return new Date(at + easternOffsetMs(at) - (zone === 'CT' ? HOUR_MS : 0)).toISOString()
}

function learnOffset(at: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of newYork.formatToParts(at)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0 } = parts as Partial<Record<string, number>>
  return Date.UTC(year, month - 1, day, hour) - at
}
