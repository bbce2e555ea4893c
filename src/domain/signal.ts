import type { Timeframe } from './bar.ts'
import type { Direction, EpochMs, Ticks } from './units.ts'

/** A candidate trade. Everything it needs was known at `knownAt`. */
export interface Signal {
  /** Unique and derived from what it is: the same bars give the same id. */
  readonly id: string
  readonly instrument: string
  readonly model: SignalModel
  readonly timeframe: Timeframe
  readonly direction: Direction
  readonly knownAt: EpochMs
  readonly entry: Ticks
  readonly stop: Ticks
  /** Nearest first; the bracket takes the first. */
  readonly targets: readonly Ticks[]
  readonly validUntil: EpochMs
  /** 0 to 100, or null when too little was available to judge by. */
  readonly score: number | null
  readonly grade: 'A' | 'B' | 'C' | 'D' | 'U'
  readonly facts: readonly Fact[]
  readonly regime: RegimeReading
  /** Generation of the bar cache that it was read from. */
  readonly revision: number
}

export type SignalModel = '2022'

/** One reason why a setup qualified, with its weight and what it got. */
export interface Fact {
  readonly label: string
  readonly weight: number
  readonly got: number
  readonly holds: 'yes' | 'part' | 'no'
}

export type RegimeLabel = 'TREND_UP' | 'TREND_DOWN' | 'RANGE' | 'VOLATILE' | 'TRANSITION' | 'CLOSED'

export interface RegimeReading {
  readonly label: RegimeLabel
  /** 0 to 1. */
  readonly strength: number
  /** Share of the last ten bars whose raw label is this one. */
  readonly confidence: number
  readonly since: EpochMs
  /** End of the bar that it was read from. */
  readonly knownAt: EpochMs
}

/** Why an instrument has no signal now: the first stage of the pipeline that stopped. */
export interface Waiting {
  readonly stage:
    | 'warming-up'
    | 'closed'
    | 'outside-window'
    | 'wait-sweep'
    | 'wait-shift'
    | 'wait-gap'
    | 'no-room'
    | 'low-score'
    | 'signalled'
  /** Shortest form for the scanner, e.g. `wait sweep`. */
  readonly word: string
  /** The full sentence with the deciding number. */
  readonly text: string
  /** Conditions met and asked, `4 of 5`. */
  readonly met: number
  readonly of: number
}

/** An ICT object or event as the chart draws it: from known-at, never moved. Prices in whole or half ticks. */
export interface ChartObject {
  readonly id: string
  readonly kind: 'swing' | 'bos' | 'choch' | 'fvg' | 'sweep' | 'session'
  readonly direction: Direction
  readonly degree: 'internal' | 'external' | ''
  readonly formedAt: EpochMs
  readonly knownAt: EpochMs
  readonly top: number
  readonly bottom: number
  /** When it was filled, swept or broken; it stays on the chart, faded. */
  readonly endedAt: EpochMs | null
  readonly label: string
}
