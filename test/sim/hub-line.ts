/**
 * The line of one hub without a socket: the same states, the same order of subscribing and telling, the same waits
 * between tries as `createHubLink`, on the simulated clock. Records go through the client's own protocol parser.
 */
import { MessageType } from '@microsoft/signalr'
import type { HubState } from '../../src/brokers/index.ts'
import {
  type HubLink,
  type HubLinkOptions,
  type Invoke,
  reconnectDelayMs,
} from '../../src/brokers/topstepx/hub-link.ts'
import { lenientProtocol } from '../../src/brokers/topstepx/hub-protocol.ts'
import { invariant } from '../../src/lib/index.ts'

/** The gateway's end of a line. */
export interface HubServer {
  /** Why no line can be had now; undefined where it can. */
  refusal(token: string | undefined): string | undefined
  /** One invocation arrives. Returns the refusal of it. */
  invoke(line: Line, method: string, args: readonly unknown[]): string | undefined
  connected(line: Line): void
  ended(line: Line): void
  /** What one way over the network takes. */
  delay(): Promise<void>
  now(): number
  /** Virtual waits between tries. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

/** One connection, as the gateway sees it. */
export interface Line {
  readonly topics: Set<string>
  /** SignalR records, as they would stand in a frame. */
  receive(records: string): void
  end(why: string): void
}

const STABLE_MS = 10_000

export function simulatedLink(server: HubServer, options: HubLinkOptions): HubLink {
  const { tokens, events, handlers, log, name } = options
  const counted = { events: new Map<string, number>(), dropped: new Map<string, number>() }
  const protocol = lenientProtocol(() => count('dropped', 'record is no hub message'))
  let state: HubState = 'closed'
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined
  let live: Line | undefined
  let ready: Line | undefined
  let writing: Promise<void> = Promise.resolve()
  let connects = 0
  let drops = 0

  async function run(signal: AbortSignal): Promise<void> {
    let tries = 0
    setState('connecting', 'start')
    while (!signal.aborted) {
      const since = server.now()
      const why = await connectOnce(signal)
      if (signal.aborted) break
      tries = server.now() - since >= STABLE_MS ? 0 : tries
      const delay = reconnectDelayMs(tries, options.random)
      tries += 1
      setState('reconnecting', why)
      await server.pause(delay, signal)
    }
    setState('closed', 'stopped')
  }

  async function connectOnce(signal: AbortSignal): Promise<string> {
    const token = tokens.token()
    if (token === undefined) {
      const found = await tokens.replace(undefined)
      return found.ok ? 'signed in again' : `not signed in: ${found.error.detail}`
    }
    await server.delay()
    const refusal = server.refusal(token.reveal())
    if (refusal !== undefined) {
      if (/\b401\b/.test(refusal)) await tokens.replace(token)
      return refusal
    }
    const ended = Promise.withResolvers<string>()
    const line = openLine((why) => ended.resolve(why))
    const abandon = (): void => line.end('stopped')
    signal.addEventListener('abort', abandon)
    live = line
    server.connected(line)
    try {
      const job = subscribeFirst(line)
      // Its failure is told by the race; who waits behind it goes on all the same.
      writing = job.then(ignore, ignore)
      await Promise.race([job, ended.promise.then(fail)])
      connects += 1
      setState('connected', 'subscribed')
      const why = await ended.promise
      if (!signal.aborted) drops += 1
      return why
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      signal.removeEventListener('abort', abandon)
      if (live === line) live = undefined
      line.end('given up')
    }
  }

  async function subscribeFirst(line: Line): Promise<void> {
    await options.subscribeAll(invokeOn(line))
    ready = line
  }

  function openLine(onEnd: (why: string) => void): Line {
    const line: Line = {
      topics: new Set(),
      receive(records) {
        if (live !== line) return
        const messages = protocol.parseMessages(records, { log: () => undefined })
        for (const message of messages) {
          invariant(message.type === MessageType.Invocation, 'the gateway sends invocations, nothing else')
          handlers[message.target]?.(...(message.arguments as unknown[]))
        }
      },
      end(why) {
        server.ended(line)
        onEnd(why)
      },
    }
    return line
  }

  function invokeOn(line: Line): Invoke {
    return async (method, ...args) => {
      await server.delay()
      if (live !== line) throw new Error('the line is gone')
      const refusal = server.invoke(line, method, args)
      await server.delay()
      if (live !== line) throw new Error('the line is gone')
      return refusal
    }
  }

  function whenConnected(job: (invoke: Invoke) => Promise<void>): void {
    writing = afterwards(writing)

    async function afterwards(before: Promise<void>): Promise<void> {
      await before
      if (live === undefined || ready !== live) return
      const line = live
      try {
        await job(invokeOn(line))
      } catch (error) {
        line.end(error instanceof Error ? error.message : String(error))
      }
    }
  }

  function setState(next: HubState, why: string): void {
    state = next
    log(next === 'connected' ? 'info' : 'debug', `${name} hub ${next}`, { why })
    events.onState?.(next, why)
  }

  function count(kind: 'events' | 'dropped', what: string): void {
    counted[kind].set(what, (counted[kind].get(what) ?? 0) + 1)
  }

  return {
    count,
    whenConnected,
    hub: {
      start() {
        if (running !== undefined) return
        const abort = new AbortController()
        running = { abort, done: run(abort.signal) }
      },
      restart: (why) => live?.end(why),
      async stop() {
        const stopping = running
        running = undefined
        stopping?.abort.abort()
        await stopping?.done
      },
      state: () => state,
      counters: () => ({
        events: Object.fromEntries(counted.events),
        dropped: Object.fromEntries(counted.dropped),
        connects,
        drops,
        logouts: 0,
      }),
    },
  }
}

function ignore(): void {
  return undefined
}

function fail(why: string): never {
  throw new Error(why)
}
