import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  openExecutorStore,
  prepareDatabase,
  startEmbeddedPostgres,
  useExternalPostgres,
} from '../../src/store/index.ts'
import { accepts } from '../../src/store/embedded/ports.ts'
import { asUser } from '../support/postgres.ts'
import { valueOf } from '../support/results.ts'
import { ACCOUNT, NOON, aDecision, aTrade, seen } from '../support/rows.ts'

let parent: string
let folder: string
const running = new Set<{ stop(): Promise<void> }>()

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kael-embedded-'))
  // Other accounts may pass: then the server has an account of its own, not only in its own eyes.
  await chmod(parent, 0o755)
  folder = join(parent, 'data')
})
afterEach(async () => {
  for (const each of running) await each.stop()
  running.clear()
})
afterAll(() => rm(parent, { recursive: true, force: true }))

async function start(dataDir = folder) {
  const database = await startEmbeddedPostgres(dataDir)
  running.add(database)
  return database
}

const portOf = (url: string): number => Number(new URL(url).port)
const serverPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])

/** Another Kael: a process that starts the same database, says so, and stays. */
async function otherKael(dataDir: string): Promise<{ kill(): Promise<void>; pid: number }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('../../src/store/index.ts', import.meta.url).href)})
    await startEmbeddedPostgres(${JSON.stringify(dataDir)})
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((done, fail) => {
    child.stdout.once('data', () => done())
    child.once('exit', (code) => fail(new Error(`it ended with ${code}`)))
  })
  return {
    pid: child.pid ?? 0,
    kill: () =>
      new Promise((done) => {
        child.once('exit', () => done())
        child.kill('SIGKILL')
      }),
  }
}

describe('the embedded server', () => {
  test('is created and started by one call, and found again with its rows by the next', async () => {
    const first = await start()
    await asUser(first.url, (client) =>
      client.query('create table kept (id int); insert into kept values (7)'),
    )
    await first.stop()

    const second = await start()

    const rows = await asUser(second.url, (client) => client.query('select id from kept'))
    expect([first.reused, second.reused, rows.rows]).toEqual([false, false, [{ id: 7 }]])
  })

  test('takes the same port again where it is free, so that open connections find it', async () => {
    const first = await start()
    await first.stop()

    expect(portOf((await start()).url)).toBe(portOf(first.url))
  })

  test('is reached from this machine alone', async () => {
    const { url } = await start()

    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter((each) => !each.internal && each.family === 'IPv4')
    const settings = await asUser(url, (client) => client.query('show listen_addresses'))

    expect(settings.rows).toEqual([{ listen_addresses: '127.0.0.1' }])
    for (const { address } of outside)
      await expect(
        asUser(url.replace('127.0.0.1', address), (client) => client.query('select 1')),
      ).rejects.toThrow('ECONNREFUSED')
  })

  test('asks for its password, and keeps it where only its own account reads', async () => {
    const { url } = await start()
    const wrong = new URL(url)
    wrong.password = 'wrong'

    await expect(asUser(wrong.href, (client) => client.query('select 1'))).rejects.toThrow(
      'password authentication failed',
    )
    expect((await stat(join(folder, 'postgres', 'owner.secret'))).mode & 0o077).toBe(0)
    expect((await stat(join(folder, 'postgres'))).mode & 0o077).toBe(0)
  })

  test('does not run as root', async () => {
    const { url } = await start()
    const status = await readFile(`/proc/${await serverPid(folder)}/status`, 'utf8').catch(() => 'Uid:\t1')

    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).not.toBe('0')
    expect(url).toContain('@127.0.0.1:')
  })

  test('ends at once with connections open', async () => {
    const database = await start()
    const port = portOf(database.url)
    const client = asUser(database.url, (each) => each.query('select pg_sleep(60)')).catch(() => 'ended')
    const from = performance.now()

    await database.stop()

    expect(performance.now() - from).toBeLessThan(3_000)
    expect([await accepts(port), await client]).toEqual([false, 'ended'])
  })

  test('stops twice without complaint', async () => {
    const database = await start()
    await database.stop()

    await expect(database.stop()).resolves.toBeUndefined()
  })
})

