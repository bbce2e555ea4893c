export { TIMEFRAMES, TIMEFRAME_MS, type Bar, type Timeframe, faultOfBar } from './bar.ts'
export {
  type Instrument,
  ROSTER,
  findInstrument,
  instrumentOf,
  parsePrice,
  priceOf,
  span,
  worth,
} from './instrument.ts'
export type { Quote, TradePrint } from './market.ts'
export {
  type BracketOrder,
  type BrokerAccount,
  type BrokerContract,
  type BrokerOrder,
  type BrokerOrderStatus,
  type BrokerPosition,
  type BrokerTrade,
  type OrderType,
  type Route,
  bracketDistances,
} from './order.ts'
export type { ChartObject, Fact, RegimeLabel, RegimeReading, Signal, SignalModel, Waiting } from './signal.ts'
export {
  type Contracts,
  type Direction,
  type EpochMs,
  type MonotonicMs,
  type Side,
  type TickSpan,
  type Ticks,
  type Usd,
  MICROS_PER_DOLLAR,
  contracts,
  dollarsFromUsd,
  epochMs,
  monotonicMs,
  opposite,
  sideOf,
  sign,
  tickSpan,
  ticks,
  usd,
  usdFromDollars,
} from './units.ts'
