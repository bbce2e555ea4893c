/**
 * Executor: the only one that may send an order of one account.
 *
 * Owns      the broker session, the user hub, what is in flight, its protection, and its own database connection.
 * Hears     signal, withdraw, market, marketHub, token (ask), setStopLevel (ask), report (ask).
 * Tells     the journal mode changes; the server which topics changed.
 * Crash     reads its intents and the broker's orders before it hears anything; what may have been sent is looked up
 *           by its tag and never sent again.
 */
import { createSession, createUserHub, openGateway } from '../src/brokers/index.ts'
// The one import of the order client in the tree: an import rule with its own test keeps it so.
import { createOrderClient } from '../src/brokers/topstepx/order-client.ts'
import type { OrderDesk } from '../src/brokers/index.ts'
import { flatTimes, marketStateAt, tradeDateOf } from '../src/domain/calendar/index.ts'
import {
  type BracketOrder,
  type BrokerAccount,
  type EpochMs,
  type MonotonicMs,
  type Route,
  type Signal,
  type Ticks,
  contracts,
  epochMs,
  instrumentOf,
  monotonicMs,
  usd,
} from '../src/domain/index.ts'
import { DEMO_LIMITS, bracketFor, riskOf } from '../src/domain/risk/index.ts'
import {
  Desk,
  type MarketView,
  type Surroundings,
  type Taken,
  dayStart,
  evidenceFor,
} from '../src/desk/index.ts'
import { type TrackedOrder, entryTag, isLive, newIntent } from '../src/execution/index.ts'
import {
  type Denied,
  type Evidence,
  type FivePhases,
  type Floor,
  type ModeLabel,
  type Permitted,
  type SimulatedProof,
  judge,
  judgeAgainAndSpend,
  modeOf,
  orderHash,
  proofExpiresAt,
} from '../src/gate/index.ts'
import { type Context, defineActor } from '../src/kernel/index.ts'
import type { Fault, Result } from '../src/lib/index.ts'
import {
  type ExecutorStore,
  type IntentRow,
  type NewDecision,
  openExecutorStore,
} from '../src/store/index.ts'
import type { JournalApi } from './journal.ts'
import type { ServerApi } from './server.ts'
import { BrokerLink, type LinkPorts } from './support/broker-link.ts'
import { LedgerWriter } from './support/ledger-writer.ts'
import { paced } from './support/pace.ts'
import { Protector, callOutcomeOf } from './support/protector.ts'

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

/** A reconciliation this young is fresh enough for a verdict; an older one is renewed first. */
const FRESH_MS = 1_500
const RECONCILE_MS = 5_000
const LOOK_MS = 100
const VALIDATE_MS = 20_000
const PROBE_MS = 3_000
const LAG_MS = 50
/** Two passes never start within this, in real milliseconds: a loop of doubts may not eat the request budget. */
const PASS_GAP_MS = 150
const SOURCE = 'gateway-sim.account'
const LEVEL_SOURCE = 'executor'

