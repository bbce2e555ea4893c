/**
 * The one file that puts the whole together: database, gateway, actors, dashboard, in this order, and takes them
 * apart in the reverse one. What cannot start is refused in one line, and nothing is left half started.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Supervisor } from '../actors/supervisor.ts'
import type { Configuration, GatewayAddress } from './config/index.ts'
import { readSimulatedClock } from './feed/index.ts'
import { type ActorSystem, TimeBlock, createSystem, createTime } from './kernel/index.ts'
import { bindAccount } from './start/account.ts'
import { openDataFolder } from './start/data-folder.ts'
import { FIRST_USER, declareRisk, firstLogin } from './start/declared.ts'
import { startGatewayProcess } from './start/gateway-process.ts'
import { loggerModule } from './start/logger.ts'
import { builtPage } from './start/page.ts'
import { expectFreePort } from './start/port.ts'
import { StartInterrupted, StartRefusal, messageOf } from './start/refusal.ts'
import {
  openServerStore,
  prepareDatabase,
  startEmbeddedPostgres,
  useExternalPostgres,
} from './store/index.ts'

export { StartInterrupted, StartRefusal } from './start/refusal.ts'

export interface RunningKael {
  readonly url: string
  readonly user: string
  readonly secret: string
  readonly system: ActorSystem
  readonly gateway: GatewayAddress
  /** Drains, reports what is open, closes the database. */
  stop(): Promise<void>
}

export interface Terminal {
  /** One line for a person. */
  readonly say: (line: string) => void
  /** Asks a start that is under way to end at its next step. */
  readonly signal?: AbortSignal
  /** The platform cannot go on; called once. */
  readonly onFatal?: (why: string) => void
}

const HEALTH_MS = 1_000
/** What a start that failed half way gives its actors to end. */
const ABORT_MS = 3_000

export async function startKael(configuration: Configuration, terminal: Terminal): Promise<RunningKael> {
  const undo: (() => Promise<void>)[] = []
  try {
    const { signal } = terminal
    const step = (line: string): void => {
      if (signal?.aborted === true) throw new StartInterrupted()
      terminal.say(line)
    }
    return await start(configuration, terminal, step, undo)
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    if (error instanceof StartRefusal || error instanceof StartInterrupted) throw error
    throw new StartRefusal(`Kael did not start: ${messageOf(error)}`)
  }
}

async function start(
  configuration: Configuration,
  { say, onFatal = () => undefined }: Terminal,
  step: (line: string) => void,
  undo: (() => Promise<void>)[],
): Promise<RunningKael> {
  const { dataDir, host, port } = configuration
  await openDataFolder(dataDir)
  await expectFreePort(host, port)
  step(`data         ${dataDir}`)
  const page = await builtPage()
  if (page.wasBuilt) step('page         built')

  const database = await openDatabase(configuration)
  undo.push(() => database.stop())
  const prepared = await refusing(
    prepareDatabase({ ownerUrl: database.url, secretsFile: join(dataDir, 'database-roles.json') }),
  )
  step(
    `database     PostgreSQL ${configuration.databaseUrl === undefined ? 'embedded' : 'external'}${database.reused ? ', was up' : ''}, migrated`,
  )
  for (const note of prepared.notes) step(`database     ${note}`)

  const gateway = await openGatewayFor(configuration, undo, onFatal)
  const clock = await readSimulatedClock(gateway.rest)
  if (!clock.ok)
    throw new StartRefusal(
      `TOPSTEPX_API_URL=${gateway.rest}: route gateway-sim needs a simulated gateway (${clock.error.detail}). Start one with kael gateway`,
    )
  const { now, speed } = clock.value
  step(
    `gateway      simulated, ${gateway.rest}, ${new Date(now).toISOString().slice(0, 16)}Z at ${speed === 0 ? 'max' : `${speed}x`}`,
  )

  const time = createTime()
  new TimeBlock(time).set({ at: now, rate: speed })
  const store = await openServerStore(prepared.serverUrl)
  undo.push(() => store.close())
  const account = await bindAccount(gateway, configuration, store, now)
  await declareRisk(store, now)
  const secret = await firstLogin(store, dataDir, configuration.firstLogin)

  const system = await createSystem({
    time,
    logger: loggerModule({ file: join(dataDir, 'kael.log'), level: configuration.logLevel }),
    // Nothing secret is in a thread's environment: what an actor needs is in its props.
    env: {},
  })
  undo.push(async () => void (await system.drain({ timeoutMs: ABORT_MS })))
  const supervisor = new Supervisor(system, {
    route: 'gateway-sim',
    account,
    instruments: configuration.instruments,
    gateway,
    databases: prepared,
    dashboard: { host, port, assets: page.folder, version: await version() },
    time,
    speed,
    configRevision: revisionOf(configuration),
    chance: `${process.pid}-${process.hrtime.bigint()}`,
  })
  const url = await supervisor.start(step)
  const stopHealth = watchHealth(supervisor, system, time)
  system.on('halt', ({ path, failure }) => onFatal(`${path} cannot go on: ${failure.message}`))
  void database.lost.then((why) => onFatal(`the database went away: ${why}`))
  step(`dashboard    ${url}`)
  step(`sign in      user ${FIRST_USER}   password ${secret}`)

  return {
    url,
    user: FIRST_USER,
    secret,
    system,
    gateway,
    async stop() {
      stopHealth()
      await sayWhatIsOpen(supervisor, say)
      const report = await supervisor.drain()
      for (const stage of report.stages.filter((each) => each.late.length > 0))
        say(`drained      late: ${stage.late.join(' ')}`)
      // The system is closed by now; the rest goes in the reverse order of its start.
      for (const step of undo.toReversed()) await step()
      say('stopped      database closed')
    },
  }
}

