import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bar, ticks, usd } from '../../src/domain/index.ts'
import {
  type JournalStore,
  type ServerStore,
  openJournalStore,
  openServerStore,
} from '../../src/store/index.ts'
import type { ActorHealthRow, InstrumentRow, ScannerStateRow } from '../../src/store/index.ts'
import { type TestServer, startTestServer } from '../support/postgres.ts'
import { faultOf, valueOf } from '../support/results.ts'
import { ACCOUNT, CONTRACT, NOON, aSignal, at, seen } from '../support/rows.ts'

let server: TestServer
let journal: JournalStore
let journalUrl: string
let reader: ServerStore

beforeAll(async () => {
  server = await startTestServer()
  const urls = await server.freshDatabase()
  ;({ journalUrl } = urls)
  journal = openJournalStore(journalUrl)
  reader = await openServerStore(urls.serverUrl)
})
afterAll(async () => {
  await journal.close()
  await reader.close()
  await server.stop()
})

const bar = (minute: number, close = 102, v = 10): Bar => ({
  t: at(minute * 60),
  o: ticks(100),
  h: ticks(104),
  l: ticks(99),
  c: ticks(close),
  v,
})
const batch = (bars: readonly Bar[], instrument = 'MNQ') =>
  ({ instrument, timeframe: '1m', contractId: CONTRACT, source: 'gateway-sim.market-hub', bars }) as const

const page = (before?: Bar['t']) =>
  reader.bars({
    instrument: 'NQ',
    timeframe: '1m',
    limit: 2,
    ...(before === undefined ? {} : { before }),
  })

describe('bars', () => {
  test('told again are the same bars, told differently they are corrected', async () => {
    const first = await valueOf(journal.saveBars([batch([bar(0), bar(1)])]))
    const again = await valueOf(journal.saveBars([batch([bar(0), bar(1)])]))
    const corrected = await valueOf(journal.saveBars([batch([bar(0), bar(1, 103)])]))

    expect([first, again, corrected]).toEqual([2, 0, 1])
    const stored = await valueOf(reader.bars({ instrument: 'MNQ', timeframe: '1m', limit: 10 }))
    expect(stored.map((each) => [each.t, each.c])).toEqual([
      [at(0), 102],
      [at(60), 103],
    ])
  })

  test('of one batch with one instant twice, the later told stands', async () => {
    await valueOf(journal.saveBars([batch([bar(0, 100), bar(0, 101)], 'ES')]))

    const stored = await valueOf(reader.bars({ instrument: 'ES', timeframe: '1m', limit: 10 }))
    expect(stored.map((each) => each.c)).toEqual([101])
  })

  test('that cannot be (a high below the close) are refused, and the whole batch with them', async () => {
    const fault = await faultOf(journal.saveBars([batch([bar(0)], 'YM'), batch([bar(1, 105)], 'YM')]))

    expect(fault).toMatchObject({ code: 'REFUSED', retry: 'never' })
    expect(await valueOf(reader.bars({ instrument: 'YM', timeframe: '1m', limit: 10 }))).toEqual([])
  })

  test('come to a chart oldest first, the newest that fit, and older ones by the page', async () => {
    await valueOf(
      journal.saveBars([
        batch(
          [0, 1, 2, 3, 4].map((minute) => bar(minute)),
          'NQ',
        ),
      ]),
    )

    const newest = await valueOf(page())
    const older = await valueOf(page(newest[0]!.t))

    expect(newest.map((each) => each.t)).toEqual([at(180), at(240)])
    expect(older.map((each) => each.t)).toEqual([at(60), at(120)])
  })

  test('of two weeks go in within a second, and the journal knows where to go on', async () => {
    const bars = Array.from({ length: 14_000 }, (_, minute) => bar(minute))
    const from = performance.now()

    const written = await valueOf(journal.saveBars([batch(bars, 'GC')]))

    expect(written).toBe(14_000)
    expect(performance.now() - from).toBeLessThan(3_000)
    expect(await valueOf(journal.newestBar('GC', '1m'))).toBe(at(13_999 * 60))
    expect(await valueOf(journal.newestBar('GC', '5m'))).toBeUndefined()
  })

  test('with prices below zero are bars like any other', async () => {
    const crude = { ...bar(0), o: ticks(-3_700), h: ticks(-3_600), l: ticks(-4_032), c: ticks(-3_763) }
    await valueOf(journal.saveBars([batch([crude], 'CL')]))

    expect((await valueOf(reader.bars({ instrument: 'CL', timeframe: '1m', limit: 1 })))[0]?.l).toBe(-4_032)
  })
})

describe('signals', () => {
  test('have one number each, without holes, however often they are told', async () => {
    await valueOf(journal.saveSignals([aSignal({ id: 'a' }), aSignal({ id: 'b', knownAt: at(1) })], seen()))
    await valueOf(journal.saveSignals([aSignal({ id: 'a' }), aSignal({ id: 'c', knownAt: at(2) })], seen()))

    const stored = await valueOf(reader.signals('MNQ', 10))
    expect(stored.map((each) => [each.id, each.number])).toEqual([
      ['c', 3],
      ['b', 2],
      ['a', 1],
    ])
  })

  test('come back as they were, with the facts and the regime that they were read in', async () => {
    const signal = aSignal({ id: 'whole' })
    await valueOf(journal.saveSignals([signal], seen()))

    expect(await valueOf(reader.signal('whole'))).toMatchObject({
      ...signal,
      source: 'gateway-sim.user-hub',
      state: 'current',
    })
    expect(await valueOf(reader.signal('never'))).toBeUndefined()
  })

  test('stay as they were first told: nothing repaints', async () => {
    await valueOf(journal.saveSignals([aSignal({ id: 'still', score: 80 })], seen()))
    await valueOf(journal.saveSignals([aSignal({ id: 'still', score: 99 })], seen()))

    expect((await valueOf(reader.signal('still')))?.score).toBe(80)
  })
})

