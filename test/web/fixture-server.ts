/**
 * The page without a platform: dist/web and the API from the fixtures, with a moving price. For looking at the page:
 *
 *   node test/web/fixture-server.ts [--port 8799] [--speed 20] [--scene full|empty|asking|trouble|closed] [--silent-after MS]
 *
 * Any name and secret sign in.
 */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type WebSocket, WebSocketServer } from 'ws'
import { TIMEFRAMES, type Timeframe } from '../../src/domain/index.ts'
import type { BarUpdate, ClientMessage, StreamMessage, WireBar } from '../../src/wire/index.ts'
import { someBars, someObjects } from './fixtures/market.ts'
import { NOW } from './fixtures/shown.ts'
import { type Scene, sceneAt } from './fixtures/scenes.ts'
import { INSTRUMENTS } from './fixtures/snapshot.ts'

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8799' },
    speed: { type: 'string', default: '1' },
    scene: { type: 'string', default: 'full' },
    'silent-after': { type: 'string', default: '' },
  },
})
const speed = Number(options.speed)
const scene = options.scene as Scene
const silentAfterMs =
  options['silent-after'] === '' ? Number.POSITIVE_INFINITY : Number(options['silent-after'])
const startedAt = Date.now()
const platformNow = (): number => NOW + (Date.now() - startedAt) * speed
const pages = fileURLToPath(new URL('../../dist/web/', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
/** What the platform itself sends; the hash is of the chart library's attribution style. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
let stopLevel: 0 | 1 = 0

const charts = new Map<string, WireBar[]>()
function barsOf(instrument: string, timeframe: Timeframe): WireBar[] {
  const key = `${instrument} ${timeframe}`
  const known = charts.get(key)
  if (known !== undefined) return known
  const last =
    sceneAt('full', NOW, 0).scanner.find((each) => each.instrument === instrument)?.last.value ?? 1_000
  const made = someBars(instrument, timeframe, NOW, 1_200, last)
  charts.set(key, made)
  return made
}

const server = createServer((request, response) => {
  void answer(request, response)
})
const sockets = new WebSocketServer({ server, path: '/api/v1/stream' })
sockets.on('connection', (socket, request) =>
  stream(socket, Number(/seq=(\d+)/.exec(request.url ?? '')?.[1] ?? 0)),
)
server.listen(Number(options.port), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${options.port}/  scene ${scene}, speed ${speed}\n`)
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const json = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  if (Date.now() - startedAt > silentAfterMs && url.pathname.startsWith('/api/'))
    return void request.socket.destroy()
  const isSignedIn = /session=1/.test(request.headers.cookie ?? '')
  switch (url.pathname) {
    case '/api/v1/login':
      return json(200, { name: 'operator', role: 'operator' }, { 'set-cookie': 'session=1; Path=/' })
    case '/api/v1/logout':
      return json(200, {}, { 'set-cookie': 'session=0; Path=/' })
    case '/api/v1/session':
      return isSignedIn
        ? json(200, { name: 'operator', role: 'operator' })
        : json(401, { code: 'SIGNED_OUT', text: 'Sign in first.' })
    case '/api/v1/state':
      return json(200, {
        seq: 100,
        at: platformNow(),
        speed,
        version: '0.1.0',
        instruments: INSTRUMENTS,
        topics: sceneAt(scene, platformNow(), stopLevel, speed),
      })
    case '/api/v1/candles':
      return json(200, candles(url.searchParams))
    case '/api/v1/objects': {
      const timeframe = timeframeOf(url.searchParams)
      const instrument = url.searchParams.get('instrument') ?? ''
      return json(200, {
        instrument,
        timeframe,
        objects: someObjects(barsOf(instrument, timeframe), timeframe),
      })
    }
    case '/api/v1/commands': {
      const command = JSON.parse(await bodyOf(request)) as { id: string; level: 0 | 1 }
      stopLevel = command.level
      return json(200, { id: command.id, outcome: 'accepted' })
    }
    default:
      return page(url.pathname, response)
  }
}

function candles(search: URLSearchParams): unknown {
  const timeframe = timeframeOf(search)
  const instrument = search.get('instrument') ?? ''
  const before = Number(search.get('before') ?? Number.POSITIVE_INFINITY)
  const limit = Number(search.get('limit') ?? 500)
  const all = scene === 'empty' ? [] : barsOf(instrument, timeframe).filter((bar) => bar[0] < before)
  return {
    instrument,
    timeframe,
    bars: all.slice(-limit),
    hasOlder: all.length > limit,
    source: `bars/${instrument}/${timeframe}`,
    asOf: platformNow(),
  }
}

function stream(socket: WebSocket, from: number): void {
  let seq = from
  let watched: ClientMessage['charts'] = []
  const say = (kind: StreamMessage['kind'], rest: Partial<StreamMessage> = {}): void => {
    if (Date.now() - startedAt > silentAfterMs) return
    const message: StreamMessage = {
      seq,
      at: platformNow(),
      speed,
      kind,
      changes: {},
      decisions: [],
      bars: [],
      ...rest,
    }
    socket.send(JSON.stringify(message))
  }
  socket.on('message', (data: Buffer) => {
    watched = (JSON.parse(data.toString()) as ClientMessage).charts
  })
  say('hello')
  const timer = setInterval(() => {
    seq += 1
    const { header, scanner, positions } = sceneAt(scene, platformNow(), stopLevel, speed)
    const bars = watched.map(({ instrument, timeframe }): BarUpdate => {
      const last = scanner.find((each) => each.instrument === instrument)?.last.value ?? 1_000
      return {
        instrument,
        timeframe,
        bar: grow(barsOf(instrument, timeframe), timeframe, last),
        isSealed: false,
        generation: 1,
        source: `bars/${instrument}/${timeframe}`,
      }
    })
    say('update', { changes: { header, scanner, positions }, bars: scene === 'empty' ? [] : bars })
  }, 200)
  socket.on('close', () => clearInterval(timer))
}

/** The newest bar with one more price in it, or the next bar when its time is over. */
function grow(bars: WireBar[], timeframe: Timeframe, price: number): WireBar {
  const last = bars.at(-1) ?? [NOW, price, price, price, price, 0]
  const before = bars.at(-2)
  const length = before === undefined ? 60_000 : last[0] - before[0]
  const isOver = platformNow() >= last[0] + length && TIMEFRAMES.includes(timeframe)
  const bar: WireBar = isOver
    ? [last[0] + length, last[4], Math.max(last[4], price), Math.min(last[4], price), price, 12]
    : [last[0], last[1], Math.max(last[2], price), Math.min(last[3], price), price, last[5] + 3]
  if (isOver) bars.push(bar)
  else bars[bars.length - 1] = bar
  return bar
}

function page(path: string, response: ServerResponse): void {
  const file = join(pages, normalize(path))
  const found = file.startsWith(pages) && existsSync(file) && statSync(file).isFile()
  const sent = found ? file : join(pages, 'index.html')
  response.writeHead(200, {
    'content-type': TYPES[extname(sent)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
  })
  createReadStream(sent).pipe(response)
}

function timeframeOf(search: URLSearchParams): Timeframe {
  return TIMEFRAMES.find((each) => each === search.get('timeframe')) ?? '1m'
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
