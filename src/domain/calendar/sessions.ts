import { minuteOf, minuteOfDay } from './new-york.ts'

/** A named window of New York wall-clock time, half-open on the bar's open instant. `ict-concepts` 8.3. */
export interface SessionWindow {
  readonly name: SessionName
  readonly label: string
  readonly fromMinute: number
  readonly toMinute: number
  /** Whether setups count in it: overnight and rth are sources of levels only. */
  readonly isKillZone: boolean
}

export type SessionName = 'asia' | 'london' | 'nyam' | 'lunch' | 'nypm' | 'overnight' | 'rth'

/** The index-futures profile. */
export const SESSIONS: readonly SessionWindow[] = [
  window('asia', 'Asia', '20:00', '24:00', true),
  window('london', 'London', '02:00', '05:00', true),
  window('nyam', 'NY AM', '08:30', '11:00', true),
  window('lunch', 'Lunch', '12:00', '13:00', false),
  window('nypm', 'NY PM', '13:30', '16:00', true),
  window('overnight', 'Overnight', '18:00', '09:30', false),
  window('rth', 'Regular hours', '09:30', '16:00', false),
]

export function isInSession(t: number, session: SessionWindow): boolean {
  const minute = minuteOfDay(t)
  return session.fromMinute < session.toMinute
    ? minute >= session.fromMinute && minute < session.toMinute
    : minute >= session.fromMinute || minute < session.toMinute
}

/** The kill zone that an instant lies in, if any; they do not overlap. */
export function killZoneAt(t: number): SessionWindow | undefined {
  return SESSIONS.find((each) => each.isKillZone && isInSession(t, each))
}

/** What the header calls this time of day: the kill zone, else lunch, else the wider part of the day. */
export function sessionLabelAt(t: number): string {
  const named = SESSIONS.find(
    (each) => isInSession(t, each) && each.name !== 'overnight' && each.name !== 'rth',
  )
  const wider = SESSIONS.find((each) => isInSession(t, each))
  return (named ?? wider)?.label ?? 'After hours'
}

function window(
  name: SessionName,
  label: string,
  from: string,
  to: string,
  isKillZone: boolean,
): SessionWindow {
  return { name, label, fromMinute: minuteOf(from), toMinute: minuteOf(to), isKillZone }
}
