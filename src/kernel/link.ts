/** How batches get to another thread. A link is the only thing that knows where the other end is. */
import type { MessagePort } from 'node:worker_threads'
import type { Timing } from './clock.ts'
import type { Batch } from './envelope.ts'

export interface Link {
  /** Throws a DataCloneError, and sends nothing, when something in it cannot be cloned. */
  send(batch: Batch): void
  onBatch(take: (batch: Batch) => void): void
  /** The other end is gone. */
  onClose(run: () => void): void
  close(): void
}

/** The other end of a link to a third thread, handed over a port. */
export interface Introduction {
  readonly peer: number
  readonly port: MessagePort
}

export class PortLink implements Link {
  readonly #port: MessagePort
  readonly #onIntroduction: (introduction: Introduction) => void
  #closed = false

  constructor(port: MessagePort, onIntroduction: (introduction: Introduction) => void = () => {}) {
    this.#port = port
    this.#onIntroduction = onIntroduction
  }

  send(batch: Batch): void {
    if (this.#closed) return
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port of this process, not a window.
    this.#port.postMessage(batch)
  }

  introduce(introduction: Introduction): void {
    if (!this.#closed) this.#port.postMessage(introduction, [introduction.port])
  }

  onBatch(take: (batch: Batch) => void): void {
    this.#port.on('message', (message: Batch | Introduction) => {
      if (Array.isArray(message)) take(message)
      else this.#onIntroduction(message as Introduction)
    })
  }

  onClose(run: () => void): void {
    this.#port.on('close', () => {
      this.#closed = true
      run()
    })
  }

  close(): void {
    this.#port.close()
  }
}

/** Both ends in one thread. In tests it clones, as a port would; then what is not cloneable fails here too. */
export class InlineLink implements Link {
  readonly #timing: Timing
  readonly #queue: Batch[] = []
  #take: (batch: Batch) => void = () => {}
  #closed: () => void = () => {}
  #other: InlineLink | undefined
  #isArmed = false
  #isOpen = true

  private constructor(timing: Timing) {
    this.#timing = timing
  }

  static pair(timing: Timing): [InlineLink, InlineLink] {
    const [one, other] = [new InlineLink(timing), new InlineLink(timing)]
    one.#other = other
    other.#other = one
    return [one, other]
  }

  send(batch: Batch): void {
    if (!this.#isOpen) return
    const other = this.#other
    if (other) other.#receive(structuredClone(batch))
  }

  onBatch(take: (batch: Batch) => void): void {
    this.#take = take
  }

  onClose(run: () => void): void {
    this.#closed = run
  }

  close(): void {
    if (!this.#isOpen) return
    this.#end()
    const other = this.#other
    if (other) other.#end()
  }

  #receive(batch: Batch): void {
    this.#queue.push(batch)
    this.#arm()
  }

  #arm(): void {
    if (this.#isArmed) return
    this.#isArmed = true
    this.#timing.defer(() => this.#deliver())
  }

  #deliver(): void {
    this.#isArmed = false
    const batch = this.#queue.shift()
    if (batch) this.#take(batch)
    if (this.#queue.length > 0) this.#arm()
    else if (!this.#isOpen) this.#closed()
  }

  /** What was sent before the end still arrives, then the end does: as with a port. */
  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#arm()
  }
}

/** Sender and receiver in one thread: the batch itself, at the end of the turn. */
export class LoopLink implements Link {
  readonly #clones: boolean
  #take: (batch: Batch) => void = () => {}

  constructor(clones: boolean) {
    this.#clones = clones
  }

  send(batch: Batch): void {
    this.#take(this.#clones ? structuredClone(batch) : batch)
  }

  onBatch(take: (batch: Batch) => void): void {
    this.#take = take
  }

  onClose(): void {}
  close(): void {}
}
