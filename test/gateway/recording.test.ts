import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createExchange, loadRecording, startGateway } from '../../src/gateway/index.ts'
import { present } from '../../src/lib/index.ts'
import { barsOf, login, roots } from './support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kael-recording-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const HEADER = 'time,open,high,low,close,volume'
function put(file: string, ...lines: string[]): void {
  const text = `${lines.join('\n')}\n`
  writeFileSync(join(folder, file), file.endsWith('.gz') ? gzipSync(text) : text)
}
function load() {
  const loaded = loadRecording(folder)
  if (!loaded.ok) throw new Error(loaded.error)
  return loaded.value
}
const errorOf = (): string => {
  const loaded = loadRecording(folder)
  return loaded.ok ? '' : loaded.error
}

const row = (time: string): string => `${time},1313.7,1`

describe('a recording', () => {
  test('of bars prints open, the extreme away from the close, the other one, close; volume shared out', () => {
    put('ES_1m_x.csv.gz', HEADER, '2013-10-07T14:00:00Z,1676.75,1677.25,1673.5,1675.25,1886')
    const { tape, listing } = load()
    const contract = listing.all[0]
    const ticks = contract === undefined ? [] : tape.ticksOf(contract, Date.parse('2013-10-07T14:00:00Z'))

    expect(ticks.map((each) => [each.price * 0.25, each.volume])).toEqual([
      [1_676.75, 472],
      [1_677.25, 472],
      [1_673.5, 471],
      [1_675.25, 471],
    ])
  })

  test('adds up to itself again, thin bars too', () => {
    put(
      '6E_1m.csv',
      HEADER,
      '2024-01-02T14:00:00Z,1.1076,1.10785,1.1076,1.1078,205',
      '2024-01-02T14:01:00Z,1.1078,1.1078,1.1078,1.1078,1',
      '2024-01-02T14:03:00Z,1.1078,1.1079,1.10775,1.10785,3',
    )
    const { tape, listing, start } = load()
    const contract = present(listing.all[0], 'a contract')
    const bars = tape.minutes(contract, 0, Number.POSITIVE_INFINITY)

    expect(bars).toHaveLength(3)
    expect(barsOf(bars.slice(0, 2).flatMap((each) => tape.ticksOf(contract, each.t)))).toEqual(
      bars.slice(0, 2),
    )
    expect(contract.id).toBe('CON.F.US.EU6.H24')
    expect(new Date(start).toISOString()).toBe('2024-01-02T13:59:59.000Z')
  })

  test('of ticks plays every row at its own millisecond, with its own side', () => {
    put(
      'GC_ticks_1.csv.gz',
      'time,price,size,aggressor',
      '2013-10-07T00:00:00.276Z,1313.7,1,B',
      '2013-10-07T00:00:00.276123456Z,1313.7,2,A',
      '2013-10-07T00:00:59.999Z,1313.8,3,N',
    )
    const { tape, listing } = load()
    const contract = present(listing.all[0], 'a contract')
    const ticks = tape.ticksOf(contract, Date.parse('2013-10-07T00:00:00Z'))

    expect(ticks.map((each) => [each.at % 60_000, each.volume, each.isBuy])).toEqual([
      [276, 1, true],
      [276, 2, false],
      [59_999, 3, true],
    ])
  })

  test('may be spread over files that follow each other, but not over ones that overlap', () => {
    put('GC_ticks_a.csv', 'time,price,size', row('2013-10-07T00:00:01Z'))
    put('GC_ticks_b.csv', 'time,price,size', row('2013-10-08T00:00:01Z'))
    expect(load().tape.nextMinute(Date.parse('2013-10-07T01:00:00Z'))).toBe(
      Date.parse('2013-10-08T00:00:00Z'),
    )
    put('GC_ticks_c.csv', 'time,price,size', row('2013-10-07T00:00:00Z'), row('2013-10-09T00:00:00Z'))

    expect(errorOf()).toMatch(/overlaps another file of GC/)
  })

  test('is described by a manifest where there is one', () => {
    put('whatever.csv', HEADER, '2024-01-02T14:00:00Z,6000,6000,6000,6000,5')
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({ files: [{ file: 'whatever.csv', instrument: 'MES', kind: 'bars' }] }),
    )

    expect(load().instruments.map((each) => each.root)).toEqual(['MES'])
  })

  test.each([
    [
      'a price off the grid',
      '2024-01-02T14:00:00Z,6000,6000.1,6000,6000,5',
      /ES_1m\.csv:2: price 6000\.1 is off the grid of 0\.25 \(ES\)/,
    ],
    [
      'a high below the close',
      '2024-01-02T14:00:00Z,6000,6000,6000,6001,5',
      /ES_1m\.csv:2: low <= open and close <= high/,
    ],
    [
      'a time within a minute',
      '2024-01-02T14:00:01Z,6000,6000,6000,6000,5',
      /ES_1m\.csv:2: time .* opens a minute/,
    ],
    ['a time that is none', 'noon,6000,6000,6000,6000,5', /ES_1m\.csv:2: time noon is ISO-8601/],
    [
      'a fraction of a contract',
      '2024-01-02T14:00:00Z,6000,6000,6000,6000,5.5',
      /ES_1m\.csv:2: volume 5\.5 is whole contracts/,
    ],
  ])('with %s is refused naming file, line and rule', (_what, row, text) => {
    put('ES_1m.csv', HEADER, row)

    expect(errorOf()).toMatch(text)
  })

  test('with rows out of order is refused', () => {
    put('ES_1m.csv', HEADER, '2024-01-02T14:01:00Z,1,1,1,1,1', '2024-01-02T14:00:00Z,1,1,1,1,1')

    expect(errorOf()).toMatch(/ES_1m\.csv:3: time .* is after the row before/)
  })

  test.each([
    [
      { files: [{ file: 'none.csv', instrument: 'ES', kind: 'bars' }] },
      /files\[0\]\.file "none.csv" is a file of the folder/,
    ],
    [
      { files: [{ file: 'a.csv', instrument: 'SPY', kind: 'bars' }] },
      /files\[0\]\.instrument "SPY" is a known root/,
    ],
    [
      { files: [{ file: 'a.csv', instrument: 'ES', kind: 'candles' }] },
      /files\[0\]\.kind "candles" is "bars" or "ticks"/,
    ],
    [{}, /is its form/],
  ])('whose manifest says %j is refused', (manifest, text) => {
    put('a.csv', HEADER, '2024-01-02T14:00:00Z,1,1,1,1,1')
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))

    expect(errorOf()).toMatch(text)
  })

  test('of nothing known is refused, and a folder that is not there too', () => {
    put('SPY_1m.csv', HEADER, '2024-01-02T14:00:00Z,1,1,1,1,1')
    expect(errorOf()).toMatch(
      /no file of bars or ticks of a known instrument \(SPY_1m\.csv: SPY is not a known root/,
    )
    rmSync(folder, { recursive: true })

    expect(errorOf()).toMatch(/no such folder/)
  })

  test('at full speed stands still until somebody listens, then plays to its end and stops', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => {
      const time = new Date(Date.parse('2024-01-02T14:00:00Z') + i * 60_000).toISOString()
      return `${time},6000,6001,5999,6000.5,40`
    })
    mkdirSync(folder, { recursive: true })
    put('ES_1m.csv', HEADER, ...rows)
    const started = await startGateway({ dataDir: folder, speed: 'max' })
    if (!started.ok) throw new Error(started.error)
    const gateway = started.value
    const began = gateway.exchange.now()
    const { WebSocket } = await import('ws')
    const token = login(gateway.exchange)
    const socket = new WebSocket(`${gateway.marketHub.replace('http', 'ws')}?access_token=${token}`)
    const printed: number[] = []
    const done = new Promise<void>((finish) => {
      socket.on('message', (data: Buffer) => {
        for (const text of data.toString().split('\u001e').slice(0, -1)) {
          const record = JSON.parse(text) as { target?: string; arguments?: [string, { volume: number }[]] }
          if (record.target !== 'GatewayTrade') continue
          printed.push(...(record.arguments?.[1] ?? []).map((each) => each.volume))
          if (printed.length === 120) finish()
        }
      })
    })
    await new Promise<void>((open) => socket.once('open', () => open()))

    expect(gateway.exchange.now()).toBe(began)
    const subscribe = { type: 1, target: 'SubscribeContractTrades', arguments: ['CON.F.US.EP.H24'] }
    socket.send(`{"protocol":"json","version":1}\u001e${JSON.stringify(subscribe)}\u001e`)
    // Subscribed, but there may be more to subscribe to: it waits for quiet.
    for (let i = 0; i < 5; i++) {
      const clock = (await (await fetch(`${gateway.rest}/sim/clock`)).json()) as { nowMs: number }
      expect(clock.nowMs).toBe(began)
    }
    await done
    expect(printed.reduce((a, b) => a + b, 0)).toBe(30 * 40)
    expect(gateway.exchange.nextEventAt()).toBeUndefined()
    socket.close()
    await gateway.close()
  })
})

