import {
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type EpochMs,
  type Route,
  type Usd,
  contracts,
  epochMs,
  usd,
} from '../../src/domain/index.ts'
import {
  type Desk,
  type HeldPosition,
  channelsOf,
  markOf,
  protectionText,
  stopOf,
  targetOf,
} from '../../src/desk/index.ts'
import type { MarketView } from '../../src/desk/index.ts'
import type { Protection, ProtectionFacts, Transition } from '../../src/execution/index.ts'
import { coverageOf, filledOf } from '../../src/execution/index.ts'
import type { Fault, Result } from '../../src/lib/index.ts'
import type { ExecutorStore, OrderRow, ProtectionRow } from '../../src/store/index.ts'
import { rateOf } from './pace.ts'

export interface WriterOptions {
  readonly store: ExecutorStore
  readonly desk: Desk
  readonly route: Route
  readonly epoch: number
  readonly source: string
  readonly speed: number
  readonly now: () => EpochMs
  readonly onFault: (what: string, fault: Fault) => void
  readonly onChange: (topic: string) => void
}

const ORDER_TYPES = [
  'limit',
  'market',
  'stop-limit',
  'stop',
  'trailing-stop',
  'join-bid',
  'join-ask',
] as const satisfies readonly BrokerOrder['type'][]

/** Excursions of a position since it was opened, in ticks. */
interface Excursion {
  readonly openedAt: number
  best: number
  worst: number
}

/**
 * Writes down what became of things, one after the other and in the order in which it was learned. Nothing waits
 * for it but the end: what must be durable before an act is written by the executor itself.
 */
export class LedgerWriter {
  readonly #options: WriterOptions
  readonly #written = new Map<string, string>()
  readonly #excursions = new Map<string, Excursion>()
  #queue: Promise<void> = Promise.resolve()

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Resolves when everything that was asked for so far is written or was refused. */
  settled(): Promise<void> {
    return this.#queue
  }

