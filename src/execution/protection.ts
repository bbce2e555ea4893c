import type { Direction, Side, Ticks } from '../domain/index.ts'
import { type Coverage, type ProtectiveLeg, coverageOf } from './coverage.ts'
import type { OrderState } from './order-state.ts'
import { isTerminal } from './order-state.ts'
import { stopTag } from './tags.ts'

/** From the first evidence of a fill to a stop that is proven; then we place our own. Milliseconds. */
export const T_VERIFY_MS = 3_000
/** From the first evidence of a fill to a stop, or the position is closed. */
export const T_PROTECT_MS = 8_000
/** Exposed or not flat for longer than this is an alarm that repeats until it ends. */
export const T_ALARM_MS = 15_000
/** A proof of protection is renewed this often. */
export const REPROVE_MS = 30_000
/** Waits before closing is asked again; the last repeats until the broker says flat. */
export const CLOSE_BACKOFF_MS = [1_000, 2_000, 5_000] as const
/** A stop that vanished this often is not trusted a third time. */
const STOP_LOSSES_MAX = 2

export type ProtectionKind =
  | 'idle'
  | 'submitting'
  | 'entryUnknown'
  | 'entryWorking'
  | 'partiallyFilled'
  | 'filledUnprotected'
  | 'partlyCovered'
  | 'protected'
  | 'stopLost'
  | 'closing'
  | 'flat'
  | 'unknown'

/** What is remembered of one contract between two looks. Plain data: it is kept and read back at a restart. */
export interface Protection {
  readonly kind: ProtectionKind
  /** Since when it is of this kind, on the steady clock. */
  readonly since: number
  /** Since when contracts are held that no proven stop covers. */
  readonly exposedSince: number | undefined
  readonly provenAt: number | undefined
  /** Contracts that were covered when it was last proven, and how often a stop has vanished since it was flat. */
  readonly covered: number
  readonly stopLosses: number
  readonly direction: Direction | undefined
  readonly closing: Closing | undefined
}

/** How often and when the broker was asked to close, and when a person was last called. */
export interface Closing {
  readonly asked: number
  readonly askedAt: number
  readonly since: number
  readonly alarmedAt: number | undefined
}

/** One contract as it is seen now. `at` and all moments are of the steady clock. */
export interface ProtectionFacts {
  readonly at: number
  readonly contractId: string
  /** Signed contracts by broker truth; undefined while it cannot be known. */
  readonly net: number | undefined
  /**
   * Every fill that an order's record reports is in our ledger, and a position from after it agrees (`isSettled`).
   * Until then a flat position may be one that has not shown its fill yet.
   */
  readonly isSettled: boolean
  /** Two channels, or two reads, say flat. */
  readonly isFlatProven: boolean
  /** The entry of this contract that is not finished, or the newest one. */
  readonly entry: OrderState | undefined
  readonly legs: readonly ProtectiveLeg[]
  /** Protective orders of ours that were sent and not answered: they are looked up and never sent again. */
  readonly unansweredStops: number
  readonly isStopRejected: boolean
  /** First trade after the contract was last flat, and the next protective unit of it. */
  readonly episode: string
  readonly nextUnit: number
  /** Where our own stop would go: the bracket's price, or the loosest allowed one if that is tighter. */
  readonly stopPrice: Ticks | undefined
  readonly allowedStop: Ticks | undefined
  readonly lastTrade: Ticks | undefined
}

export type ProtectionAction =
  /** Read orders, position and trades of the contract now. */
  | { readonly kind: 'verify' }
  /** One contract each; a tag that was used is never used again. */
  | {
      readonly kind: 'placeStop'
      readonly tag: string
      readonly side: Side
      readonly size: 1
      readonly stop: Ticks
    }
  /** The broker's own close call, never an opposite order. */
  | { readonly kind: 'closePosition'; readonly because: string }
  | { readonly kind: 'cancel'; readonly orderId: string; readonly because: 'orphan' | 'excess' }
  | { readonly kind: 'haltInstrument'; readonly because: string }
  | { readonly kind: 'alarm'; readonly because: string }

export interface Protected {
  readonly state: Protection
  readonly actions: readonly ProtectionAction[]
}

export function idleProtection(at: number): Protection {
  return {
    kind: 'idle',
    since: at,
    exposedSince: undefined,
    provenAt: undefined,
    covered: 0,
    stopLosses: 0,
    direction: undefined,
    closing: undefined,
  }
}

