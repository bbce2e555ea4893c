/**
 * One HTTP request, sent once.
 *
 * `node:http` and not `fetch`: an order must be handed to the socket in the turn in which its permit is spent,
 * a failure must tell whether a byte had gone out, and nothing below us may follow a redirect or send again.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { type Fault, invariant } from '../../lib/index.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Beginning with a slash. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Real milliseconds from the call to the last byte of the reply. */
  readonly timeoutMs: number
  /** Bytes of reply taken at most. */
  readonly bytesMax: number
}

export type HttpOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly text: string
      /** Seconds, as the server asked. */
      readonly retryAfter: number | undefined
      /** The server's own clock, epoch milliseconds. */
      readonly date: number | undefined
    }
  /** No byte of the request had been written. */
  | { readonly kind: 'notSent'; readonly fault: Fault }
  /** The request may have arrived. */
  | { readonly kind: 'lost'; readonly fault: Fault }

/** Hands the request to the socket before it returns. Never rejects. */
export type HttpSend = (request: HttpRequest) => Promise<HttpOutcome>

export interface HttpSender {
  readonly send: HttpSend
  close(): void
}

/** A connection idle for longer may be closed at the other end, and an order on it would end unknown. */
const IDLE_MS_MAX = 4_000
const SOCKETS_MAX = 8

/** `baseUrl` fixes the host for good: no request and no reply can lead anywhere else. */
export function createHttpSender(baseUrl: string): HttpSender {
  const base = new URL(baseUrl)
  invariant(
    base.protocol === 'https:' || (base.protocol === 'http:' && isLoopback(base.hostname)),
    `a broker is reached by https, or by http on this machine, was ${base.origin}`,
  )
  const isSecure = base.protocol === 'https:'
  const options = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_MS_MAX }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
  const open = isSecure ? httpsRequest : httpRequest
  const prefix = base.pathname.replace(/\/$/, '')

  function send(asked: HttpRequest): Promise<HttpOutcome> {
    return new Promise((resolve) => {
      let isWritten = false
      let isDone = false
      const request = open({
        agent,
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port === '' ? (isSecure ? 443 : 80) : Number(base.port),
        method: asked.method,
        path: `${prefix}${asked.path}`,
        headers: {
          ...asked.headers,
          ...(asked.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(asked.body) }),
        },
      })
      const deadline = setTimeout(() => {
        fail({ code: 'TIMEOUT', retry: 'afterReconcile', detail: `no answer in ${asked.timeoutMs} ms` })
      }, asked.timeoutMs)

      request.on('socket', (socket: Socket) => {
        // A kept connection takes the bytes at once; a new one when it stands, with TLS after the handshake.
        if (!socket.connecting) isWritten = true
        else socket.once(isSecure ? 'secureConnect' : 'connect', () => void (isWritten = true))
      })
      request.on('response', (response) => {
        isWritten = true
        readBody(response, asked.bytesMax, (text, problem) => {
          if (problem !== undefined) fail(problem)
          else
            settle({
              kind: 'answered',
              status: response.statusCode ?? 0,
              text,
              retryAfter: secondsOf(response.headers['retry-after']),
              date: dateOf(response.headers.date),
            })
        })
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        fail({ code: 'DISCONNECTED', retry: 'afterReconcile', detail: error.code ?? error.message })
      })
      request.end(asked.body)

      function fail(fault: Fault): void {
        settle(isWritten ? { kind: 'lost', fault } : { kind: 'notSent', fault: { ...fault, retry: 'safe' } })
        request.destroy()
      }
      function settle(outcome: HttpOutcome): void {
        if (isDone) return
        isDone = true
        clearTimeout(deadline)
        resolve(outcome)
      }
    })
  }

  return { send, close: () => agent.destroy() }
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function readBody(
  response: IncomingMessage,
  bytesMax: number,
  done: (text: string, problem?: Fault) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bytesMax)
      done('', { code: 'MALFORMED', retry: 'afterReconcile', detail: `reply longer than ${bytesMax} bytes` })
    else chunks.push(chunk)
  })
  response.on('end', () => {
    if (response.complete) done(Buffer.concat(chunks).toString('utf8'))
  })
  response.on('error', (error) =>
    done('', { code: 'DISCONNECTED', retry: 'afterReconcile', detail: error.message }),
  )
  response.on('close', () => {
    if (!response.complete)
      done('', { code: 'DISCONNECTED', retry: 'afterReconcile', detail: 'reply cut short' })
  })
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) : undefined
}

function dateOf(header: string | undefined): number | undefined {
  const at = header === undefined ? Number.NaN : Date.parse(header)
  return Number.isFinite(at) ? at : undefined
}
