/**
 * Server: what the dashboard sees and may ask.
 *
 * Owns      the HTTP port, the stream, and a database connection that cannot trade.
 * Hears     changed, market, ready (ask).
 * Tells     the executor stop levels; asks analysts for their chart objects.
 * Crash     sessions are in the database; pages reconnect and take a new snapshot.
 */
import { SETTING } from '../src/dashboard/index.ts'
import {
  flatTimes,
  marketStateAt,
  sessionLabelAt,
  tradeDateOf,
  CALENDAR_SOURCE,
} from '../src/domain/calendar/index.ts'
import { type EpochMs, type Route, epochMs } from '../src/domain/index.ts'
import { type BarArena, type Context, TimeBlock, defineActor } from '../src/kernel/index.ts'
import {
  type Identity,
  type RunningServer,
  createServer,
  systemClock,
  systemRandomBytes,
} from '../src/server/index.ts'
import { type ServerStore, type SettingRow, openServerStore } from '../src/store/index.ts'
import type { CommandReply, CommandRequest } from '../src/wire/index.ts'
import type { AnalystApi } from './analyst.ts'
import type { ExecutorApi, MarketNews } from './executor.ts'
import { paced } from './support/pace.ts'
import { usersFrom } from './support/server-users.ts'
import { PlatformViews } from './support/server-views.ts'

export interface ServerApi {
  /** Rows of a topic were written. */
  changed(news: { readonly topic: string }): void
  market(news: MarketNews): void
  address(query: Record<string, never>): { readonly url: string }
}

export interface ServerProps {
  readonly databaseUrl: string
  readonly route: Route
  readonly accountId: string
  readonly executor: string
  readonly instruments: readonly string[]
  readonly arena: BarArena
  readonly time: SharedArrayBuffer
  readonly speed: number
  readonly host: string
  readonly port: number
  readonly assets: string
  readonly version: string
}

/** What was written is read this often at most: a page is told ten times a second. */
const CHANGED_MS = 100
const REFRESH_MS = 1_000
const CALENDAR_MS = 1_000
const ASK_TIMEOUT_MS = 2_000
/** The market row is written again at least this often, in real milliseconds: its age is shown. */
const FACT_MS_MAX = 10_000

export default defineActor<ServerApi, ServerProps>(import.meta.url, {
  name: 'server',
  mailbox: {
    capacity: 256,
    overflow: { changed: 'conflate', market: 'conflate' },
    conflateBy: { changed: 'topic', market: 'source' },
    window: 4,
  },
  supervise: { intensity: { max: 10, withinMs: 60_000 } },
  async create(context, props) {
    const dashboard = new Dashboard(context, props, await openServerStore(props.databaseUrl))
    const { url } = await dashboard.open()
    context.state('live')
    return {
      changed: ({ topic }) => dashboard.views.changed(topic),
      market: (news) => dashboard.views.marketTold(news),
      address: () => ({ url }),
      stop: () => dashboard.close(),
    }
  },
})

class Dashboard {
  readonly views: PlatformViews
  readonly #context: Context<ServerApi>
  readonly #props: ServerProps
  readonly #store: ServerStore
  readonly #time: TimeBlock
  readonly #facts = new Map<string, { readonly text: string; readonly at: number }>()
  #server: RunningServer | undefined

  constructor(context: Context<ServerApi>, props: ServerProps, store: ServerStore) {
    this.#context = context
    this.#props = props
    this.#store = store
    this.#time = new TimeBlock(props.time)
    const { route, accountId, instruments, arena, version } = props
    this.views = new PlatformViews({
      store,
      route,
      accountId,
      instruments,
      arena,
      version,
      log: context.log,
      now: () => this.#now(),
      speed: () => this.#time.read().rate,
      objects: (root, timeframe) =>
        context
          .ref<AnalystApi>(`analyst/${root}`)
          .ask('objects', { timeframe }, { timeoutMs: ASK_TIMEOUT_MS }),
    })
  }

