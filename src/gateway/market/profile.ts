/**
 * What each product is like: its level, how far it moves in a minute and when, and how much of it trades.
 * Orders of size of 2024-2025 markets; nothing here is data of any exchange.
 */
export type FactorName = 'equity' | 'energy' | 'metal' | 'currency'

export interface FactorProfile {
  readonly name: FactorName
  /** Standard deviation of one minute's log return where the day's shape is 1. */
  readonly minuteSd: number
  /** Activity over the day: [New York minute of day, multiple], in trading-day order from 18:00. */
  readonly shape: readonly (readonly [string, number])[]
}

export interface UnderlyingProfile {
  readonly name: string
  readonly shapeOf: FactorName
  /** Points around which the price lives. */
  readonly level: number
  readonly loadings: Readonly<Partial<Record<FactorName, number>>>
  /** Standard deviation of its own part of a minute's log return. */
  readonly ownSd: number
  /** Chance that the book shows one tick more than the smallest spread. */
  readonly wideSpread: number
}

const EQUITY_SHAPE = [
  ['18:00', 0.4],
  ['18:30', 0.28],
  ['20:00', 0.34],
  ['21:30', 0.28],
  ['00:00', 0.24],
  ['02:00', 0.36],
  ['03:00', 0.55],
  ['05:00', 0.42],
  ['07:00', 0.4],
  ['08:25', 0.5],
  ['08:30', 1],
  ['08:45', 0.65],
  ['09:25', 0.65],
  ['09:30', 1.55],
  ['10:00', 1.2],
  ['10:30', 1],
  ['11:30', 0.75],
  ['12:30', 0.55],
  ['13:30', 0.62],
  ['14:30', 0.75],
  ['15:30', 0.95],
  ['15:59', 1.3],
  ['16:01', 0.55],
  ['16:30', 0.3],
  ['17:00', 0.25],
] as const

const ENERGY_SHAPE = [
  ['18:00', 0.4],
  ['20:00', 0.32],
  ['00:00', 0.28],
  ['02:00', 0.4],
  ['03:00', 0.7],
  ['06:00', 0.5],
  ['08:30', 0.8],
  ['09:00', 1.15],
  ['10:30', 1.25],
  ['12:00', 0.85],
  ['14:00', 0.95],
  ['14:28', 1.4],
  ['14:35', 0.6],
  ['16:00', 0.4],
  ['17:00', 0.3],
] as const

const METAL_SHAPE = [
  ['18:00', 0.4],
  ['20:00', 0.45],
  ['22:00', 0.4],
  ['00:00', 0.33],
  ['03:00', 0.65],
  ['05:00', 0.5],
  ['08:20', 0.85],
  ['08:30', 1.4],
  ['09:30', 1.1],
  ['10:30', 1],
  ['11:30', 0.75],
  ['13:30', 0.6],
  ['15:00', 0.4],
  ['17:00', 0.25],
] as const

const CURRENCY_SHAPE = [
  ['18:00', 0.35],
  ['20:00', 0.4],
  ['00:00', 0.33],
  ['02:00', 0.75],
  ['03:00', 1.05],
  ['05:00', 0.8],
  ['08:00', 0.9],
  ['08:30', 1.4],
  ['10:00', 1.15],
  ['11:30', 0.8],
  ['13:00', 0.5],
  ['15:00', 0.4],
  ['17:00', 0.25],
] as const

export const FACTORS: readonly FactorProfile[] = [
  { name: 'equity', minuteSd: 3.0e-4, shape: EQUITY_SHAPE },
  { name: 'energy', minuteSd: 4.8e-4, shape: ENERGY_SHAPE },
  { name: 'metal', minuteSd: 3.0e-4, shape: METAL_SHAPE },
  { name: 'currency', minuteSd: 1.15e-4, shape: CURRENCY_SHAPE },
]

export const UNDERLYINGS: readonly UnderlyingProfile[] = [
  underlying('ES', 'equity', 6_000, { equity: 1 }, 0.8e-4, 0.03),
  underlying('NQ', 'equity', 21_000, { equity: 1.3 }, 1.7e-4, 0.45),
  underlying('YM', 'equity', 44_000, { equity: 0.85 }, 1.4e-4, 0.3),
  underlying('RTY', 'equity', 2_200, { equity: 1.15 }, 2.6e-4, 0.3),
  underlying('CL', 'energy', 70, { energy: 1, equity: 0.12 }, 0.9e-4, 0.08),
  underlying('GC', 'metal', 2_600, { metal: 1, currency: 0.6 }, 0.8e-4, 0.2),
  underlying('6E', 'currency', 1.08, { currency: 1 }, 0.35e-4, 0.05),
]

/** Contracts a minute that trade where the day's shape is 1, by exchange root. */
export const MINUTE_VOLUME: Readonly<Record<string, number>> = {
  ES: 4_000,
  NQ: 1_500,
  YM: 420,
  RTY: 520,
  MES: 4_600,
  MNQ: 6_000,
  MYM: 650,
  M2K: 480,
  CL: 1_100,
  MCL: 420,
  GC: 750,
  MGC: 900,
  '6E': 700,
}

/** Share of the front month's volume that the month after it has. */
export const NEXT_MONTH_SHARE = 0.02
/** Prints a minute of a month that is not the front one. */
export const NEXT_MONTH_PRINTS = 6
/** Prints a minute where the day's shape is 1. */
export const PRINTS_AT_SHAPE_ONE = 72

function underlying(
  name: string,
  shapeOf: FactorName,
  level: number,
  loadings: UnderlyingProfile['loadings'],
  ownSd: number,
  wideSpread: number,
): UnderlyingProfile {
  return { name, shapeOf, level, loadings, ownSd, wideSpread }
}
