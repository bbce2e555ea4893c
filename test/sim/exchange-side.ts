/**
 * The gateway's side of the simulation: the exchange that the loopback gateway serves, reached over a network that
 * takes its time, on the simulated clock and with faults from the run's seed.
 */
import type { realPause } from '../../src/brokers/index.ts'
import type { OpenHubLink } from '../../src/brokers/topstepx/hub-link.ts'
import type { HttpOutcome, HttpRequest, HttpSend } from '../../src/brokers/topstepx/transport.ts'
import type { Exchange, UserEvent, WireEvent } from '../../src/gateway/index.ts'
import type { HubName } from '../../src/gateway/hub-connection.ts'
import { invocation } from '../../src/gateway/hub-protocol.ts'
import { METHODS, marketRecords } from '../../src/gateway/hubs.ts'
import { NO_QUIRKS, type Topical, userRecords } from '../../src/gateway/quirks.ts'
import { ORDER_STATUS, ORDER_TYPE } from '../../src/gateway/wire.ts'
import type { Clock } from '../../src/kernel/index.ts'
import { type Random, invariant } from '../../src/lib/index.ts'
import { type FaultPlan, NO_FAULTS } from './faults.ts'
import { type HubServer, type Line, simulatedLink } from './hub-line.ts'
import type { Trail } from './trail.ts'

export interface ExchangeSideOptions {
  readonly exchange: Exchange
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly trail: Trail
  /** A close of this contract arrived. */
  readonly onCloseAsked: (contractId: string) => void
}

export interface ExchangeSide {
  /** How often each kind of fault came true: a run in which none did proves nothing about it. */
  readonly marks: ReadonlyMap<string, number>
  mark(kind: string, detail: string): void
  /** After how many ms the executor is to crash, asked at each decision that passed. */
  crashAfterDecision(): number | undefined
  readonly send: HttpSend
  readonly pause: typeof realPause
  openLink(hub: HubName): OpenHubLink
  /** Plays the market up to now and sends what happened on its way. */
  beat(): void
  /** No faults from here on, and every line may be had. */
  calm(): void
}

const ONE_WAY_MS = { least: 3, more: 40 }
/** A user event that comes twice comes again within this. */
const ECHO_MS_MAX = 1_500
/** A stop that another hand takes away goes within this after it began to work. */
const TAKEN_MS = { least: 200, more: 20_000 }
const ORDERS = '/api/order/'
const POSITIONS = '/api/position/close'

