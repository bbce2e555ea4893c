import type { BrokerOrder, BrokerTrade, EpochMs, Side, Ticks, Usd } from '../domain/index.ts'
import { unreachable } from '../lib/index.ts'
import type { CallOutcome } from './classify.ts'
import { type OrderState, isTerminal, moveTo } from './order-state.ts'

/** How long the broker may still learn of a request whose answer we did not get. */
export const ABSENCE_WAIT_MS = 60_000

/** One order of ours, or a child of one, with everything that is proven about it. */
export interface TrackedOrder {
  /** Kept on disk before the first byte goes out; never changed. */
  readonly tag: string
  readonly role: 'entry' | 'stop' | 'target' | 'close'
  readonly accountId: string
  readonly contractId: string
  readonly side: Side
  readonly size: number
  /** Price of a stop or a target, or of an entry's limit. */
  readonly price: Ticks | undefined
  /** Loss at its stop that an entry reserves; 0 for the others. Micro-dollars. */
  readonly risk: Usd
  readonly state: OrderState
  readonly brokerId: string | undefined
  /** When the intent was written, and when it was handed over, on the broker's clock. */
  readonly intentAt: EpochMs
  readonly sentAt: EpochMs | undefined
  /** Each trade once, by id, voided ones left out. */
  readonly fills: readonly BrokerTrade[]
  /** The most that any report of the order says was filled. */
  readonly reportedFilled: number
  readonly rejection: { readonly errorCode: number | undefined; readonly text: string } | undefined
  /** As-of instants of the complete snapshots that lacked it, after the wait; two of them prove absence. */
  readonly lackedAt: readonly EpochMs[]
}

/** What may be learned about an order. */
export type OrderFact =
  | { readonly kind: 'handedOver'; readonly at: EpochMs }
  /** The gate refused at the last moment: nothing was transmitted. */
  | { readonly kind: 'refusedAtSend' }
  | { readonly kind: 'answered'; readonly outcome: CallOutcome }
  /** The process ended after the intent was written: whether it was sent is not known. */
  | { readonly kind: 'crashed' }
  /** Reported by the stream or by a read. */
  | { readonly kind: 'seen'; readonly order: BrokerOrder }
  | { readonly kind: 'traded'; readonly trade: BrokerTrade }
  /** A complete snapshot of orders and trades does not have it. */
  | { readonly kind: 'lacked'; readonly asOf: EpochMs }

export interface Transition {
  readonly tag: string
  readonly from: OrderState
  readonly to: OrderState
  readonly because: string
}

/** What the broker now says cannot be true beside what it proved before: halt, keep protecting, call a person. */
export interface Violation {
  readonly tag: string
  readonly rule: string
}

export interface Advanced {
  readonly order: TrackedOrder
  readonly transitions: readonly Transition[]
  readonly violations: readonly Violation[]
}

export type NewOrder = Pick<
  TrackedOrder,
  'tag' | 'role' | 'accountId' | 'contractId' | 'side' | 'size' | 'price' | 'risk' | 'intentAt'
>

/** An order as it is born: an intent, on disk and nowhere else. */
export function newIntent(order: NewOrder): TrackedOrder {
  return {
    ...order,
    state: 'intent',
    brokerId: undefined,
    sentAt: undefined,
    fills: [],
    reportedFilled: 0,
    rejection: undefined,
    lackedAt: [],
  }
}

export function filledOf(order: TrackedOrder): number {
  return order.fills.reduce((sum, each) => sum + each.size, 0)
}

/**
 * Takes in one fact. Facts may come twice, late and in any order: the state never goes back, and the same set of
 * facts ends in the same state.
 */
export function advance(order: TrackedOrder, fact: OrderFact): Advanced {
  switch (fact.kind) {
    case 'handedOver':
      return move({ ...order, sentAt: order.sentAt ?? fact.at }, 'sent', 'handed to the socket')
    case 'refusedAtSend':
      return order.state === 'intent'
        ? move(order, 'absent', 'refused at send')
        : violated(order, `nothing was sent, yet it is ${order.state}`)
    case 'crashed':
      return move(
        { ...order, sentAt: order.sentAt ?? order.intentAt },
        'unknown',
        'restarted before an answer',
      )
    case 'answered':
      return answered(order, fact.outcome)
    case 'seen':
      return seen(order, fact.order)
    case 'traded':
      return traded(order, fact.trade)
    case 'lacked':
      return lacked(order, fact.asOf)
    default:
      return unreachable(fact)
  }
}

