/**
 * Journal: what happened, in batches, for the screen and for later.
 *
 * Owns      the journal's database connection; nobody waits for it.
 * Hears     scanned, signalled, instruments, health, modeChanged, flush.
 * Tells     the server which topics changed.
 * Crash     bars are read from the cache again from the newest stored one; rows may be written twice.
 */
import {
  type EpochMs,
  type RegimeReading,
  type Route,
  type Signal,
  TIMEFRAMES,
  type Ticks,
  type Waiting,
  epochMs,
} from '../src/domain/index.ts'
import type { Fault, Result } from '../src/lib/index.ts'
import { type BarArena, type BarReader, type Context, defineActor } from '../src/kernel/index.ts'
import {
  type ActorHealthRow,
  type InstrumentRow,
  type JournalStore,
  type NewModeChange,
  openJournalStore,
} from '../src/store/index.ts'
import type { ServerApi } from './server.ts'
import { barOf, readersOf } from './support/cache.ts'
import { paced } from './support/pace.ts'

export interface JournalApi {
  scanned(reading: ScannerReading): void
  signalled(signal: Signal): void
  instruments(rows: { readonly rows: readonly InstrumentRow[] }): void
  health(report: { readonly from: string; readonly rows: readonly ActorHealthRow[] }): void
  modeChanged(change: NewModeChange): void
}

/** What an analyst says of its instrument after a bar. */
export interface ScannerReading {
  readonly instrument: string
  readonly seq: number
  readonly asOf: EpochMs
  readonly last: Ticks
  readonly sessionOpen: Ticks | null
  readonly waiting: Waiting
  readonly regime: RegimeReading | null
}

export interface JournalProps {
  readonly databaseUrl: string
  readonly route: Route
  readonly instruments: readonly string[]
  readonly arena: BarArena
  readonly speed: number
}

export interface JournalPorts {
  readonly openStore: (url: string) => JournalStore
}

/** Rows of a flush: enough to catch up, few enough to be done in a tenth of a second. */
const BARS_A_FLUSH_MAX = 4_000
const FLUSH_MS = 400
/** A start needs both cores for other things: days of old bars can wait so many real milliseconds. */
const BARS_AFTER_MS = 15_000
const SOURCE = 'analyst'

export const journalActor = (ports: JournalPorts) =>
  defineActor<JournalApi, JournalProps>(import.meta.url, {
    name: 'journal',
    mailbox: {
      capacity: 4_096,
      overflow: { scanned: 'conflate', health: 'conflate', signalled: 'reject' },
      conflateBy: { scanned: 'instrument', health: 'from' },
    },
    async create(context, props) {
      const journal = new Journal(context, props, ports.openStore(props.databaseUrl))
      await journal.findStored()
      context.clock.interval(paced(FLUSH_MS, props.speed), () => journal.flush())
      context.state('live')
      return {
        scanned: (reading) => journal.keep(reading),
        signalled: (signal) => journal.keepSignal(signal),
        instruments: ({ rows }) => journal.saveNow('instruments', (store) => store.saveInstruments(rows)),
        health: ({ rows }) => journal.saveNow('actors', (store) => store.saveHealth(rows)),
        modeChanged: (change) => journal.saveNow('header', (store) => store.addModeChange(change)),
        drain: () => journal.flush(),
        stop: () => journal.close(),
      }
    },
  })

export default journalActor({ openStore: openJournalStore })

class Journal {
  readonly #context: Context<JournalApi>
  readonly #props: JournalProps
  readonly #store: JournalStore
  readonly #readings = new Map<string, ScannerReading>()
  readonly #signals: Signal[] = []
  readonly #bars: BarShelf[]
  readonly #barsFrom: number
  #flushing: Promise<void> | undefined

