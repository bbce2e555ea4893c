/**
 * Executor: the only one that may send an order of one account.
 *
 * Owns      the broker session, the user hub, what is in flight, its protection, and its own database connection.
 * Hears     signal, withdraw, market, marketHub, token (ask), setStopLevel (ask), report (ask).
 * Tells     the journal mode changes; the server which topics changed.
 * Crash     reads its intents and the broker's orders before it hears anything; what may have been sent is looked up
 *           by its tag and never sent again.
 */
import { type OrderDesk, createSession, createUserHub, openGateway } from '../src/brokers/index.ts'
// The one import of the order client in the tree: an import rule with its own test keeps it so.
import { createOrderClient } from '../src/brokers/topstepx/order-client.ts'
import {
  Desk,
  type MarketView,
  type Surroundings,
  type Taken,
  dayStart,
  evidenceFor,
} from '../src/desk/index.ts'
import { flatTimes, marketStateAt, tradeDateOf } from '../src/domain/calendar/index.ts'
import {
  type BracketOrder,
  type BrokerAccount,
  type BrokerOrderStatus,
  type EpochMs,
  type MonotonicMs,
  type Route,
  type Signal,
  type Ticks,
  epochMs,
  instrumentOf,
  monotonicMs,
  usd,
} from '../src/domain/index.ts'
import { DEMO_LIMITS, bracketFor, riskOf } from '../src/domain/risk/index.ts'
import { type Reconciled, type TrackedOrder, entryTag, newIntent } from '../src/execution/index.ts'
import {
  type Denied,
  type Evidence,
  type Floor,
  type Mode,
  type ModeLabel,
  type Permitted,
  type SimulatedProof,
  judge,
  judgeAgainAndSpend,
  modeOf,
} from '../src/gate/index.ts'
import { type Context, defineActor } from '../src/kernel/index.ts'
import { type Fault, type Result, invariant } from '../src/lib/index.ts'
import { type Claim, type ExecutorStore, openExecutorStore } from '../src/store/index.ts'
import type { JournalApi } from './journal.ts'
import type { ServerApi } from './server.ts'
import { BrokerLink, type LinkPorts } from './support/broker-link.ts'
import {
  type Author,
  decisionOf,
  planOf,
  proofRow,
  trackedOf,
  trackedStopOf,
} from './support/executor-rows.ts'
import { LedgerWriter } from './support/ledger-writer.ts'
import { paced } from './support/pace.ts'
import { Protector, callOutcomeOf } from './support/protector.ts'
import { Reconciler } from './support/reconciler.ts'

export interface ExecutorApi {
  signal(message: { readonly signal: Signal; readonly epoch: number }): void
  /** An analyst says that an entry should no longer be worked. */
  withdraw(message: { readonly signalId: string; readonly reason: string }): void
  market(news: MarketNews): void
  marketHub(change: { readonly state: string; readonly why: string }): void
  token(query: {
    readonly isRefused: boolean
  }): Promise<{ readonly token: string | undefined; readonly why: string }>
  setStopLevel(command: StopCommand): Promise<{ readonly level: StopLevel }>
  report(query: Record<string, never>): OpenReport
}

export type StopLevel = 0 | 1 | 2 | 3

export interface StopCommand {
  readonly level: StopLevel
  readonly by: string
}

/** What the feed says of all instruments, several times a second. */
export interface MarketNews {
  readonly at: EpochMs
  /** Where all of it comes from; news of one source replace each other while they wait. */
  readonly source: string
  readonly news: readonly InstrumentNews[]
}

export interface InstrumentNews {
  readonly root: string
  readonly contractId: string
  readonly state: 'current' | 'quiet' | 'delayed' | 'stale' | 'unknown' | 'closed'
  readonly why: string | null
  readonly last: Ticks | null
  readonly bid: Ticks | null
  readonly ask: Ticks | null
  readonly at: EpochMs | null
  readonly receivedAt: MonotonicMs | null
  readonly lastReceivedAt: MonotonicMs | null
  readonly revision: number
  readonly isPending: boolean
  readonly source: string
}

