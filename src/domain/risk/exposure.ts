import type { Instrument } from '../instrument.ts'
import { type Contracts, type Ticks, type Usd, usd } from '../units.ts'
import { type OpenPosition, openAt } from './ledger.ts'

/** A stop that rests at the broker. */
export interface WorkingStop {
  readonly size: Contracts
  readonly price: Ticks
}

export interface WorstCase {
  /**
   * Micro-dollars, signed, that the position comes to at the worse of its mark and its stops, the declared slippage
   * and the cost of leaving included. Contracts without a stop are counted at the mark and named in `uncovered`.
   */
  readonly worst: Usd
  /** The same at the mark, before any cost of leaving. */
  readonly marked: Usd
  /** Contracts that no working stop covers: their worst case is not known. */
  readonly uncovered: number
}

/** What a position comes to if every stop is hit now. `stops` are those on the closing side. */
export function worstCase(
  position: OpenPosition,
  stops: readonly WorkingStop[],
  mark: Ticks,
  instrument: Instrument,
): WorstCase {
  const direction = Math.sign(position.net)
  const held = Math.abs(position.net)
  // The loosest stops count first: which contracts they belong to cannot be known.
  const loosest = [...stops].sort((a, b) => direction * (a.price - b.price))
  const leaving = Math.ceil(instrument.roundTripCost / 2) * held

  let left = held
  let proceeds = 0
  for (const stop of loosest) {
    const size = Math.min(left, stop.size)
    const price = stop.price - direction * instrument.slippage
    // A market already beyond the stop fills at the market.
    const fill = direction * Math.min(direction * price, direction * mark)
    proceeds += direction * size * fill * instrument.tickValue
    left -= size
  }
  proceeds += direction * left * mark * instrument.tickValue
  const marked = openAt(position, mark, instrument)
  return { worst: usd(Math.min(proceeds - position.basis, marked) - leaving), marked, uncovered: left }
}

/** Micro-dollars between the worst case of everything and a floor; negative when the floor is already below reach. */
export function headroom(balance: Usd, worstOfOpen: Usd, reserved: Usd, floor: Usd): Usd {
  return usd(balance + Math.min(0, worstOfOpen) - reserved - floor)
}

/** Micro-dollars that may still be lost today; negative when more than the limit already could be. */
export function dayHeadroom(realised: Usd, worstOfOpen: Usd, reserved: Usd, dayLossLimit: Usd): Usd {
  return usd(realised + Math.min(0, worstOfOpen) - reserved + dayLossLimit)
}