/**
 * One look at one contract: what state its protection is in and what has to be done now. Ask after every event and
 * on a timer. What was done shows in the next facts (a unit used, an answer awaited, a leg `cancelling`), so nothing is
 * done twice; `verify` may be answered by a read that is already on its way.
 */
export function protect(state: Protection, facts: ProtectionFacts): Protected {
  if (facts.net === undefined) return whileUnknown(state, facts)
  if (facts.net === 0) return whileFlat(state, facts)
  return whileHeld(state, facts, facts.net)
}

/** Nothing can be read: what was exposed before stays exposed, and closing needs no reading. */
function whileUnknown(state: Protection, facts: ProtectionFacts): Protected {
  const isLate = state.exposedSince !== undefined && facts.at - state.exposedSince >= T_PROTECT_MS
  if (state.closing !== undefined || isLate)
    return close(state, facts, 'unprotected for too long and the position cannot be read')
  return { state: as(state, 'unknown', facts.at), actions: [{ kind: 'verify' }] }
}

function whileFlat(state: Protection, facts: ProtectionFacts): Protected {
  const { at, entry, legs, isFlatProven, isSettled } = facts
  if (state.closing !== undefined && !isFlatProven) return close(state, facts, 'not confirmed flat')
  if (!isSettled) return whileUnsettled(state, facts)

  const calm = {
    ...state,
    exposedSince: undefined,
    provenAt: undefined,
    covered: 0,
    direction: undefined,
    closing: undefined,
  }
  if (entry !== undefined && !isTerminal(entry))
    return { state: as(calm, kindOfEntry(entry), at), actions: [] }

  const kind = state.kind === 'idle' ? 'idle' : 'flat'
  const left = legs.filter((each) => each.status !== 'cancelling')
  const orphans = left.map(({ orderId }) => ({ kind: 'cancel', orderId, because: 'orphan' }) as const)
  return {
    state: { ...as(calm, kind, at), stopLosses: 0 },
    actions: isFlatProven ? orphans : [{ kind: 'verify' }],
  }
}

/** An order has filled and the position does not show it yet: the clock of protection runs from here. */
function whileUnsettled(state: Protection, facts: ProtectionFacts): Protected {
  const exposed = { ...state, exposedSince: state.exposedSince ?? facts.at }
  return whileUnknown(exposed, facts)
}

function whileHeld(before: Protection, facts: ProtectionFacts, net: number): Protected {
  const direction = Math.sign(net) as Direction
  const isFlipped = before.direction !== undefined && before.direction !== direction
  const state = { ...before, direction: before.direction ?? direction }
  if (isFlipped) {
    const closed = close(state, facts, 'the position has turned')
    return {
      ...closed,
      actions: [{ kind: 'haltInstrument', because: 'the position has turned' }, ...closed.actions],
    }
  }
  if (state.closing !== undefined) return close(state, facts, 'closing')

  const cover = coverageOf(net, facts.legs, facts.allowedStop)
  const trims = cover.excess.map(({ orderId }) => ({ kind: 'cancel', orderId, because: 'excess' }) as const)
  if (cover.proven >= Math.abs(net)) return covered(state, facts, cover, trims)
  // A stop that filled is gone before the position says so: another one now would open the other side.
  if (!facts.isSettled) return whileUnsettledHeld(state, facts)

  const exposedSince = state.exposedSince ?? facts.at
  const isLost = cover.seen < Math.min(state.covered, Math.abs(net))
  const stopLosses = state.stopLosses + (isLost ? 1 : 0)
  const exposed = { ...state, exposedSince, stopLosses, provenAt: undefined, covered: cover.seen }
  const why = reasonToClose(exposed, facts, net, cover.uncovered)
  if (why !== undefined) return close(exposed, facts, why)

  const kind = kindOfExposed(state.kind, isLost, cover)
  return {
    state: as(exposed, kind, facts.at),
    actions: [{ kind: 'verify' }, ...missingStops(exposed, facts, net, cover.uncovered), ...trims],
  }
}

/** What is held may be less by now: nothing is placed on it, the broker's close call alone cannot turn it. */
function whileUnsettledHeld(state: Protection, facts: ProtectionFacts): Protected {
  const exposed = { ...state, exposedSince: state.exposedSince ?? facts.at }
  if (facts.at - exposed.exposedSince >= T_PROTECT_MS)
    return close(exposed, facts, `fills and position differ for ${T_PROTECT_MS / 1000} s`)
  return { state: as(exposed, 'filledUnprotected', facts.at), actions: [{ kind: 'verify' }] }
}

