import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Instrument, epochMs, findInstrument, ROSTER } from '../domain/index.ts'
import {
  DEFAULT_SEED,
  DEFAULT_SPEED,
  DEFAULT_START,
  type GatewayOptions,
  type Speed,
  type TimedFault,
  accountsOf,
  parseSchedule,
  startGateway,
} from '../gateway/index.ts'
import { type Result, failed, ok } from '../lib/index.ts'

interface Flags {
  readonly port: string
  readonly seed: string
  readonly speed: string
  readonly start?: string
  readonly data?: string
  readonly state?: string
  readonly faults?: string
  readonly instruments?: string
  readonly json?: boolean
  readonly parent?: boolean
}

const BAD_INPUT = 2
const PORT_MAX = 65_535
const SPEED_MAX = 10_000

/** `kael gateway`: the simulated ProjectX gateway alone. */
export function registerGateway(program: Command): void {
  program
    .command('gateway')
    .description('the simulated ProjectX gateway alone, on 127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for a free one', '0')
    .option('--seed <text>', 'seed of the market', DEFAULT_SEED)
    .option(
      '--speed <multiple|max>',
      'simulated seconds a second, or as fast as consumed',
      String(DEFAULT_SPEED),
    )
    .option(
      '--start <instant>',
      `first instant of the simulated clock (default ${new Date(DEFAULT_START).toISOString()})`,
    )
    .option('--data <folder>', 'recorded bars or ticks (.csv.gz) in place of the seeded market')
    .option('--state <file>', 'where accounts, orders and the clock are kept between runs')
    .option('--faults <file>', 'faults by the simulated clock: [{"at":ISO,"kind":"dropHub","hub":"market"}]')
    .option(
      '--instruments <roots>',
      `comma-separated roots (default ${ROSTER.map((each) => each.root).join(',')})`,
    )
    .option('--json', 'print the addresses as one line of JSON')
    .option('--parent', 'end when standard input ends: for a gateway that another process started')
    .addHelpText('after', '\nExample:\n  $ npx kael gateway --port 0 --speed 60 --instruments ES,NQ --json')
    .action(runGateway)
}

async function runGateway(flags: Flags): Promise<void> {
  const options = parseFlags(flags)
  if (!options.ok) return refuse(options.error)
  const started = await startGateway({
    ...options.value,
    log: (line) => void process.stderr.write(`${line}\n`),
  })
  if (!started.ok) return refuse(started.error)
  const gateway = started.value
  const { rest, userHub, marketHub, userName, apiKey } = gateway

  let isEnding = false
  const end = (): void => {
    if (isEnding) return
    isEnding = true
    // Nothing keeps the process after this: it ends with 0.
    void gateway.close().then(() => process.exit(0))
  }
  // Kept for good: an interrupt that npm passes on must not cut the closing short.
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  if (flags.parent === true) {
    process.stdin.once('end', end).once('close', end).once('error', end)
    process.stdin.resume()
    // The reader of our output may be gone before our input ends.
    process.stdout.on('error', end)
  }
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ rest, userHub, marketHub, userName, apiKey })}\n`
      : `The simulated gateway listens on ${rest} (user ${userName}, key ${apiKey}). Ctrl-C ends it.\n`,
  )
}

function refuse(message: string): void {
  process.stderr.write(`kael gateway: ${message}\n`)
  process.exitCode = BAD_INPUT
}

/** Flags as options, or the one line that names the value and its rule. */
export function parseFlags(flags: Flags): Result<GatewayOptions, string> {
  const port = Number(flags.port)
  if (!/^\d+$/.test(flags.port) || port > PORT_MAX)
    return failed(`--port ${flags.port}: a port is a whole number from 0 to ${PORT_MAX}`)
  const speed: Speed = flags.speed === 'max' ? 'max' : Number(flags.speed)
  if (speed !== 'max' && !(speed > 0 && speed <= SPEED_MAX))
    return failed(`--speed ${flags.speed}: a speed is a number above 0 up to ${SPEED_MAX}, or max`)
  const start = flags.start === undefined ? undefined : Date.parse(flags.start)
  if (start !== undefined && !(start >= Date.UTC(2001, 0) && start < Date.UTC(2035, 0)))
    return failed(`--start ${flags.start}: a start is an ISO-8601 instant from 2001 to 2034`)
  const instruments = parseRoots(flags.instruments)
  if (!instruments.ok) return instruments
  const faults = readSchedule(flags.faults)
  if (!faults.ok) return faults
  if (flags.seed === '') return failed('--seed: a seed is not empty')
  return ok({
    port,
    speed,
    seed: flags.seed,
    accounts: accountsOf([flags.seed, flags.data ?? '', flags.start ?? ''].join('|')),
    ...(start === undefined ? {} : { start: epochMs(start) }),
    ...(instruments.value === undefined ? {} : { instruments: instruments.value }),
    ...(faults.value === undefined ? {} : { faults: faults.value }),
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
    ...(flags.state === undefined ? {} : { stateFile: flags.state }),
  })
}

function readSchedule(file: string | undefined): Result<readonly TimedFault[] | undefined, string> {
  if (file === undefined) return ok(undefined)
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    return failed(`--faults ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const schedule = parseSchedule(json)
  return schedule.ok ? schedule : failed(`--faults ${file}: ${schedule.error}`)
}

function parseRoots(text: string | undefined): Result<readonly Instrument[] | undefined, string> {
  if (text === undefined) return ok(undefined)
  const found: Instrument[] = []
  for (const root of text.split(',').map((each) => each.trim().toUpperCase())) {
    const instrument = findInstrument(root)
    if (instrument === undefined)
      return failed(`--instruments ${root}: it is one of ${ROSTER.map((each) => each.root).join(', ')}`)
    if (!found.includes(instrument)) found.push(instrument)
  }
  return ok(found)
}
