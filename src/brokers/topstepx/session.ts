/** Login by API key, and the renewal of the token long before it ends. */
import { type EpochMs, epochMs } from '../../domain/index.ts'
import { type Fault, type Result, Secret, failed, ok } from '../../lib/index.ts'
import type { BrokerSession, Cancel, SignedIn } from '../port.ts'
import { instantOf } from './clock.ts'
import { type GatewayRefusal, LOGIN_REFUSALS } from './errors.ts'
import { type GatewayLink, backOffMs, headersOf, malformed, openEnvelope } from './rest.ts'
import { parseWhole } from './values.ts'

export interface SessionOptions {
  readonly link: GatewayLink
  /** What the trader types to sign in; any text, trimmed. Never judged by its form. */
  readonly userName: string
  readonly apiKey: Secret
}

const LOGIN_TIMEOUT_MS = 10_000
const REPLY_BYTES_MAX = 64 * 1024
const TOKEN_LIFE_MS = 24 * 3_600_000
/** Renewal falls somewhere in this part of the life. */
const RENEW_FROM = 0.5
const RENEW_TO = 0.9
const LOGIN_TRIES_MAX = 4
/** Platform time between renewals that found nobody. */
const RENEW_AGAIN_MS = 60_000

export function createSession({ link, userName, apiKey }: SessionOptions): BrokerSession {
  const listeners = new Set<(signedIn: SignedIn) => void>()
  let current: SignedIn | undefined
  let validatedAt: EpochMs | undefined
  let underWay: Promise<Result<SignedIn, Fault>> | undefined
  /** A refusal stands until the process gets another key: no storm of logins. */
  let refusedForGood: Fault | undefined
  let timer: Cancel | undefined
  let isClosed = false

  /** One at a time: who comes while it runs shares its result. */
  function single(run: () => Promise<Result<SignedIn, Fault>>): Promise<Result<SignedIn, Fault>> {
    underWay ??= run().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  async function logIn(): Promise<Result<SignedIn, Fault>> {
    if (refusedForGood !== undefined) return failed(refusedForGood)
    for (let tries = 1; ; tries++) {
      const result = await tryLogin()
      if (result.ok || result.error.retry !== 'safe' || tries >= LOGIN_TRIES_MAX) return result
      await link.pause(backOffMs(tries, link.random))
    }
  }

  async function tryLogin(): Promise<Result<SignedIn, Fault>> {
    const turn = await link.general.take('protect')
    if (!turn.ok) return turn
    const askedAt = instantOf(link.clock)
    const outcome = await link.send({
      method: 'POST',
      path: '/api/Auth/loginKey',
      headers: headersOf(undefined),
      body: JSON.stringify({ userName: userName.trim(), apiKey: apiKey.reveal() }),
      timeoutMs: LOGIN_TIMEOUT_MS,
      bytesMax: REPLY_BYTES_MAX,
    })
    const envelope = openEnvelope('/api/Auth/loginKey', outcome)
    if (!envelope.ok) return envelope
    if (envelope.value.kind === 'refused') {
      refusedForGood = faultOfLogin(envelope.value.refusal)
      link.log('warn', 'login refused', { code: envelope.value.refusal.code })
      return failed(refusedForGood)
    }
    const token = parseToken(envelope.value.fields['token'])
    if (token === undefined) return failed(malformed('/api/Auth/loginKey', 'success comes with a token'))
    return ok(accept(new Secret(token), askedAt))
  }

  async function validate(held: SignedIn): Promise<Result<SignedIn, Fault>> {
    const turn = await link.general.take('protect')
    if (!turn.ok) return turn
    const askedAt = instantOf(link.clock)
    const outcome = await link.send({
      method: 'POST',
      path: '/api/Auth/validate',
      headers: headersOf(held.token),
      body: undefined,
      timeoutMs: LOGIN_TIMEOUT_MS,
      bytesMax: REPLY_BYTES_MAX,
    })
    const envelope = openEnvelope('/api/Auth/validate', outcome)
    if (!envelope.ok) return envelope.error.code === 'UNAUTHORISED' ? logIn() : envelope
    if (envelope.value.kind === 'refused') return logIn()
    validatedAt = askedAt
    // The new token may be missing or null: then the old one goes on.
    const token = parseToken(envelope.value.fields['newToken'])
    return ok(token === undefined ? held : accept(new Secret(token), askedAt))
  }

  async function renew(): Promise<Result<SignedIn, Fault>> {
    const held = current
    const result = await (held === undefined ? logIn() : validate(held))
    schedule(result.ok ? undefined : RENEW_AGAIN_MS)
    return result
  }

  function accept(token: Secret, askedAt: EpochMs): SignedIn {
    current = { token, issuedAt: askedAt, expiresAt: epochMs(askedAt + lifeOf(token)) }
    validatedAt = current.issuedAt
    schedule(undefined)
    for (const listener of listeners) listener(current)
    return current
  }

  function schedule(inMs: number | undefined): void {
    timer?.()
    timer = undefined
    if (isClosed || current === undefined || refusedForGood !== undefined) return
    const life = current.expiresAt - current.issuedAt
    const due = current.issuedAt + life * (RENEW_FROM + (RENEW_TO - RENEW_FROM) * link.random.next())
    const wait = inMs ?? Math.max(due - link.clock.now(), RENEW_AGAIN_MS)
    timer = link.clock.timeout(Math.max(1, Math.round(wait)), () => void single(renew))
  }

  return {
    token: () => current?.token,
    signedIn: () => current,
    validatedAt: () => validatedAt,
    login: () => single(logIn),
    renew: () => single(renew),
    async replace(refused) {
      // Somebody else may have replaced it already.
      if (current !== undefined && (refused === undefined || !current.token.equals(refused)))
        return ok(current.token)
      const result = await single(logIn)
      return result.ok ? ok(result.value.token) : result
    },
    onToken(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      isClosed = true
      timer?.()
    },
  }
}

function faultOfLogin(refusal: GatewayRefusal<'/api/Auth/loginKey'>): Fault {
  const ours =
    refusal.name === 'unknown'
      ? `The broker refused the login with the unknown code ${refusal.code}.`
      : LOGIN_REFUSALS[refusal.name]
  const theirs = refusal.text === undefined ? '' : ` The broker says: ${refusal.text}`
  return { code: 'LOGIN_REFUSED', retry: 'never', detail: `${ours}${theirs}` }
}

/** Text that can stand in a header; anything else would break the next request and not this one. */
function parseToken(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value) ? value : undefined
}

/** The token's own `exp` less `iat` in milliseconds, when it tells and is sane; else the broker's stated 24 hours. */
function lifeOf(token: Secret): number {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString('utf8'),
    )
    if (typeof claims !== 'object' || claims === null) return TOKEN_LIFE_MS
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown }
    const life = ((parseWhole(exp) ?? 0) - (parseWhole(iat) ?? 0)) * 1_000
    return parseWhole(iat) !== undefined && life >= 60_000 && life <= 7 * TOKEN_LIFE_MS ? life : TOKEN_LIFE_MS
  } catch {
    // No JWT that we can read: its claims were only ever a hint.
    return TOKEN_LIFE_MS
  }
}
