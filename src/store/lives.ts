import type { EpochMs, Route } from '../domain/index.ts'
import { type Fault, type Result, failed, ok } from '../lib/index.ts'
import { map } from './faults.ts'
import type * as Row from './rows.ts'
import { type Sql, timestamp } from './sql.ts'
import { type Table, selectFrom } from './table.ts'

/** What is learnt with a move. What is left out stays. */
export interface LifeFacts {
  /** On the platform's clock. */
  readonly at: EpochMs
  readonly brokerOrderId?: string
  /** Contracts filled in all. */
  readonly filled?: number
  readonly reason?: string
}

type Answer<T> = Promise<Result<T, Fault>>

/** The lives of one kind of order: intents, or reductions. */
export interface Lives<Each> {
  /**
   * Moves on only from the state that the caller believes in. A move that was made already is no fault and moves
   * nothing; any other state, or a move that the life cycle does not have, is refused.
   */
  readonly move: (
    tag: string,
    from: Row.OrderLife,
    to: Row.OrderLife,
    facts: LifeFacts,
  ) => Answer<{ moved: boolean }>
  readonly byTag: (tag: string) => Answer<Each | undefined>
  readonly open: (accountId: string) => Answer<Each[]>
  readonly since: (accountId: string, since: EpochMs) => Answer<Each[]>
}

export function openLives<Each extends Row.IntentRow | Row.ReductionRow>(
  sql: Sql,
  table: Table<Each>,
  route: Route,
): Lives<Each> {
  const moveStatement = {
    name: `move ${table.name}`,
    text: `update ${table.name} set life = $4, moved_at = $5, broker_order_id = coalesce($6, broker_order_id),
             filled = coalesce($7, filled), reason = coalesce($8, reason)
           where route = $1 and tag = $2 and life = $3 returning tag`,
  }
  const byTagStatement = selectFrom(table, 'by tag', 'where route = $1 and tag = $2')
  const openStatement = selectFrom(
    table,
    'open',
    `where route = $1 and account_id = $2 and life in ('intent', 'sent', 'unknown', 'working', 'partial')
     order by intended_at, tag`,
  )
  const sinceStatement = selectFrom(
    table,
    'since',
    'where route = $1 and account_id = $2 and intended_at >= $3 order by intended_at, tag',
  )

  async function byTag(tag: string): Promise<Result<Each | undefined, Fault>> {
    return map(await sql.read<Each>(byTagStatement, [route, tag]), ([row]) => row)
  }

  return {
    async move(tag, from, to, facts) {
      const { at, brokerOrderId = null, filled = null, reason = null } = facts
      const values = [route, tag, from, to, timestamp(at), brokerOrderId, filled, reason]
      const written = await sql.write(moveStatement, values)
      if (!written.ok) return written
      if (written.value.length > 0) return ok({ moved: true })
      const found = await byTag(tag)
      if (!found.ok) return found
      if (found.value?.life === to) return ok({ moved: false })
      const is = found.value === undefined ? 'not known' : `${found.value.life}, not ${from}`
      return failed({ code: 'REFUSED', retry: 'never', detail: `order ${tag} is ${is}: no move to ${to}` })
    },
    byTag,
    open: (accountId) => sql.read<Each>(openStatement, [route, accountId]),
    since: (accountId, since) => sql.read<Each>(sinceStatement, [route, accountId, timestamp(since)]),
  }
}
