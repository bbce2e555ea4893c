import type { Direction } from '../units.ts'
import type { Degree, LevelName, PoolKind } from './event.ts'

const LEVELS: Readonly<Record<LevelName, readonly [high: string, low: string]>> = {
  eq: ['EQH', 'EQL'],
  pd: ['PDH', 'PDL'],
  pw: ['PWH', 'PWL'],
  asia: ['Asia high', 'Asia low'],
  london: ['London high', 'London low'],
  nyam: ['NY AM high', 'NY AM low'],
  lunch: ['Lunch high', 'Lunch low'],
  nypm: ['NY PM high', 'NY PM low'],
  overnight: ['Overnight high', 'Overnight low'],
  or: ['OR high', 'OR low'],
}

/** What a trader calls a pool. `side` +1 lies above a high. */
export function poolLabel(kind: PoolKind, side: Direction, degree: Degree | ''): string {
  if (kind === 'swing') return `${degree} swing ${side === 1 ? 'high' : 'low'}`
  return LEVELS[kind][side === 1 ? 0 : 1]
}
