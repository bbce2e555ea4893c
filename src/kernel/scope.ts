import { AsyncLocalStorage } from 'node:async_hooks'

/** What a handler's own asks inherit: how long anybody still waits, who waits, and the trace. */
export interface Scope {
  /** Monotonic ms, 0 for none. */
  readonly deadline: number
  /** Paths that wait for this handler, itself last. */
  readonly chain: readonly string[]
  readonly trace: string
  /** The handler has ended: what it left running inherits nothing any more. */
  isOver: boolean
}

const storage = new AsyncLocalStorage<Scope | undefined>()

/** The scope of a handler that is running this very moment, where no storage is used for it. */
let held: Scope | undefined

export function currentScope(): Scope | undefined {
  const scope = held ?? storage.getStore()
  return scope?.isOver === true ? undefined : scope
}

/** Running inside a storage costs more than the rest of a message, so it is done only where there is something to keep. */
export function runIn<T>(scope: Scope | undefined, run: () => T): T {
  const outer = held
  held = undefined
  try {
    return scope === undefined && storage.getStore() === undefined ? run() : storage.run(scope, run)
  } finally {
    held = outer
  }
}

/** The same for as long as the call itself lasts: what goes on after an await has no scope. */
export function runHeld<A, B, T>(scope: Scope, run: (a: A, b: B) => T, a: A, b: B): T {
  const outer = held
  held = scope
  try {
    return run(a, b)
  } finally {
    held = outer
  }
}

/** Gives what is sent inside a trace of its own (W3C `traceparent`). */
export function withTrace<T>(trace: string, run: () => T): T {
  const outer = currentScope()
  return storage.run({ deadline: outer?.deadline ?? 0, chain: outer?.chain ?? [], trace, isOver: false }, run)
}
