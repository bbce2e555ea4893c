/**
 * A system in one thread, on a virtual clock: the same cells, mailboxes and supervisor as in production, over links
 * that clone. Break points, coverage and stack traces work; only threads are missing.
 */
import { invariant, seededRandom } from '../lib/index.ts'
import type { ActorDef, ActorRef, Arg, Asks, Ret, SpawnOptions } from './actor.ts'
import { defineActor } from './actor.ts'
import type { DeadLetter, Failure } from './envelope.ts'
import { formOf } from './errors.ts'
import { type MakeLogger, silentLogger } from './log.ts'
import { type Definitions, Station } from './station.ts'
import { type ActorSystem, System } from './system.ts'
import { InlineThreads } from './threads.ts'
import { VirtualTime } from './virtual-time.ts'

export interface TestKitOptions {
  /** Shuffles the order in which actors that are ready run. */
  readonly seed?: number | string
  /** Epoch ms at the start. */
  readonly at?: number
  readonly makeLogger?: MakeLogger
}

/** A neighbour that is a list of what it was told. */
export interface Probe<Api> {
  readonly path: string
  /** The oldest message of that type that was not yet expected and that fits; throws when there is none. */
  expect<K extends keyof Api & string>(type: K, fits?: (arg: Arg<Api, K>) => boolean): Arg<Api, K>
  /** Throws when there is a message (of that type) that was not expected. */
  expectNothing(type?: keyof Api & string): void
  /** Answers the oldest ask of that type that waits, and else the next one. */
  reply<K extends Asks<Api>>(type: K, value: Ret<Api, K>): void
  /** Answers every ask of that type. */
  answer<K extends Asks<Api>>(type: K, answer: (arg: Arg<Api, K>) => Ret<Api, K>): void
  /** All it ever got of that type, in order. */
  told<K extends keyof Api & string>(type: K): Arg<Api, K>[]
}

export interface TestKit {
  readonly system: ActorSystem
  readonly deadLetters: readonly DeadLetter[]
  spawn<A, P>(definition: ActorDef<A, P>, options: SpawnOptions<P>): Promise<ActorRef<A>>
  ref<A>(path: string): ActorRef<A>
  probe<Api>(path: string): Probe<Api>
  /** Epoch ms. */
  now(): number
  /** Runs until nothing is left to do at this instant. */
  settle(): Promise<void>
  /** Fires timers in order, settling before and after each. */
  advance(ms: number): Promise<void>
  /** Advances in small steps until it resolves or rejects, at most so many ms of virtual time. */
  get<T>(promise: Promise<T>, withinMs?: number): Promise<T>
  /** That incarnation fails as if a handler had thrown. */
  fail(path: string, error: Error): void
  /** Its thread stops answering; after its `hungMs` the supervisor ends it. */
  hang(path: string): void
  /** Sends so many messages at once. Returns how many were accepted. */
  fill(path: string, count: number, type?: string, arg?: (index: number) => unknown): number
  /** Stops everything. What is late is ended. */
  close(): Promise<void>
}

