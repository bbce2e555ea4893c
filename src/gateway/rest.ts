import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemOf } from './api/binding.ts'
import type { Reply } from './exchange.ts'
import { hubOf, tokenOf } from './hubs.ts'
import type { HubName } from './hub-connection.ts'
import type { JsonObject } from './wire.ts'

/** What the HTTP edge hands on. It decides nothing of its own but the form of a request. */
export interface RestSource {
  /** Simulated now, for the `Date` header. */
  now(): number
  api(path: string, body: unknown, token: string | undefined): Reply
  /** An answer in place of the next one, when a drill asked for it. */
  takeFailure(): number | undefined
  /** True once when the answer to a placed order is to be lost. */
  takeLostReply(path: string): boolean
  clock(): JsonObject
  truth(): JsonObject
  /** Undefined when it was done, else the fault in it. */
  fault(body: unknown): string | undefined
  negotiate(hub: HubName, request: IncomingMessage, response: ServerResponse): void
}

const BODY_BYTES_MAX = 1 << 20
const JSON_TYPE = /^(application\/(.+\+)?json|text\/json)\b/i

export async function serveRest(
  request: IncomingMessage,
  response: ServerResponse,
  source: RestSource,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = url.pathname
  response.sendDate = false
  response.setHeader('Date', new Date(source.now()).toUTCString())
  allowOrigin(request, response)
  if (request.method === 'OPTIONS') return end(response, 204)

  if (request.method === 'GET') {
    if (path.toLowerCase() === '/api/status/ping')
      return void response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('pong')
    if (path === '/sim/clock') return json(response, 200, source.clock())
    if (path === '/sim/truth') return json(response, 200, source.truth())
    return end(response, path.startsWith('/api/') || hubOf(path) !== undefined ? 405 : 404)
  }
  if (request.method !== 'POST') return end(response, 405)

  const hub = path.endsWith('/negotiate') ? hubOf(path.slice(0, -'/negotiate'.length)) : undefined
  if (hub !== undefined) return source.negotiate(hub, request, response)
  const body = await readBody(request)
  if (body === 'tooLarge') return end(response, 413)
  if (path === '/sim/faults') {
    const fault = source.fault(body.json)
    return fault === undefined ? json(response, 200, { done: true }) : json(response, 400, { error: fault })
  }
  const failure = source.takeFailure()
  if (failure !== undefined) return end(response, failure)
  if (body.hasBytes && !JSON_TYPE.test(request.headers['content-type'] ?? '')) return end(response, 415)
  if (body.isMalformed)
    return json(response, 400, problemOf({ $: ['The body is not valid JSON.'] }), 'application/problem+json')

  const reply = source.api(path, body.json, tokenOf(request, url))
  if (source.takeLostReply(path)) {
    request.socket.destroy()
    return
  }
  if (reply.json === undefined) return end(response, reply.status)
  const type = reply.status === 400 ? 'application/problem+json' : 'application/json'
  json(response, reply.status, reply.json, `${type}; charset=utf-8`)
}

interface Body {
  readonly json: unknown
  readonly hasBytes: boolean
  readonly isMalformed: boolean
}

async function readBody(request: IncomingMessage): Promise<Body | 'tooLarge'> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return 'tooLarge'
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') return { json: undefined, hasBytes: false, isMalformed: false }
  try {
    return { json: JSON.parse(text) as unknown, hasBytes: true, isMalformed: false }
  } catch {
    return { json: undefined, hasBytes: true, isMalformed: true }
  }
}

function json(response: ServerResponse, status: number, body: JsonObject, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': '0' }).end()
}

/** A browser's client sends a preflight and credentials: the exact origin is what it must be told. */
function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers
  if (origin === undefined) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader(
    'Access-Control-Allow-Headers',
    'authorization, x-requested-with, x-signalr-user-agent, content-type',
  )
  response.setHeader('Vary', 'Origin')
}
