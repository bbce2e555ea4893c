import { addDays, weekday } from './new-york.ts'

/**
 * CME Group holiday rules for equity index, currency, energy and metal futures on Globex.
 *
 * Source: the published yearly CME Group trading-hours calendars; the rules below reproduce them by date
 * arithmetic. Products differ by up to an hour on early-close days: the earliest of the thirteen is taken.
 * Valid for trade dates in CALENDAR_YEARS; a date outside is treated as closed, never as open.
 */
export const CALENDAR_YEARS = { from: 2000, to: 2035 } as const
export const CALENDAR_SOURCE = 'CME Group Globex holiday rules'

export interface Holiday {
  readonly name: string
  /** New York wall-clock minute at which trading ends that day; undefined: no trading at all. */
  readonly closesMinute: number | undefined
}

const EARLY_MINUTE = 13 * 60
const EARLY_FRIDAY_MINUTE = 13 * 60 + 15

const tables = new Map<number, ReadonlyMap<string, Holiday>>()

/** The holiday on an ISO trade date, or undefined on an ordinary day. */
export function holidayOn(date: string): Holiday | undefined {
  const year = Number(date.slice(0, 4))
  let table = tables.get(year)
  if (table === undefined) {
    table = holidaysOf(year)
    tables.set(year, table)
  }
  return table.get(date)
}

export function isCovered(date: string): boolean {
  const year = Number(date.slice(0, 4))
  return year >= CALENDAR_YEARS.from && year <= CALENDAR_YEARS.to
}

function holidaysOf(year: number): ReadonlyMap<string, Holiday> {
  const table = new Map<string, Holiday>()
  const closed = (date: string, name: string): void => void table.set(date, { name, closesMinute: undefined })
  const early = (date: string, name: string, minute: number = EARLY_MINUTE): void =>
    void table.set(date, { name, closesMinute: minute })

  early(nthWeekday(year, 1, 1, 3), 'Martin Luther King Day')
  early(nthWeekday(year, 2, 1, 3), "Presidents' Day")
  early(lastWeekday(year, 5, 1), 'Memorial Day')
  if (year >= 2022) early(observed(`${year}-06-19`), 'Juneteenth')
  early(observed(`${year}-07-04`), 'Independence Day')
  early(nthWeekday(year, 9, 1, 1), 'Labor Day')
  const thanksgiving = nthWeekday(year, 11, 4, 4)
  early(thanksgiving, 'Thanksgiving')
  early(addDays(thanksgiving, 1), 'Day after Thanksgiving', EARLY_FRIDAY_MINUTE)
  if (weekday(`${year}-12-24`) >= 1 && weekday(`${year}-12-24`) <= 5)
    early(`${year}-12-24`, 'Christmas Eve', EARLY_FRIDAY_MINUTE)
  closed(addDays(easter(year), -2), 'Good Friday')
  closed(observed(`${year}-12-25`), 'Christmas')
  // A new year that falls on Saturday is not moved back into the old year.
  closed(weekday(`${year}-01-01`) === 0 ? `${year}-01-02` : `${year}-01-01`, "New Year's Day")
  return table
}

function nthWeekday(year: number, month: number, day: number, nth: number): string {
  const first = `${year}-${String(month).padStart(2, '0')}-01`
  return addDays(first, ((day - weekday(first) + 7) % 7) + (nth - 1) * 7)
}

function lastWeekday(year: number, month: number, day: number): string {
  const fourth = nthWeekday(year, month, day, 4)
  const fifth = addDays(fourth, 7)
  return fifth.slice(5, 7) === fourth.slice(5, 7) ? fifth : fourth
}

/** Saturday is observed on Friday, Sunday on Monday. */
function observed(date: string): string {
  const day = weekday(date)
  return day === 6 ? addDays(date, -1) : day === 0 ? addDays(date, 1) : date
}

/** Gregorian Easter Sunday, the anonymous algorithm (Meeus, Astronomical Algorithms, chapter 8). */
function easter(year: number): string {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const f = Math.floor((b + 8) / 25)
  const g = Math.floor((b - f + 1) / 3)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const month = Math.floor((h + l - 7 * m + 114) / 31)
  const day = ((h + l - 7 * m + 114) % 31) + 1
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
