import { type Result, failed, ok } from '../lib/index.ts'
import type { LoginRequest, SessionReply } from '../wire/index.ts'
import type { VerifyPassword } from './passwords.ts'
import type { ServerClock, Users } from './ports.ts'
import { type Refusal, refusal } from './refusals.ts'
import type { Sessions } from './sessions.ts'
import { type Throttle, createThrottle } from './throttle.ts'

/** Tries at once, and how often one more: of one name, from one address, and of everybody together. */
const LOGIN_LIMITS = {
  name: { burst: 5, everyMs: 30_000 },
  address: { burst: 20, everyMs: 5_000 },
  everybody: { burst: 60, everyMs: 500 },
} as const

export type Login = (
  request: LoginRequest,
  from: { readonly address: string; readonly oldToken: string | undefined },
) => Promise<Result<{ readonly token: string; readonly reply: SessionReply }, Refusal>>

export interface LoginOptions {
  readonly users: Users
  readonly sessions: Sessions
  readonly clock: ServerClock
  readonly verifyPassword: VerifyPassword
}

/**
 * Throttles guard the door only: whoever is in keeps his session and his stop button, however hard others knock.
 */
export function createLogin({ users, sessions, clock, verifyPassword }: LoginOptions): Login {
  const monotonic = (): number => clock.monotonic()
  const names = createThrottle({ ...LOGIN_LIMITS.name, monotonic })
  const addresses = createThrottle({ ...LOGIN_LIMITS.address, monotonic })
  const everybody = createThrottle({ ...LOGIN_LIMITS.everybody, monotonic })

  return async ({ name, password }, { address, oldToken }) => {
    // The address first: a flood from one place must not use up anybody's name.
    const buckets: readonly [Throttle, string][] = [
      [addresses, addressGroup(address)],
      [everybody, ''],
      [names, name.toLowerCase()],
    ]
    const audit = (what: 'login' | 'login-refused' | 'login-throttled', detail: string): Promise<void> =>
      users.audit({ at: clock.now(), who: name, what, address, detail })

    for (const [throttle, key] of buckets) {
      const taken = throttle.take(key)
      if (taken.ok) continue
      if (taken.isFirst) await audit('login-throttled', `for ${taken.retryAfterMs} ms`)
      const seconds = Math.ceil(taken.retryAfterMs / 1_000)
      return failed(
        refusal('TOO_MANY_LOGINS', `Too many tries. The next one is possible in ${seconds} s.`, {
          'retry-after': String(seconds),
        }),
      )
    }

    const user = await users.find(name)
    const isRight = await verifyPassword(user?.passwordHash, password)
    if (user === undefined || !isRight) {
      await audit('login-refused', 'name or password is wrong')
      return failed(refusal('LOGIN_REFUSED', 'The name or the password is wrong.'))
    }

    for (const [throttle, key] of buckets) throttle.giveBack(key)
    // A token that was in the browser before the login must be worth nothing after it.
    const old = await sessions.find(oldToken)
    if (old !== undefined) await sessions.end(old.tokenHash)
    const token = await sessions.open(user, address)
    await audit('login', `as ${user.role}`)
    return ok({ token, reply: { name: user.name, role: user.role } })
  }
}

/** One bucket for an IPv6 network of the size that one customer gets, one for each IPv4 address. */
function addressGroup(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address
}
