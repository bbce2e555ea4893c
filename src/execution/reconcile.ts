import {
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type EpochMs,
  usd,
} from '../domain/index.ts'
import { netByContract } from './exposure.ts'
import { bracketChildOf } from './tags.ts'
import {
  type OrderFact,
  type TrackedOrder,
  type Transition,
  type Violation,
  advance,
  isLive,
  newIntent,
} from './tracked-order.ts'

/** What we know of one account: the orders that we meant, and every trade that we have seen. */
export interface Book {
  readonly accountId: string
  readonly orders: readonly TrackedOrder[]
  /** Each trade once, by id; trades of others on the account too. */
  readonly trades: readonly BrokerTrade[]
  /** Orders of others that were taken in, by broker id. */
  readonly external: readonly BrokerOrder[]
  /** Contracts that were held before the first trade that we can read, signed. */
  readonly baseline: Readonly<Record<string, number>>
  /** Closes that we asked the broker for: their orders carry no tag of ours. */
  readonly closes: readonly { readonly contractId: string; readonly askedAt: EpochMs }[]
  /** As-of of the newest snapshot that was applied. */
  readonly appliedAsOf: EpochMs | undefined
  /** Differences of the last pass, contract to broker net minus ours: only one that lasts is taken in. */
  readonly differences: Readonly<Record<string, number>>
}

/** What the broker says. A part that is undefined was not answered: no information, and never "none". */
export interface BrokerSnapshot {
  /** The moment at which it was true at the broker, not when we read it. */
  readonly asOf: EpochMs
  readonly openOrders: readonly BrokerOrder[] | undefined
  /** Orders of every status created at or after `from`; `isComplete` when no page is missing. */
  readonly history: BrokerHistory | undefined
  readonly trades: { readonly rows: readonly BrokerTrade[]; readonly isComplete: boolean } | undefined
  readonly positions: readonly BrokerPosition[] | undefined
}

export interface BrokerHistory {
  readonly rows: readonly BrokerOrder[]
  readonly from: EpochMs
  readonly isComplete: boolean
}

/** What was taken in that we had not meant. It counts as exposure from now on. */
export type Adoption =
  /** A leg of one of our brackets. */
  | {
      readonly kind: 'bracketLeg'
      readonly tag: string
      readonly orderId: string
      readonly contractId: string
    }
  | { readonly kind: 'externalOrder'; readonly orderId: string; readonly contractId: string }
  | {
      readonly kind: 'externalTrade'
      readonly tradeId: string
      readonly contractId: string
      readonly size: number
    }
  | { readonly kind: 'externalPosition'; readonly contractId: string; readonly net: number }

export type Dispute =
  | {
      readonly kind: 'position'
      readonly contractId: string
      readonly brokerNet: number
      readonly ledgerNet: number
    }
  | { readonly kind: 'account'; readonly accountId: string; readonly what: string }
  | { readonly kind: 'violation'; readonly tag: string; readonly rule: string }

export interface Reconciled {
  /** False: the snapshot is older than one that was applied, and nothing was taken from it. */
  readonly isApplied: boolean
  readonly book: Book
  readonly transitions: readonly Transition[]
  readonly newTrades: readonly BrokerTrade[]
  readonly adoptions: readonly Adoption[]
  readonly disputes: readonly Dispute[]
  readonly violations: readonly Violation[]
  /** Live orders of ours that no part of the snapshot shows: look each up by its id or tag. */
  readonly lookups: readonly string[]
  /** Contracts whose protection has to be looked at now: held, or flat with legs left. */
  readonly toProtect: readonly string[]
  /** Every part was answered whole, nothing is disputed and no order's fate is unknown. */
  readonly isClean: boolean
}

export function emptyBook(accountId: string): Book {
  return {
    accountId,
    orders: [],
    trades: [],
    external: [],
    baseline: {},
    closes: [],
    appliedAsOf: undefined,
    differences: {},
  }
}

