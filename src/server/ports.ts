import type { Timeframe } from '../domain/index.ts'
import type {
  BarUpdate,
  CandlesReply,
  CommandReply,
  CommandRequest,
  DecisionsReply,
  InstrumentInfo,
  ObjectsReply,
  Role,
  Topics,
} from '../wire/index.ts'

/*
 * What the server needs from the rest of the platform. It imports none of it: whoever starts it hands these in.
 * A method that throws or rejects is an outage; the client gets a generic error with an incident id.
 */

/** Who may come in, and what they hold. Nothing here ever sees a password or a session token. */
export interface Users {
  /** Exact name. */
  find(name: string): Promise<User | undefined>
  createSession(session: StoredSession): Promise<void>
  /**
   * The session with the role that its user has now; undefined when revoked, unknown or the user is gone.
   * `seenAt` is that of the look before, or nobody would ever be idle.
   */
  findSession(tokenHash: string): Promise<SessionOfUser | undefined>
  /** Records that the session was used, epoch milliseconds. */
  touchSession(tokenHash: string, seenAt: number): Promise<void>
  revokeSession(tokenHash: string): Promise<void>
  audit(entry: AuditEntry): Promise<void>
}

export interface User {
  /** The store's own key. */
  readonly id: number
  readonly name: string
  readonly role: Role
  /** argon2id, in the PHC text form that `hashPassword` gives. */
  readonly passwordHash: string
}

export interface StoredSession {
  /** SHA-256 of the 256-bit token, 64 hexadecimal digits. The token itself is in the browser only. */
  readonly tokenHash: string
  readonly userId: number
  readonly userName: string
  /** Epoch milliseconds, like the next two. */
  readonly createdAt: number
  readonly seenAt: number
  readonly expiresAt: number
  /** Network address that it was opened from. */
  readonly address: string
}

export interface SessionOfUser extends StoredSession {
  readonly role: Role
}

export interface AuditEntry {
  /** Epoch milliseconds of the real clock. */
  readonly at: number
  /** Name as given; for a refused login nobody of that name need exist. */
  readonly who: string
  readonly what: 'login' | 'login-refused' | 'login-throttled' | 'logout' | 'session-expired' | 'role-refused'
  readonly address: string
  /** Route or reason; never a secret. */
  readonly detail: string
}

/** What the dashboard shows, put together elsewhere. */
export interface Views {
  readonly version: string
  instruments(): readonly InstrumentInfo[]
  /**
   * Everything the screen shows now. Called up to ten times a second, so it must not wait for anything;
   * a topic (or decision row) that did not change should be the same object, which spares writing it again.
   */
  current(): Topics
  /** The platform's clock, epoch milliseconds, and how fast it runs. */
  platformNow(): { readonly at: number; readonly speed: number }
  candles(query: CandlesQuery): Promise<CandlesReply>
  objects(query: ObjectsQuery): Promise<ObjectsReply>
  decisions(query: DecisionsQuery): Promise<DecisionsReply>
  /**
   * The newest bars from the one that opened at `from` on, oldest first; null asks for the newest alone. Bars since,
   * not only the last: a bar that seals between two ticks would otherwise keep a wrong close on the screen.
   */
  bars(instrument: string, timeframe: Timeframe, from: number | null): readonly BarUpdate[]
  /** Something in `current()` changed. Without a word it is looked at once a second. Returns how to stop listening. */
  onChange(listener: () => void): () => void
}

export interface ObjectsQuery {
  readonly instrument: string
  readonly timeframe: Timeframe
}

export interface CandlesQuery extends ObjectsQuery {
  /** 1 to 1,500. */
  readonly limit: number
  /** Only bars that opened before this, epoch milliseconds; null for the newest. */
  readonly before: number | null
}

export interface DecisionsQuery {
  /** 1 to 200. */
  readonly limit: number
  /** Only decisions whose `seq` is below; null for the newest. */
  readonly before: number | null
}

export interface Commands {
  /** Called once an id, whatever the client repeats. Records who in the audit ledger. */
  run(command: CommandRequest, who: Identity): Promise<CommandReply>
}

export interface Identity {
  readonly name: string
  readonly role: Role
  readonly address: string
}

export interface Health {
  /** Not ok when anything is missing; each entry is a short sentence, e.g. `feed: MNQ has no current price`. */
  ready(): Readiness | Promise<Readiness>
}

export interface Readiness {
  readonly ok: boolean
  readonly missing: readonly string[]
}

export interface ServerClock {
  /** Epoch milliseconds of the real clock: sessions end by it, at any speed of the platform. */
  now(): number
  /** Milliseconds that never go back: throttles and patience are measured by it. */
  monotonic(): number
}

export type Report = (where: string, error: unknown) => Incident

export type RandomBytes = (size: number) => Uint8Array

/** A defect or an outage behind one request. The client sees only the id. */
export interface Incident {
  readonly id: string
  /** Method and path, or the part of the server that it happened in. */
  readonly where: string
  readonly error: unknown
}