const shared = join(import.meta.dirname, '../../../shared/data/market')
const hasShared = existsSync(shared)
if (!hasShared) console.log('gateway: 2 tests of shared market data left out, the folder is not there')

describe.runIf(hasShared)('the shared market data', () => {
  test('plays minute by minute what the files hold', () => {
    const loaded = loadRecording(shared)
    if (!loaded.ok) throw new Error(loaded.error)
    const { instruments, listing, tape, start } = loaded.value
    const contract = listing.frontAt(
      present(
        instruments.find((each) => each.root === 'ES'),
        'ES',
      ),
      start,
    )
    const exchange = createExchange({ seed: 'x', start, recording: { tape, listing } })
    const token = login(exchange)
    exchange.advanceTo(Date.parse('2013-10-07T00:00:00Z'))
    const reply = exchange.handle(
      '/api/History/retrieveBars',
      {
        contractId: contract.id,
        startTime: '2013-10-06T22:00:00Z',
        endTime: '2013-10-06T22:01:00Z',
        unit: 2,
        unitNumber: 1,
        limit: 5,
      },
      token,
    )

    expect(contract.id).toBe('CON.F.US.EP.Z13')
    expect(reply.json?.['bars']).toEqual([
      { t: '2013-10-06T22:00:00+00:00', o: 1676.75, h: 1677.25, l: 1673.5, c: 1675.25, v: 1884 },
    ])
  })

  test('has every bar of CME futures add up from its prints', () => {
    const loaded = loadRecording(shared, roots('6E', 'ES', 'GC'))
    if (!loaded.ok) throw new Error(loaded.error)
    const { listing, tape } = loaded.value
    for (const contract of listing.all) {
      const bars = tape.minutes(contract, 0, Number.POSITIVE_INFINITY)
      expect(bars.length).toBeGreaterThan(2_000)
      expect(barsOf(bars.flatMap((each) => tape.ticksOf(contract, each.t)))).toEqual(bars)
    }
    expect(readdirSync(join(shared, 'ticks')).length).toBeGreaterThan(0)
  })
})
