import { type ContractMonth, contractId, contractName, frontMonth } from '../domain/calendar/index.ts'
import type { Instrument } from '../domain/index.ts'
import { invariant } from '../lib/index.ts'

/** One dated month that the gateway lists. */
export interface ListedContract {
  /** `CON.F.US.EP.H26`. */
  readonly id: string
  /** `ESH6`. */
  readonly name: string
  /** `ESH26`, as positions show it. */
  readonly displayName: string
  /** `Micro E-mini Nasdaq-100: September 2026`. */
  readonly description: string
  readonly instrument: Instrument
  readonly month: ContractMonth
  /** Whole ticks above the continuous price of the underlying: the cost of carry to this month. */
  readonly carry: number
}

/** Which contracts exist, and which of them carries the volume on a day. */
export interface Listing {
  readonly instruments: readonly Instrument[]
  /** Every contract that a client may name, expired ones too. */
  readonly all: readonly ListedContract[]
  find(contractId: string): ListedContract | undefined
  /** The month that is active on the trading day of an instant. */
  frontAt(instrument: Instrument, t: number): ListedContract
  /** Active months and, where they are listed, the ones after them. */
  listedAt(t: number): readonly ListedContract[]
}

/** The trading day of an evening is the next date: a roll takes place between two sessions, never within one. */
const TRADE_DATE_SHIFT_MS = 6 * 3_600_000
/** Months beyond the first front month that can become active while one simulation runs. */
const MONTHS_AHEAD = 16
const DAY_MS = 86_400_000

/** Ticks that one calendar month of carry adds to a price, by underlying: an order of size, declared. */
const CARRY_TICKS: Readonly<Record<string, number>> = {
  ES: 52,
  NQ: 220,
  YM: 100,
  RTY: 50,
  CL: -25,
  GC: 90,
  '6E': 34,
}

const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** Contracts of a market that rolls: from those active at `from` on; carry counts from those active at `start`. */
export function rollingListing(instruments: readonly Instrument[], from: number, start: number): Listing {
  const all = instruments.flatMap((instrument) => {
    const base = monthNumber(frontMonth(instrument, start + TRADE_DATE_SHIFT_MS))
    return monthsFrom(instrument, frontMonth(instrument, from + TRADE_DATE_SHIFT_MS)).map((month) =>
      listed(instrument, month, (CARRY_TICKS[instrument.underlying] ?? 0) * (monthNumber(month) - base)),
    )
  })
  return listing(instruments, all, (instrument, t) => frontMonth(instrument, t + TRADE_DATE_SHIFT_MS), true)
}

/** One contract an instrument, for recorded prices: a recording is of one month and never rolls. */
export function fixedListing(instruments: readonly Instrument[], start: number): Listing {
  const months = new Map(
    instruments.map((each) => [each.root, frontMonth(each, start + TRADE_DATE_SHIFT_MS)] as const),
  )
  const monthOf = (instrument: Instrument): ContractMonth => {
    const month = months.get(instrument.root)
    invariant(month !== undefined, `${instrument.root} is recorded`)
    return month
  }
  const all = instruments.map((each) => listed(each, monthOf(each), 0))
  return listing(instruments, all, monthOf, false)
}

function listing(
  instruments: readonly Instrument[],
  all: readonly ListedContract[],
  frontOf: (instrument: Instrument, t: number) => ContractMonth,
  hasNext: boolean,
): Listing {
  const byId = new Map(all.map((each) => [each.id, each]))
  const days = new Map<number, { fronts: Map<string, ListedContract>; listed: ListedContract[] }>()

  // Asked for every minute of every contract: one table a day.
  function dayOf(t: number): { fronts: Map<string, ListedContract>; listed: ListedContract[] } {
    // A session never spans a UTC day boundary of the shifted clock by more than the two hours of winter and
    // summer time, and rolls are dates: the hour is a fine enough key.
    const key = Math.floor(t / 3_600_000)
    const known = days.get(key)
    if (known !== undefined) return known
    const fronts = new Map<string, ListedContract>()
    const on: ListedContract[] = []
    for (const instrument of instruments) {
      const front = byId.get(contractId(instrument, frontOf(instrument, t)))
      invariant(front !== undefined, `the front month of ${instrument.root} at ${t} is listed`)
      fronts.set(instrument.root, front)
      on.push(front)
      const next = hasNext ? all[all.indexOf(front) + 1] : undefined
      if (next?.instrument === instrument) on.push(next)
    }
    const made = { fronts, listed: on }
    if (days.size > 4_096) days.clear()
    days.set(key, made)
    return made
  }

  return {
    instruments,
    all,
    find: (id) => byId.get(id),
    frontAt(instrument, t) {
      const front = dayOf(t).fronts.get(instrument.root)
      invariant(front !== undefined, `${instrument.root} is listed`)
      return front
    },
    listedAt: (t) => dayOf(t).listed,
  }
}

/** The months of one instrument in order, beginning with `first`. */
function monthsFrom(instrument: Instrument, first: ContractMonth): readonly ContractMonth[] {
  const months: ContractMonth[] = []
  let t = Date.UTC(first.year, first.month - 1, 1) - 60 * DAY_MS
  for (let days = 0; days < (MONTHS_AHEAD + 3) * 31; days++, t += DAY_MS) {
    const month = frontMonth(instrument, t)
    const newest = months.at(-1)
    if (monthNumber(month) < monthNumber(first)) continue
    if (newest === undefined || monthNumber(month) > monthNumber(newest)) months.push(month)
  }
  return months
}

function listed(instrument: Instrument, month: ContractMonth, carry: number): ListedContract {
  const id = contractId(instrument, month)
  return {
    id,
    name: contractName(instrument, month),
    displayName: `${instrument.root}${id.slice(id.lastIndexOf('.') + 1)}`,
    description: `${instrument.description}: ${MONTH_NAMES[month.month - 1]} ${month.year}`,
    instrument,
    month,
    carry,
  }
}

function monthNumber({ month, year }: ContractMonth): number {
  return year * 12 + month
}
