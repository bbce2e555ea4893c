import { type Random, seededRandom } from '../lib/index.ts'
import { SystemClock, everyMs, realTiming } from './clock.ts'
import { jsonLogger } from './log.ts'
import { type ActorSystem, System } from './system.ts'
import { WorkerThreads, type WorkerOptions, loadLogger } from './threads.ts'
import { Watchdog } from './watchdog.ts'

export interface SystemOptions extends WorkerOptions {
  /** How often threads are looked at, ms. 20 to 50. */
  readonly tickMs?: number
  /** Keeps one started thread ready, so that a replacement takes no time. Default true. */
  readonly spare?: boolean
  /** For the jitter of back-off. */
  readonly random?: Random
}

/**
 * A system of actors in this process. The thread that calls it supervises and should do nothing else.
 * `time` is the system's time (`createTime`); without it, the wall clock. `logger` names a module whose default export
 * makes a logger from a name; without it, one JSON line a record on standard error.
 */
export async function createSystem(options: SystemOptions = {}): Promise<ActorSystem> {
  const { tickMs = 25, spare = true, logger, time } = options
  const clock = new SystemClock(time)
  const now = (): number => clock.now()
  const makeLogger = logger === undefined ? jsonLogger(now) : await loadLogger(String(logger), now)
  const system = new System({
    timing: realTiming,
    clock,
    threads: new WorkerThreads(options),
    makeLogger,
    definitions: new Map(),
    random: options.random ?? seededRandom(`kernel ${realTiming.monotonic()}`),
    clones: false,
    hasSpare: spare,
  })
  const watchdog = new Watchdog(tickMs)
  const stop = everyMs(tickMs, () => {
    const now = realTiming.monotonic()
    system.station.status.beat(now)
    const verdicts = watchdog.check(now, system.threads.readings())
    for (const verdict of verdicts) system.judge(verdict)
  })
  system.atClose(stop)
  return system
}
