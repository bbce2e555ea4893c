import { SESSIONS } from '../../../src/domain/calendar/index.ts'
import { easternOffsetMs } from '../format/time.ts'

/** One kill zone of one day. It follows from the calendar alone, so it is known before it begins. */
export interface KillZoneTime {
  readonly label: string
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The kill zones that touch [from, to], in order. Days without bars have them too; nothing is drawn there. */
export function killZonesBetween(from: number, to: number): readonly KillZoneTime[] {
  const zones: KillZoneTime[] = []
  for (let day = easternMidnight(from) - DAY_MS; day <= to; day += DAY_MS) {
    for (const { label, fromMinute, toMinute, isKillZone } of SESSIONS) {
      if (!isKillZone) continue
      const zone = { label, from: utcOf(day + fromMinute * MINUTE_MS), to: utcOf(day + toMinute * MINUTE_MS) }
      if (zone.to > from && zone.from <= to) zones.push(zone)
    }
  }
  return zones.toSorted((a, b) => a.from - b.from)
}

/** Midnight of the Eastern day, as if its wall clock were UTC. */
function easternMidnight(at: number): number {
  return Math.floor((at + easternOffsetMs(at)) / DAY_MS) * DAY_MS
}

/** The instant of an Eastern wall-clock time that is written as UTC; a second look settles the days of a change. */
function utcOf(wall: number): number {
  const guess = wall - easternOffsetMs(wall)
  return wall - easternOffsetMs(guess)
}
