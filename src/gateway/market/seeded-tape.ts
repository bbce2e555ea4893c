import { previousTradingDay, tradeDateOf, tradingDayOn } from '../../domain/calendar/index.ts'
import { type EpochMs, type Instrument, epochMs } from '../../domain/index.ts'
import { seededRandom } from '../../lib/index.ts'
import type { ListedContract, Listing } from '../contracts.ts'
import { type Path, pathOf } from './path.ts'
import { marketProcess } from './process.ts'
import {
  MINUTE_VOLUME,
  NEXT_MONTH_PRINTS,
  NEXT_MONTH_SHARE,
  PRINTS_AT_SHAPE_ONE,
  UNDERLYINGS,
} from './profile.ts'
import { type MinuteBar, type Tape, type Tick, lowerBound, minuteFloor } from './tape.ts'

/** A month of trading days: what the gateway is known to keep of minute bars. */
export const HISTORY_DAYS = 21

/** Smallest volume of a minute: the prints that make open, high, low and close. */
const VOLUME_MIN = 4
const PRINTS_MAX = 130
const PRINTS_MIN = 8

/** The open of the trading day from which a market that starts at `start` has history. */
export function historyFrom(start: number, days: number = HISTORY_DAYS): EpochMs {
  let opens = tradingDayOn(tradeDateOf(start))?.opensAt ?? epochMs(start)
  for (let i = 0; i < days; i++) opens = previousTradingDay(opens).opensAt
  return opens
}

/**
 * The seeded market as a tape. A minute's open, high, low, close and volume come first; the prints inside it are
 * drawn from a stream of their own so that they hit them exactly: history and the stream cannot disagree.
 */
export function seededTape(seed: string, from: EpochMs, listing: Listing): Tape {
  const tickSizes = new Map(listing.instruments.map((each) => [each.underlying, each.tickSize]))
  const process = marketProcess(seed, from, tickSizes)
  const wideSpreads = new Map(UNDERLYINGS.map((each) => [each.name, each.wideSpread]))
  const salts = new Map(listing.instruments.map((each) => [each.root, saltOf(`${seed}/${each.root}`)]))
  const paths = new Map<string, Path>()

  function pathAt(instrument: Instrument, index: number): Path {
    const { underlying } = instrument
    const minute = process.minutes[index] ?? 0
    const key = `${underlying}/${minute}`
    const known = paths.get(key)
    if (known !== undefined) return known
    const series = process.series(underlying)
    const random = seededRandom(`path/${seed}/${key}`)
    const busy = (series.activity[index] ?? 0) ** 0.5
    const prints = Math.round(PRINTS_AT_SHAPE_ONE * busy * (0.8 + 0.4 * random.next()))
    const made = pathOf(
      barAt(instrument, index, 0),
      Math.max(PRINTS_MIN, Math.min(PRINTS_MAX, prints)),
      wideSpreads.get(underlying) ?? 0,
      random,
    )
    // Mini and micro of one minute share a path; a few minutes are enough for readers that look back.
    if (paths.size > 64) paths.clear()
    paths.set(key, made)
    return made
  }

  function barAt(instrument: Instrument, index: number, carry: number): Omit<MinuteBar, 't' | 'v'> {
    const { o, h, l, c } = process.series(instrument.underlying)
    return {
      o: (o[index] ?? 0) + carry,
      h: (h[index] ?? 0) + carry,
      l: (l[index] ?? 0) + carry,
      c: (c[index] ?? 0) + carry,
    }
  }

  function isFront(contract: ListedContract, minute: number): boolean {
    return listing.frontAt(contract.instrument, minute) === contract
  }

  function volumeAt(contract: ListedContract, index: number): number {
    const { root, underlying } = contract.instrument
    const minute = process.minutes[index] ?? 0
    const activity = process.series(underlying).activity[index] ?? 0
    const share = isFront(contract, minute) ? 1 : NEXT_MONTH_SHARE
    const luck = 0.6 + 0.8 * hashed(salts.get(root) ?? 0, minute / 60_000)
    return Math.max(VOLUME_MIN, Math.round((MINUTE_VOLUME[root] ?? 100) * activity * share * luck))
  }

  function indexOf(minute: number): number | undefined {
    process.extendTo(minute)
    const index = lowerBound(process.minutes, minute)
    return process.minutes[index] === minute ? index : undefined
  }

  return {
    from,
    nextMinute(t) {
      for (let ahead = 0; ahead <= 14; ahead++) {
        process.extendTo(t + ahead * 86_400_000)
        const found = process.minutes[lowerBound(process.minutes, minuteFloor(t))]
        if (found !== undefined) return found
      }
      return undefined
    },
    ticksOf(contract, minute) {
      const index = indexOf(minute)
      if (index === undefined) return []
      const path = pathAt(contract.instrument, index)
      const volume = volumeAt(contract, index)
      const most = isFront(contract, minute) ? path.price.length : NEXT_MONTH_PRINTS
      const printed = chosen(path, Math.min(most, volume - VOLUME_MIN))
      const sizes = split(volume, printed.length, seededRandom(`size/${seed}/${contract.id}/${minute}`))
      return printed.map((i, nth) => tickAt(contract, minute, path, i, sizes[nth] ?? 1))
    },
    minutes(contract, begin, end) {
      process.extendTo(end - 1)
      const bars: MinuteBar[] = []
      for (let i = lowerBound(process.minutes, begin); i < process.minutes.length; i++) {
        const t = process.minutes[i] ?? 0
        if (t >= end) break
        bars.push({ t, ...barAt(contract.instrument, i, contract.carry), v: volumeAt(contract, i) })
      }
      return bars
    },
    lastMinuteBefore(_contract, t) {
      process.extendTo(t)
      return process.minutes[lowerBound(process.minutes, t) - 1]
    },
  }
}

