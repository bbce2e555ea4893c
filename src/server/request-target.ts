import { type Result, failed, ok } from '../lib/index.ts'

export interface Target {
  /** Starts with a slash; one spelling a path, percent escapes as they came. */
  readonly path: string
  /** With its question mark, or empty. */
  readonly query: string
}

/** Longer than any address of ours. */
const TARGET_CHARS_MAX = 2_048

/** The characters that RFC 3986 lets stand in a path segment, beside percent escapes. */
const SEGMENT = /^[\w.~!$&'()*+,;=:@-]+$/

/** What needs no escape and so has no second spelling. */
const UNRESERVED = /^[\w.~-]$/

/**
 * The one place where a request's address is read, for HTTP and for the stream alike. It does not repair: an address
 * with a second spelling (`//`, `/../`, `%2e`, `%2f`, `\`, double escapes, NUL) is refused, so nothing behind it can
 * read the path in another way than the check in front did.
 *
 * Refuses with the rule that was broken.
 */
export function readTarget(raw: string): Result<Target, string> {
  if (raw.length > TARGET_CHARS_MAX) return failed(`an address has at most ${TARGET_CHARS_MAX} characters`)
  if (!raw.startsWith('/')) return failed('an address starts with a slash')
  if (!/^[\x21-\x7e]*$/.test(raw)) return failed('an address is printable ASCII')
  if (/[\\#]/.test(raw)) return failed('an address has neither a backslash nor a fragment')

  const mark = raw.indexOf('?')
  const path = mark === -1 ? raw : raw.slice(0, mark)
  const query = mark === -1 ? '' : raw.slice(mark)
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isEnd = index === segments.length - 1
    // `/` alone ends in an empty segment; any other empty one is a doubled or a trailing slash.
    if (segment === '' && isEnd && index === 0) continue
    const broken = faultOfSegment(segment)
    if (broken !== undefined) return failed(broken)
  }
  return ok({ path, query })
}

function faultOfSegment(segment: string): string | undefined {
  if (segment === '') return 'a path has no empty segment'
  if (segment === '.' || segment === '..') return 'a path has no dot segment'
  const bare = segment.replaceAll(/%[\dA-Fa-f]{2}/g, '')
  if (bare !== '' && !SEGMENT.test(bare)) return 'a path has only characters that an address may have'

  for (const [escape] of segment.matchAll(/%[\dA-Fa-f]{2}/g)) {
    const code = Number.parseInt(escape.slice(1), 16)
    const character = String.fromCodePoint(code)
    if (code < 0x20 || code === 0x7f) return 'a path hides no control character'
    if ('/\\%'.includes(character)) return 'a path hides no separator and no second escape'
    if (UNRESERVED.test(character)) return 'a path escapes nothing that needs no escape'
  }
  return isUtf8(segment) ? undefined : 'a path is UTF-8'
}

function isUtf8(segment: string): boolean {
  try {
    decodeURIComponent(segment)
    return true
  } catch {
    return false
  }
}