function covered(
  state: Protection,
  facts: ProtectionFacts,
  { proven, provenAt }: Coverage,
  trims: readonly ProtectionAction[],
): Protected {
  const isDue = provenAt === undefined || facts.at - provenAt >= REPROVE_MS
  const isPartial = facts.entry !== undefined && !isTerminal(facts.entry)
  return {
    state: as(
      { ...state, exposedSince: undefined, provenAt, covered: proven },
      isPartial ? 'partiallyFilled' : 'protected',
      facts.at,
    ),
    actions: isDue ? [{ kind: 'verify' }, ...trims] : trims,
  }
}

function reasonToClose(
  { exposedSince, stopLosses }: Protection,
  facts: ProtectionFacts,
  net: number,
  uncovered: number,
): string | undefined {
  if (facts.isStopRejected && uncovered > 0) return 'a stop was rejected'
  if (stopLosses >= STOP_LOSSES_MAX) return `the stop was lost ${stopLosses} times`
  if (facts.at - (exposedSince ?? facts.at) >= T_PROTECT_MS)
    return `no proven stop after ${T_PROTECT_MS / 1000} s`
  if (uncovered === 0) return undefined
  if (facts.stopPrice === undefined) return 'no stop could keep the loss within the cap'
  const isThrough = facts.lastTrade !== undefined && Math.sign(net) * (facts.lastTrade - facts.stopPrice) <= 0
  return isThrough ? 'the price is already through the stop' : undefined
}

/** After T_verify, or at once when a stop that was there has gone: one unit for each contract that has none. */
function missingStops(
  { exposedSince, stopLosses }: Protection,
  { at, episode, nextUnit, stopPrice, unansweredStops }: ProtectionFacts,
  net: number,
  uncovered: number,
): readonly ProtectionAction[] {
  const isDue = stopLosses > 0 || at - (exposedSince ?? at) >= T_VERIFY_MS
  // A stop on its way may cover already; over-protection is worse than waiting until T_protect.
  const missing = uncovered - unansweredStops
  if (!isDue || missing <= 0 || stopPrice === undefined) return []
  const side: Side = net > 0 ? 'sell' : 'buy'
  return Array.from({ length: missing }, (_, i) => ({
    kind: 'placeStop',
    tag: stopTag(episode, nextUnit + i),
    side,
    size: 1,
    stop: stopPrice,
  }))
}

/** Asks for the close, again with growing waits, until two channels say flat. */
function close(state: Protection, facts: ProtectionFacts, because: string): Protected {
  const { at } = facts
  const before = state.closing ?? {
    asked: 0,
    askedAt: Number.NEGATIVE_INFINITY,
    since: at,
    alarmedAt: undefined,
  }
  const wait = CLOSE_BACKOFF_MS[before.asked - 1] ?? CLOSE_BACKOFF_MS.at(-1) ?? 0
  const isDue = before.asked === 0 || at - before.askedAt >= wait
  const exposedMs = at - (state.exposedSince ?? before.since)
  const isAlarm = exposedMs >= T_ALARM_MS && at - (before.alarmedAt ?? Number.NEGATIVE_INFINITY) >= T_ALARM_MS

  const asked = isDue ? { asked: before.asked + 1, askedAt: at } : {}
  const closing = { ...before, ...asked, ...(isAlarm ? { alarmedAt: at } : {}) }
  const actions: ProtectionAction[] = []
  if (isDue) actions.push({ kind: 'closePosition', because }, { kind: 'verify' })
  if (isAlarm) actions.push({ kind: 'alarm', because: `not flat: ${because}` })
  return { state: { ...as(state, 'closing', at), closing }, actions }
}

function kindOfEntry(entry: OrderState): ProtectionKind {
  if (entry === 'intent' || entry === 'sent') return 'submitting'
  if (entry === 'unknown') return 'entryUnknown'
  return entry === 'partial' ? 'partiallyFilled' : 'entryWorking'
}

function kindOfExposed(
  before: ProtectionKind,
  isLost: boolean,
  { seen, uncovered }: Coverage,
): ProtectionKind {
  if (isLost || (before === 'stopLost' && uncovered > 0)) return 'stopLost'
  return seen > 0 && uncovered > 0 ? 'partlyCovered' : 'filledUnprotected'
}

function as(state: Protection, kind: ProtectionKind, at: number): Protection {
  return kind === state.kind ? state : { ...state, kind, since: at }
}
