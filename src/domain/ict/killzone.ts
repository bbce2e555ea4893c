import { TIMEFRAME_MS, type Timeframe } from '../bar.ts'
import { SESSIONS, killZoneAt, minuteOf, minuteOfDay } from '../calendar/index.ts'
import { type EpochMs, epochMs } from '../units.ts'
import type { IctParameters } from './parameters.ts'

/** A stretch of New York time in which sweeps start setups of the 2022 model. `ict-concepts` 13.1. */
export interface SetupWindow {
  readonly label: string
  readonly fromMinute: number
  readonly toMinute: number
}

/** The window that an instant lies in, with its end; undefined between them. */
export function setupWindowAt(
  t: number,
  parameters: IctParameters,
): { readonly window: SetupWindow; readonly endsAt: EpochMs } | undefined {
  const minute = minuteOfDay(t)
  const window = windowsOf(parameters).find((each) => minute >= each.fromMinute && minute < each.toMinute)
  if (window === undefined) return undefined
  return {
    window,
    endsAt: epochMs(Math.floor(t / MINUTE_MS) * MINUTE_MS + (window.toMinute - minute) * MINUTE_MS),
  }
}

/** The next window to open after an instant, of today or else the first of tomorrow. */
export function nextSetupWindow(t: number, parameters: IctParameters): SetupWindow {
  const windows = windowsOf(parameters)
  const minute = minuteOfDay(t)
  return windows.find((each) => each.fromMinute > minute) ?? windows[0] ?? NY_AM
}

/** Lunch is for no entries. */
export function isLunch(t: number): boolean {
  const minute = minuteOfDay(t)
  return minute >= LUNCH.fromMinute && minute < LUNCH.toMinute
}

/** How good a time of day is for an entry, 0 to 1, and its name. `ict-concepts` 14, row time. */
export function timeQuality(
  t: number,
  timeframe: Timeframe,
): { readonly share: number; readonly label: string } {
  if (isLunch(t)) return { share: 0, label: 'lunch' }
  const zone = killZoneAt(t)
  if (zone === undefined) {
    const isRegular = isWithin(minuteOfDay(t), RTH)
    return isRegular ? { share: 0.3, label: 'regular hours' } : { share: 0, label: 'outside the kill zones' }
  }
  const label = `kill zone ${zone.label}`
  if (SILVER_BULLETS.some((each) => isWithin(minuteOfDay(t), each))) {
    return { share: 1, label: `${label}, silver bullet hour` }
  }
  return isMacro(t, timeframe) ? { share: 1, label: `${label}, macro` } : { share: 0.8, label }
}

/** Macros are minutes long: bars above five minutes cannot tell. */
function isMacro(t: number, timeframe: Timeframe): boolean {
  if (TIMEFRAME_MS[timeframe] > TIMEFRAME_MS['5m']) return false
  return MACROS.some((each) => isWithin(minuteOfDay(t), each))
}

type Span = Pick<SetupWindow, 'fromMinute' | 'toMinute'>

const MINUTE_MS = 60_000
const LONDON: SetupWindow = { label: 'London', ...span('02:00', '05:00') }
const NY_AM: SetupWindow = { label: 'NY AM', ...span('08:30', '11:00') }
const NY_PM: SetupWindow = { label: 'NY PM', ...span('13:30', '15:00') }
const WITH_LONDON = [LONDON, NY_AM, NY_PM]
const WITHOUT_LONDON = [NY_AM, NY_PM]

const LUNCH = SESSIONS.find((each) => each.name === 'lunch') ?? span('12:00', '13:00')
const RTH = SESSIONS.find((each) => each.name === 'rth') ?? span('09:30', '16:00')
const SILVER_BULLETS = [span('03:00', '04:00'), span('10:00', '11:00'), span('14:00', '15:00')]
const MACROS = [
  span('02:33', '03:00'),
  span('04:03', '04:30'),
  span('08:50', '09:10'),
  span('09:50', '10:10'),
  span('10:50', '11:10'),
  span('11:50', '12:10'),
  span('13:10', '13:40'),
  span('15:15', '15:45'),
]

function windowsOf({ m22London }: IctParameters): readonly SetupWindow[] {
  return m22London ? WITH_LONDON : WITHOUT_LONDON
}

function isWithin(minute: number, { fromMinute, toMinute }: Span): boolean {
  return minute >= fromMinute && minute < toMinute
}

function span(from: string, to: string): Span {
  return { fromMinute: minuteOf(from), toMinute: minuteOf(to) }
}
