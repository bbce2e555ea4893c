import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLOSE_CODES, SESSION_LIFE_MS } from '../../src/server/index.ts'
import type { StreamMessage } from '../../src/wire/index.ts'
import {
  type Bench,
  type Page,
  aBar,
  aCondition,
  aDecision,
  fromPage,
  snapshotOf,
  startBench,
} from './harness.ts'

let bench: Bench
let cookie: string
beforeEach(async () => {
  bench = await startBench()
  cookie = await bench.cookieOf('victor')
})
afterEach(() => bench.server.close())

/** A page that took a snapshot and goes on from it, its hello already seen. */
async function openPage(): Promise<Page> {
  const { seq } = await snapshotOf(bench, cookie)
  const page = await bench.stream({ cookie, query: `?seq=${seq}` })
  await page.next()
  return page
}

const texts = ({ changes }: StreamMessage): string[] => (changes.conditions ?? []).map(({ text }) => text)
const ids = ({ decisions }: StreamMessage): string[] => decisions.map(({ id }) => id)
const watch = (page: Page, ...charts: [string, string][]): Promise<void> => {
  page.socket.send(
    JSON.stringify({
      kind: 'watch',
      charts: charts.map(([instrument, timeframe]) => ({ instrument, timeframe })),
    }),
  )
  return page.settle()
}

/** About 200 kB: a few of them fill what the operating system takes on its own. */
const bulk = (i: number): string => `change ${i} ${'x'.repeat(200_000)}`

