/**
 * Reads of the gateway's REST endpoints: asked again when that is harmless, never believed when they are not whole.
 *
 * Orders do not pass through here: `order-client.ts` is the one file that can transmit them.
 */
import { type Fault, type Random, type Result, type Secret, failed, ok } from '../../lib/index.ts'
import type { EpochMs } from '../../domain/index.ts'
import type { Clock, Log, Pause, TokenSource } from '../port.ts'
import { instantOf } from './clock.ts'
import { type Endpoint, type GatewayRefusal, describeRefusal, refusalOf } from './errors.ts'
import type { Bucket, Priority } from './limiter.ts'
import type { HttpOutcome, HttpSend } from './transport.ts'
import { parseJson, parseText, parseWhole } from './values.ts'

type MutatingEndpoint =
  | '/api/Order/place'
  | '/api/Order/modify'
  | '/api/Order/cancel'
  | '/api/Position/closeContract'
  | '/api/Position/partialCloseContract'
type AuthEndpoint = '/api/Auth/loginKey' | '/api/Auth/validate'
export type ReadEndpoint = Exclude<Endpoint, MutatingEndpoint | AuthEndpoint>

/** What the parts of one connection to the gateway share. */
export interface GatewayLink {
  readonly send: HttpSend
  readonly clock: Clock
  /** Real time, for the waits between tries. */
  readonly pause: Pause
  readonly random: Random
  readonly general: Bucket
  readonly bars: Bucket
  readonly log: Log
}

/** The fields of a reply beside the envelope, unchecked. */
export type Fields = Readonly<Record<string, unknown>>

interface Reply {
  readonly fields: Fields
  /** Platform time at which the question went out. */
  readonly askedAt: EpochMs
}

export interface RestReader {
  read(endpoint: ReadEndpoint, body: Fields, priority: Priority): Promise<Result<Reply, Fault>>
}

const QUERY_TIMEOUT_MS = 5_000
/** One client saw a bars call hang; a full page is long. */
const BARS_TIMEOUT_MS = 20_000
const BYTES_MAX = 1024 * 1024
const BARS_BYTES_MAX = 8 * 1024 * 1024
const TRIES_MAX = 4
const BACK_OFF_MS = 250
const BACK_OFF_MS_MAX = 8_000

export function createRestReader(link: GatewayLink, tokens: TokenSource): RestReader {
  async function read(
    endpoint: ReadEndpoint,
    body: Fields,
    priority: Priority,
  ): Promise<Result<Reply, Fault>> {
    let hasReplacedToken = false
    for (let tries = 1; ; tries++) {
      const token = tokens.token()
      const reply = token === undefined ? noToken() : await ask(endpoint, body, priority, token)
      if (reply.ok) return reply

      const { error } = reply
      if (error.code === 'UNAUTHORISED' && !hasReplacedToken) {
        hasReplacedToken = true
        const replaced = await tokens.replace(token)
        if (!replaced.ok) return replaced
        continue
      }
      if (error.retry !== 'safe' || tries >= TRIES_MAX) return reply
      link.log('debug', 'read repeated', { endpoint, tries, code: error.code, detail: error.detail })
      await link.pause(backOffMs(tries, link.random))
    }
  }

  async function ask(
    endpoint: ReadEndpoint,
    body: Fields,
    priority: Priority,
    token: Secret,
  ): Promise<Result<Reply, Fault>> {
    const isBars = endpoint === '/api/History/retrieveBars'
    const bucket = isBars ? link.bars : link.general
    const turn = await bucket.take(priority)
    if (!turn.ok) return turn
    const askedAt = instantOf(link.clock)
    const outcome = await link.send({
      method: 'POST',
      path: endpoint,
      headers: headersOf(token),
      body: JSON.stringify(body),
      timeoutMs: isBars ? BARS_TIMEOUT_MS : QUERY_TIMEOUT_MS,
      bytesMax: isBars ? BARS_BYTES_MAX : BYTES_MAX,
    })
    if (outcome.kind === 'answered' && outcome.status === 429)
      bucket.penalise(outcome.retryAfter === undefined ? undefined : outcome.retryAfter * 1_000)

    const envelope = openEnvelope(endpoint, outcome)
    if (!envelope.ok) return envelope
    if (envelope.value.kind === 'refused') return failed(faultOfRefusal(envelope.value.refusal))
    return ok({ fields: envelope.value.fields, askedAt })
  }

  return { read }
}

