/**
 * One sender's way to one receiver: the queue, the window, and the books. The queue outlives the receiver's
 * incarnations; the window does not, what was in it is dead.
 */
import { ActorDied, MailboxFull, Quarantined, Uncloneable } from './errors.ts'
import type { Delivery } from './actor.ts'
import type { DeadLetter, DeathReason, Entry } from './envelope.ts'
import { DEFAULT_RULES, type Envelope, type KeyFunctions, Mailbox } from './mailbox.ts'
import type { Peer } from './peer.ts'
import { EdgeBlock } from './status.ts'

export interface EdgeHost {
  monotonic(): number
  /** A channel to that incarnation, or undefined when its thread cannot be reached (yet). */
  open(edge: Edge, entry: Entry): { readonly peer: Peer; readonly number: number } | undefined
  close(edge: Edge, peer: Peer, number: number): void
  dead(letters: readonly DeadLetter[]): void
  overflowed(path: string, from: string, type: string): void
  endAsk(correlation: number, error: Error): void
  endSentAsks(edge: Edge, errorOf: (envelope: Envelope) => Error): void
  keysOf(entry: Entry): KeyFunctions | Promise<KeyFunctions>
}

interface Channel {
  readonly peer: Peer
  readonly number: number
  readonly epoch: number
}

const STOPPED: Delivery = { ok: false, reason: 'stopped' }
const QUARANTINED: Delivery = { ok: false, reason: 'quarantined' }
const UNCLONEABLE: Delivery = { ok: false, reason: 'uncloneable' }

export class Edge {
  readonly from: string
  readonly to: string
  readonly block = new EdgeBlock()
  readonly #host: EdgeHost
  readonly #mailbox: Mailbox
  #entry: Entry | undefined
  #channel: Channel | undefined
  /** Incarnations up to this one are gone, whatever the book still says. */
  #deadEpoch = 0
  #flight: Envelope[] = []
  #flightHead = 0
  /** Sent over the port, and of those seen settled; both wrap like the counter they follow. */
  #wire = 0
  #seen = 0
  #wakeAsked = false

