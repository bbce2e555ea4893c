/**
 * Feed: the market as it is, from the broker's hub and its history.
 *
 * Owns      the market hub, the bar cache of all instruments, their freshness, the platform's clock.
 * Hears     status (ask).
 * Tells     analysts to look when bars close; the executor and the server prices; the journal the instruments.
 * Crash     the cache stays; the next incarnation fills the gap from history before it says that data are whole.
 */
import {
  type BarsReply,
  type MarketData,
  type MarketHub,
  type MarketHubOptions,
  type OpenOptions,
  type OpenedGateway,
  type ResolvedContract,
  createHeldToken,
  createMarketData,
  createMarketHub,
  openGateway,
  realPause,
} from '../src/brokers/index.ts'
import { barOpen, previousTradingDay } from '../src/domain/calendar/index.ts'
import {
  type EpochMs,
  type Quote,
  TIMEFRAMES,
  type TradePrint,
  epochMs,
  findInstrument,
  instrumentOf,
  monotonicMs,
} from '../src/domain/index.ts'
import {
  type BarBook,
  type BarEvent,
  type FreshnessBook,
  type Page,
  type SimulatedClock,
  createBarBook,
  createFreshness,
  readSimulatedClock,
} from '../src/feed/index.ts'
import {
  type BarArena,
  BarReader,
  BarWriter,
  type Context,
  TimeBlock,
  defineActor,
} from '../src/kernel/index.ts'
import { type Fault, type Result, Secret, failed, present, seededRandom } from '../src/lib/index.ts'
import type { InstrumentRow } from '../src/store/index.ts'
import type { AnalystApi } from './analyst.ts'
import type { ExecutorApi, MarketNews } from './executor.ts'
import type { JournalApi } from './journal.ts'
import type { ServerApi } from './server.ts'
import { seriesOf } from './support/cache.ts'
import { paced } from './support/pace.ts'

export interface FeedApi {
  status(query: Record<string, never>): FeedStatus
}

export interface FeedStatus {
  readonly hub: string
  readonly resyncs: number
  /** Instruments that are not scanned, each with its reason. */
  readonly disabled: Readonly<Record<string, string>>
}

export interface FeedProps {
  readonly instruments: readonly string[]
  readonly rest: string
  readonly marketHub: string
  readonly executor: string
  readonly arena: BarArena
  readonly time: SharedArrayBuffer
  readonly speed: number
  /** Where chance starts: jitter of reconnects. */
  readonly chance: string
  readonly source: string
  readonly historyDays: number
}

export interface FeedPorts {
  readonly openGateway: (options: OpenOptions) => OpenedGateway
  readonly createMarketHub: (options: MarketHubOptions) => MarketHub
  /** Undefined where the kernel's own clock is the world's. */
  readonly readClock: ((rest: string) => Promise<Result<SimulatedClock, Fault>>) | undefined
}

const BARS_LIMIT = 20_000
/** Prices go out this often at most; a reader wants the newest and not each. */
const PULSE_MS = 60
const SECOND_MS = 1_000
/** Missing history is asked for again this often. */
const REPAIR_MS = 5_000
const TOKEN_TIMEOUT_MS = 20_000
/** How long a start waits for the first whole minute of the stream, real milliseconds, and how often it looks. */
const WHOLE_MS_MAX = 6_000
const WHOLE_LOOK_MS = 200
/** What delivery may take in real milliseconds before a price counts as late. */
const DELIVERY_MS = 250
/** Faster than real time a pause of this machine is minutes of the market: it is given more before a hub counts as mute. */
const FAST_DELIVERY_MS = 1_500
/** Our clock may run this many real milliseconds beside the gateway's before it is set. */
const DRIFT_MS_MAX = 20

export const feedActor = (ports: FeedPorts) =>
  defineActor<FeedApi, FeedProps>(import.meta.url, {
    name: 'feed',
    mailbox: { capacity: 64 },
    supervise: { intensity: { max: 10, withinMs: 60_000 } },
    async create(context, props) {
      const feed = new Feed(context, props, ports)
      await feed.open()
      context.state('live')
      context.watch({ path: props.executor })
      return {
        status: () => feed.status(),
        // An executor that starts again has not heard how the hub is, and a hub that stands says nothing of itself.
        onSignal: () => feed.tellHub(),
        stop: () => feed.close(),
      }
    },
  })

export default feedActor({ openGateway, createMarketHub, readClock: readSimulatedClock })

