import { type MonotonicMs, type Route, type Side, type Ticks, sign } from '../domain/index.ts'
import { sha256Hex } from '../lib/index.ts'
import { CODES, type Code } from './codes.ts'
import { ageMs, kindFor } from './proof.ts'
import type { Proof } from './proof.ts'
import { frozenCopy } from './snapshot.ts'

/**
 * Orders that cannot increase risk. They pass no phase and are never refused for a limit, a mode or stale prices;
 * each proves from the position itself that it only reduces. Works while halted, locked out or shutting down.
 */
export type Reduction =
  /** The broker's own close call: it can neither turn nor increase a position, so it needs no reading of it. */
  | { readonly kind: 'close-position'; readonly accountId: string; readonly contractId: string }
  | {
      readonly kind: 'partial-close'
      readonly accountId: string
      readonly contractId: string
      readonly size: number
    }
  | {
      readonly kind: 'place-stop'
      readonly accountId: string
      readonly contractId: string
      readonly tag: string
      readonly side: Side
      readonly size: number
      readonly stop: Ticks
    }
  | {
      readonly kind: 'tighten-stop'
      readonly accountId: string
      readonly contractId: string
      readonly orderId: string
      readonly stop: Ticks
    }
  | {
      readonly kind: 'cancel'
      readonly accountId: string
      readonly contractId: string
      readonly orderId: string
      /** External orders are cancelled only when a person asks. */
      readonly isAskedByPerson: boolean
    }

export interface ReduceEvidence {
  readonly monotonic: MonotonicMs
  readonly executorEpoch: number
  readonly route: Route
  /** Its kind and epoch must fit; its age is not asked: doubt closes the gate and not the protector. */
  readonly proof: Pick<Proof, 'kind' | 'executorEpoch'> | undefined
  readonly boundAccountId: string
  /** The contract's position as the broker reports it, flat included; undefined while it is not known. */
  readonly position:
    | { readonly contractId: string; readonly net: number; readonly readAt: MonotonicMs }
    | undefined
  /** Every order of ours and of others that works on the contract. */
  readonly working: readonly WorkingOrder[]
  /** Reducing requests of the last 60 s. */
  readonly sentLastMinute: number
}

export interface WorkingOrder {
  readonly orderId: string
  readonly role: 'entry' | 'stop' | 'target' | 'external'
  readonly side: Side
  /** What is left of it. */
  readonly size: number
  readonly stop: Ticks | undefined
}

/** A position older than this proves nothing about a stop; closing needs none. */
export const POSITION_AGE_MS_MAX = 15_000
/** More reducing requests than this in a minute are a loop and not protection. */
export const REDUCE_CEILING_PER_MINUTE = 120
const TTL_MS = 2_000

export interface ReduceRefusal {
  readonly verdict: 'denied'
  readonly phase: 'reduce'
  readonly code: Code
  readonly text: string
  readonly fix: string
}

const KEY = Symbol('reduce permit')
const minted = new WeakSet<ReducePermit>()
const spent = new WeakSet<ReducePermit>()

interface Terms {
  readonly hash: string
  readonly executorEpoch: number
  readonly route: Route
  readonly accountId: string
  readonly mintedAt: MonotonicMs
}

/** Single use, for one reduction, for two seconds; like a permit it cannot be built or copied. */
export class ReducePermit {
  readonly #brand: Terms

  private constructor(key: symbol, terms: Terms) {
    if (key !== KEY) throw new TypeError('a reduce permit is minted by the gate alone')
    this.#brand = terms
    Object.freeze(this)
  }

  /** Mints when the reduction is proven to reduce. */
  static issue(reduction: Reduction, evidence: ReduceEvidence): ReducePermit | ReduceRefusal {
    const clean = frozenCopy(reduction)
    const seen = frozenCopy(evidence)
    if (clean === undefined || seen === undefined) return refuse('REDUCE_MALFORMED', 'not plain data')
    const fault = faultOf(clean, seen)
    if (fault !== undefined) return fault
    const { executorEpoch, route, boundAccountId, monotonic } = seen
    const hash = reductionHash(clean)
    const permit = new ReducePermit(KEY, {
      hash,
      executorEpoch,
      route,
      accountId: boundAccountId,
      mintedAt: monotonic,
    })
    minted.add(permit)
    return permit
  }

