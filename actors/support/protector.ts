import type { OrderDesk } from '../../src/brokers/index.ts'
import { type Desk, signed } from '../../src/desk/index.ts'
import type { MarketView } from '../../src/desk/index.ts'
import {
  type EpochMs,
  type MonotonicMs,
  type Route,
  contracts,
  epochMs,
  usd,
} from '../../src/domain/index.ts'
import { type CallOutcome, type ProtectionAction, newIntent, protect } from '../../src/execution/index.ts'
import {
  ReducePermit,
  type ReduceEvidence,
  type Reduction,
  type SimulatedProof,
  type WorkingOrder,
} from '../../src/gate/index.ts'
import type { Logger } from '../../src/kernel/index.ts'
import type { ExecutorStore, NewReduction } from '../../src/store/index.ts'
import type { LedgerWriter } from './ledger-writer.ts'

export interface ProtectorOptions {
  readonly desk: Desk
  readonly orders: OrderDesk
  readonly store: ExecutorStore
  readonly writer: LedgerWriter
  readonly epoch: number
  readonly route: Route
  readonly log: Logger
  readonly now: () => EpochMs
  readonly monotonic: () => MonotonicMs
  readonly market: (root: string) => MarketView | undefined
  readonly proof: () => SimulatedProof
  /** Real milliseconds. */
  readonly wait: (ms: number) => Promise<void>
  /** Read everything again now. */
  readonly verify: () => void
  readonly alarm: (text: string) => void
}

/** What a reducing call comes to, whatever its kind. */
type Outcome = Awaited<ReturnType<OrderDesk['placeExit']>> | Awaited<ReturnType<OrderDesk['cancel']>>

const MINUTE_MS = 60_000
/** A cancel, or a close that no machine watches over, is asked for again no sooner than this. Real milliseconds. */
const ASK_AGAIN_MS = 2_000
/** A record that is not written by then is no reason to stay unprotected. Real milliseconds. */
const RECORD_MS = 1_000

/**
 * Keeps every filled contract covered: looks at each contract that matters, and does what the protection machine
 * says. Reducing orders pass no phase; each carries its own proof that it only reduces.
 */
export class Protector {
  readonly #options: ProtectorOptions
  readonly #busy = new Set<string>()
  readonly #askedAt = new Map<string, number>()
  #sentAt: number[] = []
  #serial = 0

  constructor(options: ProtectorOptions) {
    this.#options = options
  }

  /** One look at every contract that is held, on its way or not yet settled. */
  look(): void {
    for (const contractId of this.#options.desk.watched()) this.lookAt(contractId)
  }

  lookAt(contractId: string): void {
    const { desk, market, now, monotonic, writer } = this.#options
    const root = desk.contractById(contractId)?.instrument.root
    if (root === undefined) return
    const view = market(root)
    const facts = desk.protectionFacts(contractId, now(), monotonic(), view?.data.lastTrade)
    const { state, actions } = protect(desk.protectionOf(contractId, monotonic()), facts)
    desk.protections.set(contractId, state)
    writer.protection(contractId, state, facts)
    const held = desk.positionOf(contractId)
    if (held !== undefined) writer.position(held, view, facts.episode)
    for (const action of actions) void this.#act(contractId, action)
  }

  /**
   * Has a contract closed, whatever the machine thinks of its stop. Like any other close it is asked for again until
   * the broker is proven flat, with an alarm when that takes long.
   */
  close(contractId: string, because: string): void {
    const { desk, monotonic, log } = this.#options
    if (desk.contractById(contractId) === undefined) {
      // None of our instruments: no machine looks after it.
      if (this.#isTooSoon(`close ${contractId}`)) return
      return void this.#act(contractId, { kind: 'closePosition', because })
    }
    const at = monotonic()
    const state = desk.protectionOf(contractId, at)
    if (state.closing === undefined) {
      log.info('a position is closed', { contractId, because })
      const closing = { asked: 0, askedAt: Number.NEGATIVE_INFINITY, since: at, alarmedAt: undefined }
      desk.protections.set(contractId, { ...state, kind: 'closing', since: at, closing })
    }
    this.lookAt(contractId)
  }

  /** Ends one working order of ours. */
  async cancel(contractId: string, orderId: string, because: string): Promise<void> {
    const { desk, orders } = this.#options
    // Whoever looks ten times a second and hears nothing yet may not use up what protection has to send with.
    if (this.#isTooSoon(`cancel ${orderId}`)) return
    const reduction: Reduction = {
      kind: 'cancel',
      accountId: desk.accountId,
      contractId,
      orderId,
      isAskedByPerson: false,
    }
    await this.#reduce(`cancel ${orderId}`, reduction, because, undefined, (spend) => {
      desk.cancelAsked(orderId, this.#options.monotonic())
      return orders.cancel({ accountId: desk.accountId, orderId }, spend)
    })
  }

  async #act(contractId: string, action: ProtectionAction): Promise<void> {
    const { desk, log, orders } = this.#options
    switch (action.kind) {
      case 'verify':
        return this.#options.verify()
      case 'cancel':
        return this.cancel(contractId, action.orderId, action.because)
      case 'closePosition': {
        const { because } = action
        const reduction: Reduction = { kind: 'close-position', accountId: desk.accountId, contractId }
        return this.#reduce(`close ${contractId}`, reduction, because, undefined, (spend) => {
          desk.closeAsked(contractId, this.#options.now())
          return orders.closePosition({ accountId: desk.accountId, contractId }, spend)
        })
      }
      case 'placeStop':
        return this.#placeStop(contractId, action)
      case 'haltInstrument':
        desk.halted.set(contractId, action.because)
        return log.error('an instrument is halted', { contractId, because: action.because })
      case 'alarm':
        return this.#options.alarm(`${contractId}: ${action.because}`)
      default:
        return action satisfies never
    }
  }