async function fillUp(page: Page): Promise<number> {
  page.socket.pause()
  let sent = 0
  for (; sent < 200; sent++) {
    bench.views.show({
      conditions: [aCondition('a', bulk(sent))],
      decisions: [aDecision(sent + 1), ...bench.views.topics.decisions].slice(0, 200),
    })
    bench.server.tick()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sent
}

describe('snapshot', () => {
  test('holds every topic, the instruments, the version and the platform clock with its speed', async () => {
    bench.views.show({ decisions: [aDecision(2), aDecision(1)] })
    const snapshot = await snapshotOf(bench, cookie)

    expect(snapshot.topics).toEqual(bench.views.topics)
    expect(snapshot.instruments).toEqual(bench.views.instruments())
    expect(snapshot).toMatchObject({ version: '0.1.0', at: 1_773_153_000_000, speed: 20 })
  })

  test('of a later moment never has a lower number', async () => {
    const first = await snapshotOf(bench, cookie)
    bench.views.show({ conditions: [aCondition('a', 'one')] })
    const second = await snapshotOf(bench, cookie)

    expect(second.seq).toBeGreaterThan(first.seq)
  })
})

describe('stream', () => {
  test('goes on from the snapshot: hello bears its number and what changed in between', async () => {
    const { seq } = await snapshotOf(bench, cookie)
    bench.views.show({ conditions: [aCondition('a', 'feed stale')], decisions: [aDecision(1)] })
    const page = await bench.stream({ cookie, query: `?seq=${seq}` })
    const hello = await page.next()

    expect([hello.kind, hello.seq]).toEqual(['hello', seq])
    expect(Object.keys(hello.changes)).toEqual(['conditions'])
    expect(ids(hello)).toEqual(['G-1'])
  })

  test('numbers grow by one a message, without a gap', async () => {
    const page = await openPage()
    const seqs: number[] = []
    for (let i = 0; i < 20; i++) {
      bench.views.show({ conditions: [aCondition('a', `change ${i}`)] })
      bench.server.tick()
      seqs.push((await page.next()).seq)
    }

    expect(seqs).toEqual(seqs.map((_each, index) => (seqs[0] ?? 0) + index))
    expect(seqs[0]).toBe((page.messages[0]?.seq ?? 0) + 1)
  })

  test('sends only the topics that changed', async () => {
    const page = await openPage()
    bench.views.show({ conditions: [aCondition('a', 'one')], actors: [] })
    bench.server.tick()

    expect(Object.keys((await page.next()).changes)).toEqual(['conditions'])
  })

  test('many changes between two ticks are one message with the last of them', async () => {
    const page = await openPage()
    for (let i = 0; i < 50; i++) bench.views.show({ conditions: [aCondition('a', `change ${i}`)] })
    bench.server.tick()
    bench.server.tick()
    await page.settle()

    expect(page.messages).toHaveLength(2)
    expect(texts(await page.next())).toEqual(['change 49'])
  })

  test('says something at least once a second, so that silence means no contact', async () => {
    const page = await openPage()
    bench.clock.advance(999)
    bench.server.tick()
    bench.clock.advance(1)
    bench.server.tick()
    await page.settle()

    expect(page.messages).toHaveLength(2)
    expect(await page.next()).toMatchObject({
      kind: 'update',
      changes: {},
      decisions: [],
      bars: [],
      speed: 20,
    })
  })

  test('a change that nobody announced is found within a second', async () => {
    const page = await openPage()
    bench.views.topics = { ...bench.views.topics, conditions: [aCondition('a', 'grew stale')] }
    bench.clock.advance(1_000)
    bench.server.tick()

    expect(texts(await page.next())).toEqual(['grew stale'])
  })

  test('a new decision comes once, a changed one again under its id', async () => {
    const page = await openPage()
    bench.views.show({ decisions: [aDecision(1)] })
    bench.server.tick()
    bench.views.show({ decisions: [aDecision(2), aDecision(1)] })
    bench.server.tick()
    bench.views.show({ decisions: [aDecision(2, { outcome: 'order 8811 filled' }), aDecision(1)] })
    bench.server.tick()

    expect(ids(await page.next())).toEqual(['G-1'])
    expect(ids(await page.next())).toEqual(['G-2'])
    const changed = await page.next()
    expect(changed.decisions).toMatchObject([{ id: 'G-2', outcome: 'order 8811 filled' }])
  })

  test('a page that lost its socket goes on from its last message and misses nothing', async () => {
    const first = await openPage()
    bench.views.show({ conditions: [aCondition('a', 'one')], decisions: [aDecision(1)] })
    bench.server.tick()
    const { seq } = await first.next()
    first.socket.terminate()
    await first.closed
    bench.views.show({ conditions: [aCondition('a', 'two')], decisions: [aDecision(2), aDecision(1)] })

    const second = await bench.stream({ cookie, query: `?seq=${seq}` })
    const hello = await second.next()
    expect(hello.seq).toBe(seq)
    expect(texts(hello)).toEqual(['two'])
    expect(ids(hello)).toContain('G-2')
  })

  test('a number of another run shows as a gap, and the hello holds the whole state', async () => {
    bench.views.show({ decisions: [aDecision(1)] })
    const { seq } = await snapshotOf(bench, cookie)
    for (const strange of [0, 7, seq + 1_000]) {
      const page = await bench.stream({ cookie, query: `?seq=${strange}` })
      const hello = await page.next()
      expect(hello.seq).not.toBe(strange)
      expect(Object.keys(hello.changes)).toHaveLength(Object.keys(bench.views.topics).length - 1)
      expect(ids(hello)).toEqual(['G-1'])
    }
  })

  test('numbers of this run lie above those of any run before', async () => {
    const { seq } = await snapshotOf(bench, cookie)
    const later = await startBench()
    later.clock.advance(60_000)
    await later.server.close()

    // Ten a second are used, a thousand a second are set aside.
    expect(seq).toBeGreaterThan(bench.clock.now())
    expect(seq - bench.clock.now()).toBeLessThan(10)
  })

  test('pages that open at different moments each have their own count and the same state', async () => {
    const early = await openPage()
    bench.views.show({ conditions: [aCondition('a', 'one')] })
    bench.server.tick()
    const late = await openPage()
    bench.views.show({ conditions: [aCondition('a', 'two')] })
    bench.server.tick()

    await early.next()
    const [a, b] = [await early.next(), await late.next()]
    expect(texts(a)).toEqual(['two'])
    expect(a.changes).toEqual(b.changes)
    expect([a.seq - (early.messages[0]?.seq ?? 0), b.seq - (late.messages[0]?.seq ?? 0)]).toEqual([2, 1])
  })

  test('a view that fails is silence and an incident, not a stopped server', async () => {
    const page = await openPage()
    const current = bench.views.current.bind(bench.views)
    bench.views.current = () => {
      throw new Error('shared memory is gone')
    }
    bench.clock.advance(5_000)
    bench.server.tick()
    await page.settle()
    expect(page.messages).toHaveLength(1)
    expect(bench.incidents.map(({ where }) => where)).toEqual(['stream'])

    bench.views.current = current
    bench.server.tick()
    expect((await page.next()).kind).toBe('update')
  })
})

describe('charts', () => {
  test('the newest bar of a watched chart comes at once, then only when it changed', async () => {
    const page = await openPage()
    bench.views.bar = [aBar(0, 101), aBar(60_000, 102)]
    await watch(page, ['MNQ', '1m'])
    bench.server.tick()
    bench.server.tick()
    bench.views.bar = [aBar(0, 101), aBar(60_000, 103)]
    bench.server.tick()

    expect((await page.next()).bars).toEqual([aBar(60_000, 102)])
    expect((await page.next()).bars).toEqual([aBar(60_000, 103)])
    expect(page.messages).toHaveLength(3)
  })

  test('a bar that sealed between two ticks comes with its last close, before the new one', async () => {
    const page = await openPage()
    bench.views.bar = [aBar(0, 101)]
    await watch(page, ['MNQ', '1m'])
    bench.server.tick()
    bench.views.bar = [aBar(0, 107, { isSealed: true }), aBar(60_000, 108)]
    bench.server.tick()

    await page.next()
    expect((await page.next()).bars).toEqual([aBar(0, 107, { isSealed: true }), aBar(60_000, 108)])
  })

  test('corrected history shows in the generation of the newest bar', async () => {
    const page = await openPage()
    bench.views.bar = [aBar(0, 101)]
    await watch(page, ['MNQ', '1m'])
    bench.server.tick()
    bench.views.bar = [aBar(0, 101, { generation: 2 })]
    bench.server.tick()

    await page.next()
    expect((await page.next()).bars).toMatchObject([{ generation: 2 }])
  })

  test('a chart that is no longer watched sends nothing', async () => {
    const page = await openPage()
    bench.views.bar = [aBar(0, 101), aBar(0, 50, { instrument: 'MES' })]
    await watch(page, ['MNQ', '1m'])
    await watch(page, ['MES', '1m'])
    bench.server.tick()

    expect((await page.next()).bars).toMatchObject([{ instrument: 'MES' }])
  })

  test('four charts may be watched, a fifth ends the stream', async () => {
    const page = await openPage()
    await watch(page, ['MNQ', '1m'], ['MNQ', '5m'], ['MES', '1m'], ['MES', '5m'])
    expect(page.socket.readyState).toBe(page.socket.OPEN)

    page.socket.send(
      JSON.stringify({
        kind: 'watch',
        charts: ['1m', '5m', '15m', '1h', '4h'].map((timeframe) => ({ instrument: 'MNQ', timeframe })),
      }),
    )
    expect((await page.closed).code).toBe(CLOSE_CODES.BROKEN_RULE)
  })

  test.each([
    [
      'an instrument that is not scanned',
      '{"kind":"watch","charts":[{"instrument":"BTC","timeframe":"1m"}]}',
      'BTC',
    ],
    [
      'an unknown timeframe',
      '{"kind":"watch","charts":[{"instrument":"MNQ","timeframe":"3m"}]}',
      'timeframe',
    ],
    ['an unknown kind', '{"kind":"order","charts":[]}', 'kind'],
    ['a key too many', '{"kind":"watch","charts":[],"token":"x"}', 'token'],
    ['broken JSON', '{"kind":', 'JSON'],
    ['a prototype', '{"kind":"watch","charts":[],"__proto__":{}}', '__proto__'],
  ])('%s in a message ends the stream and says why', async (_title, text, why) => {
    const page = await openPage()
    page.socket.send(text)

    const { code, reason } = await page.closed
    expect(code).toBe(CLOSE_CODES.BROKEN_RULE)
    expect(reason).toContain(why)
  })

  test('a message in binary, one beyond 64 KiB and a flood of them each end the stream', async () => {
    const [binary, large, flood] = [await openPage(), await openPage(), await openPage()]
    binary.socket.send(Buffer.from('{}'))
    large.socket.send(`{"kind":"watch","charts":[]${' '.repeat(65_536)}}`)
    for (let i = 0; i < 401; i++) flood.socket.send('{"kind":"watch","charts":[]}')

    expect((await binary.closed).code).toBe(CLOSE_CODES.NOT_TEXT)
    expect((await large.closed).code).toBe(1009)
    expect((await flood.closed).reason).toBe('too many messages')
  })
})

describe('slow readers', () => {
  test('get the newest of each topic but every decision, without a gap in the numbers', async () => {
    const page = await openPage()
    const sent = await fillUp(page)
    page.socket.resume()
    await page.settle()
    bench.server.tick()
    await page.settle()

    const updates = page.messages.slice(1)
    expect(updates.length).toBeLessThan(sent / 2)
    expect(texts(updates.at(-1) as StreamMessage)[0]).toContain(`change ${sent - 1} `)
    const seqs = page.messages.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_each, index) => (seqs[0] ?? 0) + index))
    const told = updates.flatMap(ids)
    expect(new Set(told).size).toBe(sent)
    expect(told).toHaveLength(sent)
  })

  test('do not hold up those who read', async () => {
    const [slow, quick] = [await openPage(), await openPage()]
    const sent = await fillUp(slow)
    await quick.settle()

    expect(quick.messages).toHaveLength(sent + 1)
  })

  test('who does not read for thirty seconds is cut off', async () => {
    const page = await openPage()
    await fillUp(page)
    bench.clock.advance(29_999)
    bench.server.tick()
    const other = await openPage()
    expect(page.socket.readyState).toBe(page.socket.OPEN)

    bench.clock.advance(1)
    bench.server.tick()
    page.socket.resume()
    expect((await page.closed).code).toBe(1006)
    expect(other.socket.readyState).toBe(other.socket.OPEN)
  })

  test('who answers pings stays, however little there is to say', async () => {
    const page = await openPage()
    for (let i = 0; i < 12; i++) {
      bench.clock.advance(10_000)
      bench.server.tick()
      await page.settle()
    }

    expect(page.socket.readyState).toBe(page.socket.OPEN)
  })

  test('who lags behind what is remembered must take a new snapshot', async () => {
    const page = await openPage()
    await fillUp(page)
    for (let i = 1_000; i < 4_000; i += 100) {
      bench.views.show({ decisions: Array.from({ length: 100 }, (_each, k) => aDecision(i + k)) })
      bench.server.tick()
    }
    page.socket.resume()
    await page.settle()
    bench.server.tick()

    expect((await page.closed).code).toBe(CLOSE_CODES.NEW_SNAPSHOT)
  })
})

