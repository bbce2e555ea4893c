import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import {
  actorModule,
  type ActorRef,
  type ActorSystem,
  BarReader,
  createArena,
  createSystem,
  createTime,
  type Failure,
  type SystemOptions,
  TimeBlock,
} from '../../src/kernel/index.ts'
import { books } from './support/harness.ts'
import puppet, { type PuppetApi, type PuppetProps } from './support/puppet.ts'

const logger = new URL('./support/silent.ts', import.meta.url)
const soon = { timeoutMs: 3_000 }
const quick = { backoff: { minMs: 5 } }

let system: ActorSystem
const failures: Failure[] = []

async function open(options: SystemOptions = {}): Promise<void> {
  failures.length = 0
  system = await createSystem({ logger, spare: false, ...options })
  system.on('failure', ({ failure }) => failures.push(failure))
}

const spawn = (
  path: string,
  options: Partial<Parameters<typeof system.spawn<PuppetApi, PuppetProps>>[1]> = {},
): Promise<ActorRef<PuppetApi>> => system.spawn(puppet, { path, props: {}, supervise: quick, ...options })

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: { code?: string }) => error.code,
  )

async function until(holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step++) {
    if (step > 5_000) throw new Error('it did not come to hold')
    await sleep(2)
  }
}

afterEach(async () => {
  await system.drain({ timeoutMs: 3_000 })
})

describe('a worker thread that', () => {
  test('meets an error outside every handler is replaced with all that is on it', async () => {
    await open()
    const placement = { on: 'pack', group: 'watch', threads: 1 } as const
    const es = await spawn('analyst/ES', { placement })
    const nq = await spawn('analyst/NQ', { placement })
    const before = books(system, 'analyst/ES').thread

    es.tell('stray', 'in a timer')
    await until(() => books(system, 'analyst/ES').restarts + books(system, 'analyst/NQ').restarts === 2)

    expect(await Promise.all([es, nq].map((ref) => ref.ask('epoch', null, soon)))).toEqual([2, 2])
    expect(books(system, 'analyst/ES').thread).not.toBe(before)
    expect(failures[0]).toMatchObject({ kind: 'error', message: 'in a timer' })
  })

  test.each([0, 7])('exits with %i when nobody asked it to has failed', async (code) => {
    await open()
    const es = await spawn('analyst/ES')

    es.tell('exit', code)
    await until(() => books(system, 'analyst/ES').restarts === 1)

    expect(failures).toMatchObject([{ kind: 'exit', message: `the thread ended with code ${code}` }])
    expect(await es.ask('epoch', null, soon)).toBe(2)
  })

  test('overflows its stack in a handler has a failed actor, and lives', async () => {
    await open()
    const es = await spawn('analyst/ES')
    const { thread } = books(system, 'analyst/ES')

    const error = await es.ask('overflowStack', 0, soon).catch((e: unknown) => e)
    await until(() => books(system, 'analyst/ES').restarts === 1)

    expect(error).toMatchObject({ name: 'RangeError' })
    expect(books(system, 'analyst/ES').thread).toBe(thread)
  })

  test('fills its heap ends alone, and that is known as such', { timeout: 30_000 }, async () => {
    await open()
    const es = await spawn('analyst/ES', { heapMb: 24, supervise: { ...quick, limits: { hungMs: 20_000 } } })
    const nq = await spawn('analyst/NQ')

    es.tell('hoard', null)
    await until(() => books(system, 'analyst/ES').failures === 1)

    expect(failures).toMatchObject([{ kind: 'oom' }])
    expect(await nq.ask('epoch', null, soon)).toBe(1)
  })

  test.each(['spin', 'block'] as const)(
    'hangs (%s) is found, ended and replaced, while the others go on',
    async (how) => {
      await open()
      const es = await spawn('analyst/ES')
      const nq = await spawn('analyst/NQ')
      const startedAt = performance.now()

      es.tell(how, null)
      const asked = codeOf(es.ask('epoch', null, { timeoutMs: 10_000 }))
      expect(await nq.ask('echo', 'alive', { timeoutMs: 300 })).toBe('alive')
      await until(() => books(system, 'analyst/ES').failures === 1)
      const foundMs = performance.now() - startedAt

      expect(await asked).toBe('ACTOR_DIED')
      expect(failures).toMatchObject([{ kind: 'hung', type: how }])
      // 400 ms is its limit; the profile takes 100 of the rest.
      expect(foundMs).toBeGreaterThan(400)
      expect(foundMs).toBeLessThan(1_500)
      expect(await es.ask('epoch', null, soon)).toBe(2)
      expect(books(system, 'analyst/NQ').failures).toBe(0)
    },
  )

  test('hangs says where, as far as a profile shows it', async () => {
    await open()
    const es = await spawn('analyst/ES')

    es.tell('spin', null)
    await until(() => failures.length === 1)

    expect(failures[0]?.where?.join(' ')).toMatch(/\.ts:\d+/)
  })

  test('is packed is blamed on the actor that was running, not on its neighbours', async () => {
    await open()
    const placement = { on: 'pack', group: 'watch', threads: 1 } as const
    const supervise = { ...quick, intensity: { max: 0 } }
    const es = await spawn('analyst/ES', { placement, supervise })
    const nq = await spawn('analyst/NQ', { placement, supervise })

    es.tell('exit', 1)
    await until(() => books(system, 'analyst/ES').state === 'quarantined')

    expect(await nq.ask('epoch', null, soon)).toBe(2)
  })

  test('hangs once where that is one too many halts the system', async () => {
    await open()
    const halts: string[] = []
    system.on('halt', ({ path }) => halts.push(path))
    const executor = await spawn('executor/paper', { supervise: { onHang: 'escalate' } })

    executor.tell('spin', null)
    await until(() => halts.length === 1)

    expect(halts).toEqual(['executor/paper'])
  })
})

