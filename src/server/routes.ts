import type { Context } from 'hono'
import type { HttpBindings } from '@hono/node-server'
import type { z } from 'zod'
import { type Result, failed, ok } from '../lib/index.ts'
import type { Role, SessionReply } from '../wire/index.ts'
import { readBody } from './body.ts'
import type { CommandDesk } from './command-desk.ts'
import type { Login } from './login.ts'
import type { Health, ServerClock, Users, Views } from './ports.ts'
import { type Refusal, answerRefusal, refusal } from './refusals.ts'
import {
  candlesQuery,
  check,
  commandSchema,
  decisionsQuery,
  loginSchema,
  noQuery,
  nothingSchema,
  objectsQuery,
  readQuery,
  streamQuery,
} from './schemas.ts'
import type { OpenSession, Sessions } from './sessions.ts'
import type { StreamHub } from './stream/hub.ts'

export interface AppEnv {
  Bindings: HttpBindings
  Variables: {
    /** There on every route that is not public. */
    session: OpenSession
  }
}

/** One line of the table of everything that can be asked for. What is not in it does not exist. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The least role, or `public`: nobody comes in by forgetting to say who may. */
  readonly access: 'public' | Role
  /** Does something with money or risk: asks for the `X-Kael-CSRF` header, which no form can send. */
  readonly changesTrading?: true
  readonly query: z.ZodType
  handle(context: Context<AppEnv>): Response | Promise<Response>
}

export interface RouteParts {
  readonly views: Views
  readonly health: Health
  readonly users: Users
  readonly clock: ServerClock
  readonly sessions: Sessions
  readonly login: Login
  readonly commandDesk: CommandDesk
  readonly hub: StreamHub
}

export function createRoutes(parts: RouteParts): readonly Route[] {
  const { views, health, hub } = parts
  const json = { 'content-type': 'application/json; charset=utf-8' }

  return [
    {
      method: 'GET',
      path: '/health/live',
      access: 'public',
      query: noQuery,
      handle: (context) => context.json({ ok: true }),
    },
    {
      method: 'GET',
      path: '/health/ready',
      access: 'public',
      query: noQuery,
      async handle(context) {
        const { ok: isReady, missing } = await health.ready()
        return context.json({ ok: isReady, missing }, isReady ? 200 : 503)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/login',
      access: 'public',
      query: noQuery,
      handle: (context) => logIn(context, parts),
    },
    {
      method: 'POST',
      path: '/api/v1/logout',
      access: 'viewer',
      query: noQuery,
      handle: (context) => logOut(context, parts),
    },
    {
      method: 'GET',
      path: '/api/v1/session',
      access: 'viewer',
      query: noQuery,
      handle: (context) => context.json(sessionReply(context.get('session'))),
    },
    {
      method: 'GET',
      path: '/api/v1/state',
      access: 'viewer',
      query: noQuery,
      handle: (context) => context.body(hub.snapshot(), 200, json),
    },
    {
      method: 'GET',
      path: '/api/v1/stream',
      access: 'viewer',
      query: streamQuery,
      handle: (context) =>
        answerRefusal(
          context,
          refusal('UPGRADE_REQUIRED', 'The stream is a WebSocket.', {
            upgrade: 'websocket',
            connection: 'upgrade',
          }),
        ),
    },
    {
      method: 'GET',
      path: '/api/v1/candles',
      access: 'viewer',
      query: candlesQuery,
      handle: (context) => withInstrument(context, candlesQuery, views, (query) => views.candles(query)),
    },
    {
      method: 'GET',
      path: '/api/v1/objects',
      access: 'viewer',
      query: objectsQuery,
      handle: (context) => withInstrument(context, objectsQuery, views, (query) => views.objects(query)),
    },
    {
      method: 'GET',
      path: '/api/v1/decisions',
      access: 'viewer',
      query: decisionsQuery,
      async handle(context) {
        const query = queryOf(context, decisionsQuery)
        return query.ok
          ? context.json(await views.decisions(query.value))
          : answerRefusal(context, query.error)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/commands',
      // The desk asks for more where a command needs it.
      access: 'trader',
      changesTrading: true,
      query: noQuery,
      handle: (context) => command(context, parts),
    },
  ]
}

async function logIn(context: Context<AppEnv>, { login, sessions }: RouteParts): Promise<Response> {
  const request = await readBody(context, loginSchema)
  if (!request.ok) return answerRefusal(context, request.error)
  const oldToken = sessions.cookie.read(context.req.header('cookie'))
  const done = await login(request.value, { address: addressOf(context), oldToken })
  if (!done.ok) return answerRefusal(context, done.error)
  context.header('set-cookie', sessions.cookie.set(done.value.token))
  return context.json(done.value.reply)
}

async function logOut(context: Context<AppEnv>, { sessions, users, clock }: RouteParts): Promise<Response> {
  const body = await readBody(context, nothingSchema)
  if (!body.ok) return answerRefusal(context, body.error)
  const { tokenHash, who } = context.get('session')
  await sessions.end(tokenHash)
  await users.audit({
    at: clock.now(),
    who: who.name,
    what: 'logout',
    address: addressOf(context),
    detail: 'by hand',
  })
  context.header('set-cookie', sessions.cookie.clear())
  return context.json({ ok: true })
}

async function command(context: Context<AppEnv>, { commandDesk }: RouteParts): Promise<Response> {
  const request = await readBody(context, commandSchema)
  if (!request.ok) return answerRefusal(context, request.error)
  const { who } = context.get('session')
  const done = await commandDesk(request.value, { ...who, address: addressOf(context) })
  return done.ok ? context.json(done.value) : answerRefusal(context, done.error)
}

async function withInstrument<Q extends { readonly instrument: string }>(
  context: Context<AppEnv>,
  schema: z.ZodType<Q>,
  views: Views,
  read: (query: Q) => Promise<object>,
): Promise<Response> {
  const query = queryOf(context, schema)
  if (!query.ok) return answerRefusal(context, query.error)
  const { instrument } = query.value
  if (!views.instruments().some(({ root }) => root === instrument)) {
    return answerRefusal(
      context,
      refusal('UNKNOWN_INSTRUMENT', `${instrument} is not one of the instruments.`),
    )
  }
  return context.json(await read(query.value))
}

/** The query of a route by its schema; unknown and doubled parameters are refused. */
export function queryOf<T>(context: Context<AppEnv>, schema: z.ZodType<T>): Result<T, Refusal> {
  return checkQuery(new URL(context.req.url).search, schema)
}

export function checkQuery<T>(search: string, schema: z.ZodType<T>): Result<T, Refusal> {
  const parameters = readQuery(search)
  if (!parameters.ok) return failed(refusal('BAD_QUERY', parameters.error))
  const checked = check(schema, parameters.value)
  return checked.ok ? ok(checked.value) : failed(refusal('BAD_QUERY', checked.error))
}

export function addressOf(context: Context<AppEnv>): string {
  return plainAddress(context.env.incoming.socket.remoteAddress)
}

/** IPv4 in its own form, also where the socket speaks IPv6. Forwarded headers are not believed. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '')
}

function sessionReply({ who }: OpenSession): SessionReply {
  return { name: who.name, role: who.role }
}
