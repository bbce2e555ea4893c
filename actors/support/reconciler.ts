import { type Desk, type Taken, dayStart } from '../../src/desk/index.ts'
import { type BrokerAccount, type EpochMs, type MonotonicMs, epochMs } from '../../src/domain/index.ts'
import { type Reconciled, isLive } from '../../src/execution/index.ts'
import type { SimulatedProof } from '../../src/gate/index.ts'
import type { Clock, Logger } from '../../src/kernel/index.ts'
import type { BrokerLink } from './broker-link.ts'
import type { LedgerWriter } from './ledger-writer.ts'
import { paced } from './pace.ts'

export interface ReconcilerOptions {
  readonly desk: Desk
  readonly link: BrokerLink
  readonly writer: LedgerWriter
  readonly clock: Clock
  readonly speed: number
  readonly log: Logger
  readonly now: () => EpochMs
  readonly monotonic: () => MonotonicMs
  readonly onAccount: (account: BrokerAccount) => void
  readonly onTaken: (taken: Taken) => void
  /** After each pass that was applied. */
  readonly onPassed: (result: Reconciled) => void
}

/** A reconciliation this young is fresh enough for a verdict; an older one is renewed first. Real milliseconds. */
const FRESH_MS = 1_500
/** Two passes never start within this, in real milliseconds: a loop of doubts may not eat the request budget. */
const PASS_GAP_MS = 150
const HOUR_MS = 3_600_000
/** The account is read again when its last word is older than this, real milliseconds; the gate asks for 15 s. */
const ACCOUNT_MS = 8_000

/** Start, reconnect, restart, doubt and timer: one routine, one pass at a time. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  #passing: Promise<void> | undefined
  #passedAt = Number.NEGATIVE_INFINITY
  #isAskedAgain = false
  #isPlanned = false
  #isClosed = false
  #last: SimulatedProof['reconciliation']

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** When the last clean pass was, and the disputes of the newest one. */
  get last(): SimulatedProof['reconciliation'] {
    return this.#last
  }

  isFresh(): boolean {
    const { monotonic, link } = this.#options
    return (
      this.#last !== undefined && monotonic() - this.#last.cleanAt < FRESH_MS && link.hubState() === 'current'
    )
  }

  /** Soon, and once: a doubt that comes while a pass runs is answered by the next one. */
  passSoon(): void {
    if (this.#passing !== undefined) {
      this.#isAskedAgain = true
      return
    }
    if (this.#isPlanned) return
    this.#isPlanned = true
    const { clock, speed } = this.#options
    const wait = Math.max(0, PASS_GAP_MS - (clock.monotonic() - this.#passedAt))
    clock.timeout(paced(wait, speed), () => {
      this.#isPlanned = false
      return this.pass()
    })
  }

  pass(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#passing ??= this.#pass().finally(() => {
      this.#passing = undefined
      this.#passedAt = this.#options.clock.monotonic()
      if (!this.#isAskedAgain) return
      this.#isAskedAgain = false
      this.passSoon()
    })
    return this.#passing
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#passing
  }

  async #pass(): Promise<void> {
    const { desk, link, writer, log, monotonic, onAccount, onTaken, onPassed } = this.#options
    const hubBefore = link.hubState()
    const connection = link.resyncs()
    // What is answered was true when it was asked for, or later: it may not look newer than that.
    const at = monotonic()
    const { snapshot, account, faults } = await link.read(this.#oldestLive(), this.#asksAccount(at))
    if (account !== undefined) onAccount(account)
    for (const fault of faults) log.warn('a read was not answered', { fault: fault.detail })

    const result = desk.snapshot(snapshot, at)
    if (!result.isApplied) return
    onTaken(result)
    for (const order of [...(snapshot.history?.rows ?? []), ...(snapshot.openOrders ?? [])])
      writer.order(order)
    for (const trade of result.newTrades) writer.trade(trade)
    for (const adoption of result.adoptions)
      if (adoption.kind !== 'bracketLeg') log.info('taken in from outside', { ...adoption })
    for (const tag of result.lookups) await this.#lookUp(tag)
    for (const dispute of result.disputes) log.warn('the broker and our book differ', { ...dispute })

    const cleanAt = result.isClean ? at : this.#last?.cleanAt
    this.#last = cleanAt === undefined ? undefined : { cleanAt, disputes: result.disputes.length }
    // A connection that came up while we read has told us things that the read may lack.
    if (result.isClean && hubBefore !== 'down' && link.resyncs() === connection) link.resynced()
    onPassed(result)
  }

  /** Young enough for any verdict, with time to spare: every request that is not made is one for protection. */
  #asksAccount(at: MonotonicMs): boolean {
    const readAt = this.#options.desk.accountReadAt
    return this.#last === undefined || readAt === undefined || at - readAt >= ACCOUNT_MS
  }

  /** An order that no list showed, by its own id. */
  async #lookUp(tag: string): Promise<void> {
    const { desk, link, writer, log, onTaken } = this.#options
    const brokerId = desk.orderByTag(tag)?.brokerId
    if (brokerId === undefined) return
    const found = await link.orderById(brokerId)
    if (!found.ok) return log.warn('an order was not found', { tag, fault: found.error.detail })
    for (const order of found.value.rows) {
      onTaken(desk.advance(tag, { kind: 'seen', order }))
      writer.order(order)
    }
  }

  /** The first pass reads the whole trading day: what happened while we were away is in it. */
  #oldestLive(): EpochMs {
    const { desk, now } = this.#options
    const start = dayStart(now())
    const unsettled = desk.orders
      .filter((each) => isLive(each) || each.fills.length === 0)
      .map((each) => each.intentAt)
    const from = this.#last === undefined ? start : now()
    return epochMs(Math.max(start - HOUR_MS, Math.min(from, ...unsettled)))
  }
}
