/** Everything of one thread: its cells, its ways to other actors, its asks, its copy of the book. */
import type { ActorDef, ActorRef } from './actor.ts'
import { AskTable } from './asks.ts'
import { Cell, type CellHost } from './cell.ts'
import type { ClockSource, Timing } from './clock.ts'
import { makeContext } from './context.ts'
import { Edge, type EdgeHost } from './edge.ts'
import {
  type Batch,
  type DeadLetter,
  type DeathReason,
  type Entry,
  type Notice,
  type Order,
  PLACES,
  type PeerMessage,
  type SpawnOrder,
} from './envelope.ts'
import { SystemDraining, errorFrom, formOf } from './errors.ts'
import { Inbound } from './inbound.ts'
import { type Link, LoopLink } from './link.ts'
import type { MakeLogger } from './log.ts'
import { type KeyFunctions, rulesOf } from './mailbox.ts'
import { Peer } from './peer.ts'
import { Ref } from './ref.ts'
import { ActorBlock, EdgeBlock, type ThreadBlock } from './status.ts'
import { policyOf } from './supervision.ts'

export type AnyDef = ActorDef<object, unknown>

/** Definitions handed over as objects, by key: for actors in a thread that has them. */
export type Definitions = Map<string, AnyDef>

export interface StationOptions {
  /** 0 is the main thread's. */
  readonly thread: number
  readonly timing: Timing
  readonly clock: ClockSource
  readonly status: ThreadBlock
  /** The beat of the thread that supervises: the one thing that nobody else watches. */
  readonly supervisor: ThreadBlock
  readonly makeLogger: MakeLogger
  readonly definitions: Definitions
  /** Whether messages within this thread are cloned, as between threads. */
  readonly clones: boolean
  /** For the main thread's own: where its notices go. */
  readonly onNotice?: (notice: Notice) => void
}

/** A burst of deaths is counted in full and told in part. */
const LETTERS_MAX = 100

export class Station {
  readonly thread: number
  readonly timing: Timing
  readonly clock: ClockSource
  readonly makeLogger: MakeLogger
  readonly definitions: Definitions
  readonly status: ThreadBlock
  readonly supervisor: ThreadBlock
  readonly asks: AskTable
  /** For the main thread's own: notices of other threads. */
  onPeerNotice: (thread: number, notice: Notice) => void = () => {}
  /** Ran to its end, as ordered. */
  onClosed: () => void = () => {}
  isDraining = false
  /** For tests: the thread takes nothing from its ports any more. */
  isHung = false
  readonly #options: StationOptions
  readonly #peers = new Map<number, Peer>()
  readonly #cells = new Map<string, Cell>()
  readonly #edges = new Map<string, Edge>()
  readonly #edgesTo = new Map<string, Set<Edge>>()
  readonly #entries = new Map<string, Entry>()
  readonly #spawns = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  readonly #host: CellHost
  readonly #edgeHost: EdgeHost
  #channels = 0
  #requests = 0
  #letters: DeadLetter[] = []
  #moreLetters: Partial<Record<DeathReason, number>> = {}

