import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { tradeDateOf } from '../domain/calendar/index.ts'
import { DEMO_LIMITS } from '../domain/risk/index.ts'
import { epochMs } from '../domain/index.ts'
import { hashPassword } from '../server/index.ts'
import type { ServerStore } from '../store/index.ts'
import { keptSecret } from './data-folder.ts'
import { StartRefusal } from './refusal.ts'

/** Balance below which the demo account fails, micro-dollars. */
const DEMO_FLOOR_MICROS = 48_000_000_000
const SECRET_BYTES = 15
export const FIRST_USER = 'operator'

/** What no endpoint reports and somebody has to say: the floor and the day's limit of the simulated account. */
export async function declareRisk(store: ServerStore, now: number): Promise<void> {
  const asOf = epochMs(Math.floor(now))
  const rows = [
    { key: 'risk.floor', value: { declared: DEMO_FLOOR_MICROS, declaredOn: tradeDateOf(now) } },
    { key: 'risk.day-limit', value: { micros: DEMO_LIMITS.dayLossLimit } },
  ]
  for (const { key, value } of rows) {
    const saved = await store.saveSetting({
      key,
      value,
      declaredBy: 'defaults of the simulated account',
      source: 'defaults',
      asOf,
      state: 'declared',
    })
    if (!saved.ok) throw new StartRefusal(`${key}: the declared value was not kept (${saved.error.detail})`)
  }
}

/** The first user of the dashboard. The secret is made once and kept beside the database, mode 0600. */
export async function firstLogin(
  store: ServerStore,
  dataDir: string,
  given: string | undefined,
): Promise<string> {
  const file = join(dataDir, 'first-login')
  const secret = await keptSecret(file, () => given ?? randomBytes(SECRET_BYTES).toString('base64url'))
  const found = await store.userForSignIn(FIRST_USER)
  if (!found.ok) throw new StartRefusal(`users cannot be read (${found.error.detail})`)
  if (given !== undefined && given !== secret)
    throw new StartRefusal(
      `KAEL_FIRST_LOGIN=[redacted]: this data directory has a first-login secret already, in ${file}. ` +
        'Leave KAEL_FIRST_LOGIN out, or remove the file and the user with it',
    )
  if (found.value === undefined) {
    const at = epochMs(Date.now())
    const added = await store.addUser({
      name: FIRST_USER,
      passwordHash: await hashPassword(secret),
      role: 'operator',
      at,
    })
    if (!added.ok) throw new StartRefusal(`user ${FIRST_USER} was not made (${added.error.detail})`)
  }
  return secret
}
