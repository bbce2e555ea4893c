/** Starts, ends and starts again. What is to be done is decided in `supervision.ts`; here it is done. */
import type { StopReason } from './actor.ts'
import type { ClockSource, Timing } from './clock.ts'
import type { Directory } from './directory.ts'
import type { Failure } from './envelope.ts'
import type { EventHub } from './events.ts'
import type { Logger } from './log.ts'
import { type ActorRecord, isLive } from './record.ts'
import { repairArena } from './shared.ts'
import type { Supervisor } from './supervision.ts'
import type { ThreadBook, ThreadRecord } from './thread-book.ts'

export interface LifecyclePorts {
  readonly timing: Timing
  readonly clock: ClockSource
  readonly directory: Directory
  readonly threads: ThreadBook
  readonly supervisor: Supervisor
  readonly events: EventHub
  readonly log: Logger
}

/** The main thread's own wait for a start, past the limit that the actor's thread keeps itself. */
const START_GRACE_MS = 2_000

export class Lifecycle {
  readonly #ports: LifecyclePorts
  #turns: Promise<void> = Promise.resolve()
  /** Once the system drains nothing is started again. */
  isDraining = false

  constructor(ports: LifecyclePorts) {
    this.#ports = ports
  }

  start(record: ActorRecord): void {
    const { directory, threads, timing } = this.#ports
    record.next = undefined
    record.epoch += 1
    record.note = ''
    const thread = threads.take(record)
    record.thread = thread
    thread.actors.add(record)
    directory.set(record, 'starting')
    const { path, id, epoch, module, key, props, supervise, override, block } = record
    const order = { path, id, epoch, module, key, props, supervise, mailbox: override, block: block.buffer }
    directory.order(record, { kind: 'spawn', order })
    const graceMs = record.policy.limits.startMs + START_GRACE_MS
    record.cancelGuard = timing.after(graceMs, () => {
      if (record.epoch !== epoch || record.state !== 'starting') return
      // Its module never loads: only the end of the thread ends that.
      thread.cause = { kind: 'start', message: `not started within ${graceMs} ms` }
      if (thread.handle) void thread.handle.terminate()
      else this.failed(record, thread.cause, true)
    })
  }

  running(record: ActorRecord): void {
    record.cancelGuard()
    this.#ports.directory.set(record, 'running')
    this.#restartDependents(record)
  }

  /** `isCounted`: whether it is to blame, or only shared a thread with one that is. */
  failed(record: ActorRecord, failure: Failure, isCounted: boolean): void {
    const { directory, supervisor, events, threads, timing, clock, log } = this.#ports
    const { path, epoch } = record
    record.cancelGuard()
    record.failures += 1
    record.lastFailure = { ...failure, at: clock.now(), epoch }
    events.emit('failure', { path, epoch, failure })
    log.warn('an actor failed', { path, epoch, kind: failure.kind, failure: failure.message })
    this.#ended(record, 'failed')
    if (record.next === 'stop') return this.gone(record)
    const action = isCounted
      ? supervisor.failed(path, failure, timing.monotonic())
      : ({ kind: 'restart', afterMs: 0 } as const)
    switch (action.kind) {
      case 'restart':
        directory.set(record, 'backoff')
        return this.#restartLater(record, action.afterMs)
      case 'quarantine':
        return this.#quarantine(record, failure)
      case 'escalate':
        directory.set(record, 'failed')
        events.emit('halt', { path, failure })
        return threads.leave(record)
      case 'stop':
        return this.gone(record)
      default:
        action satisfies never
    }
  }

  /** Its cell has stopped, as it was asked to. */
  stopped(record: ActorRecord): void {
    record.cancelGuard()
    this.#ended(record, record.next === 'restart' ? 'restarted' : 'stopped')
    if (record.next !== 'restart') return this.gone(record)
    record.restarts += 1
    this.start(record)
  }

  gone(record: ActorRecord): void {
    const { directory, threads, supervisor } = this.#ports
    record.cancelGuard()
    record.cancelRestart()
    threads.leave(record)
    directory.set(record, 'stopped')
    supervisor.forget(record.path)
    directory.remove(record)
  }

  /** Resolves when it has stopped. False when it did not by itself and was ended. */
  async stop(path: string, why: StopReason): Promise<boolean> {
    const { directory } = this.#ports
    const record = directory.find(path)
    if (!record) return true
    for (const child of record.children) await this.stop(child, why)
    record.cancelRestart()
    if (!isLive(record) || !record.thread) {
      this.gone(record)
      return true
    }
    record.next = 'stop'
    directory.set(record, 'draining')
    const stopped = directory.until(record, () => directory.find(path) !== record)
    const isInTime = this.stopCell(record, why)
    await stopped
    return isInTime()
  }