  constructor(options: StationOptions) {
    this.#options = options
    this.thread = options.thread
    this.timing = options.timing
    this.clock = options.clock
    this.makeLogger = options.makeLogger
    this.definitions = options.definitions
    this.status = options.status
    this.supervisor = options.supervisor
    this.asks = new AskTable(options.timing)
    const notify = (notice: Notice): void => this.notify(notice)
    const dead = (letters: readonly DeadLetter[]): void => this.#dead(letters)
    this.#host = { timing: options.timing, status: options.status, notify, dead }
    this.#edgeHost = {
      monotonic: () => options.timing.monotonic(),
      open: (edge, entry) => this.#open(edge, entry),
      close: (_edge, peer, number) => this.#closeChannel(peer, number),
      dead,
      overflowed: (path, from, type) => notify({ kind: 'overflowed', path, from, type }),
      endAsk: (correlation, error) => void this.asks.reject(correlation, error),
      endSentAsks: (edge, errorOf) => this.asks.rejectSent(edge, errorOf),
      keysOf: (entry) => this.#keysOf(entry),
    }
    this.attach(options.thread, new LoopLink(options.clones))
  }

  attach(thread: number, link: Link): Peer {
    const peer = new Peer(thread, link, this.timing, (from, message, detail) =>
      this.#uncloneable(from, message, detail),
    )
    this.#peers.set(thread, peer)
    link.onBatch((batch) => this.#receive(peer, batch))
    link.onClose(() => this.#detach(peer))
    return peer
  }

  ref<A>(path: string, from: string, cell?: Cell): ActorRef<A> {
    return new Ref<A>(this, path, from, cell)
  }

  cell(path: string): Cell | undefined {
    return this.#cells.get(path)
  }

  edge(from: string, to: string): Edge {
    const key = `${from} ${to}`
    const known = this.#edges.get(key)
    if (known) return known
    const edge = new Edge(from, to, this.#edgeHost)
    this.#edges.set(key, edge)
    let edges = this.#edgesTo.get(to)
    if (!edges) this.#edgesTo.set(to, (edges = new Set()))
    edges.add(edge)
    this.notify({ kind: 'edge', from, to, block: edge.block.buffer })
    const entry = this.#entries.get(to)
    if (entry) edge.bind(entry)
    else if (edges.size === 1) this.notify({ kind: 'lookup', path: to })
    return edge
  }

  /** To the main thread. */
  notify(notice: Notice): void {
    if (this.#options.onNotice) this.#options.onNotice(notice)
    else this.#peers.get(0)?.push(0, 0, 'notice', notice, 0, 0)
  }

  /** Asks the main thread for a child of that cell. */
  spawn(cell: Cell, module: string, key: string, options: unknown): Promise<void> {
    const number = ++this.#requests
    const { path: parent, epoch } = cell
    return new Promise((resolve, reject) => {
      this.#spawns.set(number, { resolve, reject })
      this.notify({ kind: 'spawn', number, parent, epoch, module, key, options })
    })
  }

  /** An order of the main thread. */
  obey(order: Order): void {
    switch (order.kind) {
      case 'spawn':
        return void this.#spawn(order.order)
      case 'entry':
        return this.#learn(order.entry)
      case 'spawned':
        return this.#spawned(order.number, order.error && errorFrom(order.error))
      case 'forget':
        return this.#forgetSender(order.from)
      case 'configure':
        return this.#cells.get(order.path)?.configure(order.concurrency)
      case 'draining':
        this.isDraining = true
        return
      case 'shutdown':
        return this.close()
      case 'stop':
      case 'drain':
      case 'pause':
      case 'resume':
      case 'fail':
      case 'signal':
        return this.#obeyFor(order)
      default:
        order satisfies never
    }
  }

  /** Ends everything of this thread. */
  close(): void {
    this.#tellLetters()
    this.asks.rejectAll((path) => new SystemDraining(path))
    for (const peer of this.#peers.values()) {
      peer.flush()
      peer.isOpen = false
      peer.link.close()
    }
    this.onClosed()
  }

  /** As if the thread had been killed: nobody is told anything, but by the end of the links. */
  abandon(): void {
    this.isHung = true
    for (const cell of this.#cells.values()) cell.abandon()
    for (const peer of this.#peers.values()) {
      peer.isOpen = false
      peer.link.close()
    }
  }

  #obeyFor(order: Extract<Order, { epoch: number }>): void {
    const cell = this.#cells.get(order.path)
    if (!cell || cell.epoch !== order.epoch) return
    switch (order.kind) {
      case 'stop':
        return void cell.stop(order.why)
      case 'drain':
        return void cell.drain()
      case 'pause':
        return cell.signalled({ kind: 'paused' })
      case 'resume':
        return cell.signalled({ kind: 'resumed' })
      case 'fail':
        return void cell.failed(order.failure)
      case 'signal':
        return cell.signalled(order.signal)
      default:
        order satisfies never
    }
  }

  async #spawn(order: SpawnOrder): Promise<void> {
    const { path, epoch } = order
    const previous = this.#cells.get(path)
    await previous?.released
    let definition: AnyDef
    try {
      definition = await this.#load(order.module, order.key)
      const { rules } = rulesOf(definition.mailbox, order.mailbox)
      this.notify({ kind: 'loaded', path, epoch, rules, supervise: definition.supervise ?? {} })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const failure = { kind: 'load', message, error: formOf(error) } as const
      this.notify({ kind: 'failed', path, epoch, failure })
      return
    }
    const { limits } = policyOf(definition.supervise, order.supervise)
    const { rules } = rulesOf(definition.mailbox, order.mailbox)
    const block = new ActorBlock(order.block)
    const cell = new Cell(order, this.#host, block, limits, rules.concurrency)
    this.#cells.set(path, cell)
    const context = makeContext(this, cell)
    await cell.start(() => definition.create(context, order.props))
  }

  async #load(module: string, key: string): Promise<AnyDef> {
    const known = this.definitions.get(key)
    if (known) return known
    const loaded = (await import(module)) as { default?: AnyDef }
    if (typeof loaded.default?.create !== 'function')
      throw new TypeError(`the default export of ${module} is an actor's definition`)
    return loaded.default
  }

  #keysOf(entry: Entry): KeyFunctions | Promise<KeyFunctions> {
    const known = this.definitions.get(entry.key)
    if (known) return rulesOf(known.mailbox).keys
    return this.#load(entry.module, '').then(
      (definition) => rulesOf(definition.mailbox).keys,
      () => ({}),
    )
  }

  #learn(entry: Entry): void {
    if (entry.state === 'stopped') this.#entries.delete(entry.path)
    else this.#entries.set(entry.path, entry)
    const edges = this.#edgesTo.get(entry.path)
    if (!edges) return
    for (const edge of edges) edge.bind(entry)
  }

  /** That sender has stopped for good: what it sent is still delivered, then its ways are removed. */
  #forgetSender(from: string): void {
    for (const [key, edge] of this.#edges) {
      if (edge.from !== from || edge.depth > 0) continue
      this.#edges.delete(key)
      this.#edgesTo.get(edge.to)?.delete(edge)
    }
    this.#cells.delete(from)
  }

  #spawned(number: number, error: Error | undefined): void {
    const request = this.#spawns.get(number)
    this.#spawns.delete(number)
    if (error) request?.reject(error)
    else request?.resolve()
  }

  #open(edge: Edge, entry: Entry): { peer: Peer; number: number } | undefined {
    const peer = this.#peers.get(entry.thread)
    if (!peer?.isOpen) return undefined
    const number = ++this.#channels
    peer.outbound.set(number, edge)
    const { from, to, block } = edge
    const open: PeerMessage = { kind: 'open', number, from, to, epoch: entry.epoch, block: block.buffer }
    peer.push(0, 0, 'peer', open, 0, 0)
    return { peer, number }
  }

  #closeChannel(peer: Peer, number: number): void {
    peer.outbound.delete(number)
    if (peer.isOpen) peer.push(0, 0, 'peer', { kind: 'left', number } satisfies PeerMessage, 0, 0)
  }

  #receive(peer: Peer, batch: Batch): void {
    if (this.isHung) return
    const now = this.timing.monotonic()
    for (let at = 0; at < batch.length; at += PLACES) {
      const receiver = batch[at] as number
      const correlation = batch[at + 1] as number
      const type = batch[at + 2] as string
      const payload = batch[at + 3]
      if (receiver !== 0) {
        const inbound = peer.inbound.get(receiver)
        inbound?.receive(correlation, type, payload, batch[at + 4] as number, batch[at + 5], now)
      } else if (correlation < 0) this.#answered(-correlation, type, payload)
      else if (type === 'peer') this.#heard(peer, payload as PeerMessage)
      else if (type === 'order') this.obey(payload as Order)
      else this.onPeerNotice(peer.thread, payload as Notice)
    }
  }

  #answered(correlation: number, type: string, payload: unknown): void {
    const isAwaited =
      type === 'ok'
        ? this.asks.resolve(correlation, payload)
        : this.asks.reject(correlation, errorFrom(payload as Parameters<typeof errorFrom>[0]))
    if (!isAwaited) this.#dead([{ to: '', from: '', type: 'reply', reason: 'late-reply' }])
  }

  #heard(peer: Peer, message: PeerMessage): void {
    switch (message.kind) {
      case 'open':
        return this.#opened(peer, message)
      case 'wake':
        return peer.outbound.get(message.number)?.wake()
      case 'closed':
        return peer.outbound.get(message.number)?.lost(message.untouched ? 'untouched' : 'in-flight')
      case 'left':
        peer.inbound.get(message.number)?.forget()
        peer.inbound.delete(message.number)
        return
      default:
        message satisfies never
    }
  }

  #opened(peer: Peer, { number, from, to, epoch, block }: Extract<PeerMessage, { kind: 'open' }>): void {
    const cell = this.#cells.get(to)
    if (!cell || cell.epoch !== epoch || cell.isEnded) {
      peer.push(0, 0, 'peer', { kind: 'closed', number, untouched: false } satisfies PeerMessage, 0, 0)
      return
    }
    const inbound = new Inbound(from, cell, peer, { number, block: new EdgeBlock(block) }, this.#host)
    peer.inbound.set(number, inbound)
    cell.inbounds.add(inbound)
  }

  /** That thread is gone. All it sent has arrived: a port ends behind its messages. */
  #detach(peer: Peer): void {
    if (!peer.isOpen) return
    peer.isOpen = false
    if (this.#peers.get(peer.thread) === peer) this.#peers.delete(peer.thread)
    for (const edge of peer.outbound.values()) edge.lost('in-flight')
    for (const inbound of peer.inbound.values()) inbound.orphan()
  }

  #uncloneable(peer: Peer, message: readonly unknown[], detail: string): void {
    const [receiver, correlation, type] = message as [number, number, string]
    const edge = peer.outbound.get(receiver)
    if (edge) return edge.refused(correlation, type, detail)
    const form = { name: 'Uncloneable', code: 'UNCLONEABLE', message: `the answer cannot cross: ${detail}` }
    if (correlation < 0) peer.push(0, correlation, 'error', form, 0, 0)
  }

  #dead(letters: readonly DeadLetter[]): void {
    const room = Math.max(0, LETTERS_MAX - this.#letters.length)
    if (this.#letters.length === 0) this.timing.defer(() => this.#tellLetters())
    this.#letters.push(...letters.slice(0, room))
    for (const { reason } of letters.slice(room))
      this.#moreLetters[reason] = (this.#moreLetters[reason] ?? 0) + 1
  }

  #tellLetters(): void {
    if (this.#letters.length === 0) return
    const [letters, more] = [this.#letters, this.#moreLetters]
    this.#letters = []
    this.#moreLetters = {}
    this.notify({ kind: 'deadLetters', letters, more })
  }
}
