import {
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer as createHttpServer,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Fault, type Result, failed, ok } from '../lib/index.ts'
import { createApp } from './app.ts'
import { createCommandDesk } from './command-desk.ts'
import { createGuard } from './guard.ts'
import { createLogin } from './login.ts'
import { type OriginRules, createOriginRules } from './origin.ts'
import { createVerifier } from './passwords.ts'
import type { Commands, Health, Incident, RandomBytes, ServerClock, Users, Views } from './ports.ts'
import { type Refusal, errorReply, refusal, statusOf } from './refusals.ts'
import { readTarget } from './request-target.ts'
import { type Route, createRoutes, plainAddress } from './routes.ts'
import { securityHeaders } from './security-headers.ts'
import { createSessions } from './sessions.ts'
import { loadStaticFiles } from './static-files.ts'
import { STREAM_LIMITS, type StreamHub, type StreamLimits, createStreamHub } from './stream/hub.ts'
import { createUpgrade } from './upgrade.ts'

export interface ServerOptions {
  /** Address to bind to: 127.0.0.1 unless somebody decided otherwise. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The built dashboard. */
  readonly assetsDirectory: string
  readonly users: Users
  readonly views: Views
  readonly commands: Commands
  readonly health: Health
  readonly clock: ServerClock
  readonly randomBytes: RandomBytes
  /** A defect or an outage, for the log. */
  onIncident(incident: Incident): void
  /** `https://kael.example.org` when a proxy ends TLS in front: the cookie is then Secure. */
  readonly publicOrigin?: string
  /** Milliseconds between two looks at the views; 100 by default, 0 for none but `tick()`. */
  readonly tickMs?: number
  readonly streamLimits?: Partial<StreamLimits>
  readonly timeouts?: Partial<Timeouts>
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  /** Everything that can be asked for, with who may. */
  readonly routes: readonly Pick<Route, 'method' | 'path' | 'access' | 'changesTrading'>[]
  /** One look at the views, as the timer does it. */
  tick(): void
  close(): Promise<void>
}

/** Milliseconds that a client may take, so that slow ones cannot hold sockets. */
export interface Timeouts {
  readonly headers: number
  readonly request: number
  readonly keepAlive: number
}

const TIMEOUTS: Timeouts = { headers: 5_000, request: 15_000, keepAlive: 5_000 }
const TICK_MS = 100
/** HTTP and streams together: every stream that is allowed, and room to ask beside them. */
const CONNECTIONS_MAX = 512
/** From one address, but not from this machine: a proxy here brings everybody. */
const CONNECTIONS_OF_ADDRESS_MAX = 32
const CLOSE_GRACE_MS = 1_000

