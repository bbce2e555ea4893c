import { epochMs } from '../domain/index.ts'

/** A Tuesday, five minutes before the morning's releases, in daylight-saving time; no contract rolls for weeks. */
export const DEFAULT_START = epochMs(Date.parse('2026-04-21T12:25:00Z'))
export const DEFAULT_SPEED = 20
/** A morning with a first setup after a quarter of an hour; any other seed is as good a market. */
export const DEFAULT_SEED = 'kael-22'
