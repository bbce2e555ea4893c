/**
 * A bounded queue at the sender. What waits here can still be conflated or dropped, and it survives the restart of the
 * receiver. Messages of the system lane never come here: they are not bounded and go first.
 */
import { invariant } from '../lib/index.ts'
import type { Arg, Delivery } from './actor.ts'

/**
 * What a full mailbox does with one more message. `conflate` does not wait for it to be full: the newest of a key
 * replaces the one that waits, at its place. `fail` also fails the receiver: something upstream is broken.
 */
export type Overflow = 'reject' | 'drop-oldest' | 'conflate' | 'fail'

export interface MailboxOptions<Api> {
  /** Messages of one sender that are not yet processed. Default 1024. */
  readonly capacity: number
  /** Default `reject`: the sender is told. */
  readonly overflow: Overflow | { readonly [K in keyof Api]?: Overflow }
  /**
   * The key of a message that conflates: a field of its argument, or a function of it. For a function the sender's
   * thread loads the receiver's module; a field costs nothing. Without one all messages of the type are one key.
   */
  readonly conflateBy?: {
    readonly [K in keyof Api]?: (keyof Arg<Api, K> & string) | ((arg: Arg<Api, K>) => string)
  }
  /** Sent and not yet processed, of one sender. Default 64. What is in the window can no longer be conflated. */
  readonly window: number
  /** Handlers in progress at once. Default 1: strictly one by one. */
  readonly concurrency: number
}

/** The same as plain data: what senders in other threads are told of a mailbox. */
export interface MailboxRules {
  readonly capacity: number
  readonly overflow: Overflow | Readonly<Record<string, Overflow>>
  readonly fields: Readonly<Record<string, string>>
  /** Whether some keys are functions, so that the module has to be loaded. */
  readonly hasKeyFunctions: boolean
  readonly window: number
  readonly concurrency: number
}

export const DEFAULT_RULES: MailboxRules = {
  capacity: 1024,
  overflow: 'reject',
  fields: {},
  hasKeyFunctions: false,
  window: 64,
  concurrency: 1,
}

export type KeyFunctions = Readonly<Record<string, (arg: unknown) => string>>

/** Splits the options of a definition into what can cross a thread and the functions that cannot. */
export function rulesOf(
  options: Partial<MailboxOptions<Record<string, never>>> | undefined,
  override: Partial<Pick<MailboxRules, 'capacity' | 'window' | 'concurrency'>> = {},
): { rules: MailboxRules; keys: KeyFunctions } {
  const { conflateBy = {}, ...plain } = options ?? {}
  const by = Object.entries(conflateBy as Record<string, unknown>)
  const keys = Object.fromEntries(by.filter(([, key]) => typeof key === 'function'))
  const rules = {
    ...DEFAULT_RULES,
    ...plain,
    ...override,
    fields: Object.fromEntries(by.filter(([, key]) => typeof key === 'string')),
    hasKeyFunctions: Object.keys(keys).length > 0,
  }
  for (const limit of ['capacity', 'window', 'concurrency'] as const)
    invariant(rules[limit] >= 1, `a mailbox has a ${limit} of at least 1, was ${rules[limit]}`)
  return { rules: rules as MailboxRules, keys: keys as KeyFunctions }
}

export interface Envelope {
  readonly type: string
  payload: unknown
  /** 0 for a tell; the number of the ask otherwise. */
  readonly correlation: number
  /** Monotonic ms, 0 for none. */
  deadline: number
  trail: string | 0
  key: string
  /** Has left the queue for the port. */
  sent: boolean
  /** Taken out of the queue while it waited: its ask ended. */
  gone: boolean
}

export interface MailboxEvents {
  conflated(envelope: Envelope): void
  dropped(envelope: Envelope): void
  /** A message met a full mailbox whose rule is `fail`. */
  overflowed(envelope: Envelope): void
}

const FULL: Delivery = { ok: false, reason: 'full' }
const OK: Delivery = { ok: true }
/** Served places are given back once there are this many. */
const COMPACT_AT = 1024

