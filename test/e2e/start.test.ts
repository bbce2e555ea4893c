import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { signIn } from '../support/dashboard-client.ts'
import { interruptKael, runKael, startKaelProcess, temporaryFolder } from '../support/kael-process.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await folder.remove()
})

describe('kael start', () => {
  test('starts on nothing but its defaults, says each step, the address and the secret; Ctrl-C drains and ends with 0', async () => {
    const kael = await startKaelProcess({ dataDir: folder.path })
    const text = kael.lines.join('\n')
    for (const step of [
      'data',
      'database',
      'gateway',
      'executor',
      'feed',
      'analysts',
      'dashboard',
      'sign in',
    ])
      expect(text).toMatch(new RegExp(`^${step} `, 'm'))

    const client = await signIn(kael.url, kael.secret)
    expect((await client.snapshot()).topics.scanner).toHaveLength(13)
    expect((await client.get('/health/live')).status).toBe(200)

    expect(await kael.interrupt()).toBe(0)
    const end = kael.lines.slice(-5).join('\n')
    expect(end).toMatch(/^open .*25\d+|^open /m)
    expect(end).toMatch(/^positions /m)
    expect(end).toMatch(/^orders /m)
    expect(end).toMatch(/database closed/)
  })

  test('a port in use: one line with the value, the rule and the fix, exit code 1, nothing left behind', async () => {
    const taken = createServer()
    const port = await new Promise<number>((done) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address()
        done(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })

    const { code, lines } = await runKael(['start'], { KAEL_DATA_DIR: folder.path, KAEL_PORT: String(port) })

    expect(code).toBe(1)
    expect(lines).toEqual([
      `KAEL_PORT=${port}: the dashboard needs a free port on 127.0.0.1 and another program listens on it. Choose another with --port or KAEL_PORT`,
    ])
    expect(await readdir(folder.path)).toEqual([])
    await new Promise((done) => taken.close(done))
  })

  test('a data directory that cannot be written: one line that names it and the fix, exit code 1', async () => {
    // A file where a folder is wanted cannot be written by anybody, root included.
    const path = join(folder.path, 'occupied')
    await writeFile(path, '')

    const { code, lines } = await runKael(['start'], { KAEL_DATA_DIR: path, KAEL_PORT: '0' })

    expect(code).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`KAEL_DATA_DIR=${path}`)
    expect(lines[0]).toContain('--data-dir')
  })

  test('a broken configuration value: one line with the value, the rule and the fix, exit code 1', async () => {
    const { code, lines } = await runKael(['start', '--speed', 'fast'], { KAEL_DATA_DIR: folder.path })

    expect(code).toBe(1)
    expect(lines).toEqual([
      'KAEL_SPEED=fast: speed is a number above 0 and at most 1000, or max. Example: --speed 20',
    ])
    expect(await readdir(folder.path)).toEqual([])
  })

  test('interrupted before it is ready, it takes down what stood and ends with 0', async () => {
    const env = { KAEL_DATA_DIR: folder.path, KAEL_PORT: '0', KAEL_INSTRUMENTS: 'MNQ' }

    const { code, lines } = await interruptKael(['start'], env, /^database/m)

    expect(code).toBe(0)
    expect(lines.at(-1)).toMatch(/nothing is left running/)
    // The database is free again: the next start is the proof.
    const next = await startKaelProcess({ dataDir: folder.path, args: ['--instruments', 'MNQ'] })
    expect(await next.interrupt()).toBe(0)
  })

  test('an unknown option is bad input: exit code 2', async () => {
    const { code, lines } = await runKael(['start', '--sped', '20'])

    expect(code).toBe(2)
    expect(lines.join('\n')).toContain('--sped')
  })

  test('a second Kael on one data directory is refused and the first goes on', async () => {
    const first = await startKaelProcess({ dataDir: folder.path })

    const { code, lines } = await runKael(['start'], { KAEL_DATA_DIR: folder.path, KAEL_PORT: '0' })

    expect(code).toBe(1)
    expect(lines.at(-1)).toContain(folder.path)
    expect((await (await signIn(first.url, first.secret)).get('/health/live')).status).toBe(200)
    expect(await first.interrupt()).toBe(0)
  })

  test('a data directory below one that only its owner may enter still works', async () => {
    const closed = join(folder.path, 'private')
    await mkdir(closed)
    await chmod(closed, 0o700)

    const kael = await startKaelProcess({ dataDir: join(closed, 'kael'), args: ['--instruments', 'MNQ'] })

    expect(await kael.interrupt()).toBe(0)
  })
})
