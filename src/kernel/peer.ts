/** Another thread, as one thread sees it: the link, what is to be sent this turn, and the channels both ways. */
import type { Timing } from './clock.ts'
import type { Edge } from './edge.ts'
import type { Inbound } from './inbound.ts'
import { PLACES } from './envelope.ts'
import type { Link } from './link.ts'

/** What one turn sends leaves as one batch, of at most so many messages. */
const BATCH_MAX = 64

export class Peer {
  readonly thread: number
  readonly link: Link
  /** Channels we opened, by our number. */
  readonly outbound = new Map<number, Edge>()
  /** Channels it opened, by its number. */
  readonly inbound = new Map<number, Inbound>()
  isOpen = true
  readonly #timing: Timing
  readonly #uncloneable: (peer: Peer, message: readonly unknown[], detail: string) => void
  #out: unknown[] = []
  #armed = false

  constructor(
    thread: number,
    link: Link,
    timing: Timing,
    uncloneable: (peer: Peer, message: readonly unknown[], detail: string) => void,
  ) {
    this.thread = thread
    this.link = link
    this.#timing = timing
    this.#uncloneable = uncloneable
  }

  push(
    receiver: number,
    correlation: number,
    type: string,
    payload: unknown,
    deadline: number,
    trail: string | 0,
  ): void {
    const places = this.#out.push(receiver, correlation, type, payload, deadline, trail)
    if (places >= BATCH_MAX * PLACES) this.flush()
    else if (!this.#armed) {
      this.#armed = true
      this.#timing.defer(this.#flushArmed)
    }
  }

  flush(): void {
    if (this.#out.length === 0 || !this.isOpen) return
    const batch = this.#out
    this.#out = []
    try {
      this.link.send(batch)
    } catch {
      this.#sendOneByOne(batch)
    }
  }

  readonly #flushArmed = (): void => {
    this.#armed = false
    this.flush()
  }

  /** One message that cannot be cloned must not take the others of its batch with it. */
  #sendOneByOne(batch: readonly unknown[]): void {
    for (let at = 0; at < batch.length; at += PLACES) {
      const message = batch.slice(at, at + PLACES)
      try {
        this.link.send(message)
      } catch (error) {
        this.#uncloneable(this, message, error instanceof Error ? error.message : String(error))
      }
    }
  }
}
