import { type ExecutorApi, type ExecutorProps, executorActor } from '../../actors/executor.ts'
import { type UserHubEvents, createSession, openGateway } from '../../src/brokers/index.ts'
import { createOrderClient } from '../../src/brokers/topstepx/order-client.ts'
import type { HttpOutcome } from '../../src/brokers/topstepx/transport.ts'
import { type Signal, epochMs, instrumentOf, monotonicMs, ticks, usd } from '../../src/domain/index.ts'
import { type ActorRef, defineActor } from '../../src/kernel/index.ts'
import { type TestKit, createTestKit } from '../../src/kernel/testkit.ts'
import type { ExecutorStore } from '../../src/store/index.ts'
import { type Tables, emptyTables, memoryExecutorStore } from '../sim/memory-store.ts'
import { ACCOUNT, CONTRACT, NOON } from '../support/rows.ts'

/** 10:00 in New York, when entries are allowed. */
export const MORNING = epochMs(NOON - 2 * 3_600_000)

/* One executor with a broker that does what a test says, on the virtual clock. */

export const NAME = '50KTC-V2-645001-97000001'
const MNQ = instrumentOf('MNQ')

/** A reply, or none: the request arrived and nobody ever hears of it. */
type Answer = object | 'lost'

export interface Asked {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What the broker holds and how it answers; a test changes it as it goes. */
export class BrokerSide {
  readonly asked: Asked[] = []
  orders: object[] = []
  trades: object[] = []
  positions: object[] = []
  answers: Record<string, (body: Readonly<Record<string, unknown>>) => Answer> = {}
  events: UserHubEvents = {}

  requests(path: string): readonly Asked[] {
    return this.asked.filter((each) => each.path === `/api/${path}`)
  }

