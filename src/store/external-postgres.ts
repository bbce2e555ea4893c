import { claimDatabase } from './claim.ts'
import type { Database } from './embedded/embedded-postgres.ts'

/**
 * A PostgreSQL that somebody else runs, taken for this process alone. `stop` gives it back and lets it run.
 * Throws, naming address and fix, when it cannot be reached or another Kael uses it.
 */
export async function useExternalPostgres(url: string): Promise<Database> {
  const address = addressOf(url)
  const claim = await claimDatabase(url, `the database ${address}`).catch((cause: unknown) => {
    const words = cause instanceof Error ? cause.message : String(cause)
    if (words.includes('another Kael')) throw cause
    throw new Error(`the database ${address} does not let us in (${words}): check DATABASE_URL`, { cause })
  })
  return { url, reused: true, lost: claim.lost, stop: () => claim.release() }
}

/** Host, port and name, without the secret. Throws, naming the rule, when the text is no address of a PostgreSQL. */
function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error('DATABASE_URL has to be of the form postgresql://user:password@host:port/name')
  return `${url.hostname}:${url.port || '5432'}${url.pathname}`
}
