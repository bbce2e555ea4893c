import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '../../src/wire/index.ts'
import { type Answer, type Asked, type Bench, fromPage, logIn, startBench } from './harness.ts'

const STOP = { kind: 'set-stop-level', level: 1 }

let bench: Bench
const cookies = new Map<string, string>()
beforeAll(async () => {
  bench = await startBench()
  for (const name of ['victor', 'tina', 'operator']) cookies.set(name, await bench.cookieOf(name))
})
afterAll(() => bench.server.close())
beforeEach(() => {
  bench.commands.given.length = 0
  bench.users.fails = false
  bench.health.missing = []
  bench.health.fails = false
})

let commandCount = 0
function stop(headers: Record<string, string | undefined> = {}, body: object = {}): Asked {
  const asked = fromPage(
    bench.server,
    '/api/v1/commands',
    { id: `stop-${String(++commandCount).padStart(6, '0')}`, ...STOP, ...body },
    cookies.get('tina'),
  )
  const merged = Object.entries({ ...asked.headers, ...headers })
  return {
    ...asked,
    headers: Object.fromEntries(merged.filter((each): each is [string, string] => each[1] !== undefined)),
  }
}

describe('who may do what', () => {
  test('the whole table of routes is this, and nothing else is open without a login', () => {
    const table = bench.server.routes.map(({ method, path, access }) => `${method} ${path} ${access}`)

    expect(table).toEqual([
      'GET /health/live public',
      'GET /health/ready public',
      'POST /api/v1/login public',
      'POST /api/v1/logout viewer',
      'GET /api/v1/session viewer',
      'GET /api/v1/state viewer',
      'GET /api/v1/stream viewer',
      'GET /api/v1/candles viewer',
      'GET /api/v1/objects viewer',
      'GET /api/v1/decisions viewer',
      'POST /api/v1/commands trader',
    ])
  })

  test('every route that is not public answers 401 without a session', async () => {
    for (const { method, path, access } of bench.server.routes) {
      if (access === 'public') continue
      const asked = method === 'GET' ? { path } : fromPage(bench.server, path, {})
      expect([path, (await bench.ask(asked)).status]).toEqual([path, 401])
    }
  })

  test('every route answers 403 to each role below its own', async () => {
    const ranks: readonly [Role, string][] = [
      ['viewer', 'victor'],
      ['trader', 'tina'],
      ['operator', 'operator'],
    ]
    const names = ranks.map(([role]) => role)
    for (const { method, path, access } of bench.server.routes) {
      if (access === 'public' || path === '/api/v1/logout') continue
      for (const [role, name] of ranks) {
        const cookie = cookies.get(name)
        const asked = method === 'GET' ? { path, cookie } : fromPage(bench.server, path, {}, cookie)
        const isAllowed = names.indexOf(role) >= names.indexOf(access)
        expect([path, role, (await bench.ask(asked)).status !== 403]).toEqual([path, role, isAllowed])
      }
    }
  })

  test('a viewer cannot press stop, and the try is in the audit ledger', async () => {
    const answer = await bench.ask({ ...stop(), cookie: cookies.get('victor') })

    expect(answer.status).toBe(403)
    expect(answer.json()).toEqual({
      code: 'ROLE_REFUSED',
      text: 'This needs the role trader; yours is viewer.',
    })
    expect(bench.commands.given).toEqual([])
    expect(bench.users.entries.at(-1)).toMatchObject({ what: 'role-refused', who: 'victor' })
  })

  test('an address of the interface that does not exist answers 404 as JSON, also with the cookie', async () => {
    for (const path of ['/api', '/api/v1', '/api/v1/users', '/api/v2/state', '/health', '/metricsx']) {
      const answer = await bench.ask({ path, cookie: cookies.get('operator') })
      expect([path, answer.status, (answer.json() as { code: string }).code]).toEqual([
        path,
        404,
        'NOT_FOUND',
      ])
    }
  })

  test('a method that a route does not take answers 405 and names those that it takes', async () => {
    for (const { method, path } of bench.server.routes) {
      const wrong = method === 'GET' ? 'DELETE' : 'PUT'
      const answer = await bench.ask({ method: wrong, path, cookie: cookies.get('operator') })
      expect([path, answer.status, answer.headers.allow]).toEqual([
        path,
        405,
        method === 'GET' ? 'GET, HEAD' : 'POST',
      ])
    }
  })
})

