import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type Configuration,
  type ConfigurationFault,
  type Source,
  environmentSource,
  faultLine,
  readConfiguration,
} from '../config/index.ts'
import { DEFAULT_SEED } from '../gateway/index.ts'
import { type Result, failed } from '../lib/index.ts'
import { StartInterrupted, StartRefusal, startKael } from '../main.ts'
import { interruptSteps } from './interrupt.ts'

const CONFIG_FILE = 'kael.config.json'
/** A platform that cannot go on has this long to end in order, real milliseconds. */
const FATAL_MS_MAX = 15_000

const EXAMPLE = `
Example:
  kael start --speed 20 --seed kael-22 --port 8787
  kael start --data recorded/ --instruments MNQ,MES --speed 1`

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('start everything: database, simulated gateway, actors and dashboard')
    .option('--port <port>', 'port of the dashboard (KAEL_PORT, default 8787)')
    .option('--data-dir <folder>', 'where this installation lives (KAEL_DATA_DIR, default ~/.kael)')
    .option('--instruments <list>', 'comma-separated roots (KAEL_INSTRUMENTS, default all 13)')
    .option('--speed <factor>', 'speed of the simulated market, a number or max (KAEL_SPEED, default 20)')
    .option('--seed <text>', `seed of the simulated market (KAEL_SEED, default ${DEFAULT_SEED})`)
    .option('--data <folder>', 'recorded bars or ticks instead of the seeded market (KAEL_DATA)')
    .option('--route <route>', 'where orders go: gateway-sim (KAEL_ROUTE)')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Record<string, string | undefined>) => {
      process.exitCode = await start(options)
    })
}

async function start(options: Readonly<Record<string, string | undefined>>): Promise<number> {
  const configuration = await configurationFrom(options)
  if (!configuration.ok) {
    console.error(faultLine(configuration.error))
    return 1
  }
  try {
    const asked = interrupted()
    const fatal = Promise.withResolvers<string>()
    const kael = await startKael(configuration.value, {
      say: (line) => console.log(line),
      onFatal: fatal.resolve,
      signal: asked.signal,
    })
    const why = await Promise.race([asked.promise, fatal.promise])
    if (why === undefined) {
      await kael.stop()
      return 0
    }
    // Whoever started us starts us again; what is open is protected at the broker meanwhile.
    console.error(`Kael ends: ${why}`)
    setTimeout(() => process.exit(1), FATAL_MS_MAX).unref()
    await kael.stop()
    return 1
  } catch (error) {
    if (error instanceof StartInterrupted) {
      console.log('stopped      before it was ready, nothing is left running')
      return 0
    }
    if (!(error instanceof StartRefusal)) throw error
    console.error(error.message)
    return 1
  }
}

interface Interrupt {
  /** Resolves at the first interrupt. */
  readonly promise: Promise<undefined>
  /** Aborted by it: a start that is under way ends at its next step. */
  readonly signal: AbortSignal
}

/** The first interrupt drains; a second one ends the process at once: what is at the broker is safe there. */
function interrupted(): Interrupt {
  const abort = new AbortController()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const step = interruptSteps(() => performance.now())
  const onSignal = (): void => {
    const asked = step()
    if (asked === 'same') return
    if (asked === 'end-now') {
      console.error('interrupted again: ending now')
      process.exit(1)
    }
    abort.abort()
    resolve(undefined)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { promise, signal: abort.signal }
}

async function configurationFrom(
  options: Readonly<Record<string, string | undefined>>,
): Promise<Result<Configuration, ConfigurationFault>> {
  const file = await fileSource()
  if (!file.ok) return file
  const flags: Record<string, string | undefined> = {
    KAEL_PORT: options['port'],
    KAEL_DATA_DIR: options['dataDir'],
    KAEL_INSTRUMENTS: options['instruments'],
    KAEL_SPEED: options['speed'],
    KAEL_SEED: options['seed'],
    KAEL_DATA: options['data'],
    KAEL_ROUTE: options['route'],
  }
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
  return readConfiguration([
    environmentSource(process.env),
    file.value,
    { name: 'the command line', values: given },
  ])
}

async function fileSource(): Promise<Result<Source, ConfigurationFault>> {
  const path = resolve(CONFIG_FILE)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  try {
    const values: unknown = JSON.parse(text)
    if (typeof values === 'object' && values !== null && !Array.isArray(values))
      return { ok: true, value: { name: CONFIG_FILE, values: { ...values } } }
    return failed({
      key: CONFIG_FILE,
      value: text.slice(0, 40),
      rule: 'it is one JSON object',
      fix: `Correct ${path}`,
    })
  } catch (error) {
    const rule = `it is JSON: ${error instanceof Error ? error.message : String(error)}`
    return failed({ key: CONFIG_FILE, value: text.slice(0, 40), rule, fix: `Correct ${path}` })
  }
}
