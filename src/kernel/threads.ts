/** Worker threads: how one is started, introduced to others, ended; and what runs inside it. */
import { getCompileCacheDir } from 'node:module'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { MessageChannel, type MessagePort, Worker, workerData } from 'node:worker_threads'
import { SystemClock, type Timing, everyMs, realTiming } from './clock.ts'
import type { Failure } from './envelope.ts'
import { formOf } from './errors.ts'
import { InlineLink, type Link, PortLink } from './link.ts'
import { type MakeLogger, jsonLogger } from './log.ts'
import { Station } from './station.ts'
import { ThreadBlock } from './status.ts'

export interface ThreadOptions {
  readonly thread: number
  readonly name: string
  readonly heapMb?: number
  readonly supervisor: ThreadBlock
}

/** A thread as the main one holds it. */
export interface ThreadHandle {
  readonly thread: number
  readonly status: ThreadBlock
  readonly link: Link
  /** Ends it wherever it is, even in an endless loop. */
  terminate(): Promise<void>
  /** Where it hangs: the functions of a short profile, the busiest first. Empty where that cannot be asked. */
  profile(): Promise<string[]>
}

/** Why a thread ended that nobody asked to end. */
export type OnExit = (failure: Failure) => void

/** Real workers in production, stations of the same thread in the test kit. */
export interface Threads {
  start(options: ThreadOptions, onExit: OnExit): ThreadHandle
  /** Gives two threads a link of their own. */
  introduce(one: ThreadHandle, other: ThreadHandle): void
}

/** How often a thread says that its loop comes round. */
const BEAT_MS = 10
const REPORT_MS = 1_000
const PROFILE_MS = 100
/** A machine short of cores takes longer for it. The thread does nothing meanwhile that it did not do before. */
const PROFILE_WAIT_MS = 1_000

interface Inside {
  readonly thread: number
  readonly port: MessagePort
  readonly status: SharedArrayBuffer
  readonly supervisor: SharedArrayBuffer
  readonly time: SharedArrayBuffer | undefined
  readonly logger: string | undefined
}

export interface WorkerOptions {
  readonly time?: SharedArrayBuffer
  readonly logger?: URL | string
  readonly execArgv?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export class WorkerThreads implements Threads {
  readonly #options: WorkerOptions

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  start({ thread, name, heapMb, supervisor }: ThreadOptions, onExit: OnExit): WorkerHandle {
    const { port1, port2 } = new MessageChannel()
    const { time, logger, execArgv, env } = this.#options
    const status = new ThreadBlock()
    const inside: Inside = {
      thread,
      port: port2,
      status: status.buffer,
      supervisor: supervisor.buffer,
      time,
      logger: logger === undefined ? undefined : String(logger),
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name,
      workerData: inside,
      transferList: [port2],
      ...(execArgv ? { execArgv: [...execArgv] } : {}),
      env: withCompileCache(env ?? process.env),
      ...(heapMb === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngMb(heapMb) } }),
    })
    return new WorkerHandle(thread, worker, new PortLink(port1), status, onExit)
  }

  introduce(one: ThreadHandle, other: ThreadHandle): void {
    const { port1, port2 } = new MessageChannel()
    ;(one.link as PortLink).introduce({ peer: other.thread, port: port1 })
    ;(other.link as PortLink).introduce({ peer: one.thread, port: port2 })
  }
}

/** Once the process has a compile cache, workers use it too: reading their modules takes most of a start. */
function withCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir()
  return directory === undefined ? env : { ...env, NODE_COMPILE_CACHE: directory }
}

class WorkerHandle implements ThreadHandle {
  readonly thread: number
  readonly status: ThreadBlock
  readonly link: PortLink
  readonly #worker: Worker
  #error: Error | undefined

