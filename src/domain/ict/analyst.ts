import { type Bar, TIMEFRAMES, type Timeframe } from '../bar.ts'
import type { Instrument } from '../instrument.ts'
import type { ChartObject, Signal, Waiting } from '../signal.ts'
import type { EpochMs } from '../units.ts'
import type { Withdrawal } from './armed-signal.ts'
import { higherTimeframeScore } from './bias.ts'
import type { IctEvent } from './event.ts'
import type { OpeningPrices } from './levels.ts'
import { DEFAULT_PARAMETERS, type IctParameters } from './parameters.ts'
import type { RegimeReport } from './regime.ts'
import { Stream } from './stream.ts'

export interface AnalystOptions {
  readonly instrument: Instrument
  /** Streams that bars will come for; those that no model runs on give their trend to the others. */
  readonly timeframes: readonly Timeframe[]
  /** Where setups are looked for. One and five minutes when left out. */
  readonly modelTimeframes?: readonly Timeframe[]
  readonly parameters?: Partial<IctParameters>
  /** Generation of the bar cache, copied into every signal. */
  readonly revision?: number
}

/** What one closed bar brought. Plain data: it may cross a thread. */
export interface AnalystStep {
  readonly events: readonly IctEvent[]
  /** Chart objects that appeared or ended, in their newest state. */
  readonly objects: readonly ChartObject[]
  readonly signals: readonly Signal[]
  /** Earlier signals whose entry should no longer be worked. */
  readonly withdrawn: readonly Withdrawal[]
  /** Of the stream that the bar belongs to. */
  readonly regime: RegimeReport
  /** Why this stream has no signal now; on a stream without models, of the stream nearest to one. */
  readonly waiting: Waiting
}

export interface Analyst {
  /**
   * One closed bar. When several timeframes close at one instant the higher goes first, so that the lower
   * sees it. A bar that cannot be one changes nothing and comes back as one REJECTED event.
   */
  onBar(timeframe: Timeframe, bar: Bar, breakBefore: boolean): AnalystStep
  /**
   * Replays history silently: signals and withdrawals known at or before `watermark` are not handed out.
   * Everything else is as if the analyst had never been away.
   */
  warmUp(watermark: EpochMs): void
  /** What a chart of this timeframe shows now: at most 200, oldest first. */
  objectsOf(timeframe: Timeframe): readonly ChartObject[]
  regimeOf(timeframe: Timeframe): RegimeReport | undefined
  waitingOf(timeframe: Timeframe): Waiting | undefined
  /** Opening prices of the trading day at hand, from the finest stream. */
  openings(): OpeningPrices | undefined
}

/** The reader of one instrument: drives its streams and joins what the higher timeframes say. */
export function createAnalyst(options: AnalystOptions): Analyst {
  const parameters = { ...DEFAULT_PARAMETERS, ...options.parameters }
  const models = options.modelTimeframes ?? ['1m', '5m']
  const streams = new Map<Timeframe, Stream>()
  for (const timeframe of TIMEFRAMES) {
    if (!options.timeframes.includes(timeframe)) continue
    const { instrument, revision = 0 } = options
    const scope = { instrument, timeframe, parameters, revision }
    streams.set(timeframe, new Stream(scope, models.includes(timeframe)))
  }
  const withModels = [...streams.values()].filter((each) => models.includes(each.timeframe))
  let watermark = Number.NEGATIVE_INFINITY

  function onBar(timeframe: Timeframe, bar: Bar, breakBefore: boolean): AnalystStep {
    const stream = streams.get(timeframe)
    if (stream === undefined) throw new RangeError(`${timeframe} is one of ${[...streams.keys()].join(' ')}`)
    const score = higherTimeframeScore((each) => streams.get(each)?.trend ?? 0)
    const { events, signals, withdrawn } = stream.push(bar, breakBefore, score)
    return {
      events,
      objects: stream.chart.apply(events),
      signals: signals.filter((each) => each.knownAt > watermark),
      withdrawn: withdrawn.filter((each) => each.at > watermark),
      regime: stream.regime,
      waiting: withModels.includes(stream) ? stream.waiting : nearest(withModels, stream),
    }
  }

  return {
    onBar,
    warmUp: (until) => {
      watermark = until
    },
    objectsOf: (timeframe) => streams.get(timeframe)?.chart.objects() ?? [],
    regimeOf: (timeframe) => streams.get(timeframe)?.regime,
    waitingOf: (timeframe) => streams.get(timeframe)?.waiting,
    openings: () => [...streams.values()][0]?.levels.openings,
  }
}

function nearest(streams: readonly Stream[], other: Stream): Waiting {
  return streams.reduce(
    (best, { waiting }) => (waiting.met > best.met ? waiting : best),
    (streams[0] ?? other).waiting,
  )
}