  /** Uses it up and returns the reduction to send. */
  static spend(
    permit: ReducePermit,
    reduction: Reduction,
    evidence: Pick<ReduceEvidence, 'monotonic' | 'executorEpoch' | 'route' | 'boundAccountId'>,
  ): { readonly verdict: 'spent'; readonly reduction: Reduction; readonly hash: string } | ReduceRefusal {
    const isGenuine = typeof permit === 'object' && permit !== null && #brand in permit && minted.has(permit)
    if (!isGenuine) return refuse('PERMIT_FORGED', 'not minted here')
    if (spent.has(permit)) return refuse('PERMIT_SPENT', 'used before')
    spent.add(permit)
    const { hash, executorEpoch, route, accountId, mintedAt } = permit.#brand
    const clean = frozenCopy(reduction)
    if (clean === undefined || reductionHash(clean) !== hash)
      return refuse('PERMIT_ORDER_CHANGED', 'another reduction')
    const isHere =
      evidence.executorEpoch === executorEpoch &&
      evidence.route === route &&
      evidence.boundAccountId === accountId
    if (!isHere) return refuse('PERMIT_ELSEWHERE', 'another account, route or executor')
    if (!(ageMs(mintedAt, evidence.monotonic) <= TTL_MS)) return refuse('PERMIT_EXPIRED', 'not used in time')
    return { verdict: 'spent', reduction: clean, hash }
  }
}

function faultOf(reduction: Reduction, evidence: ReduceEvidence): ReduceRefusal | undefined {
  const { route, proof, executorEpoch, boundAccountId, sentLastMinute } = evidence
  if (!isShaped(reduction)) return refuse('REDUCE_MALFORMED', 'a part is missing or impossible')
  const wanted = kindFor(route)
  if (wanted === undefined || proof?.kind !== wanted || proof.executorEpoch !== executorEpoch)
    return refuse('REDUCE_ROUTE', `route ${route}, proof ${proof?.kind ?? 'missing'}`)
  if (reduction.accountId !== boundAccountId) return refuse('REDUCE_ROUTE', 'another account')
  if (!(sentLastMinute < REDUCE_CEILING_PER_MINUTE))
    return refuse('REDUCE_CEILING', `${sentLastMinute} in one minute`)

  switch (reduction.kind) {
    case 'close-position':
      return undefined
    case 'partial-close':
      return partialCloseFault(reduction, evidence)
    case 'place-stop':
      return placeStopFault(reduction, evidence)
    case 'tighten-stop':
      return tightenFault(reduction, evidence)
    case 'cancel':
      return cancelFault(reduction, evidence)
    default:
      return refuse('REDUCE_MALFORMED', 'no such reduction')
  }
}

type Of<K extends Reduction['kind']> = Extract<Reduction, { kind: K }>

function partialCloseFault({ contractId, size }: Of<'partial-close'>, evidence: ReduceEvidence) {
  const held = heldOf(contractId, evidence)
  if (typeof held !== 'number') return held
  return size <= Math.abs(held)
    ? undefined
    : refuse('REDUCE_WOULD_INCREASE', `close ${size} of ${Math.abs(held)} contracts`)
}

/** |net| after every working order on the closing side has filled stays within |net| before. */
function placeStopFault({ contractId, side, size }: Of<'place-stop'>, evidence: ReduceEvidence) {
  const held = heldOf(contractId, evidence)
  if (typeof held !== 'number') return held
  if (sign(side) === Math.sign(held))
    return refuse('REDUCE_WOULD_INCREASE', `${side} with a position of ${held}`)
  const closing = evidence.working.filter((each) => each.side === side)
  const stops = total(closing.filter((each) => each.role === 'stop'))
  if (stops + size > Math.abs(held))
    return refuse('REDUCE_WOULD_INCREASE', `stops for ${stops + size} of ${Math.abs(held)} contracts`)
  const after = Math.abs(Math.abs(held) - total(closing) - size)
  return after <= Math.abs(held)
    ? undefined
    : refuse('REDUCE_WOULD_INCREASE', `${after} contracts if all fill, ${Math.abs(held)} now`)
}