describe('forged requests', () => {
  const cases: readonly [string, Record<string, string | undefined>, number][] = [
    ['as our page sends it', {}, 200],
    ['without Sec-Fetch-Site, as from another program', { 'sec-fetch-site': undefined }, 200],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['from the same host by https', { origin: 'https://127.0.0.1' }, 403],
    ['from a sandboxed frame', { origin: 'null' }, 403],
    ['without an Origin', { origin: undefined }, 403],
    ['with our Origin but from a sister site', { 'sec-fetch-site': 'same-site' }, 403],
    ['with our Origin but cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }, 403],
    ['without the header that no form can send', { 'x-kael-csrf': undefined }, 403],
    ['with that header empty', { 'x-kael-csrf': '' }, 403],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['as an upload', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['as plain text', { 'content-type': 'text/plain' }, 415],
    ['as plain text that mentions JSON', { 'content-type': 'text/plain; application/json' }, 415],
    ['as a cousin of JSON', { 'content-type': 'application/json-patch+json' }, 415],
    ['without a content type', { 'content-type': undefined }, 415],
    ['as JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }, 200],
  ]

  test.each(cases)('a command %s', async (_title, headers, status) => {
    expect((await bench.ask(stop(headers))).status).toBe(status)
    expect(bench.commands.given).toHaveLength(status === 200 ? 1 : 0)
  })

  test('a login from another site is refused before the password is looked at', async () => {
    const asked = logIn(bench.server, 'tina', 'guess')
    const answer = await bench.ask({
      ...asked,
      headers: { ...asked.headers, origin: 'https://evil.example' },
    })

    expect(answer.status).toBe(403)
    expect(bench.users.entries.at(-1)?.what).not.toBe('login-refused')
  })

  test('a host name that is not ours is refused: a name can be pointed here after its page was loaded', async () => {
    for (const host of [
      'evil.example',
      'evil.example:8787',
      'localhost.evil.example',
      'a@127.0.0.1',
      '127.0.0.1/x',
    ]) {
      const answer = await bench.ask({ path: '/', headers: { host } })
      expect([host, answer.status]).toEqual([host, 421])
    }
    for (const host of [
      'localhost',
      `LOCALHOST:${bench.server.port}`,
      '127.0.0.1',
      '[::1]:8787',
      '192.168.1.20',
    ]) {
      const answer = await bench.ask({ path: '/', headers: { host } })
      expect([host, answer.status]).toEqual([host, 200])
    }
  })
})

describe('commands', () => {
  test('reach the platform with who gave them', async () => {
    const answer = await bench.ask(stop({}, { id: 'press-00001' }))

    expect(answer.json()).toEqual({ id: 'press-00001', outcome: 'accepted' })
    expect(bench.commands.given).toEqual([
      {
        command: { id: 'press-00001', kind: 'set-stop-level', level: 1 },
        who: { name: 'tina', role: 'trader', address: '127.0.0.1' },
      },
    ])
  })

  test('the same id twice runs once and is answered like the first time', async () => {
    bench.commands.answer = ({ id }) =>
      Promise.resolve({ id, outcome: 'refused', code: 'NOT_NOW', text: `try ${bench.commands.given.length}` })
    const first = await bench.ask(stop({}, { id: 'press-00002' }))
    const second = await bench.ask(stop({}, { id: 'press-00002' }))
    bench.commands.answer = ({ id }) => Promise.resolve({ id, outcome: 'accepted' })

    expect(second.text).toBe(first.text)
    expect(first.json()).toEqual({ id: 'press-00002', outcome: 'refused', code: 'NOT_NOW', text: 'try 1' })
    expect(bench.commands.given).toHaveLength(1)
  })

  test('pressed twice before the first answer, it runs once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => bench.ask(stop({}, { id: 'press-00003' }))))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(bench.commands.given).toHaveLength(1)
  })

  test('an id that belongs to another command, or to somebody else, is refused', async () => {
    await bench.ask(stop({}, { id: 'press-00004', level: 1 }))
    const otherLevel = await bench.ask(stop({}, { id: 'press-00004', level: 0 }))
    const otherPerson = await bench.ask({
      ...stop({}, { id: 'press-00004' }),
      cookie: cookies.get('operator'),
    })

    expect([otherLevel.status, otherPerson.status]).toEqual([409, 409])
    expect(bench.commands.given).toHaveLength(1)
  })

  test('one that nobody answered may be given again under its id', async () => {
    bench.commands.answer = () => Promise.reject(new Error('executor is restarting'))
    const first = await bench.ask(stop({}, { id: 'press-00005' }))
    bench.commands.answer = ({ id }) => Promise.resolve({ id, outcome: 'accepted' })
    const second = await bench.ask(stop({}, { id: 'press-00005' }))

    expect([first.status, second.status]).toEqual([500, 200])
  })

  const wrong: readonly [string, object, string][] = [
    ['a level that does not exist yet', { level: 2 }, 'level'],
    ['a level as text', { level: '1' }, 'level'],
    ['a kind that does not exist', { kind: 'buy' }, 'kind'],
    ['an id with spaces', { id: 'a b c d e f' }, 'id'],
    ['a key too many', { force: true }, 'force'],
  ]
  test.each(wrong)('%s is refused with the place that is wrong', async (_title, body, place) => {
    const answer = await bench.ask(stop({}, body))

    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'BAD_BODY', text: expect.stringContaining(place) as string })
    expect(bench.commands.given).toEqual([])
  })
})

