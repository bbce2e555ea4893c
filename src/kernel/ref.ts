import type { ActorRef, Arg, AskOptions, Asks, Delivery, Ret, Tells } from './actor.ts'
import { trailOf } from './envelope.ts'
import {
  ActorDied,
  AskCycle,
  AskTimeout,
  MailboxFull,
  Quarantined,
  SystemDraining,
  Uncloneable,
} from './errors.ts'
import { invariant } from '../lib/index.ts'
import type { Cell } from './cell.ts'
import type { Edge } from './edge.ts'
import type { Envelope } from './mailbox.ts'
import { currentScope } from './scope.ts'
import type { Station } from './station.ts'

const STOPPED: Delivery = { ok: false, reason: 'stopped' }

export class Ref<Api> implements ActorRef<Api> {
  readonly path: string
  readonly #station: Station
  readonly #from: string
  readonly #cell: Cell | undefined
  #edge: Edge | undefined

  constructor(station: Station, path: string, from: string, cell: Cell | undefined) {
    this.path = path
    this.#station = station
    this.#from = from
    this.#cell = cell
    // The book is asked now, so that the first message finds it open.
    if (from !== path) this.#edge = station.edge(from, path)
  }

  tell<K extends Tells<Api>>(type: K, arg: Arg<Api, K>): Delivery {
    // A late continuation of an incarnation that ended must not act.
    if (this.#cell?.isEnded === true) return STOPPED
    const trace = currentScope()?.trace ?? ''
    return this.#way().send(envelopeOf(type, arg, 0, 0, trailOf(trace, [])))
  }

  ask<K extends Asks<Api>>(type: K, arg: Arg<Api, K>, options: AskOptions): Promise<Ret<Api, K>> {
    const { timeoutMs, signal } = options
    invariant(timeoutMs > 0 && Number.isFinite(timeoutMs), `an ask has a time limit, was ${timeoutMs} ms`)
    if (this.#cell?.isEnded === true)
      return Promise.reject(new ActorDied(this.path, type, 'the asking incarnation has ended'))
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const scope = currentScope()
    const chain = scope?.chain ?? []
    if (chain.includes(this.path)) return Promise.reject(new AskCycle(chain, this.path))

    const now = this.#station.timing.monotonic()
    const wanted = now + timeoutMs
    const deadline = scope && scope.deadline !== 0 ? Math.min(wanted, scope.deadline) : wanted
    if (deadline <= now) return Promise.reject(new AskTimeout(this.path, type, timeoutMs))
    const { asks } = this.#station
    const trail = trailOf(scope?.trace ?? '', chain)
    return new Promise((resolve, reject) => {
      const edge = this.#way()
      const envelope = envelopeOf(type, arg, asks.number(), deadline, trail)
      asks.add({
        edge,
        envelope,
        timeoutMs: deadline - now,
        resolve: resolve as (value: unknown) => void,
        reject,
        detach: signal && this.#follow(signal, edge, envelope),
      })
      const delivery = edge.send(envelope)
      if (!delivery.ok) asks.reject(envelope.correlation, this.#refusal(type, delivery.reason))
    })
  }

  #follow(signal: AbortSignal, edge: Edge, envelope: Envelope): () => void {
    const abort = (): void => {
      edge.withdraw(envelope)
      this.#station.asks.reject(envelope.correlation, signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  }

  #way(): Edge {
    return (this.#edge ??= this.#station.edge(this.#from, this.path))
  }

  #refusal(type: string, reason: Exclude<Delivery, { ok: true }>['reason']): Error {
    const entry = this.#way().entry
    if (reason === 'full') return new MailboxFull(this.path, type)
    if (reason === 'uncloneable') return new Uncloneable(this.path, type, 'a function or a symbol in it')
    if (reason === 'quarantined') return new Quarantined(this.path, entry?.why ?? '')
    if (this.#station.isDraining || entry?.state === 'draining') return new SystemDraining(this.path)
    return new ActorDied(this.path, type, 'it has stopped')
  }
}

function envelopeOf(
  type: string,
  payload: unknown,
  correlation: number,
  deadline: number,
  trail: string | 0,
): Envelope {
  return { type, payload, correlation, deadline, trail, key: '', sent: false, gone: false }
}
