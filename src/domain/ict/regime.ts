import { unreachable } from '../../lib/index.ts'
import { marketStateAt, previousTradingDay } from '../calendar/index.ts'
import type { RegimeLabel, RegimeReading } from '../signal.ts'
import type { Direction, EpochMs } from '../units.ts'
import type { DealingRange } from './dealing-range.ts'
import type { Features } from './features.ts'
import type { IctParameters } from './parameters.ts'
import type { Engine } from './reference-engine.ts'

/** A reading with what produced it. */
export interface RegimeReport {
  readonly reading: RegimeReading
  /** What this bar alone says, before it has to persist. */
  readonly raw: RegimeLabel
  /** The label before the present one; null before the first change. */
  readonly previous: RegimeLabel | null
  readonly features: Features
}

/** An expansion is a fast trend: shown as a trend of its direction, but entered and left by its own rules. */
type State = 'EXPANSION_UP' | 'EXPANSION_DOWN' | RegimeLabel

/** What one bar gives the rules. Missing features are NaN: their comparisons are false. */
interface Facts {
  readonly efficiency: number
  readonly compression: number
  readonly volatility: number
  /** Direction of the move over the window. */
  readonly move: Direction | 0
  readonly trend: Direction | 0
  readonly bosRun: number
  readonly brokeExternal: Direction | 0
  readonly isQuiet: boolean
  /** Displacement bars in the last five, up minus down. */
  readonly displacements: number
  readonly displacement: Direction | 0
  readonly isStrong: boolean
  readonly higherTimeframes: number | null
}

/** One label a bar, held until another has proved itself. `ict-concepts` 12. */
export class RegimeReader {
  readonly #parameters: IctParameters
  readonly #raws: RegimeLabel[] = []
  readonly #displacements: (Direction | 0)[] = []
  #state: State = 'TRANSITION'
  #since: EpochMs | undefined
  #previous: RegimeLabel | null = null
  #dwell = 0
  #candidate: State = 'TRANSITION'
  #held = 0
  #bosRun = 0
  #barsSinceBreak = 0

  constructor(parameters: IctParameters) {
    this.#parameters = parameters
  }