const row = (overrides: Partial<ScannerStateRow> = {}): ScannerStateRow => ({
  ...seen({ source: 'analyst/MNQ' }),
  instrument: 'MNQ',
  last: ticks(79_738),
  sessionOpen: ticks(79_000),
  direction: 1,
  stage: 'wait-sweep',
  word: 'wait sweep',
  text: 'no liquidity taken since 09:30',
  met: 1,
  of: 5,
  regime: { label: 'TREND_UP', strength: 0.7, confidence: 0.9, since: NOON, knownAt: NOON },
  seq: 5_113,
  ...overrides,
})

describe('the scanner', () => {
  test('has one row an instrument, which only something newer replaces', async () => {
    await valueOf(journal.saveScanner([row()]))
    await valueOf(journal.saveScanner([row({ seq: 5_112, word: 'older' })]))
    await valueOf(
      journal.saveScanner([row({ seq: 5_113, word: 'twice' }), row({ seq: 5_114, word: 'in trade' })]),
    )

    expect(await valueOf(reader.scanner())).toEqual([row({ seq: 5_114, word: 'in trade' })])
  })

  test('starts again with each run: a count that an earlier run left ahead holds nothing back', async () => {
    await valueOf(journal.saveScanner([row({ seq: 9_000_000 })]))
    const next = openJournalStore(journalUrl)

    await valueOf(next.saveScanner([row({ seq: 1, word: 'warming up' })]))
    await valueOf(next.saveScanner([row({ seq: 0, word: 'older' })]))
    await next.close()

    expect((await valueOf(reader.scanner())).map((each) => each.word)).toEqual(['warming up'])
  })

  test('says unknown without a number, never zero', async () => {
    const unknown = row({
      instrument: '6E',
      last: null,
      sessionOpen: null,
      direction: 0,
      regime: null,
      asOf: null,
      state: 'unknown',
    })
    await valueOf(journal.saveScanner([unknown]))

    expect((await valueOf(reader.scanner())).find((each) => each.instrument === '6E')).toEqual(unknown)
  })

  test('knows no state but those of the screens', async () => {
    // @ts-expect-error The word live is used for nothing but a broker-verified route.
    const live = row({ state: 'live' })

    expect((await faultOf(journal.saveScanner([live]))).detail).toContain('scanner_state_state_check')
  })
})

const health = (beat: number, status: string): ActorHealthRow => ({
  ...seen({ source: 'kernel', asOf: at(beat) }),
  path: 'analyst/MNQ',
  status,
  epoch: 2,
  restarts: 1,
  lastFailure: 'handler took 2,000 ms',
  beatAt: at(beat),
  elu: 0.31,
  heapBytes: 48_000_000,
  depth: 3,
  dropped: 0,
  handledPerSecond: 120.5,
  handlerP95: 6.25,
})

describe('instruments and actors', () => {
  test('an instrument keeps a tick of 0.00005 exactly', async () => {
    const euro: InstrumentRow = {
      ...seen({ source: 'roster' }),
      root: '6E',
      position: 12,
      symbolId: 'F.US.EU6',
      description: 'Euro FX',
      contractId: 'CON.F.US.EU6.M26',
      contractName: '6EM6',
      tickSize: 0.00005,
      decimals: 5,
      tickValue: usd(6_250_000),
      checkedAt: NOON,
      agreement: 'agrees',
      disabledBecause: null,
      lastDataAt: null,
    }
    await valueOf(journal.saveInstruments([euro]))

    expect(await valueOf(reader.instruments())).toEqual([euro])
  })

  test('an actor has one row, and an older beat does not take the newer one away', async () => {
    await valueOf(journal.saveHealth([health(10, 'running')]))
    await valueOf(journal.saveHealth([health(9, 'starting')]))

    expect(await valueOf(reader.actorHealth())).toEqual([health(10, 'running')])
  })
})

const change = (seconds: number, cause: string) => ({
  ...seen({ source: 'mode' }),
  route: 'gateway-sim' as const,
  accountId: ACCOUNT,
  at: at(seconds),
  fromLabel: null,
  toLabel: 'RUNTIME SIM' as const,
  missing: ['user stream'],
  cause,
  brokerProofId: null,
})

describe('the mode', () => {
  test('has a history, newest first, with the cause of each change', async () => {
    await valueOf(journal.addModeChange(change(1, 'start')))
    await valueOf(journal.addModeChange(change(2, 'user stream lost')))

    expect((await valueOf(reader.modeHistory('gateway-sim', 10))).map((each) => each.cause)).toEqual([
      'user stream lost',
      'start',
    ])
    expect(await valueOf(journal.lastModeChange('gateway-sim', ACCOUNT))).toMatchObject({
      cause: 'user stream lost',
      missing: ['user stream'],
    })
    expect(await valueOf(reader.modeHistory('broker', 10))).toEqual([])
  })

  test('cannot be written as verified on a simulated route, whatever is claimed', async () => {
    const fault = await faultOf(journal.addModeChange({ ...change(3, 'claim'), toLabel: 'BROKER-VERIFIED' }))

    expect(fault.code).toBe('REFUSED')
  })
})
