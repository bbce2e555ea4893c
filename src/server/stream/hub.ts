import type { RawData, WebSocket } from 'ws'
import type { Report, ServerClock, Views } from '../ports.ts'
import { clientMessageSchema, check } from '../schemas.ts'
import { JSON_BYTES_MAX, parseJson } from '../json.ts'
import type { OpenSession, Sessions } from '../sessions.ts'
import { type ChartBars, type Charts, createChartBars } from './chart-bars.ts'
import { type Changes, type TopicLog, createTopicLog } from './topic-log.ts'

export interface StreamLimits {
  /** Open streams of all pages together. */
  readonly clientsMax: number
  /** A client with more unread bytes than this gets nothing until it has read. */
  readonly unreadBytesMax: number
  /** A client that reads nothing for this long is cut off, milliseconds. */
  readonly silenceMsMax: number
}

export const STREAM_LIMITS: StreamLimits = {
  clientsMax: 256,
  unreadBytesMax: 256 * 1_024,
  silenceMsMax: 30_000,
}

/** The page says after three seconds that it has no contact, so it hears something every second. */
const HEARTBEAT_MS = 1_000
const PING_EVERY_MS = 10_000
const SESSION_CHECK_EVERY_MS = 30_000
/** Messages that a page may send within `INBOUND_WINDOW_MS`: a held key walks the scanner thirty times a second. */
const INBOUND_MAX = 400
const INBOUND_WINDOW_MS = 10_000
/** A view that fails again and again is reported this often. */
const INCIDENT_EVERY_MS = 10_000

/** Why the server ends a stream. 4,000 and above are ours. */
export const CLOSE_CODES = {
  SERVER_STOPS: 1001,
  NOT_TEXT: 1003,
  BROKEN_RULE: 1008,
  SESSION_ENDED: 4401,
  /** The client lags behind what is remembered: it needs a new snapshot. */
  NEW_SNAPSHOT: 4409,
} as const

export interface StreamHub {
  /** `GET /api/v1/state` as JSON text: exactly what a stream from its `seq` goes on from. */
  snapshot(): string
  /** Takes over an open socket. `seq` is that of a snapshot or of the last message seen, if any. */
  join(socket: WebSocket, session: OpenSession, seq: number | undefined): void
  readonly isFull: boolean
  /** Looks at the views once and sends every client what it lacks. */
  tick(): void
  close(): void
  /** For those who do not answer a close. */
  cutOff(): void
}

export interface HubOptions {
  readonly views: Views
  readonly sessions: Sessions
  readonly clock: ServerClock
  readonly limits: StreamLimits
  readonly report: Report
}

interface Client {
  readonly socket: WebSocket
  readonly tokenHash: string
  readonly charts: Charts
  /** Of the last message; never above `seen`, so that it can be taken up again from there. */
  seq: number
  /** The revision that it is up to date with. */
  seen: number
  sentAt: number
  /** When it last showed that it reads: a pong, or fewer bytes waiting than before. */
  readAt: number
  unread: number
  pingedAt: number
  checkedAt: number
  inboundFrom: number
  inbound: number
}

