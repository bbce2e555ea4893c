import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import {
  type HubConnection,
  type HubHandlers,
  type HubName,
  type Subscription,
  openConnection,
} from './hub-connection.ts'
import { invocation } from './hub-protocol.ts'
import { NO_QUIRKS, type Quirks, type Topical, tradeRecords, userRecords } from './quirks.ts'
import type { JsonObject, UserEvent, WireEvent } from './wire.ts'

/** What the hubs ask of the exchange. */
export interface HubSource {
  isAllowed(token: string | undefined): boolean
  /** The full quote of a contract, for who has just subscribed. */
  quoteOf(contractId: string): JsonObject | undefined
  /** The book of a contract, for who asked for its depth. */
  depthOf(contractId: string): readonly JsonObject[] | undefined
}

export interface Hubs {
  readonly connections: ReadonlySet<HubConnection>
  /** Answers `POST /hubs/x/negotiate`. */
  negotiate(hub: HubName, request: IncomingMessage, response: ServerResponse): void
  /** Sends what happened to everyone who asked for it: one frame a client. */
  publish(events: readonly WireEvent[]): void
  /** Other shapes of the same data, as live clients have met them. */
  setQuirks(quirks: Quirks): void
  /** Market data stops while the line stays warm. */
  setMuted(isMuted: boolean): void
  /** Real milliseconds since somebody last subscribed to market data; undefined when nobody is. */
  quietMs(): number | undefined
  /** Whether every market client has confirmed what was sent, so that more may follow. */
  isDrained(): boolean
  close(): void
}

/** ASP.NET forgets a negotiated connection that nobody opens within this. */
const NEGOTIATED_LIFE_MS = 15_000
const TEND_MS = 1_000
const PAYLOAD_MAX = 1 << 20
/** A frame well below the smallest inbound limit that clients are known to set. */
const FRAME_LENGTH = 192 * 1_024
/** Above it a slow reader loses market data, never user events. */
const BACKLOG_DROP_BYTES = 4 << 20
/** Above it the line is cut: the reader is gone. */
const BACKLOG_CUT_BYTES = 32 << 20
const UNCONFIRMED_MAX = 8
const DRAINED_BYTES = 64 * 1_024

export function attachHubs(server: Server, source: HubSource, monotonicMs: () => number): Hubs {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: PAYLOAD_MAX })
  const connections = new Set<HubConnection>()
  const negotiated = new Map<string, { hub: HubName; at: number; isUsed: boolean }>()
  let isMuted = false
  let quirks = NO_QUIRKS
  let subscribedAt = 0

  const handlers: Omit<HubHandlers, 'methods'> = {
    monotonicMs,
    onEnd: (connection) => void connections.delete(connection),
    onSubscribed(connection, subscription) {
      if (connection.hub === 'market') subscribedAt = monotonicMs()
      if (isMuted) return
      const [topic, contractId = ''] = subscription.split(' ')
      const quote = topic === 'quotes' ? source.quoteOf(contractId) : undefined
      if (quote !== undefined) connection.send(invocation('GatewayQuote', [contractId, quote]))
      const depth = topic === 'depth' ? source.depthOf(contractId) : undefined
      if (depth !== undefined) connection.send(invocation('GatewayDepth', [contractId, depth]))
    },
  }

  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const hub = hubOf(url.pathname)
    if (hub === undefined) return refuse(socket, '404 Not Found')
    if (!source.isAllowed(tokenOf(request, url))) return refuse(socket, '401 Unauthorized')
    const id = url.searchParams.get('id')
    if (id !== null) {
      const known = negotiated.get(id)
      if (known === undefined || known.hub !== hub) return refuse(socket, '404 Not Found')
      if (known.isUsed) return refuse(socket, '409 Conflict')
      known.isUsed = true
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.once('close', () => id !== null && negotiated.delete(id))
      connections.add(openConnection(opened, hub, { ...handlers, methods: METHODS[hub] }))
    })
  })

  const tending = setInterval(() => {
    const now = monotonicMs()
    for (const connection of connections) connection.tend(now)
    for (const [id, { at, isUsed }] of negotiated)
      if (!isUsed && now - at > NEGOTIATED_LIFE_MS) negotiated.delete(id)
  }, TEND_MS)
  tending.unref()

  return {
    connections,
    negotiate(hub, request, response) {
      const url = new URL(request.url ?? '/', 'http://localhost')
      if (!source.isAllowed(tokenOf(request, url))) {
        response.writeHead(401).end()
        return
      }
      const connectionToken = randomUUID()
      negotiated.set(connectionToken, { hub, at: monotonicMs(), isUsed: false })
      const isVersionOne = url.searchParams.get('negotiateVersion') !== null
      const body = {
        negotiateVersion: isVersionOne ? 1 : 0,
        connectionId: isVersionOne ? randomUUID() : connectionToken,
        ...(isVersionOne ? { connectionToken } : {}),
        availableTransports: [{ transport: 'WebSockets', transferFormats: ['Text', 'Binary'] }],
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    },
    publish(events) {
      if (events.length === 0 || connections.size === 0) return
      const isWanted = (topic: string): boolean => {
        for (const each of connections) if (each.subscriptions.has(topic)) return true
        return false
      }
      const market = isMuted ? [] : marketRecords(events, quirks, source, isWanted)
      const user = userRecords(
        events.filter((each): each is UserEvent => each.hub === 'user'),
        quirks,
      )
      for (const connection of connections) {
        if (!connection.isOpen()) continue
        const topics = connection.hub === 'user' ? user : market
        if (connection.hub === 'market' && connection.backlog() > BACKLOG_DROP_BYTES) continue
        const wanted = topics.filter((each) => connection.subscriptions.has(each.topic))
        deliver(
          connection,
          wanted.map((each) => each.record),
        )
        if (connection.hub === 'market' && wanted.length > 0) connection.mark()
      }
    },
    setQuirks(wanted) {
      quirks = wanted
    },
    setMuted(muted) {
      isMuted = muted
    },
    quietMs() {
      for (const connection of connections)
        if (connection.hub === 'market' && connection.isOpen() && connection.subscriptions.size > 0)
          return monotonicMs() - subscribedAt
      return undefined
    },
    isDrained() {
      for (const connection of connections)
        if (
          connection.hub === 'market' &&
          (connection.backlog() > DRAINED_BYTES || connection.unconfirmed() >= UNCONFIRMED_MAX)
        )
          return false
      return true
    },
    close() {
      clearInterval(tending)
      for (const connection of connections) connection.drop()
      sockets.close()
    },
  }
}

