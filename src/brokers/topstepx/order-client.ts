/**
 * The one file that can transmit orders. Each request goes out once: what is not proven to be refused or never
 * sent is `unknown`, and reconciliation finds out, never a second try.
 */
import {
  type BracketOrder,
  type Instrument,
  type Ticks,
  bracketDistances,
  priceOf,
} from '../../domain/index.ts'
import { type Fault, invariant } from '../../lib/index.ts'
import type {
  ExitOrder,
  MutationOutcome,
  NotSent,
  OrderDesk,
  PlaceOutcome,
  Rejected,
  Spend,
  TokenSource,
  Uncertain,
} from '../port.ts'
import { type Endpoint, type ErrorName, describeRefusal } from './errors.ts'
import { SIDE_CODES, TYPE_CODES } from './records.ts'
import { type Fields, type GatewayLink, headersOf, openEnvelope } from './rest.ts'
import type { HttpOutcome } from './transport.ts'
import { parseId, wireId } from './values.ts'

type Mutation = Extract<
  Endpoint,
  | '/api/Order/place'
  | '/api/Order/modify'
  | '/api/Order/cancel'
  | '/api/Position/closeContract'
  | '/api/Position/partialCloseContract'
>

/** Refusals after which the request may still take effect. Every other named one is definite. */
const UNCERTAIN: { readonly [E in Mutation]: readonly ErrorName<E>[] } = {
  '/api/Order/place': ['OrderPending', 'UnknownError'],
  '/api/Order/modify': ['Pending', 'UnknownError'],
  '/api/Order/cancel': ['Pending', 'UnknownError'],
  '/api/Position/closeContract': ['OrderPending', 'UnknownError'],
  '/api/Position/partialCloseContract': ['OrderPending', 'UnknownError'],
}

/** Never aborted earlier: an answer in the eleventh second would be one more unknown. */
const ORDER_TIMEOUT_MS = 10_000
const REPLY_BYTES_MAX = 1024 * 1024
/** Longest tag: the children's `-SL` and `-TP` still fit where sixty characters were seen to. */
const TAG_LENGTH_MAX = 57
const TAGS_KEPT_MAX = 10_000

type Sent = { readonly kind: 'success'; readonly fields: Fields }

export interface OrderClientOptions {
  /** Real milliseconds for one answer. */
  readonly timeoutMs?: number
}

export function createOrderClient(
  link: GatewayLink,
  tokens: TokenSource,
  { timeoutMs = ORDER_TIMEOUT_MS }: OrderClientOptions = {},
): OrderDesk {
  const tags = new Set<string>()

  /** Asks for the permit and hands the request over with no await in between. */
  function transmit(
    endpoint: Mutation,
    body: Fields,
    spend: Spend,
  ): Promise<Sent | Rejected | NotSent | Uncertain> {
    const token = tokens.token()
    if (token === undefined) return Promise.resolve(notSent('not signed in'))
    const request = {
      method: 'POST',
      path: endpoint,
      headers: headersOf(token),
      body: JSON.stringify(body),
      timeoutMs,
      bytesMax: REPLY_BYTES_MAX,
    } as const

    if (!spend()) return Promise.resolve(notSent('the permit could not be spent'))
    const answer = link.send(request)

    return answer.then((outcome) => {
      // The login is renewed for the next request; this one is not sent again.
      if (outcome.kind === 'answered' && outcome.status === 401) void tokens.replace(token)
      if (outcome.kind === 'answered' && outcome.status === 429) link.general.penalise()
      return classify(endpoint, outcome)
    })
  }

  /** For requests that reduce risk: they wait for the rate limit, before all others, on a reserve of their own. */
  async function transmitInTurn(endpoint: Mutation, body: Fields, spend: Spend) {
    const turn = await link.general.take('protect')
    return turn.ok ? transmit(endpoint, body, spend) : notSent(turn.error.detail)
  }

  function checkTag(tag: string): void {
    invariant(
      tag.length > 0 && tag.length <= TAG_LENGTH_MAX,
      `a tag has 1 to ${TAG_LENGTH_MAX} characters, was ${JSON.stringify(tag)}`,
    )
    invariant(!tags.has(tag), `a tag is transmitted once, ${tag} was before`)
  }

  /** The tag is used up in the turn in which the permit is. */
  function spendTag(tag: string, spend: Spend): Spend {
    return () => {
      checkTag(tag)
      if (!spend()) return false
      tags.add(tag)
      const [oldest] = tags
      if (tags.size > TAGS_KEPT_MAX && oldest !== undefined) tags.delete(oldest)
      return true
    }
  }

  return {
    async place(order, spend) {
      const body = bodyOfBracket(order)
      // An entry does not wait: what was decided a second ago is decided anew.
      if (!link.general.tryTake('entry')) return notSent('no token of the rate limit is free')
      return placed(await transmit('/api/Order/place', body, spendTag(order.tag, spend)))
    },

    async placeExit(order, spend) {
      const body = bodyOfExit(order)
      return placed(await transmitInTurn('/api/Order/place', body, spendTag(order.tag, spend)))
    },

    async cancel({ accountId, orderId }, spend) {
      const body = { accountId: wireId(accountId), orderId: wireId(orderId) }
      return done(await transmitInTurn('/api/Order/cancel', body, spend))
    },

    async modify({ accountId, orderId, instrument, size, limit, stop }, spend) {
      invariant(
        size !== undefined || limit !== undefined || stop !== undefined,
        'a change changes size, limit or stop',
      )
      const body = {
        accountId: wireId(accountId),
        orderId: wireId(orderId),
        size: size ?? null,
        limitPrice: decimal(limit, instrument),
        stopPrice: decimal(stop, instrument),
        trailPrice: null,
      }
      return done(await transmitInTurn('/api/Order/modify', body, spend))
    },

    async closePosition({ accountId, contractId, size }, spend) {
      const whole = { accountId: wireId(accountId), contractId }
      if (size === undefined) return done(await transmitInTurn('/api/Position/closeContract', whole, spend))
      invariant(size >= 1, `a partial close is of one contract or more, was ${size}`)
      return done(await transmitInTurn('/api/Position/partialCloseContract', { ...whole, size }, spend))
    },
  }
}

