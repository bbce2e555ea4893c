/** One incarnation of one actor, in the thread it lives in: its inbox, its handlers, its end. */
import type { Handlers, MaybePromise, MessageMeta, Signal, StopReason } from './actor.ts'
import type { Timing } from './clock.ts'
import { type DeadLetter, type Failure, type FailureKind, type Notice, readTrail } from './envelope.ts'
import { formOf } from './errors.ts'
import type { Inbound } from './inbound.ts'
import { type Scope, runHeld, runIn } from './scope.ts'
import { SLOW_MS } from './watchdog.ts'
import { ARRIVED, type ActorBlock, EXPIRED, FAILED, OUT, type ThreadBlock } from './status.ts'
import type { Limits } from './supervision.ts'

export interface CellHost {
  readonly timing: Timing
  readonly status: ThreadBlock
  notify(notice: Notice): void
  dead(letters: readonly DeadLetter[]): void
}

export interface Identity {
  readonly path: string
  readonly id: number
  readonly epoch: number
}

interface Item {
  readonly inbound: Inbound
  readonly correlation: number
  readonly type: string
  readonly payload: unknown
  readonly deadline: number
  readonly trail: unknown
  readonly arrivedAt: number
}

interface Progress {
  readonly item: Item
  readonly startedAt: number
  /** Its thread was held for so long that the watchdog has said it. */
  wasSaid: boolean
}

/** Messages handled before the thread's other work has its turn. */
const BUDGET = 64
/** How often handlers that wait for something are looked at. */
const LOOK_MS = 50
/** After so many answers at once a type is taken to answer so always; never again once it did not. */
const SYNC_AFTER = 8
const NEVER_SYNC = -Infinity
/** Answered by the kernel, or by every object: never the name of a message. */
const RESERVED = new Set(['onSignal', 'drain', 'stop', ...Object.getOwnPropertyNames(Object.prototype)])

type AnyHandlers = Handlers<object> & Record<string, unknown>
type Handler = (arg: unknown, meta: MessageMeta) => MaybePromise<unknown>

export class Cell {
  readonly path: string
  readonly id: number
  readonly epoch: number
  readonly inbounds = new Set<Inbound>()
  readonly #host: CellHost
  readonly #block: ActorBlock
  readonly #limits: Limits
  readonly #abort = new AbortController()
  readonly #inbox: Item[] = []
  #head = 0
  readonly #signals: Signal[] = []
  readonly #progress = new Set<Progress>()
  #handlers: AnyHandlers | undefined
  readonly #alone: readonly string[]
  /** By type: how often in a row it was answered at once. */
  readonly #manners = new Map<string, number>()
  #concurrency: number
  #isArmed = false
  #isPaused = false
  #isClosing = false
  #isEnded = false
  #isLooking = false
  #onIdle: (() => void) | undefined
  readonly #onEnd: (() => void)[] = []

