/**
 * One hub connection that never gives up: connect, subscribe everything, tell, and when it ends start over.
 *
 * The library's own reconnect is not used. It never retries the first start and subscribes nothing again;
 * with one loop there is one path for start, drop, hang and restart.
 */
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  HubConnectionState,
} from '@microsoft/signalr'
import type { Random } from '../../lib/index.ts'
import type { Hub, HubEvents, HubState, Log, Pause, TokenSource } from '../port.ts'
import { boundedSocket, hubLogger, lenientProtocol } from './hub-protocol.ts'

/** Asks the server for one thing and waits for its answer. Gives the server's refusal, throws when the line is gone. */
export type Invoke = (method: string, ...args: unknown[]) => Promise<string | undefined>

export interface HubLinkOptions {
  /** `user` or `market`, for the log. */
  readonly name: string
  readonly url: string
  readonly tokens: TokenSource
  /** Server events by target. */
  readonly handlers: Readonly<Record<string, (...args: unknown[]) => void>>
  /** Called on each fresh connection before it counts as connected. */
  readonly subscribeAll: (invoke: Invoke) => Promise<void>
  readonly events: HubEvents
  readonly pause: Pause
  readonly random: Random
  readonly log: Log
  /** Real milliseconds for connect, handshake and each invocation. */
  readonly stepTimeoutMs?: number
}

export interface HubLink {
  readonly hub: Hub
  count(kind: 'events' | 'dropped', what: string): void
  /** Runs after everything that was asked before, on the connection that stands; on none it is left to the next one. */
  whenConnected(run: (invoke: Invoke) => Promise<void>): void
}

/** How a hub gets its connection: over a socket, or in one process with a simulation. */
export type OpenHubLink = (options: HubLinkOptions) => HubLink

const DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000]
const JITTER = 0.2
/** A connection that lasted so long starts the delays anew; one that flaps does not. */
const STABLE_MS = 10_000
const STEP_TIMEOUT_MS = 10_000
/** After a logout by the server we do not fight for the place. */
const LOGOUT_DELAY_MS = 30_000
/** Two logouts within this are somebody else's session: then it stays closed until started again. */
const DISPLACED_MS = 600_000

