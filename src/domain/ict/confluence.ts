import type { Timeframe } from '../bar.ts'
import type { Fact, RegimeLabel, Signal } from '../signal.ts'
import type { Direction } from '../units.ts'
import type { Degree, PoolKind } from './event.ts'
import { timeQuality } from './killzone.ts'

/** What a setup is judged by. Null: the data for it do not exist. */
export interface Ingredients {
  readonly direction: Direction
  readonly timeframe: Timeframe
  /** -1 to 1. */
  readonly biasScore: number | null
  /** -1 to 1. */
  readonly higherTimeframes: number | null
  readonly pool: PoolKind
  readonly degree: Degree | ''
  readonly poolLabel: string
  /** Body of the shifting bar in average true ranges. */
  readonly shiftAtr: number
  readonly isStrongShift: boolean
  /** The gap, and what else of its direction overlaps it. */
  readonly arrays: readonly string[]
  /** Of the entry in the dealing range, 0 its low, 1 its high. */
  readonly position: number | null
  /** Open instant of the bar that completed it. */
  readonly t: number
  readonly regime: RegimeLabel
  /** Distance to the first target, in risks. */
  readonly reward: number
}

export interface Score {
  /** 0 to 100; null when too little is known to judge by. */
  readonly score: number | null
  readonly grade: Signal['grade']
  readonly facts: readonly Fact[]
}

/** Weighted reasons for a setup. The weights are a starting point, not a fit. `ict-concepts` 14. */
export function scoreOf(ingredients: Ingredients): Score {
  const rows = componentsOf(ingredients)
  const facts: Fact[] = []
  let sum = 0
  let weights = 0
  for (const [label, weight, share] of rows) {
    if (share === null) continue
    sum += weight * share
    weights += weight
    facts.push({ label, weight, got: rounded(weight * share), holds: verdictOf(share) })
  }
  const score = weights < WEIGHT_MIN ? null : rounded((100 * sum) / weights)
  return { score, grade: gradeOf(score), facts }
}

export function gradeOf(score: number | null): Signal['grade'] {
  if (score === null) return 'U'
  return score >= 75 ? 'A' : score >= 62 ? 'B' : score >= 50 ? 'C' : 'D'
}

/** Of 100; with less there is no score. */
const WEIGHT_MIN = 60

type Component = readonly [label: string, weight: number, share: number | null]

/**
 * Divergence between instruments (8) has no second instrument here, so its weight is left out of both sums.
 */
function componentsOf(of: Ingredients): readonly Component[] {
  const { direction, biasScore, higherTimeframes, position } = of
  const time = timeQuality(of.t, of.timeframe)
  return [
    [`bias ${signed(biasScore)}`, 15, biasScore === null ? null : (direction * biasScore + 1) / 2],
    [
      `higher timeframes ${signed(higherTimeframes)}`,
      10,
      higherTimeframes === null ? null : (direction * higherTimeframes + 1) / 2,
    ],
    [`liquidity taken: ${of.poolLabel}`, 15, liquidityShare(of.pool, of.degree)],
    [
      `shift with displacement ${of.shiftAtr.toFixed(1)} ATR${of.isStrongShift ? ', strong' : ''}`,
      12,
      of.isStrongShift ? 1 : 0.6,
    ],
    [of.arrays.join(' with '), 10, of.arrays.length >= 3 ? 1 : of.arrays.length === 2 ? 0.8 : 0.5],
    [
      `${direction === 1 ? 'discount' : 'premium'}: entry at ${position?.toFixed(2) ?? '-'} of the range`,
      10,
      position === null ? null : clamp((0.75 - (direction === 1 ? position : 1 - position)) / 0.5),
    ],
    [time.label, 10, time.share],
    [`regime ${of.regime}`, 6, REGIME_SHARE[of.regime]],
    [`room ${of.reward.toFixed(1)} R to the first target`, 4, clamp((of.reward - 1) / 2)],
  ]
}

/** `ict-concepts` 12.3, row 2022: a label that the model is not meant for earns nothing. */
const REGIME_SHARE: Readonly<Record<RegimeLabel, number>> = {
  TREND_UP: 1,
  TREND_DOWN: 1,
  TRANSITION: 0.5,
  RANGE: 0,
  VOLATILE: 0,
  CLOSED: 0,
}

function liquidityShare(pool: PoolKind, degree: Degree | ''): number {
  if (pool === 'pd' || pool === 'pw') return 1
  return pool === 'swing' && degree === 'internal' ? 0.5 : 0.75
}

function verdictOf(share: number): Fact['holds'] {
  return share >= 0.75 ? 'yes' : share >= 0.25 ? 'part' : 'no'
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share))
}

/** To one decimal, as it is shown. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

function signed(value: number | null): string {
  return value === null ? '-' : `${value < 0 ? '' : '+'}${value.toFixed(2)}`
}
