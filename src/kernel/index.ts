export {
  type ActorDef,
  type ActorModule,
  type ActorRef,
  type Arg,
  type AskOptions,
  type Asks,
  type Context,
  type Delivery,
  type Handlers,
  type Hooks,
  type MaybePromise,
  type MessageMeta,
  type PartialPolicy,
  type Placement,
  type Ret,
  type Signal,
  type SpawnOptions,
  type StopReason,
  type Tells,
  actorModule,
  defineActor,
} from './actor.ts'
export { type Cancel, type Clock, TimeBlock, createTime } from './clock.ts'
export { type SystemOptions, createSystem } from './create.ts'
export type { DeadLetters } from './dead-letters.ts'
export type { DrainOptions, DrainReport } from './drain.ts'
export type { ActorState, DeadLetter, DeathReason, Failure, FailureKind } from './envelope.ts'
export {
  ActorDied,
  ActorError,
  AskCycle,
  AskTimeout,
  MailboxFull,
  Quarantined,
  RemoteError,
  SystemDraining,
  Uncloneable,
} from './errors.ts'
export type { KernelEvents, Unsubscribe } from './events.ts'
export { type Fields, type Logger, type MakeLogger, jsonLogger, silentLogger } from './log.ts'
export type { MailboxOptions, Overflow } from './mailbox.ts'
export { withTrace } from './scope.ts'
export {
  type ArenaShape,
  type BarArena,
  BarReader,
  type BarRow,
  type BarSlice,
  type BarSource,
  BarWriter,
  type Newest,
  WriterFenced,
  createArena,
  repairArena,
} from './shared.ts'
export type { ActorSnapshot, SystemSnapshot, ThreadSnapshot } from './snapshot.ts'
export type { RestartPolicy } from './supervision.ts'
export type { ActorSystem, ConfigureOptions } from './system.ts'