/** One instrument that is scanned. */
interface Tracked {
  readonly root: string
  readonly index: number
  readonly resolved: ResolvedContract
  readonly book: BarBook
  readonly writers: ReadonlyMap<string, BarWriter>
  readonly readers: readonly BarReader[]
  last: TradePrint | undefined
  quote: Quote | undefined
  receivedAt: number | undefined
  lastReceivedAt: number | undefined
  hasNews: boolean
}

class Feed {
  readonly #context: Context<FeedApi>
  readonly #props: FeedProps
  readonly #ports: FeedPorts
  readonly #gateway: OpenedGateway
  readonly #data: MarketData
  readonly #tokens
  readonly #time: TimeBlock
  readonly #tracked = new Map<string, Tracked>()
  readonly #freshness: FreshnessBook
  readonly #disabled = new Map<string, string>()
  #hub: MarketHub | undefined
  #hubWas = { state: 'closed', why: 'not started' }
  #repairing = false
  #isClosed = false

  constructor(context: Context<FeedApi>, props: FeedProps, ports: FeedPorts) {
    this.#context = context
    this.#props = props
    this.#ports = ports
    this.#time = new TimeBlock(props.time)
    const { clock, log } = context
    this.#tokens = createHeldToken((refused) => this.#askToken(refused))
    this.#gateway = ports.openGateway({
      rest: props.rest,
      clock,
      random: seededRandom(`${props.chance}/feed-rest`),
      share: 'market-data',
      log: (level, text, fields) => log[level](text, fields),
    })
    this.#data = createMarketData(this.#gateway, this.#tokens)
    this.#freshness = createFreshness(props.instruments, {
      deliveryMs: props.speed === 1 ? DELIVERY_MS : FAST_DELIVERY_MS * Math.max(1, props.speed),
    })
  }

  /** Resolves when every instrument's history is in the cache and joined with what the hub says, within a limit. */
  async open(): Promise<void> {
    await this.#followClock()
    const token = await this.#askToken(undefined)
    if (!token.ok) throw new Error(`no token for market data: ${token.error.detail}`)
    this.#tokens.hold(token.value)
    await this.#resolve()
    for (const each of this.#tracked.values()) await this.#fill(each)
    this.#tellInstruments()
    this.#openHub()
    this.#startTimers()
    await this.#untilWhole()
  }

  status(): FeedStatus {
    return {
      hub: this.#hub?.state() ?? 'closed',
      resyncs: Math.max(0, (this.#hub?.counters().connects ?? 1) - 1),
      disabled: Object.fromEntries(this.#disabled),
    }
  }

  tellHub(): void {
    this.#context.ref<ExecutorApi>(this.#props.executor).tell('marketHub', this.#hubWas)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#hub?.stop()
    this.#gateway.close()
  }

  async #askToken(refused: Secret | undefined): Promise<Result<Secret, Fault>> {
    const executor = this.#context.ref<ExecutorApi>(this.#props.executor)
    const answer = await executor.ask(
      'token',
      { isRefused: refused !== undefined },
      { timeoutMs: TOKEN_TIMEOUT_MS },
    )
    if (answer.token !== undefined) return { ok: true, value: new Secret(answer.token) }
    return failed({ code: 'UNAUTHORISED', retry: 'safe', detail: answer.why })
  }

  async #resolve(): Promise<void> {
    const wanted = this.#props.instruments.map(instrumentOf)
    const resolution = await this.#data.resolveContracts(wanted)
    if (!resolution.ok) throw new Error(`contracts: ${resolution.error.detail}`)
    for (const { root, reason } of resolution.value.refused) this.#disabled.set(root, reason)
    const from = this.#historyFrom()
    for (const resolved of resolution.value.contracts) {
      const { root } = resolved.instrument
      const index = this.#props.instruments.indexOf(root)
      const { arena } = this.#props
      const series = TIMEFRAMES.map((each) => [each, seriesOf(index, each)] as const)
      this.#tracked.set(resolved.contract.id, {
        root,
        index,
        resolved,
        book: createBarBook({ from }),
        writers: new Map(series.map(([each, at]) => [each, new BarWriter(arena, at, this.#context.epoch)])),
        readers: series.map(([, at]) => new BarReader(arena, at)),
        last: undefined,
        quote: undefined,
        receivedAt: undefined,
        lastReceivedAt: undefined,
        hasNews: false,
      })
    }
  }

  /** Open of the trading day so many days back. */
  #historyFrom(): number {
    let at = this.#now()
    for (let days = 0; days < this.#props.historyDays; days++) at = previousTradingDay(at - 1).opensAt
    return barOpen(at, '1D')
  }

  /** Reads what is missing of one instrument until nothing is, or the source has no more. */
  async #fill(tracked: Tracked): Promise<void> {
    for (const page of tracked.book.plan(this.#now(), BARS_LIMIT)) {
      const reply = await this.#read(tracked, page)
      if (!reply.ok) {
        this.#context.log.warn('history was not answered', { root: tracked.root, fault: reply.error.detail })
        return
      }
      const { bars, isCut, asOf } = reply.value
      this.#take(tracked, tracked.book.history({ page, bars, isCut, asOf }))
    }
  }

  #read(tracked: Tracked, page: Page): Promise<Result<BarsReply, Fault>> {
    const { contract, instrument } = tracked.resolved
    return this.#data.getBars({
      contractId: contract.id,
      instrument,
      from: epochMs(page.from),
      to: epochMs(page.to),
      limit: BARS_LIMIT,
    })
  }

  #openHub(): void {
    const { clock, log } = this.#context
    this.#hub = this.#ports.createMarketHub({
      url: this.#props.marketHub,
      tokens: this.#tokens,
      clock,
      pause: realPause,
      random: seededRandom(`${this.#props.chance}/feed-hub`),
      log: (level, text, fields) => log[level](text, fields),
      events: {
        onState: (state, why) => this.#hubState(state, why),
        onTrade: (print) => this.#onTrade(print),
        onQuote: (quote) => this.#onQuote(quote),
      },
    })
    this.#hub.subscribe(
      [...this.#tracked.values()].map(({ resolved }) => ({
        contractId: resolved.contract.id,
        instrument: resolved.instrument,
      })),
    )
    this.#hub.start()
  }

  #hubState(state: string, why: string): void {
    this.#context.log.info('market hub', { state, why })
    const now = this.#now()
    if (state === 'connected') {
      this.#freshness.connected(now)
      for (const each of this.#tracked.values()) each.book.connected(now)
      void this.#repair()
    } else {
      this.#freshness.disconnected()
      for (const each of this.#tracked.values()) each.book.disconnected()
    }
    this.#hubWas = { state, why }
    this.tellHub()
  }

  #onTrade(print: TradePrint): void {
    const tracked = this.#tracked.get(print.contractId)
    if (tracked === undefined) return
    if (this.#props.speed === 0 && print.at > this.#now()) this.#time.set({ at: print.at, rate: 0 })
    const at = this.#context.clock.monotonic()
    Object.assign(tracked, { last: print, receivedAt: at, lastReceivedAt: at, hasNews: true })
    this.#freshness.note(tracked.root, print.at, print.receivedAt)
    this.#take(tracked, tracked.book.add(print))
  }

  #onQuote(quote: Quote): void {
    const tracked = this.#tracked.get(quote.contractId)
    if (tracked === undefined) return
    Object.assign(tracked, { quote, receivedAt: this.#context.clock.monotonic(), hasNews: true })
    this.#freshness.note(tracked.root, quote.at, quote.receivedAt)
  }

  /** The cache first, then the bell: a reader that is woken finds what it was woken for. */
  #take(tracked: Tracked, events: readonly BarEvent[]): void {
    let isNews = false
    for (const event of events) {
      const writer = present(tracked.writers.get(event.timeframe), `a writer of ${event.timeframe}`)
      switch (event.kind) {
        case 'forming':
          writer.form(event.bar)
          break
        case 'sealed':
          isNews = true
          // A cache that an earlier incarnation filled may have this bar already.
          if (this.#isNewest(tracked, event)) writer.seal(event.bar)
          else writer.correct([event.bar])
          break
        case 'corrected':
          isNews = true
          writer.correct([event.bar])
          break
        case 'reset':
          isNews = true
          writer.correct(tracked.book.bars(event.timeframe))
          break
        default:
          event satisfies never
      }
    }
    if (isNews) this.#context.ref<AnalystApi>(`analyst/${tracked.root}`).tell('ring', { root: tracked.root })
  }

  #isNewest(tracked: Tracked, { timeframe, bar }: Extract<BarEvent, { bar: unknown }>): boolean {
    const reader = tracked.readers[TIMEFRAMES.indexOf(timeframe)]
    const count = reader?.count() ?? 0
    const last = reader?.read(count - 1, count).bars[0]
    return last === undefined || bar.t > last.t
  }

  #startTimers(): void {
    const { speed } = this.#props
    const { clock } = this.#context
    clock.interval(paced(PULSE_MS, speed), () => this.#pulse())
    clock.interval(SECOND_MS, () => this.#closeBars())
    clock.interval(paced(REPAIR_MS, speed), () => this.#repair())
    clock.interval(paced(SECOND_MS, speed), () => this.#followClock())
    clock.interval(paced(SECOND_MS, speed), () => this.#tellInstruments())
  }

  /** Readers that start on settled history need not read it twice. A hub that does not come up is not waited for. */
  async #untilWhole(): Promise<void> {
    const { clock } = this.#context
    const end = clock.monotonic() + WHOLE_MS_MAX
    const isWhole = (): boolean => [...this.#tracked.values()].every((each) => each.book.isWhole(this.#now()))
    while (!isWhole() && clock.monotonic() < end) {
      await clock.sleep(paced(WHOLE_LOOK_MS, this.#props.speed))
      await this.#repair()
    }
  }

  #closeBars(): void {
    const now = this.#now()
    for (const each of this.#tracked.values()) this.#take(each, each.book.close(now))
    if (this.#freshness.isMute(now) && this.#hub?.state() === 'connected')
      this.#hub.restart('the market is open and nobody says a word')
  }

  async #repair(): Promise<void> {
    if (this.#repairing || this.#isClosed) return
    this.#repairing = true
    try {
      for (const each of this.#tracked.values()) if (!each.book.isWhole(this.#now())) await this.#fill(each)
    } finally {
      this.#repairing = false
    }
  }

  #pulse(): void {
    const now = this.#now()
    const news = [...this.#tracked.values()].map((each) => this.#newsOf(each, now))
    const message: MarketNews = { at: now, source: this.#props.source, news }
    this.#context.ref<ExecutorApi>(this.#props.executor).tell('market', message)
    this.#context.ref<ServerApi>('server').tell('market', message)
  }

  #newsOf(tracked: Tracked, now: EpochMs): MarketNews['news'][number] {
    const { root, last, quote, receivedAt, lastReceivedAt, book } = tracked
    const { state, why } = this.#freshness.judge(root, now)
    const lastAt = last?.at ?? quote?.at
    return {
      root,
      contractId: tracked.resolved.contract.id,
      state,
      why: why ?? null,
      last: last?.price ?? quote?.last ?? null,
      bid: quote?.bid ?? null,
      ask: quote?.ask ?? null,
      at: lastAt ?? null,
      receivedAt: receivedAt === undefined ? null : monotonicMs(receivedAt),
      lastReceivedAt: lastReceivedAt === undefined ? null : monotonicMs(lastReceivedAt),
      revision: tracked.readers.reduce((sum, each) => sum + each.generation(), 0),
      isPending: !book.isWhole(now),
      source: this.#props.source,
    }
  }

  #tellInstruments(): void {
    const now = this.#now()
    const rows = this.#props.instruments.map((root, position): InstrumentRow => {
      const instrument = present(findInstrument(root), `instrument ${root}`)
      const tracked = [...this.#tracked.values()].find((each) => each.root === root)
      const contract = tracked?.resolved.contract
      const disabledBecause = this.#disabled.get(root) ?? null
      const { symbolId, description, tickSize, decimals, tickValue } = instrument
      return {
        root,
        position,
        symbolId,
        description,
        tickSize,
        decimals,
        tickValue,
        contractId: contract?.id ?? null,
        contractName: contract?.name ?? null,
        checkedAt: now,
        agreement: disabledBecause === null ? 'agrees' : 'differs',
        disabledBecause,
        lastDataAt: tracked?.last?.at ?? null,
        source: this.#props.source,
        asOf: tracked?.last?.at ?? now,
        state: disabledBecause === null ? this.#freshness.judge(root, now).state : 'unknown',
      }
    })
    this.#context.ref<JournalApi>('journal').tell('instruments', { rows })
  }

  /** In simulation the gateway's clock is the world's. */
  async #followClock(): Promise<void> {
    const read = await this.#ports.readClock?.(this.#props.rest)
    if (read === undefined) return
    if (!read.ok)
      return this.#context.log.warn('the simulated clock cannot be read', { fault: read.error.detail })
    const { now, speed } = read.value
    const drift = now - this.#time.now()
    // Forward at any size; back only when it is no jitter of the answer.
    if (Math.abs(drift) > DRIFT_MS_MAX * Math.max(1, speed)) this.#time.set({ at: now, rate: speed })
  }

  #now(): EpochMs {
    return epochMs(Math.floor(this.#context.clock.now()))
  }
}