export function headersOf(token: Secret | undefined): Readonly<Record<string, string>> {
  const plain = { Accept: 'application/json', 'Content-Type': 'application/json' }
  return token === undefined ? plain : { ...plain, Authorization: `Bearer ${token.reveal()}` }
}

export type Envelope<E extends Endpoint> =
  | { readonly kind: 'success'; readonly fields: Fields }
  | { readonly kind: 'refused'; readonly refusal: GatewayRefusal<E>; readonly fields: Fields }

/** The reply's envelope, or why there is none. Business failure is HTTP 200 with `success:false`. */
export function openEnvelope<E extends Endpoint>(
  endpoint: E,
  outcome: HttpOutcome,
): Result<Envelope<E>, Fault> {
  if (outcome.kind !== 'answered') {
    // A read that was lost on the way may be asked again; one whose reply is too long would be too long again.
    const retry = outcome.fault.code === 'MALFORMED' ? 'never' : 'safe'
    return failed({ ...outcome.fault, retry, detail: `${endpoint}: ${outcome.fault.detail}` })
  }
  if (outcome.status !== 200) return failed(faultOfStatus(endpoint, outcome.status, outcome.text))

  let fields: Fields
  try {
    const parsed = parseJson(outcome.text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      return failed(malformed(endpoint, 'a reply is a JSON object'))
    fields = parsed as Fields
  } catch {
    return failed(malformed(endpoint, `a reply is JSON, was ${JSON.stringify(outcome.text.slice(0, 40))}`))
  }

  const code = parseWhole(fields['errorCode'])
  if (typeof fields['success'] !== 'boolean' || code === undefined)
    return failed(malformed(endpoint, 'a reply has success and errorCode'))
  if (fields['success'] && code === 0) return ok({ kind: 'success', fields })
  if (fields['success']) return failed(malformed(endpoint, `success comes with code 0, was ${code}`))
  return ok({
    kind: 'refused',
    refusal: refusalOf(endpoint, code, parseText(fields['errorMessage'])),
    fields,
  })
}

export function malformed(endpoint: Endpoint, rule: string): Fault {
  return { code: 'MALFORMED', retry: 'never', detail: `${endpoint}: ${rule}` }
}

export function backOffMs(tries: number, random: Random): number {
  return Math.min(BACK_OFF_MS * 2 ** (tries - 1), BACK_OFF_MS_MAX) * (0.5 + random.next() / 2)
}

function noToken(): Result<never, Fault> {
  return failed({ code: 'UNAUTHORISED', retry: 'never', detail: 'not signed in' })
}

function faultOfStatus(endpoint: Endpoint, status: number, text: string): Fault {
  const detail = `${endpoint}: HTTP ${status}`
  if (status === 401) return { code: 'UNAUTHORISED', retry: 'never', detail }
  if (status === 429) return { code: 'RATE_LIMITED', retry: 'safe', detail }
  if (status >= 500) return { code: 'SERVER_ERROR', retry: 'safe', detail }
  if (status === 404) return { code: 'NOT_FOUND', retry: 'never', detail }
  if (status === 400)
    return { code: 'MALFORMED', retry: 'never', detail: `${detail} ${text.slice(0, 200)}`.trim() }
  if (status >= 300 && status < 400)
    return { code: 'MALFORMED', retry: 'never', detail: `${detail}: a redirect is not followed` }
  return { code: 'REFUSED', retry: 'never', detail }
}

function faultOfRefusal(refusal: GatewayRefusal): Fault {
  const code = refusal.name.endsWith('NotFound') ? 'NOT_FOUND' : 'REFUSED'
  return { code, retry: 'never', detail: describeRefusal(refusal) }
}