/** What is open at the broker, for a person who ends the platform. */
export interface OpenReport {
  readonly account: string
  readonly positions: readonly string[]
  readonly orders: readonly string[]
}

export interface ExecutorProps {
  readonly route: Extract<Route, 'gateway-sim'>
  readonly accountId: string
  readonly accountName: string
  readonly instruments: readonly string[]
  readonly databaseUrl: string
  readonly rest: string
  readonly userHub: string
  readonly userName: string
  readonly apiKey: string
  readonly speed: number
  readonly chance: string
  readonly configRevision: string
}

export interface ExecutorPorts extends LinkPorts {
  readonly openStore: (url: string, options: { readonly route: Route }) => ExecutorStore
  readonly createOrderClient: typeof createOrderClient
}

const RECONCILE_MS = 5_000
const RECONCILE_REAL_MS_MIN = 150
const LOOK_MS = 100
/** A judgement waits no longer than this for a fresh read: on an old one the gate denies by itself. Real ms. */
const FRESH_WAIT_MS = 1_000
/** The end of the platform waits this long for answers that are on their way. Real ms. */
const SETTLE_WAIT_MS = 2_000
const VALIDATE_MS = 20_000
const PROBE_MS = 3_000
const LAG_MS = 50

/** What an order is in while it may still do something. */
const WORKING: readonly BrokerOrderStatus[] = ['open', 'pending', 'pending-cancel', 'suspended']

export const executorActor = (ports: ExecutorPorts) =>
  defineActor<ExecutorApi, ExecutorProps>(import.meta.url, {
    name: 'executor',
    mailbox: {
      capacity: 256,
      // A signal that finds no place means that something upstream is broken.
      overflow: { signal: 'fail', market: 'conflate' },
      conflateBy: { market: 'source' },
      // Prices that wait here are old: what is not yet sent is still newest-wins at the feed.
      window: 8,
    },
    supervise: {
      limits: { handlerMs: 20_000, hungMs: 2_000, stopMs: 5_000 },
      // What it does not know about its orders only a new process finds out: stops rest at the broker meanwhile.
      exhausted: 'escalate',
      onHang: 'escalate',
    },
    async create(context, props) {
      const executor = await Executor.open(context, props, ports)
      context.state('live')
      return {
        signal: ({ signal }) => executor.onSignal(signal),
        withdraw: ({ signalId, reason }) => executor.onWithdraw(signalId, reason),
        market: (news) => executor.onMarket(news),
        marketHub: ({ state }) => executor.onMarketHub(state),
        token: ({ isRefused }) => executor.token(isRefused),
        setStopLevel: (command) => executor.setStopLevel(command),
        report: () => executor.report(),
        drain: () => executor.drain(),
        stop: () => executor.close(),
      }
    },
  })

export default executorActor({
  openStore: openExecutorStore,
  openGateway,
  createSession,
  createUserHub,
  createOrderClient,
})

/** What must be known before the first signal can be heard. */
interface Footing {
  readonly store: ExecutorStore
  readonly claim: Claim
  readonly link: BrokerLink
  readonly orders: OrderDesk
  readonly desk: Desk
  readonly epoch: number
  readonly floor: Floor | undefined
  readonly stopLevel: StopLevel
}

class Executor {
  readonly #context: Context<ExecutorApi>
  readonly #props: ExecutorProps
  readonly #author: Author
  readonly #store: ExecutorStore
  readonly #claim: Claim
  readonly #link: BrokerLink
  readonly #orders: OrderDesk
  readonly #desk: Desk
  readonly #floor: Floor | undefined
  readonly #writer: LedgerWriter
  readonly #reconciler: Reconciler
  readonly #protector: Protector
  readonly #judged = new Set<string>()
  readonly #placing = new Set<Promise<void>>()
  readonly #market = new Map<string, MarketView>()
  #control: Evidence['control']
  #marketHub: 'current' | 'resyncing' | 'down' = 'down'
  #enabledAt = 0
  #lagMs = 0
  #mode: ModeLabel | undefined
  readonly #hubSince = new Map<string, { readonly word: string; readonly at: EpochMs }>()
  #isClosed = false

