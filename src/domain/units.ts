import { type Brand, invariant } from '../lib/index.ts'

/** A price in whole ticks of its instrument. Zero and negative prices are legal. */
export type Ticks = Brand<number, 'Ticks'>
/** A distance between two prices, in whole ticks, signed. */
export type TickSpan = Brand<number, 'TickSpan'>
/** Money in whole micro-dollars, exact to +-9.0 billion dollars. */
export type Usd = Brand<number, 'Usd'>
/** Whole contracts, never negative; the side says which way. */
export type Contracts = Brand<number, 'Contracts'>
/** An instant: whole milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, 'EpochMs'>

/** A moment of the steady clock that no one can set: milliseconds since any start. For ages and deadlines only. */
export type MonotonicMs = Brand<number, 'MonotonicMs'>

export type Direction = 1 | -1
export type Side = 'buy' | 'sell'

export const MICROS_PER_DOLLAR = 1_000_000

export function ticks(n: number): Ticks {
  // The sentence is built only when it is needed: this runs for every price of every bar.
  if (!Number.isSafeInteger(n)) invariant(false, `a price is a whole number of ticks, was ${n}`)
  return n as Ticks
}

export function tickSpan(n: number): TickSpan {
  invariant(Number.isSafeInteger(n), `a distance is a whole number of ticks, was ${n}`)
  return n as TickSpan
}

/** Micro-dollars. */
export function usd(micros: number): Usd {
  invariant(Number.isSafeInteger(micros), `money is a whole number of micro-dollars, was ${micros}`)
  return micros as Usd
}

export function contracts(n: number): Contracts {
  invariant(Number.isSafeInteger(n) && n >= 0, `a size is a whole number of contracts, was ${n}`)
  return n as Contracts
}

/** Instants between 1990 and 2100: seconds or microseconds taken for milliseconds fall outside. */
export function epochMs(ms: number): EpochMs {
  if (!(Number.isSafeInteger(ms) && ms >= 631_152_000_000 && ms < 4_102_444_800_000)) {
    invariant(false, `an instant is whole epoch milliseconds between 1990 and 2100, was ${ms}`)
  }
  return ms as EpochMs
}

export function monotonicMs(ms: number): MonotonicMs {
  invariant(Number.isFinite(ms) && ms >= 0, `a steady moment is finite and not negative, was ${ms}`)
  return ms as MonotonicMs
}

/** For the doors only (wire, form, display): dollars with decimals to micro-dollars, rounded half away from zero. */
export function usdFromDollars(dollars: number): Usd {
  return usd(Math.sign(dollars) * Math.round(Math.abs(dollars) * MICROS_PER_DOLLAR))
}

/** For the doors only. */
export function dollarsFromUsd(amount: Usd): number {
  return amount / MICROS_PER_DOLLAR
}

export const sign = (side: Side): Direction => (side === 'buy' ? 1 : -1)
export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy')
export const sideOf = (direction: Direction): Side => (direction === 1 ? 'buy' : 'sell')
