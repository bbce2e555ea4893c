import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, brotliDecompressSync } from 'node:zlib'
import { type ClientOptions, WebSocket } from 'ws'
import { invariant } from '../../src/lib/index.ts'
import {
  type AuditEntry,
  type Commands,
  type Health,
  type Identity,
  type Incident,
  type RunningServer,
  type ServerOptions,
  type SessionOfUser,
  type StoredSession,
  type User,
  type Users,
  type Views,
  createServer,
  hashPassword,
} from '../../src/server/index.ts'
import {
  type BarUpdate,
  type CommandReply,
  type CommandRequest,
  type DecisionRow,
  type Role,
  type Snapshot,
  type StreamMessage,
  type Topics,
  unknown,
} from '../../src/wire/index.ts'

export const PASSWORD = 'correct horse battery staple'

/** A server with everything that it needs in memory, on a free port, and clocks that tests turn. */
export interface Bench {
  readonly server: RunningServer
  readonly clock: HandClock
  readonly users: MemoryUsers
  readonly views: MemoryViews
  readonly commands: MemoryCommands
  readonly health: { missing: string[]; fails: boolean }
  readonly incidents: Incident[]
  ask(request: Asked): Promise<Answer>
  /** Logs in and returns the Cookie header. */
  cookieOf(name: string): Promise<string>
  /** Opens the stream and waits for its hello, unless it is refused. */
  stream(options?: StreamAsked): Promise<Page>
}

export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookie?: string | undefined
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly text?: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  json(): unknown
}

export interface StreamAsked {
  readonly cookie?: string | undefined
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

/** One page's end of the stream. */
export interface Page {
  readonly socket: WebSocket
  /** Status of a refused upgrade, 101 when it was taken. */
  readonly status: number
  readonly messages: StreamMessage[]
  /** The next message that was not looked at. */
  next(): Promise<StreamMessage>
  /** Waits until everything that was sent so far was handled on both ends, or the socket is closed. */
  settle(): Promise<void>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export class HandClock {
  real = Date.UTC(2026, 2, 10, 14, 30)
  mono = 1_000

  now(): number {
    return this.real
  }

  monotonic(): number {
    return this.mono
  }

  advance(ms: number): void {
    this.real += ms
    this.mono += ms
  }
}

export class MemoryUsers implements Users {
  readonly users = new Map<string, User>()
  readonly sessions = new Map<string, StoredSession>()
  readonly entries: AuditEntry[] = []
  fails = false

  find(name: string): Promise<User | undefined> {
    this.check()
    return Promise.resolve(this.users.get(name))
  }

  createSession(session: StoredSession): Promise<void> {
    this.check()
    this.sessions.set(session.tokenHash, session)
    return Promise.resolve()
  }

  findSession(tokenHash: string): Promise<SessionOfUser | undefined> {
    this.check()
    const session = this.sessions.get(tokenHash)
    const user = this.users.get(session?.userName ?? '')
    return Promise.resolve(session && user ? { ...session, role: user.role } : undefined)
  }

  touchSession(tokenHash: string, seenAt: number): Promise<void> {
    const session = this.sessions.get(tokenHash)
    if (session !== undefined) this.sessions.set(tokenHash, { ...session, seenAt })
    return Promise.resolve()
  }

  revokeSession(tokenHash: string): Promise<void> {
    this.sessions.delete(tokenHash)
    return Promise.resolve()
  }

  audit(entry: AuditEntry): Promise<void> {
    this.entries.push(entry)
    return Promise.resolve()
  }

  private check(): void {
    if (this.fails) throw new Error('connection to database at 10.0.0.7 lost, password hunter2')
  }
}

export class MemoryViews implements Views {
  readonly version = '0.1.0'
  topics: Topics = someTopics()
  bar: readonly BarUpdate[] = []
  readonly asked: object[] = []
  readonly listeners = new Set<() => void>()

  instruments() {
    const one = { description: 'Micro', tickSize: 0.25, decimals: 2, tickValue: 500_000 }
    return [
      { ...one, root: 'MNQ', contract: 'MNQH6' },
      { ...one, root: 'MES', contract: 'MESH6' },
    ]
  }

  current(): Topics {
    return this.topics
  }

  platformNow() {
    return { at: 1_773_153_000_000, speed: 20 }
  }

  candles(query: Parameters<Views['candles']>[0]) {
    this.asked.push(query)
    const { instrument, timeframe } = query
    return Promise.resolve({ instrument, timeframe, bars: [], hasOlder: false, source: 'bars', asOf: null })
  }

