import type { Timeframe } from '../bar.ts'
import type { Instrument } from '../instrument.ts'
import type { Direction } from '../units.ts'
import type { DealingRange } from './dealing-range.ts'
import type { Levels } from './levels.ts'
import type { IctParameters } from './parameters.ts'
import type { Engine } from './reference-engine.ts'
import type { RegimeReport } from './regime.ts'

/** What a model may look at, all of it known at the close of the bar at hand. */
export interface MarketView {
  readonly engine: Engine
  readonly levels: Levels
  readonly range: DealingRange
  readonly regime: RegimeReport
  /** -1 to 1, null when nothing is known. */
  readonly biasScore: number | null
  /** -1 to 1, null when nothing is known. */
  readonly higherTimeframes: number | null
}

/** What a model is made for: one direction of one stream. */
export interface ModelScope {
  readonly instrument: Instrument
  readonly timeframe: Timeframe
  readonly parameters: IctParameters
  readonly direction: Direction
  /** Generation of the bar cache that the bars come from. */
  readonly revision: number
}
