/**
 * Supervisor: starts the others in order and says how they are. It runs in the main thread and does nothing else.
 *
 * Owns      the actor system, the arena of bars, the block of time.
 * Tells     the journal how every actor is, each second and at every failure.
 * Crash     the process ends; the next start reads everything back.
 */
import { type EpochMs, type Route, epochMs } from '../src/domain/index.ts'
import {
  type ActorSnapshot,
  type ActorSystem,
  type BarArena,
  type DrainReport,
  type SystemSnapshot,
  type ThreadSnapshot,
  actorModule,
  createArena,
} from '../src/kernel/index.ts'
import type { ActorHealthRow } from '../src/store/index.ts'
import type { AnalystApi, AnalystProps } from './analyst.ts'
import type { ExecutorApi, ExecutorProps, OpenReport } from './executor.ts'
import type { FeedApi, FeedProps } from './feed.ts'
import type { JournalApi, JournalProps } from './journal.ts'
import type { ServerApi, ServerProps } from './server.ts'
import { cacheShape } from './support/cache.ts'

export interface SupervisorSettings {
  readonly route: Extract<Route, 'gateway-sim'>
  readonly account: { readonly id: string; readonly name: string }
  readonly instruments: readonly string[]
  readonly gateway: Pick<ExecutorProps, 'rest' | 'userHub' | 'userName' | 'apiKey'> & {
    readonly marketHub: string
  }
  readonly databases: {
    readonly executorUrl: string
    readonly journalUrl: string
    readonly serverUrl: string
  }
  readonly dashboard: Pick<ServerProps, 'host' | 'port' | 'assets' | 'version'>
  readonly time: SharedArrayBuffer
  readonly speed: number
  readonly configRevision: string
  /** Where chance starts: jitter and nothing that decides a trade. */
  readonly chance: string
}

/** Trading days of minutes that are read at a start: a week for ranges and levels, with one to spare. */
const HISTORY_DAYS = 6
/** On a busy machine a module may take long to load, and a history to read. */
const START_LIMITS = { limits: { startMs: 60_000 } }
const ANALYST_HEAP_MB = 64
const REPORT_TIMEOUT_MS = 3_000
const DRAIN_TIMEOUT_MS = 12_000

export class Supervisor {
  readonly #system: ActorSystem
  readonly #settings: SupervisorSettings
  readonly #executor: string
  readonly #handled = new Map<string, { readonly out: number; readonly at: number }>()

  constructor(system: ActorSystem, settings: SupervisorSettings) {
    this.#system = system
    this.#settings = settings
    this.#executor = `executor/${settings.account.id}`
  }

