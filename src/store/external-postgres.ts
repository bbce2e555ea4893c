import { Client } from 'pg'
import { claimDatabase } from './claim.ts'
import type { Database } from './embedded/embedded-postgres.ts'

const CONNECT_MS_MAX = 5_000

/**
 * A PostgreSQL that somebody else runs, taken for this process alone. `stop` gives it back and lets it run.
 * Throws, naming address and fix, when it cannot be reached or another Kael uses it.
 */
export async function useExternalPostgres(url: string): Promise<Database> {
  const address = addressOf(url)
  await assertReachable(url, address)
  const claim = await claimDatabase(url, `the database ${address}`)
  return { url, reused: true, lost: claim.lost, stop: () => claim.release() }
}

async function assertReachable(url: string, address: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS_MAX })
  try {
    await client.connect()
    await client.end()
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the database ${address} does not let us in (${words}): check DATABASE_URL`, { cause })
  }
}

/** Host, port and name, without the secret. Throws, naming the rule, when the text is no address of a PostgreSQL. */
function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error('DATABASE_URL has to be of the form postgresql://user:password@host:port/name')
  return `${url.hostname}:${url.port || '5432'}${url.pathname}`
}
