/**
 * The envelope in which every value of domain data reaches the screen: what it is, where it came from,
 * when it was true there and what that is worth now.
 */
export interface Shown<T> {
  /** null exactly when nothing may be shown as a value; the screen then says the state's word. */
  readonly value: T | null
  /** Where it came from, e.g. `gateway-sim.user-hub`, `ledger.fills`, `calendar`, `operator`. */
  readonly source: string
  /** Epoch milliseconds of the fact at its source, on the platform's clock; null when there is no fact. */
  readonly asOf: number | null
  /** Position in our own event log, where it has one. */
  readonly seq: number | null
  readonly state: ShownState
  /** True when the value comes from a simulated broker or market. Freshness and simulation are two facts. */
  readonly isSimulated: boolean
  /** Required unless current or closed: the code of the reason, in words that the screen can print. */
  readonly why?: string
}

export const SHOWN_STATES = [
  'current',
  'quiet',
  'delayed',
  'stale',
  'unknown',
  'simulated',
  'disputed',
  'declared',
  'closed',
] as const
export type ShownState = (typeof SHOWN_STATES)[number]

/** From best to worst: a derived value takes the worst state of its inputs. */
const ORDER: readonly ShownState[] = [
  'current',
  'closed',
  'simulated',
  'declared',
  'quiet',
  'delayed',
  'stale',
  'disputed',
  'unknown',
]

/** A value computed from others: the worst of their states, the oldest of their instants. */
export function derive<T>(value: T | null, source: string, inputs: readonly Shown<unknown>[]): Shown<T> {
  const worst = inputs.reduce<Shown<unknown> | undefined>(
    (found, each) => (found === undefined || rank(each) > rank(found) ? each : found),
    undefined,
  )
  const instants = inputs.map((each) => each.asOf).filter((each) => each !== null)
  const state = worst?.state ?? 'unknown'
  return {
    value: state === 'unknown' ? null : value,
    source,
    asOf: instants.length === 0 ? null : Math.min(...instants),
    seq: null,
    state,
    isSimulated: inputs.some((each) => each.isSimulated),
    ...(worst?.why === undefined ? {} : { why: worst.why }),
  }
}

export function unknown<T>(source: string, why: string, isSimulated = false): Shown<T> {
  return { value: null, source, asOf: null, seq: null, state: 'unknown', isSimulated, why }
}

function rank(shown: Shown<unknown>): number {
  return ORDER.indexOf(shown.state)
}
