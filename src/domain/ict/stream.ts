import type { Bar, Timeframe } from '../bar.ts'
import type { RegimeReading, Signal, Waiting } from '../signal.ts'
import type { Direction } from '../units.ts'
import type { Withdrawal } from './armed-signal.ts'
import { biasScore } from './bias.ts'
import { ChartBook } from './chart-book.ts'
import { DealingRange } from './dealing-range.ts'
import { EqualLevels } from './equal-levels.ts'
import { DAWN, type IctEvent } from './event.ts'
import { Levels } from './levels.ts'
import type { MarketView, ModelScope } from './market-view.ts'
import { Engine } from './reference-engine.ts'
import { RegimeReader, type RegimeReport } from './regime.ts'
import { Setup2022 } from './setup-2022.ts'
import { nearer, waitingAt, waitingOf, warmingUp } from './waiting.ts'

/**
 * One timeframe of one instrument: detectors, calendar levels, dealing range, regime and, if asked, the
 * models.
 */
export class Stream {
  readonly timeframe: Timeframe
  readonly chart: ChartBook
  regime: RegimeReport
  waiting: Waiting
  readonly #engine: Engine
  readonly #levels: Levels
  readonly #equals: EqualLevels
  readonly #range = new DealingRange()
  readonly #regimes: RegimeReader
  readonly #models: readonly { readonly scope: ModelScope; readonly setup: Setup2022 }[]

  constructor(scope: Omit<ModelScope, 'direction'>, tradesHere: boolean) {
    const { parameters, timeframe } = scope
    this.timeframe = timeframe
    this.chart = new ChartBook(timeframe)
    this.#engine = new Engine(parameters, timeframe, ({ sink }) => ({
      opened: (bar, index) => this.#levels.opened(bar, index),
      swung: (pools) => this.#equals.push(this.#engine.bars, pools, this.#engine.volatility.atr),
      closed: () => this.#levels.closed(sink.knownAt),
    }))
    this.#levels = new Levels(parameters, timeframe, this.#engine.liquidity, this.#engine.sink)
    this.#equals = new EqualLevels(parameters, this.#engine.liquidity, this.#engine.sink)
    this.#regimes = new RegimeReader(parameters)
    const directions: readonly Direction[] = tradesHere ? [1, -1] : []
    this.#models = directions.map((direction) => {
      const own: ModelScope = { ...scope, direction }
      return { scope: own, setup: new Setup2022(own) }
    })
    this.regime = UNREAD
    this.waiting = warmingUp(0, scope)
  }

  /** The external trend, for those who look at this stream from a lower timeframe. */
  get trend(): Direction | 0 {
    return this.#engine.external.trend
  }

  get levels(): Levels {
    return this.#levels
  }

  push(bar: Bar, breakBefore: boolean, higherTimeframes: number | null): StreamStep {
    const events = this.#engine.push(bar, breakBefore)
    if (events[0]?.kind === 'REJECTED') return { events, signals: [], withdrawn: [] }
    this.#range.push(this.#engine.bars, this.#engine.breaks)
    this.regime = this.#regimes.push(this.#engine, this.#range, higherTimeframes)
    if (this.#models.length === 0) return { events, signals: [], withdrawn: [] }
    return this.#pushModels(bar, events, higherTimeframes)
  }

  #pushModels(bar: Bar, events: readonly IctEvent[], higherTimeframes: number | null): StreamStep {
    const { bias, adr, openings } = this.#levels
    const view: MarketView = {
      engine: this.#engine,
      levels: this.#levels,
      range: this.#range,
      regime: this.regime,
      higherTimeframes,
      biasScore: biasScore({
        daily: bias,
        higherTimeframes,
        price: bar.c,
        midnightOpen: openings.midnight,
        adr,
      }),
    }
    const signals: Signal[] = []
    const withdrawn: Withdrawal[] = []
    let waiting: Waiting | undefined
    for (const { scope, setup } of this.#models) {
      const signal = setup.push(view, bar, events)
      if (signal !== undefined) signals.push(signal)
      withdrawn.push(...setup.takeWithdrawn())
      const own = waitingOf(scope, view, setup.stage)
      waiting = waiting === undefined ? own : nearer(waiting, own)
    }
    if (waiting !== undefined) this.waiting = waitingAt(waiting, this.#engine.sink.knownAt)
    return { events, signals, withdrawn }
  }
}

export interface StreamStep {
  readonly events: readonly IctEvent[]
  readonly signals: readonly Signal[]
  readonly withdrawn: readonly Withdrawal[]
}

const UNREAD_READING: RegimeReading = {
  label: 'TRANSITION',
  strength: 0.5,
  confidence: 0,
  since: DAWN,
  knownAt: DAWN,
}

/** Before the first bar. */
const UNREAD: RegimeReport = {
  reading: UNREAD_READING,
  raw: 'TRANSITION',
  previous: null,
  features: { atr: null, efficiency: null, compression: null, volatilityRatio: null },
}
