import type { EpochMs, Side, Ticks } from './units.ts'

/** One trade on the tape. */
export interface TradePrint {
  readonly contractId: string
  readonly price: Ticks
  /** Contracts, at least one. */
  readonly size: number
  /** Aggressor; undefined where the source does not say. */
  readonly side: Side | undefined
  /** Exchange time. */
  readonly at: EpochMs
  /** What the exchange time holds below one millisecond, in units of 100 ns, 0 to 9,999. */
  readonly subMs: number
  /** How many equal prints came before it in the same message: equal prints of one message are all real. */
  readonly occurrence: number
  /** When we got it, on the platform's clock. */
  readonly receivedAt: EpochMs
}

/** Best prices of one contract; undefined where none was ever told since the subscription. */
export interface Quote {
  readonly contractId: string
  readonly bid: Ticks | undefined
  readonly ask: Ticks | undefined
  readonly last: Ticks | undefined
  /** Time of the fact at its source. */
  readonly at: EpochMs
  readonly receivedAt: EpochMs
}
