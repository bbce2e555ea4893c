export { type ListedContract, type Listing, fixedListing, rollingListing } from './contracts.ts'
export {
  DEFAULT_USER,
  type Exchange,
  type ExchangeOptions,
  type Reply,
  type Snapshot,
  createExchange,
} from './exchange.ts'
export { FAULT_KINDS, type Fault, type TimedFault, parseFault, parseSchedule } from './faults.ts'
export { type Recording, loadRecording } from './market/recording.ts'
export { HISTORY_DAYS, historyFrom, seededTape } from './market/seeded-tape.ts'
export type { MinuteBar, Tape, Tick } from './market/tape.ts'
export type { MatchingSettings } from './matching/desk.ts'
export { type AccountSpec, DEFAULT_ACCOUNTS, accountsOf } from './matching/ledger.ts'
export type { Speed } from './pace.ts'
export { type GatewayOptions, type RunningGateway, startGateway } from './start.ts'
export type { JsonObject, QuoteEvent, TradeEvent, UserEvent, WireEvent } from './wire.ts'
export { DEFAULT_SEED, DEFAULT_SPEED, DEFAULT_START } from './defaults.ts'
