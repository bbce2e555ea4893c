import type { EpochMs } from '../domain/index.ts'
import type { Fault, Result } from '../lib/index.ts'
import { AuditRecord, Session, User } from './entities/index.ts'
import type { Orm } from './orm.ts'
import type * as Row from './rows.ts'

export interface NewUser {
  readonly name: string
  /** argon2id in its own text form. */
  readonly passwordHash: string
  readonly role: Row.UserRole
  readonly at: EpochMs
}

export interface NewSession {
  /** SHA-256 of the token, in lower-case hex. */
  readonly tokenHash: string
  readonly userId: number
  readonly at: EpochMs
  readonly expiresAt: EpochMs
  readonly address: string
}

type Answer<T = void> = Promise<Result<T, Fault>>

/** Who may use the dashboard, who is signed in, and what they did. */
export interface PeopleStore {
  /** Refused when the name is taken. Names are kept in lower case. */
  addUser(user: NewUser): Answer<Row.UserRow>
  users(): Answer<Row.UserRow[]>
  /** With the hash, for the sign-in alone. */
  userForSignIn(name: string): Answer<{ user: Row.UserRow; passwordHash: string } | undefined>
  /** Also ends every session of the user. False when there is none of that name. */
  setPassword(name: string, passwordHash: string, at: EpochMs): Answer<boolean>

  addSession(session: NewSession): Answer
  /** One that has not expired at `now`, as it was last seen before; from then on it counts as seen at `now`. */
  session(tokenHash: string, now: EpochMs): Answer<Row.SessionRow | undefined>
  endSession(tokenHash: string): Answer<boolean>
  endSessionsOf(userId: number): Answer<number>
  removeExpiredSessions(now: EpochMs): Answer<number>

  /** False when the command was recorded before: then it is not to be carried out again. */
  recordAudit(record: Omit<Row.AuditRow, 'id'>): Answer<boolean>
  auditOfCommand(commandId: string): Answer<Row.AuditRow | undefined>
  /** Newest first. */
  audit(limit: number): Answer<Row.AuditRow[]>
}

/** A session that is looked at often is marked as seen once in this time. */
const SEEN_MS = 10_000

export function peopleStore(orm: Orm): PeopleStore {
  return { ...userStore(orm), ...sessionStore(orm), ...auditStore(orm) }
}

function userStore(orm: Orm) {
  return {
    addUser: ({ name, passwordHash, role, at }: NewUser) =>
      orm.write(async (em) => {
        const row = { name: name.toLowerCase(), role, createdAt: at, updatedAt: at }
        // The driver hands a new key back as text.
        const id = Number(await em.insert(User, { ...row, passwordHash }))
        return { ...row, id }
      }),
    users: () => orm.read(async (em) => (await em.find(User, {}, { orderBy: { name: 1 } })).map(userRow)),
    userForSignIn: (name: string) =>
      orm.read(async (em) => {
        const user = await em.findOne(User, { name: name.toLowerCase() })
        return user === null ? undefined : { user: userRow(user), passwordHash: user.passwordHash }
      }),
    setPassword: (name: string, passwordHash: string, at: EpochMs) =>
      orm.write(async (em) => {
        const user = await em.findOne(User, { name: name.toLowerCase() })
        if (user === null) return false
        await em.nativeUpdate(User, { id: user.id }, { passwordHash, updatedAt: at })
        await em.nativeDelete(Session, { user: user.id })
        return true
      }),
  }
}

function sessionStore(orm: Orm) {
  return {
    addSession: ({ tokenHash, userId, at, expiresAt, address }: NewSession) =>
      orm.write(async (em) => {
        await em.insert(Session, {
          tokenHash,
          user: userId,
          createdAt: at,
          lastSeenAt: at,
          expiresAt,
          address,
        })
      }),
    session: (tokenHash: string, now: EpochMs) =>
      orm.read(async (em) => {
        const found = await em.findOne(
          Session,
          { tokenHash, expiresAt: { $gt: now } },
          { populate: ['user'] },
        )
        if (found === null) return undefined
        if (now - found.lastSeenAt >= SEEN_MS)
          await em.nativeUpdate(Session, { tokenHash }, { lastSeenAt: now })
        const { createdAt, expiresAt, address } = found
        return {
          tokenHash,
          user: userRow(found.user),
          createdAt,
          lastSeenAt: found.lastSeenAt,
          expiresAt,
          address,
        }
      }),
    endSession: (tokenHash: string) =>
      orm.write(async (em) => (await em.nativeDelete(Session, { tokenHash })) > 0),
    endSessionsOf: (userId: number) => orm.write((em) => em.nativeDelete(Session, { user: userId })),
    removeExpiredSessions: (now: EpochMs) =>
      orm.write((em) => em.nativeDelete(Session, { expiresAt: { $lte: now } })),
  }
}

function auditStore(orm: Orm) {
  return {
    recordAudit: (record: Omit<Row.AuditRow, 'id'>) =>
      orm.write(async (em) => {
        const { commandId } = record
        if (commandId !== null && (await em.count(AuditRecord, { commandId })) > 0) return false
        await em.insert(AuditRecord, record)
        return true
      }),
    auditOfCommand: (commandId: string) =>
      orm.read(async (em) => {
        const row = await em.findOne(AuditRecord, { commandId })
        return row === null ? undefined : auditRow(row)
      }),
    audit: (limit: number) =>
      orm.read(async (em) => (await em.find(AuditRecord, {}, { orderBy: { id: -1 }, limit })).map(auditRow)),
  }
}

function userRow({ id, name, role, createdAt, updatedAt }: Row.UserRow): Row.UserRow {
  return { id, name, role, createdAt, updatedAt }
}

function auditRow({ id, at, who, what, outcome, details, commandId }: Row.AuditRow): Row.AuditRow {
  return { id, at, who, what, outcome, details, commandId }
}
