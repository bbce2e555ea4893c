import { createHash } from 'node:crypto'
import type { Identity, RandomBytes, ServerClock, SessionOfUser, User, Users } from './ports.ts'

/** A session that nobody used for this long is over. An open stream is use: the page is in front of somebody. */
export const SESSION_IDLE_MS = 30 * 60_000
/** Whatever happens, a session is over after this. */
export const SESSION_LIFE_MS = 12 * 3_600_000
/** Use is written down at most this often. */
const TOUCH_EVERY_MS = 60_000

const TOKEN = /^[\w-]{43}$/

export interface Sessions {
  /** Opens a new session and returns its token, the only copy there is. */
  open(user: User, address: string): Promise<string>
  /** The session of this token when it still holds, and marks it as used. */
  find(token: string | undefined): Promise<OpenSession | undefined>
  /** The same for a session that is known by its hash, such as a stream's. */
  findByHash(tokenHash: string): Promise<OpenSession | undefined>
  end(tokenHash: string): Promise<void>
  /** Tells when a session was ended here, so that its streams close at once. */
  onEnd(listener: (tokenHash: string) => void): void
  readonly cookie: SessionCookie
}

export interface OpenSession {
  readonly tokenHash: string
  readonly who: Identity
}

export interface SessionCookie {
  /** The token in a Cookie header; undefined when there is none, or more than one to choose from. */
  read(header: string | undefined): string | undefined
  /** Values of the Set-Cookie header. */
  set(token: string): string
  clear(): string
}

export interface SessionOptions {
  readonly users: Users
  readonly clock: ServerClock
  readonly randomBytes: RandomBytes
  /** True when the outside reaches us by https: the cookie is then `__Host-` and Secure. */
  readonly isTls: boolean
}

export function createSessions({ users, clock, randomBytes, isTls }: SessionOptions): Sessions {
  const listeners: ((tokenHash: string) => void)[] = []

  async function findByHash(tokenHash: string): Promise<OpenSession | undefined> {
    const session = await users.findSession(tokenHash)
    if (session === undefined) return undefined
    const now = clock.now()
    if (isOver(session, now)) {
      await end(tokenHash)
      await users.audit({
        at: now,
        who: session.userName,
        what: 'session-expired',
        address: session.address,
        detail: now >= session.expiresAt ? '12 h old' : '30 min without use',
      })
      return undefined
    }
    if (now - session.seenAt >= TOUCH_EVERY_MS) await users.touchSession(tokenHash, now)
    return { tokenHash, who: { name: session.userName, role: session.role, address: session.address } }
  }

  async function end(tokenHash: string): Promise<void> {
    await users.revokeSession(tokenHash)
    for (const listener of listeners) listener(tokenHash)
  }

  return {
    async open(user, address) {
      const token = Buffer.from(randomBytes(32)).toString('base64url')
      const now = clock.now()
      await users.createSession({
        tokenHash: hashOf(token),
        userId: user.id,
        userName: user.name,
        createdAt: now,
        seenAt: now,
        expiresAt: now + SESSION_LIFE_MS,
        address,
      })
      return token
    },
    find: async (token) => (token === undefined ? undefined : await findByHash(hashOf(token))),
    findByHash,
    end,
    onEnd: (listener) => void listeners.push(listener),
    cookie: sessionCookie(isTls),
  }
}

function isOver(session: SessionOfUser, now: number): boolean {
  return now >= session.expiresAt || now - session.seenAt >= SESSION_IDLE_MS
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function sessionCookie(isTls: boolean): SessionCookie {
  const name = isTls ? '__Host-kael_session' : 'kael_session'
  const attributes = `HttpOnly; SameSite=Strict; Path=/${isTls ? '; Secure' : ''}`
  return {
    read(header) {
      const mine = (header ?? '')
        .split(';')
        .map((each) => each.trim())
        .filter((each) => each.startsWith(`${name}=`))
        .map((each) => each.slice(name.length + 1))
      // Two cookies of one name: one was planted, and nothing says which.
      return mine.length === 1 && TOKEN.test(mine[0] ?? '') ? mine[0] : undefined
    },
    set: (token) => `${name}=${token}; ${attributes}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  }
}
