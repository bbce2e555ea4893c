import type { Timeframe } from '../domain/index.ts'
import type { DecisionRow, InstrumentInfo, Topics, WireBar } from './views.ts'

/** `GET /api/v1/state`. */
export interface Snapshot {
  /** The stream goes on from here. */
  readonly seq: number
  /** The platform's clock at this moment, epoch milliseconds, and how fast it runs. */
  readonly at: number
  readonly speed: number
  readonly version: string
  readonly instruments: readonly InstrumentInfo[]
  readonly topics: Topics
}

/**
 * One message of `GET /api/v1/stream` (WebSocket, JSON text). `seq` grows by one a message for each client;
 * a gap means that the page must take a new snapshot. At most ten a second: a slow client gets the newest of
 * each topic, but every decision.
 */
export interface StreamMessage {
  readonly seq: number
  readonly at: number
  readonly speed: number
  readonly kind: 'hello' | 'update'
  /** On hello: the snapshot sequence that this connection continues. */
  readonly changes: Partial<Omit<Topics, 'decisions'>>
  /** Decisions since the last message, or changed ones (same id), newest first. */
  readonly decisions: readonly DecisionRow[]
  /** The newest bars of the charts that this client watches. */
  readonly bars: readonly BarUpdate[]
}

export interface BarUpdate {
  readonly instrument: string
  readonly timeframe: Timeframe
  readonly bar: WireBar
  readonly isSealed: boolean
  /** Raised when history was corrected: the page reads its candles again. */
  readonly generation: number
  readonly source: string
}

/** What the page may say on the stream. */
export type ClientMessage = {
  readonly kind: 'watch'
  readonly charts: readonly { readonly instrument: string; readonly timeframe: Timeframe }[]
}

/** `POST /api/v1/commands`, JSON. The same id twice is answered like the first time. */
export type CommandRequest = { readonly id: string; readonly kind: 'set-stop-level'; readonly level: 0 | 1 }

export type CommandReply =
  | { readonly id: string; readonly outcome: 'accepted' }
  | { readonly id: string; readonly outcome: 'refused'; readonly code: string; readonly text: string }

/** `POST /api/v1/login`, JSON; sets the session cookie. */
export interface LoginRequest {
  readonly name: string
  readonly password: string
}

export interface SessionReply {
  readonly name: string
  readonly role: Role
}

export type Role = 'viewer' | 'trader' | 'operator'

/** Every refusal of the API: a stable code, a sentence for a person, and an id to find it in the log. */
export interface ErrorReply {
  readonly code: string
  readonly text: string
  readonly incident?: string
}
