import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** A session advisory lock: it stands while its connection stands, so a killed holder gives it back by dying. */
export interface Claim {
  /** Settles with the cause when the connection, and with it the lock, is gone without `release`. */
  readonly lost: Promise<string>
  release(): Promise<void>
}

/** Advisory locks have two numbers: ours begin with these (`KAEL` in ASCII and up), so that no other program's meet them. */
export const LOCK_SPACES = { database: 0x4b41454c, migrations: 0x4b41454d, executor: 0x4b41454e } as const

/** The server notices the death of a killed holder within this time. */
const HANDOVER_TRIES_MAX = 8
const HANDOVER_MS = 250

/** One Kael per database. Throws, naming the holder, when another has it. `what` is named in the message. */
export async function claimDatabase(url: string, what: string): Promise<Claim> {
  const claim = await claimLock(url, LOCK_SPACES.database, 'whole')
  if (typeof claim !== 'string') return claim
  throw new Error(
    `${what} is in use by another Kael (${claim}): stop that one first, or start this one elsewhere`,
  )
}

/** The lock of `what` in a space, or the words that name who holds it. */
export async function claimLock(url: string, space: number, what: string): Promise<Claim | string> {
  const client = new Client({
    connectionString: url,
    application_name: `kael process ${process.pid}`,
    keepAlive: true,
  })
  let isReleased = false
  const lost = new Promise<string>((done) => {
    // More than one may come while a connection goes down.
    client.on('error', (error: Error) => done(error.message))
    client.once('end', () => {
      if (!isReleased) done('the connection that holds the lock ended')
    })
  })
  try {
    await client.connect()
    for (let tries = 0; tries < HANDOVER_TRIES_MAX; tries++) {
      if (await tryLock(client, space, what)) return { lost, release }
      await sleep(HANDOVER_MS)
    }
    const holder = await holderOf(client, space, what)
    await release()
    return holder
  } catch (error) {
    await release()
    throw error
  }

  async function release(): Promise<void> {
    isReleased = true
    await client.end()
  }
}

async function tryLock(client: Client, space: number, what: string): Promise<boolean> {
  const sql = 'select pg_try_advisory_lock($1, hashtext($2)) as got'
  return (await client.query<{ got: boolean }>(sql, [space, what])).rows[0]?.got === true
}

async function holderOf(client: Client, space: number, what: string): Promise<string> {
  const reply = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = $1
       and l.objid::bigint = (hashtext($2)::bigint & 4294967295)
       and l.database = (select oid from pg_database where datname = current_database())`,
    [space, what],
  )
  return reply.rows[0]?.name ?? 'not known'
}
