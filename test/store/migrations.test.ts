import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MikroORM } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../src/store/index.ts'
import { MIGRATIONS, migrate, ormOptions } from '../../src/store/migrations.ts'
import { type TestServer, asUser, startTestServer } from '../support/postgres.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const FOLDER = new URL('../../migrations/', import.meta.url)

async function restrictedDatabase(): Promise<string> {
  const url = new URL(await server.emptyDatabase())
  await asUser(server.database.url, async (client) => {
    const there = await client.query("select 1 from pg_roles where rolname = 'limited'")
    if (there.rowCount === 0) await client.query("create role limited login password 'limited'")
    await client.query(`alter database ${url.pathname.slice(1)} owner to limited`)
  })
  url.username = 'limited'
  url.password = 'limited'
  return url.href
}

const account = (id: string, active: string) => `insert into accounts
  (route, id, name, balance, can_trade, is_visible, is_simulated, is_active, source, state)
  values ('gateway-sim', '${id}', '${id}', 1, true, true, true, ${active}, 'old', 'current')`

describe('a user of DATABASE_URL who may not create roles', () => {
  // First in this file: roles belong to the server, and no other database here has made them yet.
  test('is told which roles are missing and the two ways to get them, and nothing is changed', async () => {
    const ownerUrl = await restrictedDatabase()

    const refused = prepareDatabase({ ownerUrl, secretsFile: join(server.folder, 'limited.json') })

    await expect(refused).rejects.toThrow(
      /no role kael_executor, kael_journal, kael_server, and its user limited may not create one.*ALTER ROLE "limited" CREATEROLE/,
    )
    const tables = await asUser(ownerUrl, (client) =>
      client.query("select 1 from pg_tables where schemaname = 'public'"),
    )
    expect(tables.rowCount).toBe(0)
    await asUser(server.database.url, (client) =>
      client.query(`drop database ${new URL(ownerUrl).pathname.slice(1)}`),
    )
  })

  test('is served when an administrator made the roles and their passwords are in the file', async () => {
    await server.freshDatabase()
    const ownerUrl = await restrictedDatabase()

    const { serverUrl } = await prepareDatabase({ ownerUrl, secretsFile: server.secretsFile })

    const reply = await asUser(serverUrl, (client) => client.query('select current_user as name'))
    expect(reply.rows).toEqual([{ name: 'kael_server' }])
  })

  test('learns which role cannot sign in when the file has other passwords', async () => {
    const ownerUrl = await restrictedDatabase()

    const refused = prepareDatabase({ ownerUrl, secretsFile: join(server.folder, 'others.json') })

    await expect(refused).rejects.toThrow(
      /the database role kael_\w+ cannot sign in .* its password has to be the one in/,
    )
  })
})