describe('two apps on one data folder', () => {
  test('the second is refused with the folder and the process that has it, and the first goes on', async () => {
    const first = await start()

    await expect(startEmbeddedPostgres(folder)).rejects.toThrow(
      `the data folder ${folder} is in use by another Kael (kael process ${process.pid}): stop that one first`,
    )
    expect((await asUser(first.url, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
  })

  test('that start at the same moment on an empty folder make one database, and one of them has it', async () => {
    const fresh = join(parent, 'race')

    const results = await Promise.allSettled([start(fresh), start(fresh)])

    expect(results.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('are told apart by the database too, when both name one DATABASE_URL', async () => {
    const { url } = await start()
    // The embedded server's claim is on the same lock as an external one's.
    await expect(useExternalPostgres(url)).rejects.toThrow(
      /the database 127\.0\.0\.1:\d+\/postgres is in use by another Kael/,
    )
  })
})

describe('after kill -9', () => {
  test('of Kael, the server that went on is taken over', async () => {
    const other = await otherKael(folder)
    const pid = await serverPid(folder)
    await other.kill()

    const next = await start()

    expect([next.reused, await serverPid(folder)]).toEqual([true, pid])
  })

  test('of the server, nothing that was committed is lost', async () => {
    const first = await start()
    const urls = await prepareDatabase({ ownerUrl: first.url, secretsFile: join(folder, 'roles.json') })
    const store = openExecutorStore(urls.executorUrl, { route: 'gateway-sim' })
    const epoch = await valueOf(store.nextExecutorEpoch(ACCOUNT, 'test'))
    const tags = Array.from({ length: 20 }, (_, i) => `k-${epoch}-${i}`)
    for (const tag of tags)
      await valueOf(store.recordDecision(aDecision({ epoch, tag }), { type: 'limit', at: NOON }))
    await valueOf(store.recordFill(aTrade(), { ...seen(), instrument: 'MNQ', epoch }))

    process.kill(await serverPid(folder), 'SIGKILL')
    expect(await first.lost).not.toBe('')
    running.clear()
    const second = await start()

    expect(second.reused).toBe(false)
    expect((await valueOf(store.openIntents(ACCOUNT))).map((each) => each.tag).sort()).toEqual(tags.sort())
    expect(await valueOf(store.fillsOfDay(ACCOUNT, '2026-03-10'))).toHaveLength(1)
    await store.close()
  })

  test('of both, a pid file that names no server is no obstacle', async () => {
    const first = await start()
    await first.stop()
    running.clear()
    const gone = spawn('true')
    await new Promise((done) => gone.once('exit', done))
    await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${gone.pid}\n${folder}\n0\n1\n\n127.0.0.1\n`)

    const second = await start()

    expect((await asUser(second.url, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
  })

  test('during the first start, the half-made cluster is cleared and a whole one made', async () => {
    const fresh = join(parent, 'half')
    const gone = spawn('true')
    await new Promise((done) => gone.once('exit', done))
    const abandoned = join(fresh, `postgres.new-${gone.pid}`)
    await mkdir(abandoned, { recursive: true })
    await chmod(fresh, 0o755)

    const database = await start(fresh)

    expect([database.reused, existsSync(abandoned)]).toEqual([false, false])
  })
})

describe('a folder that cannot hold the database', () => {
  test('is named with the way out when it cannot be written', async () => {
    const file = join(parent, 'a-file')
    await writeFile(file, '')

    await expect(startEmbeddedPostgres(join(file, 'data'))).rejects.toThrow(
      /the data folder .*a-file\/data cannot be written .* name another with KAEL_DATA_DIR or --data-dir/,
    )
  })

  test('is used all the same below a folder of mode 0700, as root and as anyone', async () => {
    const closed = join(parent, 'closed')
    await mkdir(closed, { mode: 0o700 })

    const database = await start(join(closed, 'data'))

    expect((await asUser(database.url, (client) => client.query('select 1 as one'))).rows).toEqual([
      { one: 1 },
    ])
  })
})

describe('DATABASE_URL', () => {
  test('that is no address of a PostgreSQL is refused with the form it has to have, and without the text', async () => {
    await expect(useExternalPostgres('mysql://root:secret@here/db')).rejects.toThrow(
      'DATABASE_URL has to be of the form postgresql://user:password@host:port/name',
    )
  })

  test('of a server that is not there is refused with its address and without its password', async () => {
    const error = await useExternalPostgres('postgresql://me:secret@127.0.0.1:1/kael').then(
      () => 'it let us in',
      (each: Error) => each.message,
    )

    expect(error).toContain('the database 127.0.0.1:1/kael does not let us in')
    expect(error).not.toContain('secret')
  })

  test('is given back by stop, and the server behind it goes on', async () => {
    const { url } = await start()
    const other = new URL(url)
    await asUser(url, (client) => client.query('create database elsewhere'))
    other.pathname = '/elsewhere'

    const first = await useExternalPostgres(other.href)
    await first.stop()
    const second = await useExternalPostgres(other.href)
    await second.stop()

    expect((await asUser(other.href, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
  })
})
