/**
 * The main thread's part: the book of who is where, who is started, restarted and stopped, and the watch over threads.
 * It decides by `supervision.ts` and `watchdog.ts`; it handles no messages between actors.
 */
import { invariant } from '../lib/index.ts'
import type { Random } from '../lib/index.ts'
import type { ActorDef, ActorModule, ActorRef, SpawnOptions, StopReason } from './actor.ts'
import type { ClockSource, Timing } from './clock.ts'
import { registerDefinition } from './context.ts'
import { DeadLetters } from './dead-letters.ts'
import { type DrainOptions, type DrainReport, drainSystem } from './drain.ts'
import type { Failure, Notice, Order } from './envelope.ts'
import { ActorError, formOf } from './errors.ts'
import { EventHub, type KernelEvents, type Unsubscribe } from './events.ts'
import { Ledger } from './ledger.ts'
import type { MakeLogger } from './log.ts'
import { type ActorRecord, isLive, newRecord } from './record.ts'
import { DEFAULT_RULES } from './mailbox.ts'
import { repairArena } from './shared.ts'
import { type SystemSnapshot, snapshotOf } from './snapshot.ts'
import { type Definitions, Station } from './station.ts'
import { ThreadBlock } from './status.ts'
import { Supervisor, policyOf } from './supervision.ts'
import { ThreadBook, type ThreadRecord } from './thread-book.ts'
import type { Threads } from './threads.ts'
import type { Verdict } from './watchdog.ts'

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

export interface ConfigureOptions {
  readonly concurrency?: number
  readonly capacity?: number
  readonly window?: number
  readonly hungMs?: number
}

const PATH = /^[\w.-]+(\/[\w.-]+)*$/
/** Senders and threads that are gone are looked after this often. */
const TIDY_MS = 500
/** The main thread's own wait for a start, past the limit that the actor's thread keeps itself. */
const START_GRACE_MS = 2_000

export class ActorSystem {
  readonly deadLetters = new DeadLetters()
  readonly records = new Map<string, ActorRecord>()
  readonly ledger = new Ledger()
  readonly station: Station
  readonly threads: ThreadBook
  readonly timing: Timing
  readonly #ports: SystemPorts
  readonly #events = new EventHub()
  readonly #supervisor: Supervisor
  readonly #byId = new Map<number, ActorRecord>()
  /** Threads that asked for a path, and so hear of every change. */
  readonly #subscribers = new Map<string, Set<number>>()
  /** Who hears of the ends of a path: path and incarnation. Kept by path, for a watch may come before the actor. */
  readonly #watchers = new Map<string, Map<string, number>>()
  /** Last epoch of paths that are no more: a name that is used again goes on counting. */
  readonly #epochs = new Map<string, number>()
  readonly #inbox: { readonly thread: number; readonly notice: Notice }[] = []
  readonly #log
  #ids = 0
  #turns: Promise<void> = Promise.resolve()
  #cancelTidy: () => void = () => {}
  readonly #atClose: (() => void)[] = []
  #drained: Promise<DrainReport> | undefined
  isDraining = false

  constructor(ports: SystemPorts) {
    this.#ports = ports
    this.timing = ports.timing
    this.#supervisor = new Supervisor(ports.random)
    this.#log = ports.makeLogger('kernel')
    this.station = new Station({
      thread: 0,
      timing: ports.timing,
      clock: ports.clock,
      status: new ThreadBlock(),
      makeLogger: ports.makeLogger,
      definitions: ports.definitions,
      clones: ports.clones,
      onNotice: (notice) => this.#enqueue(0, notice),
    })
    this.station.onPeerNotice = (thread, notice) => this.#enqueue(thread, notice)
    this.threads = new ThreadBook(
      { timing: ports.timing, threads: ports.threads, station: this.station, hasSpare: ports.hasSpare },
      (thread, failure) => this.#threadEnded(thread, failure),
    )
    this.#tidy()
  }