function tightenFault({ contractId, orderId, stop }: Of<'tighten-stop'>, evidence: ReduceEvidence) {
  const held = heldOf(contractId, evidence)
  if (typeof held !== 'number') return held
  const order = evidence.working.find((each) => each.orderId === orderId && each.role === 'stop')
  if (order?.stop === undefined || order.stop === null || sign(order.side) === Math.sign(held))
    return refuse('REDUCE_MALFORMED', `order ${orderId} is not a stop of this position`)
  // A long's stop sells and only rises; a short's only falls.
  return Math.sign(held) * (stop - order.stop) >= 0
    ? undefined
    : refuse('REDUCE_LOOSENS', `from ${order.stop} to ${stop} ticks`)
}

function cancelFault({ contractId, orderId, isAskedByPerson }: Of<'cancel'>, evidence: ReduceEvidence) {
  const order = evidence.working.find((each) => each.orderId === orderId)
  // What is not known to be working may be a stop that was placed a moment ago.
  if (order === undefined) return refuse('REDUCE_MALFORMED', `order ${orderId} is not known to be working`)
  if (order.role === 'entry' || order.role === 'target') return undefined
  if (order.role === 'external')
    return isAskedByPerson ? undefined : refuse('REDUCE_EXTERNAL', `order ${orderId} is not ours`)
  const held = netOf(contractId, evidence)
  if (held === undefined)
    return refuse('REDUCE_POSITION_UNKNOWN', 'a stop is kept while the position is not known')
  const closing = evidence.working.filter(
    (each) => each.role === 'stop' && sign(each.side) !== Math.sign(held),
  )
  const isClosing = sign(order.side) !== Math.sign(held)
  const left = total(closing) - (isClosing ? order.size : 0)
  return left >= Math.abs(held) || !isClosing
    ? undefined
    : refuse('REDUCE_WOULD_UNCOVER', `stops for ${left} of ${Math.abs(held)} contracts would be left`)
}

/** The open position that a reduction needs, or why there is none. */
function heldOf(contractId: string, evidence: ReduceEvidence): number | ReduceRefusal {
  const net = netOf(contractId, evidence)
  if (net === undefined) return refuse('REDUCE_POSITION_UNKNOWN', 'no fresh position')
  return net === 0 ? refuse('REDUCE_NOTHING_OPEN', 'flat') : net
}

function netOf(contractId: string, { position, monotonic }: ReduceEvidence): number | undefined {
  if (position?.contractId !== contractId || !Number.isSafeInteger(position.net)) return undefined
  return ageMs(position.readAt, monotonic) <= POSITION_AGE_MS_MAX ? position.net : undefined
}

const total = (orders: readonly WorkingOrder[]): number => orders.reduce((sum, each) => sum + each.size, 0)

function isShaped(reduction: Reduction): boolean {
  if (typeof reduction !== 'object' || reduction === null || !isText(reduction.contractId)) return false
  switch (reduction.kind) {
    case 'close-position':
      return true
    case 'partial-close':
      return isSize(reduction.size)
    case 'place-stop':
      return (
        isSize(reduction.size) && isPrice(reduction.stop) && isText(reduction.tag) && isSide(reduction.side)
      )
    case 'tighten-stop':
      return isText(reduction.orderId) && isPrice(reduction.stop)
    case 'cancel':
      return isText(reduction.orderId) && typeof reduction.isAskedByPerson === 'boolean'
    default:
      return false
  }
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= 120
const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1
const isPrice = (value: unknown): boolean => Number.isSafeInteger(value)
const isSide = (value: unknown): boolean => value === 'buy' || value === 'sell'

function reductionHash(reduction: Reduction): string {
  const parts = Object.entries(reduction).sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256Hex(`kael-reduction-1;${JSON.stringify(parts)}`)
}

function refuse(code: Code, text: string): ReduceRefusal {
  return { verdict: 'denied', phase: 'reduce', code, text, fix: CODES[code].fix }
}