  async open(): Promise<RunningServer> {
    const { host, port, assets } = this.#props
    await this.#saveFacts()
    await this.views.refreshAll()
    const started = await createServer({
      host,
      port,
      assetsDirectory: assets,
      users: usersFrom(this.#store, () => systemClock.now()),
      views: this.views,
      commands: { run: (command, who) => this.#run(command, who) },
      health: { ready: () => this.#ready() },
      clock: systemClock,
      randomBytes: systemRandomBytes,
      onIncident: ({ id, where, error }) =>
        this.#context.log.error('an incident', { id, where, error: String(error) }),
    })
    if (!started.ok) throw new Error(started.error.detail)
    this.#server = started.value
    const { clock } = this.#context
    clock.interval(paced(CHANGED_MS, this.#props.speed), () => this.views.refresh())
    clock.interval(paced(REFRESH_MS, this.#props.speed), () => this.views.refreshAll())
    clock.interval(paced(CALENDAR_MS, this.#props.speed), () => this.#saveFacts())
    return started.value
  }

  async close(): Promise<void> {
    await this.#server?.close()
    await this.#store.close()
  }

  /** A command is durable before it is answered; its id makes it happen once. */
  async #run(command: CommandRequest, who: Identity): Promise<CommandReply> {
    const { id, level } = command
    const at = this.#now()
    const because = level === 0 ? 'entries allowed again' : 'asked on the dashboard'
    const kept = await this.#store.setStopLevel({
      level,
      by: who.name,
      because,
      commandId: id,
      at,
    })
    if (!kept.ok)
      return {
        id,
        outcome: 'refused',
        code: 'DATABASE',
        text: `The stop level was not kept: ${kept.error.detail}`,
      }
    await this.#store.recordAudit({
      at: epochMs(Math.floor(systemClock.now())),
      who: who.name,
      what: `set-stop-level ${level}`,
      outcome: 'accepted',
      details: { address: who.address },
      commandId: id,
    })
    try {
      const executor = this.#context.ref<ExecutorApi>(this.#props.executor)
      await executor.ask('setStopLevel', { level, by: who.name }, { timeoutMs: ASK_TIMEOUT_MS })
    } catch (error) {
      // It reads the level at its start: what is kept holds, and until then it opens nothing.
      this.#context.log.warn('the executor was not told of the stop level', { error: String(error) })
    }
    await this.views.refreshAll()
    return { id, outcome: 'accepted' }
  }

  async #ready(): Promise<{ readonly ok: boolean; readonly missing: readonly string[] }> {
    const ping = await this.#store.ping()
    const missing = [...this.views.notCurrent(), ...(ping.ok ? [] : [`database: ${ping.error.detail}`])]
    return { ok: missing.length === 0, missing }
  }

  /** The calendar and the clock as rows, so that their labels come from where all labels come from. */
  async #saveFacts(): Promise<void> {
    const now = this.#now()
    const state = marketStateAt(now)
    const day = state.kind === 'open' ? state.day : undefined
    await this.#saveFact(SETTING.market, CALENDAR_SOURCE, now, day === undefined ? 'closed' : 'current', {
      isOpen: day !== undefined,
      label: state.kind === 'open' ? sessionLabelAt(now) : state.why,
      opensAt: state.kind === 'open' ? null : state.opensAt,
      tradingDay: day?.date ?? tradeDateOf(state.kind === 'closed' ? state.opensAt : now),
      ...(day === undefined ? {} : { flatBy: flatTimes(day).ours }),
    })
    const { rate } = this.#time.read()
    await this.#saveFact(SETTING.clock, `${this.#props.route}.clock`, now, 'current', {
      speed: rate,
      follows: this.#props.route === 'gateway-sim' ? 'the simulated gateway' : 'this machine',
    })
  }

  async #saveFact(
    key: string,
    source: string,
    asOf: EpochMs,
    state: SettingRow['state'],
    value: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const text = JSON.stringify([value, state])
    const kept = this.#facts.get(key)
    const real = this.#context.clock.monotonic()
    if (kept?.text === text && real - kept.at < FACT_MS_MAX) return
    const saved = await this.#store.saveSetting({ key, value, declaredBy: 'platform', source, asOf, state })
    if (!saved.ok) return this.#context.log.warn('a fact was not kept', { key, fault: saved.error.detail })
    this.#facts.set(key, { text, at: real })
  }

  #now(): EpochMs {
    return epochMs(Math.floor(this.#context.clock.now()))
  }
}
