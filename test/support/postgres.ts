import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import {
  type Database,
  type Prepared,
  prepareDatabase,
  startEmbeddedPostgres,
} from '../../src/store/index.ts'

/** One embedded server for a test file, with as many databases as it needs. */
export interface TestServer {
  readonly folder: string
  readonly database: Database
  readonly secretsFile: string
  /** The owner's address of a new, empty database. */
  emptyDatabase(): Promise<string>
  /** A new database with the whole schema, and its addresses. */
  freshDatabase(): Promise<Prepared & { readonly ownerUrl: string }>
  stop(): Promise<void>
}

export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kael-test-'))
  const database = await startEmbeddedPostgres(folder)
  // Roles belong to the server: all its databases share their passwords.
  const secretsFile = join(folder, 'database-roles.json')

  async function emptyDatabase(): Promise<string> {
    const name = `test_${randomBytes(6).toString('hex')}`
    await asUser(database.url, (client) => client.query(`create database ${name}`))
    const url = new URL(database.url)
    url.pathname = `/${name}`
    return url.href
  }

  return {
    folder,
    database,
    secretsFile,
    emptyDatabase,
    freshDatabase: async () => {
      const ownerUrl = await emptyDatabase()
      return { ownerUrl, ...(await prepareDatabase({ ownerUrl, secretsFile })) }
    },
    stop: async () => {
      await database.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Work on a connection of its own, which ends with it. */
export async function asUser<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
