import { type DashboardRows, type LiveQuote, decisionRow, topicsOf } from '../../src/dashboard/index.ts'
import { type EpochMs, type Route, type Timeframe, epochMs, findInstrument } from '../../src/domain/index.ts'
import { tradeDateOf } from '../../src/domain/calendar/index.ts'
import type { BarReader, Logger } from '../../src/kernel/index.ts'
import type { Fault, Result } from '../../src/lib/index.ts'
import type { CandlesQuery, DecisionsQuery, ObjectsQuery, Views } from '../../src/server/index.ts'
import type { ServerStore } from '../../src/store/index.ts'
import type {
  BarUpdate,
  CandlesReply,
  DecisionsReply,
  InstrumentInfo,
  Topics,
  WireBar,
} from '../../src/wire/index.ts'
import type { ChartObject } from '../../src/domain/index.ts'
import type { MarketNews } from '../executor.ts'
import { readersOf } from './cache.ts'

export interface ViewsOptions {
  readonly store: ServerStore
  readonly route: Route
  readonly accountId: string
  readonly instruments: readonly string[]
  readonly arena: Parameters<typeof readersOf>[0]
  readonly version: string
  readonly log: Logger
  readonly now: () => EpochMs
  readonly speed: () => number
  readonly objects: (root: string, timeframe: Timeframe) => Promise<readonly ChartObject[]>
}

/** Parts of the database that are read together when a topic changed. */
type Part =
  | keyof Omit<DashboardRows, 'account' | 'session' | 'proof' | 'modeHistory' | 'stopLevel' | 'settings'>
  | 'header'

const DECISIONS_MAX = 200
const ORDERS_MAX = 100
const FILLS_MAX = 500
const HISTORY_MAX = 20
const BARS_SOURCE = 'feed'

const PARTS_OF: Readonly<Record<string, readonly Part[]>> = {
  header: ['header'],
  decisions: ['decisions'],
  orders: ['orders', 'decisions'],
  fills: ['fills', 'decisions'],
  positions: ['positions', 'protections'],
  scanner: ['scanner'],
  instruments: ['instruments'],
  actors: ['actors'],
  signals: [],
  bars: [],
}

/** The dashboard's views: rows of the database as last read, and the newest prices over them. */
export class PlatformViews implements Views {
  readonly version: string
  readonly #options: ViewsOptions
  readonly #listeners = new Set<() => void>()
  readonly #quotes = new Map<string, LiveQuote>()
  readonly #readers: ReadonlyMap<string, ReadonlyMap<Timeframe, BarReader>>
  readonly #wanted = new Set<Part>()
  #rows: DashboardRows = NOTHING
  #topics: Topics | undefined
  #reading: Promise<void> | undefined
  #instruments: readonly InstrumentInfo[] = []

  constructor(options: ViewsOptions) {
    this.#options = options
    this.version = options.version
    this.#readers = new Map(options.instruments.map((root, index) => [root, readersOf(options.arena, index)]))
  }

  instruments(): readonly InstrumentInfo[] {
    return this.#instruments
  }

  current(): Topics {
    const { now, speed } = this.#options
    this.#topics ??= topicsOf(this.#rows, { now: now(), speed: speed(), quotes: this.#quotes })
    return this.#topics
  }

