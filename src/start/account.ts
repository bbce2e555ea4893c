import { createAccounts, createSession, openGateway } from '../brokers/index.ts'
import type { Configuration, GatewayAddress } from '../config/index.ts'
import { type BrokerAccount, type EpochMs, epochMs } from '../domain/index.ts'
import { Secret, seededRandom } from '../lib/index.ts'
import type { ServerStore } from '../store/index.ts'
import { StartRefusal } from './refusal.ts'

interface Binding {
  readonly id: string
  readonly name: string
}

/**
 * The account that orders may go to, by id and name. What was bound once stays bound: an id that now carries another
 * name, or a name that now has another id, is refused and never taken for the same.
 */
export async function bindAccount(
  gateway: GatewayAddress,
  configuration: Pick<Configuration, 'account' | 'route'>,
  store: ServerStore,
  now: number,
): Promise<Binding> {
  const accounts = await accountsAt(gateway)
  const key = `account.${configuration.route}`
  const bound = await keptBinding(store, key)
  const chosen = choose(accounts, configuration.account, bound)
  const at: EpochMs = epochMs(Math.floor(now))
  const { id, name } = chosen
  const saved = await store.saveSetting({
    key,
    value: { id, name },
    declaredBy: configuration.account === undefined ? 'first start' : 'KAEL_ACCOUNT',
    source: `${configuration.route}.rest`,
    asOf: at,
    state: 'declared',
  })
  if (!saved.ok) throw new StartRefusal(`account ${name}: the binding was not kept (${saved.error.detail})`)
  return { id, name }
}

async function accountsAt(gateway: GatewayAddress): Promise<readonly BrokerAccount[]> {
  const link = openGateway({
    rest: gateway.rest,
    clock: { now: () => Date.now(), timeout: (ms, run) => timer(ms, run) },
    random: seededRandom('start'),
  })
  const session = createSession({ link, userName: gateway.userName, apiKey: new Secret(gateway.apiKey) })
  try {
    const signedIn = await session.login()
    if (!signedIn.ok)
      throw new StartRefusal(
        `TOPSTEPX_USERNAME=${gateway.userName}: the gateway at ${gateway.rest} did not let us in (${signedIn.error.detail}). ` +
          'Check the user name and the key',
      )
    const read = await createAccounts(link, session).accounts()
    if (!read.ok)
      throw new StartRefusal(
        `TOPSTEPX_API_URL=${gateway.rest}: accounts cannot be read (${read.error.detail})`,
      )
    return read.value.rows
  } finally {
    session.close()
    link.close()
  }
}

function choose(
  accounts: readonly BrokerAccount[],
  wanted: string | undefined,
  bound: Binding | undefined,
): Binding {
  const listed = accounts.map((each) => `${each.name} (${each.id})`).join(', ')
  if (wanted !== undefined) {
    const matches = accounts.filter((each) => each.id === wanted || each.name === wanted)
    const [only] = matches
    if (only !== undefined && matches.length === 1) return only
    throw new StartRefusal(
      `KAEL_ACCOUNT=${wanted}: it names exactly one account of the gateway. There are ${listed}`,
    )
  }
  if (bound !== undefined) {
    const same = accounts.find((each) => each.id === bound.id)
    if (same?.name === bound.name) return same
    throw new StartRefusal(
      `account ${bound.name} (${bound.id}): it was bound at an earlier start and the gateway now lists ${listed}. ` +
        'Name the account to trade with KAEL_ACCOUNT',
    )
  }
  const tradable = accounts.filter((each) => each.canTrade && each.isVisible)
  const first = tradable.toSorted((a, b) => a.id.localeCompare(b.id))[0]
  if (first === undefined)
    throw new StartRefusal(`accounts of the gateway: none may trade. There are ${listed || 'none'}`)
  return first
}

async function keptBinding(store: ServerStore, key: string): Promise<Binding | undefined> {
  const settings = await store.settings()
  if (!settings.ok) throw new StartRefusal(`settings cannot be read (${settings.error.detail})`)
  const value = settings.value.find((each) => each.key === key)?.value
  if (typeof value !== 'object' || value === null || !('id' in value) || !('name' in value)) return undefined
  return { id: String(value.id), name: String(value.name) }
}

function timer(ms: number, run: () => void): () => void {
  const handle = setTimeout(run, ms)
  return () => clearTimeout(handle)
}
