/**
 * What crosses between threads. A batch is one flat array, six places a message: receiver (the number of a channel, 0
 * for the kernel itself), correlation (0 for a tell, negative for a reply), type, payload, deadline, trail. Field names
 * of the envelope are never serialised.
 */
import type { PartialPolicy, Signal, StopReason } from './actor.ts'
import type { ErrorForm } from './errors.ts'
import type { MailboxRules } from './mailbox.ts'

export type Batch = readonly unknown[]
export const PLACES = 6

export type ActorState =
  | 'starting'
  | 'running'
  | 'paused'
  | 'draining'
  | 'stopped'
  | 'failed'
  | 'backoff'
  | 'quarantined'

/** What a sender has to know of a receiver. The main thread keeps the book and tells who asked. */
export interface Entry {
  readonly path: string
  readonly id: number
  readonly module: string
  readonly key: string
  readonly thread: number
  readonly epoch: number
  readonly state: ActorState
  readonly rules: MailboxRules
  /** Why it is in quarantine. */
  readonly why?: string
}

export type FailureKind =
  | 'handler'
  | 'timer'
  | 'start'
  | 'load'
  | 'error'
  | 'exit'
  | 'oom'
  | 'hung'
  | 'stuck'
  | 'overflow'
  | 'dependence'

/** Why an incarnation ended. */
export interface Failure {
  readonly kind: FailureKind
  readonly message: string
  readonly error?: ErrorForm
  /** The message that was being handled. */
  readonly type?: string
  /** For a hang: the functions that a profile saw, the busiest first. */
  readonly where?: readonly string[]
}

export type DeathReason =
  | 'in-flight'
  | 'stopped'
  | 'quarantined'
  | 'uncloneable'
  | 'unhandled'
  | 'late-reply'
  | 'nobody-asks'
  | 'sender-died'
  | 'fenced'

export interface DeadLetter {
  readonly to: string
  readonly from: string
  readonly type: string
  readonly reason: DeathReason
}

export interface SpawnOrder {
  readonly path: string
  readonly id: number
  readonly epoch: number
  readonly module: string
  /** Names a definition that was handed over as an object, where threads share one. */
  readonly key: string
  readonly props: unknown
  readonly supervise: PartialPolicy
  readonly mailbox: Partial<Pick<MailboxRules, 'capacity' | 'window' | 'concurrency'>>
  readonly block: SharedArrayBuffer
}

/** From the main thread to any other. */
export type Order =
  | { readonly kind: 'spawn'; readonly order: SpawnOrder }
  | {
      readonly kind: 'stop'
      readonly path: string
      readonly epoch: number
      readonly why: StopReason
    }
  | { readonly kind: 'drain'; readonly path: string; readonly epoch: number }
  | { readonly kind: 'pause' | 'resume'; readonly path: string; readonly epoch: number }
  | { readonly kind: 'fail'; readonly path: string; readonly epoch: number; readonly failure: Failure }
  | { readonly kind: 'configure'; readonly path: string; readonly concurrency: number }
  | { readonly kind: 'signal'; readonly path: string; readonly epoch: number; readonly signal: Signal }
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'forget'; readonly from: string }
  | {
      readonly kind: 'spawned'
      readonly number: number
      readonly error?: ErrorForm
    }
  | { readonly kind: 'draining' }
  | { readonly kind: 'shutdown' }

/** From any thread to the main thread. */
export type Notice =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'loaded'
      readonly path: string
      readonly epoch: number
      readonly rules: MailboxRules
      readonly supervise: PartialPolicy
    }
  | { readonly kind: 'running' | 'stopped' | 'drained'; readonly path: string; readonly epoch: number }
  | { readonly kind: 'failed'; readonly path: string; readonly epoch: number; readonly failure: Failure }
  | { readonly kind: 'overflowed'; readonly path: string; readonly from: string; readonly type: string }
  | { readonly kind: 'lookup'; readonly path: string }
  | { readonly kind: 'watch'; readonly watcher: string; readonly epoch: number; readonly path: string }
  | { readonly kind: 'state'; readonly path: string; readonly epoch: number; readonly name: string }
  | { readonly kind: 'slow'; readonly path: string; readonly type: string; readonly ms: number }
  | {
      readonly kind: 'edge'
      readonly from: string
      readonly to: string
      readonly block: SharedArrayBuffer
    }
  /** Of a sender whose thread is gone: what left its queue for nowhere, or waited at a receiver that then ended. */
  | {
      readonly kind: 'orphaned'
      readonly from: string
      readonly to: string
      readonly thread: number
      readonly lost: number
    }
  | {
      readonly kind: 'deadLetters'
      readonly letters: readonly DeadLetter[]
      /** Of a burst: how many more there were, by reason. */
      readonly more: Readonly<Partial<Record<DeathReason, number>>>
    }
  | {
      readonly kind: 'spawn'
      readonly number: number
      readonly parent: string
      readonly epoch: number
      readonly module: string
      readonly key: string
      readonly options: unknown
    }

/** Between any two threads. */
export type PeerMessage =
  | {
      readonly kind: 'open'
      readonly number: number
      readonly from: string
      readonly to: string
      readonly epoch: number
      readonly block: SharedArrayBuffer
    }
  /** That channel is no more. `untouched`: what was not begun may go to the next incarnation. */
  | { readonly kind: 'closed'; readonly number: number; readonly untouched: boolean }
  | { readonly kind: 'wake'; readonly number: number }
  /** From the sender: that channel is no more. */
  | { readonly kind: 'left'; readonly number: number }

/** Trace and ask chain as one string, so that a message without either costs one number: 0. */
export function trailOf(trace: string, chain: readonly string[]): string | 0 {
  return trace === '' && chain.length === 0 ? 0 : `${trace}|${chain.join(',')}`
}

export function readTrail(trail: unknown): { trace: string; chain: readonly string[] } {
  if (typeof trail !== 'string') return NO_TRAIL
  const bar = trail.indexOf('|')
  const chain = trail.slice(bar + 1)
  return { trace: trail.slice(0, bar), chain: chain === '' ? [] : chain.split(',') }
}

const NO_TRAIL = { trace: '', chain: [] as readonly string[] }
