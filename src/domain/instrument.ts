import { type Fault, type Result, failed, invariant, ok } from '../lib/index.ts'
import { type Contracts, type TickSpan, type Ticks, type Usd, tickSpan, ticks, usd } from './units.ts'

/** What is traded, by its exchange root (`MNQ`). A dated month of it is a contract. */
export interface Instrument {
  /** Exchange root, `MNQ`. */
  readonly root: string
  /** The gateway's symbol id, `F.US.MNQ`: contracts are matched by it, never by position in a list. */
  readonly symbolId: string
  readonly description: string
  /** Points a tick, 0.25. A decimal: used at the doors only. */
  readonly tickSize: number
  /** Decimals that a price of this tick needs. */
  readonly decimals: number
  /** Micro-dollars that one tick of one contract is worth. */
  readonly tickValue: Usd
  readonly exchange: 'CME' | 'CBOT' | 'NYMEX' | 'COMEX'
  /** Month letters in which a contract is listed. */
  readonly months: string
  /** The product whose price it shares: minis and micros of one product have one. */
  readonly underlying: string
  /** Micro-dollars of one round trip of one contract, both sides, fees and commission. Declared. */
  readonly roundTripCost: Usd
  /** Ticks that a stop may slip, added to every risk. Declared. */
  readonly slippage: TickSpan
}

const roster: readonly Instrument[] = [
  instrument('ES', 'F.US.EP', 'E-mini S&P 500', 0.25, 12.5, 'CME', 'HMUZ', 'ES', 2.8, 1),
  instrument('NQ', 'F.US.ENQ', 'E-mini Nasdaq-100', 0.25, 5, 'CME', 'HMUZ', 'NQ', 2.8, 2),
  instrument('YM', 'F.US.YM', 'E-mini Dow', 1, 5, 'CBOT', 'HMUZ', 'YM', 2.8, 1),
  instrument('RTY', 'F.US.RTY', 'E-mini Russell 2000', 0.1, 5, 'CME', 'HMUZ', 'RTY', 2.8, 1),
  instrument('MES', 'F.US.MES', 'Micro E-mini S&P 500', 0.25, 1.25, 'CME', 'HMUZ', 'ES', 1.22, 1),
  instrument('MNQ', 'F.US.MNQ', 'Micro E-mini Nasdaq-100', 0.25, 0.5, 'CME', 'HMUZ', 'NQ', 1.22, 2),
  instrument('MYM', 'F.US.MYM', 'Micro E-mini Dow', 1, 0.5, 'CBOT', 'HMUZ', 'YM', 1.22, 1),
  instrument('M2K', 'F.US.M2K', 'Micro E-mini Russell 2000', 0.1, 0.5, 'CME', 'HMUZ', 'RTY', 1.22, 1),
  instrument('CL', 'F.US.CLE', 'Crude Oil', 0.01, 10, 'NYMEX', 'FGHJKMNQUVXZ', 'CL', 3.04, 1),
  instrument('MCL', 'F.US.MCLE', 'Micro WTI Crude Oil', 0.01, 1, 'NYMEX', 'FGHJKMNQUVXZ', 'CL', 1.52, 1),
  instrument('GC', 'F.US.GCE', 'Gold', 0.1, 10, 'COMEX', 'GJMQZ', 'GC', 3.24, 1),
  instrument('MGC', 'F.US.MGC', 'Micro Gold', 0.1, 1, 'COMEX', 'GJMQZ', 'GC', 1.62, 1),
  instrument('6E', 'F.US.EU6', 'Euro FX', 0.00005, 6.25, 'CME', 'HMUZ', '6E', 3.24, 1),
]

/** The thirteen instruments that are scanned when nothing else is configured, in their fixed order. */
export const ROSTER: readonly Instrument[] = roster

export function findInstrument(root: string): Instrument | undefined {
  return roster.find((each) => each.root === root)
}

export function instrumentOf(root: string): Instrument {
  const found = findInstrument(root)
  invariant(found !== undefined, `instrument ${root} is one of ${roster.map((each) => each.root).join(' ')}`)
  return found
}

/** Money that `size` contracts gain when price moves by `distance`; negative for a fall. */
export function worth(of: Instrument, distance: TickSpan, size: Contracts): Usd {
  return usd(of.tickValue * distance * size)
}

export function span(from: Ticks, to: Ticks): TickSpan {
  return tickSpan(to - from)
}

/**
 * A decimal price from outside as whole ticks. Refuses what is not finite or lies more than 1e-6 of a tick
 * beside the grid: decimal text divides inexactly (2000.1 / 0.1 is 20000.999999999996), an off-grid price does not.
 */
export function parsePrice(price: number, of: Pick<Instrument, 'tickSize'>): Result<Ticks, Fault> {
  const exact = price / of.tickSize
  const whole = Math.round(exact)
  return Number.isSafeInteger(whole) && Math.abs(exact - whole) < 1e-6
    ? ok(ticks(whole + 0))
    : failed({
        code: 'MALFORMED',
        retry: 'never',
        detail: `price ${price} is off the grid of ${of.tickSize}`,
      })
}

/** The decimal price at the door: exact to the instrument's decimals. */
export function priceOf(at: number, of: Pick<Instrument, 'tickSize' | 'decimals'>): number {
  return Number((at * of.tickSize).toFixed(of.decimals))
}

function instrument(
  root: string,
  symbolId: string,
  description: string,
  tickSize: number,
  tickDollars: number,
  exchange: Instrument['exchange'],
  months: string,
  underlying: string,
  roundTripDollars: number,
  slippageTicks: number,
): Instrument {
  return {
    root,
    symbolId,
    description,
    tickSize,
    decimals:
      tickSize === 0.00005 ? 5 : tickSize === 0.25 || tickSize === 0.01 ? 2 : tickSize === 0.1 ? 1 : 0,
    tickValue: usd(Math.round(tickDollars * 1e6)),
    exchange,
    months,
    underlying,
    roundTripCost: usd(Math.round(roundTripDollars * 1e6)),
    slippage: tickSpan(slippageTicks),
  }
}
