import type { EpochMs } from '../domain/index.ts'
import type { DataState, SettingRow } from '../store/index.ts'
import { type Shown, unknown } from '../wire/index.ts'
import type { DashboardRows, LiveQuote } from './rows.ts'

/** A row that says where it is from, as of when and in what state. */
interface SourcedRow {
  readonly source: string
  readonly asOf: EpochMs | null
  readonly state: DataState
  readonly route?: string
}

/** The value of a row in its envelope. Everything of a route that is no broker is simulated. */
export function shownOf<T>(row: SourcedRow, value: T, isSimulated = isSimulatedRow(row)): Shown<T> {
  const reason = row.state === 'current' || row.state === 'closed' ? {} : { why: row.state }
  return {
    value: row.state === 'unknown' ? null : value,
    source: row.source,
    asOf: row.asOf,
    seq: null,
    state: row.state,
    isSimulated,
    ...reason,
  }
}

export function shownQuote(quote: LiveQuote | undefined, isSimulated: boolean): Shown<number> {
  if (quote?.last === undefined) return unknown('feed', 'no print since the start', isSimulated)
  return shownOf(
    { source: quote.source, asOf: quote.at ?? null, state: quote.state },
    quote.last,
    isSimulated,
  )
}

export function isSimulated({ account }: Pick<DashboardRows, 'account'>): boolean {
  return account?.route !== 'broker'
}

export function settingOf<T>(
  rows: DashboardRows,
  key: string,
  read: (value: unknown) => T | undefined,
): Setting<T> {
  const row = rows.settings.find((each) => each.key === key)
  const value = row === undefined ? undefined : read(row.value)
  return row === undefined || value === undefined ? undefined : { row, value }
}

export type Setting<T> = { readonly row: SettingRow; readonly value: T } | undefined

/** A member of a stored JSON object, when it is a finite number. */
export function numberIn(value: unknown, key: string): number | undefined {
  const member = memberOf(value, key)
  return typeof member === 'number' && Number.isFinite(member) ? member : undefined
}

export function textIn(value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' ? member : undefined
}

export function flagIn(value: unknown, key: string): boolean | undefined {
  const member = memberOf(value, key)
  return typeof member === 'boolean' ? member : undefined
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
}

function isSimulatedRow(row: SourcedRow): boolean {
  return row.route !== undefined && row.route !== 'broker'
}
