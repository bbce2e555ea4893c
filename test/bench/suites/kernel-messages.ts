import { Worker } from 'node:worker_threads'
import {
  type ActorRef,
  type ActorSystem,
  BarWriter,
  type SpawnOptions,
  createArena,
} from '../../../src/kernel/index.ts'
import { alternate, median, microsecondsEach, nowNs, perSecond } from '../measure.ts'
import { type BenchRow, atLeast, atMost, ratioRow } from '../report.ts'
import { barMessage } from '../support/bar-message.ts'
import benchActor, { type BenchApi, type BenchProps } from '../support/bench-actor.ts'
import { startRawWorker } from '../support/raw-worker.ts'
import { createRing, writeRing } from '../support/ring.ts'

const ROUNDS = 7
const OUTSTANDING = 64
const TELLS = 20_000
const READERS = 13
const UPDATES = 100
const patient = { timeoutMs: 10_000 }

export function spawnBench(
  system: ActorSystem,
  path: string,
  options: Partial<SpawnOptions<BenchProps>> = {},
): Promise<ActorRef<BenchApi>> {
  return system.spawn(benchActor, { path, props: {}, ...options })
}

/** Asks and tells between two threads, beside what a bare port does with the same message. */
export async function messageRows(system: ActorSystem): Promise<readonly BenchRow[]> {
  const actor = await spawnBench(system, 'bench/echo', { mailbox: { capacity: 2 * TELLS } })
  const echo = await startRawWorker({ bars: 'echo' })
  const counter = await startRawWorker({ bars: 'count' })
  const ask = (n: number): Promise<unknown> => actor.ask('echo', barMessage(n), patient)
  const rawAsk = (n: number): Promise<unknown> => echo.ask(barMessage(n))

  const roundTrip = await alternate(ROUNDS, {
    ours: async () => median(await microsecondsEach(ask)),
    reference: async () => median(await microsecondsEach(rawAsk)),
  })
  const outstanding = await alternate(ROUNDS, {
    ours: () => perSecond(ask, { outstanding: OUTSTANDING }),
    reference: () => perSecond(rawAsk, { outstanding: OUTSTANDING }),
  })
  const oneWay = await alternate(ROUNDS, {
    ours: () =>
      tellsPerSecond(
        (n) => actor.tell('note', barMessage(n)),
        () => actor.ask('noted', null, patient),
      ),
    reference: () =>
      tellsPerSecond(
        (n) => counter.tell(barMessage(n)),
        () => counter.ask('told'),
      ),
  })
  const ring = await ringPerSecond()
  await Promise.all([echo.end(), counter.end(), system.stop('bench/echo')])
  return [
    ratioRow('ask across threads, p50 | raw postMessage echo', 'us', roundTrip, atMost(1.3)),
    ratioRow(`ask, ${OUTSTANDING} outstanding | raw postMessage`, '/s', outstanding, atLeast(1.5)),
    ratioRow('tell | raw postMessage, one way', '/s', oneWay, atLeast(1.5)),
    ratioRow('tell | ring in shared memory', '/s', { ours: oneWay.ours, reference: ring }, atLeast(0.05)),
  ]
}

async function tellsPerSecond(tell: (n: number) => void, settled: () => Promise<unknown>): Promise<number> {
  const from = nowNs()
  for (let n = 0; n < TELLS; n++) tell(n)
  await settled()
  return TELLS / ((nowNs() - from) / 1e9)
}

async function ringPerSecond(): Promise<number> {
  const ring = createRing()
  const reader = new Worker(new URL('../support/ring-reader.ts', import.meta.url), { workerData: ring })
  writeRing(ring, TELLS)
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = nowNs()
    writeRing(ring, 10 * TELLS)
    rates.push((10 * TELLS) / ((nowNs() - from) / 1e9))
  }
  await reader.terminate()
  return median(rates)
}

/** Between two actors of one thread, beside an async function that does nothing. */
export async function sameThreadRow(system: ActorSystem): Promise<BenchRow> {
  const actor = await spawnBench(system, 'bench/here', { placement: { on: 'here' } })
  const nothing = async (bar: unknown): Promise<unknown> => bar
  const pair = await alternate(ROUNDS, {
    ours: async () => median(await microsecondsEach((n) => actor.ask('echo', barMessage(n), patient))),
    reference: async () => median(await microsecondsEach((n) => nothing(barMessage(n)))),
  })
  await system.stop('bench/here')
  return ratioRow('ask on the same thread, p50 | empty async call', 'us', pair, atMost(10))
}

/** One update of a bar to so many readers, each on a thread of its own, until the last has it. */
export async function fanOutRow(system: ActorSystem): Promise<BenchRow> {
  const arena = createArena({ series: 1, capacity: 1_024 })
  const writer = new BarWriter(arena, 0, 1)
  const ours = new SharedArrayBuffer(8 + READERS * 8)
  const theirs = new SharedArrayBuffer(8 + READERS * 8)
  const places = Array.from({ length: READERS }, (_, place) => place)
  const actors = await Promise.all(
    places.map((place) =>
      spawnBench(system, `bench/reader-${place}`, { props: { reads: { arena, stamps: ours, place } } }),
    ),
  )
  const workers = await Promise.all(
    places.map((place) => startRawWorker({ bars: 'stamp', stamps: theirs, place })),
  )
  const pair = await alternate(5, {
    ours: () =>
      lastReaderUs(ours, (n) => {
        writer.form(barMessage(n))
        for (const actor of actors) actor.tell('ring', { root: 'MNQ' })
      }),
    reference: () =>
      lastReaderUs(theirs, (n) => {
        for (const worker of workers) worker.tell(barMessage(n))
      }),
  })
  await Promise.all(workers.map((each) => each.end()))
  await Promise.all(actors.map((each) => system.stop(each.path)))
  return ratioRow(
    `one bar to ${READERS} threads, last reader, p50 | postMessage to each`,
    'us',
    pair,
    atMost(1.1),
  )
}

async function lastReaderUs(stamps: SharedArrayBuffer, publish: (n: number) => void): Promise<number> {
  const arrived = new Int32Array(stamps, 0, 1)
  const times = new Float64Array(stamps, 8)
  const taken: number[] = []
  for (let n = 0; n < UPDATES; n++) {
    Atomics.store(arrived, 0, 0)
    const from = nowNs()
    publish(n)
    while (Atomics.load(arrived, 0) < READERS) await new Promise((resolve) => setTimeout(resolve, 1))
    taken.push((Math.max(...times) - from) / 1e3)
  }
  return median(taken)
}
