import { randomBytes } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { z } from 'zod'
import { codeOf, textOf } from './files.ts'

/** The roles that sign in while Kael runs. None owns a table. */
const ROLES = ['kael_executor', 'kael_journal', 'kael_server'] as const
export type RoleName = (typeof ROLES)[number]
export type RolePasswords = Readonly<Record<RoleName, string>>

const INSUFFICIENT_PRIVILEGE = '42501'

const Secrets = z.strictObject({
  kael_executor: z.string().min(16),
  kael_journal: z.string().min(16),
  kael_server: z.string().min(16),
})

/** The generated passwords, from their file, or new ones into it. Nobody but its owner may read the file. */
export async function rolePasswords(file: string): Promise<RolePasswords> {
  const text = await textOf(file)
  if (text !== undefined) return parseSecrets(file, text)
  const made: RolePasswords = {
    kael_executor: randomBytes(24).toString('base64url'),
    kael_journal: randomBytes(24).toString('base64url'),
    kael_server: randomBytes(24).toString('base64url'),
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  return made
}

async function parseSecrets(file: string, text: string): Promise<RolePasswords> {
  // A copy or a restore may have opened it.
  await chmod(file, 0o600)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  const parsed = Secrets.safeParse(json)
  if (parsed.success) return parsed.data
  throw new Error(
    `${file} has to hold one password for each of ${ROLES.join(', ')}, and does not: remove the file to make new ones`,
  )
}

/** Refuses, before anything is changed, when roles are missing and the URL's user may not make them. */
export async function assertRolesPossible(owner: Client, secretsFile: string): Promise<boolean> {
  const reply = await owner.query<{ user: string; may: boolean; present: string[] }>(
    `select current_user as user, (rolsuper or rolcreaterole) as may,
       array(select rolname::text from pg_roles where rolname = any($1)) as present
     from pg_roles where rolname = current_user`,
    [ROLES],
  )
  const { user = '', may = false, present = [] } = reply.rows[0] ?? {}
  const missing = ROLES.filter((each) => !present.includes(each))
  if (may || missing.length === 0) return may
  throw new Error(
    `the database has no role ${missing.join(', ')}, and its user ${user} may not create one. Either an ` +
      `administrator runs ALTER ROLE ${escapeIdentifier(user)} CREATEROLE, or creates each with CREATE ROLE … LOGIN ` +
      `PASSWORD … and the passwords are put into ${secretsFile} as {"kael_executor":"…","kael_journal":"…",` +
      '"kael_server":"…"}',
  )
}

/** Gives the roles their passwords. Quietly leaves roles that an administrator made: signing in will tell. */
export async function enableRoles(owner: Client, passwords: RolePasswords): Promise<void> {
  for (const role of ROLES) {
    const sql = `alter role ${role} login password ${escapeLiteral(passwords[role])}`
    await owner.query(sql).catch((error: unknown) => {
      if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error
    })
  }
}

/** The same database as another role. */
export function urlAs(ownerUrl: string, role: RoleName, passwords: RolePasswords): string {
  const url = new URL(ownerUrl)
  url.username = role
  url.password = passwords[role]
  return url.href
}

/** Throws, naming role and fix, when a role cannot sign in. */
export async function assertSignsIn(url: string, role: RoleName, secretsFile: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    await client.end()
  } catch (cause) {
    throw new Error(
      `the database role ${role} cannot sign in (${cause instanceof Error ? cause.message : String(cause)}): its ` +
        `password has to be the one in ${secretsFile}`,
      { cause },
    )
  }
}
