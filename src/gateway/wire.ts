import { type EpochMs, epochMs } from '../domain/index.ts'

/** The numbers of the wire (projectx-gateway 3). */
export const ORDER_STATUS = {
  open: 1,
  filled: 2,
  cancelled: 3,
  expired: 4,
  rejected: 5,
  pending: 6,
  suspended: 8,
} as const

export const ORDER_TYPE = {
  limit: 1,
  market: 2,
  stopLimit: 3,
  stop: 4,
  trailingStop: 5,
  joinBid: 6,
  joinAsk: 7,
} as const

/** 0 Bid buys, 1 Ask sells. */
export type WireSide = 0 | 1

/** `action` of a user-hub envelope, as seen live: its official meaning is unknown. */
export const ACTION = { trade: 0, upsert: 1, remove: 2 } as const

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

export type UserTarget =
  | 'GatewayUserAccount'
  | 'GatewayUserOrder'
  | 'GatewayUserPosition'
  | 'GatewayUserTrade'

/** What the hubs send, in the order in which it happened. */
export type WireEvent = UserEvent | TradeEvent | QuoteEvent

export interface UserEvent {
  readonly hub: 'user'
  readonly at: number
  readonly target: UserTarget
  readonly accountId: number
  readonly action: number
  /** Null fields are left out, as on the stream. */
  readonly data: JsonObject
}

export interface TradeEvent {
  readonly hub: 'market'
  readonly kind: 'trade'
  readonly at: number
  readonly contractId: string
  readonly data: JsonObject
}

/** Sparse: a field that is missing has not changed. */
export interface QuoteEvent {
  readonly hub: 'market'
  readonly kind: 'quote'
  readonly at: number
  readonly contractId: string
  readonly data: JsonObject
}

const EARLIEST = Date.UTC(1990, 1)
const LATEST = Date.UTC(2099, 0)

/** `2026-03-10T12:25:00.1230000+00:00`: seven digits and an offset, as live. */
export function wireInstant(t: number): string {
  return `${new Date(t).toISOString().slice(0, -1)}0000+00:00`
}

/** `2026-03-10T12:25:00+00:00`: the open of a bar. */
export function wireBarTime(t: number): string {
  return `${new Date(t).toISOString().slice(0, -5)}+00:00`
}

/** An instant of the wire: any ISO form, no zone reads as UTC. Undefined when it is none. */
export function parseInstant(text: string): EpochMs | undefined {
  const match = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?(Z|[+-]\d{2}:\d{2})?$/i.exec(
    text.trim(),
  )
  if (match === null) return undefined
  const zoned = match[4] === undefined && match[1] !== undefined ? `${text.trim()}Z` : text.trim()
  const t = Date.parse(zoned)
  if (!Number.isFinite(t)) return undefined
  // A client may ask from the beginning of time: there are no data beyond these years either way.
  return epochMs(Math.floor(Math.min(Math.max(t, EARLIEST), LATEST)))
}

export function withoutNulls(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null && value !== undefined))
}
