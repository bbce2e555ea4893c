import { type Shown, derive } from '../../../src/wire/index.ts'

/** The share of the day's limit that a result takes; a gain takes none of it. */
export function shareOf(result: Shown<number>, limit: Shown<number>): Shown<number> {
  const value =
    result.value === null || limit.value === null || limit.value >= 0
      ? null
      : Math.max(0, result.value / limit.value)
  return derive(value, `${result.source} / ${limit.source}`, [result, limit])
}
