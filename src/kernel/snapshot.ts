import type { ActorState, DeathReason } from './envelope.ts'
import type { Books } from './ledger.ts'
import type { ActorRecord } from './record.ts'
import type { System } from './system.ts'

export interface ActorSnapshot extends Omit<Books, 'waiting'> {
  readonly path: string
  readonly thread: number | undefined
  readonly state: ActorState
  /** What it says of itself. */
  readonly note: string
  readonly epoch: number
  /** Sent to it and not yet processed. */
  readonly depth: number
  /** Arrived; handled; whose handler failed. */
  readonly in: number
  readonly out: number
  readonly failed: number
  readonly failures: number
  readonly restarts: number
  readonly lastFailure: ActorRecord['lastFailure']
  /** Why it is in quarantine. */
  readonly why: string | undefined
  /** Messages by log2 of microseconds. */
  readonly queuedUs: readonly number[]
  readonly handledUs: readonly number[]
}

export interface ThreadSnapshot {
  readonly thread: number
  readonly name: string
  readonly actors: readonly string[]
  readonly isSpare: boolean
  /** Since the last beat, ms; undefined for the main thread and for one that starts. */
  readonly beatAgeMs: number | undefined
  /** Share of the last second its loop was busy. */
  readonly utilization: number
  readonly heapUsed: number
  readonly heapLimit: number
  readonly external: number
  /** What it handles this moment. */
  readonly busy: { readonly path: string; readonly type: string; readonly ms: number } | undefined
}

export interface SystemSnapshot {
  readonly actors: readonly ActorSnapshot[]
  readonly threads: readonly ThreadSnapshot[]
  readonly deadLetters: Readonly<Partial<Record<DeathReason, number>>>
  readonly asks: number
  readonly isDraining: boolean
}

/** Reads shared memory alone: it takes no message, and works on a thread that hangs. */
export function snapshotOf(system: System): SystemSnapshot {
  const now = system.timing.monotonic()
  const actors = [...system.directory.records.values()]
  return {
    actors: actors.map((record) => actorOf(system, record)),
    threads: system.threads.all.map((thread): ThreadSnapshot => {
      const status = thread.handle?.status
      const busy = status?.busy
      return {
        thread: thread.id,
        name: thread.name,
        actors: [...thread.actors].map(({ path }) => path),
        isSpare: thread.isSpare,
        beatAgeMs: status && status.beatAt > 0 ? now - status.beatAt : undefined,
        ...(status?.memory ?? { heapUsed: 0, heapLimit: 0, external: 0, utilization: 0 }),
        busy: busy && {
          path: actors.find(({ id }) => id === busy.actor)?.path ?? '',
          type: busy.type,
          ms: now - busy.since,
        },
      }
    }),
    deadLetters: system.deadLetters.counts,
    asks: system.station.asks.size,
    isDraining: system.isDraining,
  }
}

function actorOf(system: System, record: ActorRecord): ActorSnapshot {
  const { path, state, note, epoch, failures, restarts, lastFailure } = record
  const { waiting, ...books } = system.ledger.booksOf(path)
  const counts = record.block.counts
  return {
    path,
    thread: record.thread?.id,
    state,
    note,
    epoch,
    depth: waiting,
    ...books,
    in: counts.in,
    out: counts.out,
    failed: counts.failed,
    // What was too late at the receiver is settled for the sender: here each message has one fate.
    expired: books.expired + counts.expired,
    settled: books.settled - counts.expired,
    failures,
    restarts,
    lastFailure,
    why: state === 'quarantined' ? record.why : undefined,
    ...record.block.histograms,
  }
}