const text = (content: string): Asked => ({ ...stop(), text: content })

describe('bodies', () => {
  test('one byte more than 64 KiB is refused before it is read as JSON', async () => {
    const fits = `${' '.repeat(65_535)}x`
    expect((await bench.ask(text(fits))).status).toBe(400)
    expect((await bench.ask(text(`${fits} `))).status).toBe(413)
  })

  test('a body that does not say its length is cut off at 64 KiB', async () => {
    const asked = stop()
    const answer = await new Promise<Answer['status']>((resolve, reject) => {
      // A streamed body needs the word; not every lib.dom knows it.
      const init: RequestInit & { readonly duplex: 'half' } = {
        method: 'POST',
        headers: { ...asked.headers, cookie: asked.cookie ?? '' },
        body: new Blob([' '.repeat(100_000)]).stream(),
        duplex: 'half',
      }
      const request = fetch(`${bench.server.url}/api/v1/commands`, init)
      request.then((response) => resolve(response.status), reject)
    })

    expect(answer).toBe(413)
  })

  test.each([
    ['broken JSON', '{"id":'],
    ['forty levels of nesting', `${'['.repeat(40)}${']'.repeat(40)}`],
    [
      'eleven thousand keys',
      `{${Array.from({ length: 11_000 }, (_, i) => `"${i}":1`)
        .join(',')
        .slice(0, 65_000)}`,
    ],
    ['a number that is not finite', '{"level":1e999}'],
    ['a key that reaches the prototype', '{"__proto__":{"role":"operator"}}'],
    ['a constructor in the depth', '{"level":{"constructor":{"prototype":{}}}}'],
    ['no object', '"stop"'],
    ['null', 'null'],
  ])('%s is refused with 400', async (_title, content) => {
    expect((await bench.ask(text(content))).status).toBe(400)
    expect(bench.commands.given).toEqual([])
  })

  test('text that is not UTF-8 is refused', async () => {
    const asked = stop()
    const response = await fetch(`${bench.server.url}/api/v1/commands`, {
      method: 'POST',
      headers: { ...asked.headers, cookie: asked.cookie ?? '' },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    })

    expect(response.status).toBe(400)
  })
})

const ask = (path: string): Promise<Answer> => bench.ask({ path, cookie: cookies.get('victor') })

