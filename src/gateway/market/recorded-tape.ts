import { type EpochMs, epochMs } from '../../domain/index.ts'
import type { ListedContract } from '../contracts.ts'
import { MINUTE_MS, type MinuteBar, type Tape, type Tick, lowerBound, minuteFloor } from './tape.ts'

/** Rows of one instrument in time order; of ticks only `at`, `c`, `v` and `isBuy` mean anything. Prices in ticks. */
export interface RecordedSeries {
  readonly kind: 'bars' | 'ticks'
  readonly at: number[]
  readonly o: number[]
  readonly h: number[]
  readonly l: number[]
  readonly c: number[]
  readonly v: number[]
  /** 1 bought, 0 sold, -1 not recorded. */
  readonly isBuy: number[]
}

/** Where in its minute a bar's open, first extreme, second extreme and close are printed. */
const PRINT_OFFSETS_MS = [1_000, 20_000, 40_000, 59_000] as const

/**
 * Recorded rows as a tape, in the order of the recording. A bar becomes open, the extreme on the far side of its
 * close, the other extreme, close; its volume is shared out so that the prints add up to the bar again.
 */
export function recordedTape(series: ReadonlyMap<string, RecordedSeries>, from: EpochMs): Tape {
  const minutes = [...new Set([...series.values()].flatMap((each) => each.at.map(minuteFloor)))].sort(
    (a, b) => a - b,
  )
  const of = (contract: ListedContract): RecordedSeries | undefined => series.get(contract.instrument.root)

  return {
    from: epochMs(Math.min(from, minutes[0] ?? from) - 60_000),
    nextMinute: (t) => minutes[lowerBound(minutes, minuteFloor(t))],
    ticksOf(contract, minute) {
      const rows = of(contract)
      if (rows === undefined) return []
      return rows.kind === 'bars' ? ticksOfBar(rows, contract, minute) : ticksOfRows(rows, contract, minute)
    },
    minutes(contract, begin, end) {
      const rows = of(contract)
      if (rows === undefined) return []
      return rows.kind === 'bars' ? bars(rows, begin, end) : barsOfRows(rows, begin, end)
    },
    lastMinuteBefore(contract, t) {
      const rows = of(contract)
      if (rows === undefined) return undefined
      const at = rows.at[lowerBound(rows.at, t) - 1]
      return at === undefined ? undefined : minuteFloor(at)
    },
  }
}

function ticksOfBar(rows: RecordedSeries, contract: ListedContract, minute: number): Tick[] {
  const i = lowerBound(rows.at, minute)
  if (rows.at[i] !== minute) return []
  const [o, h, l, c, v] = [rows.o[i] ?? 0, rows.h[i] ?? 0, rows.l[i] ?? 0, rows.c[i] ?? 0, rows.v[i] ?? 0]
  const path = c >= o ? [o, l, h, c] : [o, h, l, c]
  const prints = path
    .map((price, nth) => ({ price, at: minute + (PRINT_OFFSETS_MS[nth] ?? 0) }))
    .filter(({ price }, nth) => nth === 0 || price !== path[nth - 1])
  const share = Math.floor(v / prints.length)
  let before = rows.c[i - 1] ?? o
  let wasBuy = c >= o
  return prints.map(({ price, at }, nth) => {
    const volume = share + (nth < v - share * prints.length ? 1 : 0)
    wasBuy = price === before ? wasBuy : price > before
    before = price
    return quoted(contract, at, price, volume, wasBuy)
  })
}

function ticksOfRows(rows: RecordedSeries, contract: ListedContract, minute: number): Tick[] {
  const ticks: Tick[] = []
  const end = minute + MINUTE_MS
  let wasBuy = true
  for (let i = lowerBound(rows.at, minute); i < rows.at.length && (rows.at[i] ?? 0) < end; i++) {
    const price = rows.c[i] ?? 0
    const before = rows.c[i - 1] ?? price
    const said = rows.isBuy[i] ?? -1
    wasBuy = said >= 0 ? said === 1 : price === before ? wasBuy : price > before
    ticks.push(quoted(contract, rows.at[i] ?? 0, price, rows.v[i] ?? 0, wasBuy))
  }
  return ticks
}

/** A recording of prints has no book: one tick of spread around the side that traded. */
function quoted(contract: ListedContract, at: number, price: number, volume: number, isBuy: boolean): Tick {
  return {
    at,
    contract,
    price,
    volume,
    isBuy,
    bid: isBuy ? price - 1 : price,
    ask: isBuy ? price : price + 1,
  }
}

function bars(rows: RecordedSeries, begin: number, end: number): MinuteBar[] {
  const found: MinuteBar[] = []
  for (let i = lowerBound(rows.at, begin); i < rows.at.length; i++) {
    const t = rows.at[i] ?? 0
    if (t >= end) break
    found.push({
      t,
      o: rows.o[i] ?? 0,
      h: rows.h[i] ?? 0,
      l: rows.l[i] ?? 0,
      c: rows.c[i] ?? 0,
      v: rows.v[i] ?? 0,
    })
  }
  return found
}

function barsOfRows(rows: RecordedSeries, begin: number, end: number): MinuteBar[] {
  const found: { t: number; o: number; h: number; l: number; c: number; v: number }[] = []
  for (let i = lowerBound(rows.at, begin); i < rows.at.length; i++) {
    const at = rows.at[i] ?? 0
    if (at >= end) break
    const [price, v] = [rows.c[i] ?? 0, rows.v[i] ?? 0]
    const bar = found.at(-1)
    if (bar === undefined || bar.t !== minuteFloor(at)) {
      found.push({ t: minuteFloor(at), o: price, h: price, l: price, c: price, v })
      continue
    }
    bar.h = Math.max(bar.h, price)
    bar.l = Math.min(bar.l, price)
    bar.c = price
    bar.v += v
  }
  return found
}
