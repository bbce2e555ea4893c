export type { Claim } from './claim.ts'
export { type Database, startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
export type {
  NewDecision,
  NewIntent,
  NewReduction,
  SeenFill,
  SeenOrder,
  SeenPosition,
} from './executor-rows.ts'
export { type ExecutorStore, type ExecutorStoreOptions, openExecutorStore } from './executor-store.ts'
export { useExternalPostgres } from './external-postgres.ts'
export { type BarBatch, type JournalStore, type NewModeChange, openJournalStore } from './journal-store.ts'
export type { LifeFacts } from './lives.ts'
export type { NewSession, NewUser, PeopleStore } from './people-store.ts'
export { type Prepared, prepareDatabase } from './prepare.ts'
export type {
  AccountRow,
  ActorHealthRow,
  AuditRow,
  BarRow,
  BrokerProofRow,
  BrokerSessionRow,
  DataState,
  DecisionRow,
  FillRow,
  InstrumentRow,
  IntentRow,
  ModeChangeRow,
  ModeLabel,
  OrderLife,
  OrderRole,
  OrderRow,
  PhaseRecord,
  PositionRow,
  ProofParts,
  ProtectionRow,
  Provenance,
  ReductionRow,
  ScannerStateRow,
  SessionRow,
  SettingRow,
  SignalRow,
  SimulatedProofRow,
  StopLevelNumber,
  StopLevelRow,
  UserRole,
  UserRow,
} from './rows.ts'
export {
  type BarRange,
  type DecisionFilter,
  type DecisionRecord,
  type ServerStore,
  openServerStore,
} from './server-store.ts'
