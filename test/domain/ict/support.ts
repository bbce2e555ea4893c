import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import {
  type Bar,
  type EpochMs,
  TIMEFRAME_MS,
  type Timeframe,
  epochMs,
  ticks,
} from '../../../src/domain/index.ts'
import { barOpen } from '../../../src/domain/calendar/index.ts'
import { type IctEvent, type IctParameters, createReferenceEngine } from '../../../src/domain/ict/index.ts'
import { type Random, seededRandom } from '../../../src/lib/index.ts'

/** A closed bar with what the calendar says about the time before it. */
export interface TapeBar {
  readonly bar: Bar
  readonly breakBefore: boolean
}

/** Tuesday 10 March 2026, 09:30 New York. */
export const START = epochMs(Date.parse('2026-03-10T13:30:00Z'))

/**
 * Bars drawn as `open high low close` a line, in ticks; `|` at the head of a line is a closure before the
 * bar.
 */
export function tape(text: string, timeframe: Timeframe = '1m', start: EpochMs = START): TapeBar[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, index) => {
    const breakBefore = line.trim().startsWith('|')
    const [o, h, l, c] = line.replace('|', '').trim().split(/\s+/).map(Number)
    return { bar: bar(start + index * TIMEFRAME_MS[timeframe], o, h, l, c), breakBefore }
  })
}

export function bar(t: number, o = 0, h = 0, l = 0, c = 0, v = 1): Bar {
  return { t: epochMs(t), o: ticks(o), h: ticks(h), l: ticks(l), c: ticks(c), v }
}

/** `count` quiet bars around a price, so that an average true range of `range` ticks exists. */
export function quiet(count: number, price = 100, range = 4): string {
  const line = `${price} ${price + range / 2} ${price - range / 2} ${price}\n`
  return line.repeat(count)
}

export function eventsOf(
  bars: readonly TapeBar[],
  parameters: Partial<IctParameters> = {},
  timeframe: Timeframe = '1m',
): IctEvent[] {
  const engine = createReferenceEngine({ parameters, timeframe })
  return bars.flatMap((each) => engine.push(each.bar, each.breakBefore))
}

/** Only those of some kinds, as `kind direction p1 p2 extra @confirm`. */
export function brief(events: readonly IctEvent[], ...kinds: string[]): string[] {
  return events
    .filter((event) => kinds.some((kind) => event.kind === kind))
    .map(({ kind, direction, p1, p2, extra, confirmIdx }) =>
      [kind, direction > 0 ? 'up' : 'down', p1, p2, extra, `@${confirmIdx}`]
        .filter((part) => part !== null && part !== '')
        .join(' '),
    )
}

/** A random walk with fat candles, gaps and calm stretches. */
export function walk(
  seed: string,
  count: number,
  timeframe: Timeframe = '1m',
  start: EpochMs = START,
): TapeBar[] {
  const random = seededRandom(seed)
  let price = 20_000
  return Array.from({ length: count }, (_, index) => {
    const [next, each] = step(random, price, start + index * TIMEFRAME_MS[timeframe])
    price = next
    return { bar: each, breakBefore: random.next() < 0.01 }
  })
}

function step(random: Random, price: number, t: number): [number, Bar] {
  const scale = random.next() < 0.1 ? 15 : 5
  const o = price + (random.next() < 0.2 ? Math.round(random.normal() * 2) : 0)
  const c = o + Math.round(random.normal() * scale)
  const h = Math.max(o, c) + Math.floor(Math.abs(random.normal()) * 3)
  const l = Math.min(o, c) - Math.floor(Math.abs(random.normal()) * 3)
  return [c, bar(t, o, h, l, c, random.int(100))]
}

/** The same tape upside down. */
export function mirrored(bars: readonly TapeBar[]): TapeBar[] {
  return bars.map(({ bar: { t, o, h, l, c, v }, breakBefore }) => ({
    bar: bar(t, 0 - o, 0 - l, 0 - h, 0 - c, v),
    breakBefore,
  }))
}

const DATA = new URL('../../../../shared/data/', import.meta.url)

export function hasData(path: string): boolean {
  return existsSync(new URL(path, DATA))
}

/** Rows of a CSV file beside the repository, gzipped or not, without the heading. */
export function rows(path: string): string[] {
  const raw = readFileSync(new URL(path, DATA))
  const text = path.endsWith('.gz') ? gunzipSync(raw).toString() : raw.toString()
  return text.trim().split('\n').slice(1)
}

/** The bars of one directory of the reference vectors. */
export function goldenBars(name: string): TapeBar[] {
  return rows(`ict-golden/${name}/input_ticks.csv.gz`).map((row) => {
    const [time = '', o, h, l, c, v, broken] = row.split(',')
    return {
      bar: bar(Date.parse(time), Number(o), Number(h), Number(l), Number(c), Number(v)),
      breakBefore: broken === '1',
    }
  })
}

/** One-minute bars put together, by the calendar's own boundaries. */
export function aggregated(minutes: readonly Bar[], timeframe: Timeframe): Bar[] {
  const bars: Bar[] = []
  for (const each of minutes) {
    const t = barOpen(each.t, timeframe)
    const last = bars.at(-1)
    if (last === undefined || last.t !== t) {
      bars.push({ ...each, t })
      continue
    }
    const h = ticks(Math.max(last.h, each.h))
    const l = ticks(Math.min(last.l, each.l))
    bars[bars.length - 1] = { ...last, h, l, c: each.c, v: last.v + each.v }
  }
  return bars
}

/** Every timeframe of a tape of minutes, as a cache holds them. */
export function cached(minutes: readonly Bar[]): Record<Timeframe, Bar[]> {
  return {
    '1m': [...minutes],
    '5m': aggregated(minutes, '5m'),
    '15m': aggregated(minutes, '15m'),
    '1h': aggregated(minutes, '1h'),
    '4h': aggregated(minutes, '4h'),
    '1D': aggregated(minutes, '1D'),
  }
}

/** A market file of minutes in whole ticks. */
export function marketBars(name: string, tickSize: number): Bar[] {
  return rows(`market/${name}.csv.gz`).map((row) => {
    const [time = '', ...fields] = row.split(',')
    const [o, h, l, c, v] = fields.map((each, at) =>
      at === 4 ? Number(each) : Math.round(Number(each) / tickSize),
    )
    return bar(Date.parse(time), o, h, l, c, v)
  })
}

/** Minutes of a random walk over whole trading days, from 18:00 New York of Sunday 8 March 2026. */
export function tradingMinutes(seed: string, days: number): Bar[] {
  const random = seededRandom(seed)
  const opens = Date.parse('2026-03-08T22:00:00Z')
  const bars: Bar[] = []
  let price = 20_000
  for (let day = 0; day < days; day++) {
    // Five days a week, 23 hours a day.
    const from = opens + (Math.floor(day / 5) * 7 + (day % 5)) * 86_400_000
    for (let minute = 0; minute < 1_380; minute++) {
      const [next, each] = step(random, price, from + minute * 60_000)
      price = next
      bars.push(each)
    }
  }
  return bars
}