export function createHubLink(options: HubLinkOptions): HubLink {
  const { name, tokens, events, log, stepTimeoutMs = STEP_TIMEOUT_MS } = options
  const counted = { events: new Map<string, number>(), dropped: new Map<string, number>() }
  let state: HubState = 'closed'
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined
  let live: { readonly connection: HubConnection; readonly end: (why: string) => void } | undefined
  /** The connection on which `subscribeAll` has ended well. */
  let ready: HubConnection | undefined
  let writing: Promise<void> = Promise.resolve()
  let connects = 0
  let drops = 0
  let logouts = 0
  let loggedOutAt: number | undefined

  function start(): void {
    if (running !== undefined) return
    const abort = new AbortController()
    running = { abort, done: run(abort.signal) }
    // What escapes the loop is a defect: it must reach the supervisor.
    running.done.catch(throwLater)
  }

  async function run(signal: AbortSignal): Promise<void> {
    let tries = 0
    setState('connecting', 'start')
    while (!signal.aborted) {
      const since = performance.now()
      const why = await connectOnce(signal)
      if (signal.aborted) break
      if (why === LOGOUT && isDisplaced()) {
        setState('closed', 'the server ended the session twice: somebody else uses it')
        running = undefined
        return
      }
      tries = performance.now() - since >= STABLE_MS ? 0 : tries
      const delay = why === LOGOUT ? LOGOUT_DELAY_MS : reconnectDelayMs(tries, options.random)
      tries += 1
      setState('reconnecting', why)
      await options.pause(delay, signal)
    }
    setState('closed', 'stopped')
  }

  /** From the first byte to the end of the connection; the reason it ended. */
  async function connectOnce(signal: AbortSignal): Promise<string> {
    const token = tokens.token()
    if (token === undefined) {
      const found = await tokens.replace(undefined)
      return found.ok ? 'signed in again' : `not signed in: ${found.error.detail}`
    }
    let socketError = ''
    const connection = build(
      () => tokens.token()?.reveal() ?? '',
      (text) => (socketError = text),
    )
    const ended = Promise.withResolvers<string>()
    const end = (why: string): void => ended.resolve(why)
    const abandon = (): void => end('stopped')
    connection.onclose((error) => end(error?.message ?? 'closed by the server'))
    signal.addEventListener('abort', abandon)
    live = { connection, end }
    try {
      await within(stepTimeoutMs, Promise.race([connection.start(), ended.promise.then(fail)]), 'connect')
      await subscribe(connection, ended.promise)
      connects += 1
      setState('connected', 'subscribed')
      const why = await ended.promise
      if (!signal.aborted) drops += 1
      if (why === LOGOUT) await tokens.replace(token)
      return why
    } catch (error) {
      const text = socketError === '' ? messageOf(error) : socketError
      // A refused token looks like a network fault in the library's own error.
      if (/\b401\b/.test(text)) await tokens.replace(token)
      return text
    } finally {
      signal.removeEventListener('abort', abandon)
      live = undefined
      await within(stepTimeoutMs, connection.stop(), 'stop').catch((error: unknown) =>
        log('debug', messageOf(error), { hub: name }),
      )
    }
  }

  function build(accessToken: () => string, onSocketError: (text: string) => void): HubConnection {
    const transport = {
      skipNegotiation: true,
      transport: HttpTransportType.WebSockets,
      accessTokenFactory: accessToken,
      // Not in the published type; the library takes it on every platform.
      WebSocket: boundedSocket(onSocketError),
    }
    const connection = new HubConnectionBuilder()
      .withUrl(options.url, transport)
      .withHubProtocol(lenientProtocol(() => count('dropped', 'record is no hub message')))
      .configureLogging(hubLogger(log, name))
      .build()
    // Before the start: the first messages have no buffer.
    for (const [target, handler] of Object.entries(options.handlers))
      connection.on(target, (...args: unknown[]) => {
        // What a connection still says after we have given it up belongs to no state that anybody holds.
        if (live?.connection === connection) guarded(() => handler(...args))
      })
    connection.on('GatewayLogout', () => {
      if (live?.connection === connection) guarded(onLogout)
    })
    return connection
  }

  async function subscribe(connection: HubConnection, ended: Promise<string>): Promise<void> {
    const job = subscribeFirst(connection)
    writing = job.catch(ignoreHere)
    await Promise.race([job, ended.then(fail)])
  }

  async function subscribeFirst(connection: HubConnection): Promise<void> {
    await options.subscribeAll(invokeOn(connection))
    ready = connection
  }

  function invokeOn(connection: HubConnection): Invoke {
    return async (method, ...args) => {
      try {
        await within(stepTimeoutMs, connection.invoke(method, ...args), method)
        return undefined
      } catch (error) {
        // With the line up this is the server's refusal of one subscription, not the end of all.
        if (connection.state === HubConnectionState.Connected && !(error instanceof StepTimeout))
          return messageOf(error)
        throw error
      }
    }
  }

  function whenConnected(job: (invoke: Invoke) => Promise<void>): void {
    writing = afterwards(writing)

    async function afterwards(before: Promise<void>): Promise<void> {
      await before
      if (live === undefined || ready !== live.connection) return
      const { connection, end } = live
      await job(invokeOn(connection)).catch((error: unknown) => end(messageOf(error)))
    }
  }

  function onLogout(): void {
    logouts += 1
    events.onLogout?.()
    live?.end(LOGOUT)
  }

  function isDisplaced(): boolean {
    const before = loggedOutAt
    loggedOutAt = performance.now()
    return before !== undefined && loggedOutAt - before < DISPLACED_MS
  }

  function setState(next: HubState, why: string): void {
    state = next
    log(next === 'connected' ? 'info' : 'debug', `${name} hub ${next}`, { why })
    events.onState?.(next, why)
  }

  function count(kind: 'events' | 'dropped', what: string): void {
    counted[kind].set(what, (counted[kind].get(what) ?? 0) + 1)
  }

  async function stop(): Promise<void> {
    const stopping = running
    running = undefined
    stopping?.abort.abort()
    await stopping?.done
  }

  const hub: Hub = {
    start,
    restart: (why) => live?.end(why),
    stop,
    state: () => state,
    counters: () => ({
      events: Object.fromEntries(counted.events),
      dropped: Object.fromEntries(counted.dropped),
      connects,
      drops,
      logouts,
    }),
  }
  return { hub, count, whenConnected }
}

const LOGOUT = 'the server ended the session'

/** 0, 1, 2, 5, 10, 15, 30, 30, ... seconds, each give or take a fifth. */
export function reconnectDelayMs(tries: number, random: Random): number {
  const delay = DELAYS_MS[Math.min(tries, DELAYS_MS.length - 1)] ?? 0
  return delay * (1 - JITTER + 2 * JITTER * random.next())
}

class StepTimeout extends Error {
  override readonly name = 'StepTimeout'
}

async function within<T>(ms: number, step: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new StepTimeout(`${what}: no answer in ${ms} ms`)), ms)
  try {
    return await Promise.race([step, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The library swallows what a handler throws; a defect of ours must reach the supervisor. */
function guarded(run: () => void): void {
  try {
    run()
  } catch (error) {
    throwLater(error)
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

function fail(why: string): never {
  throw new Error(why)
}

/** The same promise is awaited beside it, where its rejection is handled. */
function ignoreHere(): void {
  return undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