  constructor(context: Context<JournalApi>, props: JournalProps, store: JournalStore) {
    this.#context = context
    this.#props = props
    this.#store = store
    this.#barsFrom = context.clock.monotonic() + BARS_AFTER_MS
    this.#bars = props.instruments.flatMap((instrument, index) =>
      [...readersOf(props.arena, index)].map(([timeframe, reader]) => ({
        instrument,
        timeframe,
        reader,
        next: 0,
        generation: reader.generation(),
        storedUntil: 0,
      })),
    )
  }

  /** A start goes on where the last one ended: bars of before are in the database already. */
  async findStored(): Promise<void> {
    for (const shelf of this.#bars) {
      const newest = await this.#store.newestBar(shelf.instrument, shelf.timeframe)
      if (this.#isSaved('newest bar', newest) && newest.ok) shelf.storedUntil = newest.value ?? 0
    }
  }

  keep(reading: ScannerReading): void {
    this.#readings.set(reading.instrument, reading)
  }

  keepSignal(signal: Signal): void {
    this.#signals.push(signal)
  }

  async saveNow(
    topic: string,
    save: (store: JournalStore) => Promise<Result<unknown, Fault>>,
  ): Promise<void> {
    if (this.#isSaved(topic, await save(this.#store))) this.#changed(topic)
  }

  /** One at a time: a slow database makes larger batches and not more of them. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async close(): Promise<void> {
    await this.#flushing
    await this.#store.close()
  }

  async #flush(): Promise<void> {
    await this.#flushScanner()
    await this.#flushSignals()
    if (this.#context.clock.monotonic() >= this.#barsFrom) await this.#flushBars()
  }

  async #flushScanner(): Promise<void> {
    const readings = [...this.#readings.values()]
    if (readings.length === 0) return
    this.#readings.clear()
    const rows = readings.map(({ instrument, seq, asOf, last, sessionOpen, waiting, regime }) => ({
      instrument,
      seq,
      last,
      sessionOpen,
      direction: directionOf(sessionOpen === null ? 0 : last - sessionOpen),
      stage: waiting.stage,
      word: waiting.word,
      text: waiting.text,
      met: waiting.met,
      of: waiting.of,
      regime,
      source: SOURCE,
      asOf,
      state: waiting.stage === 'closed' ? ('closed' as const) : ('current' as const),
    }))
    if (this.#isSaved('scanner', await this.#store.saveScanner(rows))) this.#changed('scanner')
  }

  async #flushSignals(): Promise<void> {
    const signals = this.#signals.splice(0)
    if (signals.length === 0) return
    const asOf = epochMs(Math.floor(this.#context.clock.now()))
    const saved = await this.#store.saveSignals(signals, { source: SOURCE, asOf, state: 'current' })
    // What could not be written waits for the database.
    if (!this.#isSaved('signals', saved)) this.#signals.unshift(...signals)
  }

  async #flushBars(): Promise<void> {
    let left = BARS_A_FLUSH_MAX
    for (const shelf of this.#bars) {
      if (left <= 0) return
      const generation = shelf.reader.generation()
      // Corrected history is written again from its oldest bar; what did not change is not touched.
      if (generation !== shelf.generation) Object.assign(shelf, { next: 0, generation, storedUntil: 0 })
      const slice = shelf.reader.read(shelf.next, shelf.next + left)
      if (slice.isBusy || slice.bars.length === 0) continue
      const bars = slice.bars.filter((each) => each.t >= shelf.storedUntil)
      const saved = await this.#store.saveBars([
        {
          instrument: shelf.instrument,
          timeframe: shelf.timeframe,
          contractId: null,
          source: `${this.#props.route}.feed`,
          bars: bars.map(barOf),
        },
      ])
      if (!this.#isSaved('bars', saved)) return
      shelf.next = slice.from + slice.bars.length
      left -= bars.length
    }
  }

  #isSaved(what: string, saved: Result<unknown, Fault>): boolean {
    if (!saved.ok) this.#context.log.warn('the journal could not write', { what, fault: saved.error.detail })
    return saved.ok
  }

  #changed(topic: string): void {
    this.#context.ref<ServerApi>('server').tell('changed', { topic })
  }
}

interface BarShelf {
  readonly instrument: string
  readonly timeframe: (typeof TIMEFRAMES)[number]
  readonly reader: BarReader
  next: number
  generation: number
  /** Open of the newest bar that an earlier start has stored. */
  storedUntil: number
}

function directionOf(change: number): 1 | 0 | -1 {
  return change > 0 ? 1 : change < 0 ? -1 : 0
}
