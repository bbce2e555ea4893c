import { createHeldToken, createMarketHub } from '../../../src/brokers/index.ts'
import {
  type Instrument,
  ROSTER,
  TIMEFRAMES,
  type TradePrint,
  epochMs,
  instrumentOf,
} from '../../../src/domain/index.ts'
import { type BarBook, createBarBook } from '../../../src/feed/index.ts'
import { DEFAULT_START, createExchange } from '../../../src/gateway/index.ts'
import { invocation } from '../../../src/gateway/hub-protocol.ts'
import { BarReader, BarWriter, createArena } from '../../../src/kernel/index.ts'
import { Secret, present, seededRandom } from '../../../src/lib/index.ts'
import { type RawHub, eventually, rawHub, recordedPause, silent } from '../../brokers/support.ts'
import { alternate, median, nowNs, quantile } from '../measure.ts'
import { type BenchRow, type Suite, atLeast, atMost, ratioRow, valueRow } from '../report.ts'
import { openBareSocket } from '../support/bare-socket.ts'

const EVENTS = 40_000
const TURN_MS = 1_000
const ROUNDS = 5
const SINGLES = 400
const RECORD_END = '\u001e'
/** Twenty times real time of thirteen contracts that are as busy as the busiest: 125 events a second each. */
const BUSIEST_PER_SECOND = 20 * 13 * 125

/** What a frame costs from the socket to the bar in shared memory, beside reading its text alone. */
export const feedSuite: Suite = async () => {
  const { frames, trades } = recordedFrames()
  const server = await rawHub()
  const market = await connectedHub(server)
  const rates = await alternate(ROUNDS, {
    ours: () => market.eventsPerSecond(frames),
    reference: () => parsedPerSecond(frames),
  })
  const latency = await latencyRow(server, market)
  await market.hub.stop()
  await server.close()
  return [
    ratioRow(`events from socket to bar, ${trades} trades of ${EVENTS} | JSON.parse`, '/s', rates),
    valueRow(
      'events from socket to bar, beside 20x of 13 busy contracts',
      '/s',
      rates.ours,
      atLeast(BUSIEST_PER_SECOND),
    ),
    ...latency,
  ]
}

interface Frame {
  readonly text: string
  readonly events: number
}

function frontContracts(): ReadonlyMap<string, Instrument> {
  const { listing } = createExchange({ seed: 'bench', start: DEFAULT_START })
  return new Map(ROSTER.map((each) => [listing.frontAt(each, DEFAULT_START).id, each] as const))
}

/** What the simulated gateway says about all thirteen instruments, a frame a second of its clock. */
function recordedFrames(): { readonly frames: readonly Frame[]; readonly trades: number } {
  const exchange = createExchange({ seed: 'bench', start: DEFAULT_START })
  // The gateway tells a client of the contracts that it subscribed to: here as there the month that is traded.
  const wanted = frontContracts()
  const frames: Frame[] = []
  let events = 0
  let trades = 0
  for (let at = DEFAULT_START + TURN_MS; events < EVENTS; at += TURN_MS) {
    const told = exchange
      .advanceTo(at)
      .flatMap((event) => (event.hub === 'market' && wanted.has(event.contractId) ? [event] : []))
    const records = told
      .slice(0, EVENTS - events)
      .map(({ kind, contractId, data }) =>
        invocation(kind === 'trade' ? 'GatewayTrade' : 'GatewayQuote', [contractId, data]),
      )
    trades += told.slice(0, EVENTS - events).filter(({ kind }) => kind === 'trade').length
    events += records.length
    if (records.length > 0) frames.push({ text: records.join(''), events: records.length })
  }
  return { frames, trades }
}

function parsedPerSecond(frames: readonly Frame[]): number {
  const from = nowNs()
  let records = 0
  for (const { text } of frames)
    for (const record of text.split(RECORD_END))
      if (record !== '') records += JSON.parse(record) === null ? 0 : 1
  return records / ((nowNs() - from) / 1e9)
}

/** The books and the cache that prints go to, as the feed has them. */
interface Sink {
  readonly reader: BarReader
  take(print: TradePrint): void
}

