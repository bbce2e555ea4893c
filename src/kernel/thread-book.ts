/** Which threads there are, what is on them, who has met whom. */
import type { Timing } from './clock.ts'
import type { Failure, Order } from './envelope.ts'
import type { Peer } from './peer.ts'
import type { ActorRecord } from './record.ts'
import type { Station } from './station.ts'
import type { ThreadHandle, Threads } from './threads.ts'
import type { Reading } from './watchdog.ts'

export interface ThreadRecord {
  readonly id: number
  readonly name: string
  /** Undefined for the main thread. */
  readonly handle: ThreadHandle | undefined
  readonly peer: Peer | undefined
  readonly group: string | undefined
  readonly heapMb: number | undefined
  readonly actors: Set<ActorRecord>
  readonly met: Set<number>
  isSpare: boolean
  isReady: boolean
  /** It was told to end. */
  isEnding: boolean
  isExpected: boolean
  /** Why it is being ended, when we end it. */
  cause: Failure | undefined
  readonly whenReady: PromiseWithResolvers<void>
  readonly whenGone: PromiseWithResolvers<void>
}

export interface ThreadBookPorts {
  readonly timing: Timing
  readonly threads: Threads
  readonly station: Station
  readonly hasSpare: boolean
}

/** A spare is started when the last start is so long ago: not in the middle of thirteen others. */
const CALM_MS = 1_000
/** A thread that was told to end has so long to do it. */
const SHUTDOWN_MS = 1_000

export class ThreadBook {
  readonly #ports: ThreadBookPorts
  readonly #onEnd: (thread: ThreadRecord, failure: Failure) => void
  readonly #threads = new Map<number, ThreadRecord>()
  readonly #main: ThreadRecord
  #ids = 0
  #cancelSpare: () => void = () => {}
  #isClosed = false

  constructor(ports: ThreadBookPorts, onEnd: (thread: ThreadRecord, failure: Failure) => void) {
    this.#ports = ports
    this.#onEnd = onEnd
    this.#main = { ...this.#blank(0, 'main'), handle: undefined, peer: undefined, isReady: true }
    this.#main.whenReady.resolve()
  }