describe('who may open a stream', () => {
  test('somebody with a session, from our own page', async () => {
    expect((await bench.stream({ cookie })).status).toBe(101)
    expect((await bench.stream()).status).toBe(401)
    expect((await bench.stream({ cookie: `kael_session=${'A'.repeat(43)}` })).status).toBe(401)
  })

  test.each([
    ['another site', 'https://evil.example'],
    ['another port', 'http://127.0.0.1:1'],
    ['a sandboxed frame', 'null'],
    ['an empty origin', ''],
  ])('not with the cookie of a trader from %s', async (_title, origin) => {
    expect((await bench.stream({ cookie, headers: { origin } })).status).toBe(403)
  })

  test('not across sites even with our Origin, nor under a strange host name', async () => {
    expect((await bench.stream({ cookie, headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    const headers = { host: 'evil.example', origin: 'http://evil.example' }
    expect((await bench.stream({ cookie, headers })).status).toBe(421)
  })

  test('not at another address, nor by another spelling of it, nor with a strange query', async () => {
    const paths = ['/', '/api/v1/state', '/stream', '/api/v1/stream2']
    for (const path of paths)
      expect([path, (await bench.stream({ cookie, path })).status]).toEqual([path, 404])
    for (const path of ['/api//v1/stream', '/api/v1/%73tream', '/api/v1/stream/']) {
      expect([path, (await bench.stream({ cookie, path })).status]).toEqual([path, 400])
    }
    for (const query of ['?seq=-1', '?seq=x', '?seq=1&seq=2', '?token=x']) {
      expect([query, (await bench.stream({ cookie, query })).status]).toEqual([query, 400])
    }
  })

  test('no more than are allowed, and one that leaves makes room', async () => {
    const small = await startBench({ streamLimits: { clientsMax: 2 } })
    const mine = await small.cookieOf('victor')
    const first = await small.stream({ cookie: mine })
    await small.stream({ cookie: mine })
    expect((await small.stream({ cookie: mine })).status).toBe(503)

    first.socket.close()
    await first.closed
    expect((await small.stream({ cookie: mine })).status).toBe(101)
    await small.server.close()
  })

  test('asked for without a socket it says what it is', async () => {
    const answer = await bench.ask({ path: '/api/v1/stream', cookie })

    expect([answer.status, answer.headers.upgrade]).toEqual([426, 'websocket'])
  })

  test('a request that offers another protocol is answered as it is', async () => {
    const answer = await bench.ask({
      path: '/health/live',
      headers: { connection: 'upgrade', upgrade: 'h2c' },
    })

    expect(answer.status).toBe(200)
  })
})

describe('the end of a stream', () => {
  test('logging out closes every page of that session, and no other', async () => {
    const otherCookie = await bench.cookieOf('tina')
    const [one, two] = [await openPage(), await openPage()]
    const other = await bench.stream({ cookie: otherCookie })
    await bench.ask(fromPage(bench.server, '/api/v1/logout', {}, cookie))

    expect((await one.closed).code).toBe(CLOSE_CODES.SESSION_ENDED)
    expect((await two.closed).code).toBe(CLOSE_CODES.SESSION_ENDED)
    expect(other.socket.readyState).toBe(other.socket.OPEN)
  })

  test('a session that was revoked elsewhere ends its pages within thirty seconds', async () => {
    const page = await openPage()
    bench.users.sessions.clear()
    bench.clock.advance(29_000)
    bench.server.tick()
    await page.settle()
    expect(page.socket.readyState).toBe(page.socket.OPEN)

    bench.clock.advance(1_000)
    bench.server.tick()
    expect((await page.closed).code).toBe(CLOSE_CODES.SESSION_ENDED)
  })

  test('an open page keeps its session in use, but not beyond twelve hours', async () => {
    const patient = await startBench({ streamLimits: { silenceMsMax: Infinity } })
    const page = await patient.stream({ cookie: await patient.cookieOf('victor') })
    const from = patient.clock.now()
    while (page.socket.readyState === page.socket.OPEN && patient.clock.now() < from + 2 * SESSION_LIFE_MS) {
      patient.clock.advance(10 * 60_000)
      patient.server.tick()
      await page.settle()
    }
    const lasted = patient.clock.now() - from
    await patient.server.close()

    expect((await page.closed).code).toBe(CLOSE_CODES.SESSION_ENDED)
    expect(lasted).toBe(SESSION_LIFE_MS)
  })

  test('a server that stops says so and frees its port', async () => {
    const page = await openPage()
    await bench.server.close()

    expect((await page.closed).code).toBe(CLOSE_CODES.SERVER_STOPS)
    await expect(bench.ask({ path: '/health/live' })).rejects.toThrow(/ECONNREFUSED/)
  })
})
