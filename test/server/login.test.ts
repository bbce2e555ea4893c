import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SESSION_IDLE_MS, SESSION_LIFE_MS, hashPassword } from '../../src/server/index.ts'
import { type Bench, PASSWORD, cookieFrom, fromPage, hashOfToken, logIn, startBench } from './harness.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(() => bench.server.close())

async function tryIn(name: string, password: string): Promise<number> {
  return (await bench.ask(logIn(bench.server, name, password))).status
}

/** Processor time of one refused login, microseconds. */
async function spent(name: string): Promise<number> {
  const before = process.cpuUsage()
  await tryIn(name, 'guess')
  const { user, system } = process.cpuUsage(before)
  return user + system
}

describe('login', () => {
  test('the right name and password answer who it is and nothing else', async () => {
    const answer = await bench.ask(logIn(bench.server, 'tina', PASSWORD))

    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({ name: 'tina', role: 'trader' })
  })

  test('the cookie cannot be read by scripts, nor be sent from another site, and holds 256 bits', async () => {
    const answer = await bench.ask(logIn(bench.server, 'tina', PASSWORD))

    const cookies = answer.headers['set-cookie'] ?? []
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatch(/^kael_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/)
  })

  test('behind TLS the cookie is bound to the host and to https', async () => {
    const outside = await startBench({ publicOrigin: 'https://kael.example.org' })
    const answer = await outside.ask({
      ...logIn(outside.server, 'tina', PASSWORD),
      headers: {
        host: 'kael.example.org',
        origin: 'https://kael.example.org',
        'content-type': 'application/json',
      },
    })
    await outside.server.close()

    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^__Host-kael_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Secure$/,
    )
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
  })

  test('only the SHA-256 of the token is kept', async () => {
    const cookie = await bench.cookieOf('tina')

    const kept = JSON.stringify([...bench.users.sessions])
    expect(kept).toContain(hashOfToken(cookie))
    expect(kept).not.toContain(cookie.slice(cookie.indexOf('=') + 1))
  })

  test('a wrong password and an unknown name get the same answer, byte for byte', async () => {
    const wrong = await bench.ask(logIn(bench.server, 'tina', 'guess'))
    const nobody = await bench.ask(logIn(bench.server, 'nobody', 'guess'))

    expect(wrong.status).toBe(401)
    expect(nobody.status).toBe(401)
    expect(nobody.text).toBe(wrong.text)
    expect(nobody.headers['set-cookie']).toBeUndefined()
  })

  test('an unknown name costs the same work as a wrong password', async () => {
    const known = Math.min(await spent('tina'), await spent('tina'), await spent('tina'))
    const strangers = Math.min(await spent('ann'), await spent('bob'), await spent('cid'))

    // argon2id is nearly all of it; without a hash to check, an answer would cost a tenth.
    expect(strangers).toBeGreaterThan(known / 3)
  })

  test('every login gives a new token, and the one that the browser came with is worth nothing after', async () => {
    const first = await bench.cookieOf('tina')
    const again = await bench.ask({ ...logIn(bench.server, 'tina', PASSWORD), cookie: first })

    expect(cookieFrom(again)).not.toBe(first)
    expect((await bench.ask({ path: '/api/v1/session', cookie: first })).status).toBe(401)
    expect((await bench.ask({ path: '/api/v1/session', cookie: cookieFrom(again) })).status).toBe(200)
  })

  test('a token that was planted before the login opens nothing after it', async () => {
    const planted = `kael_session=${'A'.repeat(43)}`
    const answer = await bench.ask({ ...logIn(bench.server, 'tina', PASSWORD), cookie: planted })

    expect(cookieFrom(answer)).not.toBe(planted)
    expect((await bench.ask({ path: '/api/v1/session', cookie: planted })).status).toBe(401)
  })

  test('two session cookies in one request are none', async () => {
    const cookie = await bench.cookieOf('tina')
    const both = await bench.ask({
      path: '/api/v1/session',
      cookie: `kael_session=${'B'.repeat(43)}; ${cookie}`,
    })

    expect(both.status).toBe(401)
  })

  test('who came in and who did not is in the audit ledger, without a password', async () => {
    await tryIn('tina', 'hunter2')
    await bench.cookieOf('tina')

    expect(bench.users.entries.map(({ what, who, address }) => [what, who, address])).toEqual([
      ['login-refused', 'tina', '127.0.0.1'],
      ['login', 'tina', '127.0.0.1'],
    ])
    expect(JSON.stringify(bench.users.entries)).not.toContain('hunter2')
    expect(JSON.stringify(bench.users.entries)).not.toContain(PASSWORD)
  })
})