  get all(): readonly ThreadRecord[] {
    return [this.#main, ...this.#threads.values()]
  }

  get(id: number): ThreadRecord | undefined {
    return id === 0 ? this.#main : this.#threads.get(id)
  }

  /** The thread for an actor: the one it has, the spare, one of its group, or a new one. */
  take(record: ActorRecord): ThreadRecord {
    const { placement, path, heapMb } = record
    if (record.thread && this.#isUsable(record.thread)) return record.thread
    if (placement.on === 'here') return this.#main
    if (placement.on === 'pack') return this.#packed(placement.group, placement.threads, heapMb)
    const spare = [...this.#threads.values()].find(
      (thread) => thread.isSpare && thread.heapMb === heapMb && this.#isUsable(thread),
    )
    const taken = spare ?? this.#start(path, undefined, heapMb)
    taken.isSpare = false
    this.#spareLater()
    return taken
  }

  /** That actor is no longer on its thread; a thread without any ends. */
  leave(record: ActorRecord): void {
    const { thread } = record
    record.thread = undefined
    if (!thread) return
    thread.actors.delete(record)
    if (thread.handle && thread.actors.size === 0) void this.#shutdown(thread)
  }

  order(id: number, order: Order): void {
    if (id === 0) this.#ports.station.obey(order)
    else this.#threads.get(id)?.peer?.push(0, 0, 'order', order, 0, 0)
  }

  /** Each pair of threads that talk has one link of its own: no relay through the main thread. */
  introduce(one: number, other: number): void {
    if (one === other || one === 0 || other === 0) return
    const [a, b] = [this.#threads.get(one), this.#threads.get(other)]
    if (!a?.handle || !b?.handle || a.met.has(other)) return
    a.met.add(other)
    b.met.add(one)
    // What was ordered before must not be overtaken by the introduction, nor the other way round.
    a.peer?.flush()
    b.peer?.flush()
    this.#ports.threads.introduce(a.handle, b.handle)
  }

  ready(id: number): void {
    const thread = this.#threads.get(id)
    if (!thread) return
    thread.isReady = true
    thread.whenReady.resolve()
  }

  async whenReady(thread: ThreadRecord): Promise<void> {
    await Promise.race([thread.whenReady.promise, thread.whenGone.promise])
  }

  readings(): Reading[] {
    return [...this.#threads.values()].flatMap((thread): Reading[] => {
      const status = thread.handle?.status
      if (!status || !thread.isReady || thread.isEnding) return []
      const limits = [...thread.actors].map(({ policy, state }) =>
        state === 'starting' ? Math.max(policy.limits.hungMs, policy.limits.startMs) : policy.limits.hungMs,
      )
      const hungMs = limits.length === 0 ? Infinity : Math.min(...limits)
      return [
        {
          thread: thread.id,
          beatAt: status.beatAt,
          gapMs: status.takeGap(),
          busy: status.busy,
          // While one of them starts, its module is read and its history built: that may hold the thread.
          hungMs: [...thread.actors].some(({ state }) => state === 'starting') ? Math.max(...limits) : hungMs,
        },
      ]
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelSpare()
    await Promise.all([...this.#threads.values()].map((thread) => this.#shutdown(thread)))
  }

  #packed(group: string, count: number, heapMb: number | undefined): ThreadRecord {
    const members = [...this.#threads.values()].filter(
      (thread) => thread.group === group && this.#isUsable(thread),
    )
    if (members.length < count) return this.#start(`${group}/${members.length + 1}`, group, heapMb)
    return members.reduce((least, thread) => (thread.actors.size < least.actors.size ? thread : least))
  }

  #start(name: string, group: string | undefined, heapMb: number | undefined): ThreadRecord {
    const id = ++this.#ids
    const handle = this.#ports.threads.start(
      {
        thread: id,
        name,
        supervisor: this.#ports.station.status,
        ...(heapMb === undefined ? {} : { heapMb }),
      },
      (failure) => this.#ended(thread, failure),
    )
    const peer = this.#ports.station.attach(id, handle.link)
    const thread: ThreadRecord = { ...this.#blank(id, name), handle, peer, group, heapMb }
    this.#threads.set(id, thread)
    return thread
  }

  #blank(id: number, name: string): ThreadRecord {
    return {
      id,
      name,
      handle: undefined,
      peer: undefined,
      group: undefined,
      heapMb: undefined,
      actors: new Set(),
      met: new Set(),
      isSpare: false,
      isReady: false,
      isEnding: false,
      isExpected: false,
      cause: undefined,
      whenReady: Promise.withResolvers(),
      whenGone: Promise.withResolvers(),
    }
  }

  #isUsable(thread: ThreadRecord): boolean {
    return thread.handle === undefined || (this.#threads.has(thread.id) && !thread.isEnding)
  }

  #spareLater(): void {
    if (!this.#ports.hasSpare || this.#isClosed) return
    this.#cancelSpare()
    this.#cancelSpare = this.#ports.timing.after(CALM_MS, () => {
      if ([...this.#threads.values()].some((thread) => thread.isSpare)) return
      this.#start('spare', undefined, undefined).isSpare = true
    })
  }

  async #shutdown(thread: ThreadRecord): Promise<void> {
    if (!thread.handle || !this.#threads.has(thread.id)) return
    thread.isEnding = true
    thread.isExpected = true
    this.order(thread.id, { kind: 'shutdown' })
    const late = this.#ports.timing.after(SHUTDOWN_MS, () => void thread.handle?.terminate())
    await thread.whenGone.promise
    late()
  }

  #ended(thread: ThreadRecord, failure: Failure): void {
    this.#threads.delete(thread.id)
    for (const other of this.#threads.values()) other.met.delete(thread.id)
    thread.whenGone.resolve()
    if (!thread.isExpected || thread.actors.size > 0) this.#onEnd(thread, thread.cause ?? failure)
  }
}
