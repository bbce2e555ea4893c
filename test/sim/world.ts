/**
 * A whole platform in one thread on a virtual clock: the actors as they are, the exchange that the loopback gateway
 * serves, stores in memory. One seed is one run: the market, the network, the order of everything that happens at
 * one instant and what goes wrong are all drawn from it.
 */
import { createHash } from 'node:crypto'
import analyst from '../../actors/analyst.ts'
import { type ExecutorApi, executorActor } from '../../actors/executor.ts'
import { feedActor } from '../../actors/feed.ts'
import { journalActor } from '../../actors/journal.ts'
import { cacheShape } from '../../actors/support/cache.ts'
import { createMarketHub, openGateway } from '../../src/brokers/index.ts'
import { tradeDateOf } from '../../src/domain/calendar/index.ts'
import { DEMO_LIMITS } from '../../src/domain/risk/index.ts'
import { type EpochMs, epochMs, instrumentOf, priceOf } from '../../src/domain/index.ts'
import { DEFAULT_ACCOUNTS, type Exchange, createExchange } from '../../src/gateway/index.ts'
import {
  type ActorSnapshot,
  type Clock,
  type MakeLogger,
  createArena,
  createTime,
  defineActor,
} from '../../src/kernel/index.ts'
import { type TestKit, createTestKit } from '../../src/kernel/testkit.ts'
import { present, seededRandom } from '../../src/lib/index.ts'
import type { SettingRow } from '../../src/store/index.ts'
import { type ExchangeSide, exchangeSide } from './exchange-side.ts'
import { type ExecutorLives, executorLives } from './executor-life.ts'
import { type FaultPlan, NO_FAULTS } from './faults.ts'
import {
  type KeptDecision,
  type StoreSurroundings,
  type Tables,
  emptyTables,
  memoryJournalStore,
} from './memory-store.ts'
import { type Oracle, type Violation, createOracle } from './oracle.ts'
import { workload } from './workload.ts'
import { type Trail, clockText, createTrail } from './trail.ts'

export interface SimulationOptions {
  readonly seed: string
  /** Virtual minutes after everything stands. */
  readonly minutes: number
  readonly instruments: readonly string[]
  /** What goes wrong; a plan is good for one run. Left out: nothing. */
  readonly faults?: FaultPlan
  /** Many signals from the seed beside those of the analysts. */
  readonly isBusy?: boolean
  readonly start: EpochMs
  /** Told of each decision as it is written. */
  readonly onDecision?: (line: string) => void
}

export interface Simulation {
  readonly summary: Summary
  /** One line a decision, in words. */
  readonly decisions: readonly string[]
  readonly violations: readonly Violation[]
  /** How often each kind of fault came true. */
  readonly faults: Readonly<Record<string, number>>
  /** The last events, when an invariant broke. */
  readonly trail: readonly string[]
}

export interface Summary {
  readonly seed: string
  readonly minutes: number
  readonly decisions: number
  readonly permitted: number
  /** Entries of which the broker filled at least one contract. */
  readonly filled: number
  readonly violations: number
  /** SHA-256 over the decisions and the fills. */
  readonly hash: string
}

interface World {
  readonly kit: TestKit
  readonly exchange: Exchange
  readonly side: ExchangeSide
  readonly oracle: Oracle
  readonly tables: Tables
  readonly trail: Trail
  readonly around: StoreSurroundings
  readonly lives: ExecutorLives
  readonly lines: string[]
}

const ACCOUNT = present(DEFAULT_ACCOUNTS[0], 'the account of the demo')
const EXECUTOR = `executor/${ACCOUNT.id}`
const ROUTE = 'gateway-sim'
const REST = 'http://127.0.0.1'
/** How often the market moves on and the invariants are looked at. */
const BEAT_MS = 100
const STEP_MS = 1_000
const MINUTE_MS = 60_000
/** One way to the database. */
const STATEMENT_MS = { least: 1, more: 3 }
/** What a crash of the run's making says. */
const CRASH = 'a crash from the seed'
/** After the last fault everything agrees within this. */
const CALM_MS = 30_000
const ANSWER_MS = 10_000
const HISTORY_DAYS = 6
/** Balance below which the demo account fails, micro-dollars. */
const DEMO_FLOOR_MICROS = 48_000_000_000
const TRAIL_LINES = 30
const START_LIMITS = { limits: { startMs: 120_000 } }

