import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import {
  type ActorRef,
  type ActorSnapshot,
  type ActorSystem,
  createSystem,
} from '../../../src/kernel/index.ts'
import { median, nowNs } from '../measure.ts'
import { type BenchRow, atMost, ratioRow, valueRow } from '../report.ts'
import { barMessage } from '../support/bar-message.ts'
import type { BenchApi } from '../support/bench-actor.ts'
import { type RawWorker, startRawWorker } from '../support/raw-worker.ts'
import { spawnBench } from './kernel-messages.ts'

const ROUNDS = 7
const HUNG_MS = 500
const TICK_MS = 25
/** Between two crashes. */
const REST_MS = 200
const IDLE = 10
const FLOOD = 100_000
const patient = { timeoutMs: 10_000 }
/** Restarts at once and as often as the suite wants. */
const supervise = { backoff: { minMs: 0, jitter: 0 }, intensity: { max: 1_000, withinMs: 60_000 } } as const
const logger = new URL('../support/silent.ts', import.meta.url)

/** What it takes to see that a thread is gone and to have another one answer. */
export async function failureRows(): Promise<readonly BenchRow[]> {
  const fresh = await ourCrashes(false)
  const spare = await ourCrashes(true)
  const raw = await rawCrashes()
  return [
    ratioRow(
      'crash: pending ask ended, p50 | exit event of a Worker',
      'ms',
      { ours: fresh.noticedMs, reference: raw.noticedMs },
      atMost(1),
    ),
    ratioRow(
      'crash to first answer of the replacement | fresh Worker, same imports',
      'ms',
      { ours: fresh.replacedMs, reference: raw.replacedMs },
      atMost(1.3),
    ),
    ratioRow(
      'the same with a spare thread | fresh Worker, same imports',
      'ms',
      { ours: spare.replacedMs, reference: raw.replacedMs },
      atMost(0.1),
    ),
  ]
}

interface Crash {
  readonly noticedMs: number
  readonly replacedMs: number
}

async function ourCrashes(spare: boolean): Promise<Crash> {
  const system = await createSystem({ logger, spare })
  const actor = await spawnBench(system, 'bench/crashing', { supervise })
  const crash = async (): Promise<Crash> => {
    await (spare ? untilSpare(system) : sleep(REST_MS))
    const from = nowNs()
    const noticed = await actor.ask('exit', 7, patient).then(nowNs, nowNs)
    await actor.ask('echo', barMessage(0), patient)
    return { noticedMs: (noticed - from) / 1e6, replacedMs: (nowNs() - noticed) / 1e6 }
  }
  const crashes = await repeated(crash)
  await system.drain({ timeoutMs: 3_000 })
  return crashes
}

/** The kernel starts a spare thread when nothing else has been started for a second. */
async function untilSpare(system: ActorSystem): Promise<void> {
  const isReady = (): boolean =>
    system.snapshot().threads.some((each) => each.isSpare && each.beatAgeMs !== undefined)
  while (!isReady()) await sleep(20)
}

async function rawCrashes(): Promise<Crash> {
  let worker: RawWorker = await startRawWorker({ bars: 'echo' }, 'raw-echo-with-kernel.ts')
  const crash = async (): Promise<Crash> => {
    await sleep(REST_MS)
    const from = nowNs()
    worker.tell('exit')
    await worker.exited
    const noticed = nowNs()
    worker = await startRawWorker({ bars: 'echo' }, 'raw-echo-with-kernel.ts')
    return { noticedMs: (noticed - from) / 1e6, replacedMs: (nowNs() - noticed) / 1e6 }
  }
  const crashes = await repeated(crash)
  await worker.end()
  return crashes
}

async function repeated(crash: () => Promise<Crash>): Promise<Crash> {
  await crash()
  const crashes: Crash[] = []
  for (let round = 0; round < ROUNDS; round++) crashes.push(await crash())
  return {
    noticedMs: median(crashes.map((each) => each.noticedMs)),
    replacedMs: median(crashes.map((each) => each.replacedMs)),
  }
}

