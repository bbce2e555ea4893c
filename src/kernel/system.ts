/**
 * The main thread's part: it keeps the book and the watch over threads, and handles no messages between actors.
 */
import { type Random, invariant } from '../lib/index.ts'
import type { ActorDef, ActorModule, ActorRef, PartialPolicy, SpawnOptions, StopReason } from './actor.ts'
import type { ClockSource, Timing } from './clock.ts'
import { registerDefinition } from './context.ts'
import { DeadLetters } from './dead-letters.ts'
import { Directory } from './directory.ts'
import { type DrainOptions, type DrainReport, drainSystem } from './drain.ts'
import type { Notice } from './envelope.ts'
import { ActorError, formOf } from './errors.ts'
import { EventHub, type KernelEvents, type Unsubscribe } from './events.ts'
import { Ledger } from './ledger.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Logger, MakeLogger } from './log.ts'
import { DEFAULT_RULES } from './mailbox.ts'
import { type ActorRecord, isLive, newRecord } from './record.ts'
import { type SystemSnapshot, snapshotOf } from './snapshot.ts'
import { type Definitions, Station } from './station.ts'
import { ThreadBlock } from './status.ts'
import { Supervisor, policyOf } from './supervision.ts'
import { ThreadBook, type ThreadRecord } from './thread-book.ts'
import type { Threads } from './threads.ts'
import type { Verdict } from './watchdog.ts'

export interface ConfigureOptions {
  readonly concurrency?: number
  readonly capacity?: number
  readonly window?: number
  readonly hungMs?: number
}

/** What the main thread holds. Paths that are not there are defects; all limits are real ms. */
export interface ActorSystem {
  /**
   * Resolves when it runs. Rejects with `NOT_STARTED` when it is given up (quarantined, escalated, stopped), with
   * `UNCLONEABLE` for props that cannot cross a thread, and with `SYSTEM_DRAINING`.
   */
  spawn<A, P>(definition: ActorDef<A, P> | ActorModule<A, P>, options: SpawnOptions<P>): Promise<ActorRef<A>>
  ref<A>(path: string): ActorRef<A>
  /** Messages wait or conflate meanwhile. */
  pause(path: string): Promise<void>
  resume(path: string): Promise<void>
  /** A new incarnation, without a mark against the old one. What was not begun is delivered to the new one. */
  restart(path: string): Promise<void>
  stop(path: string): Promise<void>
  /** Lifts a quarantine: starts it, and forgives what was. */
  release(path: string): Promise<void>
  /** At run time, without a restart. */
  configure(path: string, options: ConfigureOptions): void
  /** Ends the thread of that actor, as a crash would. For tests and drills. */
  kill(path: string): Promise<void>
  /** In the order of dependence, then everything else, then the threads. What is late is ended and reported. */
  drain(options: DrainOptions): Promise<DrainReport>
  snapshot(): SystemSnapshot
  on<K extends keyof KernelEvents>(event: K, hear: (event: KernelEvents[K]) => void): Unsubscribe
  readonly deadLetters: DeadLetters
}

export interface SystemPorts {
  readonly timing: Timing
  readonly clock: ClockSource
  readonly threads: Threads
  readonly makeLogger: MakeLogger
  readonly definitions: Definitions
  readonly random: Random
  readonly clones: boolean
  /** Keeps one started thread ready for a replacement. */
  readonly hasSpare: boolean
}

const PATH = /^[\w.-]+(\/[\w.-]+)*$/
/** Senders and threads that are gone are looked after this often. */
const TIDY_MS = 500
/** How often a drain looks whether a queue is empty. */
const POLL_MS = 5

export class System implements ActorSystem {
  readonly deadLetters = new DeadLetters()
  readonly ledger = new Ledger()
  readonly directory: Directory
  readonly station: Station
  readonly threads: ThreadBook
  readonly timing: Timing
  readonly #ports: SystemPorts
  readonly #events = new EventHub()
  readonly #supervisor: Supervisor
  readonly #lifecycle: Lifecycle
  readonly #log: Logger
  readonly #inbox: { readonly thread: number; readonly notice: Notice }[] = []
  readonly #atClose: (() => void)[] = []
  #drained: Promise<DrainReport> | undefined