export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const world = await openWorld(options)
  const { kit, oracle, tables, trail, side } = world
  await startActors(world, options)
  const end = kit.now() + options.minutes * MINUTE_MS
  while (kit.now() < end && oracle.violations.length === 0) await kit.advance(STEP_MS)
  side.calm()
  if (oracle.violations.length === 0) await expectAgreement(world)
  const summary: Summary = {
    seed: options.seed,
    minutes: options.minutes,
    decisions: tables.decisions.length,
    permitted: tables.decisions.filter((each) => each.passed).length,
    filled: world.exchange
      .snapshot()
      .ledger.orders.filter((each) => each.filled > 0 && tables.intents.has(each.tag ?? '')).length,
    violations: oracle.violations.length,
    hash: hashOf(world),
  }
  const isBroken = oracle.violations.length > 0
  const last = isBroken ? trail.last(TRAIL_LINES) : []
  if (!isBroken) await kit.close()
  return {
    summary,
    decisions: world.lines,
    violations: oracle.violations,
    faults: Object.fromEntries(side.marks),
    trail: last,
  }
}

async function openWorld(options: SimulationOptions): Promise<World> {
  const { seed, start, instruments, faults = NO_FAULTS } = options
  const trail = createTrail(() => kit.now())
  const kit = createTestKit({ seed, at: start, makeLogger: loggerInto(trail) })
  const exchange = createExchange({ seed, start, instruments: instruments.map(instrumentOf) })
  const tables = emptyTables([floorDeclaredAt(start)])
  const clock = await clockOf(kit)
  const oracle = createOracle({
    ledger: () => exchange.snapshot().ledger,
    accountId: ACCOUNT.id,
    tables,
    limits: DEMO_LIMITS,
    instrumentOf: (contractId) => present(exchange.listing.find(contractId), contractId).instrument,
    now: () => kit.now(),
  })
  const side = exchangeSide({
    exchange,
    clock,
    trail,
    random: seededRandom(`sim ${seed}`),
    faults,
    onCloseAsked: (contractId) => oracle.closeAsked(contractId),
  })
  clock.interval(BEAT_MS, () => {
    side.beat()
    oracle.check()
  })
  const lines: string[] = []
  const around = storeAround({ kit, trail, clock, seed }, (decision) => {
    const line = sentenceOf(decision)
    trail.note(line)
    lines.push(line)
    options.onDecision?.(line)
    const crashAfterMs = decision.passed ? side.crashAfterDecision() : undefined
    if (crashAfterMs !== undefined) clock.timeout(crashAfterMs, crash)
  })
  const lives = executorLives(side, tables, around)

  function crash(): void {
    if (executorOf(kit)?.state !== 'running') return
    side.mark('executor crashed', `incarnation ${executorOf(kit)?.epoch}`)
    oracle.executorAway(true)
    lives.cut()
    kit.fail(EXECUTOR, new Error(CRASH))
    const stop = clock.interval(BEAT_MS, () => {
      if (executorOf(kit)?.state !== 'running') return
      oracle.executorAway(false)
      stop()
    })
  }
  kit.system.on('failure', ({ path, failure }) => {
    if (failure.message !== CRASH) oracle.violate('no-actor-fails', `${path}: ${failure.message}`)
  })
  return { kit, exchange, side, oracle, tables, trail, around, lives, lines }
}

function executorOf({ system }: TestKit): ActorSnapshot | undefined {
  return system.snapshot().actors.find((each) => each.path === EXECUTOR)
}

/** A clock of the kit's time for what is not an actor: one that outlives all others. */
async function clockOf(kit: TestKit): Promise<Clock> {
  const found = Promise.withResolvers<Clock>()
  await kit.spawn(
    defineActor<object, undefined>('kael:exchange', {
      name: 'exchange',
      create({ clock }) {
        found.resolve(clock)
        return {}
      },
    }),
    { path: 'exchange', props: undefined },
  )
  return found.promise
}

async function startActors(world: World, options: SimulationOptions): Promise<void> {
  const { kit, side, exchange, tables, around } = world
  const { seed, instruments } = options
  const arena = createArena(cacheShape(instruments.length))
  const chance = `sim ${seed}/chance`
  const supervise = START_LIMITS
  const executor = executorActor(world.lives.ports)
  const feed = feedActor({
    openGateway: (opening) => openGateway({ ...opening, send: side.send, pause: side.pause }),
    createMarketHub: (hub) =>
      createMarketHub({ ...hub, pause: side.pause, openLink: side.openLink('market') }),
    readClock: undefined,
  })
  const journal = journalActor({ openStore: () => memoryJournalStore(tables, around) })
  const speed = 1

  await kit.spawn(silentServer, { path: 'server', props: undefined })
  await kit.spawn(journal, {
    path: 'journal',
    supervise,
    props: { databaseUrl: '', route: ROUTE, instruments, arena, speed },
  })
  await kit.spawn(executor, {
    path: EXECUTOR,
    supervise,
    props: {
      route: ROUTE,
      accountId: String(ACCOUNT.id),
      accountName: ACCOUNT.name,
      instruments,
      databaseUrl: '',
      rest: REST,
      userHub: `${REST}/hubs/user`,
      ...exchange.credentials,
      speed,
      chance,
      configRevision: 'simulation',
    },
  })
  await kit.spawn(feed, {
    path: 'feed',
    supervise,
    owns: [arena],
    props: {
      instruments,
      rest: REST,
      marketHub: `${REST}/hubs/market`,
      executor: EXECUTOR,
      arena,
      time: createTime(),
      speed,
      chance,
      source: `${ROUTE}.market-hub`,
      historyDays: HISTORY_DAYS,
    },
  })
  for (const [index, root] of instruments.entries())
    await kit.spawn(analyst, {
      path: `analyst/${root}`,
      supervise,
      props: { root, index, arena, executor: EXECUTOR, speed },
    })
  if (options.isBusy === true)
    await kit.spawn(workload, { path: 'workload', props: { instruments, arena, executor: EXECUTOR, seed } })
}

