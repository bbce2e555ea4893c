/**
 * Analyst: reads one instrument's closed bars and says what they are.
 *
 * Owns      the ICT engine of one instrument, all timeframes.
 * Hears     ring (bars closed), objects (ask), refresh.
 * Tells     the executor every signal and withdrawal; the journal its scanner row and signals.
 * Crash     replays the cached bars in silence; the same bars give the same signals, so none is told twice.
 */
import {
  type Bar,
  type ChartObject,
  type EpochMs,
  type Signal,
  TIMEFRAMES,
  type Timeframe,
  type Ticks,
  epochMs,
  instrumentOf,
  ticks,
} from '../src/domain/index.ts'
import { barEnd, barOpen } from '../src/domain/calendar/index.ts'
import {
  type Analyst,
  type AnalystStep,
  DEMO_PARAMETERS,
  createAnalyst,
  regimeAt,
  replayOrder,
  waitingAt,
} from '../src/domain/ict/index.ts'
import { type BarArena, type Context, defineActor } from '../src/kernel/index.ts'
import type { ExecutorApi } from './executor.ts'
import type { JournalApi, ScannerReading } from './journal.ts'
import { barOf, readersOf } from './support/cache.ts'
import { paced } from './support/pace.ts'

export interface AnalystApi {
  /** Bars of this instrument closed, or history was corrected. */
  ring(news: { readonly root: string }): void
  objects(query: { readonly timeframe: Timeframe }): readonly ChartObject[]
}

export interface AnalystProps {
  readonly root: string
  /** Its place in the configured order, which is its place in the arena. */
  readonly index: number
  readonly arena: BarArena
  readonly executor: string
  readonly speed: number
}

/** Where setups are looked for. */
const MODEL_TIMEFRAMES: readonly Timeframe[] = ['5m', '1m']
/** A signal that was known while we were away is still told when it is not older than this. */
const MISSED_MS_MAX = 60_000
const SLICE_BARS = 1_000
/** The clock alone can close a market: the scanner's row is looked at this often without a bar. */
const REFRESH_MS = 5_000

export default defineActor<AnalystApi, AnalystProps>(import.meta.url, {
  name: 'analyst',
  // Only the newest ring matters: a reader takes everything that is new in the cache.
  mailbox: { capacity: 256, overflow: { ring: 'conflate' }, window: 2, conflateBy: { ring: 'root' } },
  supervise: { limits: { hungMs: 5_000, handlerMs: 30_000 } },
  async create(context, props) {
    const reader = new InstrumentReader(context, props)
    await reader.rebuild()
    context.clock.interval(paced(REFRESH_MS, props.speed), () => reader.tellScanner())
    context.state('live')
    return {
      ring: () => reader.takeNews(),
      objects: ({ timeframe }) => reader.objectsOf(timeframe),
    }
  },
})

class InstrumentReader {
  readonly #context: Context<AnalystApi>
  readonly #props: AnalystProps
  readonly #readers
  readonly #next = new Map<Timeframe, number>()
  #generation = -1
  #analyst: Analyst | undefined
  /** Everything known at or before this has been told. */
  #watermark: EpochMs
  #seq = 0

  constructor(context: Context<AnalystApi>, props: AnalystProps) {
    this.#context = context
    this.#props = props
    this.#readers = readersOf(props.arena, props.index)
    this.#watermark = epochMs(Math.floor(context.clock.now()) - MISSED_MS_MAX)
  }

  objectsOf(timeframe: Timeframe): readonly ChartObject[] {
    return this.#analyst?.objectsOf(timeframe) ?? []
  }

