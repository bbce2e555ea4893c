import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Guard } from './guard.ts'
import { JSON_BYTES_MAX } from './json.ts'
import type { OriginRules } from './origin.ts'
import type { Report } from './ports.ts'
import { type Refusal, defect, errorReply, refusal, statusOf } from './refusals.ts'
import { readTarget } from './request-target.ts'
import { type Route, checkQuery, plainAddress } from './routes.ts'
import { streamQuery } from './schemas.ts'
import type { StreamHub } from './stream/hub.ts'

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface UpgradeOptions {
  readonly routes: readonly Route[]
  readonly guard: Guard
  readonly origins: OriginRules
  readonly hub: StreamHub
  readonly headers: Readonly<Record<string, string>>
  readonly report: Report
}

/** Turns a request into a stream, after the same checks as any request and the Origin, which browsers do not check. */
export function createUpgrade({ routes, guard, origins, hub, headers, report }: UpgradeOptions): Upgrade {
  // No compression: it costs memory a client, and the usual client sits on the same machine.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: JSON_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
  })

  async function enter(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Refusal | undefined> {
    const strange = origins.faultOfHost(request.headers.host)
    if (strange !== undefined) return refusal('HOST_REFUSED', `Refused: ${strange}.`)
    const target = readTarget(request.url ?? '')
    if (!target.ok) return refusal('BAD_TARGET', `Refused: ${target.error}.`)
    const route = routes.find(({ path }) => path === '/api/v1/stream' && path === target.value.path)
    if (route === undefined || request.method !== 'GET')
      return refusal('NOT_FOUND', 'There is no stream here.')
    const foreign = origins.faultOfOrigin(request.headers)
    if (foreign !== undefined) return refusal('ORIGIN_REFUSED', `Refused unless ${foreign}.`)
    const entered = await guard(route, request.headers, plainAddress(request.socket.remoteAddress))
    if (!entered.ok) return entered.error
    const query = checkQuery(target.value.query, streamQuery)
    if (!query.ok) return query.error
    if (hub.isFull) return refusal('TOO_MANY_STREAMS', 'Too many pages are open.', { 'retry-after': '5' })

    const session = entered.value
    if (session === undefined || socket.destroyed) return undefined
    sockets.handleUpgrade(request, socket, head, (stream) => hub.join(stream, session, query.value.seq))
    return undefined
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Stays on: a client that leaves while it is refused must not end the process.
    socket.on('error', () => socket.destroy())
    try {
      const refused = await enter(request, socket, head)
      if (refused !== undefined) answer(socket, refused, headers)
    } catch (error) {
      answer(socket, defect(report('stream upgrade', error)), headers)
    }
  }

  return (request, socket, head) => void upgrade(request, socket, head)
}

function answer(socket: Duplex, refused: Refusal, headers: Readonly<Record<string, string>>): void {
  if (!socket.writable) return
  const status = statusOf(refused)
  const body = JSON.stringify(errorReply(refused))
  const all = {
    ...headers,
    ...refused.headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
