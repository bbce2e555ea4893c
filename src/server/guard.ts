import type { IncomingHttpHeaders } from 'node:http'
import { type Result, failed, ok } from '../lib/index.ts'
import { isJson } from './body.ts'
import type { OriginRules } from './origin.ts'
import type { ServerClock, Users } from './ports.ts'
import { type Refusal, refusal } from './refusals.ts'
import { isAtLeast } from './roles.ts'
import type { Route } from './routes.ts'
import type { OpenSession, Sessions } from './sessions.ts'

export type Guard = (
  route: Pick<Route, 'method' | 'path' | 'access' | 'changesTrading'>,
  headers: IncomingHttpHeaders,
  address: string,
) => Promise<Result<OpenSession | undefined, Refusal>>

export interface GuardOptions {
  readonly origins: OriginRules
  readonly sessions: Sessions
  readonly users: Users
  readonly clock: ServerClock
}

/** Who may use a route: the same questions for HTTP and for the stream, asked from the route table alone. */
export function createGuard({ origins, sessions, users, clock }: GuardOptions): Guard {
  return async (route, headers, address) => {
    const forged = route.method === 'GET' ? undefined : faultOfChange(route, headers, origins)
    if (forged !== undefined) return failed(forged)
    if (route.access === 'public') return ok(undefined)

    const session = await sessions.find(sessions.cookie.read(headers.cookie))
    if (session === undefined) return failed(refusal('NO_SESSION', 'There is no session: log in.'))
    const { name, role } = session.who
    if (isAtLeast(role, route.access)) return ok(session)

    const detail = `${route.method} ${route.path} needs ${route.access}`
    await users.audit({ at: clock.now(), who: name, what: 'role-refused', address, detail })
    return failed(refusal('ROLE_REFUSED', `This needs the role ${route.access}; yours is ${role}.`))
  }
}

/** What a page of another site could not have sent, even with our cookie in the browser. */
function faultOfChange(
  { changesTrading }: Pick<Route, 'changesTrading'>,
  headers: IncomingHttpHeaders,
  origins: OriginRules,
): Refusal | undefined {
  const foreign = origins.faultOfOrigin(headers)
  if (foreign !== undefined) return refusal('ORIGIN_REFUSED', `Refused unless ${foreign}.`)
  if (!isJson(headers['content-type'])) {
    return refusal('NOT_JSON', 'Refused unless Content-Type is application/json.')
  }
  if (changesTrading && headers['x-kael-csrf'] !== '1') {
    return refusal('CSRF_HEADER_MISSING', 'Refused unless the header X-Kael-CSRF is 1.')
  }
  return undefined
}
