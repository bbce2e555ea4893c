import type { EpochMs, Ticks } from './units.ts'

/** Open, high, low and close of the interval [t, t + timeframe), prices in whole ticks. */
export interface Bar {
  /** The instant the bar opens. */
  readonly t: EpochMs
  readonly o: Ticks
  readonly h: Ticks
  readonly l: Ticks
  readonly c: Ticks
  /** Contracts traded. */
  readonly v: number
}

/** All are built from one-minute bars by the trading day's own boundaries; 4h counts from 18:00 New York. */
export const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1D'] as const
export type Timeframe = (typeof TIMEFRAMES)[number]

export const TIMEFRAME_MS: Readonly<Record<Timeframe, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1D': 86_400_000,
}

/** Why a bar cannot be one, or undefined when it can. The rules of `ict-concepts` 0.1. */
export function faultOfBar(bar: Bar): string | undefined {
  const { o, h, l, c, v } = bar
  if (![bar.t, o, h, l, c, v].every(Number.isFinite)) return 'every field is finite'
  if (l > Math.min(o, c) || h < Math.max(o, c)) return `low ${l} <= open ${o} and close ${c} <= high ${h}`
  if (v < 0) return `volume ${v} is not negative`
  return undefined
}
