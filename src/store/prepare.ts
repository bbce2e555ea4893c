import { Client } from 'pg'
import { invariant } from '../lib/index.ts'
import { LOCK_SPACES } from './claim.ts'
import { migrate } from './migrations.ts'
import { assertRolesPossible, assertSignsIn, enableRoles, rolePasswords, urlAs } from './roles.ts'

/** Where each runtime role signs in. The addresses hold passwords: never log them. */
export interface Prepared {
  readonly executorUrl: string
  readonly journalUrl: string
  readonly serverUrl: string
  /** What migrations of this start had to say, for the person who started. */
  readonly notes: readonly string[]
}

const SERVER_VERSION_MIN = 150_000

/**
 * Brings the database forward and opens it for the three runtime roles. Another start that is at it is waited for.
 * Throws, naming value and fix, when the server is too old, roles cannot be made or rows break a boot rule.
 */
export async function prepareDatabase(options: { ownerUrl: string; secretsFile: string }): Promise<Prepared> {
  const { ownerUrl, secretsFile } = options
  const owner = new Client({ connectionString: ownerUrl, application_name: 'kael migrations' })
  await connect(owner)
  try {
    await assertVersion(owner)
    await owner.query('select pg_advisory_lock($1, 0)', [LOCK_SPACES.migrations])
    const mayAlter = await assertRolesPossible(owner, secretsFile)
    const before = await lastNote(owner)
    await migrate(ownerUrl)
    await assertNoNulls(owner)
    const passwords = await rolePasswords(secretsFile)
    if (mayAlter) await enableRoles(owner, passwords)
    const executorUrl = urlAs(ownerUrl, 'kael_executor', passwords)
    const journalUrl = urlAs(ownerUrl, 'kael_journal', passwords)
    const serverUrl = urlAs(ownerUrl, 'kael_server', passwords)
    await Promise.all([
      assertSignsIn(executorUrl, 'kael_executor', secretsFile),
      assertSignsIn(journalUrl, 'kael_journal', secretsFile),
      assertSignsIn(serverUrl, 'kael_server', secretsFile),
    ])
    return { executorUrl, journalUrl, serverUrl, notes: await notesAfter(owner, before) }
  } finally {
    // Its lock goes with it.
    await owner.end()
  }
}

async function connect(owner: Client): Promise<void> {
  await owner.connect().catch((cause: unknown) => {
    const address = `${owner.host}:${owner.port}/${owner.database ?? ''}`
    throw new Error(
      `the database at ${address} does not let us in (${cause instanceof Error ? cause.message : String(cause)}): ` +
        'check DATABASE_URL',
      { cause },
    )
  })
}

async function assertVersion(owner: Client): Promise<void> {
  const reply = await owner.query<{ version: number; text: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as text",
  )
  const { version = 0, text = 'unknown' } = reply.rows[0] ?? {}
  if (version < SERVER_VERSION_MIN)
    throw new Error(
      `the database is PostgreSQL ${text}, and 15 or later is needed: set DATABASE_URL to a newer one`,
    )
}

/** `CHECK` and comparisons pass on NULL: a flag that is neither yes nor no must not be there when trading starts. */
async function assertNoNulls(owner: Client): Promise<void> {
  const reply = await owner.query<{ nulls: string }>(
    'select count(*) as nulls from accounts where is_active is null',
  )
  invariant(reply.rows[0]?.nulls === '0', `no account has is_active NULL, ${reply.rows[0]?.nulls} have`)
}

async function lastNote(owner: Client): Promise<number> {
  const there = await owner.query<{ there: boolean }>(
    "select to_regclass('migration_notes') is not null as there",
  )
  if (there.rows[0]?.there !== true) return 0
  const reply = await owner.query<{ id: number }>(
    'select coalesce(max(id), 0)::int as id from migration_notes',
  )
  return reply.rows[0]?.id ?? 0
}

async function notesAfter(owner: Client, id: number): Promise<string[]> {
  const reply = await owner.query<{ note: string }>(
    'select note from migration_notes where id > $1 order by id',
    [id],
  )
  return reply.rows.map((each) => each.note)
}
