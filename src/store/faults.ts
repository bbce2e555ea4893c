import { DatabaseError } from 'pg'
import { type Fault, type Result, failed, ok } from '../lib/index.ts'

/** SQLSTATE of our own rules in the database. */
const RULE_REFUSED = 'KL001'
/** Integrity rules: not null, foreign key, unique, check. */
const INTEGRITY = /^23/
const CONNECTION = /^(08|57P0[1-5]$)/
/** No room, no memory, too many connections; a read-only server. */
const RESOURCES = /^(53|58|25006$)/
const CANCELLED = '57014'
/** Serialization failure and deadlock: the whole transaction may be done again. */
export const REPEATABLE = /^40(001|P01)$/

/** Words of the driver for a connection that is not there; it throws plain errors then. */
const LOST =
  /terminat|ECONN|EPIPE|ETIMEDOUT|timeout expired|timeout exceeded|not queryable|Connection ended|socket/i

/**
 * What went wrong outside, as data. `isWrite` says whether the work may have been done before the link was lost:
 * then it has to be read again before it is repeated. A broken statement or a missing right is a defect of ours
 * and is undefined here: it is thrown on.
 */
function faultOf(error: unknown, isWrite: boolean): Fault | undefined {
  // The ORM adds the failing row to the message: it may hold what is in no log.
  const [detail = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  const afterLoss = isWrite ? 'afterReconcile' : 'safe'
  const code = sqlStateOf(error)
  if (code === undefined)
    return LOST.test(detail) || hasNetworkCode(error)
      ? { code: 'DISCONNECTED', retry: afterLoss, detail: `database: ${detail || 'no connection'}` }
      : undefined
  if (code === RULE_REFUSED || INTEGRITY.test(code)) return { code: 'REFUSED', retry: 'never', detail }
  if (code === CANCELLED) return { code: 'TIMEOUT', retry: 'safe', detail: `database: ${detail}` }
  if (CONNECTION.test(code)) return { code: 'DISCONNECTED', retry: afterLoss, detail: `database: ${detail}` }
  if (RESOURCES.test(code) || REPEATABLE.test(code))
    return { code: 'SERVER_ERROR', retry: 'safe', detail: `database: ${detail}` }
  return undefined
}

/** The value, or the fault that kept it away. Defects go through. */
export async function guarded<T>(work: () => Promise<T>, isWrite: boolean): Promise<Result<T, Fault>> {
  try {
    return ok(await work())
  } catch (error) {
    const fault = faultOf(error, isWrite)
    if (fault === undefined) throw error
    return failed(fault)
  }
}

/** What becomes of the value; a fault stays as it is. */
export function map<From, To>(result: Result<From, Fault>, change: (value: From) => To): Result<To, Fault> {
  return result.ok ? ok(change(result.value)) : result
}

/** True when a row came back. */
export async function any(rows: Promise<Result<readonly unknown[], Fault>>): Promise<Result<boolean, Fault>> {
  return map(await rows, (found) => found.length > 0)
}

export async function done(rows: Promise<Result<unknown, Fault>>): Promise<Result<void, Fault>> {
  return map(await rows, () => undefined)
}

/** Also of an error that the ORM has wrapped: it copies the server's fields. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DatabaseError) return error.code
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^[0-9A-Z]{5}$/.test(error.code) && !error.code.startsWith('E') ? error.code : undefined
}

/** Happy-eyeballs failures have no message of their own, only a code. */
function hasNetworkCode(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^E[A-Z]+$/.test(error.code)
  )
}
