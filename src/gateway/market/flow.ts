import type { Random } from '../../lib/index.ts'

/**
 * One source of moves: noise, short-horizon momentum, bursts with retracements, and raids on the recent
 * extremes. It is what gives swings, displacement and sweeps their place, as in real tapes.
 */
export interface FlowState {
  readonly random: Random
  /** Multiple of the shaped deviation; a slow mean-reverting process around 1. */
  volatility: number
  logVolatility: number
  /** Momentum, standard normal in the long run, half-life of a few minutes. */
  momentum: number
  /** The undirected part of the last minute, in deviations. */
  noise: number
  /** Directed minutes still to come, oldest first. */
  readonly plan: Push[]
  /** Sum of moves so far in units of the base deviation, for the recent extremes. */
  path: number
  readonly recent: number[]
}

interface Push {
  /** Deviations a minute. */
  readonly drift: number
  left: number
}

const MOMENTUM_KEEP = Math.exp(-1 / 6)
const MOMENTUM_WEIGHT = 0.12
const NOISE_WEIGHT = 0.93
/** Part of a minute's noise that the next one takes back: prices overshoot and return. */
const NOISE_RETURN = 0.16
const VOLATILITY_KEEP = Math.exp(-1 / 150)
const VOLATILITY_SD = 0.32
const BURST_CHANCE = 1 / 75
const RAID_CHANCE = 1 / 16
/** Share of raids on an extreme that go on instead of coming back. */
const RAID_BREAKS = 0.27
/** Minutes over which an extreme is remembered. */
const RECENT_MINUTES = 75
/** A raid starts only this near to an extreme, in deviations. */
const RAID_REACH = 1.6

export function startFlow(random: Random): FlowState {
  return { random, volatility: 1, logVolatility: 0, momentum: 0, noise: 0, plan: [], path: 0, recent: [] }
}

/** News: activity is lifted at once and fades over the next hours. */
export function shockVolatility(flow: FlowState, by: number): void {
  flow.logVolatility = Math.min(flow.logVolatility + by, 0.9)
}

/** The log return of the next minute; `jumpDeviations` is the size of a known jump in it, either way. */
export function advanceFlow(flow: FlowState, sd: number, jumpDeviations: number): number {
  const { random } = flow
  const innovation = VOLATILITY_SD * Math.sqrt(1 - VOLATILITY_KEEP ** 2) * random.normal()
  flow.logVolatility = flow.logVolatility * VOLATILITY_KEEP + innovation
  flow.volatility = Math.exp(flow.logVolatility)
  flow.momentum = flow.momentum * MOMENTUM_KEEP + Math.sqrt(1 - MOMENTUM_KEEP ** 2) * random.normal()
  if (flow.plan.length === 0) planAhead(flow)

  const noise = NOISE_WEIGHT * random.normal()
  const deviations =
    noise -
    NOISE_RETURN * flow.noise +
    MOMENTUM_WEIGHT * flow.momentum +
    followPlan(flow) +
    (jumpDeviations > 0 ? jumpDeviations * Math.max(-2, Math.min(2, random.normal())) : 0)
  flow.noise = noise
  remember(flow, deviations)
  return deviations * sd * flow.volatility
}

function planAhead(flow: FlowState): void {
  const { random, recent, path } = flow
  const chance = random.next()
  if (chance < BURST_CHANCE) {
    const direction = random.next() < 0.5 + 0.15 * Math.sign(flow.momentum) ? 1 : -1
    const length = 3 + random.int(6)
    flow.plan.push({ drift: direction * (0.6 + 0.7 * random.next()), left: length })
    if (random.next() < 0.55)
      flow.plan.push({ drift: -direction * (0.25 + 0.25 * random.next()), left: length + random.int(5) })
    return
  }
  if (recent.length < RECENT_MINUTES || chance > BURST_CHANCE + RAID_CHANCE) return
  const highest = recent.reduce((a, b) => Math.max(a, b))
  const lowest = recent.reduce((a, b) => Math.min(a, b))
  const direction = highest - path < RAID_REACH ? 1 : path - lowest < RAID_REACH ? -1 : 0
  if (direction === 0) return
  flow.plan.push({ drift: direction * 0.9, left: 2 })
  // Some extremes give way, the others hold: who trades every raid as a reversal must lose some.
  const after = random.next() < RAID_BREAKS ? direction : -direction
  flow.plan.push({ drift: after * (0.4 + 0.4 * random.next()), left: 4 + random.int(6) })
}

function followPlan(flow: FlowState): number {
  const push = flow.plan[0]
  if (push === undefined) return 0
  push.left--
  if (push.left <= 0) flow.plan.shift()
  return push.drift
}

function remember(flow: FlowState, deviations: number): void {
  flow.path += deviations
  flow.recent.push(flow.path)
  if (flow.recent.length > RECENT_MINUTES) flow.recent.shift()
}
