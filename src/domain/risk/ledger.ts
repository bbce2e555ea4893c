import { tradeDateOf } from '../calendar/index.ts'
import type { Instrument } from '../instrument.ts'
import type { BrokerTrade } from '../order.ts'
import { type Ticks, type Usd, sign, usd } from '../units.ts'

/** What one trading day's fills come to, and what they left open. Derived from fills alone, in any order. */
export interface DayLedger {
  /** ISO date of the trading day. */
  readonly tradingDay: string
  /** Closed profit and loss of the day, net of every cost of the day's fills. Micro-dollars. */
  readonly realised: Usd
  /** Fees and commissions of the day's fills, already taken off `realised`. */
  readonly costs: Usd
  readonly fills: number
  /** Fills that reduced a position. */
  readonly closes: number
  /** Every contract that is not flat, ordered by its id. */
  readonly positions: readonly OpenPosition[]
}

export interface OpenPosition {
  readonly contractId: string
  /** Contracts, positive long, negative short. */
  readonly net: number
  /** Signed micro-dollars paid for it: price times tick value times contracts. What it was worth at entry. */
  readonly basis: Usd
  /** Trade that opened it after the contract was last flat: the name of this episode. */
  readonly episode: string
}

/** The instrument of a contract id; fills of a contract that nobody knows are a fault of the caller. */
export type InstrumentByContract = (contractId: string) => Instrument

/**
 * Folds fills into the day's figures. A trade id counts once, a voided trade not at all.
 * Fills of earlier days belong in the list as far as they opened what is still held.
 */
export function dayLedger(
  trades: Iterable<BrokerTrade>,
  tradingDay: string,
  instrumentOf: InstrumentByContract,
): DayLedger {
  const positions = new Map<string, OpenPosition>()
  let realised = 0
  let costs = 0
  let fills = 0
  let closes = 0
  for (const trade of inOrder(trades)) {
    const { position, gain, isClose } = applyFill(
      positions.get(trade.contractId),
      trade,
      instrumentOf(trade.contractId),
    )
    if (position === undefined) positions.delete(trade.contractId)
    else positions.set(trade.contractId, position)
    if (tradeDateOf(trade.at) !== tradingDay) continue
    realised += gain - trade.fees
    costs += trade.fees
    fills++
    if (isClose) closes++
  }
  return {
    tradingDay,
    realised: usd(realised),
    costs: usd(costs),
    fills,
    closes,
    positions: [...positions.values()].sort((a, b) => (a.contractId < b.contractId ? -1 : 1)),
  }
}

export interface AppliedFill {
  /** Undefined: flat. */
  readonly position: OpenPosition | undefined
  /** Gross micro-dollars that the fill realised. */
  readonly gain: number
  readonly isClose: boolean
}

/** One fill on one position, at average cost. What a partial close rounds away stays in the basis: nothing is lost. */
export function applyFill(
  before: OpenPosition | undefined,
  trade: BrokerTrade,
  instrument: Pick<Instrument, 'tickValue'>,
): AppliedFill {
  const signed = sign(trade.side) * trade.size
  const opened = (size: number, basis: number, episode: string): OpenPosition | undefined =>
    size === 0 ? undefined : { contractId: trade.contractId, net: size, basis: usd(basis), episode }
  const paid = (size: number): number => size * trade.price * instrument.tickValue

  if (before === undefined || Math.sign(before.net) === Math.sign(signed)) {
    const position = opened(
      (before?.net ?? 0) + signed,
      (before?.basis ?? 0) + paid(signed),
      before?.episode ?? trade.id,
    )
    return { position, gain: 0, isClose: false }
  }

  const closing = Math.sign(signed) * Math.min(Math.abs(signed), Math.abs(before.net))
  const released = closing === -before.net ? before.basis : Math.round((before.basis * -closing) / before.net)
  const gain = -paid(closing) - released
  const rest = before.net + signed
  const flips = Math.abs(signed) > Math.abs(before.net)
  const position = flips
    ? opened(rest, paid(rest), trade.id)
    : opened(rest, before.basis - released, before.episode)
  return { position, gain: gain + 0, isClose: true }
}

/** Profit and loss of an open position at a price, gross, micro-dollars. */
export function openAt(position: OpenPosition, price: Ticks, instrument: Pick<Instrument, 'tickValue'>): Usd {
  return usd(position.net * price * instrument.tickValue - position.basis)
}

/** Every trade once, voided ones left out, by time and then by id: an order that no arrival changes. */
function inOrder(trades: Iterable<BrokerTrade>): readonly BrokerTrade[] {
  const byId = new Map<string, BrokerTrade>()
  const voided = new Set<string>()
  for (const trade of trades) {
    if (trade.isVoided) voided.add(trade.id)
    byId.set(trade.id, trade)
  }
  return [...byId.values()]
    .filter((each) => !voided.has(each.id))
    .sort((a, b) => a.at - b.at || byDigits(a.id, b.id))
}

/** Ids are digits as text: the shorter is the smaller. */
function byDigits(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}