/**
 * Start-up, reconnect, restart and timer: always this. Joins our book with what the broker says. Broker truth beats
 * our memory, our memory beats silence. The same snapshot twice changes nothing the second time.
 */
export function reconcile(book: Book, snapshot: BrokerSnapshot): Reconciled {
  if (book.appliedAsOf !== undefined && snapshot.asOf < book.appliedAsOf) return ignored(book)

  const pass = new Pass(book, snapshot)
  pass.takeOrders()
  pass.takeTrades()
  pass.proveAbsences()
  pass.comparePositions()
  return pass.result()
}

function ignored(book: Book): Reconciled {
  return {
    isApplied: false,
    book,
    transitions: [],
    newTrades: [],
    adoptions: [],
    disputes: [],
    violations: [],
    lookups: [],
    toProtect: [],
    isClean: false,
  }
}

/** One pass over one snapshot. Mutable inside, nothing of it is seen before `result`. */
class Pass {
  readonly #book: Book
  readonly #snapshot: BrokerSnapshot
  readonly #orders: Map<string, TrackedOrder>
  readonly #tagById = new Map<string, string>()
  readonly #external: Map<string, BrokerOrder>
  readonly #trades: Map<string, BrokerTrade>
  readonly #transitions: Transition[] = []
  readonly #newTrades: BrokerTrade[] = []
  readonly #adoptions: Adoption[] = []
  readonly #disputes: Dispute[] = []
  readonly #violations: Violation[] = []
  readonly #shown = new Set<string>()
  #baseline: Readonly<Record<string, number>>
  #differences: Readonly<Record<string, number>>

  constructor(book: Book, snapshot: BrokerSnapshot) {
    this.#book = book
    this.#snapshot = snapshot
    this.#orders = new Map(book.orders.map((each) => [each.tag, each]))
    for (const { tag, brokerId } of book.orders) if (brokerId !== undefined) this.#tagById.set(brokerId, tag)
    this.#external = new Map(book.external.map((each) => [each.id, each]))
    this.#trades = new Map(book.trades.map((each) => [each.id, each]))
    this.#baseline = book.baseline
    this.#differences = book.differences
  }

