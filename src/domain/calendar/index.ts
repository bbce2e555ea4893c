export { type ContractMonth, contractId, contractName, frontMonth, rollDate } from './contract-month.ts'
export { CALENDAR_SOURCE, CALENDAR_YEARS, type Holiday, holidayOn } from './holidays.ts'
export {
  addDays,
  DAY_MS,
  instantAt,
  minuteOf,
  minuteOfDay,
  newYorkDate,
  newYorkOffsetMs,
  wallMs,
  weekday,
} from './new-york.ts'
export {
  type SessionName,
  type SessionWindow,
  SESSIONS,
  isInSession,
  killZoneAt,
  sessionLabelAt,
} from './sessions.ts'
export {
  type ClosedReason,
  type MarketState,
  type TradingDay,
  barEnd,
  barOpen,
  flatTimes,
  hasClosureBetween,
  isOpen,
  marketStateAt,
  nextOpen,
  previousTradingDay,
  tradeDateOf,
  tradingDayOn,
} from './trading-day.ts'
