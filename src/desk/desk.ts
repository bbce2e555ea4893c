import { instantAt, tradeDateOf } from '../domain/calendar/index.ts'
import {
  type BrokerAccount,
  type BrokerContract,
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type Instrument,
  type MonotonicMs,
  type Signal,
  type Ticks,
  contracts,
  epochMs,
  sign,
} from '../domain/index.ts'
import { type DayLedger, type RiskLimits, dayLedger } from '../domain/risk/index.ts'
import {
  type Book,
  type BrokerSnapshot,
  type OrderFact,
  type OrderState,
  type PositionSnapshot,
  type Protection,
  type ProtectionFacts,
  type ProtectiveLeg,
  type Reconciled,
  type TrackedOrder,
  type Transition,
  type Violation,
  advance,
  allowedStopOf,
  emptyBook,
  idleProtection,
  isLive,
  isSettled,
  netByContract,
  nextStopUnit,
  reconcile,
} from '../execution/index.ts'
import { present } from '../lib/index.ts'

/** A contract that we trade: checked against our own instrument table. */
export interface DeskContract {
  readonly instrument: Instrument
  readonly contract: BrokerContract
}

export interface DeskOptions {
  readonly accountId: string
  readonly accountName: string
  readonly contracts: readonly DeskContract[]
  readonly limits: RiskLimits
}

/** What we asked for with an entry: its exits, and until when it may wait. */
export interface Plan {
  readonly signal: Signal | undefined
  readonly stop: Ticks
  readonly target: Ticks
  readonly validUntil: number
  readonly decisionId: number | undefined
  readonly mintedAt: MonotonicMs
}

/** A fact that was taken in, with what it moved. */
export interface Taken {
  readonly transitions: readonly Transition[]
  readonly violations: readonly Violation[]
}

/** Which channel showed an order, and when on the steady clock. */
interface Sighting {
  order: BrokerOrder
  streamAt: number | undefined
  readAt: number | undefined
  earlierReadAt: number | undefined
  /** Since when its end is asked for, on the steady clock; undefined while it is not. */
  cancelAskedAt: number | undefined
}

/** A position as a channel last said it; `asOf` on the broker's clock. */
export interface HeldPosition {
  readonly position: BrokerPosition
  readonly readAt: MonotonicMs
  readonly asOf: number
  /** A second channel that says the same: two make a proof. */
  readonly isConfirmed: boolean
}

const NOTHING: Taken = { transitions: [], violations: [] }

/** A read that was asked for this long after a cancel and still shows the order: the cancel did not take. */
const CANCEL_SHOWS_MS = 2_000

/**
 * All that the executor knows of one account: what we meant, what the broker says, what covers what.
 * Facts come in from reads, the stream and our own calls; every change raises `version`. No clock, no socket.
 */
export class Desk {
  readonly accountId: string
  readonly accountName: string
  readonly limits: RiskLimits
  /** Rises with every change: a permit is good for one version. */
  version = 0
  account: BrokerAccount | undefined
  accountReadAt: MonotonicMs | undefined
  readonly plans = new Map<string, Plan>()
  readonly protections = new Map<string, Protection>()
  readonly halted = new Map<string, string>()
  #book: Book
  readonly #contracts: ReadonlyMap<string, DeskContract>
  readonly #sightings = new Map<string, Sighting>()
  readonly #positions = new Map<string, HeldPosition>()

  constructor({ accountId, accountName, contracts, limits }: DeskOptions) {
    this.accountId = accountId
    this.accountName = accountName
    this.limits = limits
    this.#book = emptyBook(accountId)
    this.#contracts = new Map(contracts.map((each) => [each.contract.id, each]))
  }

  get orders(): readonly TrackedOrder[] {
    return this.#book.orders
  }

  get trades(): readonly BrokerTrade[] {
    return this.#book.trades
  }

