/**
 * What must hold at every moment, judged by the exchange's own ledger. The platform's tables are read to compare
 * with it and for nothing else.
 */
import type { OpenReport } from '../../actors/executor.ts'
import { STOP_LOSS_CAP, type RiskLimits } from '../../src/domain/risk/index.ts'
import { type Instrument, worth, tickSpan, contracts } from '../../src/domain/index.ts'
import { T_ALARM_MS, T_PROTECT_MS } from '../../src/execution/index.ts'
import type { Snapshot } from '../../src/gateway/index.ts'
import { ORDER_STATUS, ORDER_TYPE } from '../../src/gateway/wire.ts'
import type { Tables } from './memory-store.ts'

type Ledger = Snapshot['ledger']
type Order = Ledger['orders'][number]
type Position = Ledger['positions'][number]

export interface Violation {
  readonly invariant: string
  readonly detail: string
  /** Epoch ms of the simulated clock. */
  readonly at: number
}

export interface OracleOptions {
  readonly ledger: () => Ledger
  readonly accountId: number
  readonly tables: Tables
  readonly limits: RiskLimits
  readonly instrumentOf: (contractId: string) => Instrument
  readonly now: () => number
}

export interface Oracle {
  readonly violations: readonly Violation[]
  violate(invariant: string, detail: string): void
  /** While the executor is away nobody can place a stop: its time begins when it is back. */
  executorAway(isAway: boolean): void
  /** The broker was asked to close a contract. */
  closeAsked(contractId: string): void
  check(): void
  /** What the books still say otherwise than the broker; empty when they agree. */
  differences(report: OpenReport): readonly string[]
}

