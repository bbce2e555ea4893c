import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type EpochMs, type Instrument, ROSTER, epochMs } from '../domain/index.ts'
import { type Result, failed, ok, unreachable } from '../lib/index.ts'
import { type Exchange, createExchange } from './exchange.ts'
import { DEFAULT_SEED, DEFAULT_SPEED, DEFAULT_START } from './defaults.ts'
import { type Fault, type TimedFault, parseFault } from './faults.ts'
import { invocation } from './hub-protocol.ts'
import { type Hubs, attachHubs } from './hubs.ts'
import type { AccountSpec } from './matching/ledger.ts'
import { type Recording, loadRecording } from './market/recording.ts'
import { type Speed, createPace } from './pace.ts'
import { serveRest } from './rest.ts'
import { type SavedState, type StateIdentity, readState, writeState } from './state-file.ts'

export interface GatewayOptions {
  /** 0, the default, takes a free port. Always on 127.0.0.1. */
  readonly port?: number
  readonly seed?: string
  readonly speed?: Speed
  /** First instant of the simulated clock. */
  readonly start?: EpochMs
  readonly instruments?: readonly Instrument[]
  /** Folder of recorded bars or ticks in place of the seeded market. */
  readonly dataDir?: string
  /** Where the ledger and the clock are kept between runs. */
  readonly stateFile?: string
  /** Whose accounts; two of one user when left out. */
  readonly accounts?: readonly AccountSpec[]
  /** Faults that come by themselves. */
  readonly faults?: readonly TimedFault[]
  /** Hears single lines meant for a person. */
  readonly log?: (line: string) => void
}