/** The outcome table of a mutating call. */
export function classify(endpoint: Mutation, outcome: HttpOutcome): Sent | Rejected | NotSent | Uncertain {
  if (outcome.kind === 'notSent') return notSent(`${outcome.fault.code} ${outcome.fault.detail}`)
  const envelope = openEnvelope(endpoint, outcome)
  if (!envelope.ok) return uncertain(envelope.error)
  if (envelope.value.kind === 'success') return envelope.value

  const { refusal, fields } = envelope.value
  const isDefinite = refusal.name !== 'unknown' && !namesOf(UNCERTAIN[endpoint]).includes(refusal.name)
  // A tag that is already there is refused like any bad field: then an order of ours may be working.
  const isAboutTag = refusal.name === 'OrderRejected' && /tag|duplicate/i.test(refusal.text ?? '')
  if (!isDefinite || isAboutTag)
    return uncertain({ code: 'REFUSED', retry: 'afterReconcile', detail: describeRefusal(refusal) })
  return {
    kind: 'rejected',
    code: refusal.name,
    text: refusal.text ?? describeRefusal(refusal),
    orderId: parseId(fields['orderId']),
  }
}

/** The union of the endpoints' names, as plain names. */
function namesOf(names: readonly string[]): readonly string[] {
  return names
}

function placed(result: Sent | Rejected | NotSent | Uncertain): PlaceOutcome {
  if (result.kind !== 'success') return result
  const orderId = parseId(result.fields['orderId'])
  if (orderId !== undefined) return { kind: 'accepted', orderId }
  return uncertain({
    code: 'MALFORMED',
    retry: 'afterReconcile',
    detail: 'the order was accepted with no order id',
  })
}

function done(result: Sent | Rejected | NotSent | Uncertain): MutationOutcome {
  return result.kind === 'success' ? { kind: 'accepted' } : result
}

function notSent(reason: string): NotSent {
  return { kind: 'notSent', reason }
}

function uncertain(fault: Fault): Uncertain {
  return { kind: 'unknown', fault: { ...fault, retry: 'afterReconcile' } }
}

function bodyOfBracket(order: BracketOrder): Fields {
  const { accountId, contractId, side, type, size, entry, tag, instrument } = order
  const distance = bracketDistances(order)
  const direction = side === 'buy' ? 1 : -1
  invariant(size >= 1, `an order is of one contract or more, was ${size}`)
  invariant(
    distance.stop * direction < 0 && distance.target * direction > 0,
    `a ${side} has its stop on the losing side and its target on the winning one, was ${distance.stop} and ${distance.target} ticks`,
  )
  return {
    accountId: wireId(accountId),
    contractId,
    type: TYPE_CODES[type],
    side: SIDE_CODES[side],
    size,
    limitPrice: type === 'limit' ? decimal(entry, instrument) : null,
    stopPrice: null,
    trailPrice: null,
    customTag: tag,
    // Distances from the fill, signed: a long stop is negative.
    stopLossBracket: { ticks: distance.stop, type: TYPE_CODES.stop },
    takeProfitBracket: { ticks: distance.target, type: TYPE_CODES.limit },
  }
}

function bodyOfExit({ accountId, contractId, side, type, size, price, tag, instrument }: ExitOrder): Fields {
  invariant(size >= 1, `an order is of one contract or more, was ${size}`)
  return {
    accountId: wireId(accountId),
    contractId,
    type: TYPE_CODES[type],
    side: SIDE_CODES[side],
    size,
    limitPrice: type === 'limit' ? decimal(price, instrument) : null,
    stopPrice: type === 'stop' ? decimal(price, instrument) : null,
    trailPrice: null,
    customTag: tag,
  }
}

function decimal(price: Ticks | undefined, instrument: Instrument): number | null {
  return price === undefined ? null : priceOf(price, instrument)
}
