import { addDays, minuteOf, minuteOfDay, tradeDateOf, tradingDayOn } from '../../domain/calendar/index.ts'
import { type Random, invariant, seededRandom } from '../../lib/index.ts'
import { type FlowState, advanceFlow, shockVolatility, startFlow } from './flow.ts'
import { FACTORS, type FactorName, UNDERLYINGS, type UnderlyingProfile } from './profile.ts'
import { MINUTE_MS } from './tape.ts'

/** The minutes of one underlying, prices in ticks; index i belongs to the process's `minutes[i]`. */
export interface MinuteSeries {
  readonly o: number[]
  readonly h: number[]
  readonly l: number[]
  readonly c: number[]
  /** Trading activity: 1 is the New York morning of an ordinary day. */
  readonly activity: number[]
}

/** The seeded market at the resolution of a minute. Grows forward only; what exists never changes. */
export interface MarketProcess {
  /** Open instants of all minutes made so far. */
  readonly minutes: readonly number[]
  series(underlying: string): MinuteSeries
  /** Makes every open minute up to and including the one that holds `t`. */
  extendTo(t: number): void
}

interface UnderlyingState {
  readonly profile: UnderlyingProfile
  readonly tickSize: number
  readonly random: Random
  readonly own: FlowState
  readonly series: MinuteSeries
  logPrice: number
  /** Where the price is pulled to: follows it over days, and the level over weeks. */
  anchor: number
  readonly logLevel: number
}

const PULL_PER_MINUTE = 1 / 4_000
const ANCHOR_FOLLOWS_PER_MINUTE = 1 / 2_800
const LEVEL_PULL_PER_MINUTE = 1 / 15_000
/** The reopening after the maintenance break, in minute deviations; after a weekend or holiday it is wider. */
const REOPEN_GAP_DEVIATIONS = 3
const WEEKEND_GAP_DEVIATIONS = 9
const LONG_CLOSURE_MS = 6 * 3_600_000
/** Scheduled releases: New York minute, chance on a day, size in minute deviations. */
const RELEASES = [
  { minute: minuteOf('08:30'), chance: 0.45, deviations: 3.2 },
  { minute: minuteOf('10:00'), chance: 0.3, deviations: 2.2 },
  { minute: minuteOf('14:00'), chance: 0.06, deviations: 3.5 },
] as const
/** Unscheduled jumps: about one in two trading days for each underlying. */
const JUMP_CHANCE = 1 / 2_600

/** `tickSizes` names the underlyings wanted: each one's path is the same whichever others are asked for. */
export function marketProcess(
  seed: string,
  from: number,
  tickSizes: ReadonlyMap<string, number>,
): MarketProcess {
  const root = seededRandom(`market/${seed}`)
  const shapes = new Map(FACTORS.map((each) => [each.name, shapeTable(each.shape)] as const))
  const factors = FACTORS.map((profile) => ({
    profile,
    flow: startFlow(root.stream(`factor/${profile.name}`)),
    move: 0,
    sd: 0,
  }))
  const days = root.stream('days')
  const states = UNDERLYINGS.filter((each) => tickSizes.has(each.name)).map((profile) =>
    startUnderlying(profile, tickSizes.get(profile.name) ?? 1, root),
  )
  const byName = new Map(states.map((each) => [each.profile.name, each]))
  const minutes: number[] = []
  let date = tradeDateOf(from)
  let day = tradingDayOn(date)
  let next = day?.opensAt ?? 0
  let dayVolatility = 1
  let releases: readonly number[] = []

  function openDay(): void {
    dayVolatility = Math.exp(0.22 * days.normal())
    releases = RELEASES.filter((each) => days.next() < each.chance).map((each) => each.minute)
  }
  if (day !== undefined) openDay()

  /** Steps to the next trading day of the calendar; false beyond its last year. */
  function stepDay(): boolean {
    for (let tries = 0; tries < 30; tries++) {
      date = addDays(date, 1)
      day = tradingDayOn(date)
      if (day === undefined) continue
      next = day.opensAt
      openDay()
      return true
    }
    return false
  }

  function makeMinute(t: number): void {
    const minuteOfNewYork = minuteOfDay(t)
    const before = minutes.at(-1)
    const closedMs = before === undefined ? 0 : t - before - MINUTE_MS
    const release = releases.includes(minuteOfNewYork)
      ? (RELEASES.find((each) => each.minute === minuteOfNewYork)?.deviations ?? 0)
      : 0
    minutes.push(t)
    for (const factor of factors) {
      const shape = shapes.get(factor.profile.name)?.[minuteOfNewYork] ?? 0
      factor.sd = factor.profile.minuteSd * shape * dayVolatility
      if (release > 0) shockVolatility(factor.flow, 0.5)
      const gap =
        closedMs > LONG_CLOSURE_MS ? WEEKEND_GAP_DEVIATIONS : closedMs > 0 ? REOPEN_GAP_DEVIATIONS : 0
      factor.move = advanceFlow(factor.flow, factor.sd, release + gap)
    }
    for (const each of states) {
      const shape = shapes.get(each.profile.shapeOf)?.[minuteOfNewYork] ?? 0
      stepUnderlying(each, factors, shape, dayVolatility)
    }
  }

  return {
    minutes,
    series(underlying) {
      const found = byName.get(underlying)
      invariant(found !== undefined, `${underlying} is an underlying of this market`)
      return found.series
    },
    extendTo(t) {
      for (;;) {
        if (day === undefined || next >= day.closesAt) {
          if (day !== undefined && t < day.closesAt) return
          if (!stepDay()) return
          continue
        }
        if (next > t) return
        makeMinute(next)
        next += MINUTE_MS
      }
    },
  }
}

