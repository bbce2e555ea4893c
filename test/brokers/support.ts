import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { Secret, seededRandom } from '../../src/lib/index.ts'
import {
  type Cancel,
  type Clock,
  type Log,
  type Pause,
  type TokenSource,
  createHeldToken,
} from '../../src/brokers/index.ts'
import { BARS_LIMITS, GENERAL_LIMITS, createBucket } from '../../src/brokers/topstepx/limiter.ts'
import type { GatewayLink } from '../../src/brokers/topstepx/rest.ts'
import { type HttpSend, createHttpSender } from '../../src/brokers/topstepx/transport.ts'

/** 2026-03-10 09:30 New York, a Tuesday. */
export const START = Date.parse('2026-03-10T13:30:00Z')

export interface VirtualClock extends Clock {
  advance(ms: number): void
  /** Timers that wait. */
  pending(): number
}

export function virtualClock(at: number = START): VirtualClock {
  let now = at
  const timers = new Set<{ at: number; run: () => void }>()
  return {
    now: () => now,
    timeout(ms, run): Cancel {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const [next] = [...timers].filter((each) => each.at <= until).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = until
    },
    pending: () => timers.size,
  }
}

/** Waits that are over at once, and remembered. */
export function recordedPause(): { readonly pause: Pause; readonly waits: number[] } {
  const waits: number[] = []
  return {
    waits,
    pause: async (ms) => {
      waits.push(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

export const silent: Log = () => undefined

export interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly body: Record<string, unknown>
}

export type Answer = (asked: Asked, response: ServerResponse, count: number) => unknown

export interface ScriptedServer {
  readonly url: string
  readonly asked: Asked[]
  asks(path: string): readonly Asked[]
  close(): Promise<void>
}

/** A server that answers by path: what an answer returns goes out as JSON, undefined means that it wrote itself. */
export async function scriptedServer(answers: Readonly<Record<string, Answer>>): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const one: Asked = {
        path: request.url ?? '',
        headers: request.headers,
        text,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      }
      asked.push(one)
      const answer = answers[one.path]
      const count = asked.filter((each) => each.path === one.path).length
      const reply = answer === undefined ? { status: 404 } : answer(one, response, count)
      if (reply !== undefined) send(response, reply)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    asks: (path) => asked.filter((each) => each.path === path),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send(response: ServerResponse, reply: unknown): void {
  const { status, ...rest } = reply as { status?: number }
  if (status !== undefined) response.writeHead(status).end()
  else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(rest))
}

export const success = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...fields,
  success: true,
  errorCode: 0,
  errorMessage: null,
})

export const refusal = (errorCode: number, errorMessage: string | null = null): Record<string, unknown> => ({
  success: false,
  errorCode,
  errorMessage,
})

export interface TestLink extends GatewayLink {
  readonly clock: VirtualClock
  readonly waits: number[]
  readonly tokens: TokenSource & { hold(token: Secret): void }
}

export function linkTo(url: string, send: HttpSend = createHttpSender(url).send): TestLink {
  const clock = virtualClock()
  const { pause, waits } = recordedPause()
  const tokens = createHeldToken()
  tokens.hold(new Secret('token-1'))
  return {
    send,
    clock,
    pause,
    waits,
    tokens,
    random: seededRandom('brokers'),
    general: createBucket(GENERAL_LIMITS, clock),
    bars: createBucket(BARS_LIMITS, clock),
    log: silent,
  }
}

export interface Line {
  readonly socket: WebSocket
  readonly authorization: string | undefined
  /** Hub methods invoked on this connection, in order, with their arguments. */
  readonly invoked: string[]
  emit(target: string, ...args: unknown[]): void
  raw(text: string): void
}

export interface RawHub {
  readonly url: string
  readonly lines: Line[]
  /** Resolves once the line of this number has invoked so many methods. */
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

export interface RawHubOptions {
  readonly token?: () => string
  readonly answersHandshake?: (line: number) => boolean
  /** Error text of a method call, or undefined to accept it. */
  readonly refuses?: (method: string, argument: unknown) => string | undefined
}

const END = '\u001e'

/** A SignalR server of a few lines: what a test says to it goes out byte by byte. */
export async function rawHub(options: RawHubOptions = {}): Promise<RawHub> {
  const lines: Line[] = []
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    const wanted = options.token?.()
    if (wanted !== undefined && request.headers.authorization !== `Bearer ${wanted}`) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const line: Line = {
        socket: opened,
        authorization: request.headers.authorization,
        invoked: [],
        emit: (target, ...args) =>
          opened.send(`${JSON.stringify({ type: 1, target, arguments: args })}${END}`),
        raw: (text) => opened.send(text),
      }
      lines.push(line)
      const number = lines.length
      opened.on('message', (data: Buffer) => {
        for (const record of data.toString('utf8').split(END).filter(Boolean))
          answer(line, number, JSON.parse(record) as Record<string, unknown>)
      })
    })
  })

  function answer(line: Line, number: number, record: Record<string, unknown>): void {
    if ('protocol' in record) {
      if (options.answersHandshake?.(number) !== false) line.raw(`{}${END}`)
      return
    }
    if (record['type'] !== 1) return
    const [argument] = record['arguments'] as unknown[]
    const method = String(record['target'])
    line.invoked.push(argument === undefined ? method : `${method} ${JSON.stringify(argument)}`)
    const error = options.refuses?.(method, argument)
    line.raw(
      `${JSON.stringify({ type: 3, invocationId: record['invocationId'], ...(error === undefined ? {} : { error }) })}${END}`,
    )
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hubs/test`,
    lines,
    until: eventually,
    async close() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Turns of the event loop until it holds; sockets take a few, a broken rule takes all of them. */
export async function eventually(condition: () => boolean, ms = 10_000): Promise<void> {
  const until = performance.now() + ms
  while (!condition()) {
    if (performance.now() > until)
      throw new Error(`did not come to hold in ${ms} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
