/**
 * The logger of every thread: one JSON line an event, appended to the log file of the data directory.
 * A thread is told where by the query of this module's URL, because code and handles cannot cross to it.
 */
import pino from 'pino'
import type { Fields, Logger, MakeLogger } from '../kernel/index.ts'

/** Names under which a secret could ever be logged, at the top or one level down. */
const SECRETS = ['token', 'apiKey', 'password', 'secret', 'authorization', 'cookie', 'url', 'databaseUrl']

const query = new URL(import.meta.url).searchParams
const file = query.get('file')

const root = pino(
  {
    level: query.get('level') ?? 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  },
  // Written before the call returns: the last line of a thread that is terminated is the one that matters.
  pino.destination({ dest: file ?? 2, sync: true, mkdir: true, append: true }),
)

/** URL of this module for `createSystem({ logger })`. */
export function loggerModule(options: { readonly file: string; readonly level: string }): URL {
  const url = new URL(import.meta.url)
  url.search = new URLSearchParams({ file: options.file, level: options.level }).toString()
  return url
}

const makeLogger: MakeLogger = (name) => {
  const child = root.child({ name })
  const at =
    (level: keyof Logger) =>
    (message: string, fields: Fields = {}): void =>
      child[level](fields, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
export default makeLogger
