import { invariant, sha256Hex } from '../lib/index.ts'

/** The gateway documents no length; bracket children append three characters to the tag of their entry. */
export const TAG_LENGTH_MAX = 50

/**
 * The tag of a signal's entry: `k-20260310-1f0c…`. The same signal has the same tag on every start and every try,
 * so it can become one order and no second.
 * @param tradingDay ISO date of the trading day
 */
export function entryTag(tradingDay: string, signalId: string): string {
  return checked(`k-${tradingDay.replaceAll('-', '')}-${sha256Hex(signalId).slice(0, 24)}`)
}

/**
 * The tag of one protective unit: `sl-88010001-1`. An episode is the first trade after the contract was last flat;
 * every contract of it has a unit of its own, so that sending one again cannot cover twice.
 */
export function stopTag(episode: string, unit: number): string {
  invariant(Number.isSafeInteger(unit) && unit >= 1, `protective units count from 1, was ${unit}`)
  return checked(`sl-${episode}-${unit}`)
}

/** The unit after the highest that an episode has used, whatever became of it. */
export function nextStopUnit(episode: string, usedTags: Iterable<string>): number {
  const start = `sl-${episode}-`
  let highest = 0
  for (const tag of usedTags) {
    const unit = tag.startsWith(start) ? Number(tag.slice(start.length)) : Number.NaN
    if (Number.isSafeInteger(unit)) highest = Math.max(highest, unit)
  }
  return highest + 1
}

/** The entry that a bracket child's tag names, with the leg that it is; undefined for any other tag. */
export function bracketChildOf(
  tag: string,
): { readonly entryTag: string; readonly leg: 'stop' | 'target' } | undefined {
  if (tag.endsWith('-SL')) return { entryTag: tag.slice(0, -3), leg: 'stop' }
  if (tag.endsWith('-TP')) return { entryTag: tag.slice(0, -3), leg: 'target' }
  return undefined
}

function checked(tag: string): string {
  invariant(tag.length <= TAG_LENGTH_MAX, `a tag has at most ${TAG_LENGTH_MAX} characters, was ${tag}`)
  return tag
}