  async takeNews(): Promise<void> {
    if (this.#newestGeneration() !== this.#generation) {
      // History was corrected: what was read before is not what happened.
      return this.rebuild()
    }
    const fresh: Partial<Record<Timeframe, readonly Bar[]>> = {}
    for (const [timeframe, reader] of this.#readers) {
      // One older bar goes along, so that a closure before the first new one is seen.
      const from = Math.max(0, (this.#next.get(timeframe) ?? 0) - 1)
      const slice = reader.since(from)
      if (slice.isBusy) return
      fresh[timeframe] = slice.bars.map(barOf)
    }
    const known = new Map([...this.#next].map(([timeframe, next]) => [timeframe, next > 0]))
    await this.#push(fresh, (timeframe, position) => position > 0 || known.get(timeframe) !== true)
    for (const [timeframe, reader] of this.#readers)
      this.#next.set(timeframe, this.#taken(timeframe, reader.count(), fresh))
    this.tellScanner()
  }

  /** Reads all cached bars again, in silence as far as everything has been told. */
  async rebuild(): Promise<void> {
    const generation = this.#newestGeneration()
    const cached: Partial<Record<Timeframe, readonly Bar[]>> = {}
    for (const [timeframe, reader] of this.#readers) {
      const slice = reader.since(0)
      cached[timeframe] = slice.bars.map(barOf)
      this.#next.set(timeframe, slice.from + slice.bars.length)
    }
    this.#analyst = createAnalyst({
      instrument: instrumentOf(this.#props.root),
      timeframes: TIMEFRAMES,
      modelTimeframes: MODEL_TIMEFRAMES,
      parameters: DEMO_PARAMETERS,
      revision: generation,
    })
    this.#generation = generation
    this.#analyst.warmUp(this.#watermark)
    await this.#push(cached, () => true)
    this.tellScanner()
  }

  tellScanner(): void {
    const reading = this.#scannerReading()
    if (reading !== undefined) this.#context.ref<JournalApi>('journal').tell('scanned', reading)
  }

  #taken(timeframe: Timeframe, count: number, fresh: Partial<Record<Timeframe, readonly Bar[]>>): number {
    const from = Math.max(0, (this.#next.get(timeframe) ?? 0) - 1)
    return Math.min(count, from + (fresh[timeframe]?.length ?? 0))
  }

  /** In slices, so that the thread goes on beating while it reads ten days of history. */
  async #push(
    bars: Partial<Readonly<Record<Timeframe, readonly Bar[]>>>,
    isNew: (timeframe: Timeframe, position: number) => boolean,
  ): Promise<void> {
    const positions = new Map<Timeframe, number>()
    let taken = 0
    for (const { timeframe, bar, breakBefore } of replayOrder(bars)) {
      const position = positions.get(timeframe) ?? 0
      positions.set(timeframe, position + 1)
      if (this.#analyst === undefined || !isNew(timeframe, position)) continue
      this.#tell(this.#analyst.onBar(timeframe, bar, breakBefore))
      this.#watermark = epochMs(Math.max(this.#watermark, barEnd(bar.t, timeframe)))
      if (++taken % SLICE_BARS === 0) await this.#context.clock.sleep(0)
    }
  }

  #tell({ signals, withdrawn }: AnalystStep): void {
    const { executor } = this.#props
    for (const signal of signals) this.#tellSignal(executor, signal)
    for (const each of withdrawn)
      this.#context.ref<ExecutorApi>(executor).tell('withdraw', { signalId: each.signalId, reason: each.why })
  }

  #tellSignal(executor: string, signal: Signal): void {
    this.#context.ref<JournalApi>('journal').tell('signalled', signal)
    const delivery = this.#context
      .ref<ExecutorApi>(executor)
      .tell('signal', { signal, epoch: this.#context.epoch })
    if (!delivery.ok)
      this.#context.log.warn('a signal was not taken', { signal: signal.id, why: delivery.reason })
  }

  #scannerReading(): ScannerReading | undefined {
    const now = epochMs(Math.floor(this.#context.clock.now()))
    const analyst = this.#analyst
    const waiting = MODEL_TIMEFRAMES.map((each) => analyst?.waitingOf(each))
      .filter((each) => each !== undefined)
      .sort((a, b) => b.met - a.met)[0]
    const newest = this.#readers.get('1m')?.newest()?.bar
    if (analyst === undefined || waiting === undefined || newest === undefined) return undefined
    const regime = analyst.regimeOf('5m')?.reading
    this.#seq = Math.max(this.#seq + 1, now)
    return {
      instrument: this.#props.root,
      seq: this.#seq,
      asOf: now,
      last: barOf(newest).c,
      sessionOpen: this.#sessionOpen(now),
      waiting: waitingAt(waiting, now),
      regime: regime === undefined ? null : regimeAt(regime, now),
    }
  }

  /** Open of the trading day at hand: its forming day bar, else the sealed one. */
  #sessionOpen(now: EpochMs): Ticks | null {
    const day = this.#readers.get('1D')?.newest()?.bar
    return day !== undefined && day.t === barOpen(now, '1D') ? ticks(day.o) : null
  }

  /** One correction changes every timeframe that holds it: the sum changes when any of them does. */
  #newestGeneration(): number {
    return [...this.#readers.values()].reduce((sum, each) => sum + each.generation(), 0)
  }
}
