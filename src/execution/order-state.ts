/**
 * The life of one order that we sent, as a table. Terminal states are final: what contradicts one is a broken
 * invariant. UNKNOWN ends by evidence alone, never by age.
 */
export const ORDER_STATES = [
  /** On disk with its tag; nothing has been sent. */
  'intent',
  /** Handed to the socket; no answer yet. */
  'sent',
  /** Sent, and what became of it is not known. It may be live. */
  'unknown',
  'working',
  /** Working with a part filled. */
  'partial',
  'filled',
  'rejected',
  'cancelled',
  /** Proven never to have reached the broker. */
  'absent',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

export const TRANSITIONS: Readonly<Record<OrderState, readonly OrderState[]>> = {
  intent: ['sent', 'absent'],
  sent: ['working', 'partial', 'filled', 'rejected', 'cancelled', 'unknown'],
  unknown: ['working', 'partial', 'filled', 'rejected', 'cancelled', 'absent'],
  working: ['partial', 'filled', 'cancelled', 'rejected'],
  partial: ['filled', 'cancelled'],
  filled: [],
  rejected: [],
  cancelled: [],
  absent: [],
}

/** How much is known. A later report of less is late and moves nothing. */
const RANK: Readonly<Record<OrderState, number>> = {
  intent: 0,
  sent: 1,
  unknown: 2,
  working: 3,
  partial: 4,
  filled: 5,
  rejected: 5,
  cancelled: 5,
  absent: 5,
}

export function isTerminal(state: OrderState): boolean {
  return TRANSITIONS[state].length === 0
}

export function isLegal(from: OrderState, to: OrderState): boolean {
  return TRANSITIONS[from].includes(to)
}

export type Move =
  /** The states to go through, in order; empty when the report is late or says nothing new. */
  | { readonly kind: 'path'; readonly states: readonly OrderState[] }
  /** The report cannot be true beside what is already proven. */
  | { readonly kind: 'contradiction' }

/** How to get from what is known to what was reported, by legal steps alone. */
export function moveTo(from: OrderState, to: OrderState): Move {
  if (from === to) return { kind: 'path', states: [] }
  if (isTerminal(from)) {
    // An order that was proven absent has no late events; the others may be reported working a moment too late.
    return from === 'absent' || isTerminal(to) ? { kind: 'contradiction' } : { kind: 'path', states: [] }
  }
  if (RANK[to] <= RANK[from]) return { kind: 'path', states: [] }
  if (isLegal(from, to)) return { kind: 'path', states: [to] }
  const between = TRANSITIONS[from].find((each) => isLegal(each, to))
  return between === undefined ? { kind: 'contradiction' } : { kind: 'path', states: [between, to] }
}
