import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY } from '../../src/server/index.ts'
import { loadStaticFiles } from '../../src/server/static-files.ts'
import { ASSETS, type Answer, type Bench, assetsFolder, startBench } from './harness.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.server.close())

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  bench.ask({ path, headers })

const SCRIPT = '/assets/index-B1a2C3d4.js'

/** Over a bare socket: no client library touches the first line. */
async function sendRaw(path: string): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const socket = connect(bench.server.port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      resolve({ status: Number(text.split(' ')[1] ?? 0), body: text.slice(text.indexOf('\r\n\r\n')) })
    })
    socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${bench.server.port}\r\nConnection: close\r\n\r\n`)
  })
}

describe('files of the dashboard', () => {
  test('hashed assets may be kept for a year, the page is asked for again each time', async () => {
    expect((await get(SCRIPT)).headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await get('/')).headers['cache-control']).toBe('no-cache')
    expect((await get('/favicon.svg')).headers['cache-control']).toBe('no-cache')
  })

  test('carry their own type', async () => {
    expect((await get('/')).headers['content-type']).toBe('text/html; charset=utf-8')
    expect((await get(SCRIPT)).headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect((await get('/assets/index-Z9y8X7w6.css')).headers['content-type']).toBe('text/css; charset=utf-8')
  })

  test('come packed in the way that the client prefers of ours, and unpacked when it takes none', async () => {
    const whole = ASSETS['assets/index-B1a2C3d4.js'] ?? ''
    const cases: readonly [string, string | undefined][] = [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['br;q=0, gzip;q=0', undefined],
      ['*', 'br'],
      ['identity', undefined],
      ['', undefined],
    ]
    for (const [accepted, encoding] of cases) {
      const answer = await get(SCRIPT, { 'accept-encoding': accepted })
      expect([accepted, answer.headers['content-encoding']]).toEqual([accepted, encoding])
      expect(answer.text).toBe(whole)
      expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
      expect(answer.headers.vary).toBe('Accept-Encoding')
    }
  })

  test('what the browser has already is 304 without a body, by the tag of the very form it has', async () => {
    const packed = await get(SCRIPT, { 'accept-encoding': 'br' })
    const plain = await get(SCRIPT)
    expect(packed.headers.etag).not.toBe(plain.headers.etag)

    const again = await get(SCRIPT, { 'accept-encoding': 'br', 'if-none-match': packed.headers.etag ?? '' })
    expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, packed.headers.etag])
    expect(again.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await get(SCRIPT, { 'if-none-match': `"other", W/${plain.headers.etag}` })).status).toBe(304)
    expect((await get(SCRIPT, { 'if-none-match': packed.headers.etag ?? '' })).status).toBe(200)
  })

  test('HEAD has the headers of GET and no body', async () => {
    const head = await bench.ask({ method: 'HEAD', path: SCRIPT })
    const whole = await get(SCRIPT)

    expect(head.bytes).toHaveLength(0)
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control']) {
      expect([name, head.headers[name]]).toEqual([name, whole.headers[name]])
    }
  })

  test('every section of the page is the page, so that links into it work', async () => {
    const page = (await get('/')).text
    for (const path of [
      '/ledger/486',
      '/explain/S-486',
      '/replay/2026-03-10@10:35:54.118',
      '/login',
      '/operate',
    ]) {
      const answer = await get(path)
      expect([path, answer.status, answer.text === page]).toEqual([path, 200, true])
    }
  })

  test('hidden files, source maps, keys and what the build did not make are 404', async () => {
    for (const path of [
      '/.env',
      '/.git/config',
      `${SCRIPT}.map`,
      '/notes.pem',
      '/assets',
      '/assets/x.js',
      '/wp-login',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404])
    }
  })

  test('without a build the page says what to run, and the rest works', async () => {
    const bare = await startBench({ assetsDirectory: join(tmpdir(), 'kael-nothing-here') })
    const page = await bare.ask({ path: '/' })
    const health = await bare.ask({ path: '/health/live' })
    await bare.server.close()

    expect(page.status).toBe(503)
    expect(page.text).toContain('npm run build:web')
    expect(health.status).toBe(200)
  })
})

describe('addresses with a second spelling', () => {
  const traversals = [
    '/../package.json',
    '/..',
    '/.',
    '/./index.html',
    '/assets/..',
    '/assets/../index.html',
    '/assets/../../package.json',
    '/assets/./index-B1a2C3d4.js',
    '//',
    '//etc/passwd',
    '///etc/passwd',
    '/assets//index-B1a2C3d4.js',
    '//evil.example/assets/index-B1a2C3d4.js',
    '/%2e',
    '/%2e%2e',
    '/%2e%2e/package.json',
    '/%2E%2E/package.json',
    '/.%2e/package.json',
    '/%2e./package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/%2e%2e%2fpackage.json',
    '/..%2fpackage.json',
    '/..%2Fpackage.json',
    '/..%5cpackage.json',
    '/..%5Cpackage.json',
    '/assets%2findex-B1a2C3d4.js',
    '/%2fetc/passwd',
    '/%2Fetc%2Fpasswd',
    '/%5cetc%5cpasswd',
    '/..\\package.json',
    '/assets\\..\\..\\package.json',
    '\\..\\package.json',
    '/\\evil.example',
    '/%252e%252e/package.json',
    '/%25%32%65%25%32%65/package.json',
    '/%252e%252e%252fpackage.json',
    '/..%252fpackage.json',
    '/..%255cpackage.json',
    '/%00',
    '/index.html%00',
    '/index.html%00.js',
    '/assets/index-B1a2C3d4.js%00.css',
    '/%0d%0aset-cookie:x=1',
    '/index.html%0a',
    '/%09index.html',
    '/%7f',
    '/%c0%ae%c0%ae/package.json',
    '/%c0%af%c0%afetc/passwd',
    '/%e0%80%ae%e0%80%ae/package.json',
    '/%f0%80%80%ae/package.json',
    '/%ff%fe',
    '/%uff0e%uff0e/package.json',
    '/%u002e%u002e/package.json',
    '/%',
    '/%2',
    '/%zz',
    '/%61pi/v1/state',
    '/api%2fv1%2fstate',
    '/api/v1/%73tate',
    '/api//v1/state',
    '//api/v1/state',
    '/api/v1/state/',
    '/api/v1/./state',
    '/api/v1/x/../state',
    '/api/v1/state%20',
    '/api/v1\\state',
    '/health/../api/v1/state',
    '/health/%2e%2e/api/v1/state',
    '/ledger/..%2f..%2fapi/v1/state',
    '/ledger/',
    '/ledger/%2e%2e/%2e%2e/package.json',
    '/ledger/<script>',
    '/ledger/"x"',
    '/ledger/{x}',
    '/ledger/x|y',
    '/ledger/^',
    '/ledger/`x`',
    '/index.html#x',
    '/~%72oot',
    '/assets/%69ndex-B1a2C3d4.js',
    'index.html',
    'http://127.0.0.1/index.html',
    'http://evil.example/',
    'file:///etc/passwd',
    '?x=1',
    '*',
    `/${'a'.repeat(2_100)}`,
    `/${'../'.repeat(600)}etc/passwd`,
    `/${'%2e%2e%2f'.repeat(200)}etc/passwd`,
  ]

  test('none of ninety ways around the path gets anything but a refusal', async () => {
    const page = (await get('/')).text
    expect(traversals.length).toBeGreaterThanOrEqual(88)
    for (const path of traversals) {
      const answer = await sendRaw(path)
      expect([path, [400, 404].includes(answer.status)]).toEqual([path, true])
      expect(answer.body).not.toContain('root:')
      expect(answer.body).not.toContain('"dependencies"')
      expect(answer.body).not.toContain(page)
    }
  })

  test('nor do fifty tricks below each of the folders', async () => {
    const dots = [
      '..',
      '%2e%2e',
      '.%2e',
      '%2e.',
      '%252e%252e',
      '..;',
      '%c0%ae%c0%ae',
      '%uff0e%uff0e',
      '..%00',
      '....',
    ]
    const slashes = ['/', '%2f', '\\', '%5c', '//']
    for (const folder of ['/', '/assets/', '/ledger/', '/api/v1/']) {
      for (const dot of dots) {
        for (const slash of slashes) {
          const path = `${folder}${`${dot}${slash}`.repeat(3)}package.json`
          const answer = await sendRaw(path)
          // Page routes below /ledger may have odd but harmless names: they get the page, which is no secret.
          const isPage = folder === '/ledger/' && answer.status === 200
          expect([path, isPage || [400, 404].includes(answer.status)]).toEqual([path, true])
          expect(answer.body).not.toContain('"dependencies"')
        }
      }
    }
  })

  test('an address that is spelled in the one right way still works, with escapes where they are needed', async () => {
    for (const path of ['/explain/S%20486', '/explain/%C3%BC', '/explain/a%3Ab', '/ledger/486?view=then']) {
      expect([path, (await get(path)).status]).toEqual([path, 200])
    }
  })
})

describe('headers', () => {
  test('the content security policy is this, word for word', async () => {
    const policy =
      "default-src 'none'; script-src 'self'; " +
      "style-src 'self' 'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='; img-src 'self' data:; " +
      "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
      "frame-ancestors 'none'"

    expect(CONTENT_SECURITY_POLICY).toBe(policy)
    expect((await get('/')).headers['content-security-policy']).toBe(policy)
  })

  test('the one inline style that is allowed is the attribution of the chart library that is installed', async () => {
    const library = await readFile(
      'node_modules/lightweight-charts/dist/lightweight-charts.production.mjs',
      'utf8',
    )
    const style = /"(a#tv-attr-logo\{[^"]*)"/.exec(library)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')

    expect(CONTENT_SECURITY_POLICY).toContain(`'sha256-${hash}'`)
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe')
    expect(library.match(/createElement\("style"\)/g)).toHaveLength(1)
  })

  test('every kind of answer carries the security headers, errors too', async () => {
    const answers = [
      await get('/'),
      await get(SCRIPT),
      await get('/health/live'),
      await get('/api/v1/state'),
      await get('/nothing'),
      await get('/%2e%2e/x'),
      await get('/', { host: 'evil.example' }),
      await bench.ask({ method: 'POST', path: '/api/v1/commands' }),
      await bench.ask({ method: 'DELETE', path: '/api/v1/state' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401, 404, 400, 421, 403, 405])
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      })
      expect(headers['permissions-policy']).toContain('camera=()')
      expect(headers['x-powered-by']).toBeUndefined()
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test('nothing of the interface is kept by anybody', async () => {
    const cookie = await bench.cookieOf('victor')
    const paths = [
      '/api/v1/state',
      '/api/v1/session',
      '/api/v1/nothing',
      '/health/ready',
      '/api/v1/decisions',
    ]
    for (const path of paths) {
      expect([path, (await bench.ask({ path, cookie })).headers['cache-control']]).toEqual([path, 'no-store'])
    }
  })

  test('strict transport security is not claimed where there is no TLS', async () => {
    expect((await get('/')).headers['strict-transport-security']).toBeUndefined()
  })
})

test('the folder of the build may be named in any way that names it', async () => {
  const folder = await assetsFolder()
  for (const named of [
    `${folder}/`,
    join(folder, 'assets', '..'),
    `${folder}/./`,
    relative(process.cwd(), folder),
  ]) {
    const files = await loadStaticFiles(named)
    expect([...files.keys()]).toEqual([
      '/assets/index-B1a2C3d4.js',
      '/assets/index-Z9y8X7w6.css',
      '/favicon.svg',
      '/index.html',
    ])
  }
})