  objects(query: Parameters<Views['objects']>[0]) {
    this.asked.push(query)
    return Promise.resolve({ ...query, objects: [] })
  }

  decisions(query: Parameters<Views['decisions']>[0]) {
    this.asked.push(query)
    return Promise.resolve({ decisions: this.topics.decisions.slice(0, query.limit), hasOlder: false })
  }

  bars(instrument: string, timeframe: string, from: number | null): readonly BarUpdate[] {
    const mine = this.bar.filter((each) => each.instrument === instrument && each.timeframe === timeframe)
    return from === null ? mine.slice(-1) : mine.filter((each) => each.bar[0] >= from)
  }

  onChange(listener: () => void) {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** New topics, told to the server like the platform does. */
  show(topics: Partial<Topics>): void {
    this.topics = { ...this.topics, ...topics }
    for (const listener of this.listeners) listener()
  }
}

export class MemoryCommands implements Commands {
  readonly given: { readonly command: CommandRequest; readonly who: Identity }[] = []
  answer: (command: CommandRequest) => Promise<CommandReply> = ({ id }) =>
    Promise.resolve({ id, outcome: 'accepted' })

  run(command: CommandRequest, who: Identity): Promise<CommandReply> {
    this.given.push({ command, who })
    return this.answer(command)
  }
}

export const ASSETS: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html><title>Kael</title>${'<!-- shell -->'.repeat(200)}`,
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
  'assets/index-B1a2C3d4.js': 'export const kael = 1;\n'.repeat(400),
  'assets/index-B1a2C3d4.js.map': '{"version":3}',
  'assets/index-Z9y8X7w6.css': '.a{color:red}\n'.repeat(200),
  '.env': 'TOPSTEPX_API_KEY=secret',
  '.git/config': '[core]',
  'notes.pem': 'PRIVATE KEY',
}

let passwordHash: Promise<string> | undefined

export async function startBench(more: Partial<ServerOptions> = {}): Promise<Bench> {
  const clock = new HandClock()
  const users = new MemoryUsers()
  const views = new MemoryViews()
  const commands = new MemoryCommands()
  const missing = { missing: [] as string[], fails: false }
  const incidents: Incident[] = []
  const health: Health = {
    ready() {
      if (missing.fails) throw new Error('no answer')
      return { ok: missing.missing.length === 0, missing: missing.missing }
    },
  }
  passwordHash ??= hashPassword(PASSWORD)
  const hash = await passwordHash
  const names: readonly [string, Role][] = [
    ['victor', 'viewer'],
    ['tina', 'trader'],
    ['operator', 'operator'],
  ]
  for (const [index, [name, role]] of names.entries()) {
    users.users.set(name, { id: index + 1, name, role, passwordHash: hash })
  }

  const started = await createServer({
    host: '127.0.0.1',
    port: 0,
    assetsDirectory: await assetsFolder(),
    users,
    views,
    commands,
    health,
    clock,
    randomBytes,
    onIncident: (incident) => void incidents.push(incident),
    tickMs: 0,
    ...more,
  })
  invariant(started.ok, 'the server listens')
  const server = started.value
  const ask = (asked: Asked): Promise<Answer> => send(server.port, asked)

  async function cookieOf(name: string): Promise<string> {
    const answer = await ask(logIn(server, name, PASSWORD))
    invariant(answer.status === 200, `${name} logs in, was ${answer.status} ${answer.text}`)
    return cookieFrom(answer)
  }

  return {
    server,
    clock,
    users,
    views,
    commands,
    health: missing,
    incidents,
    ask,
    cookieOf,
    stream: (options = {}) => openPage(server, options),
  }
}

export function logIn(server: RunningServer, name: string, password: string): Asked {
  return {
    method: 'POST',
    path: '/api/v1/login',
    headers: { origin: server.url, 'content-type': 'application/json' },
    body: { name, password },
  }
}

/** A state change as our own page sends it. */
export function fromPage(server: RunningServer, path: string, body: unknown, cookie?: string): Asked {
  return {
    method: 'POST',
    path,
    headers: {
      origin: server.url,
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      'x-kael-csrf': '1',
    },
    body,
    cookie,
  }
}

export function cookieFrom(answer: Answer): string {
  return (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
}

export function hashOfToken(cookie: string): string {
  return createHash('sha256')
    .update(cookie.slice(cookie.indexOf('=') + 1))
    .digest('hex')
}

/** Sends a request byte for byte: no client repairs the path. */
export function send(
  port: number,
  { method = 'GET', path, headers, cookie, body, text }: Asked,
): Promise<Answer> {
  const payload = text ?? (body === undefined ? undefined : JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        headers: {
          ...headers,
          ...(cookie === undefined ? {} : { cookie }),
          ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks)
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            bytes,
            text: unpack(bytes, incoming.headers['content-encoding']).toString('utf8'),
            json: () => JSON.parse(bytes.toString('utf8')) as unknown,
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

function unpack(bytes: Buffer, encoding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes
  if (encoding === 'br') return brotliDecompressSync(bytes)
  return encoding === 'gzip' ? gunzipSync(bytes) : bytes
}

export async function snapshotOf(bench: Bench, cookie: string): Promise<Snapshot> {
  return (await bench.ask({ path: '/api/v1/state', cookie })).json() as Snapshot
}

async function openPage(server: RunningServer, asked: StreamAsked): Promise<Page> {
  const options: ClientOptions = {
    headers: {
      origin: server.url,
      ...asked.headers,
      ...(asked.cookie === undefined ? {} : { cookie: asked.cookie }),
    },
  }
  const path = asked.path ?? '/api/v1/stream'
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}${asked.query ?? ''}`, options)
  const messages: StreamMessage[] = []
  const waiting: ((message: StreamMessage) => void)[] = []
  let looked = 0
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as StreamMessage)
    const first = waiting.shift()
    if (first !== undefined) first(messages[looked++] as StreamMessage)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }))
  })
  socket.on('error', () => {})
  const status = await new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      response.resume()
      socket.terminate()
    })
  })
  const page: Page = {
    socket,
    status,
    messages,
    closed,
    next() {
      const ready = messages[looked]
      if (ready !== undefined) {
        looked += 1
        return Promise.resolve(ready)
      }
      return new Promise((resolve) => waiting.push(resolve))
    },
    settle() {
      return new Promise((resolve) => {
        socket.once('pong', () => resolve())
        void closed.then(() => resolve())
        if (socket.readyState === socket.OPEN) socket.ping()
      })
    },
  }
  return page
}