interface FactorNow {
  readonly profile: { readonly name: FactorName }
  readonly flow: FlowState
  readonly move: number
  readonly sd: number
}

function stepUnderlying(
  state: UnderlyingState,
  factors: readonly FactorNow[],
  shape: number,
  dayVolatility: number,
): void {
  const { profile, random, series, tickSize } = state
  const ownSd = profile.ownSd * shape * dayVolatility
  let move = advanceFlow(state.own, ownSd, 0)
  let variance = (ownSd * state.own.volatility) ** 2
  let volatility = 1
  for (const factor of factors) {
    const loading = profile.loadings[factor.profile.name]
    if (loading === undefined) continue
    move += loading * factor.move
    variance += (loading * factor.sd * factor.flow.volatility) ** 2
    if (factor.profile.name === profile.shapeOf) volatility = factor.flow.volatility
  }
  const sd = Math.sqrt(variance)
  if (random.next() < JUMP_CHANCE) move += sd * (3 + 3 * random.next()) * (random.next() < 0.5 ? -1 : 1)
  move += PULL_PER_MINUTE * (state.anchor - state.logPrice)
  state.anchor +=
    ANCHOR_FOLLOWS_PER_MINUTE * (state.logPrice - state.anchor) +
    LEVEL_PULL_PER_MINUTE * (state.logLevel - state.anchor)

  const from = state.logPrice
  state.logPrice += move
  // Highest and lowest point of a Brownian bridge from 0 to `move` (Karatzas and Shreve, 2.8).
  const highest = (move + Math.sqrt(move * move - 2 * variance * Math.log(1 - random.next()))) / 2
  const lowest = (move - Math.sqrt(move * move - 2 * variance * Math.log(1 - random.next()))) / 2
  const toTicks = (logPrice: number): number => Math.round(Math.exp(logPrice) / tickSize)
  // The first print of a minute is seldom exactly the last one of the minute before.
  const opens = toTicks(from) + (random.next() < 0.3 ? (random.next() < 0.5 ? -1 : 1) : 0)
  const closes = toTicks(state.logPrice)
  series.o.push(opens)
  series.c.push(closes)
  series.h.push(Math.max(opens, closes, toTicks(from + highest)))
  series.l.push(Math.min(opens, closes, toTicks(from + lowest)))
  const surprise = sd > 0 ? Math.min(6, Math.abs(move) / sd) : 0
  series.activity.push(shape ** 1.4 * dayVolatility * volatility * (0.75 + 0.3 * surprise))
}

function startUnderlying(profile: UnderlyingProfile, tickSize: number, root: Random): UnderlyingState {
  const random = root.stream(`underlying/${profile.name}`)
  const logLevel = Math.log(profile.level)
  return {
    profile,
    tickSize,
    random,
    own: startFlow(root.stream(`own/${profile.name}`)),
    series: { o: [], h: [], l: [], c: [], activity: [] },
    logPrice: logLevel,
    anchor: logLevel,
    logLevel,
  }
}

/** The day's shape as one multiple a New York minute, straight lines between the named points. */
function shapeTable(points: readonly (readonly [string, number])[]): Float64Array {
  const table = new Float64Array(1_440)
  const start = minuteOf('18:00')
  const sinceOpen = (clock: string): number => (minuteOf(clock) - start + 1_440) % 1_440
  points.forEach(([clock, value], i) => {
    const [nextClock, nextValue] = points[i + 1] ?? [clock, value]
    const from = sinceOpen(clock)
    const length = Math.max(1, sinceOpen(nextClock) - from)
    for (let m = 0; m < length; m++)
      table[(start + from + m) % 1_440] = value + ((nextValue - value) * m) / length
  })
  return table
}