/** Whole records in frames of a bounded size. */
function deliver(connection: HubConnection, records: readonly string[]): void {
  if (records.length === 0) return
  if (connection.backlog() > BACKLOG_CUT_BYTES) return connection.drop()
  let frame = ''
  for (const record of records) {
    if (frame !== '' && frame.length + record.length > FRAME_LENGTH) {
      connection.send(frame)
      frame = ''
    }
    frame += record
  }
  connection.send(frame)
}

export function hubOf(path: string): HubName | undefined {
  return path === '/hubs/user' ? 'user' : path === '/hubs/market' ? 'market' : undefined
}

/** The bearer in the header, else `access_token` in the query. */
export function tokenOf(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers.authorization
  if (header?.toLowerCase().startsWith('bearer ') === true) return header.slice(7).trim()
  return url.searchParams.get('access_token') ?? undefined
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/**
 * What is due at one time, in as few records as the wire allows: the trades of a contract in one array, its
 * quotes merged into one, for a sparse quote holds what changed and the newest value is what changed last.
 */
export function marketRecords(
  events: readonly WireEvent[],
  quirks: Quirks,
  source: HubSource,
  isWanted: (topic: string) => boolean,
): readonly Topical[] {
  const trades = new Map<string, JsonObject[]>()
  const quotes = new Map<string, JsonObject>()
  for (const event of events) {
    if (event.hub !== 'market') continue
    if (event.kind === 'quote') {
      quotes.set(event.contractId, { ...quotes.get(event.contractId), ...event.data })
      continue
    }
    const list = trades.get(event.contractId)
    if (list === undefined) trades.set(event.contractId, [event.data])
    else list.push(event.data)
  }
  const topical: Topical[] = []
  for (const [contractId, list] of trades)
    if (isWanted(`trades ${contractId}`)) topical.push(...tradeRecords(contractId, list, quirks))
  for (const [contractId, quote] of quotes) {
    topical.push({ topic: `quotes ${contractId}`, record: invocation('GatewayQuote', [contractId, quote]) })
    const topic = `depth ${contractId}`
    const hasMoved = 'bestBid' in quote || 'bestAsk' in quote
    const depth = hasMoved && isWanted(topic) ? source.depthOf(contractId) : undefined
    if (depth !== undefined) topical.push({ topic, record: invocation('GatewayDepth', [contractId, depth]) })
  }
  return topical
}

type Method = (args: readonly unknown[]) => Subscription | undefined

/** Subscribes and Unsubscribes of one noun; a wrong argument count is a bad call, a wrong id is silence. */
function pair(noun: string, topicOf: (args: readonly unknown[]) => string | undefined): [string, Method][] {
  const method =
    (isOn: boolean): Method =>
    (args) => {
      const name = topicOf(args)
      return name === undefined ? undefined : { name, isOn }
    }
  return [
    [`subscribe${noun}`, method(true)],
    [`unsubscribe${noun}`, method(false)],
  ]
}

const byAccount = (target: string) => (args: readonly unknown[]) =>
  args.length === 1 && Number.isSafeInteger(args[0]) ? `${target} ${String(args[0])}` : undefined
const byContract = (topic: string) => (args: readonly unknown[]) =>
  args.length === 1 && typeof args[0] === 'string' ? `${topic} ${args[0]}` : undefined

/** What a client may invoke on each hub, by its name in lower case. */
export const METHODS: Readonly<Record<HubName, ReadonlyMap<string, Method>>> = {
  user: new Map([
    ...pair('accounts', (args) => (args.length === 0 ? 'accounts' : undefined)),
    ...pair('orders', byAccount('GatewayUserOrder')),
    ...pair('positions', byAccount('GatewayUserPosition')),
    ...pair('trades', byAccount('GatewayUserTrade')),
  ]),
  market: new Map([
    ...pair('contractquotes', byContract('quotes')),
    ...pair('contracttrades', byContract('trades')),
    ...pair('contractmarketdepth', byContract('depth')),
  ]),
}
