import type { Timeframe } from '../bar.ts'
import type { Direction } from '../units.ts'

/** Which way the last two trading days lean. `ict-concepts` 11.1. */
export interface DailyBias {
  readonly direction: Direction | 0
  /** 0 to 1. */
  readonly strength: number
}

export const NO_BIAS: DailyBias = { direction: 0, strength: 0 }

/** Of a trading day, in whole ticks. */
interface HighLowClose {
  readonly h: number
  readonly l: number
  readonly c: number
}

/** The bias for the day after `last`. Equality takes nothing. An inside day carries half of what was. */
export function dailyBias(before: HighLowClose, last: HighLowClose, carried: DailyBias): DailyBias {
  const tookHigh = last.h > before.h
  const tookLow = last.l < before.l
  if (last.c > before.h) return { direction: 1, strength: 1 }
  if (last.c < before.l) return { direction: -1, strength: 1 }
  if (tookHigh && tookLow) {
    const direction = signOf(2 * last.c - last.h - last.l)
    return { direction, strength: direction === 0 ? 0 : 0.5 }
  }
  if (tookHigh) return { direction: -1, strength: 0.8 }
  if (tookLow) return { direction: 1, strength: 0.8 }
  const strength = carried.strength / 2
  return strength < 0.25 ? NO_BIAS : { direction: carried.direction, strength }
}

/** Weight of each timeframe's external trend. `ict-concepts` 11.2. */
const HIGHER_TIMEFRAMES: readonly (readonly [Timeframe, number])[] = [
  ['15m', 0.2],
  ['1h', 0.3],
  ['4h', 0.3],
  ['1D', 0.2],
]

/**
 * Agreement of the higher timeframes, -1 to 1; null when none has a trend. A timeframe without one yet
 * drops out with its weight.
 */
export function higherTimeframeScore(trendOf: (timeframe: Timeframe) => Direction | 0): number | null {
  let sum = 0
  let weights = 0
  for (const [timeframe, weight] of HIGHER_TIMEFRAMES) {
    const trend = trendOf(timeframe)
    sum += weight * trend
    weights += trend === 0 ? 0 : weight
  }
  return weights === 0 ? null : sum / weights
}

export interface BiasInputs {
  readonly daily: DailyBias | undefined
  readonly higherTimeframes: number | null
  readonly price: number
  readonly midnightOpen: number | null
  readonly adr: number | null
}

/** Intraday bias, -1 to 1; null when nothing is known. `ict-concepts` 11.3. */
export function biasScore({ daily, higherTimeframes, price, midnightOpen, adr }: BiasInputs): number | null {
  let sum = 0
  let weights = 0
  const add = (weight: number, value: number): void => {
    sum += weight * value
    weights += weight
  }
  if (daily !== undefined) add(0.45, daily.direction * daily.strength)
  if (higherTimeframes !== null) add(0.35, higherTimeframes)
  if (midnightOpen !== null && adr !== null && adr > 0) {
    add(0.2, Math.max(-1, Math.min(1, (price - midnightOpen) / (0.25 * adr))))
  }
  return weights === 0 ? null : Math.max(-1, Math.min(1, sum / weights))
}

function signOf(value: number): Direction | 0 {
  return value > 0 ? 1 : value < 0 ? -1 : 0
}