  /** In the order of dependence; each step is told when it stands. Resolves with the dashboard's address. */
  async start(say: (step: string) => void): Promise<string> {
    const { instruments } = this.#settings
    const arena = createArena(cacheShape(instruments.length))
    await this.#startJournal(arena)
    await this.#startExecutor()
    say(`executor     account ${this.#settings.account.name} #${this.#settings.account.id}, reconciled`)
    await this.#startFeed(arena)
    say(
      `feed         history of ${instruments.length} instruments, ${(arena.buffer.byteLength / 2 ** 20).toFixed(1)} MB of shared bars`,
    )
    // The server loads while the analysts read: it shows what there is, and says what is not there yet.
    const server = this.#startServer(arena)
    await Promise.all([server, ...instruments.map((root, index) => this.#startAnalyst(arena, root, index))])
    say(`analysts     ${instruments.length} worker threads`)
    return server
  }

  /** How every actor is, written where the screen reads it. */
  reportHealth(at: { readonly now: number; readonly monotonic: number }): void {
    const snapshot = this.#system.snapshot()
    const rows = snapshot.actors.map((actor) => this.#healthOf(actor, snapshot, at))
    this.#system.ref<JournalApi>('journal').tell('health', { from: 'supervisor', rows })
  }

  /** What is open at the broker; undefined when the executor cannot say. */
  async openReport(): Promise<OpenReport | undefined> {
    try {
      return await this.#system
        .ref<ExecutorApi>(this.#executor)
        .ask('report', {}, { timeoutMs: REPORT_TIMEOUT_MS })
    } catch {
      return undefined
    }
  }

  /** Feeds stop taking in, analysts empty their queues, the executor opens nothing more, the journal flushes. */
  drain(): Promise<DrainReport> {
    const order = [['feed'], ['analyst/*'], ['executor/*'], ['server'], ['journal']]
    return this.#system.drain({ timeoutMs: DRAIN_TIMEOUT_MS, order })
  }

  async #startJournal(arena: BarArena): Promise<void> {
    const { databases, route, instruments, speed } = this.#settings
    await this.#system.spawn(
      actorModule<JournalApi, JournalProps>(new URL('./journal.ts', import.meta.url)),
      {
        path: 'journal',
        supervise: START_LIMITS,
        props: { databaseUrl: databases.journalUrl, route, instruments, arena, speed },
      },
    )
  }

  async #startExecutor(): Promise<void> {
    const { databases, route, account, instruments, gateway, speed, chance, configRevision } = this.#settings
    const { rest, userHub, userName, apiKey } = gateway
    await this.#system.spawn(
      actorModule<ExecutorApi, ExecutorProps>(new URL('./executor.ts', import.meta.url)),
      {
        path: this.#executor,
        supervise: START_LIMITS,
        props: {
          route,
          accountId: account.id,
          accountName: account.name,
          instruments,
          databaseUrl: databases.executorUrl,
          rest,
          userHub,
          userName,
          apiKey,
          speed,
          chance,
          configRevision,
        },
      },
    )
  }

  async #startFeed(arena: BarArena): Promise<void> {
    const { gateway, instruments, time, speed, chance, route } = this.#settings
    await this.#system.spawn(actorModule<FeedApi, FeedProps>(new URL('./feed.ts', import.meta.url)), {
      path: 'feed',
      supervise: START_LIMITS,
      owns: [arena],
      props: {
        instruments,
        rest: gateway.rest,
        marketHub: gateway.marketHub,
        executor: this.#executor,
        arena,
        time,
        speed,
        chance,
        source: `${route}.market-hub`,
        historyDays: HISTORY_DAYS,
      },
    })
  }

  async #startAnalyst(arena: BarArena, root: string, index: number): Promise<void> {
    await this.#system.spawn(
      actorModule<AnalystApi, AnalystProps>(new URL('./analyst.ts', import.meta.url)),
      {
        path: `analyst/${root}`,
        supervise: START_LIMITS,
        heapMb: ANALYST_HEAP_MB,
        props: { root, index, arena, executor: this.#executor, speed: this.#settings.speed },
      },
    )
  }

  async #startServer(arena: BarArena): Promise<string> {
    const { databases, route, account, instruments, time, speed, dashboard } = this.#settings
    const server = await this.#system.spawn(
      actorModule<ServerApi, ServerProps>(new URL('./server.ts', import.meta.url)),
      {
        path: 'server',
        supervise: START_LIMITS,
        props: {
          ...dashboard,
          databaseUrl: databases.serverUrl,
          route,
          accountId: account.id,
          executor: this.#executor,
          instruments,
          arena,
          time,
          speed,
        },
      },
    )
    const { url } = await server.ask('address', {}, { timeoutMs: REPORT_TIMEOUT_MS })
    return url
  }

  #healthOf(
    actor: ActorSnapshot,
    { threads }: SystemSnapshot,
    at: { readonly now: number; readonly monotonic: number },
  ): ActorHealthRow {
    const thread: ThreadSnapshot | undefined = threads.find((each) => each.thread === actor.thread)
    const before = this.#handled.get(actor.path)
    this.#handled.set(actor.path, { out: actor.out, at: at.monotonic })
    const seconds = before === undefined ? 0 : (at.monotonic - before.at) / 1_000
    const now = instant(at.now)
    return {
      path: actor.path,
      status: actor.state === 'running' ? actor.note || 'running' : actor.state,
      epoch: actor.epoch,
      restarts: actor.restarts,
      lastFailure: actor.lastFailure?.message ?? actor.why ?? null,
      beatAt: thread?.beatAgeMs === undefined ? null : instant(at.now - thread.beatAgeMs),
      elu: thread?.utilization ?? null,
      heapBytes: thread === undefined ? null : thread.heapUsed + thread.external,
      depth: actor.depth,
      dropped: actor.dropped + actor.rejected + actor.dead + actor.expired,
      handledPerSecond:
        before === undefined || seconds <= 0 ? null : Math.max(0, actor.out - before.out) / seconds,
      handlerP95: p95Ms(actor.handledUs),
      source: 'supervisor',
      asOf: now,
      state: 'current',
    }
  }
}

/** Upper edge of the bucket that holds the 95th percentile, from a histogram by log2 of microseconds. */
function p95Ms(buckets: readonly number[]): number | null {
  const total = buckets.reduce((sum, each) => sum + each, 0)
  if (total === 0) return null
  let seen = 0
  const bucket = buckets.findIndex((each) => (seen += each) >= total * 0.95)
  return 2 ** (bucket + 1) / 1_000
}

function instant(ms: number): EpochMs {
  return epochMs(Math.floor(ms))
}
