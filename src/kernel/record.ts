import type { PartialPolicy, Placement, SpawnOptions } from './actor.ts'
import type { Cancel } from './clock.ts'
import type { ActorState, Failure } from './envelope.ts'
import type { MailboxRules } from './mailbox.ts'
import type { BarArena } from './shared.ts'
import { ActorBlock } from './status.ts'
import type { RestartPolicy } from './supervision.ts'
import type { ThreadRecord } from './thread-book.ts'

/** One line of the book: an actor over all its incarnations. */
export interface ActorRecord {
  readonly path: string
  readonly id: number
  readonly module: string
  readonly key: string
  readonly props: unknown
  readonly placement: Placement
  readonly heapMb: number | undefined
  readonly supervise: PartialPolicy
  readonly owns: readonly BarArena[]
  readonly block: ActorBlock
  readonly children: Set<string>
  readonly waiters: Set<() => boolean>
  policy: RestartPolicy
  override: Partial<Pick<MailboxRules, 'capacity' | 'window' | 'concurrency'>>
  /** Unknown until its module was loaded once. */
  rules: MailboxRules | undefined
  thread: ThreadRecord | undefined
  epoch: number
  state: ActorState
  /** What it says of itself: 'warming up', 'live'. */
  note: string
  /** Why it is in quarantine. */
  why: string
  /** What its stop leads to, once it is asked to stop. */
  next: 'stop' | 'restart' | undefined
  isDrained: boolean
  failures: number
  restarts: number
  /** Restarts whose dependents were restarted too. */
  restartsSeen: number
  lastFailure: (Failure & { readonly at: number; readonly epoch: number }) | undefined
  /** The limit of a start or of a stop. */
  cancelGuard: Cancel
  cancelRestart: Cancel
  changed(): void
}

export function newRecord(
  id: number,
  module: string,
  key: string,
  options: SpawnOptions<unknown>,
  policy: RestartPolicy,
  epoch: number,
): ActorRecord {
  const { path, props, placement = { on: 'thread' }, supervise = {}, mailbox = {}, owns = [] } = options
  const waiters = new Set<() => boolean>()
  return {
    path,
    id,
    module,
    key,
    props,
    placement,
    heapMb: options.heapMb,
    supervise,
    owns,
    block: new ActorBlock(),
    children: new Set(),
    waiters,
    policy,
    override: mailbox,
    rules: undefined,
    thread: undefined,
    epoch,
    state: 'starting',
    note: '',
    why: '',
    next: undefined,
    isDrained: false,
    failures: 0,
    restarts: 0,
    restartsSeen: 0,
    lastFailure: undefined,
    cancelGuard: () => {},
    cancelRestart: () => {},
    changed() {
      for (const waiter of waiters) if (waiter()) waiters.delete(waiter)
    },
  }
}

/** Whether there is an incarnation that a thread knows of. */
export function isLive({ state }: ActorRecord): boolean {
  return state === 'starting' || state === 'running' || state === 'paused' || state === 'draining'
}