describe('queries', () => {
  test('candles take five hundred bars unless asked for up to 1,500', async () => {
    bench.views.asked.length = 0
    await ask('/api/v1/candles?instrument=MNQ&timeframe=5m')
    await ask('/api/v1/candles?instrument=MES&timeframe=1D&limit=1500&before=1773153000000')

    expect(bench.views.asked).toEqual([
      { instrument: 'MNQ', timeframe: '5m', limit: 500, before: null },
      { instrument: 'MES', timeframe: '1D', limit: 1_500, before: 1_773_153_000_000 },
    ])
  })

  test.each([
    ['limit=1501'],
    ['limit=0'],
    ['limit=-1'],
    ['limit=1e3'],
    ['limit=10.5'],
    ['limit='],
    ['before=yesterday'],
    ['before=-5'],
    ['limit=5&limit=6'],
    ['role=operator'],
    ['__proto__=1'],
    ['timeframe=5m'],
  ])('candles with %s are refused with 400', async (more) => {
    const answer = await ask(`/api/v1/candles?instrument=MNQ&timeframe=5m&${more}`)

    expect([answer.status, (answer.json() as { code: string }).code]).toEqual([400, 'BAD_QUERY'])
  })

  test('an instrument that is not scanned is 404, a timeframe that nobody builds is 400', async () => {
    expect((await ask('/api/v1/candles?instrument=BTC&timeframe=5m')).status).toBe(404)
    expect((await ask('/api/v1/objects?instrument=BTC&timeframe=5m')).status).toBe(404)
    expect((await ask('/api/v1/candles?instrument=MNQ&timeframe=3m')).status).toBe(400)
    expect((await ask('/api/v1/objects?instrument=MNQ&timeframe=1d')).status).toBe(400)
  })

  test('decisions come a page at a time, up to two hundred', async () => {
    bench.views.asked.length = 0
    expect((await ask('/api/v1/decisions')).status).toBe(200)
    expect((await ask('/api/v1/decisions?limit=200&before=484')).status).toBe(200)
    expect((await ask('/api/v1/decisions?limit=201')).status).toBe(400)

    expect(bench.views.asked).toEqual([
      { limit: 100, before: null },
      { limit: 200, before: 484 },
    ])
  })
})

describe('health', () => {
  test('live says only that the process answers', async () => {
    const answer = await bench.ask({ path: '/health/live' })

    expect([answer.status, answer.json()]).toEqual([200, { ok: true }])
  })

  test('ready is 200 when nothing is missing, else 503 with what is', async () => {
    expect((await bench.ask({ path: '/health/ready' })).status).toBe(200)

    bench.health.missing = ['feed: MNQ has no current price', 'database: no answer']
    const answer = await bench.ask({ path: '/health/ready' })
    expect(answer.status).toBe(503)
    expect(answer.json()).toEqual({
      ok: false,
      missing: ['feed: MNQ has no current price', 'database: no answer'],
    })
  })

  test('a check under any host name is answered, for it learns nothing private', async () => {
    expect((await bench.ask({ path: '/health/ready', headers: { host: 'kael.internal' } })).status).toBe(200)
  })
})

describe('our own troubles', () => {
  test('an outage shows an incident id and nothing of what happened; the log has it under that id', async () => {
    bench.users.fails = true
    const answer = await bench.ask({ path: '/api/v1/state', cookie: cookies.get('tina') })

    expect(answer.status).toBe(500)
    const { code, incident } = answer.json() as { code: string; incident: string }
    expect(code).toBe('DEFECT')
    expect(answer.text).not.toMatch(/database|hunter2|10\.0\.0\.7|at /)
    const logged = bench.incidents.at(-1)
    expect([logged?.id, logged?.where]).toEqual([incident, 'GET /api/v1/state'])
    expect(String(logged?.error)).toContain('connection to database')
  })

  test('a database that is down lets nobody in', async () => {
    bench.users.fails = true

    expect((await bench.ask(logIn(bench.server, 'tina', 'correct horse battery staple'))).status).toBe(500)
  })

  test('health that cannot be told is an error, not health', async () => {
    bench.health.fails = true

    expect((await bench.ask({ path: '/health/ready' })).status).toBe(500)
  })
})