  /** Resolves when it runs. Rejects when it is given up: quarantined, escalated, stopped. */
  async spawn<A, P>(
    definition: ActorDef<A, P> | ActorModule<A, P>,
    options: SpawnOptions<P>,
  ): Promise<ActorRef<A>> {
    const key = registerDefinition(this.#ports.definitions, definition, 0)
    const supervise = 'create' in definition ? definition.supervise : undefined
    await this.spawnModule(definition.module, key, options, supervise)
    return this.ref<A>(options.path)
  }

  async spawnModule(
    module: string,
    key: string,
    options: SpawnOptions<unknown>,
    supervise?: SpawnOptions<unknown>['supervise'],
    parent?: ActorRecord,
  ): Promise<void> {
    const { path, props, after = [] } = options
    invariant(PATH.test(path), `a path is words of letters, digits, . _ - split by /, was ${path}`)
    const previous = this.records.get(path)
    // A child of an incarnation that ended: its name is free as soon as it has stopped.
    if (previous?.next === 'stop') await this.#until(previous, () => this.records.get(path) !== previous)
    invariant(!this.records.has(path), `no two actors have one path, was ${path}`)
    if (this.isDraining)
      throw new ActorError('SYSTEM_DRAINING', `${path} is not started: the system is draining`)
    checkProps(path, props)
    const policy = policyOf(supervise, options.supervise)
    const record = newRecord(++this.#ids, module, key, options, policy, this.#epochs.get(path) ?? 0)
    this.records.set(path, record)
    this.#byId.set(record.id, record)
    parent?.children.add(path)
    this.#supervisor.manage(path, policy)
    for (const needed of after) await this.#whenRunning(needed)
    this.#start(record)
    await this.#whenRunning(path)
  }

  ref<A>(path: string): ActorRef<A> {
    return this.station.ref<A>(path, 'main')
  }

  /** Messages wait or conflate meanwhile. */
  async pause(path: string): Promise<void> {
    const record = this.#get(path)
    if (record.state !== 'running') return
    this.#set(record, 'paused')
    this.#order(record, { kind: 'pause', path, epoch: record.epoch })
  }

  async resume(path: string): Promise<void> {
    const record = this.#get(path)
    if (record.state !== 'paused') return
    this.#set(record, 'running')
    this.#order(record, { kind: 'resume', path, epoch: record.epoch })
  }

  /** A new incarnation, without a mark against the old one. What was not begun is delivered to the new one. */
  async restart(path: string): Promise<void> {
    const record = this.#get(path)
    if (!isLive(record)) return this.release(path)
    record.next = 'restart'
    this.#set(record, 'starting')
    this.#stopCell(record, 'restart')
    const { epoch } = record
    await this.#until(record, () => record.epoch > epoch)
    await this.#whenRunning(path)
  }

  async stop(path: string): Promise<void> {
    await this.stopFor(path, 'stop')
  }

  /** Lifts a quarantine: starts it, and forgives what was. */
  async release(path: string): Promise<void> {
    const record = this.#get(path)
    if (record.state !== 'quarantined' && record.state !== 'failed') return
    this.#supervisor.released(path)
    this.#start(record)
    await this.#whenRunning(path)
  }

  /** At run time, without a restart. */
  configure(path: string, options: ConfigureOptions): void {
    const record = this.#get(path)
    const { hungMs, ...rules } = options
    record.override = { ...record.override, ...rules }
    record.rules = { ...(record.rules ?? DEFAULT_RULES), ...rules }
    if (hungMs !== undefined)
      record.policy = { ...record.policy, limits: { ...record.policy.limits, hungMs } }
    const { concurrency } = options
    if (concurrency !== undefined) this.#order(record, { kind: 'configure', path, concurrency })
    this.#publish(record)
  }

  /** Ends the thread of that actor, as a crash would. For tests and drills. */
  async kill(path: string): Promise<void> {
    const record = this.#get(path)
    const thread = record.thread
    if (thread?.handle) await thread.handle.terminate()
    else
      this.#order(record, {
        kind: 'fail',
        path,
        epoch: record.epoch,
        failure: { kind: 'exit', message: 'killed' },
      })
  }