export function exchangeSide(options: ExchangeSideOptions): ExchangeSide {
  const { exchange, clock, random, trail, onCloseAsked } = options
  const network = random.stream('network')
  const accidents = random.stream('accidents')
  const lines: Record<HubName, Set<Line>> = { user: new Set(), market: new Set() }
  const waiting = new Map<Line, string[]>()
  const stopsSeen = new Set<number>()
  let { faults } = options
  let isUserHubDown = false
  const marks = new Map<string, number>()

  function mark(kind: string, detail: string): void {
    marks.set(kind, (marks.get(kind) ?? 0) + 1)
    trail.note(`fault: ${kind}, ${detail}`)
  }

  const oneWay = (): number => ONE_WAY_MS.least + network.int(ONE_WAY_MS.more)
  const delay = (): Promise<void> => clock.sleep(oneWay())

  async function send(request: HttpRequest): Promise<HttpOutcome> {
    await delay()
    const reply = arrive(request)
    const isLost = request.path.toLowerCase() === '/api/order/place' && faults.losesPlaceReply()
    await delay()
    if (isLost) {
      mark('place reply lost', request.body ?? '')
      return {
        kind: 'lost',
        fault: { code: 'DISCONNECTED', retry: 'afterReconcile', detail: 'the line broke before the answer' },
      }
    }
    return {
      kind: 'answered',
      status: reply.status,
      text: reply.json === undefined ? '' : JSON.stringify(reply.json),
      retryAfter: undefined,
      date: Math.floor(exchange.now() / 1_000) * 1_000,
    }
  }

  function arrive({ path, body, headers }: HttpRequest) {
    const fields: unknown = body === undefined ? undefined : JSON.parse(body)
    const token = headers['Authorization']?.slice('Bearer '.length)
    const reply = exchange.handle(path, fields, token, clock.now())
    const isOrder = path.toLowerCase().startsWith(ORDERS) && !path.toLowerCase().includes('search')
    if (isOrder || path.toLowerCase().startsWith(POSITIONS))
      trail.note(`${path} ${body ?? ''} -> ${reply.status} ${JSON.stringify(reply.json ?? null)}`)
    if (path.toLowerCase().startsWith(POSITIONS)) onCloseAsked(contractIdIn(fields))
    publish(exchange.drain())
    return reply
  }

  const isWanted = (topic: string): boolean => [...lines.market].some((each) => each.topics.has(topic))

  function publish(events: readonly WireEvent[]): void {
    if (events.length === 0) return
    const source = {
      isAllowed: () => true,
      quoteOf: (contractId: string) => exchange.quoteOf(contractId),
      depthOf: (contractId: string) => exchange.depthOf(contractId),
    }
    tell('market', marketRecords(events, NO_QUIRKS, source, isWanted))
    for (const event of events) if (event.hub === 'user') tellUser(event)
  }

  function tellUser(event: UserEvent): void {
    const records = userRecords([event], NO_QUIRKS)
    trail.note(`${event.target} ${JSON.stringify(event.data)}`)
    tell('user', records)
    if (faults.doublesUserEvents())
      clock.timeout(accidents.int(ECHO_MS_MAX), () => {
        mark('user event doubled', event.target)
        tell('user', records)
      })
    considerTakingStop(event)
  }

  function tell(hub: HubName, topical: readonly Topical[]): void {
    for (const line of lines[hub]) {
      const records = topical.filter((each) => line.topics.has(each.topic)).map((each) => each.record)
      if (records.length > 0) put(line, records.join(''))
    }
  }

  /** What goes into a line comes out in the same order, each frame after a delay of its own. */
  function put(line: Line, frame: string): void {
    const queue = waiting.get(line) ?? []
    waiting.set(line, queue)
    queue.push(frame)
    clock.timeout(oneWay(), () => {
      const oldest = queue.shift()
      if (oldest !== undefined && waiting.get(line) === queue) line.receive(oldest)
    })
  }

  /** Another hand, a person's or the firm's, cancels a stop that just began to work. */
  function considerTakingStop({ target, data }: UserEvent): void {
    const { id, type, status, accountId, parentOrderId } = data
    const isStop = target === 'GatewayUserOrder' && type === ORDER_TYPE.stop && status === ORDER_STATUS.open
    if (!isStop || typeof id !== 'number' || parentOrderId === undefined || stopsSeen.has(id)) return
    stopsSeen.add(id)
    if (!faults.takesStopAway()) return
    clock.timeout(TAKEN_MS.least + accidents.int(TAKEN_MS.more), () => {
      const reply = exchange.handle('/api/Order/cancel', { accountId, orderId: id }, otherHand(), clock.now())
      if (reply.json?.['success'] === true) mark('stop taken away', `order ${id}`)
      publish(exchange.drain())
    })
  }

  function otherHand(): string {
    const reply = exchange.handle('/api/Auth/loginKey', exchange.credentials, undefined, clock.now())
    const token = reply.json?.['token']
    invariant(typeof token === 'string', 'the exchange lets its own user in')
    return token
  }

  function serverOf(hub: HubName): HubServer {
    return {
      delay,
      pause,
      now: () => clock.now(),
      refusal: (token) =>
        hub === 'user' && isUserHubDown
          ? 'connection refused'
          : exchange.checkToken(token) === 'valid'
            ? undefined
            : '401 Unauthorized',
      connected: (line) => void lines[hub].add(line),
      ended(line) {
        lines[hub].delete(line)
        waiting.delete(line)
      },
      invoke(line, method, args) {
        const subscription = METHODS[hub].get(method.toLowerCase())?.(args)
        if (subscription === undefined) return `Method does not exist: ${method}`
        const { name, isOn } = subscription
        if (!isOn) line.topics.delete(name)
        else line.topics.add(name)
        const [topic, contractId = ''] = name.split(' ')
        const quote = isOn && topic === 'quotes' ? exchange.quoteOf(contractId) : undefined
        if (quote !== undefined) put(line, invocation('GatewayQuote', [contractId, quote]))
        return undefined
      },
    }
  }

  async function pause(ms: number, signal?: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>()
    const cancel = clock.timeout(ms, over.resolve)
    signal?.addEventListener('abort', () => over.resolve())
    await over.promise
    cancel()
  }

  function scheduleDrop(): void {
    const next = faults.nextUserHubDrop()
    if (next === undefined) return
    clock.timeout(next.inMs, () => {
      if (faults === NO_FAULTS) return
      mark('user hub dropped', `away for ${next.forMs} ms`)
      isUserHubDown = true
      for (const line of lines.user) line.end('the line broke')
      clock.timeout(next.forMs, () => {
        isUserHubDown = false
        scheduleDrop()
      })
    })
  }
  scheduleDrop()

  return {
    marks,
    mark,
    crashAfterDecision: () => faults.crashAfterDecision(),
    send,
    pause,
    openLink: (hub) => (linkOptions) => simulatedLink(serverOf(hub), linkOptions),
    beat: () => publish(exchange.advanceTo(clock.now())),
    calm() {
      faults = NO_FAULTS
      isUserHubDown = false
    },
  }
}

function contractIdIn(fields: unknown): string {
  const id = typeof fields === 'object' && fields !== null && 'contractId' in fields ? fields.contractId : ''
  return String(id)
}