  takeOrders(): void {
    // History first: its rows have the ends of orders that are no longer open.
    const rows = [...(this.#snapshot.history?.rows ?? []), ...(this.#snapshot.openOrders ?? [])]
    for (const row of rows.filter((each) => this.#isOurAccount(each, `order ${each.id}`)).sort(byId)) {
      const tag = this.#tagOf(row)
      if (tag === undefined) this.#takeExternal(row)
      else this.#apply(tag, { kind: 'seen', order: row })
    }
  }

  takeTrades(): void {
    const rows = this.#snapshot.trades?.rows ?? []
    for (const trade of rows.filter((each) => this.#isOurAccount(each, `trade ${each.id}`)).sort(byTime)) {
      const before = this.#trades.get(trade.id)
      const isKnown = before !== undefined && before.isVoided === trade.isVoided
      this.#trades.set(trade.id, trade)
      if (!isKnown) this.#newTrades.push(trade)
      const tag = this.#tagById.get(trade.orderId)
      if (tag !== undefined) this.#apply(tag, { kind: 'traded', trade })
      else if (!isKnown && !trade.isVoided && !this.#isOurClose(trade)) this.#takeExternalTrade(trade)
    }
  }

  /** A whole history that lacks a tag, with no trade that could be its own, is one of two proofs of absence. */
  proveAbsences(): void {
    const { history, trades, asOf } = this.#snapshot
    if (history?.isComplete !== true || trades?.isComplete !== true) return
    for (const order of this.#orders.values()) {
      const since = order.sentAt ?? order.intentAt
      if (order.state !== 'unknown' || this.#shown.has(order.tag) || history.from > since) continue
      if (!this.#hasUnexplainedTrade(order, since)) this.#apply(order.tag, { kind: 'lacked', asOf })
    }
  }

  comparePositions(): void {
    const { positions } = this.#snapshot
    if (positions === undefined) return
    const broker = new Map<string, number>()
    for (const each of positions.filter((row) => this.#isOurAccount(row, `position ${row.id}`)))
      broker.set(each.contractId, (broker.get(each.contractId) ?? 0) + each.direction * each.size)

    const ledger = this.#ledger()
    const differences: Record<string, number> = {}
    for (const contractId of [...new Set([...broker.keys(), ...ledger.keys()])].sort()) {
      const brokerNet = broker.get(contractId) ?? 0
      const ledgerNet = ledger.get(contractId) ?? 0
      const difference = brokerNet - ledgerNet
      if (difference === 0) continue
      if (this.#isLasting(contractId, difference)) this.#takeExternalPosition(contractId, difference)
      else {
        differences[contractId] = difference
        this.#disputes.push({ kind: 'position', contractId, brokerNet, ledgerNet })
      }
    }
    this.#differences = differences
  }

  result(): Reconciled {
    const orders = [...this.#orders.values()]
    for (const { tag, rule } of this.#violations) this.#disputes.push({ kind: 'violation', tag, rule })
    return {
      isApplied: true,
      book: {
        ...this.#book,
        orders,
        trades: [...this.#trades.values()].sort(byTime),
        external: [...this.#external.values()].sort(byId),
        baseline: this.#baseline,
        differences: this.#differences,
        appliedAsOf: this.#snapshot.asOf,
      },
      transitions: this.#transitions,
      newTrades: this.#newTrades,
      adoptions: this.#adoptions,
      disputes: this.#disputes,
      violations: this.#violations,
      lookups: this.#lookups(orders),
      toProtect: this.#toProtect(orders),
      isClean:
        this.#isWhole() && this.#disputes.length === 0 && orders.every((each) => each.state !== 'unknown'),
    }
  }

  #isWhole(): boolean {
    const { openOrders, history, trades, positions } = this.#snapshot
    return (
      openOrders !== undefined &&
      positions !== undefined &&
      history?.isComplete === true &&
      trades?.isComplete === true
    )
  }

  /** Our name for a broker's order: its own tag, the entry that it is a leg of, or the id that we remember. */
  #tagOf(row: BrokerOrder): string | undefined {
    const known = this.#tagById.get(row.id)
    if (known !== undefined) return known
    if (row.tag !== undefined && this.#orders.has(row.tag)) return row.tag
    const child = row.tag === undefined ? undefined : bracketChildOf(row.tag)
    const parent = row.parentId === undefined ? undefined : this.#tagById.get(row.parentId)
    const entryTag = child !== undefined && this.#orders.has(child.entryTag) ? child.entryTag : parent
    const entry = entryTag === undefined ? undefined : this.#orders.get(entryTag)
    return entry === undefined ? undefined : this.#adoptLeg(entry, row, child?.leg)
  }

  #adoptLeg(entry: TrackedOrder, row: BrokerOrder, named: 'stop' | 'target' | undefined): string {
    const leg = named ?? (row.type === 'limit' ? 'target' : 'stop')
    const tag = `${entry.tag}${leg === 'stop' ? '-SL' : '-TP'}`
    if (!this.#orders.has(tag)) {
      this.#orders.set(
        tag,
        newIntent({
          tag,
          role: leg,
          accountId: row.accountId,
          contractId: row.contractId,
          side: row.side,
          size: row.size,
          price: row.stop ?? row.limit,
          risk: usd(0),
          intentAt: row.createdAt,
        }),
      )
      this.#adoptions.push({ kind: 'bracketLeg', tag, orderId: row.id, contractId: row.contractId })
    }
    return tag
  }

  #takeExternal(row: BrokerOrder): void {
    const isNew = !this.#external.has(row.id)
    this.#external.set(row.id, row)
    const isOurs = this.#book.closes.some(
      (each) => each.contractId === row.contractId && row.createdAt >= each.askedAt,
    )
    // An order of someone else that had ended before we looked is history and not news.
    const isOver =
      row.status === 'filled' ||
      row.status === 'cancelled' ||
      row.status === 'expired' ||
      row.status === 'rejected'
    if (isNew && !isOurs && !isOver)
      this.#adoptions.push({ kind: 'externalOrder', orderId: row.id, contractId: row.contractId })
  }

  #takeExternalTrade({ id, contractId, size }: BrokerTrade): void {
    this.#adoptions.push({ kind: 'externalTrade', tradeId: id, contractId, size })
  }

  #takeExternalPosition(contractId: string, net: number): void {
    this.#baseline = { ...this.#baseline, [contractId]: (this.#baseline[contractId] ?? 0) + net }
    this.#adoptions.push({ kind: 'externalPosition', contractId, net })
  }

  /** Trades follow positions by moments and the reverse: only the same difference in two passes at rest is real. */
  #isLasting(contractId: string, difference: number): boolean {
    const isAtRest = ![...this.#orders.values()].some(
      (each) => each.contractId === contractId && each.role === 'entry' && isLive(each),
    )
    const isLater = this.#book.appliedAsOf !== undefined && this.#snapshot.asOf > this.#book.appliedAsOf
    return isAtRest && isLater && this.#isWhole() && this.#book.differences[contractId] === difference
  }

  #isOurClose({ contractId, at }: BrokerTrade): boolean {
    return this.#book.closes.some((each) => each.contractId === contractId && at >= each.askedAt)
  }

  #hasUnexplainedTrade({ contractId, side }: TrackedOrder, since: number): boolean {
    return [...this.#trades.values()].some(
      (each) =>
        each.contractId === contractId &&
        each.side === side &&
        each.at >= since &&
        !this.#tagById.has(each.orderId),
    )
  }

  #apply(tag: string, fact: OrderFact): void {
    const order = this.#orders.get(tag)
    if (order === undefined) return
    const { order: after, transitions, violations } = advance(order, fact)
    if (fact.kind !== 'lacked') this.#shown.add(tag)
    this.#orders.set(tag, after)
    if (after.brokerId !== undefined) this.#tagById.set(after.brokerId, tag)
    this.#transitions.push(...transitions)
    this.#violations.push(...violations)
  }

  /** An account that is not ours has no say in our book, and its rows in our replies are a reason to stop. */
  #isOurAccount({ accountId }: { readonly accountId: string }, what: string): boolean {
    if (accountId === this.#book.accountId) return true
    this.#disputes.push({ kind: 'account', accountId, what })
    return false
  }

  #ledger(): ReadonlyMap<string, number> {
    const nets = new Map(netByContract(this.#trades.values()))
    for (const [contractId, net] of Object.entries(this.#baseline))
      nets.set(contractId, (nets.get(contractId) ?? 0) + net)
    return nets
  }

  #lookups(orders: readonly TrackedOrder[]): readonly string[] {
    const { openOrders, history } = this.#snapshot
    if (openOrders === undefined || history === undefined) return []
    return orders
      .filter((each) => isLive(each) && each.state !== 'intent' && !this.#shown.has(each.tag))
      .map((each) => each.tag)
  }

  #toProtect(orders: readonly TrackedOrder[]): readonly string[] {
    const held = [...this.#ledger()].filter(([, net]) => net !== 0).map(([contractId]) => contractId)
    const reported = (this.#snapshot.positions ?? [])
      .filter((each) => each.size > 0 && each.accountId === this.#book.accountId)
      .map((each) => each.contractId)
    const legs = orders.filter((each) => each.role !== 'entry' && isLive(each)).map((each) => each.contractId)
    return [...new Set([...held, ...reported, ...legs])].sort()
  }
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function byTime(a: BrokerTrade, b: BrokerTrade): number {
  return a.at - b.at || byId(a, b)
}