/** A folder as the build makes it, with some files that must not get out. */
export async function assetsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kael-web-'))
  for (const [name, content] of Object.entries(ASSETS)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

export function someTopics(): Topics {
  const nothing = unknown<never>('test', 'not asked yet')
  return {
    header: {
      mode: nothing,
      modeReason: '',
      viewingAccount: nothing,
      orderAccount: nothing,
      market: nothing,
      flatBy: nothing,
      tradingDay: nothing,
      stop: nothing,
      clock: nothing,
      scanner: nothing,
      feed: nothing,
      risk: {
        dayRealised: nothing,
        open: nothing,
        dayLimit: nothing,
        worstNow: nothing,
        balance: nothing,
        floorRoom: nothing,
      },
    },
    scanner: [],
    positions: [],
    orders: [],
    fills: [],
    decisions: [],
    truth: { rows: [], history: [] },
    actors: [],
    conditions: [],
  }
}

export function aDecision(seq: number, more: Partial<DecisionRow> = {}): DecisionRow {
  return {
    id: `G-${seq}`,
    seq,
    at: 1_773_153_000_000 + seq,
    signalId: `S-${seq}`,
    instrument: 'MNQ',
    side: 'long',
    size: 1,
    verdict: 'DENIED',
    firstFailed: 4,
    code: 'RISK_DAY_LIMIT',
    text: 'worst day would be -1,012.50, limit -1,000.00',
    phases: [],
    entry: 79_689,
    stop: 79_640,
    target: 79_780,
    score: 71,
    facts: [],
    outcome: '',
    mode: 'RUNTIME SIM',
    source: 'ledger.decisions',
    ...more,
  }
}

export function aCondition(id: string, text: string): Topics['conditions'][number] {
  return { id, severity: 'notice', text, since: 0, action: '' }
}

export function aBar(t: number, close: number, more: Partial<BarUpdate> = {}): BarUpdate {
  return {
    instrument: 'MNQ',
    timeframe: '1m',
    bar: [t, 100, Math.max(100, close), Math.min(100, close), close, 10],
    isSealed: false,
    generation: 1,
    source: 'gateway-sim.market-hub',
    ...more,
  }
}