  constructor(from: string, to: string, host: EdgeHost) {
    this.from = from
    this.to = to
    this.#host = host
    this.#mailbox = new Mailbox(DEFAULT_RULES, {
      conflated: () => this.block.add('conflated'),
      dropped: (envelope) => this.#dropped(envelope),
      overflowed: ({ type }) => host.overflowed(to, from, type),
    })
  }

  get entry(): Entry | undefined {
    return this.#entry
  }

  /** Messages that wait or are in the window. */
  get depth(): number {
    this.#sync()
    return this.#mailbox.depth + this.#inFlight
  }

  send(envelope: Envelope): Delivery {
    this.block.add('sent')
    const refusal = this.#refusal(envelope)
    if (refusal) {
      this.block.add('rejected')
      return refusal
    }
    if (this.#wire !== this.#seen) this.#sync()
    const delivery = this.#mailbox.offer(envelope, this.#inFlight)
    if (delivery.ok) this.#pump(envelope)
    else this.block.add('rejected')
    return delivery
  }

  /** The book has news of the receiver. */
  bind(entry: Entry): void {
    const before = this.#entry
    this.#entry = entry
    if (this.#channel && this.#channel.epoch !== entry.epoch) this.lost('in-flight')
    if (JSON.stringify(before?.rules) !== JSON.stringify(entry.rules)) this.#follow(entry)
    if (entry.state === 'stopped') this.#bury('stopped')
    else if (entry.state === 'quarantined') this.#endWaitingAsks(entry)
    else this.#pump()
  }

  /** The receiver, or its thread, is gone. */
  lost(reason: 'in-flight' | 'untouched'): void {
    const channel = this.#channel
    if (!channel) return
    this.#sync()
    this.#channel = undefined
    this.#deadEpoch = Math.max(this.#deadEpoch, channel.epoch)
    this.#host.close(this, channel.peer, channel.number)
    const left = this.#flight.slice(this.#flightHead)
    this.#flight = []
    this.#flightHead = 0
    this.#wire = this.#seen
    this.#wakeAsked = false
    this.block.wakeNoMore()
    if (reason === 'untouched') this.#restore(left)
    else this.#kill(left, 'in-flight')
    this.#host.endSentAsks(this, ({ type }) => new ActorDied(this.to, type, 'its incarnation ended'))
    this.#pump()
  }

  wake(): void {
    this.#wakeAsked = false
    this.#pump()
  }

  /** Nobody waits for this answer any more: if it has not left yet, it does not. */
  withdraw(envelope: Envelope): void {
    if (envelope.sent || envelope.gone) return
    this.#mailbox.remove(envelope)
    this.block.add('expired')
  }

  /** A message could not be cloned when its batch left. The receiver never sees it, so it is out of the window. */
  refused(correlation: number, type: string, detail: string): void {
    const at = this.#flight.findLastIndex((one) => one.type === type && one.correlation === correlation)
    if (at >= this.#flightHead) this.#flight.splice(at, 1)
    this.#wire = (this.#wire - 1) | 0
    this.block.add('dead')
    this.#host.dead([this.#letter(type, 'uncloneable')])
    if (correlation !== 0) this.#host.endAsk(correlation, new Uncloneable(this.to, type, detail))
    this.#pump()
  }

  get #inFlight(): number {
    return (this.#wire - this.#seen) | 0
  }

  #refusal({ payload }: Envelope): Delivery | undefined {
    const state = this.#entry?.state
    if (state === 'stopped' || state === 'draining') return STOPPED
    if (state === 'quarantined') return QUARANTINED
    return isPlainlyUncloneable(payload) ? UNCLONEABLE : undefined
  }

  #sync(): void {
    const settled = this.block.settled
    let done = (settled - this.#seen) | 0
    this.#seen = settled
    for (; done > 0 && this.#flightHead < this.#flight.length; done--) this.#flightHead++
    if (this.#flightHead === this.#flight.length) {
      this.#flight.length = 0
      this.#flightHead = 0
    } else if (this.#flightHead > 256) {
      this.#flight.splice(0, this.#flightHead)
      this.#flightHead = 0
    }
  }

  /** `fresh` has only just been sent: its time cannot be over. */
  #pump(fresh?: Envelope): void {
    if (this.#mailbox.depth === 0) return
    const channel = this.#channel ?? this.#open()
    if (!channel || !this.#entry || this.#entry.state === 'paused') return
    const { window } = this.#entry.rules
    for (;;) {
      if (this.#inFlight >= window) this.#sync()
      if (this.#inFlight >= window) return this.#askToBeWoken(window)
      const envelope = this.#mailbox.shift()
      if (!envelope) return
      if (envelope !== fresh && envelope.deadline !== 0 && envelope.deadline <= this.#host.monotonic()) {
        envelope.gone = true
        this.block.add('expired')
        continue
      }
      envelope.sent = true
      this.#wire = (this.#wire + 1) | 0
      this.#flight.push(envelope)
      const { correlation, type, payload, deadline, trail } = envelope
      channel.peer.push(channel.number, correlation, type, payload, deadline, trail)
    }
  }

  /** One wake-up, when half of the window is done: not one a message. */
  #askToBeWoken(window: number): void {
    if (this.#wakeAsked) return
    const at = (this.#wire - (window >> 1)) | 0
    this.#wakeAsked = true
    this.block.wakeAt(at)
    // The receiver may have passed it between our look and our wish.
    if (((this.block.settled - at) | 0) < 0) return
    this.block.wakeNoMore()
    this.#wakeAsked = false
    this.#sync()
    this.#pump()
  }

  #open(): Channel | undefined {
    const entry = this.#entry
    if (!entry || entry.epoch <= this.#deadEpoch) return undefined
    if (entry.state !== 'running' && entry.state !== 'draining') return undefined
    const opened = this.#host.open(this, entry)
    if (!opened) return undefined
    this.#seen = this.block.settled
    this.#wire = this.#seen
    this.#channel = { ...opened, epoch: entry.epoch }
    return this.#channel
  }

  /** New rules; key functions may have to be loaded, until then the queue does not conflate by them. */
  #follow(entry: Entry): void {
    this.#mailbox.configure(entry.rules, {})
    if (!entry.rules.hasKeyFunctions) return
    const keys = this.#host.keysOf(entry)
    if (!(keys instanceof Promise)) return this.#mailbox.configure(entry.rules, keys)
    void keys.then((loaded) => this.#entry && this.#mailbox.configure(this.#entry.rules, loaded))
  }

  #restore(left: readonly Envelope[]): void {
    for (const envelope of left) envelope.sent = false
    this.#mailbox.restore(left)
  }

  #bury(reason: 'stopped'): void {
    if (this.#channel) this.lost('in-flight')
    this.#kill(this.#mailbox.take(Infinity), reason)
  }

  /** Tells are held for the day it is released; who asked should not wait for that. */
  #endWaitingAsks(entry: Entry): void {
    const waiting = this.#mailbox.take(Infinity)
    this.#mailbox.restore(waiting.filter(({ correlation }) => correlation === 0))
    const asks = waiting.filter(({ correlation }) => correlation !== 0)
    this.#kill(asks, 'quarantined', () => new Quarantined(this.to, entry.why ?? 'it failed too often'))
  }

  #kill(
    envelopes: readonly Envelope[],
    reason: DeathReason,
    errorOf: (envelope: Envelope) => Error = ({ type }) => new ActorDied(this.to, type, reason),
  ): void {
    if (envelopes.length === 0) return
    this.block.add('dead', envelopes.length)
    this.#host.dead(envelopes.map(({ type }) => this.#letter(type, reason)))
    for (const envelope of envelopes)
      if (envelope.correlation !== 0) this.#host.endAsk(envelope.correlation, errorOf(envelope))
  }

  #dropped({ correlation, type }: Envelope): void {
    this.block.add('dropped')
    if (correlation !== 0) this.#host.endAsk(correlation, new MailboxFull(this.to, type))
  }

  #letter(type: string, reason: DeathReason): DeadLetter {
    return { to: this.to, from: this.from, type, reason }
  }
}

/** What can be seen at a glance; the rest shows when the batch leaves. */
function isPlainlyUncloneable(payload: unknown): boolean {
  if (typeof payload === 'function' || typeof payload === 'symbol') return true
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return false
  for (const key in payload) {
    const kind = typeof (payload as Record<string, unknown>)[key]
    if (kind === 'function' || kind === 'symbol') return true
  }
  return false
}
