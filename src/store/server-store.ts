import type { InferEntity } from '@mikro-orm/postgresql'
import type { EpochMs, Route, Timeframe } from '../domain/index.ts'
import type { Fault, Result } from '../lib/index.ts'
import {
  Account,
  ActorHealth,
  BarRecord,
  BrokerProof,
  BrokerSession,
  Decision,
  Fill,
  Instrument,
  Intent,
  ModeChange,
  Order,
  Position,
  Protection,
  ScannerState,
  Setting,
  SignalRecord,
  SimulatedProof,
  StopLevel,
} from './entities/index.ts'
import { type Orm, openOrm, plain } from './orm.ts'
import { type PeopleStore, peopleStore } from './people-store.ts'
import type * as Row from './rows.ts'

export interface DecisionFilter {
  readonly route: Route
  readonly accountId?: string
  readonly instrument?: string
  /** Only those below this number: the last of the page before. */
  readonly before?: number
  readonly failedPhase?: number
  readonly verdict?: 'PERMITTED' | 'DENIED'
}

/** A decision with what became of it. EXPIRED: permitted, and never transmitted. */
export interface DecisionRecord extends Row.DecisionRow {
  readonly verdict: 'PERMITTED' | 'DENIED' | 'EXPIRED'
  readonly intent: Row.IntentRow | null
}

export interface BarRange {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** Bars that open before this instant; all where left out. */
  readonly before?: EpochMs
  readonly limit: number
}

type Read<T> = Promise<Result<T, Fault>>

/** The server's side of the database: reads for every panel, people and their commands. It cannot trade. */
export interface ServerStore extends PeopleStore {
  accounts(): Read<Row.AccountRow[]>
  brokerSessions(): Read<Row.BrokerSessionRow[]>
  brokerProofs(): Read<Row.BrokerProofRow[]>
  simulatedProofs(): Read<Row.SimulatedProofRow[]>
  /** Newest first. */
  modeHistory(route: Route, limit: number): Read<Row.ModeChangeRow[]>
  instruments(): Read<Row.InstrumentRow[]>
  scanner(): Read<Row.ScannerStateRow[]>
  /** Oldest first, the newest of them that fit. */
  bars(range: BarRange): Read<Row.BarRow[]>
  /** Newest first. */
  signals(instrument: string | undefined, limit: number): Read<Row.SignalRow[]>
  signal(id: string): Read<Row.SignalRow | undefined>
  /** Newest first. */
  decisions(filter: DecisionFilter, limit: number): Read<DecisionRecord[]>
  decision(id: number): Read<DecisionRecord | undefined>
  /** Newest change first: what works, and the newest of what has ended. */
  orders(route: Route, limit: number): Read<Row.OrderRow[]>
  /** Newest first; of one ISO trade date or of all. */
  fills(route: Route, tradingDay: string | undefined, limit: number): Read<Row.FillRow[]>
  /** Open ones. */
  positions(route: Route): Read<Row.PositionRow[]>
  protection(route: Route): Read<Row.ProtectionRow[]>
  actorHealth(): Read<Row.ActorHealthRow[]>
  settings(): Read<Row.SettingRow[]>
  saveSetting(setting: Row.SettingRow): Read<void>
  stopLevel(): Read<Row.StopLevelRow | undefined>
  /** Once for each command id: false when it was set by that command before. */
  setStopLevel(level: Omit<Row.StopLevelRow, 'id'>): Read<boolean>
  /** Answers when the database does. */
  ping(): Read<void>
  close(): Promise<void>
}

const CONNECTIONS = 6
const STATEMENT_MS_MAX = 5_000

/** Opens the server's store as the role of `url`. */
export async function openServerStore(url: string): Promise<ServerStore> {
  const orm = await openOrm(url, CONNECTIONS, STATEMENT_MS_MAX)
  return {
    ...peopleStore(orm),
    ...platformReads(orm),
    ...marketReads(orm),
    ...orderReads(orm),
    ping: () => orm.read(async (entities) => void (await entities.getConnection().execute('select 1'))),
    close: () => orm.close(),
  }
}