function tickAt(contract: ListedContract, minute: number, path: Path, i: number, volume: number): Tick {
  const price = (path.price[i] ?? 0) + contract.carry
  const isBuy = path.isBuy[i] ?? true
  const spread = path.spread[i] ?? 1
  return {
    at: minute + (path.offsetMs[i] ?? 0),
    contract,
    price,
    volume,
    isBuy,
    bid: isBuy ? price - spread : price,
    ask: isBuy ? price : price + spread,
  }
}

/** Which prints of the path a contract shows: the key ones, and of the others about `wanted`, evenly. */
function chosen(path: Path, wanted: number): number[] {
  const count = path.price.length
  const all: number[] = []
  let taken = -1
  for (let i = 0; i < count; i++) {
    const slot = Math.floor((i * wanted) / count)
    if (path.isKey[i] === true || (wanted > 0 && slot !== taken)) all.push(i)
    if (wanted > 0) taken = slot
  }
  return all
}

/** `volume` contracts over `count` prints, each at least one, exactly. */
function split(volume: number, count: number, random: { next(): number }): number[] {
  const weights: number[] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    const weight = -Math.log(1 - random.next())
    weights.push(weight)
    total += weight
  }
  let left = volume - count
  const spare = left
  const sizes = weights.map((weight) => {
    const extra = Math.min(left, Math.floor((spare * weight) / total))
    left -= extra
    return 1 + extra
  })
  // What rounding left over goes where most trades already.
  const largest = sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b)))
  sizes[largest] = (sizes[largest] ?? 1) + left
  return sizes
}

function saltOf(text: string): number {
  return Math.floor(seededRandom(text).next() * 0x1_0000_0000)
}

/** A uniform number in [0, 1) that belongs to (salt, n): drawn for each minute of history, so no stream. */
function hashed(salt: number, n: number): number {
  let h = Math.imul((n ^ salt) | 0, 0x9e3779b1)
  h ^= h >>> 15
  h = Math.imul(h ^ salt, 0x85ebca77)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae3d)
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000
}