  contractOf(root: string): DeskContract | undefined {
    return [...this.#contracts.values()].find((each) => each.instrument.root === root)
  }

  contractById(contractId: string): DeskContract | undefined {
    return this.#contracts.get(contractId)
  }

  orderByTag(tag: string): TrackedOrder | undefined {
    return this.#book.orders.find((each) => each.tag === tag)
  }

  brokerOrders(): readonly BrokerOrder[] {
    return [...this.#sightings.values()].map((each) => each.order)
  }

  positions(): readonly HeldPosition[] {
    return [...this.#positions.values()]
  }

  positionOf(contractId: string): HeldPosition | undefined {
    return this.#positions.get(contractId)
  }

  /** Orders of ours that are read back at a start: those that may have been sent are unknown until looked up. */
  restore(orders: readonly TrackedOrder[]): Taken {
    this.#book = { ...this.#book, orders: [...this.#book.orders, ...orders] }
    this.version++
    const takens = orders
      .filter((each) => each.state === 'intent' || each.state === 'sent')
      .map((each) => this.advance(each.tag, { kind: 'crashed' }))
    return join(takens)
  }

  /** A new order of ours, from the moment that its intent is durable. */
  open(order: TrackedOrder, plan: Plan | undefined): void {
    this.#book = { ...this.#book, orders: [...this.#book.orders, order] }
    if (plan !== undefined) this.plans.set(order.tag, plan)
    this.version++
  }

  advance(tag: string, fact: OrderFact): Taken {
    const order = this.orderByTag(tag)
    if (order === undefined) return NOTHING
    const { order: after, transitions, violations } = advance(order, fact)
    this.#book = { ...this.#book, orders: this.#book.orders.map((each) => (each.tag === tag ? after : each)) }
    this.version++
    return { transitions, violations }
  }

  closeAsked(contractId: string, at: number): void {
    this.#book = { ...this.#book, closes: [...this.#book.closes, { contractId, askedAt: epochMs(at) }] }
    this.version++
  }

  cancelAsked(orderId: string, at: MonotonicMs): void {
    const sighting = this.#sightings.get(orderId)
    if (sighting !== undefined) sighting.cancelAskedAt = at
  }

  /** A cancel that the broker refused leaves the order as it was. */
  cancelRefused(orderId: string): void {
    const sighting = this.#sightings.get(orderId)
    if (sighting !== undefined) sighting.cancelAskedAt = undefined
  }

  /** The stream told of an order. */
  orderTold(order: BrokerOrder, at: MonotonicMs): Taken {
    const foreign = this.#foreign(order, `order ${order.id}`)
    if (foreign !== undefined) return foreign
    this.#see(order, 'stream', at)
    return this.#join({
      asOf: order.updatedAt,
      openOrders: [order],
      history: undefined,
      trades: undefined,
      positions: undefined,
    })
  }

  /** The stream told of a trade. */
  tradeTold(trade: BrokerTrade): Taken {
    const foreign = this.#foreign(trade, `trade ${trade.id}`)
    if (foreign !== undefined) return foreign
    const trades = { rows: [trade], isComplete: false }
    return this.#join({
      asOf: trade.at,
      openOrders: undefined,
      history: undefined,
      trades,
      positions: undefined,
    })
  }

  /** The stream told of a position. A snapshot that was asked for later beats it. */
  positionTold(position: BrokerPosition, now: number, at: MonotonicMs): Taken {
    const foreign = this.#foreign(position, `position ${position.id}`)
    if (foreign !== undefined) return foreign
    this.#setPosition(position, now, at)
    this.version++
    return NOTHING
  }

  accountTold(account: BrokerAccount, at: MonotonicMs): void {
    if (account.id !== this.accountId) return
    this.account = account
    this.accountReadAt = at
    this.version++
  }

  /** A whole read: the one way in for start, reconnect, restart and timer. */
  snapshot(snapshot: BrokerSnapshot, at: MonotonicMs): Reconciled {
    for (const order of [...(snapshot.history?.rows ?? []), ...(snapshot.openOrders ?? [])])
      if (order.accountId === this.accountId) this.#see(order, 'read', at)
    const result = reconcile(this.#book, snapshot)
    if (!result.isApplied) return result
    this.#book = result.book
    if (snapshot.openOrders !== undefined) this.#forgetGone(at)
    if (snapshot.positions !== undefined) this.#readPositions(snapshot.positions, snapshot.asOf, at)
    this.version++
    return result
  }

  /** Net contracts by our own trades, with what was held before the first of them. */
  ledgerNet(contractId: string): number {
    const traded = netByContract(this.#book.trades).get(contractId) ?? 0
    return traded + (this.#book.baseline[contractId] ?? 0)
  }

  brokerNet(contractId: string): number | undefined {
    const held = this.#positions.get(contractId)
    return held === undefined ? undefined : signed(held.position)
  }

  positionSnapshot(contractId: string): PositionSnapshot | undefined {
    const held = this.#positions.get(contractId)
    return held && { contractId, net: signed(held.position), asOf: held.asOf }
  }

  dayLedger(now: number): DayLedger {
    return dayLedger(this.#known(this.#book.trades), tradeDateOf(now), (contractId) =>
      this.#instrumentOf(contractId),
    )
  }

  /** Contracts whose protection has to be looked at: held, on their way, or flat with orders left. */
  watched(): readonly string[] {
    const live = this.#book.orders.filter(isLive).map((each) => each.contractId)
    const held = [...this.#positions.values()]
      .filter((each) => each.position.size > 0)
      .map((each) => each.position.contractId)
    const busy = [...this.protections]
      .filter(([, each]) => each.kind !== 'idle' && each.kind !== 'flat')
      .map(([id]) => id)
    return [...new Set([...live, ...held, ...busy])].filter((each) => this.#contracts.has(each)).sort()
  }

  /** One contract as its protection sees it. */
  protectionFacts(
    contractId: string,
    now: number,
    at: MonotonicMs,
    lastTrade: Ticks | undefined,
  ): ProtectionFacts {
    const { instrument } = present(this.#contracts.get(contractId), `contract ${contractId}`)
    const own = this.#book.orders.filter((each) => each.contractId === contractId)
    const net = this.brokerNet(contractId)
    const held = this.#positions.get(contractId)
    const entry = newestEntry(own)
    const ledger = this.dayLedger(now).positions.find((each) => each.contractId === contractId)
    const episode = ledger?.episode ?? held?.position.id ?? contractId
    const allowed =
      held === undefined || held.position.size === 0
        ? undefined
        : allowedStopOf(
            signed(held.position),
            held.position.averageFractional,
            instrument,
            this.limits.stopLossCap,
          )
    return {
      at,
      contractId,
      net,
      isSettled: isSettled(own, this.ledgerNet(contractId), this.positionSnapshot(contractId)),
      isFlatProven: net === 0 && held?.isConfirmed === true,
      entry: entry?.state,
      legs: this.legsOf(contractId),
      unansweredStops: own.filter(
        (each) => each.role === 'stop' && (isUnanswered(each.state) || this.#isUnshown(each)),
      ).length,
      isStopRejected: own.some(
        (each) => each.role === 'stop' && each.state === 'rejected' && each.tag.startsWith(`sl-${episode}-`),
      ),
      episode,
      // What the broker shows counts too: of an earlier start we may have no record of our own.
      nextUnit: nextStopUnit(episode, [
        ...own.map((each) => each.tag),
        ...this.brokerOrders().flatMap((each) => each.tag ?? []),
      ]),
      stopPrice: this.#ownStop(entry, allowed, held?.position),
      allowedStop: allowed,
      lastTrade,
    }
  }

  protectionOf(contractId: string, at: MonotonicMs): Protection {
    return this.protections.get(contractId) ?? idleProtection(at)
  }

  /** Working or suspended exits of a contract, ours and bracket children, as the channels show them. */
  legsOf(contractId: string): readonly ProtectiveLeg[] {
    return [...this.#sightings.values()].flatMap((sighting) => {
      const { order, streamAt, readAt, earlierReadAt, cancelAskedAt } = sighting
      const role = this.roleOf(order)
      const status = legStatus(order.status)
      if (order.contractId !== contractId || (role !== 'stop' && role !== 'target') || status === undefined)
        return []
      return [
        {
          orderId: order.id,
          tag: order.tag,
          leg: role,
          direction: sign(order.side),
          size: order.size - order.filled,
          price: order.stop ?? order.limit,
          status: cancelAskedAt === undefined ? status : 'cancelling',
          createdAt: order.createdAt,
          streamAt,
          readAt,
          earlierReadAt,
        } satisfies ProtectiveLeg,
      ]
    })
  }

  /** What an order of the broker is to us: ours by its tag or its parent, else somebody else's. */
  roleOf(order: BrokerOrder): 'entry' | 'stop' | 'target' | 'external' {
    const tracked = this.#book.orders.find((each) => each.brokerId === order.id || each.tag === order.tag)
    // A unit of ours whose record did not outlive a restart says by its tag whose it is.
    if (tracked === undefined) return order.type === 'stop' && isStopTag(order.tag) ? 'stop' : 'external'
    return tracked.role === 'close' ? 'external' : tracked.role
  }

  /** Stops of ours that the broker took or may have taken and that no channel shows yet: they count as working. */
  unshownStops(contractId: string): readonly TrackedOrder[] {
    return this.#book.orders.filter(
      (each) => each.contractId === contractId && each.role === 'stop' && this.#isUnshown(each),
    )
  }

  /** Every order that works on a contract, for the proof that a reduction reduces. */
  working(contractId: string): readonly BrokerOrder[] {
    return this.brokerOrders().filter(
      (each) => each.contractId === contractId && legStatus(each.status) !== undefined,
    )
  }

  #join(snapshot: BrokerSnapshot): Taken {
    // A told event is newer than any read and no read itself: it may not move the mark of reads.
    const before = this.#book.appliedAsOf
    const result = reconcile({ ...this.#book, appliedAsOf: undefined }, snapshot)
    this.#book = { ...result.book, appliedAsOf: before }
    this.version++
    return { transitions: result.transitions, violations: result.violations }
  }

  #see(order: BrokerOrder, channel: 'stream' | 'read', at: MonotonicMs): void {
    const known = this.#sightings.get(order.id)
    if (known === undefined) {
      const sighting = {
        order,
        streamAt: undefined,
        readAt: undefined,
        earlierReadAt: undefined,
        cancelAskedAt: undefined,
      }
      this.#sightings.set(order.id, sighting)
      return this.#mark(sighting, channel, at)
    }
    if (isNewer(order, known.order)) {
      // Looks at what it was before prove nothing of what it is now.
      if (!isSameLook(order, known.order))
        Object.assign(known, { streamAt: undefined, readAt: undefined, earlierReadAt: undefined })
      known.order = order
    }
    if (isSameLook(order, known.order)) this.#mark(known, channel, at)
  }

  /**
   * Somebody else's order that a whole list of open ones lacks has ended, whether we heard of it or not: nobody but
   * that list could tell us. Orders of ours are looked up one by one instead.
   */
  #forgetGone(readAt: MonotonicMs): void {
    for (const [id, { order, streamAt = -Infinity, readAt: lastReadAt = -Infinity }] of this.#sightings)
      if (
        order.status === 'open' &&
        Math.max(streamAt, lastReadAt) < readAt &&
        this.roleOf(order) === 'external'
      )
        this.#sightings.delete(id)
  }

  #mark(sighting: Sighting, channel: 'stream' | 'read', at: MonotonicMs): void {
    if (channel === 'stream') sighting.streamAt = at
    else {
      // The first of all reads stays: reads that follow each other closely would never be two looks.
      sighting.earlierReadAt ??= sighting.readAt
      sighting.readAt = at
      const { cancelAskedAt } = sighting
      if (cancelAskedAt !== undefined && at - cancelAskedAt >= CANCEL_SHOWS_MS)
        sighting.cancelAskedAt = undefined
    }
  }

  /** A frame of an account that is not ours has no say here, and is a reason to stop. */
  #foreign({ accountId }: { readonly accountId: string }, what: string): Taken | undefined {
    if (accountId === this.accountId) return undefined
    const rule = `it is of account ${accountId}, we are bound to ${this.accountId}`
    return { transitions: [], violations: [{ tag: what, rule }] }
  }

  #isUnshown({ state, brokerId }: TrackedOrder): boolean {
    const sighting = brokerId === undefined ? undefined : this.#sightings.get(brokerId)
    // Pending is still on its way: it covers nothing yet and will.
    const isAwaited = sighting === undefined || sighting.order.status === 'pending'
    if (isUnanswered(state)) return isAwaited
    return state === 'working' && brokerId !== undefined && isAwaited
  }

  #readPositions(rows: readonly BrokerPosition[], asOf: number, at: MonotonicMs): void {
    const listed = new Set(rows.map((each) => each.contractId))
    for (const position of rows.filter((each) => each.accountId === this.accountId))
      this.#setPosition(position, asOf, at)
    // What the broker does not list is flat: the read was whole.
    for (const { position } of this.#positions.values())
      if (!listed.has(position.contractId)) this.#setPosition(flat(position), asOf, at)
    for (const contractId of this.#contracts.keys())
      if (!this.#positions.has(contractId))
        this.#setPosition(neverHeld(this.accountId, contractId, asOf), asOf, at)
  }

  #setPosition(position: BrokerPosition, asOf: number, at: MonotonicMs): void {
    const held = this.#positions.get(position.contractId)
    if (held !== undefined && held.asOf > asOf) return
    // A second look that agrees, whichever channel the first one came by.
    const isConfirmed = held !== undefined && signed(held.position) === signed(position)
    this.#positions.set(position.contractId, { position, readAt: at, asOf, isConfirmed })
  }

  /**
   * The planned stop while it is tight enough, else the loosest that keeps the loss within the cap. A plan is for the
   * position that its own entry made: of any other it may be on the wrong side of the market.
   */
  #ownStop(
    entry: TrackedOrder | undefined,
    allowed: Ticks | undefined,
    held: BrokerPosition | undefined,
  ): Ticks | undefined {
    const planned = entry === undefined ? undefined : this.plans.get(entry.tag)?.stop
    if (entry === undefined || planned === undefined || allowed === undefined || held === undefined)
      return allowed
    const { direction, averageFractional } = held
    const hasFilled = entry.fills.length > 0 || entry.reportedFilled > 0 || isLive(entry)
    const isItsOwn = sign(entry.side) === direction && hasFilled
    const isBelowEntry = direction * (averageFractional - planned) > 0
    return isItsOwn && isBelowEntry && direction * (planned - allowed) >= 0 ? planned : allowed
  }

  #known(trades: readonly BrokerTrade[]): readonly BrokerTrade[] {
    return trades.filter((each) => this.#contracts.has(each.contractId))
  }

  #instrumentOf(contractId: string): Instrument {
    return present(this.#contracts.get(contractId), `contract ${contractId}`).instrument
  }
}

/** Signed contracts of a position. */
export function signed({ direction, size }: BrokerPosition): number {
  return direction * size
}

/** The first instant of the trading day that holds `now`. */
export function dayStart(now: number): number {
  return instantAt(tradeDateOf(now), 0) - 6 * 3_600_000
}

function newestEntry(own: readonly TrackedOrder[]): TrackedOrder | undefined {
  const entries = own.filter((each) => each.role === 'entry')
  return entries.find(isLive) ?? entries.toSorted((a, b) => b.intentAt - a.intentAt)[0]
}

function isUnanswered(state: OrderState): boolean {
  return state === 'intent' || state === 'sent' || state === 'unknown'
}

function legStatus(status: BrokerOrder['status']): ProtectiveLeg['status'] | undefined {
  switch (status) {
    case 'open':
      return 'working'
    case 'suspended':
      return 'suspended'
    case 'pending':
      return 'pending'
    case 'pending-cancel':
      return 'cancelling'
    case 'filled':
    case 'cancelled':
    case 'expired':
    case 'rejected':
    case 'none':
    case 'unknown':
      return undefined
    default:
      return status satisfies never
  }
}

/** Of one state and at one price: two channels that say so agree. */
function isSameLook(a: BrokerOrder, b: BrokerOrder): boolean {
  return a.status === b.status && a.stop === b.stop && a.limit === b.limit && a.size === b.size
}

function isStopTag(tag: string | undefined): boolean {
  return tag !== undefined && /^sl-.+-\d+$/.test(tag)
}

/** How far an order has come: of one instant the later report is the one that is further. */
const PROGRESS: Readonly<Record<BrokerOrder['status'], number>> = {
  none: 0,
  unknown: 0,
  pending: 1,
  suspended: 1,
  open: 2,
  'pending-cancel': 3,
  filled: 4,
  cancelled: 4,
  expired: 4,
  rejected: 4,
}

/** Later reports of one order: by its update, then by how far it is and what was filled; an end is never undone. */
function isNewer(order: BrokerOrder, than: BrokerOrder): boolean {
  if (PROGRESS[than.status] === PROGRESS.filled) return false
  if (order.updatedAt !== than.updatedAt) return order.updatedAt > than.updatedAt
  return PROGRESS[order.status] >= PROGRESS[than.status] && order.filled >= than.filled
}

function flat(position: BrokerPosition): BrokerPosition {
  return { ...position, direction: 0, size: contracts(0) }
}

function neverHeld(accountId: string, contractId: string, asOf: number): BrokerPosition {
  return {
    id: `none/${contractId}`,
    accountId,
    contractId,
    direction: 0,
    size: contracts(0),
    averageFractional: 0,
    openedAt: epochMs(asOf),
  }
}

function join(takens: readonly Taken[]): Taken {
  return {
    transitions: takens.flatMap((each) => each.transitions),
    violations: takens.flatMap((each) => each.violations),
  }
}
