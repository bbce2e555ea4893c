import type { Bar, EpochMs, Route, Signal, Timeframe } from '../domain/index.ts'
import type { Fault, Result } from '../lib/index.ts'
import { done, map } from './faults.ts'
import { keepLatest } from './latest.ts'
import type * as Row from './rows.ts'
import { type Sql, openSql } from './sql.ts'
import { asParameter, insertInto, selectFrom, upsertInto } from './table.ts'
import * as Tables from './tables.ts'

/** Bars of one instrument and timeframe, in any order. */
export interface BarBatch {
  readonly instrument: string
  readonly timeframe: Timeframe
  readonly contractId: string | null
  readonly source: string
  readonly bars: readonly Bar[]
}

export type NewModeChange = Omit<Row.ModeChangeRow, 'id'>

/**
 * The journal's side of the database: what the market and the platform did, in batches. Every method may be repeated
 * with the same rows. Commits do not wait for the disk: what a power cut takes can be had again.
 */
export interface JournalStore {
  saveInstruments(rows: readonly Row.InstrumentRow[]): Promise<Result<void, Fault>>
  /** Answers with the number of bars that are new or changed. */
  saveBars(batches: readonly BarBatch[]): Promise<Result<number, Fault>>
  /** Each signal once, numbered in the order of arrival. */
  saveSignals(signals: readonly Signal[], seen: Row.Provenance): Promise<Result<void, Fault>>
  /** Within a run, a row with a lower `seq` than the one before changes nothing. */
  saveScanner(rows: readonly Row.ScannerStateRow[]): Promise<Result<void, Fault>>
  saveHealth(rows: readonly Row.ActorHealthRow[]): Promise<Result<void, Fault>>
  /** Refused for the verified label without a broker's proof that holds at that moment. */
  addModeChange(change: NewModeChange): Promise<Result<void, Fault>>
  lastModeChange(route: Route, accountId: string): Promise<Result<Row.ModeChangeRow | undefined, Fault>>
  /** When the newest stored bar opens, for going on from there. */
  newestBar(instrument: string, timeframe: Timeframe): Promise<Result<EpochMs | undefined, Fault>>
  close(): Promise<void>
}

const STATEMENT_MS_MAX = 15_000
const CONNECTIONS = 2
/** Keeps one statement near a hundredth of a second and its parameters below a megabyte. */
const BARS_A_STATEMENT_MAX = 2_000

const UPSERT_INSTRUMENT = upsertInto(Tables.INSTRUMENTS, { key: ['root'] })
const UPSERT_BARS = {
  name: 'upsert bars',
  text: `insert into bars (instrument, timeframe, contract_id, source, t, o, h, l, c, v)
    select $1, $2, $3, $4, to_timestamp(t / 1000.0), o, h, l, c, v
    from unnest($5::bigint[], $6::int[], $7::int[], $8::int[], $9::int[], $10::bigint[]) as each(t, o, h, l, c, v)
    on conflict (instrument, timeframe, t) do update
    set o = excluded.o, h = excluded.h, l = excluded.l, c = excluded.c, v = excluded.v,
        contract_id = excluded.contract_id, source = excluded.source
    where (bars.o, bars.h, bars.l, bars.c, bars.v, bars.contract_id, bars.source) is distinct from
          (excluded.o, excluded.h, excluded.l, excluded.c, excluded.v, excluded.contract_id, excluded.source)
    returning 1`,
}
const INSERT_SIGNALS = insertInto(
  Tables.SIGNALS,
  Tables.SIGNALS.columns.filter((each) => each !== 'number'),
  // A number is drawn for rows that are new alone, or telling a signal twice would leave holes.
  'as each where not exists (select from signals where signals.id = each.id) order by known_at, id on conflict (id) do nothing',
)
const INSERT_MODE = insertInto(
  Tables.MODE_HISTORY,
  Tables.MODE_HISTORY.columns.filter((each) => each !== 'id'),
)
const LAST_MODE = selectFrom(
  Tables.MODE_HISTORY,
  'last',
  'where route = $1 and account_id = $2 order by at desc, id desc limit 1',
)
const NEWEST_BAR = {
  name: 'newest bar',
  text: 'select max(t) as t from bars where instrument = $1 and timeframe = $2',
}

/** Opens the journal's store as the role of `url`. No query is sent yet. */
export function openJournalStore(url: string): JournalStore {
  const sql = openSql(url, {
    name: 'kael journal',
    connections: CONNECTIONS,
    statementMsMax: STATEMENT_MS_MAX,
    isDurable: false,
  })
  const scanner = keepLatest(sql, Tables.SCANNER_STATE, ['instrument'], 'excluded.seq >= scanner_state.seq')
  const health = keepLatest(
    sql,
    Tables.ACTOR_HEALTH,
    ['path'],
    'actor_health.as_of is null or excluded.as_of >= actor_health.as_of',
  )
  return {
    saveInstruments: (rows) => done(sql.write(UPSERT_INSTRUMENT, asParameter(Tables.INSTRUMENTS, rows))),
    saveBars: (batches) => saveBars(sql, batches),
    saveSignals: (signals, seen) =>
      done(
        sql.write(
          INSERT_SIGNALS,
          asParameter(
            Tables.SIGNALS,
            signals.map((each) => ({ ...each, ...seen })),
          ),
        ),
      ),
    saveScanner: (rows) => done(scanner.save(rows)),
    saveHealth: (rows) => done(health.save(rows)),
    addModeChange: (change) => done(sql.write(INSERT_MODE, asParameter(Tables.MODE_HISTORY, [change]))),
    lastModeChange: async (route, accountId) =>
      map(await sql.read<Row.ModeChangeRow & object>(LAST_MODE, [route, accountId]), ([row]) => row),
    newestBar: async (instrument, timeframe) =>
      map(
        await sql.read<{ t: EpochMs | null }>(NEWEST_BAR, [instrument, timeframe]),
        ([row]) => row?.t ?? undefined,
      ),
    close: () => sql.close(),
  }
}

/** All batches or none: a chart never shows half of an hour. */
function saveBars(sql: Sql, batches: readonly BarBatch[]): Promise<Result<number, Fault>> {
  return sql.transaction(async (session) => {
    let written = 0
    for (const { instrument, timeframe, contractId, source, bars } of batches) {
      const unique = newestOfEach(bars)
      for (let from = 0; from < unique.length; from += BARS_A_STATEMENT_MAX) {
        const part = unique.slice(from, from + BARS_A_STATEMENT_MAX)
        const column = (key: keyof Bar): number[] => part.map((bar) => bar[key])
        const values = [column('t'), column('o'), column('h'), column('l'), column('c'), column('v')]
        written += (await session.rows(UPSERT_BARS, [instrument, timeframe, contractId, source, ...values]))
          .length
      }
    }
    return written
  })
}

/** One statement may not touch a row twice: of two bars with one instant the later told stands. */
function newestOfEach(bars: readonly Bar[]): Bar[] {
  return [...new Map(bars.map((bar) => [bar.t, bar])).values()]
}
