import type { Fault, Result } from '../lib/index.ts'
import { map } from './faults.ts'
import type { Sql } from './sql.ts'
import { type Table, asParameter, upsertInto } from './table.ts'

/** Rows of which only the latest is kept: one a key. */
export interface Latest<Row> {
  /**
   * Answers with the number of rows that were news. The first row that a run writes for a key replaces whatever an
   * earlier run left, whose count or clock may have been ahead; after that only what is not older replaces it.
   */
  readonly save: (rows: readonly Row[]) => Promise<Result<number, Fault>>
}

export function keepLatest<Row extends object>(
  sql: Sql,
  table: Table<Row>,
  key: readonly (keyof Row & string)[],
  notOlder: string,
): Latest<Row> {
  const guarded = upsertInto(table, { key, when: notOlder })
  const unguarded = { ...upsertInto(table, { key }), name: `first ${table.name}` }
  const written = new Set<string>()
  const keyOf = (row: Row): string => JSON.stringify(key.map((each) => row[each]))

  return {
    async save(rows) {
      // One statement may not touch a row twice: of two with one key the later told stands.
      const unique = [...new Map(rows.map((row) => [keyOf(row), row])).values()]
      const first = unique.filter((row) => !written.has(keyOf(row)))
      const later = unique.filter((row) => written.has(keyOf(row)))
      // Before the first is on disk, a second for the same key has to be compared with it.
      for (const row of first) written.add(keyOf(row))
      const reply = await sql.transaction(async (session) => {
        const begun = first.length === 0 ? [] : await session.rows(unguarded, asParameter(table, first))
        const gone = later.length === 0 ? [] : await session.rows(guarded, asParameter(table, later))
        return begun.length + gone.length
      })
      if (!reply.ok) for (const row of first) written.delete(keyOf(row))
      return map(reply, (count) => count)
    },
  }
}