  async #placeStop(
    contractId: string,
    action: Extract<ProtectionAction, { kind: 'placeStop' }>,
  ): Promise<void> {
    const { desk, orders, now } = this.#options
    const contract = desk.contractById(contractId)
    if (contract === undefined || desk.orderByTag(action.tag) !== undefined) return
    const { tag, side, stop } = action
    const { accountId } = desk
    const reduction: Reduction = { kind: 'place-stop', accountId, contractId, tag, side, size: 1, stop }
    // The unit counts as used from here on: a second look may not place it again.
    desk.open(
      newIntent({
        tag,
        role: 'stop',
        accountId,
        contractId,
        side,
        size: 1,
        price: stop,
        risk: usd(0),
        intentAt: now(),
      }),
      undefined,
    )
    await this.#reduce(tag, reduction, 'the bracket did not cover it', tag, (spend) =>
      orders.placeExit(
        {
          tag,
          accountId,
          contractId,
          instrument: contract.instrument,
          side,
          type: 'stop',
          size: contracts(1),
          price: stop,
        },
        spend,
      ),
    )
  }

  /** Proof, record, act: the record is asked for first and is not waited for when the database is away. */
  async #reduce(
    what: string,
    reduction: Reduction,
    because: string,
    tag: string | undefined,
    send: (spend: () => boolean) => Promise<Outcome>,
  ): Promise<void> {
    if (this.#busy.has(what)) return
    this.#busy.add(what)
    try {
      const { desk, log, store } = this.#options
      const { contractId } = reduction
      const permit = ReducePermit.issue(reduction, this.#evidence(contractId, tag))
      if (!(permit instanceof ReducePermit)) {
        log.warn('a reduction was not proven', { what, code: permit.code, text: permit.text })
        if (tag !== undefined) this.#take(tag, { kind: 'notSent', detail: permit.text })
        return
      }
      this.#askedAt.set(what, this.#options.monotonic())
      const record = await Promise.race([
        store.recordReduction(this.#record(reduction, because, tag)),
        this.#options.wait(RECORD_MS),
      ])
      if (record === undefined || !record.ok)
        log.warn('a reduction is sent without its record: the database is away', {
          what,
          fault: record === undefined ? `no answer in ${RECORD_MS} ms` : record.error.detail,
        })
      const outcome = await send(() => {
        // It may have waited its turn: what counts is that it reduces what is held now.
        const isSpent = this.#isProven(reduction, tag)
        if (isSpent && tag !== undefined)
          this.#options.writer.transitions(
            desk.advance(tag, { kind: 'handedOver', at: this.#options.now() }).transitions,
          )
        return isSpent
      })
      this.#sentAt.push(this.#options.monotonic())
      this.#answered(what, reduction, tag, outcome)
    } finally {
      this.#busy.delete(what)
    }
  }

  /** Proof and its use in one turn, the one in which the request goes out. */
  #isProven(reduction: Reduction, tag: string | undefined): boolean {
    const evidence = this.#evidence(reduction.contractId, tag)
    const permit = ReducePermit.issue(reduction, evidence)
    return (
      permit instanceof ReducePermit && ReducePermit.spend(permit, reduction, evidence).verdict === 'spent'
    )
  }

  #answered(what: string, reduction: Reduction, tag: string | undefined, outcome: Outcome): void {
    const { desk, log } = this.#options
    if (outcome.kind !== 'accepted') {
      log.warn('a reducing order was not accepted', {
        what,
        outcome: outcome.kind,
        detail: detailOf(outcome),
      })
      if (reduction.kind === 'cancel') desk.cancelRefused(reduction.orderId)
    }
    if (tag !== undefined) this.#take(tag, callOutcomeOf(outcome))
    this.#options.verify()
  }

  #take(tag: string, outcome: CallOutcome): void {
    const { desk, writer } = this.#options
    writer.transitions(desk.advance(tag, { kind: 'answered', outcome }).transitions)
  }

  #isTooSoon(what: string): boolean {
    const { monotonic } = this.#options
    for (const [each, at] of this.#askedAt) if (monotonic() - at >= ASK_AGAIN_MS) this.#askedAt.delete(each)
    return this.#askedAt.has(what)
  }

  /** `ownTag` is the stop that the evidence is for: the desk holds it already. */
  #evidence(contractId: string, ownTag: string | undefined): ReduceEvidence {
    const { desk, monotonic, epoch, route, proof } = this.#options
    const held = desk.positionOf(contractId)
    this.#sentAt = this.#sentAt.filter((at) => at > monotonic() - MINUTE_MS)
    return {
      monotonic: monotonic(),
      executorEpoch: epoch,
      route,
      proof: proof(),
      boundAccountId: desk.accountId,
      position: held && { contractId, net: signed(held.position), readAt: held.readAt },
      working: [
        ...desk.working(contractId).map((order): WorkingOrder => ({
          orderId: order.id,
          role: desk.roleOf(order),
          side: order.side,
          size: order.size - order.filled,
          stop: order.stop,
        })),
        ...desk
          .unshownStops(contractId)
          .filter(({ tag }) => tag !== ownTag)
          .map(({ brokerId, tag, side, size, price }): WorkingOrder => ({
            orderId: brokerId ?? tag,
            role: 'stop',
            side,
            size,
            stop: price,
          })),
      ],
      sentLastMinute: this.#sentAt.length,
    }
  }

  #record(reduction: Reduction, because: string, tag: string | undefined): NewReduction {
    const { desk, epoch, now } = this.#options
    const net = desk.brokerNet(reduction.contractId) ?? 0
    const order =
      reduction.kind === 'cancel'
        ? desk.brokerOrders().find((each) => each.id === reduction.orderId)
        : undefined
    this.#serial++
    return {
      tag: tag ?? `r-${epoch}-${epochMs(now())}-${this.#serial}`,
      accountId: desk.accountId,
      epoch,
      kind: reduction.kind === 'place-stop' ? 'stop' : reduction.kind === 'cancel' ? 'cancel' : 'close',
      contractId: reduction.contractId,
      instrument: desk.contractById(reduction.contractId)?.instrument.root ?? reduction.contractId,
      side: reduction.kind === 'place-stop' ? reduction.side : (order?.side ?? null),
      size: reduction.kind === 'place-stop' ? reduction.size : (order?.size ?? Math.abs(net)),
      price: reduction.kind === 'place-stop' ? reduction.stop : null,
      netBefore: net,
      netAfterWorst: reduction.kind === 'cancel' ? net : 0,
      because,
      at: now(),
    }
  }
}

/** The desk's outcome in the words of the order life cycle. */
export function callOutcomeOf(outcome: Outcome): CallOutcome {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'accepted', orderId: 'orderId' in outcome ? outcome.orderId : undefined }
    case 'rejected':
      return {
        kind: 'rejected',
        errorCode: undefined,
        text: `${outcome.code} ${outcome.text}`.trim(),
        orderId: outcome.orderId,
      }
    case 'notSent':
      return { kind: 'notSent', detail: outcome.reason }
    case 'unknown':
      return { kind: 'unknown', why: outcome.fault.detail, orderId: undefined }
    default:
      return outcome satisfies never
  }
}

function detailOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return ''
    case 'rejected':
      return `${outcome.code} ${outcome.text}`
    case 'notSent':
      return outcome.reason
    case 'unknown':
      return outcome.fault.detail
    default:
      return outcome satisfies never
  }
}