  /** Signs in, binds the account, reads back what we meant and what the broker has; then it may hear. */
  static async open(
    context: Context<ExecutorApi>,
    props: ExecutorProps,
    ports: ExecutorPorts,
  ): Promise<Executor> {
    const { accountId, route, configRevision } = props
    const store = ports.openStore(props.databaseUrl, { route })
    const claim = demand('the executor of this account', await store.claimExecutor(accountId))
    const epoch = demand('epoch', await store.nextExecutorEpoch(accountId, `incarnation ${context.epoch}`))
    const { clock, log } = context
    const link = new BrokerLink(
      { ...props, clock, log: (level, text, fields) => log[level](text, fields) },
      ports,
    )
    demand('login', await link.login())
    const account = await bind(link, props)
    const contracts = demand('contracts', await link.contracts(props.instruments))
    const desk = new Desk({ accountId, accountName: account.name, contracts, limits: DEMO_LIMITS })
    const settings = demand('settings', await store.settings())
    const executor = new Executor(
      context,
      props,
      { route, accountId, epoch, configRevision },
      {
        store,
        claim,
        link,
        orders: ports.createOrderClient(link.gateway, link.session),
        desk,
        epoch,
        floor: floorIn(settings.find((each) => each.key === 'risk.floor')?.value),
        stopLevel: demand('stop level', await store.stopLevel())?.level ?? 0,
      },
    )
    await executor.#begin(account)
    return executor
  }