  constructor(thread: number, worker: Worker, link: PortLink, status: ThreadBlock, onExit: OnExit) {
    this.thread = thread
    this.status = status
    this.link = link
    this.#worker = worker
    worker.on('error', (error: unknown) => {
      this.#error = error instanceof Error ? error : new Error(String(error))
    })
    worker.once('exit', (code) => onExit(this.#failure(code)))
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  async profile(): Promise<string[]> {
    // Absent before Node 24.8: the status block's actor and type have to do then.
    if (typeof this.#worker.startCpuProfile !== 'function') return []
    const late = Promise.withResolvers<string[]>()
    const cancel = realTiming.after(PROFILE_WAIT_MS, () => late.resolve([]))
    const where = await Promise.race([this.#sample().catch(() => []), late.promise])
    cancel()
    return where
  }

  async #sample(): Promise<string[]> {
    const handle = await this.#worker.startCpuProfile()
    await new Promise<void>((resolve) => {
      realTiming.after(PROFILE_MS, resolve)
    })
    return busiest(JSON.parse(await handle.stop()) as Profile)
  }

  #failure(code: number): Failure {
    const error = this.#error
    if (!error) return { kind: 'exit', message: `the thread ended with code ${code}` }
    const isOom = (error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY'
    return { kind: isOom ? 'oom' : 'error', message: error.message, error: formOf(error) }
  }
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples?: readonly number[]
}

function busiest({ nodes, samples = [] }: Profile): string[] {
  const counts = new Map<number, number>()
  for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1)
  return nodes
    .filter(({ id, callFrame }) => counts.has(id) && !callFrame.functionName.startsWith('('))
    .toSorted((a, b) => (counts.get(b.id) ?? 0) - (counts.get(a.id) ?? 0))
    .slice(0, 3)
    .map(({ callFrame: { functionName, url, lineNumber } }) => {
      const file = url.slice(url.lastIndexOf('/') + 1)
      return `${functionName === '' ? 'anonymous' : functionName} ${file}:${lineNumber + 1}`
    })
}

/** The whole of a worker: a station, its link to the main thread, and its beat. */
export async function workerMain(): Promise<void> {
  const { thread, port, status: buffer, supervisor, time, logger } = workerData as Inside
  const status = new ThreadBlock(buffer)
  const clock = new SystemClock(time)
  status.beat(realTiming.monotonic())
  const cancels = [
    everyMs(BEAT_MS, () => status.beat(realTiming.monotonic())),
    everyMs(REPORT_MS, () => report(status)),
  ]
  const link = new PortLink(port, ({ peer, port: theirs }) => {
    // A second link to the same thread would break the order: there is exactly one.
    station.attach(peer, new PortLink(theirs))
  })
  const station = new Station({
    thread,
    timing: realTiming,
    clock,
    status,
    supervisor: new ThreadBlock(supervisor),
    makeLogger: await loadLogger(logger, () => clock.now()),
    definitions: new Map(),
    clones: false,
  })
  station.onClosed = () => {
    for (const cancel of cancels) cancel()
  }
  station.attach(0, link)
  station.notify({ kind: 'ready' })
}

let lastUtilization = performance.eventLoopUtilization()

function report(status: ThreadBlock): void {
  const { used_heap_size: used, heap_size_limit: limit, external_memory: external } = getHeapStatistics()
  const utilization = performance.eventLoopUtilization()
  status.report(
    used,
    limit,
    external,
    performance.eventLoopUtilization(utilization, lastUtilization).utilization,
  )
  lastUtilization = utilization
}

export async function loadLogger(url: string | undefined, now: () => number): Promise<MakeLogger> {
  if (url === undefined) return jsonLogger(now)
  const loaded = (await import(url)) as { default?: MakeLogger }
  if (typeof loaded.default !== 'function')
    throw new TypeError(`the default export of ${url} makes a logger from a name`)
  return loaded.default
}

/** Threads that are not: for tests, where break points, coverage and a virtual clock work. */
export class InlineThreads implements Threads {
  readonly #timing: Timing
  readonly #makeStation: (thread: number, status: ThreadBlock, supervisor: ThreadBlock) => Station
  readonly stations = new Map<number, Station>()

  constructor(
    timing: Timing,
    makeStation: (thread: number, status: ThreadBlock, supervisor: ThreadBlock) => Station,
  ) {
    this.#timing = timing
    this.#makeStation = makeStation
  }

  start({ thread, supervisor }: ThreadOptions, onExit: OnExit): ThreadHandle {
    const status = new ThreadBlock()
    const station = this.#makeStation(thread, status, supervisor)
    this.stations.set(thread, station)
    const [ours, theirs] = InlineLink.pair(this.#timing)
    station.attach(0, theirs)
    station.notify({ kind: 'ready' })
    let isOver = false
    const end = (failure: Failure): void => {
      if (isOver) return
      isOver = true
      this.stations.delete(thread)
      station.abandon()
      this.#timing.defer(() => onExit(failure))
    }
    station.onClosed = () => end({ kind: 'exit', message: 'the thread ended with code 0' })
    return {
      thread,
      status,
      link: ours,
      profile: () => Promise.resolve([]),
      terminate: () => Promise.resolve(end({ kind: 'exit', message: 'the thread ended with code 1' })),
    }
  }

  introduce(one: ThreadHandle, other: ThreadHandle): void {
    const [ours, theirs] = InlineLink.pair(this.#timing)
    this.stations.get(one.thread)?.attach(other.thread, ours)
    this.stations.get(other.thread)?.attach(one.thread, theirs)
  }
}

/** New objects get an eighth on top: with the platform's default a thread of 64 MB would hold as much again. */
function youngMb(heapMb: number): number {
  return Math.max(2, heapMb / 8)
}