  /** Asks a cell to stop and ends its thread when it does not. Says afterwards whether it did by itself. */
  stopCell(record: ActorRecord, why: StopReason): () => boolean {
    const { path, epoch } = record
    this.#ports.directory.order(record, { kind: 'stop', path, epoch, why })
    let isInTime = true
    // Once for what is in progress, once for the hook, and some for the way.
    const limitMs = 2 * record.policy.limits.stopMs + 500
    record.cancelGuard()
    record.cancelGuard = this.#ports.timing.after(limitMs, () => {
      isInTime = false
      const { thread } = record
      if (thread?.handle) void thread.handle.terminate()
      else this.stopped(record)
    })
    return () => isInTime
  }

  /** Ends an actor as it is, its thread with it: it was asked to stop and did not. */
  async end(path: string): Promise<void> {
    const { directory } = this.#ports
    const record = directory.find(path)
    if (!record) return
    record.next = 'stop'
    record.cancelRestart()
    const { thread } = record
    if (isLive(record) && thread?.handle) {
      const ended = directory.until(record, () => directory.find(path) !== record)
      await thread.handle.terminate()
      await ended
    } else this.gone(record)
  }

  threadEnded(thread: ThreadRecord, failure: Failure): void {
    const actors = [...thread.actors].filter((record) => record.thread === thread && isLive(record))
    const culprit = actors.find((record) => record.id === thread.handle?.status.busy?.actor)
    for (const record of actors) {
      record.thread = undefined
      if (record.next !== undefined) this.stopped(record)
      // In a packed thread only the one that was running is to blame; when nobody was, nobody is known to be innocent.
      else this.failed(record, failure, culprit === undefined || culprit === record)
    }
  }

  /** A thread hangs: it says where, then it is ended, and what follows is the end of a thread like any other. */
  async endHung(thread: ThreadRecord, silentMs: number): Promise<void> {
    if (thread.isEnding) return
    thread.isEnding = true
    const type = thread.handle?.status.busy?.type
    const where = (await thread.handle?.profile()) ?? []
    const message = `no beat for ${Math.round(silentMs)} ms`
    thread.cause = { kind: 'hung', message, ...(type === undefined ? {} : { type }), where }
    await thread.handle?.terminate()
  }

  #quarantine(record: ActorRecord, failure: Failure): void {
    const { directory, events, threads, log } = this.#ports
    const { path } = record
    record.why = failure.message
    directory.set(record, 'quarantined')
    directory.tellEnd(record, 'quarantined')
    events.emit('quarantine', { path, failure })
    log.error('an actor is in quarantine', { path, failure: failure.message })
    threads.leave(record)
  }

  #restartLater(record: ActorRecord, afterMs: number): void {
    const { path, epoch } = record
    this.#ports.events.emit('restart', { path, epoch, afterMs })
    record.cancelRestart = this.#ports.timing.after(afterMs, () => {
      this.#turns = this.#takeTurn(record, epoch, this.#turns)
    })
  }

  /** Restarts take turns: a start needs a core for a while, and thirteen at once would take them all. */
  async #takeTurn(record: ActorRecord, epoch: number, before: Promise<void>): Promise<void> {
    await before
    if (record.state !== 'backoff' || record.epoch !== epoch || this.isDraining) return
    record.restarts += 1
    this.start(record)
    if (record.thread) await this.#ports.threads.whenReady(record.thread)
  }

  /** What cannot live through it is restarted after it, in order. */
  #restartDependents(record: ActorRecord): void {
    if (record.restarts === record.restartsSeen) return
    record.restartsSeen = record.restarts
    void this.#restartAll(record.policy.with ?? [])
  }

  async #restartAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const record = this.#ports.directory.find(path)
      if (record && isLive(record) && record.next === undefined) await this.restart(record)
    }
  }

  /** A new incarnation, without a mark against the old one. Resolves when the new one is being started. */
  async restart(record: ActorRecord): Promise<void> {
    const { directory } = this.#ports
    const { epoch } = record
    record.next = 'restart'
    directory.set(record, 'starting')
    this.stopCell(record, 'restart')
    await directory.until(record, () => record.epoch > epoch || directory.find(record.path) !== record)
  }

  /** An incarnation is over: nothing that depended on it may go on as if it were not. */
  #ended(record: ActorRecord, because: 'failed' | 'restarted' | 'stopped'): void {
    for (const arena of record.owns) repairArena(arena)
    for (const child of record.children) void this.stop(child, 'stop')
    record.children.clear()
    this.#ports.directory.tellEnd(record, because)
  }
}
