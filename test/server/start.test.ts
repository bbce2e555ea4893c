import { randomBytes } from 'node:crypto'
import { type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { type ServerOptions, createServer } from '../../src/server/index.ts'
import {
  aCondition,
  HandClock,
  MemoryCommands,
  MemoryUsers,
  MemoryViews,
  snapshotOf,
  startBench,
} from './harness.ts'

function options(more: Partial<ServerOptions>): ServerOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    assetsDirectory: `${tmpdir()}/kael-no-dashboard`,
    users: new MemoryUsers(),
    views: new MemoryViews(),
    commands: new MemoryCommands(),
    health: { ready: () => ({ ok: true, missing: [] }) },
    clock: new HandClock(),
    randomBytes,
    onIncident: () => {},
    tickMs: 0,
    ...more,
  }
}

/** What the server does with a client that sends this and then nothing: everything that came until it hung up. */
async function untilHungUp(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    heard += chunk
  })
  socket.on('error', () => {})
  socket.write(text)
  await new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return heard
}

describe('start', () => {
  test('a port that is taken is a fault that names it and the way out, not a crash', async () => {
    const bench = await startBench()
    const second = await createServer(options({ port: bench.server.port }))
    await bench.server.close()

    expect(second).toEqual({
      ok: false,
      error: {
        code: 'REFUSED',
        retry: 'never',
        detail: `port ${bench.server.port} on 127.0.0.1 is taken by another program: choose another with --port`,
      },
    })
  })

  test('an address that this machine does not have is a fault that names it', async () => {
    const started = await createServer(options({ host: '203.0.113.9' }))

    expect(started.ok ? '' : started.error.detail).toMatch(/203\.0\.113\.9.*KAEL_HOST/)
  })

  test('a public origin that is more or less than scheme and host is refused by name', async () => {
    for (const publicOrigin of [
      'kael.example.org',
      'https://kael.example.org/',
      'ftp://kael.example.org',
      '',
    ]) {
      const started = await createServer(options({ publicOrigin }))
      expect(started.ok ? '' : started.error.detail).toContain(`the public origin ${publicOrigin} is not`)
    }
  })

  test('port 0 takes a free one and says which', async () => {
    const started = await createServer(options({}))
    if (!started.ok) throw new Error(started.error.detail)
    await started.value.close()

    expect(started.value.port).toBeGreaterThan(0)
    expect(started.value.url).toBe(`http://127.0.0.1:${started.value.port}`)
  })

  test('the port is free again as soon as the server is closed, with pages open', async () => {
    const bench = await startBench()
    await bench.stream({ cookie: await bench.cookieOf('victor') })
    await bench.server.close()
    const again = await createServer(options({ port: bench.server.port }))

    expect(again.ok).toBe(true)
    if (again.ok) await again.value.close()
  })

  test('left to itself it looks at the views ten times a second', async () => {
    const bench = await startBench({ tickMs: 100 })
    const cookie = await bench.cookieOf('victor')
    const { seq } = await snapshotOf(bench, cookie)
    const page = await bench.stream({ cookie, query: `?seq=${seq}` })
    await page.next()
    bench.views.show({ conditions: [aCondition('a', 'feed stale')] })
    const update = await page.next()
    await bench.server.close()

    expect(update.kind).toBe('update')
    expect(update.seq).toBe(seq + 1)
  })
})

describe('slow and broken clients', () => {
  test('headers that do not come to an end are given up', async () => {
    const bench = await startBench({ timeouts: { headers: 200, request: 400 } })
    const heard = await untilHungUp(
      bench.server.port,
      'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ',
    )
    await bench.server.close()

    expect(heard).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('a body that does not come is given up', async () => {
    const bench = await startBench({ timeouts: { headers: 200, request: 400 } })
    const { url, port } = bench.server
    const heard = await untilHungUp(
      port,
      `POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: ${url}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name"',
    )
    await bench.server.close()

    expect(heard).toMatch(/^HTTP\/1\.1 408 /)
    expect(bench.users.entries).toEqual([])
  })

  test('a connection that asks for nothing more is closed', async () => {
    const bench = await startBench({ timeouts: { keepAlive: 50 } })
    const heard = await untilHungUp(bench.server.port, 'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await bench.server.close()

    expect(heard).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a client that leaves in the middle of an upgrade ends nothing but itself', async () => {
    const bench = await startBench()
    const cookie = await bench.cookieOf('victor')
    for (let i = 0; i < 20; i++) {
      const socket = connect(bench.server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(
        `GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:${bench.server.port}\r\nOrigin: ${bench.server.url}\r\n` +
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: ${i % 2 === 0 ? cookie : 'x=y'}\r\n\r\n`,
        () => socket.resetAndDestroy(),
      )
      await new Promise<void>((resolve) => socket.on('close', () => resolve()))
    }
    bench.server.tick()
    const alive = await bench.ask({ path: '/health/live' })
    await bench.server.close()

    expect(alive.status).toBe(200)
    expect(bench.incidents).toEqual([])
  })

  test('headers beyond 16 KiB and requests that are no HTTP are refused and the server goes on', async () => {
    const bench = await startBench()
    const long = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`
    expect(await untilHungUp(bench.server.port, long)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await untilHungUp(bench.server.port, '\u0016\u0003\u0001 not http\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 /,
    )
    expect(await untilHungUp(bench.server.port, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await bench.ask({ path: '/health/live' })).status).toBe(200)
    await bench.server.close()
  })

  test('two requests smuggled into one length are refused', async () => {
    const bench = await startBench()
    const heard = await untilHungUp(
      bench.server.port,
      'POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' +
        'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    )
    await bench.server.close()

    expect(heard).toMatch(/^HTTP\/1\.1 400 /)
    expect(heard).not.toContain('{"ok":true}')
  })
})
