import { Type } from '@mikro-orm/core'
import { p } from '@mikro-orm/postgresql'
import { type EpochMs, type Ticks, type Usd, epochMs } from '../../domain/index.ts'

/** What a stored fact is worth now, in the words of every screen. */
const DATA_STATES = [
  'current',
  'quiet',
  'delayed',
  'stale',
  'unknown',
  'simulated',
  'disputed',
  'declared',
  'closed',
] as const

export const ROUTES = ['paper', 'gateway-sim', 'broker'] as const
export const SIMULATED_ROUTES = ['paper', 'gateway-sim'] as const

/** An instant: `timestamptz` in the database, epoch milliseconds here. */
class InstantType extends Type<EpochMs | null, Date | string | null> {
  override convertToDatabaseValue(value: EpochMs | null): string | null {
    return typeof value === 'number' ? new Date(value).toISOString() : value
  }

  override convertToJSValue(value: Date | string | null): EpochMs | null {
    if (value === null || typeof value === 'number') return value
    return epochMs(new Date(value).getTime())
  }

  override getColumnType(): string {
    return 'timestamptz'
  }

  override get runtimeType(): string {
    return 'number'
  }
}

// Each call makes a fresh builder: two tables may not share one.
export const instant = () => p.type(InstantType).$type<EpochMs>()
/** Whole micro-dollars. */
export const money = () => p.bigint('number').$type<Usd>()
/** A price in whole ticks. */
export const price = () => p.integer().$type<Ticks>()
/** A number with a fraction: an average, a ratio, a score. */
export const decimal = () => p.double().$type<number>()
export const size = () => p.integer()
export const texts = () => p.array().columnType('text[]').$type<string[]>()
export const route = () => p.enum(ROUTES)
/** Epoch of the executor that wrote the row. */
export const epoch = () => p.bigint('number')

/** The columns of every row that a screen shows: where from, when it was true there, what it is worth. */
export const shown = () => ({
  source: p.text(),
  asOf: instant().strictNullable(),
  state: p.enum(DATA_STATES),
})