export function createTestKit(options: TestKitOptions = {}): TestKit {
  const { seed = 1, at = 0, makeLogger = silentLogger } = options
  const random = seededRandom(`testkit ${seed}`)
  const time = new VirtualTime(at, random)
  const definitions: Definitions = new Map()
  const threads = new InlineThreads(time, (thread, status, supervisor) => {
    // A thread that hangs runs nothing any more: neither its turns nor its timers.
    const isHung = (): boolean => station.isHung
    const timing = time.unless(isHung)
    const station = new Station({
      thread,
      timing,
      clock: timing,
      status,
      supervisor,
      makeLogger,
      definitions,
      clones: true,
    })
    return station
  })
  const system = new System({
    timing: time,
    clock: time,
    threads,
    makeLogger,
    definitions,
    random: random.stream('jitter'),
    clones: true,
    hasSpare: false,
  })

  const stationOf = (path: string): Station => {
    const id = system.directory.get(path).thread?.id ?? 0
    return id === 0 ? system.station : (threads.stations.get(id) as Station)
  }

  const kit: TestKit = {
    system,
    get deadLetters() {
      return system.deadLetters.all
    },
    async spawn(definition, spawnOptions) {
      return kit.get(system.spawn(definition, spawnOptions))
    },
    ref: (path) => system.ref(path),
    probe: (path) => makeProbe(system, path),
    now: () => time.now(),
    settle: () => time.settle(),
    advance: (ms) => time.advance(ms),
    get: (promise, withinMs = 60_000) => time.run(promise, withinMs),
    fail(path, error) {
      const failure: Failure = { kind: 'handler', message: error.message, error: formOf(error) }
      void stationOf(path).cell(path)?.failed(failure)
    },
    hang(path) {
      const { thread, policy } = system.directory.get(path)
      invariant(thread?.handle !== undefined, `${path} has a thread of its own to hang`)
      stationOf(path).isHung = true
      const { hungMs } = policy.limits
      time.after(hungMs, () => system.judge({ kind: 'hung', thread: thread.id, silentMs: hungMs }))
    },
    fill(path, count, type = 'fill', arg = (index) => index) {
      const ref = system.ref<Record<string, (arg: unknown) => void>>(path)
      let accepted = 0
      for (let index = 0; index < count; index++) if (ref.tell(type, arg(index)).ok) accepted++
      return accepted
    },
    async close() {
      await time.run(system.drain({ timeoutMs: 5_000 }), 60_000)
    },
  }
  return kit
}

interface Heard {
  readonly type: string
  readonly arg: unknown
  isExpected: boolean
}

function makeProbe<Api>(system: ActorSystem, path: string): Probe<Api> {
  const heard: Heard[] = []
  const waiting: { readonly type: string; readonly resolve: (value: unknown) => void }[] = []
  const next = new Map<string, unknown[]>()
  const answers = new Map<string, (arg: unknown) => unknown>()

  function receive(type: string, arg: unknown, asked: boolean): unknown {
    heard.push({ type, arg, isExpected: false })
    if (!asked) return undefined
    const answer = answers.get(type)
    if (answer) return answer(arg)
    const prepared = next.get(type)
    if (prepared && prepared.length > 0) return prepared.shift()
    return new Promise((resolve) => void waiting.push({ type, resolve }))
  }

  const handlers = new Proxy(
    {},
    {
      get: (_, type) =>
        typeof type !== 'string' ||
        type === 'then' ||
        type === 'onSignal' ||
        type === 'stop' ||
        type === 'drain'
          ? undefined
          : (arg: unknown, meta: { asked: boolean }) => receive(type, arg, meta.asked),
    },
  )
  const probe = defineActor<object, undefined>('kael:probe', {
    name: 'probe',
    mailbox: { concurrency: 1_000_000, window: 1_000_000, capacity: 1_000_000 },
    supervise: { limits: { handlerMs: Infinity } },
    create: () => handlers,
  })
  // It runs at the next settling; what is sent to it until then waits.
  void system.spawn(probe, { path, props: undefined })

  const describe = (): string => heard.map((one) => `${one.type} ${JSON.stringify(one.arg)}`).join('\n  ')
  return {
    path,
    expect(type, fits = () => true) {
      const found = heard.find(
        (one) => one.type === type && !one.isExpected && fits(one.arg as Parameters<typeof fits>[0]),
      )
      if (!found) throw new Error(`${path} was not told such a ${type}. It was told:\n  ${describe()}`)
      found.isExpected = true
      return found.arg as never
    },
    expectNothing(type) {
      const more = heard.filter((one) => !one.isExpected && (type === undefined || one.type === type))
      if (more.length > 0) throw new Error(`${path} was told more than expected:\n  ${describe()}`)
    },
    reply(type, value) {
      const at = waiting.findIndex((one) => one.type === type)
      if (at >= 0) waiting.splice(at, 1)[0]?.resolve(value)
      else next.set(type, [...(next.get(type) ?? []), value])
    },
    answer: (type, answer) => void answers.set(type, answer as (arg: unknown) => unknown),
    told: (type) => heard.filter((one) => one.type === type).map(({ arg }) => arg) as never[],
  }
}