export interface RunningGateway {
  readonly rest: string
  readonly userHub: string
  readonly marketHub: string
  readonly userName: string
  readonly apiKey: string
  readonly exchange: Exchange
  /** Saves, ends all connections and the server. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** What is due within one turn of the clock goes out in one frame. */
const TURN_MS = 50
const SAVE_MS = 1_000
/** At full speed: simulated time played between two looks at the clients. */
const MAX_SPEED_STEP_MS = 1_000
/** At full speed nothing moves until clients have had this long to name all that they want. */
const SETTLE_MS = 300
const HELD_TURN_MS = 5

const monotonicMs = (): number => performance.now()

/** Starts the simulated gateway. Refuses bad input with one line that names value and rule. */
export async function startGateway(options: GatewayOptions = {}): Promise<Result<RunningGateway, string>> {
  const { seed = DEFAULT_SEED, speed = DEFAULT_SPEED, stateFile, log = () => undefined } = options
  let recording: Recording | undefined
  if (options.dataDir !== undefined) {
    const loaded = loadRecording(options.dataDir, options.instruments)
    if (!loaded.ok) return loaded
    recording = loaded.value
    for (const note of recording.notes) log(note)
  }
  const instruments = recording?.instruments ?? options.instruments ?? ROSTER
  const identity: StateIdentity = {
    seed,
    instruments: instruments.map((each) => each.root),
    source: options.dataDir ?? 'seeded',
  }
  const saved = stateFile === undefined ? undefined : resumable(stateFile, identity, options.start, log)
  const marketStart = epochMs(saved?.marketStart ?? options.start ?? recording?.start ?? DEFAULT_START)
  const exchange = createExchange({
    seed,
    start: marketStart,
    instruments,
    // At full speed simulated time stands still until someone subscribes: windows on it would never pass.
    hasRateLimit: speed !== 'max',
    ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
    ...(recording === undefined ? {} : { recording }),
    ...(saved === undefined ? {} : { resume: saved.snapshot }),
  })
  return serve(exchange, { ...options, seed, speed, marketStart, identity, log })
}

interface Service extends GatewayOptions {
  readonly seed: string
  readonly speed: Speed
  readonly marketStart: EpochMs
  readonly identity: StateIdentity
  readonly log: (line: string) => void
}

function resumable(
  file: string,
  identity: StateIdentity,
  start: EpochMs | undefined,
  log: (line: string) => void,
): SavedState | undefined {
  const read = readState(file, identity)
  if ('because' in read) {
    log(`${file}: starting anew, ${read.because}`)
    return undefined
  }
  if (start !== undefined && start !== read.state.marketStart) {
    log(`${file}: starting anew, the state began at ${new Date(read.state.marketStart).toISOString()}`)
    return undefined
  }
  log(`${file}: going on at ${new Date(read.state.snapshot.at).toISOString()}`)
  return read.state
}

async function serve(exchange: Exchange, service: Service): Promise<Result<RunningGateway, string>> {
  const { speed, marketStart, identity, stateFile, log } = service
  const pace = speed === 'max' ? undefined : createPace(speed, exchange.now(), monotonicMs)
  const drill = { failures: [] as number[], lostReplies: 0 }
  // What was due before a gateway went has happened.
  const schedule = (service.faults ?? []).filter((each) => each.at > exchange.now())
  let savedVersion = -1
  let savedAt = 0

  function save(isDue: boolean): void {
    if (stateFile === undefined) return
    if (!isDue && exchange.version() === savedVersion && monotonicMs() - savedAt < SAVE_MS) return
    writeState(stateFile, { format: 2, ...identity, marketStart, snapshot: exchange.snapshot() })
    savedVersion = exchange.version()
    savedAt = monotonicMs()
  }

  const server = createServer((request, response) => {
    serveRest(request, response, {
      now: () => exchange.now(),
      api(path, body, token) {
        const reply = exchange.handle(path, body, token, pace?.now())
        // On disk before anybody hears of it: what was acknowledged survives a kill.
        save(false)
        setImmediate(() => hubs.publish(exchange.drain()))
        return reply
      },
      takeFailure: () => drill.failures.shift(),
      takeLostReply(path) {
        if (drill.lostReplies === 0 || path.toLowerCase() !== '/api/order/place') return false
        drill.lostReplies--
        return true
      },
      clock: () => ({
        now: new Date(exchange.now()).toISOString(),
        nowMs: exchange.now(),
        speed,
        startedAt: new Date(marketStart).toISOString(),
        seed: service.seed,
      }),
      truth: () => exchange.truth(),
      fault(body) {
        const fault = parseFault(body)
        return fault.ok ? apply(fault.value) : fault.error
      },
      negotiate: (hub, negotiation, answer) => hubs.negotiate(hub, negotiation, answer),
    }).catch((error: unknown) => {
      log(`${request.method} ${request.url}: ${String(error)}`)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  const hubs: Hubs = attachHubs(
    server,
    {
      isAllowed: (token) => exchange.checkToken(token) === 'valid',
      quoteOf: (contractId) => exchange.quoteOf(contractId),
      depthOf: (contractId) => exchange.depthOf(contractId),
    },
    monotonicMs,
  )

  function apply(fault: Fault): string | undefined {
    switch (fault.kind) {
      case 'dropHub':
        for (const each of hubs.connections) if (each.hub === fault.hub) each.drop()
        return undefined
      case 'closeHub':
        for (const each of hubs.connections)
          if (each.hub === fault.hub) each.close('Connection closed with an error.', fault.allowReconnect)
        return undefined
      case 'muteMarket':
      case 'unmute':
        hubs.setMuted(fault.kind === 'muteMarket')
        return undefined
      case 'quirks':
        hubs.setQuirks(fault.quirks)
        return undefined
      case 'loseNextPlaceReply':
        drill.lostReplies++
        return undefined
      case 'failNext':
        drill.failures.push(...Array.from({ length: fault.count }, () => fault.status))
        return undefined
      case 'logout':
        for (const each of hubs.connections)
          if (each.hub === 'user') {
            each.send(invocation('GatewayLogout', []))
            each.close()
          }
        return undefined
      case 'lockAccount':
      case 'unlockAccount':
        if (!exchange.setCanTrade(fault.accountId, fault.kind === 'unlockAccount'))
          return `accountId ${fault.accountId}: there is no such account`
        save(false)
        hubs.publish(exchange.drain())
        return undefined
      default:
        return unreachable(fault)
    }
  }

  function turn(t: number): void {
    const events = exchange.advanceTo(t)
    save(false)
    hubs.publish(events)
    while (schedule[0] !== undefined && schedule[0].at <= exchange.now()) {
      const due = schedule.shift()
      const refusal = due === undefined ? undefined : apply(due.fault)
      if (refusal !== undefined) log(`fault ${due?.fault.kind}: ${refusal}`)
    }
  }

  let isClosing = false
  /** At full speed: one step whenever every market client has taken the last ones. */
  function runFreely(): void {
    if (isClosing) return
    const quietMs = hubs.quietMs()
    const isHeld = quietMs === undefined || quietMs < SETTLE_MS || !hubs.isDrained()
    const next = isHeld ? undefined : exchange.nextEventAt()
    if (next === undefined) {
      save(false)
      setTimeout(runFreely, HELD_TURN_MS)
      return
    }
    turn(next + MAX_SPEED_STEP_MS)
    setImmediate(runFreely)
  }

  const port = await listen(server, service.port ?? 0)
  if (typeof port === 'string') return failed(port)
  const timer = pace === undefined ? undefined : setInterval(() => turn(pace.now()), TURN_MS)
  if (pace === undefined) runFreely()
  save(true)
  const rest = `http://${HOST}:${port}`
  return ok({
    rest,
    userHub: `${rest}/hubs/user`,
    marketHub: `${rest}/hubs/market`,
    ...exchange.credentials,
    exchange,
    async close() {
      isClosing = true
      clearInterval(timer)
      save(true)
      hubs.close()
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  })
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number | string> {
  return new Promise((done) => {
    server.once('error', (error) => done(`--port ${port}: ${error.message}`))
    server.listen(port, HOST, () => done((server.address() as AddressInfo).port))
  })
}
