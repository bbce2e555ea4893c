import { type EpochMs, epochMs } from '../../src/domain/index.ts'
import type { Fault, Result } from '../../src/lib/index.ts'
import type { AuditEntry, SessionOfUser, StoredSession, User, Users } from '../../src/server/index.ts'
import type { ServerStore } from '../../src/store/index.ts'

/** The server's people, from the database. A read that fails is an outage and never "no such user". */
export function usersFrom(store: ServerStore, realNow: () => number): Users {
  return {
    async find(name): Promise<User | undefined> {
      const found = unwrap('user', await store.userForSignIn(name))
      return (
        found && {
          id: found.user.id,
          name: found.user.name,
          role: found.user.role,
          passwordHash: found.passwordHash,
        }
      )
    },
    async createSession({ tokenHash, userId, createdAt, expiresAt, address }: StoredSession): Promise<void> {
      unwrap(
        'session',
        await store.addSession({
          tokenHash,
          userId,
          at: instant(createdAt),
          expiresAt: instant(expiresAt),
          address,
        }),
      )
    },
    async findSession(tokenHash): Promise<SessionOfUser | undefined> {
      const found = unwrap('session', await store.session(tokenHash, instant(realNow())))
      if (found === undefined) return undefined
      const { user, createdAt, lastSeenAt, expiresAt, address } = found
      const { id: userId, name: userName, role } = user
      return { tokenHash, userId, userName, role, createdAt, seenAt: lastSeenAt, expiresAt, address }
    },
    // The look itself marks a session as seen.
    touchSession: () => Promise.resolve(),
    async revokeSession(tokenHash): Promise<void> {
      unwrap('session', await store.endSession(tokenHash))
    },
    async audit({ at, who, what, address, detail }: AuditEntry): Promise<void> {
      unwrap(
        'audit',
        await store.recordAudit({
          at: instant(at),
          who,
          what,
          outcome: detail,
          details: { address },
          commandId: null,
        }),
      )
    },
  }
}

function instant(ms: number): EpochMs {
  return epochMs(Math.floor(ms))
}

function unwrap<T>(what: string, result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${what}: ${result.error.detail}`)
  return result.value
}