  transitions(transitions: readonly Transition[]): void {
    const { store, desk, now } = this.#options
    for (const { tag, from, to, because } of transitions) {
      const order = desk.orderByTag(tag)
      // Bracket legs are the broker's orders; intents are our entries, reductions our exits.
      if (order === undefined || tag.endsWith('-SL') || tag.endsWith('-TP')) continue
      const facts = {
        at: now(),
        reason: because,
        // The order's own record may tell of a fill before the trade does.
        filled: Math.max(order.reportedFilled, filledOf(order)),
        ...(order.brokerId === undefined ? {} : { brokerOrderId: order.brokerId }),
      }
      this.#write('decisions', `move ${tag}`, () =>
        order.role === 'entry'
          ? store.moveIntent(tag, from, to, facts)
          : store.moveReduction(tag, from, to, facts),
      )
    }
  }

  order(order: BrokerOrder): void {
    const { store, desk, source, now } = this.#options
    const instrument = desk.contractById(order.contractId)?.instrument.root
    if (instrument === undefined) return
    const role = desk.roleOf(order)
    if (
      !this.#isNews(`order ${order.id}`, [
        order.status,
        order.filled,
        order.stop,
        order.limit,
        order.size,
        role,
      ])
    )
      return
    this.#write('orders', `order ${order.id}`, () =>
      store.upsertOrder(order, { instrument, role, source, asOf: now(), state: 'current' }),
    )
  }

  /** An order that an earlier run left as working and of which the broker says nothing: what it is now is not known. */
  unheard(row: OrderRow): void {
    const { store } = this.#options
    const order: BrokerOrder = {
      ...row,
      type: ORDER_TYPES.find((each) => each === row.type) ?? 'unknown',
      size: contracts(row.size),
      filled: contracts(row.filled),
      limit: row.limitPrice ?? undefined,
      stop: row.stopPrice ?? undefined,
      averageFillFractional: row.averageFill ?? undefined,
      tag: row.tag ?? undefined,
      parentId: row.parentId ?? undefined,
    }
    const { instrument, role, source, asOf } = row
    this.#write('orders', `order ${row.id}`, () =>
      store.upsertOrder(order, { instrument, role, source, asOf, state: 'unknown' }),
    )
  }

  trade(trade: BrokerTrade): void {
    const { store, desk, source, epoch } = this.#options
    const instrument = desk.contractById(trade.contractId)?.instrument.root
    if (instrument === undefined || !this.#isNews(`trade ${trade.id}`, [trade.isVoided])) return
    this.#write('fills', `trade ${trade.id}`, () =>
      store.recordFill(trade, { instrument, epoch, source, asOf: trade.at, state: 'current' }),
    )
  }

  /** Contracts of which an earlier run left rows: they are written even where nothing was ever held. */
  left(contractIds: Iterable<string>): void {
    for (const contractId of contractIds) this.#written.set(`position ${contractId}`, 'of an earlier run')
  }

  /** As of the moment at which the broker said it, however new the price that it is marked with. */
  position(
    { position, asOf }: Pick<HeldPosition, 'position' | 'asOf'>,
    view: MarketView | undefined,
    episode: string,
  ): void {
    const { store, desk, source } = this.#options
    const contract = desk.contractById(position.contractId)
    if (
      contract === undefined ||
      (position.size === 0 &&
        !this.#written.has(`position ${position.contractId}`) &&
        position.id.startsWith('none/'))
    )
      return
    const { instrument } = contract
    const net = position.direction * position.size
    const mark = markOf(view, net) ?? null
    const openProfit: Usd | null =
      mark === null || net === 0
        ? null
        : usd(Math.round((mark - position.averageFractional) * net * instrument.tickValue))
    const excursion = this.#excursionOf(position, mark)
    if (
      !this.#isNews(`position ${position.contractId}`, [
        net,
        position.averageFractional,
        mark,
        excursion.best,
        excursion.worst,
        asOf,
      ])
    )
      return
    this.#write('positions', `position ${position.contractId}`, () =>
      store.savePosition(position, {
        instrument: instrument.root,
        mark,
        openProfit,
        best: excursion.best,
        worst: excursion.worst,
        decisionId: this.#decisionOf(position, episode) ?? null,
        source,
        asOf: epochMs(asOf),
        state: 'current',
      }),
    )
  }

  protection(contractId: string, protection: Protection, facts: ProtectionFacts): void {
    const { store, desk, source, now, speed } = this.#options
    const contract = desk.contractById(contractId)
    if (contract === undefined) return
    const { instrument } = contract
    const stop = stopOf(facts.legs)
    const target = targetOf(facts.legs)
    const cover = coverageOf(facts.net ?? 0, facts.legs, facts.allowedStop)
    const text = protectionText(protection.kind, facts, instrument)
    const held = desk.positionOf(contractId)
    const asOf = now()
    const row: Omit<ProtectionRow, 'route'> = {
      accountId: desk.accountId,
      contractId,
      instrument: instrument.root,
      phase: protection.kind,
      text,
      episode: facts.episode,
      entry: held === undefined || held.position.size === 0 ? null : held.position.averageFractional,
      stop: stop?.price ?? null,
      target: target?.price ?? null,
      stopOrderId: stop?.orderId ?? null,
      targetOrderId: target?.orderId ?? null,
      covered: cover.seen,
      size: Math.abs(facts.net ?? 0),
      channels: [...channelsOf(stop)],
      provenAt:
        protection.provenAt === undefined
          ? null
          : epochMs(Math.floor(asOf - Math.max(0, facts.at - protection.provenAt) * rateOf(speed))),
      deadlineAt: null,
      source,
      asOf,
      state: protection.kind === 'unknown' ? 'unknown' : 'current',
    }
    const { asOf: _asOf, provenAt: _provenAt, ...lasting } = row
    if (!this.#isNews(`protection ${contractId}`, [JSON.stringify(lasting), Math.floor(asOf / 10_000)]))
      return
    this.#write('positions', `protection ${contractId}`, () => store.saveProtection(row))
  }

  /** Anything else, in its turn. */
  other(topic: string, what: string, write: (store: ExecutorStore) => Promise<Result<unknown, Fault>>): void {
    this.#write(topic, what, () => write(this.#options.store))
  }

  #write(topic: string, what: string, write: () => Promise<Result<unknown, Fault>>): void {
    this.#queue = this.#queue.then(async () => {
      const written = await write()
      if (written.ok) return this.#options.onChange(topic)
      // The next pass of reconciliation learns the same again; until then it must not pass for written.
      this.#written.delete(what)
      this.#options.onFault(what, written.error)
    })
  }

  #isNews(what: string, parts: readonly unknown[]): boolean {
    const text = parts.join('|')
    if (this.#written.get(what) === text) return false
    this.#written.set(what, text)
    return true
  }

  #excursionOf(position: BrokerPosition, mark: number | null): Excursion {
    const known = this.#excursions.get(position.contractId)
    const excursion: Excursion =
      known !== undefined && known.openedAt === position.openedAt
        ? known
        : { openedAt: position.openedAt, best: 0, worst: 0 }
    if (mark !== null && position.size > 0) {
      const favour = Math.round((mark - position.averageFractional) * position.direction)
      excursion.best = Math.max(excursion.best, favour)
      excursion.worst = Math.min(excursion.worst, favour)
    }
    this.#excursions.set(position.contractId, excursion)
    return excursion
  }

  /** The decision whose entry opened it: the one that has the first trade of the episode. */
  #decisionOf({ size }: BrokerPosition, episode: string): number | undefined {
    const { desk } = this.#options
    const entry = desk.orders.find(
      (each) => size > 0 && each.role === 'entry' && each.fills.some(({ id }) => id === episode),
    )
    return entry === undefined ? undefined : desk.plans.get(entry.tag)?.decisionId
  }
}