/** Starts to listen. A port that cannot be had is a Fault whose detail names it and what to do. */
export async function createServer(options: ServerOptions): Promise<Result<RunningServer, Fault>> {
  const { host, port, publicOrigin, users, views, commands, health, clock, randomBytes } = options
  const wrong = publicOrigin === undefined ? undefined : faultOfPublicOrigin(publicOrigin)
  if (wrong !== undefined) return failed(wrong)
  const isTls = publicOrigin?.startsWith('https:') ?? false
  const headers = securityHeaders(isTls)
  const origins = createOriginRules(host, publicOrigin)
  const sessions = createSessions({ users, clock, randomBytes, isTls })
  const guard = createGuard({ origins, sessions, users, clock })
  const login = createLogin({ users, sessions, clock, verifyPassword: await createVerifier(randomBytes) })
  const limits = { ...STREAM_LIMITS, ...options.streamLimits }
  const report = (where: string, error: unknown): Incident => {
    const incident = { id: Buffer.from(randomBytes(6)).toString('hex'), where, error }
    options.onIncident(incident)
    return incident
  }
  const hub = createStreamHub({ views, sessions, clock, limits, report })
  const commandDesk = createCommandDesk(commands, clock)
  const routes = createRoutes({ views, health, users, clock, sessions, login, commandDesk, hub })
  const files = await loadStaticFiles(options.assetsDirectory)
  const app = createApp({ routes, guard, files, report })

  const server = createHttpServer(
    {
      headersTimeout: options.timeouts?.headers ?? TIMEOUTS.headers,
      requestTimeout: options.timeouts?.request ?? TIMEOUTS.request,
      keepAliveTimeout: options.timeouts?.keepAlive ?? TIMEOUTS.keepAlive,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1_024,
      // Any other protocol that is offered is not taken: the request is answered as it is.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    atTheDoor(getRequestListener(app.fetch), origins, headers),
  )
  server.maxConnections = CONNECTIONS_MAX
  limitPerAddress(server)
  server.on('upgrade', createUpgrade({ routes, guard, origins, hub, headers, report }))

  const listening = await listen(server, host, port)
  if (!listening.ok) {
    hub.close()
    return listening
  }
  const tickMs = options.tickMs ?? TICK_MS
  const timer = tickMs === 0 ? undefined : setInterval(() => hub.tick(), tickMs)
  return ok({
    url: urlOf(host, listening.value),
    port: listening.value,
    routes,
    tick: () => hub.tick(),
    close() {
      clearInterval(timer)
      hub.close()
      return closeServer(server, hub)
    },
  })
}

function faultOfPublicOrigin(text: string): Fault | undefined {
  const isOrigin = URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text
  if (isOrigin) return undefined
  const detail = `the public origin ${text} is not scheme and host alone, such as https://kael.example.org`
  return { code: 'MALFORMED', retry: 'never', detail }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

/** What comes before any route, and what every answer carries, errors of the HTTP layer included. */
function atTheDoor(
  next: Listener,
  origins: OriginRules,
  headers: Readonly<Record<string, string>>,
): Listener {
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const refused = faultAtTheDoor(request, origins)
    if (refused === undefined) return next(request, response)
    response.writeHead(statusOf(refused), {
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
    })
    return response.end(JSON.stringify(errorReply(refused)))
  }
}

function faultAtTheDoor(request: IncomingMessage, origins: OriginRules): Refusal | undefined {
  const target = readTarget(request.url ?? '')
  if (!target.ok) return refusal('BAD_TARGET', `Refused: ${target.error}.`)
  // A health check knows the machine by whatever name its network has for it, and learns nothing private.
  if (target.value.path.startsWith('/health/')) return undefined
  const strange = origins.faultOfHost(request.headers.host)
  return strange === undefined ? undefined : refusal('HOST_REFUSED', `Refused: ${strange}.`)
}

function limitPerAddress(server: Server): void {
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const address = plainAddress(socket.remoteAddress)
    if (address === '::1' || address.startsWith('127.')) return
    const count = (open.get(address) ?? 0) + 1
    if (count > CONNECTIONS_OF_ADDRESS_MAX) {
      socket.destroy()
      return
    }
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
  })
}

function listen(server: Server, host: string, port: number): Promise<Result<number, Fault>> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(failed(faultOfListen(error, host, port))))
    server.listen(port, host, () => resolve(ok((server.address() as AddressInfo).port)))
  })
}

function faultOfListen(error: NodeJS.ErrnoException, host: string, port: number): Fault {
  const details: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is taken by another program: choose another with --port`,
    EACCES: `port ${port} on ${host} needs more rights than this process has: choose one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set KAEL_HOST to one that is, such as 127.0.0.1`,
    ENOTFOUND: `${host} is not a known name: set KAEL_HOST to an address of this machine, such as 127.0.0.1`,
  }
  const detail = details[error.code ?? ''] ?? `cannot listen on ${host} port ${port}: ${error.message}`
  return { code: 'REFUSED', retry: 'never', detail }
}

function urlOf(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::'
  const name = isAny ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Ends what is asked for in good order, and after a moment the rest. */
async function closeServer(server: Server, hub: StreamHub): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const impatience = setTimeout(() => {
    server.closeAllConnections()
    hub.cutOff()
  }, CLOSE_GRACE_MS)
  await closed
  clearTimeout(impatience)
}