  answer(path: string, body: Readonly<Record<string, unknown>>): Answer {
    const own = this.answers[path.slice('/api/'.length)]
    if (own !== undefined) return own(body)
    switch (path) {
      case '/api/Auth/loginKey':
        return { token: 'a.b.c' }
      case '/api/Account/search':
        return {
          accounts: [
            {
              id: Number(ACCOUNT),
              name: NAME,
              balance: 50_000,
              canTrade: true,
              isVisible: true,
              simulated: true,
            },
          ],
        }
      case '/api/Contract/available':
        return { contracts: [LISTED] }
      case '/api/Order/search':
        return { orders: this.orders }
      case '/api/Order/searchOpen':
        return { orders: this.orders.filter((each) => 'status' in each && each.status === 1) }
      case '/api/Trade/search':
        return { trades: this.trades }
      case '/api/Position/searchOpen':
        return { positions: this.positions }
      case '/api/Order/place':
        return { orderId: 1_001 }
      default:
        return {}
    }
  }
}

const LISTED = {
  id: CONTRACT,
  name: 'MNQH6',
  description: 'Micro E-mini Nasdaq-100: March 2026',
  tickSize: MNQ.tickSize,
  tickValue: MNQ.tickValue / 1e6,
  activeContract: true,
  symbolId: MNQ.symbolId,
}

const time = (ms: number): string => new Date(ms).toISOString()

/** An order as the broker's wire has it: a working limit buy of two. */
export const wireOrder = (changes: object = {}): object => ({
  id: 1_001,
  accountId: Number(ACCOUNT),
  contractId: CONTRACT,
  creationTimestamp: time(MORNING + 1_000),
  updateTimestamp: time(MORNING + 1_000),
  status: 1,
  type: 1,
  side: 0,
  size: 2,
  limitPrice: 79_689 * MNQ.tickSize,
  stopPrice: null,
  fillVolume: 0,
  filledPrice: null,
  customTag: null,
  ...changes,
})

export const wirePosition = (changes: object = {}): object => ({
  id: 7,
  accountId: Number(ACCOUNT),
  contractId: CONTRACT,
  creationTimestamp: time(MORNING - 60_000),
  type: 1,
  size: 1,
  averagePrice: 79_689 * MNQ.tickSize,
  ...changes,
})

export const wireTrade = (changes: object = {}): object => ({
  id: 88_010_001,
  accountId: Number(ACCOUNT),
  contractId: CONTRACT,
  creationTimestamp: time(MORNING - 60_000),
  price: 79_689 * MNQ.tickSize,
  profitAndLoss: null,
  fees: 0.61,
  side: 0,
  size: 1,
  voided: false,
  orderId: 900,
  ...changes,
})

export interface Stage {
  readonly kit: TestKit
  readonly broker: BrokerSide
  readonly tables: Tables
  readonly executor: ActorRef<ExecutorApi>
  /** Runs on, with prices that come twice a second. */
  run(ms: number): Promise<void>
  tell(signal: Signal): void
  /** The same account again, as after a crash: everything in memory is gone. */
  restart(): Promise<void>
}

export interface StageOptions {
  readonly at?: number
  readonly broker?: BrokerSide
  readonly tables?: Tables
  readonly store?: (store: ExecutorStore) => ExecutorStore
}

export const FLOOR = {
  key: 'risk.floor',
  value: { declared: usd(48_000_000_000), declaredOn: '2026-03-10' },
  declaredBy: 'operator',
  source: 'operator',
  asOf: MORNING,
  state: 'declared',
} as const

export async function stage(options: StageOptions = {}): Promise<Stage> {
  const {
    at = MORNING,
    broker = new BrokerSide(),
    tables = emptyTables([FLOOR]),
    store = (same) => same,
  } = options
  const kit = createTestKit({ at })
  const send = async ({ path, body }: { path: string; body: string | undefined }): Promise<HttpOutcome> => {
    const parsed = JSON.parse(body ?? '{}') as Readonly<Record<string, unknown>>
    broker.asked.push({ path, body: parsed })
    const reply = broker.answer(path, parsed)
    if (reply !== 'lost') {
      const text = JSON.stringify({ success: true, errorCode: 0, errorMessage: null, ...reply })
      return { kind: 'answered', status: 200, text, retryAfter: undefined, date: undefined }
    }
    // The ten seconds that the client waits.
    await kitSleep(10_000)
    return { kind: 'lost', fault: { code: 'TIMEOUT', retry: 'afterReconcile', detail: 'no reply' } }
  }
  let kitSleep: (ms: number) => Promise<void> = () => Promise.resolve()
  await kit.spawn(
    defineActor<object, undefined>('kael:test-clock', {
      name: 'clock',
      create({ clock }) {
        kitSleep = (ms) => clock.sleep(ms)
        return {}
      },
    }),
    { path: 'clock', props: undefined },
  )
  const around = {
    now: () => MORNING,
    delay: () => Promise.resolve(),
    onDecision: () => undefined,
    onMove: () => undefined,
  }
  kit.probe('server')
  kit.probe('journal')
  const definition = executorActor({
    openStore: () => store(memoryExecutorStore(tables, 'gateway-sim', around)),
    openGateway: (opening) => openGateway({ ...opening, send, pause: () => Promise.resolve() }),
    createSession,
    createOrderClient,
    createUserHub: ({ events }) => {
      broker.events = events
      return {
        start: () => events.onState?.('connected', 'test'),
        restart: () => undefined,
        stop: () => Promise.resolve(),
        state: () => 'connected',
        counters: () => ({ events: {}, dropped: {}, connects: 1, drops: 0, logouts: 0 }),
        probe: (answered) => answered(),
        watch: () => undefined,
      }
    },
  })
  const props: ExecutorProps = {
    route: 'gateway-sim',
    accountId: ACCOUNT,
    accountName: NAME,
    instruments: ['MNQ'],
    databaseUrl: '',
    rest: 'http://127.0.0.1',
    userHub: 'http://127.0.0.1/hubs/user',
    userName: 'ada',
    apiKey: 'key',
    speed: 1,
    chance: 'test',
    configRevision: 'a81c',
  }
  const path = `executor/${ACCOUNT}`
  const executor = await kit.spawn(definition, { path, props })
  const price = (): void => {
    // Every price is another than the one before.
    const last = 79_700 + (Math.floor(kit.now() / 500) % 2)
    executor.tell('marketHub', { state: 'connected', why: '' })
    executor.tell('market', {
      at: MORNING,
      source: 'test',
      news: [
        {
          root: 'MNQ',
          contractId: CONTRACT,
          state: 'current',
          why: null,
          last: ticks(last),
          bid: ticks(last - 1),
          ask: ticks(last + 1),
          at: MORNING,
          receivedAt: monotonicMs(steady()),
          lastReceivedAt: monotonicMs(steady()),
          revision: 3,
          isPending: false,
          source: 'test',
        },
      ],
    })
  }
  const steady = (): number => kit.now() - at
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      price()
      await kit.advance(Math.min(500, left))
    }
  }
  await run(1_000)
  return {
    kit,
    broker,
    tables,
    executor,
    run,
    tell: (signal) => void executor.tell('signal', { signal, epoch: 1 }),
    async restart() {
      kit.fail(path, new Error('crash'))
      await run(5_000)
    },
  }
}
