import { unreachable } from '../../lib/index.ts'
import { TIMEFRAME_MS } from '../bar.ts'
import { marketStateAt } from '../calendar/index.ts'
import { type EpochMs, epochMs } from '../units.ts'
import type { FairValueGap } from './fair-value-gap.ts'
import { isLunch } from './killzone.ts'
import type { MarketView, ModelScope } from './market-view.ts'
import type { Swept } from './setup-stage.ts'

/** Where to enter and leave, in whole ticks. `ict-concepts` 13.0 and 13.1. */
export interface EntryPlan {
  readonly entry: number
  readonly stop: number
  /** Distance from entry to stop in ticks. */
  readonly risk: number
  readonly targets: readonly [number, number]
  readonly validUntil: EpochMs
}

export interface PlanRefusal {
  readonly kind: 'too-late' | 'no-room'
  /** With the number that decided. */
  readonly why: string
}

export function planEntry(
  scope: ModelScope,
  view: MarketView,
  swept: Swept,
  gap: FairValueGap,
): EntryPlan | PlanRefusal {
  const knownAt = view.engine.sink.knownAt
  const validUntil = validity(scope, swept, knownAt)
  const late =
    timeRefusal(scope, knownAt) ?? (validUntil <= knownAt ? `${swept.windowLabel} is over` : undefined)
  if (late !== undefined) return { kind: 'too-late', why: late }
  const entry = entryIn(scope, gap)
  const stop = stopBehind(scope, swept, gap)
  const risk = (entry - stop) * scope.direction
  const refusal = riskRefusal(scope, view, risk)
  if (refusal !== undefined) return { kind: 'no-room', why: refusal }
  return { entry, stop, risk, targets: targetsFrom(scope, view, entry, risk), validUntil }
}

const MINUTE_MS = 60_000

/** Why no entry is allowed at this time, or undefined. */
function timeRefusal({ parameters }: ModelScope, at: EpochMs): string | undefined {
  if (isLunch(at)) return 'nothing is entered during lunch'
  const state = marketStateAt(at)
  if (state.kind === 'closed') return `the market is closed: ${state.why}`
  const { closureMinutes } = parameters
  const isLast = at >= state.day.closesAt - closureMinutes * MINUTE_MS
  return isLast ? `nothing is entered in the last ${closureMinutes} minutes before a closure` : undefined
}

/** So many bars, but not long after the window and not into the end of the day. */
function validity({ parameters, timeframe }: ModelScope, { windowEndsAt }: Swept, knownAt: EpochMs): EpochMs {
  const { m22ValidBars, m22GraceMinutes, closureMinutes } = parameters
  const state = marketStateAt(knownAt)
  const byBars = knownAt + m22ValidBars * TIMEFRAME_MS[timeframe]
  const byWindow = windowEndsAt + m22GraceMinutes * MINUTE_MS
  const byDay = state.kind === 'open' ? state.day.closesAt - closureMinutes * MINUTE_MS : knownAt
  return epochMs(Math.min(byBars, byWindow, byDay))
}

function entryIn({ parameters, direction }: ModelScope, { bottom, top }: FairValueGap): number {
  switch (parameters.m22Entry) {
    case 'near':
      return direction === 1 ? top : bottom
    case 'far':
      return direction === 1 ? bottom : top
    case 'ce':
      // Between two ticks the one that is harder to fill.
      return direction === 1 ? Math.floor((bottom + top) / 2) : Math.ceil((bottom + top) / 2)
    default:
      return unreachable(parameters.m22Entry)
  }
}

function stopBehind({ parameters, direction }: ModelScope, { extreme }: Swept, gap: FairValueGap): number {
  const behind = parameters.m22Stop === 'sweep' ? extreme : gap.firstExtreme
  return behind - parameters.stopBuf * direction
}

/** Why the risk is not acceptable, or undefined. */
function riskRefusal({ parameters }: ModelScope, view: MarketView, risk: number): string | undefined {
  const { riskTicksMin, riskAdrMax, riskAtrMax } = parameters
  if (risk < riskTicksMin) return `a risk of ${risk} ticks is below ${riskTicksMin}`
  const { adr } = view.levels
  const most = adr === null ? riskAtrMax * view.engine.volatility.before : riskAdrMax * adr
  if (risk <= most) return undefined
  const limit = adr === null ? `${riskAtrMax} ATR` : `${riskAdrMax} of the average daily range`
  return `a risk of ${risk} ticks is above ${Math.floor(most)}, ${limit}`
}

/**
 * First the nearest resting pool ahead that pays enough, then the next one that weighs more; multiples of
 * the risk where none rests. The second always lies beyond the first.
 */
function targetsFrom(
  { parameters, direction }: ModelScope,
  { engine: { liquidity } }: MarketView,
  entry: number,
  risk: number,
): readonly [number, number] {
  const enough = entry + direction * parameters.minRR * risk
  const first = liquidity.nearest(direction, enough, () => true)?.price ?? entry + direction * 2 * risk
  const next = liquidity.nearest(
    direction,
    first + direction,
    ({ kind, degree }) => kind === 'pd' || kind === 'pw' || kind === 'eq' || degree === 'external',
  )
  const threeRisks = entry + direction * 3 * risk
  const isBeyond = (threeRisks - first) * direction > 0
  return [first, next?.price ?? (isBeyond ? threeRisks : first + direction * risk)]
}