  platformNow(): { readonly at: number; readonly speed: number } {
    return { at: this.#options.now(), speed: this.#options.speed() }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  marketTold({ news }: MarketNews): void {
    for (const each of news)
      this.#quotes.set(each.root, {
        instrument: each.root,
        last: each.last ?? undefined,
        at: each.at ?? undefined,
        state: each.state,
        source: each.source,
      })
    this.#announce()
  }

  /** Something was written: what belongs to the topic is read with the next `refresh`, once, however often it is said. */
  changed(topic: string): void {
    for (const part of PARTS_OF[topic] ?? ['header']) this.#wanted.add(part)
  }

  /** Everything, as at the start and once in a while: a lost word costs no more than that. */
  async refreshAll(): Promise<void> {
    for (const part of ALL) this.#wanted.add(part)
    await this.refresh()
    // One that was under way when we came has not read what is asked for here.
    await this.refresh()
  }

  refresh(): Promise<void> {
    if (this.#wanted.size === 0) return Promise.resolve()
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async candles({ instrument, timeframe, limit, before }: CandlesQuery): Promise<CandlesReply> {
    const cached = this.#cached(instrument, timeframe).filter((bar) => before === null || bar[0] < before)
    if (cached.length >= limit)
      return {
        instrument,
        timeframe,
        bars: cached.slice(-limit),
        hasOlder: true,
        source: BARS_SOURCE,
        asOf: this.#options.now(),
      }
    // What the cache does not hold any more is in the database.
    const oldest = cached[0]?.[0] ?? before
    const rest = await this.#options.store.bars({
      instrument,
      timeframe,
      limit: limit - cached.length + 1,
      ...(oldest === null ? {} : { before: epochMs(oldest) }),
    })
    const stored = unwrap('bars', rest).map(({ t, o, h, l, c, v }): WireBar => [t, o, h, l, c, v])
    const bars = [...stored, ...cached]
    return {
      instrument,
      timeframe,
      bars: bars.slice(-limit),
      hasOlder: bars.length > limit,
      source: BARS_SOURCE,
      asOf: this.#options.now(),
    }
  }

  async objects({
    instrument,
    timeframe,
  }: ObjectsQuery): Promise<{ instrument: string; timeframe: Timeframe; objects: readonly ChartObject[] }> {
    return { instrument, timeframe, objects: await this.#options.objects(instrument, timeframe) }
  }

  async decisions({ limit, before }: DecisionsQuery): Promise<DecisionsReply> {
    const { store, route, accountId } = this.#options
    const filter = { route, accountId, ...(before === null ? {} : { before }) }
    const found = unwrap('decisions', await store.decisions(filter, limit + 1))
    return {
      decisions: found.slice(0, limit).map((each) => decisionRow(each, this.#rows.fills)),
      hasOlder: found.length > limit,
    }
  }

  bars(instrument: string, timeframe: Timeframe, from: number | null): readonly BarUpdate[] {
    const reader = this.#readers.get(instrument)?.get(timeframe)
    if (reader === undefined) return []
    const generation = reader.generation()
    const count = reader.count()
    const update = (
      bar: { t: number; o: number; h: number; l: number; c: number; v: number },
      isSealed: boolean,
    ): BarUpdate => ({
      instrument,
      timeframe,
      bar: [bar.t, bar.o, bar.h, bar.l, bar.c, bar.v],
      isSealed,
      generation,
      source: BARS_SOURCE,
    })
    const forming = reader.forming()
    const since = from === null ? count - 1 : Math.max(0, count - 60)
    const sealed = reader
      .read(since, count)
      .bars.filter((bar) => from === null || bar.t >= from)
      .map((bar) => update(bar, true))
    if (from === null) return forming === undefined ? sealed.slice(-1) : [update(forming, false)]
    return forming === undefined ? sealed : [...sealed, update(forming, false)]
  }

  /** Instruments whose price may not be acted on now, each with its state. */
  notCurrent(): readonly string[] {
    return this.#options.instruments.flatMap((root) => {
      const state = this.#quotes.get(root)?.state
      return state === 'current' || state === 'quiet' || state === 'closed'
        ? []
        : [`feed: ${root} is ${state ?? 'unknown'}`]
    })
  }

  #cached(instrument: string, timeframe: Timeframe): readonly WireBar[] {
    const reader = this.#readers.get(instrument)?.get(timeframe)
    if (reader === undefined) return []
    const sealed = reader.since(0).bars
    const forming = reader.forming()
    return [...sealed, ...(forming === undefined ? [] : [forming])].map(({ t, o, h, l, c, v }) => [
      t,
      o,
      h,
      l,
      c,
      v,
    ])
  }

  async #read(): Promise<void> {
    const parts = [...this.#wanted]
    this.#wanted.clear()
    const read = await Promise.all(parts.map((part) => this.#readPart(part)))
    this.#rows = Object.assign({ ...this.#rows }, ...read)
    this.#announce()
  }

  async #readPart(part: Part): Promise<Partial<DashboardRows>> {
    const { store, route, accountId, now, log } = this.#options
    const keep = <T>(
      result: Result<T, Fault>,
      take: (value: T) => Partial<DashboardRows>,
    ): Partial<DashboardRows> => {
      if (result.ok) return take(result.value)
      // The rows stay as they were; the page ages them by their own instants.
      log.warn('a view was not read', { part, fault: result.error.detail })
      return {}
    }
    // A route may have had other accounts before; their rows are not this screen's.
    const isOurs = (row: { readonly accountId: string }): boolean => row.accountId === accountId
    switch (part) {
      case 'header':
        return this.#readHeader(keep)
      case 'decisions':
        return keep(await store.decisions({ route, accountId }, DECISIONS_MAX), (decisions) => ({
          decisions,
        }))
      case 'orders':
        return keep(await store.orders(route, ORDERS_MAX), (orders) => ({ orders: orders.filter(isOurs) }))
      case 'fills':
        return keep(await store.fills(route, tradeDateOf(now()), FILLS_MAX), (fills) => ({
          fills: fills.filter(isOurs),
        }))
      case 'positions':
        return keep(await store.positions(route), (positions) => ({ positions: positions.filter(isOurs) }))
      case 'protections':
        return keep(await store.protection(route), (protections) => ({
          protections: protections.filter(isOurs),
        }))
      case 'scanner':
        return keep(await store.scanner(), (scanner) => ({ scanner }))
      case 'instruments':
        return keep(await store.instruments(), (instruments) => {
          const known = instruments.filter((each) => this.#options.instruments.includes(each.root))
          this.#instruments = known.sort((a, b) => a.position - b.position).map(infoOf)
          return { instruments: known }
        })
      case 'actors':
        return keep(await store.actorHealth(), (actors) => ({ actors }))
      default:
        return part satisfies never
    }
  }

  async #readHeader(
    keep: <T>(result: Result<T, Fault>, take: (value: T) => Partial<DashboardRows>) => Partial<DashboardRows>,
  ): Promise<Partial<DashboardRows>> {
    const { store, route, accountId } = this.#options
    const [accounts, sessions, proofs, history, stop, settings] = await Promise.all([
      store.accounts(),
      store.brokerSessions(),
      store.simulatedProofs(),
      store.modeHistory(route, HISTORY_MAX),
      store.stopLevel(),
      store.settings(),
    ])
    return Object.assign(
      {},
      keep(accounts, (rows) => ({
        account: rows.find((each) => each.route === route && each.id === accountId),
      })),
      keep(sessions, (rows) => ({ session: rows.find((each) => each.route === route) })),
      keep(proofs, (rows) => ({
        proof: rows.find((each) => each.route === route && each.accountId === accountId),
      })),
      keep(history, (rows) => ({ modeHistory: rows.filter((each) => each.accountId === accountId) })),
      keep(stop, (stopLevel) => ({ stopLevel })),
      keep(settings, (rows) => ({ settings: rows })),
    )
  }

  #announce(): void {
    this.#topics = undefined
    for (const listener of this.#listeners) listener()
  }
}

const ALL: readonly Part[] = [
  'header',
  'decisions',
  'orders',
  'fills',
  'positions',
  'protections',
  'scanner',
  'instruments',
  'actors',
]

const NOTHING: DashboardRows = {
  account: undefined,
  session: undefined,
  proof: undefined,
  modeHistory: [],
  instruments: [],
  scanner: [],
  positions: [],
  protections: [],
  orders: [],
  fills: [],
  decisions: [],
  actors: [],
  stopLevel: undefined,
  settings: [],
}

function infoOf(row: DashboardRows['instruments'][number]): InstrumentInfo {
  const { root, description, tickSize, decimals, tickValue, contractName, contractId } = row
  return {
    root,
    description: findInstrument(root)?.description ?? description,
    contract: contractName ?? contractId ?? root,
    tickSize,
    decimals,
    tickValue,
  }
}

/** A read that must answer: a fault is an outage, which the client sees as one with its incident. */
function unwrap<T>(what: string, result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${what}: ${result.error.detail}`)
  return result.value
}
