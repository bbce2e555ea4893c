import type { Cell } from './cell.ts'
import type { DeadLetter, Notice } from './envelope.ts'
import type { Peer } from './peer.ts'
import type { EdgeBlock } from './status.ts'

export interface InboundHost {
  notify(notice: Notice): void
  dead(letters: readonly DeadLetter[]): void
}

/** A channel as its receiver sees it: one sender's messages to one incarnation. */
export class Inbound {
  readonly from: string
  readonly cell: Cell
  readonly #peer: Peer
  readonly #number: number
  readonly #block: EdgeBlock
  readonly #host: InboundHost
  #pending = 0
  #isOpen = true

  constructor(
    from: string,
    cell: Cell,
    peer: Peer,
    channel: { readonly number: number; readonly block: EdgeBlock },
    host: InboundHost,
  ) {
    this.from = from
    this.cell = cell
    this.#peer = peer
    this.#number = channel.number
    this.#block = channel.block
    this.#host = host
  }

  receive(
    correlation: number,
    type: string,
    payload: unknown,
    deadline: number,
    trail: unknown,
    at: number,
  ): void {
    if (!this.#isOpen) return
    this.#pending++
    this.cell.enqueue(this, correlation, type, payload, deadline, trail, at)
  }

  /** One message is done with, well or badly. */
  settle(): void {
    if (!this.#isOpen) return
    this.#pending--
    if (this.#block.settle()) this.#peer.push(0, 0, 'peer', { kind: 'wake', number: this.#number }, 0, 0)
  }

  reply(correlation: number, isOk: boolean, value: unknown): void {
    if (this.#peer.isOpen) this.#peer.push(0, -correlation, isOk ? 'ok' : 'error', value, 0, 0)
    else this.#host.dead([{ to: this.from, from: this.cell.path, type: 'reply', reason: 'nobody-asks' }])
  }

  /** The incarnation ended. The sender counts what it still had in the window; without a sender we do. */
  close(untouched: boolean): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (this.#peer.isOpen) {
      this.#peer.push(0, 0, 'peer', { kind: 'closed', number: this.#number, untouched }, 0, 0)
    } else if (this.#pending > 0) {
      this.#orphaned(this.#pending)
    }
  }

  /** The sender closed it: this incarnation is over for it, or it is to be forgotten. */
  forget(): void {
    this.#isOpen = false
    this.cell.inbounds.delete(this)
  }

  /** The sender's thread is gone, with all that waited there. What has arrived is still handled. */
  orphan(): void {
    const { sent, conflated, dropped, rejected, expired, dead } = this.#block.counts
    const outstanding = (sent - conflated - dropped - rejected - expired - dead - this.#block.settled) | 0
    this.#orphaned(Math.max(0, outstanding - this.#pending))
  }

  #orphaned(lost: number): void {
    const { thread } = this.#peer
    this.#host.notify({ kind: 'orphaned', from: this.from, to: this.cell.path, thread, lost })
  }
}