export function createOracle(options: OracleOptions): Oracle {
  const { accountId, tables, limits, instrumentOf, now } = options
  const violations: Violation[] = []
  const uncoveredSince = new Map<string, number>()
  const closes = new Map<string, number>()
  const entries = new Map<string, number>()
  let judged = 0
  let judgedTrades = 0
  let isAway = false

  function violate(invariant: string, detail: string): void {
    violations.push({ invariant, detail, at: now() })
  }

  const ownOrders = (): Order[] => options.ledger().orders.filter((each) => each.accountId === accountId)
  const ownPositions = (): Position[] =>
    options.ledger().positions.filter((each) => each.accountId === accountId && each.size > 0)

  /** Orders are kept in the order of their ids: each is judged once, when it is first seen. */
  function judgeNewOrders(): void {
    const { orders } = options.ledger()
    for (const order of orders.slice(judged)) if (order.accountId === accountId) judgeOrder(order)
    judged = orders.length
  }

  function judgeOrder(order: Order): void {
    if (order.parentId !== null) return
    const { tag, id } = order
    if (tag === null) {
      if (!closes.has(order.contractId))
        violate('no-order-without-decision', `order ${id} has no tag and nobody asked to close`)
      return
    }
    const before = entries.get(tag)
    if (before !== undefined) violate('one-order-a-tag', `tag ${tag} is on orders ${before} and ${id}`)
    entries.set(tag, id)
    if (tag.startsWith('sl-')) judgeOwnStop(tag, order)
    else judgeEntry(tag, order)
  }

  function judgeOwnStop(tag: string, order: Order): void {
    const reduction = tables.reductions.get(tag)
    if (reduction === undefined) violate('no-order-without-decision', `stop ${tag} was sent without a record`)
    if (order.type !== ORDER_TYPE.stop)
      violate('no-order-without-decision', `stop ${tag} is of wire type ${order.type}`)
  }

  function judgeEntry(tag: string, order: Order): void {
    const intent = tables.intents.get(tag)
    const decision = tables.decisions.find((each) => each.id === intent?.decisionId)
    if (intent === undefined || decision === undefined)
      return violate('no-order-without-decision', `order ${order.id} ${tag} has no intent or no decision`)
    if (!decision.passed)
      violate('no-order-without-decision', `order ${order.id} ${tag} stands on G-${decision.id}, a denial`)
    if (decision.at > order.createdAt)
      violate(
        'no-order-without-decision',
        `order ${order.id} ${tag} was at the broker before its intent was written`,
      )
    const asked = [intent.contractId, intent.side, intent.size, intent.type === 'limit' ? intent.entry : null]
    const got = [order.contractId, order.side === 0 ? 'buy' : 'sell', order.size, order.limit]
    if (asked.join() !== got.join())
      violate(
        'no-order-without-decision',
        `G-${decision.id} decided ${asked.join(' ')}, sent was ${got.join(' ')}`,
      )
  }

  /** A half-turn that opens has no profit: only an entry that was decided may have one. */
  function judgeNewTrades(): void {
    const { trades, orders } = options.ledger()
    for (const trade of trades.slice(judgedTrades)) {
      if (trade.accountId !== accountId || trade.profitAndLoss !== null) continue
      const tag = orders.find((each) => each.id === trade.orderId)?.tag ?? null
      if (tag === null || !tables.intents.has(tag))
        violate(
          'only-entries-open',
          `order ${trade.orderId} ${tag ?? 'without a tag'} opened ${trade.contractId}`,
        )
    }
    judgedTrades = trades.length
  }

  function judgePositions(): void {
    const positions = ownPositions()
    const held = new Set(positions.map((each) => each.contractId))
    for (const contractId of uncoveredSince.keys())
      if (!held.has(contractId)) uncoveredSince.delete(contractId)
    for (const position of positions) {
      judgeCover(position)
      if (position.size > limits.netMax)
        violate(
          'within-limits',
          `${position.contractId} holds ${position.size}, the limit is ${limits.netMax}`,
        )
    }
    const gross = positions.reduce((sum, each) => sum + each.size, 0)
    if (gross > limits.grossMax)
      violate('within-limits', `${gross} contracts are held, the limit is ${limits.grossMax}`)
  }

  function judgeCover(position: Position): void {
    const { contractId, size, direction } = position
    const covered = ownOrders()
      .filter((each) => each.contractId === contractId && isStopOf(each, position))
      .reduce((sum, each) => sum + each.size - each.filled, 0)
    if (covered >= size) return void uncoveredSince.delete(contractId)
    const since = isAway ? now() : (uncoveredSince.get(contractId) ?? now())
    uncoveredSince.set(contractId, since)
    const closedAt = closes.get(contractId)
    const isClosing = closedAt !== undefined && closedAt >= since
    const openFor = now() - since
    if (openFor <= T_PROTECT_MS || (isClosing && openFor <= T_PROTECT_MS + T_ALARM_MS)) return
    const side = direction === 1 ? 'long' : 'short'
    violate('protected-in-time', `${contractId} ${side} ${size}: stops cover ${covered} since ${openFor} ms`)
  }

  /** A working stop on the other side, near enough for the cap on one trade's loss. */
  function isStopOf(order: Order, position: Position): boolean {
    if (order.status !== ORDER_STATUS.open || order.type !== ORDER_TYPE.stop || order.stop === null)
      return false
    if ((order.side === 1 ? 1 : -1) !== position.direction) return false
    const instrument = instrumentOf(position.contractId)
    const average = position.cost / position.size / instrument.tickValue
    const ticksAway = Math.max(0, Math.floor((average - order.stop) * position.direction))
    return worth(instrument, tickSpan(ticksAway), contracts(position.size)) <= STOP_LOSS_CAP
  }

  function differences(report: OpenReport): readonly string[] {
    const broker = ownPositions().map(
      ({ contractId, direction, size }) =>
        `${instrumentOf(contractId).root} ${direction === 1 ? 'long' : 'short'} ${size}`,
    )
    const trades = options.ledger().trades.filter((each) => each.accountId === accountId)
    const fills = [...tables.fills.values()].map(
      (each) => `${each.id} ${each.side} ${each.size}@${each.price}`,
    )
    const traded = trades.map(
      (each) => `${each.id} ${each.side === 0 ? 'buy' : 'sell'} ${each.size}@${each.price}`,
    )
    const lives = [...tables.intents.values()].flatMap(({ tag, life, filled }) => {
      const order = options.ledger().orders.find((each) => each.tag === tag)
      const is = order === undefined ? 'absent' : lifeOf(order)
      const size = order?.filled ?? 0
      return life === is && filled === size
        ? []
        : [`intent ${tag} is ${life} with ${filled} filled; at the broker ${is} with ${size}`]
    })
    return [
      ...difference('positions', report.positions, broker),
      ...difference('fills', fills, traded),
      ...lives,
    ]
  }

  return {
    violations,
    violate,
    differences,
    executorAway: (away) => void (isAway = away),
    closeAsked: (contractId) => void closes.set(contractId, now()),
    check() {
      judgeNewOrders()
      judgeNewTrades()
      judgePositions()
    },
  }
}

function difference(what: string, ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const [mine, other] = [ours.toSorted().join(', '), theirs.toSorted().join(', ')]
  return mine === other ? [] : [`${what}: ours ${mine || 'none'}; the broker's ${other || 'none'}`]
}

/** The life that an intent has come to while its order stands so. */
function lifeOf({ status, filled }: Order): string {
  switch (status) {
    case ORDER_STATUS.filled:
      return 'filled'
    case ORDER_STATUS.cancelled:
    case ORDER_STATUS.expired:
      return 'cancelled'
    case ORDER_STATUS.rejected:
      return 'rejected'
    default:
      return filled > 0 ? 'partial' : 'working'
  }
}
