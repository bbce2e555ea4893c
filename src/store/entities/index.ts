import { Account, BrokerProof, BrokerSession, ExecutorEpoch, ModeChange, SimulatedProof } from './accounts.ts'
import { BarRecord, Instrument, ScannerState, SignalRecord } from './market.ts'
import { ActorHealth, AuditRecord, MigrationNote, Session, Setting, StopLevel, User } from './operations.ts'
import { Decision, Fill, Intent, Order, Position, Protection, Reduction } from './orders.ts'

export const ENTITIES = [
  Account,
  BrokerSession,
  BrokerProof,
  SimulatedProof,
  ModeChange,
  ExecutorEpoch,
  Instrument,
  BarRecord,
  SignalRecord,
  ScannerState,
  Decision,
  Intent,
  Reduction,
  Order,
  Fill,
  Position,
  Protection,
  ActorHealth,
  Setting,
  StopLevel,
  User,
  Session,
  AuditRecord,
  MigrationNote,
]
export * from './accounts.ts'
export * from './columns.ts'
export * from './market.ts'
export * from './operations.ts'
export * from './orders.ts'
