import type { ActorModule, Context, SpawnOptions } from './actor.ts'
import type { Cell } from './cell.ts'
import type { Cancel, Clock } from './clock.ts'
import type { AnyDef, Station } from './station.ts'

/** What an incarnation is given. All of it ends with the incarnation. */
export function makeContext(station: Station, cell: Cell): Context<object> {
  const { path, epoch } = cell
  return {
    path,
    epoch,
    signal: cell.signal,
    clock: cellClock(station, cell),
    log: station.makeLogger(path),
    self: station.ref(path, path, cell),
    ref: (other) => station.ref(other, path, cell),
    watch: (other) => station.notify({ kind: 'watch', watcher: path, epoch, path: other.path }),
    async spawn<A, P>(definition: ActorModule<A, P>, options: SpawnOptions<P>) {
      const key = registerDefinition(station.definitions, definition, station.thread)
      await station.spawn(cell, definition.module, key, options)
      return station.ref<A>(options.path, path, cell)
    },
    supervisorAgeMs() {
      const { beatAt } = station.supervisor
      return beatAt === 0 ? 0 : station.timing.monotonic() - beatAt
    },
    become: (handlers) => cell.become(handlers),
    state: (name) => station.notify({ kind: 'state', path, epoch, name }),
  }
}

let registered = 0
const keys = new WeakMap<object, string>()

/**
 * A key under which this very object is found, in the thread that has it; any other loads the module instead. '' for
 * one that is only a module.
 */
export function registerDefinition(
  definitions: Map<string, AnyDef>,
  definition: object,
  thread: number,
): string {
  if (!('create' in definition)) return ''
  const key = keys.get(definition) ?? `${thread}/${++registered}`
  keys.set(definition, key)
  definitions.set(key, definition as AnyDef)
  return key
}

function cellClock(station: Station, cell: Cell): Clock {
  const { clock, timing } = station
  const armed = new Set<Cancel>()
  cell.atEnd(() => {
    for (const cancel of armed) cancel()
    armed.clear()
  })

  function arm(ms: number, every: number, run: () => void): Cancel {
    if (cell.isEnded) return () => {}
    const disarm = clock.arm(ms, every, () => {
      if (every === 0) armed.delete(cancel)
      run()
    })
    const cancel = (): void => {
      armed.delete(cancel)
      disarm()
    }
    armed.add(cancel)
    return cancel
  }

  return {
    now: () => clock.now(),
    monotonic: () => timing.monotonic(),
    timeout: (ms, run) => arm(ms, 0, () => cell.runGuarded('timeout', run)),
    interval: (ms, run) => arm(ms, Math.max(1, ms), () => cell.runGuarded('interval', run)),
    // Resolved as it is: what waits for it is the actor's own code, with its own scope.
    sleep: (ms) => new Promise((resolve) => void arm(ms, 0, resolve)),
  }
}