function platformReads(orm: Orm) {
  return {
    accounts: () =>
      orm.read(async (em) => (await em.find(Account, {}, { orderBy: { name: 1 } })).map((row) => plain(row))),
    brokerSessions: () => orm.read(async (em) => (await em.find(BrokerSession, {})).map((row) => plain(row))),
    brokerProofs: () =>
      orm.read(async (em) =>
        (await em.find(BrokerProof, {}, { orderBy: { verifiedAt: -1 }, limit: 50 })).map((row) => plain(row)),
      ),
    simulatedProofs: () =>
      orm.read(async (em) =>
        (await em.find(SimulatedProof, {}, { orderBy: { verifiedAt: -1 }, limit: 50 })).map((row) =>
          plain(row),
        ),
      ),
    modeHistory: (route: Route, limit: number) =>
      orm.read(async (em) => {
        const rows = await em.find(ModeChange, { route }, { orderBy: { at: -1, id: -1 }, limit })
        return rows.map(({ brokerProof, ...row }) => ({ ...row, brokerProofId: brokerProof?.id ?? null }))
      }),
    actorHealth: () =>
      orm.read(async (em) =>
        (await em.find(ActorHealth, {}, { orderBy: { path: 1 } })).map((row) => plain(row)),
      ),
    settings: () =>
      orm.read(async (em) => (await em.find(Setting, {}, { orderBy: { key: 1 } })).map((row) => plain(row))),
    saveSetting: (setting: Row.SettingRow) =>
      orm.write(async (em) => void (await em.upsert(Setting, setting))),
    stopLevel: () =>
      orm.read(async (em) => {
        const [row] = await em.find(StopLevel, {}, { orderBy: { id: -1 }, limit: 1 })
        return row === undefined ? undefined : plain(row, 'recordedAt')
      }),
    setStopLevel: (level: Omit<Row.StopLevelRow, 'id'>) =>
      orm.write(async (em) => {
        if ((await em.count(StopLevel, { commandId: level.commandId })) > 0) return false
        await em.insert(StopLevel, level)
        return true
      }),
  }
}

function marketReads(orm: Orm) {
  return {
    instruments: () =>
      orm.read(async (em) =>
        (await em.find(Instrument, {}, { orderBy: { position: 1 } })).map((row) => plain(row)),
      ),
    scanner: () => orm.read(async (em) => (await em.find(ScannerState, {})).map((row) => plain(row))),
    bars: ({ instrument, timeframe, before, limit }: BarRange) =>
      orm.read(async (em) => {
        const where = { instrument, timeframe, ...(before === undefined ? {} : { t: { $lt: before } }) }
        const rows = await em.find(BarRecord, where, { orderBy: { t: -1 }, limit })
        return rows.map((row) => plain(row)).reverse()
      }),
    signals: (instrument: string | undefined, limit: number) =>
      orm.read(async (em) => {
        const where = instrument === undefined ? {} : { instrument }
        return (await em.find(SignalRecord, where, { orderBy: { number: -1 }, limit })).map((row) =>
          plain(row),
        )
      }),
    signal: (id: string) =>
      orm.read(async (em) => {
        const row = await em.findOne(SignalRecord, { id })
        return row === null ? undefined : plain(row)
      }),
  }
}

function orderReads(orm: Orm) {
  return {
    decisions: (filter: DecisionFilter, limit: number) =>
      orm.read(async (em) => {
        const { before, verdict, ...equal } = filter
        const where = {
          ...equal,
          ...(before === undefined ? {} : { id: { $lt: before } }),
          ...(verdict === undefined ? {} : { passed: verdict === 'PERMITTED' }),
        }
        const rows = await em.find(Decision, where, { orderBy: { id: -1 }, limit })
        const intents = await em.find(Intent, { decisionId: { $in: rows.map((row) => row.id) } })
        return rows.map((row) =>
          decisionRecord(row, intents.find((each) => each.decisionId === row.id) ?? null),
        )
      }),
    decision: (id: number) =>
      orm.read(async (em) => {
        const row = await em.findOne(Decision, { id })
        if (row === null) return undefined
        return decisionRecord(row, await em.findOne(Intent, { decisionId: id }))
      }),
    orders: (route: Route, limit: number) =>
      orm.read(async (em) =>
        (await em.find(Order, { route }, { orderBy: { updatedAt: -1, id: -1 }, limit })).map((row) =>
          plain(row),
        ),
      ),
    fills: (route: Route, tradingDay: string | undefined, limit: number) =>
      orm.read(async (em) => {
        const where = { route, ...(tradingDay === undefined ? {} : { tradingDay }) }
        return (await em.find(Fill, where, { orderBy: { at: -1, id: -1 }, limit })).map((row) => plain(row))
      }),
    positions: (route: Route) =>
      orm.read(async (em) =>
        (await em.find(Position, { route, direction: { $ne: 0 } })).map((row) => plain(row)),
      ),
    protection: (route: Route) =>
      orm.read(async (em) => (await em.find(Protection, { route })).map((row) => plain(row))),
  }
}

const VERDICT_COLUMNS = ['p1', 'p2', 'p3', 'p4', 'p5'] as const
const KEY_COLUMNS = ['decision', 'gatePassed', 'createdAt'] as const

/** The phases say the five verdicts, and the intent its decision: what only the database needs stays there. */
function decisionRecord(
  row: InferEntity<typeof Decision>,
  intent: InferEntity<typeof Intent> | null,
): DecisionRecord {
  return {
    ...plain(row, ...VERDICT_COLUMNS),
    verdict: verdictOf(row.passed, intent),
    intent: intent === null ? null : plain(intent, ...KEY_COLUMNS),
  }
}

function verdictOf(
  passed: boolean,
  intent: { readonly life: Row.OrderLife } | null,
): DecisionRecord['verdict'] {
  if (!passed) return 'DENIED'
  return intent?.life === 'absent' ? 'EXPIRED' : 'PERMITTED'
}
