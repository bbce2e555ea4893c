import { Pool, type PoolClient, type QueryResultRow, types } from 'pg'
import type { EpochMs } from '../domain/index.ts'
import { type Fault, type Result, invariant } from '../lib/index.ts'
import { REPEATABLE, guarded, sqlStateOf } from './faults.ts'

/** A statement with its name: the server plans it once a connection. Values are parameters, never text. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** Runs statements; numbers are numbers, instants are epoch milliseconds. */
interface Session {
  rows<Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}

export interface Sql {
  read<Row extends QueryResultRow>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<Result<Row[], Fault>>
  write<Row extends QueryResultRow>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<Result<Row[], Fault>>
  /** All or nothing. Repeated as a whole, a few times, when the server found it in the way of another. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<Result<T, Fault>>
  close(): Promise<void>
}

export interface SqlOptions {
  readonly name: string
  readonly connections: number
  readonly statementMsMax: number
  /** False where rows can be had again: their commit does not wait for the disk. */
  readonly isDurable: boolean
}

const CONNECT_MS_MAX = 3_000
const TRANSACTION_TRIES_MAX = 3
const INT8 = 20
const DATE = 1082
const TIMESTAMPTZ = 1184

/** A pool that makes a new connection when one was lost. Errors are faults in the results; defects are thrown. */
export function openSql(url: string, options: SqlOptions): Sql {
  const pool = new Pool({
    connectionString: url,
    application_name: options.name,
    max: options.connections,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: options.statementMsMax,
    idle_in_transaction_session_timeout: options.statementMsMax * 5,
    keepAlive: true,
    ...(options.isDurable ? {} : { options: '-c synchronous_commit=off' }),
    types: { getTypeParser },
  })
  // An idle connection that dies is replaced at the next query, which reports the fault if there is one.
  pool.on('error', () => {})
  return {
    read: (statement, values) => guarded(() => sessionOf(pool).rows(statement, values), false),
    write: (statement, values) => guarded(() => sessionOf(pool).rows(statement, values), true),
    transaction: (work) => guarded(() => inTransaction(pool, work), true),
    close: () => pool.end(),
  }
}

function sessionOf(on: Pool | PoolClient): Session {
  return {
    rows: async <Row extends QueryResultRow>(statement: Statement, values: readonly unknown[] = []) =>
      (await on.query<Row>({ name: statement.name, text: statement.text, values: [...values] })).rows,
  }
}

async function inTransaction<T>(pool: Pool, work: (session: Session) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const value = await work(sessionOf(client))
      await client.query('commit')
      client.release()
      return value
    } catch (error) {
      // A connection that cannot even roll back is thrown away.
      const broken = await client.query('rollback').then(
        () => false,
        () => true,
      )
      client.release(broken)
      if (tries >= TRANSACTION_TRIES_MAX || !REPEATABLE.test(sqlStateOf(error) ?? '')) throw error
    }
  }
}

const parsers = new Map<number, (text: string) => unknown>([
  [INT8, wholeNumber],
  [TIMESTAMPTZ, (text) => Date.parse(text)],
  [DATE, (text) => text],
])

function getTypeParser(oid: number): (value: string) => unknown {
  return parsers.get(oid) ?? types.getTypeParser(oid, 'text')
}

function wholeNumber(text: string): number {
  const value = Number(text)
  invariant(Number.isSafeInteger(value), `a stored number is exact below 2^53, was ${text}`)
  return value
}

/** For instants in parameters. */
export function timestamp(at: EpochMs): string {
  return new Date(at).toISOString()
}
