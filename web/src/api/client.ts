import { type Result, failed, ok } from '../../../src/lib/index.ts'
import type { Timeframe } from '../../../src/domain/index.ts'
import type {
  CandlesReply,
  CommandReply,
  CommandRequest,
  ErrorReply,
  ObjectsReply,
  SessionReply,
  Snapshot,
} from '../../../src/wire/index.ts'
import type { Browser, HttpReply } from './browser.ts'

/** Why the platform gave no answer that could be used. */
export interface Refusal {
  readonly kind: 'signed-out' | 'refused' | 'unreachable' | 'malformed'
  readonly code: string
  readonly text: string
}

type Answer<T> = Promise<Result<T, Refusal>>

export interface Client {
  session(): Answer<SessionReply>
  login(name: string, password: string): Answer<SessionReply>
  logout(): Answer<unknown>
  state(): Answer<Snapshot>
  /** Oldest first; `before` (epoch milliseconds) pages into the past. */
  candles(instrument: string, timeframe: Timeframe, page?: BarPage): Answer<CandlesReply>
  objects(instrument: string, timeframe: Timeframe): Answer<ObjectsReply>
  command(command: CommandRequest): Answer<CommandReply>
}

interface BarPage {
  readonly limit?: number
  readonly before?: number
}

const BARS_A_PAGE = 500

export function createClient(browser: Browser): Client {
  const get = <T>(path: string, has: (body: Fields) => boolean): Answer<T> =>
    ask(browser, path, undefined, has)
  const post = <T>(path: string, body: unknown, has: (body: Fields) => boolean): Answer<T> =>
    ask(browser, path, body, has)

  return {
    session: () => get('/api/v1/session', (body) => typeof body['name'] === 'string'),
    login: (name, password) =>
      post('/api/v1/login', { name, password }, (body) => typeof body['name'] === 'string'),
    logout: () => post('/api/v1/logout', {}, () => true),
    state: () =>
      get('/api/v1/state', (body) => typeof body['seq'] === 'number' && typeof body['topics'] === 'object'),
    candles: (instrument, timeframe, { limit = BARS_A_PAGE, before } = {}) =>
      get(
        `/api/v1/candles?${chartQuery(instrument, timeframe)}&limit=${limit}${
          before === undefined ? '' : `&before=${before}`
        }`,
        (body) => Array.isArray(body['bars']),
      ),
    objects: (instrument, timeframe) =>
      get(`/api/v1/objects?${chartQuery(instrument, timeframe)}`, (body) => Array.isArray(body['objects'])),
    command: (command) =>
      post('/api/v1/commands', command, (body) => body['id'] === command.id && 'outcome' in body),
  }
}

type Fields = Readonly<Record<string, unknown>>

function chartQuery(instrument: string, timeframe: Timeframe): string {
  return `instrument=${encodeURIComponent(instrument)}&timeframe=${encodeURIComponent(timeframe)}`
}

async function ask<T>(
  browser: Browser,
  path: string,
  body: unknown,
  has: (body: Fields) => boolean,
): Answer<T> {
  let reply: HttpReply
  try {
    reply = await browser.request(path, body === undefined ? undefined : { method: 'POST', body })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return failed({ kind: 'unreachable', code: 'UNREACHABLE', text })
  }
  if (reply.status >= 200 && reply.status < 300) {
    if (reply.status === 204) return ok({} as T)
    // The shape is the wire's own, written from the same types; this looks only for the wrong page or an old server.
    return isFields(reply.body) && has(reply.body)
      ? ok(reply.body as T)
      : failed({ kind: 'malformed', code: 'MALFORMED', text: `${path} answered in another shape` })
  }
  return failed(refusalOf(path, reply))
}

function refusalOf(path: string, { status, body }: HttpReply): Refusal {
  const said = isFields(body) ? (body as Partial<ErrorReply>) : {}
  const incident = said.incident === undefined ? '' : ` (${said.incident})`
  return {
    kind: status === 401 ? 'signed-out' : status >= 500 ? 'unreachable' : 'refused',
    code: said.code ?? `HTTP_${status}`,
    text: `${said.text ?? `${path} answered ${status}`}${incident}`,
  }
}

function isFields(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null
}