function openSink(contracts: ReadonlyMap<string, Instrument>): Sink {
  const arena = createArena({ series: contracts.size * TIMEFRAMES.length, capacity: 4_096 })
  const books = new Map<
    string,
    { readonly book: BarBook; readonly writers: ReadonlyMap<string, BarWriter> }
  >()
  for (const [index, contractId] of [...contracts.keys()].entries())
    books.set(contractId, {
      book: createBarBook({ from: DEFAULT_START }),
      writers: new Map(
        TIMEFRAMES.map((each, at) => [each, new BarWriter(arena, index * TIMEFRAMES.length + at, 1)]),
      ),
    })
  return {
    reader: new BarReader(arena, 0),
    take(print) {
      const { book, writers } = present(books.get(print.contractId), print.contractId)
      for (const event of book.add(print)) {
        const writer = present(writers.get(event.timeframe), event.timeframe)
        if (event.kind === 'forming') writer.form(event.bar)
        else if (event.kind === 'sealed') writer.seal(event.bar)
        else if (event.kind === 'corrected') writer.correct([event.bar])
      }
    },
  }
}

type ConnectedHub = Awaited<ReturnType<typeof connectedHub>>

async function connectedHub(server: RawHub) {
  const contracts = frontContracts()
  const tokens = createHeldToken()
  tokens.hold(new Secret('bench'))
  let sink = openSink(contracts)
  let taken = 0
  let onTaken: (() => void) | undefined
  const hub = createMarketHub({
    url: server.url,
    tokens,
    clock: { now: () => DEFAULT_START, timeout: () => () => undefined },
    pause: recordedPause().pause,
    random: seededRandom('bench'),
    log: silent,
    events: {
      onTrade(print) {
        sink.take(print)
        taken++
        onTaken?.()
      },
      onQuote() {
        taken++
        onTaken?.()
      },
    },
  })
  hub.subscribe([...contracts].map(([contractId, instrument]) => ({ contractId, instrument })))
  hub.start()
  await eventually(() => hub.state() === 'connected')
  const line = present(server.lines.at(-1), 'the line of a connected hub')

  async function until(count: number): Promise<void> {
    const late = setTimeout(() => {
      throw new Error(`${taken} of ${count} events came; left out: ${JSON.stringify(hub.counters().dropped)}`)
    }, 20_000)
    await new Promise<void>((resolve) => {
      onTaken = () => void (taken >= count && resolve())
      if (taken >= count) resolve()
    })
    onTaken = undefined
    clearTimeout(late)
  }

  return {
    hub,
    line,
    contracts,
    sink: () => sink,
    until,
    /** Each time into new books: a second copy of a print would be left out. */
    async eventsPerSecond(frames: readonly Frame[]): Promise<number> {
      sink = openSink(contracts)
      taken = 0
      const total = frames.reduce((sum, each) => sum + each.events, 0)
      const from = nowNs()
      for (const { text } of frames) line.raw(text)
      await until(total)
      return total / ((nowNs() - from) / 1e9)
    },
    restart(): void {
      sink = openSink(contracts)
      taken = 0
    },
  }
}

/** From the send of one print until a reader of the cache has its price, beside a bare socket with the same text. */
async function latencyRow(server: RawHub, market: ConnectedHub): Promise<readonly BenchRow[]> {
  const bare = await openBareSocket(server)
  const [contractId] = [...market.contracts.keys()]
  const { tickSize } = instrumentOf(ROSTER[0]?.root ?? '')
  const ours: number[] = []
  const theirs: number[] = []
  market.restart()
  for (let n = 1; n <= SINGLES; n++) {
    const text = invocation('GatewayTrade', [
      present(contractId, 'a contract'),
      {
        symbolId: ROSTER[0]?.symbolId ?? '',
        price: (24_000 + (n % 50)) * tickSize,
        timestamp: new Date(epochMs(DEFAULT_START + n)).toISOString(),
        type: 0,
        volume: 1,
      },
    ])
    const from = nowNs()
    market.line.raw(text)
    await market.until(n)
    if (market.sink().reader.newest()?.bar.c !== 24_000 + (n % 50)) throw new Error('a print is in its bar')
    ours.push((nowNs() - from) / 1e3)
    theirs.push(await bare.roundUs(text))
  }
  bare.close()
  return [
    ratioRow(
      'one print, send to price in the cache, p50 | bare socket',
      'us',
      { ours: median(ours), reference: median(theirs) },
      atMost(2),
    ),
    ratioRow('the same, p99 | bare socket', 'us', {
      ours: quantile(ours, 0.99),
      reference: quantile(theirs, 0.99),
    }),
  ]
}
