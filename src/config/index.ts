/**
 * What a person may set, from three places: the environment, `kael.config.json` in the working directory and
 * the command line. Every key is checked here, once; two places that set one key differently are an error.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ROSTER, type Route } from '../domain/index.ts'
// Not its front door: to read a setting nobody has to load a gateway.
import { DEFAULT_SEED, DEFAULT_SPEED } from '../gateway/defaults.ts'
import { type Result, failed, ok } from '../lib/index.ts'

export interface Configuration {
  /** Absolute. The database, the gateway's ledger and the secrets of this installation live under it. */
  readonly dataDir: string
  readonly host: string
  readonly port: number
  /** An external PostgreSQL 15 or later; undefined: the embedded one. */
  readonly databaseUrl: string | undefined
  readonly logLevel: LogLevel
  readonly route: Route
  readonly instruments: readonly string[]
  readonly seed: string
  /** Virtual seconds a second; 0 means as fast as consumed. */
  readonly speed: number
  /** A folder of recorded bars or ticks that replaces the seeded market. */
  readonly recordedData: string | undefined
  /** A gateway that already runs; undefined: one is started on loopback. */
  readonly gateway: GatewayAddress | undefined
  readonly firstLogin: string | undefined
  /** Id or exact name of the account to trade; undefined: the one that was bound before, or the only choice. */
  readonly account: string | undefined
}

