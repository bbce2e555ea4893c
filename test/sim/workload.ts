/**
 * Signals beside those of the analysts, drawn from the run's seed: many, near the market, in bursts, some of them
 * wrong. Setups are rare in an hour of market; what happens to an order after its setup is not what they test.
 */
import type { ExecutorApi } from '../../actors/executor.ts'
import { readersOf } from '../../actors/support/cache.ts'
import {
  type Direction,
  type Instrument,
  type Signal,
  type Ticks,
  epochMs,
  instrumentOf,
  ticks,
} from '../../src/domain/index.ts'
import { type BarArena, type Context, defineActor } from '../../src/kernel/index.ts'
import { type Random, seededRandom } from '../../src/lib/index.ts'

export interface WorkloadProps {
  readonly instruments: readonly string[]
  readonly arena: BarArena
  readonly executor: string
  readonly seed: string
}

const PAUSE_MS = { least: 2_000, more: 40_000 }
/** Share of signals that are followed by another one at once. */
const BURST_SHARE = 0.25
const WRONG_SHARE = 0.15
const VALID_MS = { least: 5_000, more: 90_000 }
/** Stop and target in ticks: near, so that trades end within minutes. */
const STOP_TICKS = { least: 3, more: 12 }
const TARGET_TICKS = { least: 2, more: 12 }
/** A person looks at what stopped the strategy and lets it go on. */
const LOOKED_AT_EVERY_MS = 90_000

export const workload = defineActor<object, WorkloadProps>('kael:workload', {
  name: 'workload',
  create(context, props) {
    const signals = new SignalSource(context, props)
    signals.next()
    const executor = context.ref<ExecutorApi>(props.executor)
    context.clock.interval(LOOKED_AT_EVERY_MS, async () => {
      await executor.ask('setStopLevel', { level: 0, by: 'the simulation' }, { timeoutMs: 10_000 })
    })
    return {}
  },
})

class SignalSource {
  readonly #context: Context<object>
  readonly #props: WorkloadProps
  readonly #random: Random
  #count = 0

  constructor(context: Context<object>, props: WorkloadProps) {
    this.#context = context
    this.#props = props
    this.#random = seededRandom(`sim ${props.seed}/workload`)
  }

  next(): void {
    const isBurst = this.#random.next() < BURST_SHARE
    this.#context.clock.timeout(isBurst ? this.#random.int(30) : this.#draw(PAUSE_MS), () => {
      this.#tell()
      this.next()
    })
  }

  #tell(): void {
    const { instruments, arena, executor } = this.#props
    const index = this.#random.int(instruments.length)
    const root = instruments[index] ?? ''
    const readers = readersOf(arena, index)
    const last = readers.get('1m')?.newest()?.bar.c
    if (last === undefined) return
    const revision = [...readers.values()].reduce((sum, each) => sum + each.generation(), 0)
    const signal = this.#signalOf(instrumentOf(root), ticks(last), revision)
    const told = this.#context
      .ref<ExecutorApi>(executor)
      .tell('signal', { signal, epoch: this.#context.epoch })
    if (!told.ok) this.#context.log.warn('a signal was not taken', { signal: signal.id, why: told.reason })
  }

  #signalOf({ root }: Instrument, last: Ticks, revision: number): Signal {
    const now = epochMs(Math.floor(this.#context.clock.now()))
    const direction: Direction = this.#random.next() < 0.5 ? 1 : -1
    // Beyond the touch it fills at once, before it it waits.
    const entry = last + direction * (this.#random.int(5) - 2)
    const isWrong = this.#random.next() < WRONG_SHARE
    const stopAway = (isWrong ? this.#random.int(2_000) - 500 : this.#draw(STOP_TICKS)) * direction
    const number = ++this.#count
    return {
      id: `drill/${this.#props.seed}/${number}`,
      instrument: root,
      model: '2022',
      timeframe: '1m',
      direction,
      knownAt: now,
      entry: ticks(entry),
      stop: ticks(entry - stopAway),
      targets: [ticks(entry + direction * this.#draw(TARGET_TICKS))],
      validUntil: epochMs(now + this.#draw(VALID_MS)),
      score: 80,
      grade: 'B',
      facts: [],
      regime: { label: 'TREND_UP', strength: 0.5, confidence: 0.8, since: now, knownAt: now },
      revision,
    }
  }

  #draw({ least, more }: { readonly least: number; readonly more: number }): number {
    return least + this.#random.int(more)
  }
}
