import { type Bar, TIMEFRAMES, type Timeframe, epochMs, ticks } from '../../src/domain/index.ts'
import { type ArenaShape, type BarArena, BarReader, type BarRow } from '../../src/kernel/index.ts'

/** Places a ring of each timeframe has: at least ten trading days of minutes, and years of days. */
const CAPACITY: Readonly<Record<Timeframe, number>> = {
  '1m': 16_384,
  '5m': 4_096,
  '15m': 2_048,
  '1h': 1_024,
  '4h': 256,
  '1D': 64,
}

/** One ring an instrument and timeframe, all in one arena whose size is known at the start. */
export function cacheShape(instruments: number): ArenaShape {
  const capacity = Array.from({ length: instruments }, () => TIMEFRAMES.map((each) => CAPACITY[each])).flat()
  return { series: capacity.length, capacity }
}

/** Index of a series: instruments in their configured order, timeframes from short to long. */
export function seriesOf(instrument: number, timeframe: Timeframe): number {
  return instrument * TIMEFRAMES.length + TIMEFRAMES.indexOf(timeframe)
}

export function readersOf(arena: BarArena, instrument: number): ReadonlyMap<Timeframe, BarReader> {
  return new Map(TIMEFRAMES.map((each) => [each, new BarReader(arena, seriesOf(instrument, each))]))
}

export function barOf({ t, o, h, l, c, v }: BarRow): Bar {
  return { t: epochMs(t), o: ticks(o), h: ticks(h), l: ticks(l), c: ticks(c), v }
}