test.each([
  ['nothing', ''],
  ['a line break', 'tina\nlogin operator'],
  ['a NUL', 'tina\u0000'],
  ['a mark that turns the line round', 'tina\u202E'],
  ['sixty-five letters', 'x'.repeat(65)],
])('a name of %s is refused before anybody is asked, and is in no ledger', async (_title, name) => {
  expect(await tryIn(name, PASSWORD)).toBe(400)
  expect(bench.users.entries).toEqual([])
})

describe('login throttle', () => {
  test('the sixth try on one name within half a minute is refused, even with the right password', async () => {
    for (let i = 0; i < 5; i++) expect(await tryIn('tina', 'guess')).toBe(401)

    const sixth = await bench.ask(logIn(bench.server, 'tina', PASSWORD))

    expect(sixth.status).toBe(429)
    expect(Number(sixth.headers['retry-after'])).toBe(30)
  })

  test('upper and lower case are one name to the throttle', async () => {
    for (let i = 0; i < 5; i++) await tryIn('tina', 'guess')

    expect(await tryIn('TINA', 'guess')).toBe(429)
  })

  test('half a minute later one more try is possible', async () => {
    for (let i = 0; i < 6; i++) await tryIn('tina', 'guess')
    bench.clock.advance(30_000)

    expect(await tryIn('tina', PASSWORD)).toBe(200)
  })

  test('logging in well costs no tries', async () => {
    for (let i = 0; i < 12; i++) expect(await tryIn('tina', PASSWORD)).toBe(200)
  })

  test('one address has twenty tries on however many names', async () => {
    for (let i = 0; i < 20; i++) expect(await tryIn(`name-${i}`, 'guess')).toBe(401)

    expect(await tryIn('tina', PASSWORD)).toBe(429)
    expect(bench.users.entries.filter(({ what }) => what === 'login-throttled')).toHaveLength(1)
  })

  test('a hammering stranger does not take the stop button from those who are in', async () => {
    const cookie = await bench.cookieOf('tina')
    for (let i = 0; i < 40; i++) await tryIn('tina', 'guess')

    const stop = { id: 'stop-0001', kind: 'set-stop-level', level: 1 }
    expect((await bench.ask(fromPage(bench.server, '/api/v1/commands', stop, cookie))).status).toBe(200)
  })
})

describe('session', () => {
  test('says who it is, and 401 without one', async () => {
    const cookie = await bench.cookieOf('victor')

    expect((await bench.ask({ path: '/api/v1/session', cookie })).json()).toEqual({
      name: 'victor',
      role: 'viewer',
    })
    expect((await bench.ask({ path: '/api/v1/session' })).status).toBe(401)
  })

  test('ends after thirty minutes without use, to the millisecond', async () => {
    const cookie = await bench.cookieOf('tina')
    bench.clock.advance(SESSION_IDLE_MS - 1)
    expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(200)

    bench.clock.advance(SESSION_IDLE_MS)
    expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(401)
    expect(bench.users.sessions.size).toBe(0)
  })

  test('ends after twelve hours however much it is used', async () => {
    const cookie = await bench.cookieOf('tina')
    const step = 20 * 60_000
    for (let used = step; used < SESSION_LIFE_MS; used += step) {
      bench.clock.advance(step)
      expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(200)
    }

    bench.clock.advance(step)
    expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(401)
    expect(bench.users.entries.at(-1)).toMatchObject({ what: 'session-expired', who: 'tina' })
  })

  test('logging out revokes it at the server and clears the cookie', async () => {
    const cookie = await bench.cookieOf('tina')
    const out = await bench.ask(fromPage(bench.server, '/api/v1/logout', {}, cookie))

    expect(out.status).toBe(200)
    expect(out.headers['set-cookie']?.[0]).toContain('kael_session=; ')
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(401)
  })

  test('of a user who was removed is worth nothing', async () => {
    const cookie = await bench.cookieOf('tina')
    bench.users.users.delete('tina')

    expect((await bench.ask({ path: '/api/v1/session', cookie })).status).toBe(401)
  })

  test('a role that was taken away is gone with the next request', async () => {
    const cookie = await bench.cookieOf('tina')
    const tina = bench.users.users.get('tina')
    if (tina !== undefined) bench.users.users.set('tina', { ...tina, role: 'viewer' })

    const stop = { id: 'stop-0001', kind: 'set-stop-level', level: 1 }
    expect((await bench.ask(fromPage(bench.server, '/api/v1/commands', stop, cookie))).status).toBe(403)
  })
})

test('a stored password is argon2id with 19 MiB and two passes, and never twice the same', async () => {
  const [first, second] = [await hashPassword('same'), await hashPassword('same')]

  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(second).not.toBe(first)
})