export interface GatewayAddress {
  readonly rest: string
  readonly userHub: string
  readonly marketHub: string
  readonly userName: string
  readonly apiKey: string
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A value that was refused: the key, the value, the rule and what to do. */
export interface ConfigurationFault {
  readonly key: string
  readonly value: string
  readonly rule: string
  readonly fix: string
}

/** Raw settings of one place, by key. */
export interface Source {
  /** `the environment`, `kael.config.json`, `the command line`. */
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

const SECRET_KEYS: ReadonlySet<string> = new Set(['TOPSTEPX_API_KEY', 'KAEL_FIRST_LOGIN', 'DATABASE_URL'])

const KEYS = [
  'KAEL_DATA_DIR',
  'KAEL_HOST',
  'KAEL_PORT',
  'KAEL_LOG_LEVEL',
  'KAEL_ROUTE',
  'KAEL_INSTRUMENTS',
  'KAEL_SEED',
  'KAEL_SPEED',
  'KAEL_DATA',
  'KAEL_ACCOUNT',
  'KAEL_FIRST_LOGIN',
  'DATABASE_URL',
  'TOPSTEPX_USERNAME',
  'TOPSTEPX_API_KEY',
  'TOPSTEPX_API_URL',
  'TOPSTEPX_USER_HUB_URL',
  'TOPSTEPX_MARKET_HUB_URL',
] as const
type Key = (typeof KEYS)[number]

/** Our keys of the environment; everything else there is somebody else's, but an unknown KAEL_ key is a slip. */
export function environmentSource(env: Readonly<Record<string, string | undefined>>): Source {
  const ours = Object.entries(env).filter(
    ([key, value]) => value !== undefined && value !== '' && (isKey(key) || isMistyped(key)),
  )
  return { name: 'the environment', values: Object.fromEntries(ours) }
}

/** Every setting with its default, or the first value that was refused. */
export function readConfiguration(sources: readonly Source[]): Result<Configuration, ConfigurationFault> {
  const merged = merge(sources)
  if (!merged.ok) return merged
  const text = (key: Key): string | undefined => {
    const value = merged.value.get(key)
    return value === undefined ? undefined : value
  }

  const port = wholeNumber('KAEL_PORT', text('KAEL_PORT') ?? '8787', 0, 65_535, 'a port is 0 to 65535')
  if (!port.ok) return port
  const speed = readSpeed(text('KAEL_SPEED') ?? String(DEFAULT_SPEED))
  if (!speed.ok) return speed
  const instruments = readInstruments(text('KAEL_INSTRUMENTS'))
  if (!instruments.ok) return instruments
  const route = readRoute(text('KAEL_ROUTE') ?? 'gateway-sim')
  if (!route.ok) return route
  const logLevel = oneOf('KAEL_LOG_LEVEL', text('KAEL_LOG_LEVEL') ?? 'info', LOG_LEVELS)
  if (!logLevel.ok) return logLevel
  const databaseUrl = readDatabaseUrl(text('DATABASE_URL'))
  if (!databaseUrl.ok) return databaseUrl
  const gateway = readGateway(text)
  if (!gateway.ok) return gateway
  const firstLogin = readFirstLogin(text('KAEL_FIRST_LOGIN'))
  if (!firstLogin.ok) return firstLogin
  const host = readHost(text('KAEL_HOST') ?? '127.0.0.1')
  if (!host.ok) return host
  const recordedData = text('KAEL_DATA')

  return ok({
    dataDir: resolve(text('KAEL_DATA_DIR') ?? join(homedir(), '.kael')),
    host: host.value,
    port: port.value,
    databaseUrl: databaseUrl.value,
    logLevel: logLevel.value,
    route: route.value,
    instruments: instruments.value,
    seed: text('KAEL_SEED') ?? DEFAULT_SEED,
    speed: speed.value,
    recordedData: recordedData === undefined ? undefined : resolve(recordedData),
    gateway: gateway.value,
    firstLogin: firstLogin.value,
    account: text('KAEL_ACCOUNT'),
  })
}

/** One line for a person: the value, the rule and the fix. Secrets are not repeated. */
export function faultLine({ key, value, rule, fix }: ConfigurationFault): string {
  return `${key}=${SECRET_KEYS.has(key) ? '[redacted]' : value}: ${rule}. ${fix}`
}

type Check<T> = Result<T, ConfigurationFault>

function merge(sources: readonly Source[]): Check<ReadonlyMap<Key, string>> {
  const values = new Map<Key, string>()
  const places = new Map<Key, string>()
  for (const source of sources) {
    for (const [key, raw] of Object.entries(source.values)) {
      if (!isKey(key)) {
        return refuse(
          key,
          String(raw),
          `${source.name} sets a key that Kael does not have`,
          `Known: ${KEYS.join(' ')}`,
        )
      }
      if (typeof raw !== 'string' && typeof raw !== 'number') {
        return refuse(
          key,
          JSON.stringify(raw),
          'a setting is text or a number',
          `Correct it in ${source.name}`,
        )
      }
      const value = String(raw).trim()
      const earlier = values.get(key)
      if (earlier !== undefined && earlier !== value) {
        const others = SECRET_KEYS.has(key) ? 'another value' : `"${earlier}"`
        return refuse(
          key,
          value,
          `${places.get(key)} says ${others} and ${source.name} says otherwise`,
          'Set it in one place',
        )
      }
      values.set(key, value)
      places.set(key, source.name)
    }
  }
  return ok(values)
}

function readSpeed(text: string): Check<number> {
  if (text === 'max') return ok(0)
  const speed = Number(text)
  return text !== '' && Number.isFinite(speed) && speed > 0 && speed <= 1000
    ? ok(speed)
    : refuse('KAEL_SPEED', text, 'speed is a number above 0 and at most 1000, or max', 'Example: --speed 20')
}

function readInstruments(text: string | undefined): Check<readonly string[]> {
  const all = ROSTER.map((each) => each.root)
  if (text === undefined) return ok(all)
  const roots = text.split(',').map((each) => each.trim())
  const stranger = roots.find((root) => !all.includes(root))
  if (stranger !== undefined)
    return refuse('KAEL_INSTRUMENTS', text, `"${stranger}" is not an instrument`, `Known: ${all.join(' ')}`)
  const twice = roots.find((root, index) => roots.indexOf(root) !== index)
  if (twice !== undefined) return refuse('KAEL_INSTRUMENTS', text, `${twice} is named twice`, 'Name it once')
  return ok(roots)
}

/** This version trades on the simulated gateway only; the others are refused rather than half there. */
function readRoute(text: string): Check<Route> {
  return text === 'gateway-sim'
    ? ok(text)
    : refuse('KAEL_ROUTE', text, 'this version has the route gateway-sim', 'Leave it out, or set gateway-sim')
}

function readDatabaseUrl(text: string | undefined): Check<string | undefined> {
  if (text === undefined) return ok(text)
  const url = z.url({ protocol: /^postgres(ql)?$/ }).safeParse(text)
  return url.success
    ? ok(text)
    : refuse(
        'DATABASE_URL',
        text,
        'it is a postgresql:// address of a PostgreSQL 15 or later',
        'Example: postgresql://user:password@127.0.0.1:5432/kael; leave it out for the embedded database',
      )
}

function readGateway(text: (key: Key) => string | undefined): Check<GatewayAddress | undefined> {
  const rest = text('TOPSTEPX_API_URL')
  const parts = {
    TOPSTEPX_USER_HUB_URL: text('TOPSTEPX_USER_HUB_URL'),
    TOPSTEPX_MARKET_HUB_URL: text('TOPSTEPX_MARKET_HUB_URL'),
    TOPSTEPX_USERNAME: text('TOPSTEPX_USERNAME'),
    TOPSTEPX_API_KEY: text('TOPSTEPX_API_KEY'),
  } as const
  if (rest === undefined) {
    const alone = Object.entries(parts).find(([, value]) => value !== undefined)
    if (alone === undefined) return ok(undefined)
    return refuse(
      alone[0],
      alone[1] ?? '',
      'it goes with TOPSTEPX_API_URL, which is not set',
      'Set both or neither',
    )
  }
  for (const [key, value] of [['TOPSTEPX_API_URL', rest], ...Object.entries(parts).slice(0, 2)] as const) {
    if (value === undefined) continue
    const host = z.url().safeParse(value).success ? new URL(value).hostname : ''
    // A simulated route that leaves this machine would be a real broker under a simulated name.
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(host))
      return refuse(
        key,
        value,
        'route gateway-sim goes to a gateway on loopback only',
        'Example: http://127.0.0.1:5055 as printed by kael gateway',
      )
  }
  const { TOPSTEPX_USERNAME: userName, TOPSTEPX_API_KEY: apiKey } = parts
  if (userName === undefined)
    return refuse('TOPSTEPX_USERNAME', '', 'a gateway needs the user name to sign in with', 'Set it')
  if (apiKey === undefined) return refuse('TOPSTEPX_API_KEY', '', 'a gateway needs the API key', 'Set it')
  const base = rest.replace(/\/+$/, '')
  return ok({
    rest: base,
    userHub: parts.TOPSTEPX_USER_HUB_URL ?? `${base}/hubs/user`,
    marketHub: parts.TOPSTEPX_MARKET_HUB_URL ?? `${base}/hubs/market`,
    userName,
    apiKey,
  })
}

function readFirstLogin(text: string | undefined): Check<string | undefined> {
  return text === undefined || text.length >= 12
    ? ok(text)
    : refuse(
        'KAEL_FIRST_LOGIN',
        '',
        'the first-login secret has at least 12 characters',
        'Choose a longer one',
      )
}

function readHost(text: string): Check<string> {
  return ['127.0.0.1', '::1', 'localhost'].includes(text)
    ? ok(text)
    : refuse(
        'KAEL_HOST',
        text,
        'the dashboard listens on loopback only: remote access needs TLS, which this version does not have',
        'Leave it out, or set 127.0.0.1',
      )
}

function wholeNumber(key: Key, text: string, min: number, max: number, rule: string): Check<number> {
  const value = Number(text)
  return /^\d+$/.test(text) && value >= min && value <= max
    ? ok(value)
    : refuse(key, text, rule, `Set a whole number from ${min} to ${max}`)
}

function oneOf<T extends string>(key: Key, text: string, allowed: readonly T[]): Check<T> {
  const found = allowed.find((each) => each === text)
  return found === undefined
    ? refuse(key, text, `it is one of ${allowed.join(' ')}`, `Set one of them`)
    : ok(found)
}

function isKey(key: string): key is Key {
  return (KEYS as readonly string[]).includes(key)
}

function isMistyped(key: string): boolean {
  return key.startsWith('KAEL_') && !key.startsWith('KAEL_TEST_')
}

function refuse(key: string, value: string, rule: string, fix: string): Result<never, ConfigurationFault> {
  return failed({ key, value, rule, fix })
}
