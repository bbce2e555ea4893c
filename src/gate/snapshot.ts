const DEPTH_MAX = 8
const LENGTH_MAX = 2_000

/**
 * A frozen copy of plain data in which every property was read exactly once: what changes between two reads
 * cannot pass one check and fail the next. Undefined for anything that is not plain data, is too deep or too long.
 */
export function frozenCopy<T>(value: T): T | undefined {
  try {
    const copied = copy(value, 0)
    return copied === REFUSED ? undefined : (copied as T)
  } catch {
    // A getter or a proxy that throws is not plain data. Nothing of ours runs in here.
    return undefined
  }
}

const REFUSED = Symbol('refused')

function copy(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'undefined') return value
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value !== 'object' || depth > DEPTH_MAX) return REFUSED
  return Array.isArray(value) ? copyArray(value, depth) : copyRecord(value, depth)
}

function copyArray(values: readonly unknown[], depth: number): unknown {
  const length = values.length
  if (!(length <= LENGTH_MAX)) return REFUSED
  const out: unknown[] = []
  for (let i = 0; i < length; i++) {
    const copied = copy(values[i], depth + 1)
    if (copied === REFUSED) return REFUSED
    out.push(copied)
  }
  return Object.freeze(out)
}

function copyRecord(value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return REFUSED
  const keys = Object.keys(value)
  if (keys.length > LENGTH_MAX) return REFUSED
  const out: Record<string, unknown> = {}
  for (const key of keys) {
    if (key === '__proto__') return REFUSED
    const copied = copy((value as Readonly<Record<string, unknown>>)[key], depth + 1)
    if (copied === REFUSED) return REFUSED
    out[key] = copied
  }
  return Object.freeze(out)
}
