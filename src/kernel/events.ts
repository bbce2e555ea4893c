import type { DeadLetter, Failure } from './envelope.ts'

export interface KernelEvents {
  failure: { readonly path: string; readonly epoch: number; readonly failure: Failure }
  restart: { readonly path: string; readonly epoch: number; readonly afterMs: number }
  quarantine: { readonly path: string; readonly failure: Failure }
  deadLetter: DeadLetter
  /** A handler that holds its thread, or waits, for longer than 100 ms. */
  slow: { readonly path: string; readonly type: string; readonly ms: number }
  /** No new risk from here on: the process is to end with an error and be started again. */
  halt: { readonly path: string; readonly failure: Failure }
  /** Most threads are late: the machine is short of cores, nobody was killed for it. */
  overload: { readonly late: number; readonly of: number }
}

export type Unsubscribe = () => void

type Hearers = { [K in keyof KernelEvents]: Set<(event: KernelEvents[K]) => void> }

export class EventHub {
  readonly #hearers: Hearers = {
    failure: new Set(),
    restart: new Set(),
    quarantine: new Set(),
    deadLetter: new Set(),
    slow: new Set(),
    halt: new Set(),
    overload: new Set(),
  }

  on<K extends keyof KernelEvents>(event: K, hear: (event: KernelEvents[K]) => void): Unsubscribe {
    this.#hearers[event].add(hear)
    return () => void this.#hearers[event].delete(hear)
  }

  emit<K extends keyof KernelEvents>(event: K, value: KernelEvents[K]): void {
    for (const hear of this.#hearers[event]) hear(value)
  }
}