  constructor(identity: Identity, host: CellHost, block: ActorBlock, limits: Limits, concurrency: number) {
    this.path = identity.path
    this.#alone = [identity.path]
    this.id = identity.id
    this.epoch = identity.epoch
    this.#host = host
    this.#block = block
    this.#limits = limits
    this.#concurrency = concurrency
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** What is armed or opened for this incarnation ends with it. */
  atEnd(run: () => void): void {
    if (this.#isEnded) run()
    else this.#onEnd.push(run)
  }

  async start(create: () => MaybePromise<unknown>): Promise<void> {
    const { timing } = this.#host
    const { startMs } = this.#limits
    const scope = { deadline: timing.monotonic() + startMs, chain: [this.path], trace: '', isOver: false }
    const giveUp = timing.after(startMs, () => this.#fail('start', `create did not end within ${startMs} ms`))
    this.#host.status.enter(this.id, 'create', timing.monotonic())
    try {
      const created = runIn(scope, create)
      this.#host.status.leave()
      const handlers = (await created) as AnyHandlers
      if (this.#isEnded) {
        // It was given up meanwhile: what it opened has nobody else to close it.
        await handlers.stop?.('failed')
        return
      }
      this.#handlers = handlers
      this.#host.notify({ kind: 'running', path: this.path, epoch: this.epoch })
      this.#arm()
    } catch (error) {
      this.#host.status.leave()
      this.#fail('start', messageOf(error), error)
    } finally {
      scope.isOver = true
      giveUp()
    }
  }

  become(handlers: Handlers<object>): void {
    this.#handlers = handlers as AnyHandlers
  }

  configure(concurrency: number): void {
    this.#concurrency = concurrency
    this.#arm()
  }

  enqueue(
    inbound: Inbound,
    correlation: number,
    type: string,
    payload: unknown,
    deadline: number,
    trail: unknown,
    arrivedAt: number,
  ): void {
    this.#block.add(ARRIVED)
    this.#inbox.push({ inbound, correlation, type, payload, deadline, trail, arrivedAt })
    this.#arm()
  }

  /** Before everything that waits. */
  signalled(signal: Signal): void {
    if (signal.kind === 'paused') this.#isPaused = true
    if (signal.kind === 'resumed') this.#isPaused = false
    this.#signals.push(signal)
    this.#arm()
  }

  /** Calls the drain hook. The mailbox is empty by now: the main thread has looked. */
  async drain(): Promise<void> {
    try {
      await runIn(undefined, () => this.#handlers?.drain?.())
    } catch (error) {
      this.#fail('handler', messageOf(error), error, 'drain')
    }
    this.#host.notify({ kind: 'drained', path: this.path, epoch: this.epoch })
  }

  /** Ends what is in progress, releases, and goes. What was not begun can go to the next incarnation. */
  async stop(why: StopReason): Promise<void> {
    if (this.#isClosing || this.#isEnded) return
    this.#isClosing = true
    const isIdle = await this.#within(this.#idle())
    if (this.isEnded) return
    await this.#within(this.#release(why))
    this.#end(why === 'restart' && isIdle)
    this.#host.notify({ kind: 'stopped', path: this.path, epoch: this.epoch })
  }

  /** A failure that was seen from outside. Resolves when the resources are released, or when that took too long. */
  failed(failure: Failure): Promise<void> {
    if (this.#isEnded) return Promise.resolve()
    this.#end(false)
    this.#host.notify({ kind: 'failed', path: this.path, epoch: this.epoch, failure })
    const released = this.#within(this.#release('failed')).then(() => undefined)
    this.released = released
    return released
  }

  /** As if its thread had been killed. */
  abandon(): void {
    this.inbounds.clear()
    if (!this.#isEnded) this.#end(false)
  }

  /** Resolves when a failed incarnation has let go of what it held: the next one waits for it. */
  released: Promise<void> = Promise.resolve()

  /** Code of this actor that runs outside a message: a timer. */
  runGuarded(name: string, run: () => MaybePromise<void>): void {
    if (this.#isEnded) return
    const { status, timing } = this.#host
    status.enter(this.id, name, timing.monotonic())
    try {
      const running = runIn(undefined, run)
      if (running instanceof Promise) running.catch((error) => this.#fail('timer', messageOf(error), error))
    } catch (error) {
      this.#fail('timer', messageOf(error), error)
    } finally {
      status.leave()
    }
  }

  #arm(): void {
    if (this.#isArmed || this.#isEnded || !this.#handlers) return
    this.#isArmed = true
    this.#host.timing.defer(this.#run)
  }

  /** A turn belongs to nobody: it must not run in the scope of whoever happened to arm it. */
  readonly #run = (): void => runIn(undefined, this.#turn)

  readonly #turn = (): void => {
    this.#isArmed = false
    let now = this.#host.timing.monotonic()
    for (let handled = 0; this.#isReady; handled++) {
      if (handled === BUDGET) {
        this.#isArmed = true
        this.#host.timing.later(this.#run)
        return
      }
      const signal = this.#signals.shift()
      if (signal) this.#hear(signal)
      else now = this.#begin(this.#next(), now)
    }
    if (this.#isClosing && this.#progress.size === 0) this.#onIdle?.()
  }

  get #isReady(): boolean {
    if (this.#isEnded || !this.#handlers || this.#progress.size >= this.#concurrency) return false
    if (this.#signals.length > 0) return true
    return !this.#isPaused && !this.#isClosing && this.#head < this.#inbox.length
  }

  #next(): Item {
    const item = this.#inbox[this.#head++] as Item
    if (this.#head === this.#inbox.length || this.#head >= 1024) {
      this.#inbox.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  #hear(signal: Signal): void {
    this.runGuarded('onSignal', () => this.#handlers?.onSignal?.(signal))
  }

  /** Handles one message from `now` on, and says what time it is then: the next begins where this one ends. */
  #begin(item: Item, now: number): number {
    const { timing, status } = this.#host
    const { type, deadline, inbound, correlation } = item
    if (deadline !== 0 && deadline <= now) {
      this.#block.add(EXPIRED)
      inbound.settle()
      return now
    }
    const handler = RESERVED.has(type) ? undefined : this.#handlers?.[type]
    if (typeof handler !== 'function') {
      this.#unhandled(item)
      return now
    }
    const { trace, chain } = readTrail(item.trail)
    const asked = correlation !== 0
    // The sender of a tell does not wait, so its chain ends here; this actor itself does, as long as it handles.
    const scope = { deadline, trace, chain: asked ? [...chain, this.path] : this.#alone, isOver: false }
    const meta = { trace, deadline, from: inbound.from, asked }
    status.enter(this.id, type, now)
    let answer: unknown
    try {
      answer = this.#call(handler as Handler, item, meta, scope)
    } catch (error) {
      status.leave()
      scope.isOver = true
      this.#threw(item, error)
      return timing.monotonic()
    }
    status.leave()
    const endedAt = timing.monotonic()
    if (isPromise(answer)) {
      void this.#await(item, answer, scope, now, endedAt)
      return endedAt
    }
    scope.isOver = true
    this.#done(item, answer, now, endedAt)
    return endedAt
  }

  /**
   * An async storage costs as much as all the rest of a message, and only what goes on after an await needs it. So a
   * type whose handler has only ever answered at once does without, until the day it answers with a promise.
   */
  #call(handler: Handler, { type, payload }: Item, meta: MessageMeta, scope: Scope): unknown {
    const seen = this.#manners.get(type) ?? 0
    if (seen < SYNC_AFTER) {
      const answer = runIn(scope, () => handler(payload, meta))
      this.#manners.set(type, isPromise(answer) ? NEVER_SYNC : seen + 1)
      return answer
    }
    const answer = runHeld(scope, handler, payload, meta)
    if (isPromise(answer)) this.#manners.set(type, NEVER_SYNC)
    return answer
  }

  async #await(
    item: Item,
    answer: PromiseLike<unknown>,
    scope: Scope,
    startedAt: number,
    heldUntil: number,
  ): Promise<void> {
    const progress = { item, startedAt, wasSaid: heldUntil - startedAt >= SLOW_MS }
    this.#progress.add(progress)
    this.#look()
    try {
      const value = await answer
      scope.isOver = true
      if (!this.#progress.delete(progress)) return
      this.#done(item, value, startedAt, this.#host.timing.monotonic())
      this.#rearm()
    } catch (error) {
      scope.isOver = true
      if (this.#progress.delete(progress)) this.#threw(item, error)
    }
  }

  #rearm(): void {
    if (this.#isClosing && this.#progress.size === 0) this.#onIdle?.()
    if (this.#head < this.#inbox.length || this.#signals.length > 0) this.#arm()
  }

  #done(
    { inbound, correlation, arrivedAt }: Item,
    answer: unknown,
    startedAt: number,
    endedAt: number,
  ): void {
    // A handler may have ended its own actor: then its message went with the window.
    if (this.#isEnded) return
    if (correlation !== 0) inbound.reply(correlation, true, answer)
    this.#block.took(startedAt - arrivedAt, endedAt - startedAt)
    this.#block.add(OUT)
    inbound.settle()
  }

  #threw(item: Item, error: unknown): void {
    if (this.#isEnded) return
    if (item.correlation !== 0) item.inbound.reply(item.correlation, false, formOf(error))
    this.#block.add(FAILED)
    item.inbound.settle()
    this.#fail('handler', messageOf(error), error, item.type)
  }

  #unhandled({ inbound, correlation, type }: Item): void {
    const message = `${this.path} has no handler for ${type}`
    if (correlation !== 0)
      inbound.reply(correlation, false, { name: 'Unhandled', code: 'UNHANDLED', message })
    this.#host.dead([{ to: this.path, from: inbound.from, type, reason: 'unhandled' }])
    this.#block.add(FAILED)
    inbound.settle()
  }

  /** An await that never returns: the thread is alive, so nobody else would see it. */
  #look(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#host.timing.after(LOOK_MS, () => {
      this.#isLooking = false
      const now = this.#host.timing.monotonic()
      for (const progress of this.#progress) this.#judge(progress, now - progress.startedAt)
      if (this.#progress.size > 0 && !this.#isEnded) this.#look()
    })
  }

  #judge(progress: Progress, ms: number): void {
    const { type } = progress.item
    if (ms >= SLOW_MS && !progress.wasSaid) {
      progress.wasSaid = true
      this.#host.notify({ kind: 'slow', path: this.path, type, ms })
    }
    const { handlerMs } = this.#limits
    if (ms >= handlerMs) this.#fail('stuck', `${type} did not end within ${handlerMs} ms`, undefined, type)
  }

  #fail(kind: FailureKind, message: string, error?: unknown, type?: string): void {
    void this.failed({
      kind,
      message,
      ...(error === undefined ? {} : { error: formOf(error) }),
      ...(type === undefined ? {} : { type }),
    })
  }

  #end(untouched: boolean): void {
    this.#isEnded = true
    this.#progress.clear()
    this.#inbox.length = 0
    this.#head = 0
    for (const inbound of this.inbounds) inbound.close(untouched)
    this.inbounds.clear()
    for (const run of this.#onEnd) run()
    this.#abort.abort()
  }

  #idle(): Promise<void> {
    if (this.#progress.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle = resolve
    })
  }

  async #release(why: StopReason): Promise<void> {
    try {
      await runIn(undefined, () => this.#handlers?.stop?.(why))
    } catch (error) {
      if (this.#isEnded) return
      this.#fail('handler', messageOf(error), error, 'stop')
    }
  }

  /** Whether it ended within the limit for a stop. */
  async #within(work: Promise<void>): Promise<boolean> {
    const late = Promise.withResolvers<boolean>()
    const cancel = this.#host.timing.after(this.#limits.stopMs, () => late.resolve(false))
    const isInTime = await Promise.race([work.then(() => true), late.promise])
    cancel()
    return isInTime
  }
}

/** Not `instanceof`: query builders and the like are promises of their own kind. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