describe('a module that', () => {
  test('does not load is a failed start: tried again, then in quarantine', async () => {
    await open()
    const module = actorModule<PuppetApi, PuppetProps>(new URL('./support/broken.ts', import.meta.url))

    const error = await codeOf(system.spawn(module, { path: 'analyst/ES', props: {}, supervise: quick }))

    expect(error).toBe('NOT_STARTED')
    expect(failures.length).toBe(4)
    expect(failures[0]).toMatchObject({ kind: 'load', message: 'this module does not load' })
  })

  test('has no definition for its default is not an actor', async () => {
    await open()
    const url = new URL('./support/not-an-actor.ts', import.meta.url)
    const supervise = { intensity: { max: 0 } }

    await codeOf(system.spawn(actorModule(url), { path: 'analyst/ES', props: {}, supervise }))

    expect(failures[0]?.message).toContain('not-an-actor.ts is an actor')
  })

  test('is named is not loaded into the main thread', async () => {
    await open()
    const module = actorModule<PuppetApi, PuppetProps>(puppet.module)

    const es = await system.spawn(module, { path: 'analyst/ES', props: {}, mailbox: { window: 1 } })
    es.tell('hold', 60)
    for (let c = 1; c <= 5; c++) es.tell('bar', { tf: '1m', c })

    expect(await es.ask('noted', null, soon)).toEqual(['held', { tf: '1m', c: 5 }])
  })
})

