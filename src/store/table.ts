import type { Statement } from './sql.ts'

/**
 * Statements of one table, made from its list of columns. Rows go in as one JSON parameter, whatever their number:
 * no value is ever part of a statement's text. Property `brokerOrderId` is column `broker_order_id`.
 */
export interface Table<Row> {
  readonly name: string
  readonly columns: readonly (keyof Row & string)[]
  /** Those of them that are instants. */
  readonly instants: readonly (keyof Row & string)[]
}

/** `insert` of these columns; `rest` is what follows. */
export function insertInto<Row>(
  table: Table<Row>,
  columns: readonly (keyof Row & string)[],
  rest = '',
): Statement {
  const names = columns.map(columnOf).join(', ')
  return {
    name: `insert ${table.name}`,
    text:
      `insert into ${table.name} (${names}) ` +
      `select ${names} from jsonb_populate_recordset(null::${table.name}, $1) ${rest}`,
  }
}

export interface Upsert<Row> {
  readonly key: readonly (keyof Row & string)[]
  /** All of the table's where left out. */
  readonly columns?: readonly (keyof Row & string)[]
  /** What has to hold for a row that is there to be replaced, by `excluded`. */
  readonly when?: string
  /** Property that is handed back; the first of the key where left out. */
  readonly returning?: keyof Row & string
}

/** Insert, or replace the row with that key. Hands back one row for each row written. */
export function upsertInto<Row>(table: Table<Row>, upsert: Upsert<Row>): Statement {
  const { key, columns = table.columns, when } = upsert
  const changes = columns
    .filter((each) => !key.includes(each))
    .map((each) => `${columnOf(each)} = excluded.${columnOf(each)}`)
  const returned = [upsert.returning ?? key[0]].filter((each) => each !== undefined)
  return insertInto(
    table,
    columns,
    `on conflict (${key.map(columnOf).join(', ')}) do update set ${changes.join(', ')} ` +
      `${when === undefined ? '' : `where ${when}`} returning ${selectList(table, returned)}`,
  )
}

/** `select` of all columns under their property names; `rest` is what follows the table. */
export function selectFrom<Row>(table: Table<Row>, name: string, rest: string): Statement {
  return {
    name: `select ${table.name} ${name}`,
    text: `select ${selectList(table, table.columns)} from ${table.name} ${rest}`,
  }
}

/** Rows as the one parameter of `insertInto` and `upsertInto`. */
export function asParameter<Row extends object>(table: Table<Row>, rows: readonly Partial<Row>[]): [string] {
  return [JSON.stringify(rows.map((row) => toColumns(table, row)))]
}

function selectList<Row>(table: Table<Row>, columns: readonly (keyof Row & string)[]): string {
  return columns.map((each) => `${table.name}.${columnOf(each)} as "${each}"`).join(', ')
}

function toColumns<Row extends object>(table: Table<Row>, row: Partial<Row>): Record<string, unknown> {
  const columns: Record<string, unknown> = {}
  for (const each of table.columns) {
    const value: unknown = row[each]
    const isInstant = table.instants.includes(each) && typeof value === 'number'
    columns[snakeCase(each)] = isInstant ? new Date(value).toISOString() : value
  }
  return columns
}

/** Quoted: `of`, `by` and `at` are words of the language as well. */
function columnOf(property: string): string {
  return `"${snakeCase(property)}"`
}

function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
