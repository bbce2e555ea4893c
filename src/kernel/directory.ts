/** The book: who there is, in which state, and who hears of it. */
import { invariant } from '../lib/index.ts'
import type { Signal } from './actor.ts'
import type { ActorState, Order } from './envelope.ts'
import { ActorError } from './errors.ts'
import { DEFAULT_RULES } from './mailbox.ts'
import type { ActorRecord } from './record.ts'
import type { ThreadBook } from './thread-book.ts'

type EndReason = Extract<Signal, { kind: 'terminated' }>['because']

export class Directory {
  readonly records = new Map<string, ActorRecord>()
  readonly #threads: ThreadBook
  readonly #byId = new Map<number, ActorRecord>()
  /** Threads that asked for a path, and so hear of every change. */
  readonly #subscribers = new Map<string, Set<number>>()
  /** Who hears of the ends of a path: path and incarnation. Kept by path, for a watch may come before the actor. */
  readonly #watchers = new Map<string, Map<string, number>>()
  /** Last epoch of paths that are no more: a name that is used again goes on counting. */
  readonly #epochs = new Map<string, number>()
  #ids = 0

  constructor(threads: ThreadBook) {
    this.#threads = threads
  }

  nextId(): number {
    return ++this.#ids
  }

  enter(record: ActorRecord): void {
    this.records.set(record.path, record)
    this.#byId.set(record.id, record)
  }

  /** For good. Its name may be used again. */
  remove(record: ActorRecord): void {
    this.#epochs.set(record.path, record.epoch)
    this.records.delete(record.path)
    this.#byId.delete(record.id)
    for (const other of this.records.values()) other.children.delete(record.path)
    record.changed()
  }

  get(path: string): ActorRecord {
    const record = this.records.get(path)
    invariant(record !== undefined, `there is an actor ${path}`)
    return record
  }

  find(path: string): ActorRecord | undefined {
    return this.records.get(path)
  }

  byId(id: number): ActorRecord | undefined {
    return this.#byId.get(id)
  }

  epochOf(path: string): number {
    return this.records.get(path)?.epoch ?? this.#epochs.get(path) ?? 0
  }

  set(record: ActorRecord, state: ActorState): void {
    record.state = state
    this.publish(record)
    record.changed()
  }

  publish(record: ActorRecord): void {
    for (const thread of this.#subscribers.get(record.path) ?? []) this.#publishTo(thread, record)
  }

  subscribe(thread: number, path: string): void {
    let threads = this.#subscribers.get(path)
    if (!threads) this.#subscribers.set(path, (threads = new Set()))
    threads.add(thread)
    const record = this.records.get(path)
    if (record) this.#publishTo(thread, record)
  }

  threadEnded(thread: number): void {
    for (const [path, subscribers] of this.#subscribers) {
      subscribers.delete(thread)
      if (subscribers.size === 0) this.#subscribers.delete(path)
    }
  }

  order(record: ActorRecord, order: Order): void {
    if (record.thread) this.#threads.order(record.thread.id, order)
  }

  watch(watcher: string, epoch: number, path: string): void {
    const watching = this.records.get(watcher)
    if (watching?.epoch !== epoch) return
    const watchers = this.#watchers.get(path) ?? new Map<string, number>()
    this.#watchers.set(path, watchers.set(watcher, epoch))
    const record = this.records.get(path)
    // Of one that ended before, the end is told now; one that is yet to come has no end to tell of.
    if (record ? record.state !== 'quarantined' : !this.#epochs.has(path)) return
    this.#signal(watching, path, record ? 'quarantined' : 'stopped')
  }

  /** Tells those who watch it that an incarnation is over. */
  tellEnd({ path }: ActorRecord, because: EndReason): void {
    const watchers = this.#watchers.get(path)
    if (!watchers) return
    for (const [watcher, epoch] of watchers) {
      const watching = this.records.get(watcher)
      if (watching?.epoch === epoch) this.#signal(watching, path, because)
      else watchers.delete(watcher)
    }
    if (watchers.size === 0) this.#watchers.delete(path)
  }

  /** Resolves when it runs; rejects when it is given up. */
  async whenRunning(path: string): Promise<void> {
    const record = this.get(path)
    await this.until(record, () => isUp(record) || isGivenUp(record))
    if (isUp(record)) return
    const failure = record.lastFailure
    throw new ActorError('NOT_STARTED', `${path} does not run: ${failure?.message ?? record.state}`, {
      path,
      state: record.state,
      kind: failure?.kind,
    })
  }

  until(record: ActorRecord, holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      record.waiters.add(() => {
        if (!holds()) return false
        resolve()
        return true
      })
    })
  }

  #signal(watching: ActorRecord, path: string, because: EndReason): void {
    const signal: Signal = { kind: 'terminated', path, epoch: this.epochOf(path), because }
    this.order(watching, { kind: 'signal', path: watching.path, epoch: watching.epoch, signal })
  }

  #publishTo(thread: number, record: ActorRecord): void {
    const { path, id, module, key, epoch, state, why } = record
    const at = record.thread?.id ?? 0
    // Whoever is told where it is has met that thread before.
    if (record.thread && state !== 'stopped') this.#threads.introduce(thread, at)
    const rules = record.rules ?? DEFAULT_RULES
    const entry = { path, id, module, key, thread: at, epoch, state, rules, why }
    this.#threads.order(thread, { kind: 'entry', entry })
  }
}

function isUp({ state }: ActorRecord): boolean {
  return state === 'running' || state === 'paused'
}

function isGivenUp({ state }: ActorRecord): boolean {
  return state === 'quarantined' || state === 'failed' || state === 'stopped'
}
