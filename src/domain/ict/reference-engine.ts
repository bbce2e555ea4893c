import { type Bar, type Timeframe, faultOfBar } from '../bar.ts'
import { BarWindow } from './bar-window.ts'
import { BreakerBlocks } from './breaker-block.ts'
import { Displacement } from './displacement.ts'
import { DAWN, EventSink, type IctEvent } from './event.ts'
import { FairValueGaps } from './fair-value-gap.ts'
import { type Features, FeatureWindow } from './features.ts'
import { Liquidity, type Pool } from './liquidity.ts'
import { MarketStructure, type StructureBreak } from './market-structure.ts'
import { OrderBlocks } from './order-block.ts'
import { DEFAULT_PARAMETERS, type IctParameters } from './parameters.ts'
import { type Swing, SwingFinder } from './swing.ts'
import { Volatility } from './volatility.ts'

export interface ReferenceEngine {
  /**
   * One closed bar in, what became known at its close out, in the order of `ict-concepts` 0.5.
   * `breakBefore`: a scheduled closure lies before this bar. A bar that cannot be one (older than the last,
   * high below low, off the tick grid) gives one REJECTED event and changes nothing.
   */
  push(bar: Bar, breakBefore: boolean): readonly IctEvent[]
  /** After the newest bar. */
  features(): Features
}

export interface ReferenceEngineOptions {
  readonly parameters?: Partial<IctParameters>
  /** Sets the length of a bar, hence known-at. One minute when left out. */
  readonly timeframe?: Timeframe
}

/** The detectors of `ict-concepts` 1 to 6 on one stream, without the calendar. */
export function createReferenceEngine(options: ReferenceEngineOptions = {}): ReferenceEngine {
  return new Engine({ ...DEFAULT_PARAMETERS, ...options.parameters }, options.timeframe ?? '1m')
}

/** What is worked in between the fixed steps: levels of the clock, clusters of swings. */
export interface EngineHooks {
  /** Step 1: before anything else about this bar. */
  opened(bar: Bar, index: number): void
  /** Step 6: the pools of the internal swings that this bar confirms. */
  swung(pools: readonly Pool[]): void
  /** After step 7. */
  closed(bar: Bar, index: number): void
}

/** One stream's detectors, wired in the order of work. The parts are open to the analyst's own steps. */
export class Engine implements ReferenceEngine {
  readonly bars = new BarWindow()
  readonly sink: EventSink
  readonly volatility: Volatility
  readonly displacement: Displacement
  readonly internal: MarketStructure
  readonly external: MarketStructure
  readonly gaps: FairValueGaps
  readonly orderBlocks: OrderBlocks
  readonly breakers: BreakerBlocks
  readonly liquidity: Liquidity
  /** Breaks of the newest bar, in order. */
  readonly breaks: StructureBreak[] = []
  readonly #internalSwings: SwingFinder
  readonly #externalSwings: SwingFinder
  readonly #features: FeatureWindow
  readonly #hooks: EngineHooks | undefined
  readonly #swings: Swing[] = []
  readonly #pools: Pool[] = []
  #lastT = Number.NEGATIVE_INFINITY

  constructor(parameters: IctParameters, timeframe: Timeframe, hooks?: (engine: Engine) => EngineHooks) {
    this.sink = new EventSink(timeframe)
    this.volatility = new Volatility(parameters)
    this.displacement = new Displacement(parameters)
    this.internal = new MarketStructure('internal', parameters)
    this.external = new MarketStructure('external', parameters)
    this.gaps = new FairValueGaps(parameters)
    this.orderBlocks = new OrderBlocks(parameters)
    this.breakers = new BreakerBlocks(parameters)
    this.liquidity = new Liquidity(parameters)
    this.#internalSwings = new SwingFinder('internal', parameters.internalLength)
    this.#externalSwings = new SwingFinder('external', parameters.externalLength)
    this.#features = new FeatureWindow(parameters)
    this.#hooks = hooks?.(this)
  }

  push(bar: Bar, breakBefore: boolean): readonly IctEvent[] {
    const fault = this.#faultOf(bar)
    if (fault !== undefined) return [rejected(fault, this.bars)]
    this.#lastT = bar.t
    const { bars, sink, volatility, displacement, internal, external, breaks } = this
    bars.push(bar)
    sink.open(bars.last, bar.t)
    this.#hooks?.opened(bar, bars.last)

    volatility.push(bars, breakBefore)
    displacement.push(bars, volatility)
    this.#features.push(bars, volatility.atr)

    breaks.length = 0
    internal.break(bars, displacement.now, sink, breaks)
    external.break(bars, displacement.now, sink, breaks)
    internal.follow(bars)
    external.follow(bars)

    this.gaps.age(bars, sink)
    this.orderBlocks.age(bars, sink)
    this.breakers.age(bars, sink)
    this.liquidity.age(bars, volatility.before, sink)

    this.#pools.length = 0
    this.#takeSwings(this.#internalSwings, internal)
    this.#takeSwings(this.#externalSwings, external)
    this.#hooks?.swung(this.#pools)

    this.gaps.find(bars, breakBefore, displacement, volatility.before, sink)
    for (const broken of breaks) {
      this.orderBlocks.find(broken, bars, sink)
      this.breakers.find(broken, bars, sink)
    }
    this.#hooks?.closed(bar, bars.last)
    return sink.take()
  }

  features(): Features {
    return this.#features.read(this.bars, this.volatility.atr)
  }

  #takeSwings(finder: SwingFinder, structure: MarketStructure): void {
    const swings = this.#swings
    swings.length = 0
    finder.push(this.bars, this.sink, swings)
    for (const swing of swings) {
      structure.take(swing, this.bars)
      const pool = this.liquidity.addSwing(swing)
      if (swing.degree === 'internal') this.#pools.push(pool)
    }
  }

  #faultOf(bar: Bar): string | undefined {
    const { t, o, h, l, c } = bar
    // A whole bar passes these few comparisons; what fails them is explained at leisure.
    if (t > this.#lastT && l <= o && l <= c && h >= o && h >= c && bar.v >= 0 && isWhole(bar))
      return undefined
    return faultOfBar(bar) ?? (isWhole(bar) ? `${t} is later than the bar before, ${this.#lastT}` : OFF_GRID)
  }
}

const OFF_GRID = 'prices are whole ticks, instants whole milliseconds between 1990 and 2100'

/** A month inside the instants that there are, so that every bar has an end and a trading day around it. */
const FIRST = 633_830_400_000
const DUSK = 4_099_766_400_000

function isWhole({ t, o, h, l, c, v }: Bar): boolean {
  return (
    Number.isSafeInteger(o) &&
    Number.isSafeInteger(h) &&
    Number.isSafeInteger(l) &&
    Number.isSafeInteger(c) &&
    Number.isSafeInteger(t) &&
    t >= FIRST &&
    t < DUSK &&
    v < Number.POSITIVE_INFINITY
  )
}

/** Says which rule; what the bar held is left out because it may not be numbers at all. */
function rejected(fault: string, bars: BarWindow): IctEvent {
  const t = bars.last < 0 ? DAWN : bars.t(bars.last)
  return {
    id: 0,
    kind: 'REJECTED',
    direction: 0,
    degree: '',
    anchorIdx: bars.last,
    anchorT: t,
    confirmIdx: bars.last,
    knownAt: t,
    p1: 0,
    p2: null,
    ref: 0,
    extra: `rejected: ${fault}`,
    pool: '',
  }
}