async function openDatabase({ databaseUrl, dataDir }: Configuration) {
  return refusing(
    databaseUrl === undefined ? startEmbeddedPostgres(dataDir) : useExternalPostgres(databaseUrl),
  )
}

async function openGatewayFor(
  configuration: Configuration,
  undo: (() => Promise<void>)[],
  onFatal: (why: string) => void,
): Promise<GatewayAddress> {
  if (configuration.gateway !== undefined) return configuration.gateway
  const { seed, speed, instruments, recordedData, dataDir } = configuration
  const process = await startGatewayProcess({
    seed,
    speed,
    instruments,
    recordedData,
    stateFile: join(dataDir, `gateway-${marketOf(configuration)}.json`),
  })
  undo.push(() => process.stop())
  process.onLost((how) => onFatal(`the simulated gateway ended: ${how}`))
  return process
}

/** What an earlier stage says in its own words becomes the one line of the start. */
async function refusing<T>(step: Promise<T>): Promise<T> {
  try {
    return await step
  } catch (error) {
    throw error instanceof StartRefusal ? error : new StartRefusal(messageOf(error))
  }
}

/** Each second, and at once when something happens to an actor. */
function watchHealth(supervisor: Supervisor, system: ActorSystem, time: SharedArrayBuffer): () => void {
  const block = new TimeBlock(time)
  const report = (): void => supervisor.reportHealth({ now: block.now(), monotonic: performance.now() })
  const timer = setInterval(report, HEALTH_MS)
  const stops = [system.on('failure', report), system.on('restart', report), system.on('quarantine', report)]
  report()
  return () => {
    clearInterval(timer)
    for (const stop of stops) stop()
  }
}

async function sayWhatIsOpen(supervisor: Supervisor, say: (line: string) => void): Promise<void> {
  const open = await supervisor.openReport()
  if (open === undefined) return say('open         the executor does not answer: look at the broker')
  say(`open         ${open.account}`)
  say(`positions    ${list(open.positions)}`)
  say(`orders       ${list(open.orders)}`)
}

/** Names the settings that a decision depends on. */
function revisionOf({ route, instruments, speed, seed, recordedData }: Configuration): string {
  return digest({ route, instruments, speed, seed, recordedData })
}

/** Names a market, whatever its speed: each has a ledger of its own. */
function marketOf({ instruments, seed, recordedData }: Configuration): string {
  return digest({ instruments, seed, recordedData })
}

function digest(parts: object): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(text) as { version: unknown }).version)
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? 'none' : lines.join(', ')
}