  push(engine: Engine, range: DealingRange, higherTimeframes: number | null): RegimeReport {
    const features = engine.features()
    const facts = this.#gather(engine, range, features, higherTimeframes)
    const raw = entered(facts)
    this.#held = raw === this.#candidate ? this.#held + 1 : 1
    this.#candidate = raw
    this.#dwell++
    const knownAt = engine.sink.knownAt
    if (this.#mayLeave(facts, raw)) this.#enter(raw, knownAt)
    this.#raws.push(folded(raw))
    if (this.#raws.length > CONFIDENCE_BARS) this.#raws.shift()

    const label = folded(this.#state)
    return {
      reading: {
        label,
        strength: strengthOf(this.#state, facts),
        confidence: this.#raws.filter((each) => each === label).length / CONFIDENCE_BARS,
        since: this.#since ?? knownAt,
        knownAt,
      },
      raw: folded(raw),
      previous: this.#previous,
      features,
    }
  }

  #mayLeave(facts: Facts, raw: State): boolean {
    const { regimeConfirm, regimeMinDwell } = this.#parameters
    if (raw === this.#state || this.#held < regimeConfirm) return false
    return this.#dwell > regimeMinDwell && !stays(this.#state, facts)
  }

  #enter(next: State, knownAt: EpochMs): void {
    const before = folded(this.#state)
    this.#state = next
    this.#dwell = 1
    // From expansion to trend of its direction nothing changes for a reader.
    if (before === folded(next)) return
    this.#previous = before
    this.#since = knownAt
  }

  #gather(engine: Engine, range: DealingRange, features: Features, higherTimeframes: number | null): Facts {
    const { bars, external, displacement } = engine
    const i = bars.last
    this.#since ??= engine.sink.knownAt
    this.#displacements.push(displacement.bar)
    if (this.#displacements.length > DISPLACEMENT_BARS) this.#displacements.shift()

    let brokeExternal: Direction | 0 = 0
    this.#barsSinceBreak++
    for (const broken of engine.breaks) {
      if (broken.degree !== 'external') continue
      brokeExternal = broken.direction
      this.#barsSinceBreak = 0
      this.#bosRun = broken.isChange ? 0 : this.#bosRun + 1
    }
    const position = range.position(bars.c(i))
    const { regimeQuietBars, regimeWindow } = this.#parameters
    const from = i - regimeWindow
    return {
      efficiency: features.efficiency ?? Number.NaN,
      compression: features.compression ?? Number.NaN,
      volatility: features.volatilityRatio ?? Number.NaN,
      move: from < 0 ? 0 : signOf(bars.c(i) - bars.c(from)),
      trend: external.trend,
      bosRun: this.#bosRun,
      brokeExternal,
      isQuiet: this.#barsSinceBreak >= regimeQuietBars && position !== null && position >= 0 && position <= 1,
      displacements: this.#displacements.reduce((sum: number, each) => sum + each, 0),
      displacement: displacement.bar,
      isStrong: displacement.isStrong,
      higherTimeframes,
    }
  }
}

/**
 * What the clock makes of a reading: outside trading hours every market is CLOSED, whatever its last bar
 * said.
 */
export function regimeAt(reading: RegimeReading, now: EpochMs): RegimeReading {
  const state = marketStateAt(now)
  if (state.kind === 'open') return reading
  // Beyond the calendar's years nobody knows when trading ended.
  const since = state.why === 'uncovered' ? reading.knownAt : previousTradingDay(now).closesAt
  return { label: 'CLOSED', strength: 1, confidence: 1, since, knownAt: reading.knownAt }
}

/** Confidence is the share of so many bars. */
const CONFIDENCE_BARS = 10
const DISPLACEMENT_BARS = 5

/** The first label whose condition to enter holds. */
function entered(facts: Facts): State {
  const { efficiency, compression, volatility, displacements, trend, bosRun, move } = facts
  if (volatility >= 1.5 && displacements >= 2) return 'EXPANSION_UP'
  if (volatility >= 1.5 && displacements <= -2) return 'EXPANSION_DOWN'
  if (facts.isStrong && facts.brokeExternal !== 0 && facts.brokeExternal === facts.displacement) {
    return facts.displacement === 1 ? 'EXPANSION_UP' : 'EXPANSION_DOWN'
  }
  if (volatility >= 1.5 && efficiency < 0.2) return 'VOLATILE'
  if (trend !== 0 && ((efficiency >= 0.35 && move === trend) || (bosRun >= 2 && efficiency >= 0.2))) {
    return trend === 1 ? 'TREND_UP' : 'TREND_DOWN'
  }
  if ((efficiency < 0.2 && compression < 1) || facts.isQuiet) return 'RANGE'
  return 'TRANSITION'
}

function stays(state: State, { efficiency, volatility, trend, displacement, brokeExternal }: Facts): boolean {
  switch (state) {
    case 'EXPANSION_UP':
      return volatility >= 1.2 && displacement !== -1
    case 'EXPANSION_DOWN':
      return volatility >= 1.2 && displacement !== 1
    case 'VOLATILE':
      return volatility >= 1.2 && efficiency < 0.3
    case 'TREND_UP':
      return trend === 1 && efficiency >= 0.2
    case 'TREND_DOWN':
      return trend === -1 && efficiency >= 0.2
    case 'RANGE':
      return efficiency < 0.3 && brokeExternal === 0
    case 'TRANSITION':
    case 'CLOSED':
      return false
    default:
      return unreachable(state)
  }
}

function strengthOf(state: State, facts: Facts): number {
  const efficiency = Number.isNaN(facts.efficiency) ? 0 : facts.efficiency
  const volatility = Number.isNaN(facts.volatility) ? 1 : facts.volatility
  switch (state) {
    case 'EXPANSION_UP':
    case 'EXPANSION_DOWN':
    case 'VOLATILE':
      return Math.min(1, volatility / 2.5)
    case 'TREND_UP':
    case 'TREND_DOWN': {
      const direction = state === 'TREND_UP' ? 1 : -1
      const agrees = facts.higherTimeframes !== null && facts.higherTimeframes * direction > 0
      return 0.5 * Math.min(1, efficiency / 0.6) + 0.3 * Math.min(1, facts.bosRun / 3) + (agrees ? 0.2 : 0)
    }
    case 'RANGE':
      return Math.max(0, 1 - efficiency / 0.3)
    case 'TRANSITION':
      return 0.5
    case 'CLOSED':
      return 1
    default:
      return unreachable(state)
  }
}

function folded(state: State): RegimeLabel {
  if (state === 'EXPANSION_UP') return 'TREND_UP'
  return state === 'EXPANSION_DOWN' ? 'TREND_DOWN' : state
}

function signOf(value: number): Direction | 0 {
  return value > 0 ? 1 : value < 0 ? -1 : 0
}