export function createStreamHub({ views, sessions, clock, limits, report }: HubOptions): StreamHub {
  // Epoch milliseconds grow a hundred times faster than ticks count, so no earlier run has reached this number.
  const log: TopicLog = createTopicLog(clock.now())
  const clients = new Set<Client>()
  const bars: ChartBars = createChartBars(views)
  let isDirty = true
  let lookedAt = -Infinity
  let reportedAt = -Infinity

  const stopListening = views.onChange(() => {
    isDirty = true
  })
  sessions.onEnd((tokenHash) => {
    for (const client of clients) if (client.tokenHash === tokenHash) endSession(client)
  })

  function look(): void {
    log.advance(views.current())
    isDirty = false
    lookedAt = clock.monotonic()
  }

  function snapshot(): string {
    look()
    const { topics, decisions } = log.all()
    const { at, speed } = views.platformNow()
    const head = JSON.stringify({ seq: log.revision, at, speed, version: views.version })
    const instruments = JSON.stringify(views.instruments())
    const separator = topics === '{}' ? '' : ','
    return (
      `${head.slice(0, -1)},"instruments":${instruments},` +
      `"topics":${topics.slice(0, -1)}${separator}"decisions":${decisions}}}`
    )
  }

  function join(socket: WebSocket, session: OpenSession, seq: number | undefined): void {
    look()
    const now = clock.monotonic()
    const missed = seq === undefined ? undefined : log.since(seq)
    const client: Client = {
      socket,
      tokenHash: session.tokenHash,
      charts: new Map(),
      // A number that this run does not know is answered with the whole state under another one: the page sees the gap.
      seq: missed === undefined || seq === undefined ? log.revision : seq,
      seen: log.revision,
      sentAt: now,
      readAt: now,
      unread: 0,
      pingedAt: now,
      checkedAt: now,
      inboundFrom: now,
      inbound: 0,
    }
    clients.add(client)
    socket.on('message', (data, isBinary) => hear(client, data, isBinary))
    socket.on('pong', () => {
      client.readAt = clock.monotonic()
    })
    socket.on('close', () => clients.delete(client))
    // ws closes the socket after it; a client's broken frame is not our defect.
    socket.on('error', () => socket.terminate())
    send(client, 'hello', missed ?? log.all(), '[]')
  }

  function send(client: Client, kind: 'hello' | 'update', changes: Changes, barsJson: string): void {
    const { at, speed } = views.platformNow()
    client.socket.send(
      `{"seq":${client.seq},"at":${at},"speed":${speed},"kind":"${kind}",` +
        `"changes":${changes.topics},"decisions":${changes.decisions},"bars":${barsJson}}`,
    )
    client.sentAt = clock.monotonic()
  }

  function tick(): void {
    if (clients.size === 0) return
    try {
      // Every tick is a revision, changed or not: so no client's own count can run ahead of it.
      if (isDirty || clock.monotonic() - lookedAt >= HEARTBEAT_MS) look()
      else log.pass()
      bars.forget()
      for (const client of clients) serve(client)
    } catch (error) {
      // Silence is the honest answer: the page says that it has no contact.
      if (clock.monotonic() - reportedAt >= INCIDENT_EVERY_MS) {
        reportedAt = clock.monotonic()
        report('stream', error)
      }
    }
    for (const client of clients) lookAfter(client)
  }

  function serve(client: Client): void {
    const { socket } = client
    if (socket.readyState !== socket.OPEN) return
    // Newest wins: nothing is queued for a slow reader, it gets the sum of what it missed when it reads again.
    if (socket.bufferedAmount > limits.unreadBytesMax) return
    const changes = log.since(client.seen)
    if (changes === undefined) {
      socket.close(CLOSE_CODES.NEW_SNAPSHOT, 'too far behind: take a new snapshot')
      return
    }
    const barsJson = bars.newFor(client.charts)
    client.seen = log.revision
    const isQuiet = changes.isEmpty && barsJson === '[]'
    if (isQuiet && clock.monotonic() - client.sentAt < HEARTBEAT_MS) return
    client.seq += 1
    send(client, 'update', changes, barsJson)
  }

  /** Patience, pings and the session of one client. */
  function lookAfter(client: Client): void {
    const { socket } = client
    const now = clock.monotonic()
    if (socket.bufferedAmount < client.unread) client.readAt = now
    client.unread = socket.bufferedAmount
    if (now - client.readAt >= limits.silenceMsMax) {
      socket.terminate()
      return
    }
    if (now - client.pingedAt >= PING_EVERY_MS && socket.readyState === socket.OPEN) {
      client.pingedAt = now
      socket.ping()
    }
    if (now - client.checkedAt >= SESSION_CHECK_EVERY_MS) {
      client.checkedAt = now
      void checkSession(client)
    }
  }

  async function checkSession(client: Client): Promise<void> {
    try {
      if ((await sessions.findByHash(client.tokenHash)) === undefined) endSession(client)
    } catch (error) {
      report('stream session check', error)
    }
  }

  function hear(client: Client, data: RawData, isBinary: boolean): void {
    const now = clock.monotonic()
    if (now - client.inboundFrom >= INBOUND_WINDOW_MS) {
      client.inboundFrom = now
      client.inbound = 0
    }
    client.inbound += 1
    const broken = client.inbound > INBOUND_MAX ? 'too many messages' : faultOfMessage(client, data, isBinary)
    if (broken === undefined) return
    // A reason has at most 123 bytes.
    client.socket.close(isBinary ? CLOSE_CODES.NOT_TEXT : CLOSE_CODES.BROKEN_RULE, broken.slice(0, 120))
  }

  function faultOfMessage(client: Client, data: RawData, isBinary: boolean): string | undefined {
    if (isBinary) return 'a message is JSON text'
    const json = parseJson(textOf(data))
    if (!json.ok) return json.error
    const message = check(clientMessageSchema, json.value)
    if (!message.ok) return message.error
    return bars.watch(client.charts, message.value.charts)
  }

  return {
    snapshot,
    join,
    get isFull() {
      return clients.size >= limits.clientsMax
    },
    tick,
    close() {
      stopListening()
      for (const { socket } of clients) socket.close(CLOSE_CODES.SERVER_STOPS, 'the server stops')
    },
    cutOff() {
      for (const { socket } of clients) socket.terminate()
    },
  }
}

function endSession({ socket }: Client): void {
  socket.close(CLOSE_CODES.SESSION_ENDED, 'the session ended')
}

function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)
  return bytes.subarray(0, JSON_BYTES_MAX).toString('utf8')
}
