import type { JsonObject } from '../wire.ts'

/** What a field of a request must be. A trailing `?` may be null or absent. */
export type FieldKind =
  | 'int'
  | 'int?'
  | 'number?'
  | 'string'
  | 'string?'
  | 'boolean'
  | 'boolean?'
  | 'bracket?'
  | 'object'
  | 'ints?'

export type Fields = Readonly<Record<string, FieldKind>>

export type Bound =
  | { readonly ok: true; readonly body: BoundBody }
  | { readonly ok: false; readonly problem: JsonObject }

/** A body whose fields are known to be of their kinds. Names are those of `Fields`, whatever case was sent. */
export interface BoundBody {
  int(name: string): number
  intOrNull(name: string): number | null
  numberOrNull(name: string): number | null
  string(name: string): string
  stringOrNull(name: string): string | null
  boolean(name: string): boolean
  bracketOrNull(name: string): { readonly ticks: number; readonly type: number } | null
  object(name: string): unknown
  intsOrNull(name: string): readonly number[] | null
}

/** Model binding as ASP.NET does it: names in any case, unknown fields ignored, the first kind of fault is a 400. */
export function bind(json: unknown, fields: Fields): Bound {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { ok: false, problem: problemOf({ $: ['The JSON value could not be converted to an object.'] }) }
  const given = new Map(Object.entries(json).map(([name, value]) => [name.toLowerCase(), value as unknown]))
  const values = new Map<string, unknown>()
  const errors: Record<string, readonly string[]> = {}
  for (const [name, kind] of Object.entries(fields)) {
    const value = given.get(name.toLowerCase())
    const isAbsent = value === undefined || value === null
    if (isAbsent && kind.endsWith('?')) continue
    if (isAbsent) errors[name] = [`The ${name} field is required.`]
    else if (!isOf(kind, value)) errors[`$.${name}`] = [`The JSON value could not be converted to ${kind}.`]
    else values.set(name, value)
  }
  if (Object.keys(errors).length > 0) return { ok: false, problem: problemOf(errors) }
  return { ok: true, body: bodyOf(values) }
}

/** ASP.NET's problem details for a body that could not be bound. */
export function problemOf(errors: Readonly<Record<string, readonly string[]>>): JsonObject {
  return {
    type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
    title: 'One or more validation errors occurred.',
    status: 400,
    errors: errors,
    traceId: '00-00000000000000000000000000000000-0000000000000000-00',
  }
}

function isOf(kind: FieldKind, value: unknown): boolean {
  switch (kind) {
    case 'int':
    case 'int?':
      return Number.isSafeInteger(value)
    case 'number?':
      return Number.isFinite(value)
    case 'string':
    case 'string?':
      return typeof value === 'string'
    case 'boolean':
    case 'boolean?':
      return typeof value === 'boolean'
    case 'object':
      return typeof value === 'object' && !Array.isArray(value)
    case 'ints?':
      return Array.isArray(value) && value.every(Number.isSafeInteger)
    case 'bracket?': {
      const bracket = bind(value, { ticks: 'int', type: 'int' })
      return bracket.ok
    }
    default:
      return false
  }
}

function bodyOf(values: ReadonlyMap<string, unknown>): BoundBody {
  // The kinds were checked above; a name that was not declared is a defect and reads as absent.
  const read = (name: string): unknown => values.get(name) ?? null
  return {
    int: (name) => (read(name) as number | null) ?? 0,
    intOrNull: (name) => read(name) as number | null,
    numberOrNull: (name) => read(name) as number | null,
    string: (name) => (read(name) as string | null) ?? '',
    stringOrNull: (name) => read(name) as string | null,
    boolean: (name) => (read(name) as boolean | null) ?? false,
    object: read,
    intsOrNull: (name) => read(name) as readonly number[] | null,
    bracketOrNull(name) {
      const value = values.get(name)
      if (value === undefined) return null
      const bracket = bind(value, { ticks: 'int', type: 'int' })
      return bracket.ok ? { ticks: bracket.body.int('ticks'), type: bracket.body.int('type') } : null
    },
  }
}