describe('threads', () => {
  test('talk to each other directly: nothing waits for the main thread', async () => {
    await open()
    const es = await spawn('analyst/ES')
    await spawn('executor/paper')
    await es.ask('pingPong', { to: 'executor/paper', count: 1 }, soon)

    const played = es.ask('pingPong', { to: 'executor/paper', count: 50 }, soon)
    await sleep(1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)

    expect(await played).toBeLessThan(500)
  })

  test('see when nobody supervises them any more', async () => {
    await open()
    const es = await spawn('analyst/ES')
    await sleep(60)
    expect(await es.ask('supervisorAgeMs', null, soon)).toBeLessThan(1_000)

    const watched = es.ask('watchSupervisor', 200, soon)
    await sleep(20)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)

    expect(await watched).toBeGreaterThan(120)
  })

  test('that die take what waited in them along, and that is counted', async () => {
    await open()
    const es = await spawn('analyst/ES')
    const executor = await spawn('executor/paper', { mailbox: { window: 4 } })
    await es.ask('pingPong', { to: 'executor/paper', count: 1 }, soon)
    executor.tell('hold', 400)
    await es.ask('pour', { to: 'executor/paper', count: 50 }, soon)

    await system.kill('analyst/ES')
    await until(() => books(system, 'executor/paper').depth === 0)

    // What had left for the executor arrives although its sender is dead.
    expect(await executor.ask('noted', null, soon)).toEqual(['held', 0, 1, 2, 3])
    expect(books(system, 'executor/paper')).toMatchObject({ sent: 53, settled: 7, dead: 46 })
    expect(system.deadLetters.counts).toMatchObject({ 'sender-died': 46 })
  })

  test('take over what a dead owner left of its bars', async () => {
    await open()
    const arena = createArena({ series: 1, capacity: 8 })
    const feed = await spawn('feed', { owns: [arena] })
    feed.tell('writeBars', { arena, isTorn: true })
    await feed.ask('epoch', null, soon)
    const reader = new BarReader(arena, 0)

    await system.kill('feed')
    await until(() => books(system, 'feed').restarts === 1)
    expect(reader.forming()).toBeUndefined()
    feed.tell('writeBars', { arena, isTorn: false })
    await feed.ask('epoch', null, soon)

    expect(reader.forming()).toMatchObject({ t: 1 })
  })

  test('share one time, set by whoever holds it', async () => {
    const time = createTime()
    await open({ time })
    const es = await spawn('analyst/ES')
    const at = Date.UTC(2024, 0, 2)

    new TimeBlock(time).set({ at, rate: 0 })

    expect(await es.ask('now', null, soon)).toBe(at)
  })

  test('each load the logger that is named', async () => {
    const heard: { name: string; message: string; isWorker: boolean }[] = []
    const channel = new BroadcastChannel('kernel-test-log')
    channel.addEventListener('message', (event) =>
      heard.push((event as unknown as { data: (typeof heard)[0] }).data),
    )
    await open({ logger: new URL('./support/telling-logger.ts', import.meta.url) })
    const es = await spawn('analyst/ES')

    es.tell('log', 'from inside')
    await until(() => heard.length > 0)
    channel.close()

    expect(heard).toEqual([{ name: 'analyst/ES', message: 'from inside', isWorker: true }])
  })

  test('report their heap and how busy they are', { timeout: 10_000 }, async () => {
    await open()
    await spawn('analyst/ES', { heapMb: 48 })
    await until(() => system.snapshot().threads.some(({ heapUsed }) => heapUsed > 0))

    const thread = system.snapshot().threads.find(({ actors }) => actors.includes('analyst/ES'))
    expect(thread?.heapUsed).toBeGreaterThan(1_000_000)
    expect(thread?.heapLimit).toBeGreaterThan(thread?.heapUsed ?? 0)
    expect(thread?.beatAgeMs).toBeLessThan(500)
    expect(thread?.utilization).toBeLessThanOrEqual(1)
  })

  test('that are kept ready replace one that died', { timeout: 10_000 }, async () => {
    await open({ spare: true })
    const es = await spawn('analyst/ES')
    await until(() => system.snapshot().threads.some(({ isSpare }) => isSpare))
    const spare = system.snapshot().threads.find(({ isSpare }) => isSpare)?.thread

    await system.kill('analyst/ES')
    await until(() => books(system, 'analyst/ES').restarts === 1)

    expect(await es.ask('epoch', null, soon)).toBe(2)
    expect(books(system, 'analyst/ES').thread).toBe(spare)
  })

  test('are all gone after a drain, and no port or timer keeps the process alive', async () => {
    const before = process.getActiveResourcesInfo()
    await open({ spare: true })
    const es = await spawn('analyst/ES')
    await spawn('executor/paper')
    await es.ask('pingPong', { to: 'executor/paper', count: 3 }, soon)
    es.tell('hold', 60_000)

    await system.drain({ timeoutMs: 3_000 })
    await sleep(20)

    const left = process.getActiveResourcesInfo()
    for (const one of before) {
      const at = left.indexOf(one)
      if (at >= 0) left.splice(at, 1)
    }
    expect(left.filter((one) => /Worker|MessagePort|Timeout/.test(one))).toEqual([])
  })
})

test('two dozen kills while messages flow: none is lost uncounted', { timeout: 60_000 }, async () => {
  await open()
  const supervise = { intensity: { max: 10_000 }, backoff: { minMs: 1, maxMs: 2 } }
  const analysts = await Promise.all(
    ['ES', 'NQ', 'YM'].map((root) => spawn(`analyst/${root}`, { supervise })),
  )
  await spawn('executor/paper', { supervise, mailbox: { capacity: 1_000 } })
  const paths = ['analyst/ES', 'analyst/NQ', 'analyst/YM', 'executor/paper']

  for (let round = 0; round < 24; round++) {
    for (const analyst of analysts) {
      void codeOf(analyst.ask('pour', { to: 'executor/paper', count: 10 }, { timeoutMs: 500 }))
      analyst.tell('bar', { tf: '1m', c: round })
    }
    const victim = paths[round % 4] as string
    await until(() => books(system, victim).state === 'running')
    await system.kill(victim)
    await sleep(round % 7)
  }
  await until(() => paths.every((path) => books(system, path).depth === 0))

  for (const path of paths) {
    const { sent, settled, conflated, dropped, rejected, dead, expired } = books(system, path)
    expect([path, sent]).toEqual([path, settled + conflated + dropped + rejected + dead + expired])
    expect(sent).toBeGreaterThan(20)
  }
  expect(books(system, 'executor/paper').restarts).toBe(6)
})