export class Mailbox {
  #rules: MailboxRules
  #keys: KeyFunctions = {}
  #queue: (Envelope | undefined)[] = []
  #head = 0
  #depth = 0
  readonly #waiting = new Map<string, Envelope>()
  readonly #on: MailboxEvents

  constructor(rules: MailboxRules, on: MailboxEvents) {
    this.#rules = rules
    this.#on = on
  }

  /** Messages that wait. */
  get depth(): number {
    return this.#depth
  }

  /** `inFlight`: messages of the same sender in the window. Capacity counts both. */
  offer(envelope: Envelope, inFlight = 0): Delivery {
    const overflow = this.#overflowOf(envelope.type)
    if (overflow === 'conflate' && this.#conflates(envelope)) return OK
    if (this.#depth + inFlight < this.#rules.capacity) return this.#add(envelope)
    if (overflow === 'drop-oldest' && this.#dropOldest()) return this.#add(envelope)
    if (overflow === 'fail') this.#on.overflowed(envelope)
    return FULL
  }

  take(max: number): Envelope[] {
    const taken: Envelope[] = []
    while (taken.length < max) {
      const next = this.shift()
      if (!next) break
      taken.push(next)
    }
    return taken
  }

  shift(): Envelope | undefined {
    while (this.#head < this.#queue.length) {
      const next = this.#queue[this.#head]
      this.#queue[this.#head++] = undefined
      if (!next || next.gone) continue
      this.#depth--
      if (next.key !== '') this.#waiting.delete(next.key)
      this.#compact()
      return next
    }
    this.#queue = []
    this.#head = 0
    return undefined
  }

  /** Takes out one that waits: nobody waits for its answer any more. */
  remove(envelope: Envelope): void {
    envelope.gone = true
    this.#depth--
    if (envelope.key !== '') this.#waiting.delete(envelope.key)
  }

  /** Puts back, at the head, what was taken and never begun. */
  restore(envelopes: readonly Envelope[]): void {
    const rest = this.take(Infinity)
    for (const envelope of [...envelopes, ...rest]) this.#enter(envelope)
  }

  /** New rules apply to what waits too. */
  configure(rules: MailboxRules, keys: KeyFunctions = this.#keys): void {
    this.#rules = rules
    this.#keys = keys
    const waiting = this.take(Infinity)
    for (const envelope of waiting) this.#enter(envelope)
  }

  #enter(envelope: Envelope): void {
    envelope.key = ''
    if (this.#overflowOf(envelope.type) === 'conflate' && this.#conflates(envelope)) return
    this.#add(envelope)
  }

  #overflowOf(type: string): Overflow {
    const { overflow } = this.#rules
    return typeof overflow === 'string' ? overflow : (overflow[type] ?? 'reject')
  }

  /** An ask is never conflated: somebody waits for each. */
  #conflates(envelope: Envelope): boolean {
    if (envelope.correlation !== 0) return false
    const key = `${envelope.type}\n${this.#keyOf(envelope)}`
    const waiting = this.#waiting.get(key)
    if (waiting) {
      waiting.payload = envelope.payload
      waiting.trail = envelope.trail
      this.#on.conflated(envelope)
      return true
    }
    envelope.key = key
    return false
  }

  #keyOf({ type, payload }: Envelope): string {
    const byFunction = this.#keys[type]
    if (byFunction) return byFunction(payload)
    const field = this.#rules.fields[type]
    return field === undefined ? '' : String((payload as Record<string, unknown> | undefined)?.[field])
  }

  #add(envelope: Envelope): Delivery {
    this.#queue.push(envelope)
    this.#depth++
    if (envelope.key !== '') this.#waiting.set(envelope.key, envelope)
    return OK
  }

  /** The oldest that may be dropped: one whose own rule says so. */
  #dropOldest(): boolean {
    for (let at = this.#head; at < this.#queue.length; at++) {
      const envelope = this.#queue[at]
      if (!envelope || envelope.gone || this.#overflowOf(envelope.type) !== 'drop-oldest') continue
      this.#queue[at] = undefined
      this.#depth--
      this.#on.dropped(envelope)
      return true
    }
    return false
  }

  #compact(): void {
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }
}
