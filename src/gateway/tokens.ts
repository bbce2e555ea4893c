import { createHmac, timingSafeEqual } from 'node:crypto'

/** Logins of one user. A token says itself what it is, so a gateway that comes back still knows it. */
export interface Tokens {
  issue(now: number): string
  /** Whether it opens anything at an instant. */
  check(token: string | undefined, now: number): TokenState
  revoke(token: string): void
  /** Tokens that were logged out, for the state file. */
  readonly revoked: ReadonlySet<string>
  readonly issued: number
}

export type TokenState = 'valid' | 'expired' | 'unknown'

/** Stated by the documentation: 24 hours, here of the simulated clock. */
const TOKEN_LIFE_MS = 24 * 3_600_000

export function createTokens(
  seed: string,
  userName: string,
  from: { issued: number; revoked: readonly string[] } = { issued: 0, revoked: [] },
): Tokens {
  const revoked = new Set(from.revoked)
  let issued = from.issued
  const sign = (text: string): string =>
    createHmac('sha256', `kael gateway ${seed}`).update(text).digest('base64url')

  return {
    revoked,
    get issued() {
      return issued
    },
    issue(now) {
      issued++
      const seconds = Math.floor(now / 1_000)
      const claims = { sub: userName, iat: seconds, exp: seconds + TOKEN_LIFE_MS / 1_000, jti: issued }
      const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
      return `${text}.${sign(text)}`
    },
    check(token, now) {
      if (token === undefined) return 'unknown'
      const end = token.lastIndexOf('.')
      const text = token.slice(0, end)
      if (end < 0 || !isSame(sign(text), token.slice(end + 1)) || revoked.has(token)) return 'unknown'
      const expires = expiryOf(text)
      return expires !== undefined && now < expires ? 'valid' : 'expired'
    },
    revoke(token) {
      revoked.add(token)
    },
  }
}

/** The key that opens a simulated gateway: the same for the same seed, so that a drill can be repeated. */
export function apiKeyOf(seed: string): string {
  return createHmac('sha256', 'kael gateway api key').update(seed).digest('base64')
}

export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** Only asked of texts that we signed ourselves. */
function expiryOf(text: string): number | undefined {
  const claims: unknown = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
  if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined
  return typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined
}