  constructor(ports: SystemPorts) {
    const { timing, clock, makeLogger, definitions, clones, threads, hasSpare } = ports
    this.#ports = ports
    this.timing = timing
    this.#supervisor = new Supervisor(ports.random)
    this.#log = makeLogger('kernel')
    const onNotice = (notice: Notice): void => this.#enqueue(0, notice)
    const status = new ThreadBlock()
    this.station = new Station({
      thread: 0,
      timing,
      clock,
      status,
      supervisor: status,
      makeLogger,
      definitions,
      clones,
      onNotice,
    })
    this.station.onPeerNotice = (thread, notice) => this.#enqueue(thread, notice)
    this.threads = new ThreadBook({ timing, threads, station: this.station, hasSpare }, (thread, failure) => {
      this.ledger.threadEnded(thread.id, (path) => this.directory.epochOf(path), timing.monotonic())
      this.directory.threadEnded(thread.id)
      this.#lifecycle.threadEnded(thread, failure)
    })
    this.directory = new Directory(this.threads)
    this.#lifecycle = new Lifecycle({
      timing,
      clock,
      directory: this.directory,
      threads: this.threads,
      supervisor: this.#supervisor,
      events: this.#events,
      log: this.#log,
    })
    this.#tidyLater()
  }

  get isDraining(): boolean {
    return this.#lifecycle.isDraining
  }

  async spawn<A, P>(
    definition: ActorDef<A, P> | ActorModule<A, P>,
    options: SpawnOptions<P>,
  ): Promise<ActorRef<A>> {
    const key = registerDefinition(this.#ports.definitions, definition, 0)
    const supervise = 'create' in definition ? definition.supervise : undefined
    await this.#spawn(definition.module, key, options, supervise)
    return this.ref<A>(options.path)
  }

  ref<A>(path: string): ActorRef<A> {
    return this.station.ref<A>(path, 'main')
  }

  async pause(path: string): Promise<void> {
    const record = this.directory.get(path)
    if (record.state !== 'running') return
    this.directory.set(record, 'paused')
    this.directory.order(record, { kind: 'pause', path, epoch: record.epoch })
  }

  async resume(path: string): Promise<void> {
    const record = this.directory.get(path)
    if (record.state !== 'paused') return
    this.directory.set(record, 'running')
    this.directory.order(record, { kind: 'resume', path, epoch: record.epoch })
  }

  async restart(path: string): Promise<void> {
    const record = this.directory.get(path)
    if (!isLive(record)) return this.release(path)
    await this.#lifecycle.restart(record)
    await this.directory.whenRunning(path)
  }

  async stop(path: string): Promise<void> {
    await this.#lifecycle.stop(path, 'stop')
  }

  async release(path: string): Promise<void> {
    const record = this.directory.get(path)
    if (record.state !== 'quarantined' && record.state !== 'failed') return
    this.#supervisor.released(path)
    this.#lifecycle.start(record)
    await this.directory.whenRunning(path)
  }

  configure(path: string, options: ConfigureOptions): void {
    const record = this.directory.get(path)
    const { hungMs, ...rules } = options
    record.override = { ...record.override, ...rules }
    record.rules = { ...(record.rules ?? DEFAULT_RULES), ...rules }
    if (hungMs !== undefined)
      record.policy = { ...record.policy, limits: { ...record.policy.limits, hungMs } }
    const { concurrency } = options
    if (concurrency !== undefined) this.directory.order(record, { kind: 'configure', path, concurrency })
    this.directory.publish(record)
  }

  async kill(path: string): Promise<void> {
    const record = this.directory.get(path)
    const { thread, epoch } = record
    const failure = { kind: 'exit', message: 'killed' } as const
    if (thread?.handle) await thread.handle.terminate()
    else this.directory.order(record, { kind: 'fail', path, epoch, failure })
  }

  drain(options: DrainOptions): Promise<DrainReport> {
    if (this.#drained) return this.#drained
    this.#lifecycle.isDraining = true
    this.station.isDraining = true
    for (const { id } of this.threads.all) this.threads.order(id, { kind: 'draining' })
    this.#drained = drainSystem(this, options)
    return this.#drained
  }

  snapshot(): SystemSnapshot {
    return snapshotOf(this)
  }

  on<K extends keyof KernelEvents>(event: K, hear: (event: KernelEvents[K]) => void): Unsubscribe {
    return this.#events.on(event, hear)
  }

  stopFor(path: string, why: StopReason): Promise<boolean> {
    return this.#lifecycle.stop(path, why)
  }

  end(path: string): Promise<void> {
    return this.#lifecycle.end(path)
  }

  /** Calls the actor's drain hook, once nothing waits for it any more. False when that took too long. */
  async drainActor(path: string, deadline: number): Promise<boolean> {
    const record = this.directory.find(path)
    if (!record || record.state !== 'running') return true
    const { epoch } = record
    this.directory.set(record, 'draining')
    const isOver = (): boolean => record.epoch !== epoch || record.state !== 'draining'
    const isEmpty = await this.#poll(deadline, () => this.ledger.booksOf(path).waiting <= 0 || isOver())
    if (!isEmpty) return false
    record.isDrained = false
    this.directory.order(record, { kind: 'drain', path, epoch })
    return this.#poll(deadline, () => record.isDrained || isOver())
  }

  atClose(run: () => void): void {
    this.#atClose.push(run)
  }

  /** Ends what the system itself holds. After this nothing of it keeps the process alive. */
  async close(): Promise<void> {
    for (const run of this.#atClose) run()
    await this.threads.close()
    this.station.close()
  }

  /** What the watchdog found. */
  judge(verdict: Verdict): void {
    if (verdict.kind === 'overload') {
      this.#log.warn('most threads are late: the machine is short of cores', { ...verdict })
      this.#events.emit('overload', verdict)
      return
    }
    const thread: ThreadRecord | undefined = this.threads.get(verdict.thread)
    if (!thread) return
    if (verdict.kind === 'hung') return void this.#lifecycle.endHung(thread, verdict.silentMs)
    const path = this.directory.byId(verdict.busy.actor)?.path ?? ''
    this.#events.emit('slow', { path, type: verdict.busy.type, ms: verdict.ms })
  }

  async #spawn(
    module: string,
    key: string,
    options: SpawnOptions<unknown>,
    supervise?: PartialPolicy,
    parent?: ActorRecord,
  ): Promise<void> {
    const { path, props, after = [] } = options
    const { directory } = this
    invariant(PATH.test(path), `a path is words of letters, digits, . _ - split by /, was ${path}`)
    const previous = directory.find(path)
    // A child of an incarnation that ended: its name is free as soon as it has stopped.
    if (previous?.next === 'stop') await directory.until(previous, () => directory.find(path) !== previous)
    invariant(!directory.find(path), `no two actors have one path, was ${path}`)
    if (this.isDraining)
      throw new ActorError('SYSTEM_DRAINING', `${path} is not started: the system is draining`)
    checkProps(path, props)
    const policy = policyOf(supervise, options.supervise)
    const record = newRecord(directory.nextId(), module, key, options, policy, directory.epochOf(path))
    directory.enter(record)
    parent?.children.add(path)
    this.#supervisor.manage(path, policy)
    for (const needed of after) await directory.whenRunning(needed)
    if (directory.find(path) !== record)
      throw new ActorError('NOT_STARTED', `${path} was stopped before it was started`)
    this.#lifecycle.start(record)
    await directory.whenRunning(path)
  }

  #enqueue(thread: number, notice: Notice): void {
    if (this.#inbox.push({ thread, notice }) === 1) this.timing.defer(() => this.#hearAll())
  }

  #hearAll(): void {
    for (const { thread, notice } of this.#inbox.splice(0)) this.#hear(thread, notice)
  }

  #hear(thread: number, notice: Notice): void {
    switch (notice.kind) {
      case 'ready':
        return this.threads.ready(thread)
      case 'lookup':
        return this.directory.subscribe(thread, notice.path)
      case 'edge':
        return this.ledger.open(notice.from, notice.to, notice.block, thread)
      case 'orphaned':
        this.deadLetters.count('sender-died', notice.lost)
        return this.ledger.orphaned(notice.from, notice.to, notice.thread, notice.lost)
      case 'deadLetters':
        return this.#buried(notice)
      case 'watch':
        return this.directory.watch(notice.watcher, notice.epoch, notice.path)
      case 'slow':
        return this.#events.emit('slow', notice)
      case 'overflowed':
        return this.#overflowed(notice)
      case 'spawn':
        return void this.#spawnChild(thread, notice)
      case 'loaded':
      case 'running':
      case 'state':
      case 'drained':
      case 'stopped':
      case 'failed':
        return this.#hearOf(notice)
      default:
        notice satisfies never
    }
  }

  #hearOf(
    notice: Extract<Notice, { kind: 'loaded' | 'running' | 'stopped' | 'drained' | 'failed' | 'state' }>,
  ): void {
    const record = this.directory.find(notice.path)
    if (!record || record.epoch !== notice.epoch) return
    switch (notice.kind) {
      case 'loaded':
        record.rules = { ...notice.rules, ...record.override }
        record.policy = policyOf(notice.supervise, record.supervise)
        return this.#supervisor.manage(record.path, record.policy)
      case 'running':
        return this.#lifecycle.running(record)
      case 'state':
        record.note = notice.name
        return
      case 'drained':
        record.isDrained = true
        return
      case 'stopped':
        return this.#lifecycle.stopped(record)
      case 'failed':
        return this.#lifecycle.failed(record, notice.failure, true)
      default:
        notice satisfies never
    }
  }

  #overflowed({ path, type, from }: Extract<Notice, { kind: 'overflowed' }>): void {
    const record = this.directory.find(path)
    if (!record || !isLive(record)) return
    const failure = { kind: 'overflow', message: `${from} filled the mailbox with ${type}`, type } as const
    this.directory.order(record, { kind: 'fail', path, epoch: record.epoch, failure })
  }

  async #spawnChild(thread: number, notice: Extract<Notice, { kind: 'spawn' }>): Promise<void> {
    const { number, parent, epoch, module, key, options } = notice
    const record = this.directory.find(parent)
    try {
      if (record?.epoch !== epoch) throw new ActorError('STOPPED', `${parent} has ended`)
      await this.#spawn(module, key, options as SpawnOptions<unknown>, undefined, record)
      this.threads.order(thread, { kind: 'spawned', number })
    } catch (error) {
      this.threads.order(thread, { kind: 'spawned', number, error: formOf(error) })
    }
  }

  #buried({ letters, more }: Extract<Notice, { kind: 'deadLetters' }>): void {
    for (const letter of letters) {
      this.deadLetters.add(letter)
      this.#events.emit('deadLetter', letter)
    }
    for (const [reason, count] of Object.entries(more))
      this.deadLetters.count(reason as keyof typeof more, count)
  }

  /** Looks at shared memory until it holds or the deadline is past. */
  async #poll(deadline: number, holds: () => boolean): Promise<boolean> {
    while (!holds()) {
      if (this.timing.monotonic() >= deadline) return false
      await new Promise<void>((resolve) => void this.timing.after(POLL_MS, resolve))
    }
    return true
  }

  #tidyLater(): void {
    const cancel = this.timing.after(TIDY_MS, () => {
      this.#atClose.splice(this.#atClose.indexOf(cancel), 1)
      this.#tidy()
      this.#tidyLater()
    })
    this.#atClose.push(cancel)
  }

  #tidy(): void {
    const { directory, ledger, threads } = this
    const found = ledger.tidy(
      (path) => directory.epochOf(path),
      (path) => path !== 'main' && !directory.find(path),
      (thread, from) => threads.order(thread, { kind: 'forget', from }),
      this.timing.monotonic(),
    )
    if (found > 0) this.deadLetters.count('sender-died', found)
  }
}

function checkProps(path: string, props: unknown): void {
  try {
    structuredClone(props)
  } catch (error) {
    throw new ActorError('UNCLONEABLE', `the props of ${path} cannot cross a thread: ${String(error)}`)
  }
}