  /** In the order of dependence, then everything else, then the threads. What is late is ended and reported. */
  drain(options: DrainOptions): Promise<DrainReport> {
    this.#drained ??= drainSystem(this, options)
    this.isDraining = true
    this.station.isDraining = true
    for (const { id } of this.threads.all) this.threads.order(id, { kind: 'draining' })
    return this.#drained
  }

  snapshot(): SystemSnapshot {
    return snapshotOf(this)
  }

  on<K extends keyof KernelEvents>(event: K, hear: (event: KernelEvents[K]) => void): Unsubscribe {
    return this.#events.on(event, hear)
  }

  /** Resolves when it has stopped. False when it did not by itself and was ended. */
  async stopFor(path: string, why: StopReason): Promise<boolean> {
    const record = this.records.get(path)
    if (!record) return true
    for (const child of record.children) await this.stopFor(child, why)
    record.cancelRestart()
    if (!isLive(record)) {
      this.#gone(record)
      return true
    }
    record.next = 'stop'
    this.#set(record, 'draining')
    const stopped = this.#until(record, () => this.records.get(path) !== record)
    const isInTime = this.#stopCell(record, why)
    await stopped
    return isInTime()
  }

  /** Calls the actor's drain hook, once nothing waits for it any more. False when that took too long. */
  async drainActor(path: string, deadline: number): Promise<boolean> {
    const record = this.records.get(path)
    if (!record || record.state !== 'running') return true
    const { epoch } = record
    this.#set(record, 'draining')
    const isOver = (): boolean => record.epoch !== epoch || record.state !== 'draining'
    const isEmpty = await this.#poll(deadline, () => this.ledger.booksOf(path).waiting <= 0 || isOver())
    if (!isEmpty) return false
    record.isDrained = false
    this.#order(record, { kind: 'drain', path, epoch })
    return this.#poll(deadline, () => record.isDrained || isOver())
  }

  /** Ends an actor as it is, its thread with it: it was asked to stop and did not. */
  async end(path: string): Promise<void> {
    const record = this.records.get(path)
    if (!record) return
    record.next = 'stop'
    record.cancelRestart()
    const { thread } = record
    if (isLive(record) && thread?.handle) await thread.handle.terminate()
    if (this.records.get(path) === record) await this.#until(record, () => !isLive(record) || !thread?.handle)
    if (this.records.get(path) === record) this.#gone(record)
  }

  /** Ends what the system itself holds. After this nothing of it keeps the process alive. */
  async close(): Promise<void> {
    this.#cancelTidy()
    for (const run of this.#atClose) run()
    await this.threads.close()
    this.station.close()
  }

  atClose(run: () => void): void {
    this.#atClose.push(run)
  }

  /** A thread was found hanging. */
  judge(verdict: Verdict): void {
    if (verdict.kind === 'overload') {
      this.#log.warn('most threads are late: the machine is short of cores', { ...verdict })
      this.#events.emit('overload', verdict)
      return
    }
    const thread = this.threads.get(verdict.thread)
    if (!thread) return
    if (verdict.kind === 'hung') return void this.#endHung(thread, verdict.silentMs)
    const path = this.#byId.get(verdict.busy.actor)?.path ?? ''
    this.#events.emit('slow', { path, type: verdict.busy.type, ms: verdict.ms })
  }

  async #endHung(thread: ThreadRecord, silentMs: number): Promise<void> {
    if (thread.isEnding) return
    thread.isEnding = true
    const type = thread.handle?.status.busy?.type
    const where = (await thread.handle?.profile()) ?? []
    thread.cause = {
      kind: 'hung',
      message: `no beat for ${Math.round(silentMs)} ms`,
      ...(type === undefined ? {} : { type }),
      where,
    }
    await thread.handle?.terminate()
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
        return this.#subscribe(thread, notice.path)
      case 'edge':
        return this.ledger.open(notice.from, notice.to, notice.block, thread)
      case 'orphaned':
        this.deadLetters.count('sender-died', notice.lost)
        return this.ledger.orphaned(notice.from, notice.to, notice.thread, notice.lost)
      case 'deadLetters':
        return this.#buried(notice)
      case 'watch':
        return this.#watched(notice)
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
    const record = this.records.get(notice.path)
    if (!record || record.epoch !== notice.epoch) return
    switch (notice.kind) {
      case 'loaded':
        record.rules = { ...notice.rules, ...record.override }
        record.policy = policyOf(notice.supervise, record.supervise)
        return this.#supervisor.manage(record.path, record.policy)
      case 'running':
        record.cancelGuard()
        this.#set(record, 'running')
        return this.#restartDependents(record)
      case 'state':
        record.note = notice.name
        return
      case 'drained':
        record.isDrained = true
        return
      case 'stopped':
        return this.#stopped(record)
      case 'failed':
        return this.#failed(record, notice.failure, true)
      default:
        notice satisfies never
    }
  }