interface Listening {
  market(news: unknown): void
  changed(change: unknown): void
}

/** Nobody looks at a screen here. */
const silentServer = defineActor<Listening, undefined>('kael:screen', {
  name: 'server',
  mailbox: { overflow: { market: 'conflate', changed: 'conflate' } },
  create: () => ({ market: () => undefined, changed: () => undefined }),
})

function storeAround(
  {
    kit,
    trail,
    clock,
    seed,
  }: Pick<World, 'kit' | 'trail'> & { readonly clock: Clock; readonly seed: string },
  onDecision: (decision: KeptDecision) => void,
): StoreSurroundings {
  const random = seededRandom(`sim ${seed}/store`)
  return {
    onDecision,
    now: () => epochMs(Math.floor(kit.now())),
    delay: () => clock.sleep(STATEMENT_MS.least + random.int(STATEMENT_MS.more)),
    onMove: (text) => trail.note(`ledger: ${text}`),
  }
}

function sentenceOf({ id, at, passed, row }: KeptDecision): string {
  const instrument = instrumentOf(row.instrument)
  const [entry, stop, target] = [row.entry, row.stop, row.target].map((each) =>
    priceOf(each, instrument).toFixed(instrument.decimals),
  )
  const verdict = passed
    ? `permitted, ${row.tag}`
    : `denied by phase ${row.failedPhase} ${row.code}: ${row.text}`
  return `${clockText(at)} G-${id} ${row.instrument} ${row.side} ${row.size} at ${entry} stop ${stop} target ${target}: ${verdict}`
}

/** Without its floor nothing passes: somebody has to declare it, as at a first start. */
function floorDeclaredAt(start: EpochMs): SettingRow {
  return {
    key: 'risk.floor',
    value: { declared: DEMO_FLOOR_MICROS, declaredOn: tradeDateOf(start) },
    declaredBy: 'the simulation',
    source: 'defaults',
    asOf: start,
    state: 'declared',
  }
}

/** With the faults over, our books come to say what the broker's say, within a bound. */
async function expectAgreement({ kit, oracle }: World): Promise<void> {
  const end = kit.now() + CALM_MS
  const executor = kit.ref<ExecutorApi>(EXECUTOR)
  for (;;) {
    await kit.advance(STEP_MS)
    if (oracle.violations.length > 0) return
    const report = await kit.get(executor.ask('report', {}, { timeoutMs: ANSWER_MS })).catch(refusalOf)
    const differences = typeof report === 'string' ? [report] : oracle.differences(report)
    if (differences.length === 0) return
    if (kit.now() < end) continue
    for (const each of differences) oracle.violate('books-agree', each)
    return
  }
}

/** It may be starting again, or wait for the broker: then it is asked later. */
function refusalOf(error: unknown): string {
  return `the executor does not answer: ${error instanceof Error ? error.message : String(error)}`
}

function hashOf({ tables, exchange }: World): string {
  const decisions = tables.decisions.map(({ id, passed, row }) => {
    const phases = row.phases.map(({ phase, outcome, code }) => `${phase}:${outcome}:${code ?? '-'}`)
    return [id, row.signalId, passed ? 'permitted' : 'denied', ...phases, row.orderHash].join(' ')
  })
  const fills = exchange
    .snapshot()
    .ledger.trades.map(({ id, orderId, contractId, side, size, price, at }) =>
      [id, orderId, contractId, side, size, price, at].join(' '),
    )
  return createHash('sha256')
    .update([...decisions, ...fills].join('\n'))
    .digest('hex')
}

/** What the actors warn of belongs to what happened. */
function loggerInto(trail: Trail): MakeLogger {
  return (name) => {
    const note =
      (level: string) =>
      (message: string, fields: object = {}): void =>
        trail.note(`${level} ${name}: ${message} ${JSON.stringify(fields)}`)
    return { debug: () => undefined, info: note('info'), warn: note('warn'), error: note('error') }
  }
}
