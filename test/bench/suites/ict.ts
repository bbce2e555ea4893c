import {
  type ReplayBar,
  createAnalyst,
  createReferenceEngine,
  replayOrder,
} from '../../../src/domain/ict/index.ts'
import { TIMEFRAMES, instrumentOf } from '../../../src/domain/index.ts'
import { cached, tradingMinutes, walk } from '../../domain/ict/support.ts'
import { heapAfterCollection, median, nowNs } from '../measure.ts'
import { type BenchRow, type Suite, atLeast, atMost, ratioRow, valueRow } from '../report.ts'

const LONGEST = 100_000
const CHUNK = 1_000
const ROUNDS = 5
const MINUTES_A_DAY = 1_380
/** What a start replays, ten trading days of thirteen instruments, in half of its 20 s on one core. */
const START_BARS_PER_SECOND = (13 * 10 * MINUTES_A_DAY) / 10
/** How much worse a bar may be after ten times the history. */
const GROWTH_MAX = 1.25
/** One number a bar: who kept the bars themselves would hold six. */
const BYTES_A_BAR_MAX = 8

/** A reader that takes minutes; the count is of minutes, whatever else it reads besides. */
interface Reader {
  take(from: number, to: number): void
}

/** Whether the cost of a bar grows with the history before it, in time and in memory. */
export const ictSuite: Suite = async () => {
  const tape = walk('bench', LONGEST)
  const engine = (): Reader => {
    const reader = createReferenceEngine()
    return {
      take(from, to) {
        for (let at = from; at < to; at++) {
          const each = tape[at]
          if (each !== undefined) reader.push(each.bar, each.breakBefore)
        }
      },
    }
  }
  const minutes = tradingMinutes('bench', Math.ceil(LONGEST / MINUTES_A_DAY)).slice(0, LONGEST)
  const replay = [...replayOrder(cached(minutes))]
  const places = minutePlaces(replay)
  const analyst = (): Reader => {
    const reader = createAnalyst({ instrument: instrumentOf('MNQ'), timeframes: TIMEFRAMES })
    return {
      take(from, to) {
        for (let at = places[from] ?? 0; at < (places[to] ?? replay.length); at++) {
          const each = replay[at]
          if (each !== undefined) reader.onBar(each.timeframe, each.bar, each.breakBefore)
        }
      },
    }
  }
  return [...growth('reference engine, one stream', engine), ...growth('analyst, six timeframes', analyst)]
}

/** Where in the replay each minute begins with what closes together with the one before. */
function minutePlaces(replay: readonly ReplayBar[]): number[] {
  return replay.flatMap(({ timeframe }, at) => (timeframe === '1m' ? [at] : []))
}

function growth(name: string, open: () => Reader): BenchRow[] {
  // Compiled before it is measured.
  open().take(0, 20 * CHUNK)
  const { all, at1k, at10k, at100k } = costs(open)
  const [heapMiddle, heapLarge] = heapHeld(open)
  return [
    valueRow(`${name}: bars a second, ${LONGEST} bars`, 'bars/s', 1e9 / all, atLeast(START_BARS_PER_SECOND)),
    valueRow(`${name}: a bar of the first ${CHUNK}`, 'ns', at1k),
    // No target: in the first thousand there is hardly an object yet that a bar could meet.
    ratioRow(`${name}: a bar after 10000 | of the first ${CHUNK}`, 'ns', { ours: at10k, reference: at1k }),
    ratioRow(
      `${name}: a bar after ${LONGEST} | after 10000`,
      'ns',
      { ours: at100k, reference: at10k },
      atMost(GROWTH_MAX),
    ),
    valueRow(`${name}: live heap after ${LONGEST} bars`, 'KB', heapLarge / 1_024),
    valueRow(
      `${name}: live heap grown by a bar, last ${LONGEST / 2}`,
      'bytes',
      (heapLarge - heapMiddle) / (LONGEST / 2),
      atMost(BYTES_A_BAR_MAX),
    ),
  ]
}

/** Nanoseconds of a bar: medians of chunks, so that what else the machine does falls out. */
function costs(open: () => Reader): Record<'all' | 'at1k' | 'at10k' | 'at100k', number> {
  const chunks: number[][] = Array.from({ length: LONGEST / CHUNK }, () => [])
  for (let round = 0; round < ROUNDS; round++) {
    const reader = open()
    for (const [index, taken] of chunks.entries()) taken.push(nsABar(reader, index * CHUNK))
  }
  const first = Array.from({ length: 5 * ROUNDS }, () => nsABar(open(), 0))
  const between = (from: number, to: number): number => median(chunks.slice(from, to).flat())
  return {
    all: between(0, chunks.length),
    at1k: median(first),
    at10k: between(5, 15),
    at100k: between(chunks.length - 10, chunks.length),
  }
}

function nsABar(reader: Reader, from: number): number {
  const since = nowNs()
  reader.take(from, from + CHUNK)
  return (nowNs() - since) / CHUNK
}

/** Bytes that a reader holds after half of all bars and after all. */
function heapHeld(open: () => Reader): readonly [number, number] {
  const empty = heapAfterCollection()
  const reader = open()
  reader.take(0, LONGEST / 2)
  const middle = heapAfterCollection() - empty
  reader.take(LONGEST / 2, LONGEST)
  const large = heapAfterCollection() - empty
  // Used after the collection, so that it is still held during it.
  reader.take(LONGEST, LONGEST)
  return [middle, large]
}
