/**
 * Execution: what becomes of an order, decided from evidence alone. Pure: the executor feeds it facts and acts on
 * what it returns. Everything here is plain data that can be kept and read back.
 *
 *   orders      `newIntent(order)` is born on disk; `advance(order, fact)` -> { order, transitions, violations }.
 *               Facts may be late, doubled and out of order: the state never goes back (`TRANSITIONS` is the table).
 *               A violation is broker truth that contradicts itself: halt, keep protecting, call a person.
 *   calls       `classify(call, observation, { isFirst })` -> notSent | rejected | accepted | unknown; feed it back
 *               as `{ kind: 'answered', outcome }`. Nothing is ever sent twice.
 *   restart     feed `{ kind: 'crashed' }` to every live order that was read back, then reconcile.
 *   reconcile   `reconcile(book, snapshot)` -> { book, transitions, newTrades, adoptions, disputes, lookups,
 *               toProtect, isClean }. Start, reconnect, restart and timer all run this one.
 *   exposure    `reservedSize`, `exposureOf`, `isSettled`, `netByContract`: the most that could be true.
 *   protection  `protect(state, facts)` -> { state, actions }: verify, placeStop, closePosition, cancel,
 *               haltInstrument, alarm. `coverageOf` says how much of a position its stops cover,
 *               `allowedStopOf` how loose a stop may be for what was really paid.
 *   tags        `entryTag(tradingDay, signalId)`, `stopTag(episode, unit)`, `nextStopUnit`, `bracketChildOf`.
 */
export {
  type CallObservation,
  type CallOutcome,
  type MutatingCall,
  type Transmission,
  classify,
} from './classify.ts'
export { type Coverage, type ProtectiveLeg, allowedStopOf, coverageOf, isProven } from './coverage.ts'
export { type PositionSnapshot, exposureOf, isSettled, netByContract, reservedSize } from './exposure.ts'
export {
  type Move,
  type OrderState,
  ORDER_STATES,
  TRANSITIONS,
  isLegal,
  isTerminal,
  moveTo,
} from './order-state.ts'
export {
  type Closing,
  type Protected,
  type Protection,
  type ProtectionAction,
  type ProtectionFacts,
  type ProtectionKind,
  CLOSE_BACKOFF_MS,
  REPROVE_MS,
  T_ALARM_MS,
  T_PROTECT_MS,
  T_VERIFY_MS,
  idleProtection,
  protect,
} from './protection.ts'
export {
  type Adoption,
  type Book,
  type BrokerHistory,
  type BrokerSnapshot,
  type Dispute,
  type Reconciled,
  emptyBook,
  reconcile,
} from './reconcile.ts'
export { TAG_LENGTH_MAX, bracketChildOf, entryTag, nextStopUnit, stopTag } from './tags.ts'
export {
  type Advanced,
  type NewOrder,
  type OrderFact,
  type TrackedOrder,
  type Transition,
  type Violation,
  ABSENCE_WAIT_MS,
  advance,
  filledOf,
  isLive,
  newIntent,
} from './tracked-order.ts'