  #start(record: ActorRecord): void {
    record.next = undefined
    record.epoch += 1
    record.note = ''
    const thread = this.threads.take(record)
    record.thread = thread
    thread.actors.add(record)
    this.#set(record, 'starting')
    const { path, id, epoch, module, key, props, supervise, override, block } = record
    const order = { path, id, epoch, module, key, props, supervise, mailbox: override, block: block.buffer }
    this.#order(record, { kind: 'spawn', order })
    const graceMs = record.policy.limits.startMs + START_GRACE_MS
    record.cancelGuard = this.timing.after(graceMs, () => {
      if (record.epoch !== epoch || record.state !== 'starting') return
      // Its module never loads: only the end of the thread ends that.
      thread.cause = { kind: 'start', message: `not started within ${graceMs} ms` }
      if (thread.handle) void thread.handle.terminate()
      else this.#failed(record, thread.cause, true)
    })
  }

  #failed(record: ActorRecord, failure: Failure, isCounted: boolean): void {
    const { path, epoch } = record
    record.cancelGuard()
    record.failures += 1
    record.lastFailure = { ...failure, at: this.#ports.clock.now(), epoch }
    this.#events.emit('failure', { path, epoch, failure })
    this.#log.warn('an actor failed', { path, epoch, kind: failure.kind, failure: failure.message })
    this.#ended(record, 'failed')
    if (record.next === 'stop') return this.#gone(record)
    const action = isCounted
      ? this.#supervisor.failed(path, failure, this.timing.monotonic())
      : ({ kind: 'restart', afterMs: 0 } as const)
    switch (action.kind) {
      case 'restart':
        this.#set(record, 'backoff')
        return this.#restartLater(record, action.afterMs)
      case 'quarantine':
        return this.#quarantine(record, failure)
      case 'escalate':
        this.#set(record, 'failed')
        this.#events.emit('halt', { path, failure })
        return this.threads.leave(record)
      case 'stop':
        return this.#gone(record)
      default:
        action satisfies never
    }
  }

  #quarantine(record: ActorRecord, failure: Failure): void {
    const { path } = record
    record.why = failure.message
    this.#set(record, 'quarantined')
    this.#tell(record, 'quarantined')
    this.#events.emit('quarantine', { path, failure })
    this.#log.error('an actor is in quarantine', { path, failure: failure.message })
    this.threads.leave(record)
  }

  #restartLater(record: ActorRecord, afterMs: number): void {
    const { path, epoch } = record
    this.#events.emit('restart', { path, epoch, afterMs })
    const cancel = this.timing.after(afterMs, () => {
      if (record.state === 'backoff' && record.epoch === epoch) this.#inTurn(record)
    })
    record.cancelRestart = cancel
  }

  /** Restarts take turns: a start needs a core for a while, and thirteen at once would take them all. */
  #inTurn(record: ActorRecord): void {
    const before = this.#turns
    this.#turns = this.#takeTurn(record, record.epoch, before)
  }

  async #takeTurn(record: ActorRecord, epoch: number, before: Promise<void>): Promise<void> {
    await before
    if (record.state !== 'backoff' || record.epoch !== epoch || this.isDraining) return
    record.restarts += 1
    this.#start(record)
    if (record.thread) await this.threads.whenReady(record.thread)
  }

  /** What cannot live through it is restarted after it, in order. */
  #restartDependents(record: ActorRecord): void {
    if (record.restarts === record.restartsSeen) return
    record.restartsSeen = record.restarts
    const paths = record.policy.with ?? []
    void (async () => {
      for (const path of paths) if (this.records.has(path)) await this.restart(path).catch(() => {})
    })()
  }

  /** An incarnation is over: nothing that depended on it may go on as if it were not. */
  #ended(record: ActorRecord, because: 'failed' | 'restarted' | 'stopped'): void {
    for (const arena of record.owns) repairArena(arena)
    for (const child of record.children) void this.stopFor(child, 'stop')
    record.children.clear()
    this.#tell(record, because)
  }

  #tell(record: ActorRecord, because: 'failed' | 'restarted' | 'stopped' | 'quarantined'): void {
    const { path, epoch } = record
    const signal = { kind: 'terminated', path, epoch, because } as const
    const watchers = this.#watchers.get(path)
    if (!watchers) return
    for (const [watcher, watcherEpoch] of watchers) {
      const watching = this.records.get(watcher)
      if (watching?.epoch === watcherEpoch)
        this.#order(watching, { kind: 'signal', path: watcher, epoch: watcherEpoch, signal })
      else watchers.delete(watcher)
    }
    if (watchers.size === 0) this.#watchers.delete(path)
  }

  #stopped(record: ActorRecord): void {
    record.cancelGuard()
    this.#ended(record, record.next === 'restart' ? 'restarted' : 'stopped')
    if (record.next === 'restart') {
      record.restarts += 1
      this.#start(record)
    } else this.#gone(record)
  }

  /** For good. Its name may be used again. */
  #gone(record: ActorRecord): void {
    record.cancelGuard()
    record.cancelRestart()
    this.threads.leave(record)
    this.#set(record, 'stopped')
    this.#supervisor.forget(record.path)
    this.#epochs.set(record.path, record.epoch)
    this.records.delete(record.path)
    this.#byId.delete(record.id)
    for (const other of this.records.values()) other.children.delete(record.path)
    record.changed()
  }

  /** Asks a cell to stop and ends its thread when it does not. Says afterwards whether it did by itself. */
  #stopCell(record: ActorRecord, why: StopReason): () => boolean {
    const { path, epoch } = record
    this.#order(record, { kind: 'stop', path, epoch, why })
    let isInTime = true
    // Once for what is in progress, once for the hook, and some for the way.
    const limitMs = 2 * record.policy.limits.stopMs + 500
    record.cancelGuard()
    record.cancelGuard = this.timing.after(limitMs, () => {
      isInTime = false
      const { thread } = record
      if (thread?.handle) void thread.handle.terminate()
      else this.#stopped(record)
    })
    return () => isInTime
  }

  #threadEnded(thread: ThreadRecord, failure: Failure): void {
    const now = this.timing.monotonic()
    this.ledger.threadEnded(thread.id, (path) => this.records.get(path)?.epoch ?? 0, now)
    for (const subscribers of this.#subscribers.values()) subscribers.delete(thread.id)
    const actors = [...thread.actors].filter((record) => record.thread === thread && isLive(record))
    const culprit = actors.find((record) => record.id === thread.handle?.status.busy?.actor)
    for (const record of actors) {
      record.thread = undefined
      if (record.next !== undefined) this.#stopped(record)
      // In a packed thread only the one that was running is to blame; when nobody was, nobody is known to be innocent.
      else this.#failed(record, failure, culprit === undefined || culprit === record)
    }
  }

  #overflowed({ path, type, from }: Extract<Notice, { kind: 'overflowed' }>): void {
    const record = this.records.get(path)
    if (!record || !isLive(record)) return
    const failure = { kind: 'overflow', message: `${from} filled the mailbox with ${type}`, type } as const
    this.#order(record, { kind: 'fail', path, epoch: record.epoch, failure })
  }

  #watched({ watcher, epoch, path }: Extract<Notice, { kind: 'watch' }>): void {
    const record = this.records.get(path)
    const watching = this.records.get(watcher)
    if (!watching || watching.epoch !== epoch) return
    const watchers = this.#watchers.get(path) ?? new Map<string, number>()
    this.#watchers.set(path, watchers.set(watcher, epoch))
    // Of one that ended before, the end is told now; one that is yet to come has no end to tell of.
    if (record ? record.state !== 'quarantined' : !this.#epochs.has(path)) return
    const because = record ? 'quarantined' : 'stopped'
    const signal = {
      kind: 'terminated',
      path,
      epoch: record?.epoch ?? this.#epochs.get(path) ?? 0,
      because,
    } as const
    this.#order(watching, { kind: 'signal', path: watcher, epoch, signal })
  }

  async #spawnChild(thread: number, notice: Extract<Notice, { kind: 'spawn' }>): Promise<void> {
    const { number, parent, epoch, module, key, options } = notice
    const record = this.records.get(parent)
    try {
      if (record?.epoch !== epoch) throw new ActorError('STOPPED', `${parent} has ended`)
      await this.spawnModule(module, key, options as SpawnOptions<unknown>, undefined, record)
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

  #subscribe(thread: number, path: string): void {
    let threads = this.#subscribers.get(path)
    if (!threads) this.#subscribers.set(path, (threads = new Set()))
    threads.add(thread)
    const record = this.records.get(path)
    if (record) this.#publishTo(thread, record)
  }

  #set(record: ActorRecord, state: ActorRecord['state']): void {
    record.state = state
    this.#publish(record)
    record.changed()
  }

  #publish(record: ActorRecord): void {
    for (const thread of this.#subscribers.get(record.path) ?? []) this.#publishTo(thread, record)
  }

  #publishTo(thread: number, record: ActorRecord): void {
    const { path, id, module, key, epoch, state, rules, why } = record
    const at = record.thread?.id ?? 0
    if (record.thread && state !== 'stopped') this.threads.introduce(thread, at)
    const entry = { path, id, module, key, thread: at, epoch, state, rules: rules ?? DEFAULT_RULES, why }
    this.threads.order(thread, { kind: 'entry', entry })
  }

  #order(record: ActorRecord, order: Order): void {
    if (record.thread) this.threads.order(record.thread.id, order)
  }

  async #whenRunning(path: string): Promise<void> {
    const record = this.#get(path)
    await this.#until(
      record,
      () => record.state === 'running' || record.state === 'paused' || isGivenUp(record),
    )
    if (!isGivenUp(record)) return
    const failure = record.lastFailure
    throw new ActorError('NOT_STARTED', `${path} does not run: ${failure?.message ?? record.state}`, {
      path,
      state: record.state,
      kind: failure?.kind,
    })
  }

  #until(record: ActorRecord, holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      record.waiters.add(() => {
        if (!holds()) return false
        resolve()
        return true
      })
    })
  }

  /** Looks at shared memory until it holds or the deadline is past. */
  async #poll(deadline: number, holds: () => boolean): Promise<boolean> {
    while (!holds()) {
      if (this.timing.monotonic() >= deadline) return false
      await new Promise<void>((resolve) => void this.timing.after(5, resolve))
    }
    return true
  }

  #tidy(): void {
    this.#cancelTidy = this.timing.after(TIDY_MS, () => {
      const epochOf = (path: string): number => this.records.get(path)?.epoch ?? 0
      const isGone = (path: string): boolean => path !== 'main' && !this.records.has(path)
      const forget = (thread: number, from: string): void =>
        this.threads.order(thread, { kind: 'forget', from })
      const found = this.ledger.tidy(epochOf, isGone, forget, this.timing.monotonic())
      if (found > 0) this.deadLetters.count('sender-died', found)
      this.#tidy()
    })
  }

  #get(path: string): ActorRecord {
    const record = this.records.get(path)
    invariant(record !== undefined, `there is an actor ${path}`)
    return record
  }
}

function isGivenUp({ state }: ActorRecord): boolean {
  return state === 'quarantined' || state === 'failed' || state === 'stopped'
}

function checkProps(path: string, props: unknown): void {
  try {
    structuredClone(props)
  } catch (error) {
    throw new ActorError('UNCLONEABLE', `the props of ${path} cannot cross a thread: ${String(error)}`)
  }
}