export async function hangRow(): Promise<BenchRow> {
  const system = await createSystem({ logger, spare: false, tickMs: TICK_MS })
  const limits = { hungMs: HUNG_MS }
  const actor = await spawnBench(system, 'bench/hanging', { supervise: { ...supervise, limits } })
  const over: number[] = []
  for (let round = 0; round < 3; round++) {
    await untilAnswered(actor)
    const failed = Promise.withResolvers<number>()
    const forget = system.on('failure', () => failed.resolve(nowNs()))
    const from = nowNs()
    actor.tell('spin', null)
    over.push(((await failed.promise) - from) / 1e6 - HUNG_MS)
    forget()
  }
  await system.drain({ timeoutMs: 3_000 })
  return valueRow('hung thread profiled and ended, beyond its limit', 'ms', median(over), atMost(2 * TICK_MS))
}

/** A busy machine may keep a thread from beating for longer than this suite's short limit: then it is asked again. */
async function untilAnswered(actor: ActorRef<BenchApi>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await actor.ask('echo', barMessage(0), patient).catch((error: unknown) => error)
    if (!(answer instanceof Error)) return
    if (tries === 10) throw answer
  }
}

/** Resident memory of idle threads, each kind once before and once after the other: who is second finds freed pages. */
export async function memoryRow(system: ActorSystem): Promise<BenchRow> {
  // The first of each kind pays for what all share.
  await (
    await startIdleWorkers(1)
  )()
  await (
    await startIdleActors(system, 1)
  )()
  const ours: number[] = []
  const reference: number[] = []
  for (const isOursFirst of [false, true]) {
    const ends: (() => Promise<unknown>)[] = []
    for (const isOurs of [isOursFirst, !isOursFirst]) {
      const before = process.memoryUsage.rss()
      ends.push(await (isOurs ? startIdleActors(system, IDLE) : startIdleWorkers(IDLE)))
      const taken = isOurs ? ours : reference
      taken.push((process.memoryUsage.rss() - before) / IDLE / 2 ** 20)
    }
    await Promise.all(ends.map((end) => end()))
  }
  return ratioRow(
    'memory of an idle actor with a thread of its own | idle Worker',
    'MB',
    { ours: median(ours), reference: median(reference) },
    atMost(1.5),
  )
}

async function startIdleWorkers(count: number): Promise<() => Promise<unknown>> {
  const workers = await Promise.all(Array.from({ length: count }, () => startRawWorker({ bars: 'echo' })))
  return () => Promise.all(workers.map((each) => each.end()))
}

async function startIdleActors(system: ActorSystem, count: number): Promise<() => Promise<unknown>> {
  const paths = Array.from({ length: count }, (_, index) => `bench/idle-${index}`)
  await Promise.all(paths.map((path) => spawnBench(system, path)))
  return () => Promise.all(paths.map((path) => system.stop(path)))
}

/** A flood at a receiver that is blocked and then killed: what was sent and what became of it must add up. */
export async function lossRow(): Promise<BenchRow> {
  const system = await createSystem({ logger, spare: false })
  const actor = await spawnBench(system, 'bench/flooded', { supervise })
  const failure = new Promise<void>((resolve) => void system.on('failure', () => resolve()))
  actor.tell('block', 200)
  for (let n = 0; n < FLOOD; n++) {
    actor.tell('note', barMessage(n))
    // Room to breathe, so that some arrive and some are refused.
    if (n % 1_000 === 0) await turn()
    if (n === FLOOD / 2) await system.kill('bench/flooded')
  }
  await failure
  const books = await settledBooks(system, 'bench/flooded')
  await system.drain({ timeoutMs: 3_000 })
  const { sent, settled, conflated, dropped, rejected, expired, dead, depth } = books
  const missing = sent - (settled + conflated + dropped + rejected + expired + dead + depth)
  return valueRow(
    `messages gone without a counter, of ${sent} at a blocked and killed receiver`,
    'messages',
    Math.abs(missing),
    atMost(0),
  )
}

/** The books of an actor once nothing waits for it any more. */
async function settledBooks(system: ActorSystem, path: string): Promise<ActorSnapshot> {
  for (const end = nowNs() + 10e9; ;) {
    const books = system.snapshot().actors.find((each) => each.path === path)
    if (books?.state === 'running' && (books.depth === 0 || nowNs() > end)) return books
    await sleep(10)
  }
}