export const executorActor = (ports: ExecutorPorts) =>
  defineActor<ExecutorApi, ExecutorProps>(import.meta.url, {
    name: 'executor',
    mailbox: {
      capacity: 256,
      // A signal that finds no place means that something upstream is broken.
      overflow: { signal: 'fail', market: 'conflate' },
      conflateBy: { market: () => 'market' },
    },
    supervise: {
      limits: { handlerMs: 20_000, hungMs: 2_000, stopMs: 5_000 },
      exhausted: 'escalate',
    },
    async create(context, props) {
      const executor = new Executor(context, props, ports)
      await executor.open()
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

class Executor {
  readonly #context: Context<ExecutorApi>
  readonly #props: ExecutorProps
  readonly #store: ExecutorStore
  readonly #link: BrokerLink
  readonly #orders: OrderDesk
  readonly #judged = new Set<string>()
  readonly #market = new Map<string, MarketView>()
  #desk!: Desk
  #writer!: LedgerWriter
  #protector!: Protector
  #epoch = 0
  #control: Evidence['control'] = {
    state: 'REDUCING',
    stopLevel: 0,
    isLockedByBroker: false,
    brackets: 'proven',
  }
  #floor: Floor | undefined
  #reconciliation: SimulatedProof['reconciliation']
  #marketHub: 'current' | 'resyncing' | 'down' = 'down'
  #enabledAt = 0
  #lagMs = 0
  #passing: Promise<void> | undefined
  #passedAt = Number.NEGATIVE_INFINITY
  #isAskedAgain = false
  #mode: ModeLabel | undefined
  #flattened = ''
  #isClosed = false

  constructor(context: Context<ExecutorApi>, props: ExecutorProps, ports: ExecutorPorts) {
    this.#context = context
    this.#props = props
    this.#store = ports.openStore(props.databaseUrl, { route: props.route })
    const { clock, log } = context
    const { rest, userHub, userName, apiKey, chance } = props
    this.#link = new BrokerLink(
      {
        rest,
        userHub,
        userName,
        apiKey,
        chance,
        clock,
        log: (level, text, fields) => log[level](text, fields),
      },
      ports,
    )
    this.#orders = ports.createOrderClient(this.#link.gateway, this.#link.session)
  }

  /** Everything that must be known before the first signal: who we are, what we meant, what the broker has. */
  async open(): Promise<void> {
    const { accountId } = this.#props
    demand('the executor of this account', await this.#store.claimExecutor(accountId))
    this.#epoch = demand(
      'executor epoch',
      await this.#store.nextExecutorEpoch(accountId, `incarnation ${this.#context.epoch}`),
    )
    demand('login', await this.#link.login())
    await this.#bind()
    await this.#restore()
    this.#link.openHub(accountId, {
      onState: (state) => this.#onUserHub(state),
      onOrder: (order) => {
        this.#taken(this.#desk.orderTold(order, this.#monotonic()))
        this.#writer.order(order)
        this.#protector.lookAt(order.contractId)
      },
      onTradeOfAccount: (trade) => {
        this.#taken(this.#desk.tradeTold(trade))
        this.#writer.trade(trade)
        this.#protector.lookAt(trade.contractId)
      },
      onPosition: (position) => {
        this.#desk.positionTold(position, this.#now(), this.#monotonic())
        this.#protector.lookAt(position.contractId)
      },
      onAccount: (account) => this.#onAccount(account),
      onStrange: () => this.#passSoon(),
    })
    await this.#pass()
    this.#startTimers()
  }

  async #bind(): Promise<void> {
    const { accountId, accountName, instruments } = this.#props
    const accounts = demand('accounts', await this.#link.accounts())
    const account = accounts.find((each) => each.id === accountId)
    // Bound by id and name: an id that was given to another account is not ours.
    if (account?.name !== accountName)
      throw new Error(
        `account ${accountId} is named ${account?.name ?? 'nothing'} at the broker, bound to ${accountName}`,
      )
    const listed = demand('contracts', await this.#link.contracts(instruments))
    this.#desk = new Desk({ accountId, accountName, contracts: listed, limits: DEMO_LIMITS })
    this.#writer = new LedgerWriter({
      store: this.#store,
      desk: this.#desk,
      route: this.#props.route,
      epoch: this.#epoch,
      source: SOURCE,
      now: () => this.#now(),
      onFault: (what, fault) =>
        this.#context.log.warn('a record was not written', { what, fault: fault.detail }),
      onChange: (topic) => this.#changed(topic),
    })
    this.#protector = new Protector({
      desk: this.#desk,
      orders: this.#orders,
      store: this.#store,
      writer: this.#writer,
      epoch: this.#epoch,
      route: this.#props.route,
      log: this.#context.log,
      now: () => this.#now(),
      monotonic: () => this.#monotonic(),
      market: (root) => this.#market.get(root),
      proof: () => this.#proof(),
      verify: () => this.#passSoon(),
      alarm: (text) => this.#context.log.error('not protected', { text }),
    })
    this.#writer.other('header', 'accounts', (store) =>
      store.saveAccounts(accounts, {
        source: `${this.#props.route}.rest`,
        asOf: this.#now(),
        state: 'current',
      }),
    )
    this.#onAccount(account)
  }

  /** Our own intents of this trading day and all that never ended: the broker says what became of them. */
  async #restore(): Promise<void> {
    const { accountId } = this.#props
    const [level, settings, live, today] = [
      demand('stop level', await this.#store.stopLevel()),
      demand('settings', await this.#store.settings()),
      demand('open intents', await this.#store.openIntents(accountId)),
      demand('intents', await this.#store.intentsSince(accountId, epochMs(dayStart(this.#now())))),
    ]
    this.#control = { ...this.#control, stopLevel: level?.level ?? 0 }
    const floor = settings.find((each) => each.key === 'risk.floor')?.value as
      | { declared: number; declaredOn: string }
      | undefined
    this.#floor = floor && {
      declared: usd(floor.declared),
      declaredOn: floor.declaredOn,
      reported: undefined,
    }
    const rows = new Map([...live, ...today].map((each) => [each.tag, each]))
    for (const row of rows.values()) {
      this.#desk.plans.set(row.tag, {
        signal: undefined,
        stop: row.stop,
        target: row.target,
        validUntil: this.#now(),
        decisionId: row.decisionId,
        mintedAt: this.#monotonic(),
      })
    }
    this.#taken(this.#desk.restore([...rows.values()].map(trackedOf)))
  }

  #startTimers(): void {
    const { speed } = this.#props
    const { clock } = this.#context
    clock.interval(Math.max(RECONCILE_MS, paced(PASS_GAP_MS, speed)), () => this.#pass())
    clock.interval(paced(LOOK_MS, speed), () => this.#look())
    clock.interval(paced(VALIDATE_MS, speed), () => this.#validate())
    clock.interval(paced(PROBE_MS, speed), () => this.#link.probe())
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
    if (!this.#isFresh()) await this.#pass()

    const order = this.#compose(signal)
    const evidence = evidenceFor(this.#desk, order, signal, this.#surroundings())
    const verdict = judge(order, evidence)
    if (verdict.verdict === 'denied') return this.#deny(signal, order, evidence, verdict)
    return this.#place(signal, verdict, evidence, order)
  }

  onWithdraw(signalId: string, reason: string): void {
    for (const order of this.#desk.orders)
      if (this.#desk.plans.get(order.tag)?.signal?.id === signalId)
        void this.#cancelEntry(order, `withdrawn: ${reason}`)
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
    this.#control = { ...this.#control, stopLevel: level }
    // A person who lets entries through again has looked at what happened.
    if (level === 0) this.#enabledAt = this.#now()
    this.#desk.version++
    this.#context.log.info('stop level', { level, by })
    this.#changed('header')
    return { level }
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
          ({ position }) =>
            `${rootOf(position.contractId)} ${position.direction === 1 ? 'long' : 'short'} ${position.size}`,
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
    this.#control = { ...this.#control, state: 'REDUCING' }
    for (const order of this.#desk.orders) await this.#cancelEntry(order, 'the platform stops')
    await this.#pass()
    await this.#writer.settled()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#passing
    await this.#link.close()
    // It was never made when the start failed early.
    await (this.#writer as LedgerWriter | undefined)?.settled()
    await this.#store.close()
  }

  #compose(signal: Signal): BracketOrder {
    const contract = this.#desk.contractOf(signal.instrument)
    const { accountId } = this.#props
    const request = {
      signal,
      instrument: instrumentOf(signal.instrument),
      contractId: contract?.contract.id ?? `unlisted ${signal.instrument}`,
      accountId,
      tag: entryTag(tradeDateOf(signal.knownAt), signal.id),
      limits: this.#desk.limits,
    }
    const order = bracketFor(request)
    // An instrument whose protection went wrong opens nothing until a person has looked.
    return this.#desk.halted.has(request.contractId) ? { ...order, size: contracts(0) } : order
  }

  async #deny(
    signal: Signal,
    order: BracketOrder,
    evidence: Evidence,
    { phases, phase, text }: Denied,
  ): Promise<void> {
    const sentence = phase === 'permit' ? `permit: ${text}` : undefined
    const written = await this.#store.recordDecision(
      this.#decision(signal, order, evidence, phases, sentence),
    )
    if (!written.ok)
      return this.#context.log.error('a denial was not written', {
        signal: signal.id,
        fault: written.error.detail,
      })
    this.#changed('decisions')
  }

  async #place(signal: Signal, verdict: Permitted, evidence: Evidence, order: BracketOrder): Promise<void> {
    const decision = this.#decision(signal, order, evidence, verdict.phases)
    const written = await this.#store.recordDecision(decision, { type: order.type, at: this.#now() })
    // Without its durable intent nothing is sent. Whether the commit arrived does not matter: it says "intent".
    if (!written.ok)
      return this.#context.log.error('an intent was not written, nothing is sent', {
        signal: signal.id,
        fault: written.error.detail,
      })
    this.#changed('decisions')

    const tracked = newIntent({
      tag: order.tag,
      role: 'entry',
      accountId: order.accountId,
      contractId: order.contractId,
      side: order.side,
      size: order.size,
      price: order.entry,
      risk: riskOf(order),
      intentAt: this.#now(),
    })
    this.#desk.open(tracked, {
      signal,
      stop: order.stop,
      target: order.target,
      validUntil: signal.validUntil,
      decisionId: written.value.id,
      mintedAt: this.#monotonic(),
    })

    // From here to the socket there is no await: what the gate saw is what is true when the bytes leave.
    const again = judgeAgainAndSpend(
      verdict.permit,
      order,
      evidenceFor(this.#desk, order, signal, this.#surroundings()),
    )
    if (again.verdict === 'denied') {
      this.#context.log.info('refused at send', { signal: signal.id, code: again.code, text: again.text })
      return this.#taken(this.#desk.advance(order.tag, { kind: 'refusedAtSend' }))
    }
    this.#taken(this.#desk.advance(order.tag, { kind: 'handedOver', at: this.#now() }))
    const placing = this.#orders.place(again.order, () => true)

    this.#taken(this.#desk.advance(order.tag, { kind: 'answered', outcome: callOutcomeOf(await placing) }))
    this.#passSoon()
  }

  #decision(
    signal: Signal,
    order: BracketOrder,
    evidence: Evidence,
    phases: FivePhases,
    text?: string,
  ): NewDecision {
    const isSized = order.size >= 1
    return {
      accountId: order.accountId,
      epoch: this.#epoch,
      mode: this.#modeLabel(),
      signalId: signal.id,
      instrument: signal.instrument,
      contractId: order.contractId,
      side: order.side,
      size: order.size,
      entry: order.entry,
      stop: order.stop,
      target: order.target,
      score: signal.score,
      tag: order.tag,
      orderHash: orderHash(order, this.#props.route),
      risk: isSized ? riskOf(order) : null,
      phases: phases.map(({ phase, name, outcome, code, text, numbers }) => ({
        phase,
        name,
        outcome,
        code: code ?? null,
        text,
        numbers,
      })),
      ...(text === undefined ? {} : { text }),
      inputs: evidence,
      facts: signal.facts,
      configHash: this.#props.configRevision,
      stateVersion: evidence.stateVersion,
      source: LEVEL_SOURCE,
      asOf: evidence.now,
      state: 'current',
    }
  }

  #surroundings(): Surroundings {
    const { gateway } = this.#link
    return {
      now: this.#now(),
      monotonic: this.#monotonic(),
      executorEpoch: this.#epoch,
      configRevision: this.#props.configRevision,
      control: this.#control,
      proof: this.#proof(),
      hubs: { user: this.#link.hubState(), market: this.#marketHub },
      market: (root) => this.#market.get(root),
      executorLagMs: Math.round(this.#lagMs),
      floor: this.#floor,
      requests: gateway.general.use(),
      strategy: { enabledAt: this.#enabledAt },
    }
  }

  #proof(): SimulatedProof {
    return this.#link.proof(this.#epoch, this.#desk.account, this.#desk.accountReadAt, this.#reconciliation)
  }

  #isFresh(): boolean {
    const cleanAt = this.#reconciliation?.cleanAt
    return (
      cleanAt !== undefined && this.#monotonic() - cleanAt < FRESH_MS && this.#link.hubState() === 'current'
    )
  }

  /** Soon, and once: a doubt that comes while a pass runs is answered by the next one. */
  #passSoon(): void {
    if (this.#passing !== undefined) {
      this.#isAskedAgain = true
      return
    }
    const wait = Math.max(0, PASS_GAP_MS - (this.#context.clock.monotonic() - this.#passedAt))
    this.#context.clock.timeout(paced(wait, this.#props.speed), () => this.#pass())
  }

  /** Start, reconnect, restart and timer: always this. */
  #pass(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#passing ??= this.#reconcile().finally(() => {
      this.#passing = undefined
      this.#passedAt = this.#context.clock.monotonic()
      if (this.#isAskedAgain) {
        this.#isAskedAgain = false
        this.#passSoon()
      }
    })
    return this.#passing
  }

  async #reconcile(): Promise<void> {
    const hubBefore = this.#link.hubState()
    const { snapshot, account, faults } = await this.#link.read(this.#oldestLive())
    const at = this.#monotonic()
    if (account !== undefined) this.#onAccount(account)
    for (const fault of faults) this.#context.log.warn('a read was not answered', { fault: fault.detail })

    const result = this.#desk.snapshot(snapshot, at)
    if (!result.isApplied) return
    this.#taken(result)
    for (const order of [...(snapshot.history?.rows ?? []), ...(snapshot.openOrders ?? [])])
      this.#writer.order(order)
    for (const trade of result.newTrades) this.#writer.trade(trade)
    for (const adoption of result.adoptions)
      if (adoption.kind !== 'bracketLeg') this.#context.log.info('taken in from outside', { ...adoption })
    for (const tag of result.lookups) await this.#lookUp(tag)

    const disputes = result.disputes.length
    const cleanAt = result.isClean ? at : this.#reconciliation?.cleanAt
    this.#reconciliation = cleanAt === undefined ? undefined : { cleanAt, disputes }
    if (result.isClean && hubBefore !== 'down') this.#link.resynced()
    if (
      result.isClean &&
      this.#control.state === 'REDUCING' &&
      !this.#isClosed &&
      this.#context.signal.aborted === false
    )
      this.#control = { ...this.#control, state: 'ACTIVE' }
    for (const dispute of result.disputes)
      this.#context.log.warn('the broker and our book differ', { ...dispute })
    for (const contractId of result.toProtect) this.#protector.lookAt(contractId)
    this.#saveProof()
    this.#saveSession()
  }

  async #lookUp(tag: string): Promise<void> {
    const brokerId = this.#desk.orderByTag(tag)?.brokerId
    if (brokerId === undefined) return
    const found = await this.#link.orderById(brokerId)
    if (!found.ok) return this.#context.log.warn('an order was not found', { tag, fault: found.error.detail })
    for (const order of found.value.rows) {
      this.#taken(this.#desk.advance(tag, { kind: 'seen', order }))
      this.#writer.order(order)
    }
  }

  #oldestLive(): EpochMs {
    const live = this.#desk.orders
      .filter((each) => isLive(each) || each.fills.length === 0)
      .map((each) => each.intentAt)
    // The first pass reads the whole trading day: what happened while we were away is in it.
    const from = this.#reconciliation === undefined ? dayStart(this.#now()) : this.#now()
    return epochMs(Math.max(dayStart(this.#now()) - 3_600_000, Math.min(from, ...live)))
  }

  #look(): void {
    this.#protector.look()
    this.#expireEntries()
    this.#flattenInTime()
  }

  #expireEntries(): void {
    for (const order of this.#desk.orders) {
      const plan = this.#desk.plans.get(order.tag)
      if (order.role === 'entry' && plan !== undefined && this.#now() >= plan.validUntil)
        void this.#cancelEntry(order, 'its time has passed')
    }
  }

  async #cancelEntry(order: TrackedOrder, because: string): Promise<void> {
    const isWorking = order.role === 'entry' && (order.state === 'working' || order.state === 'partial')
    if (isWorking && order.brokerId !== undefined)
      await this.#protector.cancel(order.contractId, order.brokerId, because)
  }

  /** Before the firm's flat time every entry is cancelled and every position closed, once a trading day. */
  #flattenInTime(): void {
    const state = marketStateAt(this.#now())
    if (state.kind !== 'open' || this.#now() < flatTimes(state.day).ours) return
    for (const order of this.#desk.orders) void this.#cancelEntry(order, 'flat time')
    for (const { position } of this.#desk.positions())
      if (position.size > 0 && this.#flattened !== `${state.day.date} ${position.contractId}`) {
        this.#flattened = `${state.day.date} ${position.contractId}`
        void this.#protector.close(position.contractId, 'flat time')
      }
  }

  #onUserHub(state: string): void {
    this.#context.log.info('user hub', { state })
    this.#saveSession()
    if (state === 'connected') this.#passSoon()
  }

  #onAccount(account: BrokerAccount): void {
    this.#desk.accountTold(account, this.#monotonic())
    this.#writer.other('header', `account ${account.id}`, (store) =>
      store.saveAccounts([account], {
        source: `${this.#props.route}.rest`,
        asOf: this.#now(),
        state: 'current',
      }),
    )
  }

  async #validate(): Promise<void> {
    const valid = await this.#link.validate()
    if (!valid.ok) this.#context.log.warn('the token was not validated', { fault: valid.error.detail })
  }

  #taken({ transitions, violations }: Taken): void {
    this.#writer.transitions(transitions)
    if (violations.length === 0) return
    // Broker truth that contradicts itself: nothing new is opened, what is open stays protected.
    this.#control = { ...this.#control, state: 'HALTED' }
    for (const each of violations) this.#context.log.error('contradicted by the broker: halted', { ...each })
  }

  #modeLabel(): ModeLabel {
    const context = {
      monotonic: this.#monotonic(),
      executorEpoch: this.#epoch,
      accountId: this.#props.accountId,
    }
    return modeOf(this.#props.route, this.#proof(), context).label
  }

  #saveProof(): void {
    const proof = this.#proof()
    const now = this.#now()
    const monotonic = this.#monotonic()
    const mode = modeOf(this.#props.route, proof, {
      monotonic,
      executorEpoch: this.#epoch,
      accountId: this.#props.accountId,
    })
    const speed = Math.max(1, this.#props.speed)
    const instant = (at: MonotonicMs | undefined): EpochMs | null =>
      at === undefined ? null : epochMs(Math.floor(now - (monotonic - at) * speed))
    const expires = proofExpiresAt(proof)
    const expiresAt = epochMs(Math.floor(now + Math.max(0, (expires ?? monotonic) - monotonic) * speed))
    this.#writer.other('header', 'proof', (store) =>
      store.saveProof({
        accountId: this.#props.accountId,
        executorEpoch: this.#epoch,
        tokenValidatedAt: instant(proof.tokenValidatedAt),
        accountReadAt: instant(proof.account?.readAt),
        streamAliveAt: instant(proof.userStream?.aliveAt),
        accountsEqualAt: instant(proof.account?.readAt),
        reconciledAt: instant(proof.reconciliation?.cleanAt),
        missing: [...mode.missing],
        verifiedAt: now,
        expiresAt,
        source: `${this.#props.route}.executor`,
        asOf: now,
        state: mode.missing.length === 0 ? 'current' : 'stale',
      }),
    )
    if (mode.label === this.#mode) return
    this.#context.ref<JournalApi>('journal').tell('modeChanged', {
      route: this.#props.route,
      accountId: this.#props.accountId,
      at: now,
      fromLabel: this.#mode ?? null,
      toLabel: mode.label,
      missing: [...mode.missing],
      cause: mode.why,
      brokerProofId: null,
      source: `${this.#props.route}.executor`,
      asOf: now,
      state: 'current',
    })
    this.#mode = mode.label
  }

  #saveSession(): void {
    const now = this.#now()
    const signedIn = this.#link.session.signedIn()
    const user = this.#link.hubState()
    this.#writer.other('header', 'session', (store) =>
      store.saveSession({
        signedInAt: signedIn?.issuedAt ?? null,
        tokenValidatedAt: this.#link.session.validatedAt() ?? null,
        tokenExpiresAt: signedIn?.expiresAt ?? null,
        userHub: user === 'current' ? 'connected' : user,
        userHubSince: now,
        marketHub: this.#marketHub === 'current' ? 'connected' : this.#marketHub,
        marketHubSince: now,
        resyncs: this.#link.resyncs(),
        lastFault: null,
        source: `${this.#props.route}.hubs`,
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

/** The value, or a start that failed: the supervisor tries again with growing waits. */
function demand<T>(what: string, result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${what}: ${result.error.detail}`)
  return result.value
}

/** An intent as it was kept. Its fills come with the first read of trades. */
function trackedOf(row: IntentRow): TrackedOrder {
  const base = newIntent({
    tag: row.tag,
    role: 'entry',
    accountId: row.accountId,
    contractId: row.contractId,
    side: row.side,
    size: row.size,
    price: row.entry,
    risk: row.risk,
    intentAt: row.intendedAt,
  })
  return {
    ...base,
    state: row.life,
    brokerId: row.brokerOrderId ?? undefined,
    sentAt: row.life === 'intent' ? undefined : row.intendedAt,
    reportedFilled: row.filled,
  }
}