describe('the schema', () => {
  test('is what the entities say, to the last check and key', async () => {
    const { ownerUrl } = await server.freshDatabase()
    const orm = await MikroORM.init(ormOptions(ownerUrl, 1))

    const safe = await orm.schema.getUpdateSchemaSQL({ wrap: false, safe: true })
    const whole = await orm.schema.getUpdateSchemaSQL({ wrap: false })
    await orm.close()

    expect([safe, whole]).toEqual(['', ''])
  })

  test('is the same after a second start, which has nothing to do and nothing to say', async () => {
    const { ownerUrl } = await server.freshDatabase()

    const { notes } = await prepareDatabase({ ownerUrl, secretsFile: server.secretsFile })

    expect(notes).toEqual([])
  })

  test('is brought forward once when two starts come at the same time', async () => {
    const ownerUrl = await server.emptyDatabase()

    await Promise.all([1, 2].map(() => prepareDatabase({ ownerUrl, secretsFile: server.secretsFile })))

    const rows = await asUser(ownerUrl, (client) => client.query('select name from migrations order by id'))
    expect(rows.rows.map((each: { name: string }) => each.name)).toEqual(MIGRATIONS.map((each) => each.name))
  })

  test('of a newer Kael is not touched by an older one', async () => {
    const { ownerUrl } = await server.freshDatabase()
    await asUser(ownerUrl, (client) =>
      client.query("insert into migrations (name, executed_at) values ('Migration9999', now())"),
    )

    await expect(migrate(ownerUrl)).rejects.toThrow(
      'the database has Migration9999, which this version does not know',
    )
  })

  test('is not half there when a migration fails', async () => {
    const ownerUrl = await server.emptyDatabase()
    await asUser(ownerUrl, (client) => client.query('create table orders (id int)'))

    await expect(migrate(ownerUrl)).rejects.toThrow('already exists')

    const rows = await asUser(ownerUrl, (client) =>
      client.query("select to_regclass('accounts') as accounts"),
    )
    expect(rows.rows).toEqual([{ accounts: null }])
  })

  test('keeps an instant in every column whose name says so, with its zone', async () => {
    const { ownerUrl } = await server.freshDatabase()

    const rows = await asUser(ownerUrl, (client) =>
      client.query(
        `select table_name, column_name from information_schema.columns where table_schema = 'public'
         and (data_type in ('timestamp without time zone', 'time without time zone', 'real', 'money')
           or (column_name ~ '_at$|^at$|^as_of$' and data_type <> 'timestamp with time zone'))
         and table_name <> 'migrations'`,
      ),
    )
    expect(rows.rows).toEqual([])
  })
})

describe('accounts whose is_active is NULL', () => {
  test('are counted, made active, and can never be NULL again', async () => {
    const ownerUrl = await server.emptyDatabase()
    await migrate(ownerUrl, 'Migration0001')
    await asUser(ownerUrl, async (client) => {
      for (const [id, active] of [
        ['1', 'null'],
        ['2', 'null'],
        ['3', 'false'],
      ] as const)
        await client.query(account(id, active))
    })

    const { notes } = await prepareDatabase({ ownerUrl, secretsFile: server.secretsFile })

    expect(notes).toEqual(['accounts.is_active was NULL in 2 of 3 rows: set to TRUE'])
    await asUser(ownerUrl, async (client) => {
      const rows = await client.query('select id, is_active from accounts order by id')
      expect(rows.rows).toEqual([
        { id: '1', is_active: true },
        { id: '2', is_active: true },
        { id: '3', is_active: false },
      ])
      await expect(client.query(account('4', 'null'))).rejects.toThrow('violates not-null constraint')
      await client.query(account('5', 'default'))
      const fifth = await client.query("select is_active from accounts where id = '5'")
      expect(fifth.rows).toEqual([{ is_active: true }])
    })
  })
})

describe('the files', () => {
  test('each migration says its reason in its first line, and the list has every one in order', async () => {
    const files = (await readdir(FOLDER)).sort()
    for (const file of files) {
      const [first = ''] = (await readFile(new URL(file, FOLDER), 'utf8')).split('\n')
      expect(`${file} ${first}`).toMatch(/\.ts \/\/ .{30,}$/)
    }
    expect(files.map((file) => `Migration${file.slice(0, 4)}`)).toEqual(MIGRATIONS.map((each) => each.name))
  })

  test('the passwords of the roles are readable by their owner alone, and made anew when the file is lost', async () => {
    await server.freshDatabase()
    const before = await readFile(server.secretsFile, 'utf8')

    expect((await stat(server.secretsFile)).mode & 0o777).toBe(0o600)
    expect(Object.keys(JSON.parse(before) as object)).toEqual([
      'kael_executor',
      'kael_journal',
      'kael_server',
    ])
  })

  test('a damaged password file is refused with its name and the way out', async () => {
    const ownerUrl = await server.emptyDatabase()
    const secretsFile = join(server.folder, 'damaged.json')
    await writeFile(secretsFile, '{"kael_executor": "short"}')

    await expect(prepareDatabase({ ownerUrl, secretsFile })).rejects.toThrow(
      /damaged\.json has to hold one password .* remove the file/,
    )
  })
})