  private constructor(context: Context<ExecutorApi>, props: ExecutorProps, author: Author, footing: Footing) {
    this.#context = context
    this.#props = props
    this.#author = author
    this.#store = footing.store
    this.#claim = footing.claim
    this.#link = footing.link
    this.#orders = footing.orders
    this.#desk = footing.desk
    this.#floor = footing.floor
    // The simulated gateway takes brackets by construction: what a broker's account takes has to be proven.
    this.#control = {
      state: 'REDUCING',
      stopLevel: footing.stopLevel,
      isLockedByBroker: false,
      brackets: 'proven',
    }
    const { desk, link, store } = footing
    const { log, clock } = context
    const shared = { desk, log, now: () => this.#now(), monotonic: () => this.#monotonic() }
    const writer = new LedgerWriter({
      ...shared,
      ...author,
      store,
      source: `${author.route}.account`,
      speed: props.speed,
      onFault: (what, fault) => log.warn('a record was not written', { what, fault: fault.detail }),
      onChange: (topic) => this.#changed(topic),
    })
    this.#writer = writer
    this.#reconciler = new Reconciler({
      ...shared,
      link,
      writer,
      clock,
      speed: props.speed,
      onAccount: (account) => this.#onAccount(account),
      onTaken: (taken) => this.#taken(taken),
      onPassed: (result) => this.#onPassed(result),
    })
    this.#protector = new Protector({
      ...shared,
      ...author,
      store,
      writer,
      orders: footing.orders,
      market: (root) => this.#market.get(root),
      proof: () => this.#proof(),
      wait: (ms) => clock.sleep(paced(ms, props.speed)),
      verify: () => this.#reconciler.passSoon(),
      alarm: (text) => log.error('not protected', { text }),
    })
  }

  async #begin(account: BrokerAccount): Promise<void> {
    const { accountId } = this.#props
    this.#onAccount(account)
    await this.#writer.settled()
    const live = demand('open intents', await this.#store.openIntents(accountId))
    const today = demand('intents', await this.#store.intentsSince(accountId, epochMs(dayStart(this.#now()))))
    const rows = [...new Map([...live, ...today].map((each) => [each.tag, each])).values()]
    const at = { now: this.#now(), monotonic: this.#monotonic() }
    for (const row of rows) this.#desk.plans.set(row.tag, planOf(row, at))
    const reductions = demand('open reductions', await this.#store.openReductions(accountId))
    const stops = reductions.flatMap((each) => trackedStopOf(each) ?? [])
    this.#taken(this.#desk.restore([...rows.map(trackedOf), ...stops]))
    // What an earlier run left on the screen is looked at too: it may have been closed while nobody was here.
    const positions = demand('positions', await this.#store.positions(accountId))
    const left = positions.filter((each) => each.size > 0).map((each) => each.contractId)
    this.#writer.left(left)
    void this.#claim.lost.then((why) =>
      // Another executor may have the account from here on: this one sends nothing more.
      this.#failWith(new Error(`the claim on account ${accountId} is lost: ${why}`)),
    )
    this.#openHub()
    await this.#reconciler.pass()
    for (const contractId of left) this.#protector.lookAt(contractId)
    void this.#askForLeftOrders().catch((error: unknown) => this.#failWith(error))
    this.#startTimers()
  }

  /** Orders that an earlier run left as working and that no list of the first pass has. */
  async #askForLeftOrders(): Promise<void> {
    const orders = demand('orders', await this.#store.orders(this.#props.accountId))
    const told = new Set(this.#desk.brokerOrders().map((each) => each.id))
    for (const row of orders.filter((each) => WORKING.includes(each.status) && !told.has(each.id))) {
      const found = await this.#link.orderById(row.id)
      const [order] = found.ok ? found.value.rows : []
      if (order?.id === row.id && order.accountId === row.accountId) this.#writer.order(order)
      else this.#writer.unheard(row)
    }
  }

  #openHub(): void {
    this.#link.openHub(this.#props.accountId, {
      onState: (state) => this.#onUserHub(state),
      onOrder: (order) => {
        if (!this.#taken(this.#desk.orderTold(order, this.#monotonic()))) return
        this.#writer.order(order)
        this.#protector.lookAt(order.contractId)
      },
      onTradeOfAccount: (trade) => {
        if (!this.#taken(this.#desk.tradeTold(trade))) return
        this.#writer.trade(trade)
        this.#protector.lookAt(trade.contractId)
      },
      onPosition: (position) => {
        this.#taken(this.#desk.positionTold(position, this.#now(), this.#monotonic()))
        this.#protector.lookAt(position.contractId)
      },
      onAccount: (account) => this.#onAccount(account),
      onStrange: () => this.#reconciler.passSoon(),
    })
  }

  #startTimers(): void {
    const { speed } = this.#props
    const { clock, log } = this.#context
    clock.interval(Math.max(RECONCILE_MS, paced(RECONCILE_REAL_MS_MIN, speed)), async () => {
      await this.#followStopLevel()
      await this.#reconciler.pass()
    })
    clock.interval(paced(LOOK_MS, speed), () => this.#look())
    clock.interval(paced(PROBE_MS, speed), () => this.#link.probe())
    clock.interval(paced(VALIDATE_MS, speed), async () => {
      const valid = await this.#link.validate()
      if (!valid.ok) log.warn('the token was not validated', { fault: valid.error.detail })
    })
    let before = clock.monotonic()
    clock.interval(paced(LAG_MS, speed), () => {
      const at = clock.monotonic()
      // The worst of the last while, forgotten by and by.
      this.#lagMs = Math.max(at - before - 2 * LAG_MS, this.#lagMs * 0.8, 0)
      before = at
    })
  }

  async onSignal(signal: Signal): Promise<void> {
    if (this.#judged.has(signal.id)) return
    this.#judged.add(signal.id)
    const { clock } = this.#context
    if (!this.#reconciler.isFresh())
      await Promise.race([this.#reconciler.pass(), clock.sleep(paced(FRESH_WAIT_MS, this.#props.speed))])

    const order = this.#compose(signal)
    const evidence = this.#evidence(order, signal)
    const verdict = judge(order, evidence)
    if (verdict.verdict === 'denied') return this.#deny({ signal, order, evidence }, verdict)
    return this.#place({ signal, order, evidence }, verdict)
  }

  onWithdraw(signalId: string, reason: string): void {
    for (const order of this.#desk.orders) {
      const plan = this.#desk.plans.get(order.tag)
      if (plan?.signal?.id !== signalId) continue
      // One whose fate is not known yet is cancelled as soon as it is found working.
      this.#desk.plans.set(order.tag, { ...plan, validUntil: Math.min(plan.validUntil, this.#now()) })
      void this.#cancelEntry(order, `withdrawn: ${reason}`)
    }
  }

  onMarket({ news }: MarketNews): void {
    for (const each of news) {
      this.#market.set(each.root, {
        data: {
          state: each.state,
          receivedAt: each.receivedAt ?? undefined,
          lastTrade: each.last ?? undefined,
          lastTradeAt: each.lastReceivedAt ?? undefined,
          dailyRangeTicks: undefined,
        },
        bid: each.bid ?? undefined,
        ask: each.ask ?? undefined,
        revision: each.revision,
        isPending: each.isPending,
      })
    }
  }

  onMarketHub(state: string): void {
    this.#marketHub = state === 'connected' ? 'current' : state === 'connecting' ? 'resyncing' : 'down'
    this.#saveSession()
  }

  async token(isRefused: boolean): Promise<{ readonly token: string | undefined; readonly why: string }> {
    if (isRefused) {
      const renewed = await this.#link.validate()
      if (!renewed.ok) return { token: undefined, why: renewed.error.detail }
    }
    const held = this.#link.token()
    return held.ok ? { token: held.value.reveal(), why: '' } : { token: undefined, why: held.error.detail }
  }

  async setStopLevel({ level, by }: StopCommand): Promise<{ readonly level: StopLevel }> {
    this.#takeStopLevel(level, by)
    return { level }
  }

  /** What is kept holds, also when the word of it did not arrive. A lower level needs the word itself. */
  async #followStopLevel(): Promise<void> {
    const kept = await this.#store.stopLevel()
    if (!kept.ok) return this.#context.log.warn('the stop level was not read', { fault: kept.error.detail })
    if (kept.value !== undefined && kept.value.level > this.#control.stopLevel)
      this.#takeStopLevel(kept.value.level, kept.value.by)
  }

  #takeStopLevel(level: StopLevel, by: string): void {
    this.#control = { ...this.#control, stopLevel: level }
    // A person who lets entries through again has looked at what happened; the next clean pass does the rest.
    if (level === 0) {
      this.#enabledAt = this.#now()
      this.#desk.halted.clear()
      if (this.#control.state === 'HALTED') this.#control = { ...this.#control, state: 'REDUCING' }
    }
    this.#desk.version++
    this.#context.log.info('stop level', { level, by })
    this.#changed('header')
  }

  report(): OpenReport {
    const rootOf = (contractId: string): string =>
      this.#desk.contractById(contractId)?.instrument.root ?? contractId
    return {
      account: `${this.#props.accountName} #${this.#props.accountId}`,
      positions: this.#desk
        .positions()
        .filter((each) => each.position.size > 0)
        .map(
          ({ position: { contractId, direction, size } }) =>
            `${rootOf(contractId)} ${direction === 1 ? 'long' : 'short'} ${size}`,
        ),
      orders: this.#desk
        .brokerOrders()
        .filter((each) => each.status === 'open')
        .map(
          (each) =>
            `${rootOf(each.contractId)} ${each.side} ${each.size} ${each.type} #${each.id} (${this.#desk.roleOf(each)})`,
        ),
    }
  }

  /** No new entries; what is open stays protected at the broker. */
  async drain(): Promise<void> {
    this.#isClosed = true
    this.#control = { ...this.#control, state: 'REDUCING' }
    // What is on its way is found out first: it may be one to cancel.
    const { clock } = this.#context
    await Promise.race([Promise.all(this.#placing), clock.sleep(paced(SETTLE_WAIT_MS, this.#props.speed))])
    for (const order of this.#desk.orders) await this.#cancelEntry(order, 'the platform stops')
    await this.#reconciler.pass()
    await this.#writer.settled()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#reconciler.close()
    await this.#link.close()
    await this.#writer.settled()
    await this.#claim.release()
    await this.#store.close()
  }

  #compose(signal: Signal): BracketOrder {
    const contract = this.#desk.contractOf(signal.instrument)
    return bracketFor({
      signal,
      instrument: instrumentOf(signal.instrument),
      contractId: contract?.contract.id ?? `unlisted ${signal.instrument}`,
      accountId: this.#props.accountId,
      tag: entryTag(tradeDateOf(signal.knownAt), signal.id),
      limits: this.#desk.limits,
    })
  }

  async #deny(case_: Case, { phases, phase, text }: Denied): Promise<void> {
    const sentence = phase === 'permit' ? `permit: ${text}` : undefined
    const decision = decisionOf(this.#author, this.#currentMode().label, case_, phases, sentence)
    const written = await this.#store.recordDecision(decision)
    if (!written.ok) {
      const { detail } = written.error
      return this.#context.log.error('a denial was not written', { signal: case_.signal.id, fault: detail })
    }
    this.#changed('decisions')
  }

  async #place(case_: Case, { permit, phases }: Permitted): Promise<void> {
    const { signal, order } = case_
    const decision = decisionOf(this.#author, this.#currentMode().label, case_, phases)
    const written = await this.#store.recordDecision(decision, { type: order.type, at: this.#now() })
    if (!written.ok) {
      // Without its durable intent nothing is sent; an intent that was written all the same is looked up at a restart.
      const { detail } = written.error
      return this.#context.log.error('an intent was not written, nothing is sent', {
        signal: signal.id,
        fault: detail,
      })
    }
    this.#changed('decisions')
    this.#open(case_, written.value.id)

    const placing = this.#orders.place(order, () => {
      // In the turn of the first byte, with no await between: what the gate sees is what is true when it leaves.
      const again = judgeAgainAndSpend(permit, order, this.#evidence(order, signal))
      if (again.verdict === 'denied') {
        this.#context.log.info('refused at send', { signal: signal.id, code: again.code, text: again.text })
        this.#taken(this.#desk.advance(order.tag, { kind: 'refusedAtSend' }))
        return false
      }
      invariant(
        again.order.tag === order.tag,
        `the order that was judged is the one that is sent, ${order.tag}`,
      )
      this.#taken(this.#desk.advance(order.tag, { kind: 'handedOver', at: this.#now() }))
      return true
    })
    // It is sent or it never will be. Its answer may take ten seconds, and a stop command does not wait for it.
    const settled = this.#settle(order.tag, placing).catch((error: unknown) => this.#failWith(error))
    this.#placing.add(settled)
    void settled.finally(() => this.#placing.delete(settled))
  }

  async #settle(tag: string, placing: ReturnType<OrderDesk['place']>): Promise<void> {
    const outcome = callOutcomeOf(await placing)
    // A refusal at send has ended the order already.
    if (this.#desk.orderByTag(tag)?.state !== 'absent')
      this.#taken(this.#desk.advance(tag, { kind: 'answered', outcome }))
    this.#reconciler.passSoon()
  }

  /** A defect outside of a handler ends this incarnation like one inside. */
  #failWith(error: unknown): void {
    this.#context.clock.timeout(0, () => {
      throw error
    })
  }

  #open({ signal, order }: Case, decisionId: number): void {
    const { tag, accountId, contractId, side, size, entry, stop, target } = order
    const intent = newIntent({
      tag,
      role: 'entry',
      accountId,
      contractId,
      side,
      size,
      price: entry,
      risk: riskOf(order),
      intentAt: this.#now(),
    })
    const { validUntil } = signal
    this.#desk.open(intent, { signal, stop, target, validUntil, decisionId, mintedAt: this.#monotonic() })
  }

  #evidence(order: BracketOrder, signal: Signal): Evidence {
    const surroundings: Surroundings = {
      now: this.#now(),
      monotonic: this.#monotonic(),
      executorEpoch: this.#author.epoch,
      configRevision: this.#author.configRevision,
      control: { ...this.#control, instrumentHalt: this.#desk.halted.get(order.contractId) },
      proof: this.#proof(),
      hubs: { user: this.#link.hubState(), market: this.#marketHub },
      market: (root) => this.#market.get(root),
      executorLagMs: Math.round(this.#lagMs),
      floor: this.#floor,
      requests: this.#link.gateway.general.use(),
      strategy: { enabledAt: this.#enabledAt },
    }
    return evidenceFor(this.#desk, order, signal, surroundings)
  }

  #proof(): SimulatedProof {
    const { account, accountReadAt } = this.#desk
    return this.#link.proof(this.#author.epoch, account, accountReadAt, this.#reconciler.last)
  }

  #onPassed({ isClean, toProtect }: Reconciled): void {
    // Every start begins with reducing; one clean pass of all that the broker says lets entries through.
    if (isClean && this.#control.state === 'REDUCING' && !this.#isClosed)
      this.#control = { ...this.#control, state: 'ACTIVE' }
    for (const contractId of toProtect) this.#protector.lookAt(contractId)
    this.#saveProof()
    this.#saveSession()
  }

  #look(): void {
    this.#protector.look()
    for (const order of this.#desk.orders) {
      const plan = this.#desk.plans.get(order.tag)
      if (plan !== undefined && this.#now() >= plan.validUntil)
        void this.#cancelEntry(order, 'its time has passed')
    }
    this.#flattenInTime()
  }

  async #cancelEntry(order: TrackedOrder, because: string): Promise<void> {
    const isWorking = order.role === 'entry' && (order.state === 'working' || order.state === 'partial')
    if (isWorking && order.brokerId !== undefined)
      await this.#protector.cancel(order.contractId, order.brokerId, because)
  }

  /** From our flat time on every entry is cancelled and every position closed, a late fill's too. */
  #flattenInTime(): void {
    const state = marketStateAt(this.#now())
    if (state.kind !== 'open' || this.#now() < flatTimes(state.day).ours) return
    for (const order of this.#desk.orders) void this.#cancelEntry(order, 'flat time')
    for (const { position } of this.#desk.positions())
      if (position.size > 0) this.#protector.close(position.contractId, 'flat time')
  }

  #onUserHub(state: string): void {
    this.#context.log.info('user hub', { state })
    this.#saveSession()
    if (state === 'connected') this.#reconciler.passSoon()
  }

  #onAccount(account: BrokerAccount): void {
    this.#desk.accountTold(account, this.#monotonic())
    const seen = { source: `${this.#author.route}.rest`, asOf: this.#now(), state: 'current' } as const
    this.#writer.other('header', `account ${account.id}`, (store) => store.saveAccounts([account], seen))
  }

  /** Whether nothing of it contradicts what is known. */
  #taken({ transitions, violations }: Taken): boolean {
    this.#writer.transitions(transitions)
    if (violations.length === 0) return true
    // Broker truth that contradicts itself: nothing new is opened, what is open stays protected.
    if (this.#control.state !== 'HALTED') this.#halt(violations)
    for (const each of violations) this.#context.log.error('contradicted by the broker: halted', { ...each })
    return false
  }

  /** Kept as a stop level, so that a restart forgets nothing: a person lets entries through again. */
  #halt(violations: Taken['violations']): void {
    const level = this.#control.stopLevel === 0 ? 1 : this.#control.stopLevel
    const at = this.#now()
    const because = violations.map(({ tag, rule }) => `${tag}: ${rule}`).join('; ')
    const commandId = `halt-${this.#props.accountId}-${this.#author.epoch}-${at}`
    this.#control = { ...this.#control, state: 'HALTED', stopLevel: level }
    this.#desk.version++
    this.#writer.other('header', 'halt', (store) =>
      store.raiseStopLevel({ level, by: 'executor', because, commandId, at }),
    )
  }

  #currentMode(): Mode {
    const { epoch, accountId, route } = this.#author
    return modeOf(route, this.#proof(), { monotonic: this.#monotonic(), executorEpoch: epoch, accountId })
  }

  #saveProof(): void {
    const mode = this.#currentMode()
    const at = { now: this.#now(), monotonic: this.#monotonic(), speed: this.#props.speed }
    const row = proofRow(this.#author, this.#proof(), mode, at)
    this.#writer.other('header', 'proof', (store) => store.saveProof(row))
    if (mode.label === this.#mode) return
    const { route, accountId } = this.#author
    this.#context.ref<JournalApi>('journal').tell('modeChanged', {
      route,
      accountId,
      at: at.now,
      fromLabel: this.#mode ?? null,
      toLabel: mode.label,
      missing: [...mode.missing],
      cause: mode.why,
      brokerProofId: null,
      source: row.source,
      asOf: at.now,
      state: 'current',
    })
    this.#mode = mode.label
  }

  #saveSession(): void {
    const now = this.#now()
    const signedIn = this.#link.session.signedIn()
    const user = this.#link.hubState()
    const word = (state: typeof user): string => (state === 'current' ? 'connected' : state)
    const since = (hub: string, state: typeof user): EpochMs => {
      const known = this.#hubSince.get(hub)
      if (known?.word === word(state)) return known.at
      this.#hubSince.set(hub, { word: word(state), at: now })
      return now
    }
    const [userHubSince, marketHubSince] = [since('user', user), since('market', this.#marketHub)]
    this.#writer.other('header', 'session', (store) =>
      store.saveSession({
        signedInAt: signedIn?.issuedAt ?? null,
        tokenValidatedAt: this.#link.session.validatedAt() ?? null,
        tokenExpiresAt: signedIn?.expiresAt ?? null,
        userHub: word(user),
        userHubSince,
        marketHub: word(this.#marketHub),
        marketHubSince,
        resyncs: this.#link.resyncs(),
        lastFault: null,
        source: `${this.#author.route}.hubs`,
        asOf: now,
        state: user === 'current' && this.#marketHub === 'current' ? 'current' : 'stale',
      }),
    )
  }

  #changed(topic: string): void {
    this.#context.ref<ServerApi>('server').tell('changed', { topic })
  }

  #now(): EpochMs {
    return epochMs(Math.floor(this.#context.clock.now()))
  }

  #monotonic(): MonotonicMs {
    return monotonicMs(this.#context.clock.monotonic())
  }
}

/** A signal with the order that it asks for and what was known when it was judged. */
interface Case {
  readonly signal: Signal
  readonly order: BracketOrder
  readonly evidence: Evidence
}

/** The account by id and name: an id that was given to another account is not ours. */
async function bind(link: BrokerLink, { accountId, accountName }: ExecutorProps): Promise<BrokerAccount> {
  const accounts = demand('accounts', await link.accounts())
  const account = accounts.find((each) => each.id === accountId)
  if (account?.name === accountName) return account
  throw new Error(
    `account ${accountId} is named ${account?.name ?? 'nothing'} at the broker, bound to ${accountName}`,
  )
}

function floorIn(value: unknown): Floor | undefined {
  if (typeof value !== 'object' || value === null || !('declared' in value) || !('declaredOn' in value))
    return undefined
  const { declared, declaredOn } = value
  if (typeof declared !== 'number' || typeof declaredOn !== 'string') return undefined
  return { declared: usd(declared), declaredOn, reported: undefined }
}

/** The value, or a start that failed: the supervisor tries again with growing waits. */
function demand<T>(what: string, result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${what}: ${result.error.detail}`)
  return result.value
}
