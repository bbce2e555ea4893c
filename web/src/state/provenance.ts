import type { Shown, ShownState } from '../../../src/wire/index.ts'
import type { ContactKind } from './contact.ts'

/** A value as this page may show it now: its own state, made worse by what the page itself no longer knows. */
export interface Seen<T> {
  readonly value: T | null
  readonly state: ShownState
  readonly why: string | undefined
}

/** The code that every value carries while the platform does not answer. */
export const NO_CONTACT = 'NO_CONTACT'

/**
 * Without contact nothing keeps looking fresh: what was current, simulated or closed is the last that was heard,
 * which is stale. What was worse already stays as it was.
 */
export function seenThrough<T>(shown: Shown<T>, contact: ContactKind): Seen<T> {
  if (contact !== 'lost' || shown.state === 'unknown' || shown.state === 'disputed') return own(shown)
  return { value: shown.value, state: 'stale', why: NO_CONTACT }
}

/** For what must not be believed at all without contact, the mode first of all. */
export function unknownWithoutContact<T>(shown: Shown<T>, contact: ContactKind): Shown<T> {
  return contact === 'lost' ? { ...shown, value: null, state: 'unknown', why: NO_CONTACT } : shown
}

/** A fact of a record (a decision, a fill): it was so at its instant and stays so. */
export function recorded<T>(
  value: T,
  source: string,
  at: number,
  isSimulated: boolean,
  seq: number | null = null,
): Shown<T> {
  return { value, source, asOf: at, seq, state: 'current', isSimulated }
}

/** The same fact with another value: a part of it, or its text. */
export function withValue<T, U>(shown: Shown<T>, value: (from: T) => U | null): Shown<U> {
  return { ...shown, value: shown.value === null ? null : value(shown.value) }
}

function own<T>(shown: Shown<T>): Seen<T> {
  // A null value has no word of its own: whatever the state says, there is nothing to show.
  const state = shown.value === null && shown.state !== 'closed' ? worstOf(shown.state) : shown.state
  return { value: shown.value, state, why: shown.why }
}

function worstOf(state: ShownState): ShownState {
  return state === 'disputed' ? 'disputed' : 'unknown'
}
