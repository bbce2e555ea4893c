import { type ReadonlySignal, signal } from '@preact/signals'
import type { ChartObject, Timeframe } from '../../../src/domain/index.ts'
import type { BarUpdate, WireBar } from '../../../src/wire/index.ts'
import type { Browser } from '../api/browser.ts'
import type { Client } from '../api/client.ts'
import type { Link } from '../state/link.ts'
import { createBarSeries } from './bar-series.ts'

type CandlesState =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly text: string; readonly code: string }

/** What a drawing of the candles listens to. */
interface CandlesListener {
  /** All bars are new or older ones were put in front. */
  replaced(): void
  /** Only the newest bar changed or was added. */
  newest(bar: WireBar): void
}

/** The candles and objects of the one chart that is watched. */
export interface Candles {
  readonly state: ReadonlySignal<CandlesState>
  readonly chart: ReadonlySignal<{ readonly instrument: string; readonly timeframe: Timeframe } | null>
  readonly objects: ReadonlySignal<readonly ChartObject[]>
  /** Where the bars come from, and the newest of them for the legend. */
  readonly source: ReadonlySignal<string>
  readonly newest: ReadonlySignal<WireBar | null>
  readonly dropped: ReadonlySignal<number>
  bars(): readonly WireBar[]
  open(instrument: string, timeframe: Timeframe): void
  older(): void
  listen(listener: CandlesListener): () => void
}

const RETRY_MS = 2_000
/** Objects are known at bar closes: one question after a burst of them is enough. */
const OBJECTS_AFTER_MS = 400
const TAIL_BARS = 20
const EARLY_MAX = 50

export function createCandles(browser: Browser, client: Client, link: Link): Candles {
  const state = signal<CandlesState>({ kind: 'none' })
  const chart = signal<{ instrument: string; timeframe: Timeframe } | null>(null)
  const objects = signal<readonly ChartObject[]>([])
  const source = signal('')
  const newest = signal<WireBar | null>(null)
  const dropped = signal(0)
  const listeners = new Set<CandlesListener>()
  let series = createBarSeries()
  let turn = 0
  let hasOlder = false
  let isPaging = false
  /** What the stream said while the candles were read: it may be newer than their answer. */
  let early: BarUpdate[] = []
  let cancelObjects: (() => void) | undefined

  function tellReplaced(): void {
    newest.value = series.bars.at(-1) ?? null
    for (const each of listeners) each.replaced()
  }

  async function load(): Promise<void> {
    const asked = chart.peek()
    if (asked === null) return
    const mine = ++turn
    const answer = await client.candles(asked.instrument, asked.timeframe)
    if (mine !== turn) return
    if (!answer.ok) {
      state.value = { kind: 'failed', text: answer.error.text, code: answer.error.code }
      browser.after(RETRY_MS, () => mine === turn && void load())
      return
    }
    series.load(answer.value.bars)
    hasOlder = answer.value.hasOlder
    source.value = answer.value.source
    state.value = { kind: 'ready' }
    const waiting = early
    early = []
    const from = series.bars.at(-1)?.[0] ?? 0
    for (const each of waiting) if (each.bar[0] >= from) series.apply(each)
    tellReplaced()
    await readObjects(mine)
  }

  async function readObjects(mine: number): Promise<void> {
    const asked = chart.peek()
    if (asked === null) return
    const answer = await client.objects(asked.instrument, asked.timeframe)
    if (mine === turn && answer.ok) objects.value = answer.value.objects
  }

  async function repair(mine: number): Promise<void> {
    const asked = chart.peek()
    if (asked === null) return
    const answer = await client.candles(asked.instrument, asked.timeframe, { limit: TAIL_BARS })
    if (mine !== turn || !answer.ok) return
    series.repair(answer.value.bars)
    tellReplaced()
  }

  async function readOlder(): Promise<void> {
    const asked = chart.peek()
    const first = series.bars[0]
    if (asked === null || first === undefined || !hasOlder || isPaging) return
    isPaging = true
    const mine = turn
    const answer = await client.candles(asked.instrument, asked.timeframe, { before: first[0] })
    isPaging = false
    if (mine !== turn || !answer.ok) return
    hasOlder = answer.value.hasOlder && series.prepend(answer.value.bars) > 0
    tellReplaced()
  }

  function take(update: BarUpdate): void {
    const taken = series.apply(update)
    dropped.value = series.dropped
    if (taken.kind === 'dropped') return
    if (taken.kind === 'reload') return void load()
    source.value = update.source
    newest.value = update.bar
    for (const each of listeners) each.newest(update.bar)
    if (taken.kind !== 'appended') return
    const mine = turn
    if (taken.isUnsure) void repair(mine)
    cancelObjects?.()
    cancelObjects = browser.after(OBJECTS_AFTER_MS, () => mine === turn && void readObjects(mine))
  }

  link.onBars((updates) => {
    const asked = chart.peek()
    if (asked === null) return
    const isReady = state.peek().kind === 'ready'
    for (const each of updates) {
      if (each.instrument !== asked.instrument || each.timeframe !== asked.timeframe) continue
      if (isReady) take(each)
      else early = [...early, each].slice(-EARLY_MAX)
    }
  })
  link.onSnapshot(() => void load())

  return {
    state,
    chart,
    objects,
    source,
    newest,
    dropped,
    bars: () => series.bars,
    open(instrument, timeframe) {
      const now = chart.peek()
      if (now !== null && now.instrument === instrument && now.timeframe === timeframe) return
      series = createBarSeries()
      chart.value = { instrument, timeframe }
      objects.value = []
      newest.value = null
      dropped.value = 0
      hasOlder = false
      isPaging = false
      early = []
      state.value = { kind: 'loading' }
      link.watch([{ instrument, timeframe }])
      void load()
    },
    older: () => void readOlder(),
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
