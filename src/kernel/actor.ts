/** What an actor is: its protocol, its definition, its address and what it is given. Types only, but `defineActor`. */
import { invariant } from '../lib/index.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'
import type { MailboxOptions } from './mailbox.ts'
import type { BarArena } from './shared.ts'
import type { RestartPolicy } from './supervision.ts'

export type MaybePromise<T> = T | Promise<T>

/** The one argument of a protocol's method. */
export type Arg<Api, K extends keyof Api> = Api[K] extends (...args: infer P) => unknown
  ? P extends []
    ? undefined
    : P[0]
  : never

/** What a protocol's method answers. */
export type Ret<Api, K extends keyof Api> = Api[K] extends (...args: never[]) => infer R ? Awaited<R> : never

type Answers<Api, K extends keyof Api> = Api[K] extends (...args: never[]) => infer R
  ? [R] extends [void]
    ? never
    : K
  : never

/** Methods that return a value (or a promise, even of nothing): they are asked. */
export type Asks<Api> = { [K in keyof Api & string]: Answers<Api, K> }[keyof Api & string]
/** Methods that return nothing: they are told. */
export type Tells<Api> = Exclude<keyof Api & string, Asks<Api>>

export interface MessageMeta {
  /** W3C trace parent, or '' when nobody traces. */
  readonly trace: string
  /** Monotonic ms after which nobody waits for the answer any more; 0 when nobody waits at all. */
  readonly deadline: number
  /** Path of the sender; 'main' for the main thread itself. */
  readonly from: string
  /** Whether the sender waits for an answer. */
  readonly asked: boolean
}

export type Signal =
  | {
      readonly kind: 'terminated'
      readonly path: string
      readonly epoch: number
      readonly because: 'failed' | 'restarted' | 'stopped' | 'quarantined'
    }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }

export type StopReason = 'stop' | 'restart' | 'drain' | 'failed'

/** What every actor may also answer to. A protocol may not use these three names. */
export interface Hooks {
  onSignal?(signal: Signal): void
  /** Finish what is begun, accept nothing new. Called when the mailbox is empty. */
  drain?(): Promise<void>
  /** Release resources. Has a deadline (`limits.stopMs`). Called after a failure too. */
  stop?(why: StopReason): MaybePromise<void>
}

export type Handlers<Api> = {
  [K in keyof Api]: (arg: Arg<Api, K>, meta: MessageMeta) => MaybePromise<Ret<Api, K>>
} & Hooks

/** Where an actor's code is: the URL of a module whose default export is its definition. */
export interface ActorModule<Api, Props> {
  readonly module: string
  /** Never there at run time: it carries the types of the protocol and of the props. */
  readonly types?: (api: Api, props: Props) => void
}

export interface ActorDef<Api, Props> extends ActorModule<Api, Props> {
  readonly name: string
  readonly mailbox?: Partial<MailboxOptions<Api>>
  readonly supervise?: PartialPolicy
  /** State lives in this closure; a restart calls it again. Messages wait until it has resolved. */
  create(context: Context<Api>, props: Props): MaybePromise<Handlers<Api>>
}

export type PartialPolicy = Partial<Omit<RestartPolicy, 'limits' | 'intensity' | 'backoff'>> & {
  readonly limits?: Partial<RestartPolicy['limits']>
  readonly intensity?: Partial<RestartPolicy['intensity']>
  readonly backoff?: Partial<RestartPolicy['backoff']>
}

/**
 * An actor's definition. `module` is `import.meta.url` of the file whose default export it is: code cannot cross a
 * thread, so a worker loads it by that URL.
 */
export function defineActor<Api extends object, Props>(
  module: string,
  definition: Omit<ActorDef<Api, Props>, 'module' | 'types'>,
): ActorDef<Api, Props> {
  invariant(URL.canParse(module), `an actor's module is a URL, was ${module}`)
  return { ...definition, module }
}

/** The same, without loading the module into this thread. */
export function actorModule<Api extends object, Props>(module: string | URL): ActorModule<Api, Props> {
  invariant(URL.canParse(String(module)), `an actor's module is a URL, was ${String(module)}`)
  return { module: String(module) }
}

export type Delivery =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'full' | 'stopped' | 'quarantined' | 'uncloneable' }

export interface AskOptions {
  /** Real ms; there is no default of for ever. Inside a handler the caller's own deadline may cut it shorter. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** An actor's address: stable over restarts, cheap to make, resolves late. */
export interface ActorRef<Api> {
  readonly path: string
  tell<K extends Tells<Api>>(type: K, arg: Arg<Api, K>): Delivery
  /**
   * Resolves with the answer, or rejects in exactly one way: `RemoteError` (the handler threw), `AskTimeout`,
   * `ActorDied`, `MailboxFull`, `AskCycle`, `Quarantined`, `SystemDraining`, `Uncloneable`, or the signal's reason.
   */
  ask<K extends Asks<Api>>(type: K, arg: Arg<Api, K>, options: AskOptions): Promise<Ret<Api, K>>
}

export type Placement =
  | { readonly on: 'thread' }
  | { readonly on: 'pack'; readonly group: string; readonly threads: number }
  /** In the main thread: for drills and tools, not for work. */
  | { readonly on: 'here' }

export interface SpawnOptions<Props> {
  /** `feed`, `analyst/ES`: words of letters, digits, `.`, `_`, `-`, split by `/`. */
  readonly path: string
  /** Plain data: it crosses to another thread. */
  readonly props: Props
  /** Default: a thread of its own. */
  readonly placement?: Placement
  readonly supervise?: PartialPolicy
  /** Paths that have to run first. */
  readonly after?: readonly string[]
  readonly mailbox?: { readonly capacity?: number; readonly window?: number; readonly concurrency?: number }
  /** Limit of the thread's old generation. At 64 or below every way of filling it ends the thread alone. */
  readonly heapMb?: number
  /** Bar arenas that this actor alone writes: repaired by the supervisor when it dies in the middle of a write. */
  readonly owns?: readonly BarArena[]
}

export interface Context<Api> {
  readonly self: ActorRef<Api>
  readonly path: string
  /** Number of this incarnation, from 1. */
  readonly epoch: number
  /** The only clock an actor may use. What it arms ends with this incarnation. */
  readonly clock: Clock
  readonly log: Logger
  /** Aborted when this incarnation ends. */
  readonly signal: AbortSignal
  ref<A>(path: string): ActorRef<A>
  /** From now on every end of an incarnation of that actor comes by `onSignal`. */
  watch(ref: { readonly path: string }): void
  /** A child: stopped when this incarnation ends. */
  spawn<A, P>(definition: ActorModule<A, P>, options: SpawnOptions<P>): Promise<ActorRef<A>>
  become(handlers: Handlers<Api>): void
  /** Real ms since the supervising thread last came round: who serves health says so when that is over 2,000. */
  supervisorAgeMs(): number
  /** Shown to the operator: 'warming up', 'live'. */
  state(name: string): void
}
