import { type Result, failed, ok } from '../lib/index.ts'

/** Most bytes of a request body or a message on the stream. */
export const JSON_BYTES_MAX = 64 * 1_024
const DEPTH_MAX = 32
const KEYS_MAX = 10_000
/** Names that reach an object's prototype when somebody copies keys without care. */
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** JSON text as a value that is safe to walk, or the rule that it breaks. The caller has checked its size. */
export function parseJson(text: string): Result<unknown, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return failed('the text is JSON')
  }
  const broken = faultOf(value)
  return broken === undefined ? ok(value) : failed(broken)
}

function faultOf(value: unknown): string | undefined {
  let keys = 0
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) return 'every number is finite'
    if (typeof next.value !== 'object' || next.value === null) continue
    if (next.depth > DEPTH_MAX) return `it nests at most ${DEPTH_MAX} deep`
    for (const [key, inner] of Object.entries(next.value)) {
      if (++keys > KEYS_MAX) return `it has at most ${KEYS_MAX} keys`
      if (REFUSED_KEYS.has(key)) return `no key is called ${key}`
      open.push({ value: inner, depth: next.depth + 1 })
    }
  }
  return undefined
}