function answered(order: TrackedOrder, outcome: CallOutcome): Advanced {
  switch (outcome.kind) {
    case 'accepted':
      return move(identified(order, outcome.orderId), 'working', 'accepted')
    case 'rejected': {
      const rejection = { errorCode: outcome.errorCode, text: outcome.text }
      return move(
        identified({ ...order, rejection }, outcome.orderId),
        'rejected',
        outcome.errorCode === undefined ? outcome.text : `code ${outcome.errorCode}`,
      )
    }
    case 'unknown':
      return move(identified(order, outcome.orderId), 'unknown', outcome.why)
    case 'notSent':
      return order.state === 'intent' || order.state === 'sent' || order.state === 'unknown'
        ? move(order, 'absent', `not sent: ${outcome.detail}`)
        : violated(order, `it was not sent, yet it is ${order.state}`)
    default:
      return unreachable(outcome)
  }
}

function seen(order: TrackedOrder, report: BrokerOrder): Advanced {
  const known: TrackedOrder = {
    ...identified(order, report.id),
    // A bracket child gets its price when its entry fills.
    price: report.stop ?? report.limit ?? order.price,
    reportedFilled: Math.max(order.reportedFilled, report.filled),
  }
  const to = stateOf(report)
  if (to === 'rejected' && filledOf(known) + known.reportedFilled > 0)
    return violated(known, 'it is reported rejected and has fills')
  return to === undefined ? still(known) : move(known, to, `broker: ${report.status}`)
}

/** What a report proves. A status that we do not know proves that the order is there. */
function stateOf({ status, filled, size }: BrokerOrder): OrderState | undefined {
  switch (status) {
    case 'filled':
      return 'filled'
    case 'cancelled':
    case 'expired':
      return 'cancelled'
    case 'rejected':
      return 'rejected'
    case 'open':
    case 'pending':
    case 'pending-cancel':
    case 'suspended':
    case 'none':
    case 'unknown':
      return filled > 0 && filled < size ? 'partial' : 'working'
    default:
      return undefined
  }
}

function traded(order: TrackedOrder, trade: BrokerTrade): Advanced {
  const others = order.fills.filter((each) => each.id !== trade.id)
  const fills = trade.isVoided ? others : [...others, trade].sort(byTime)
  const known: TrackedOrder = { ...identified(order, trade.orderId), fills }
  const filled = filledOf(known)
  if (filled > order.size) return violated(known, `${filled} of ${order.size} contracts filled`)
  if (filled === 0) return still(known)
  if (order.state === 'rejected' || order.state === 'absent')
    return violated(known, `it is ${order.state} and trade ${trade.id} filled ${trade.size} of it`)
  return move(known, filled === order.size ? 'filled' : 'partial', `trade ${trade.id}`)
}

function lacked(order: TrackedOrder, asOf: EpochMs): Advanced {
  const since = order.sentAt ?? order.intentAt
  if (order.state !== 'unknown' || asOf < since + ABSENCE_WAIT_MS || order.lackedAt.includes(asOf))
    return still(order)
  const lackedAt = [...order.lackedAt, asOf].sort((a, b) => a - b)
  const known = { ...order, lackedAt }
  return lackedAt.length < 2 ? still(known) : move(known, 'absent', 'two complete snapshots lack it')
}

function move(order: TrackedOrder, to: OrderState, because: string): Advanced {
  const step = moveTo(order.state, to)
  if (step.kind === 'contradiction') return violated(order, `it is ${order.state} and is now reported ${to}`)
  let from = order.state
  const transitions = step.states.map((state): Transition => {
    const each = { tag: order.tag, from, to: state, because }
    from = state
    return each
  })
  return { order: { ...order, state: from }, transitions, violations: [] }
}

function identified(order: TrackedOrder, brokerId: string | undefined): TrackedOrder {
  return { ...order, brokerId: order.brokerId ?? brokerId }
}

function still(order: TrackedOrder): Advanced {
  return { order, transitions: [], violations: [] }
}

function violated(order: TrackedOrder, rule: string): Advanced {
  return { order, transitions: [], violations: [{ tag: order.tag, rule }] }
}

function byTime(a: BrokerTrade, b: BrokerTrade): number {
  return a.at - b.at || a.id.length - b.id.length || (a.id < b.id ? -1 : 1)
}

/** Whether it may still do something at the broker. */
export function isLive(order: TrackedOrder): boolean {
  return !isTerminal(order.state)
}
