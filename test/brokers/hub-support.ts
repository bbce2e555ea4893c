import {
  type BrokerAccount,
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type Quote,
  type TradePrint,
  instrumentOf,
} from '../../src/domain/index.ts'
import { Secret, ok, seededRandom } from '../../src/lib/index.ts'
import { type HubState, createHeldToken, createMarketHub, createUserHub } from '../../src/brokers/index.ts'
import {
  type Line,
  type RawHub,
  type RawHubOptions,
  eventually,
  rawHub,
  recordedPause,
  silent,
  virtualClock,
} from './support.ts'

export const MES = 'CON.F.US.MES.H26'
export const ENQ = 'CON.F.US.ENQ.H26'
export const END = '\u001e'

const closing: (() => Promise<void>)[] = []

/** For `afterEach`: ends what the test started. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close()
}

interface Wiring extends RawHubOptions {
  readonly stepTimeoutMs?: number
}

async function wire(options: Wiring) {
  const server = await rawHub(options)
  const tokens = createHeldToken(() => Promise.resolve(ok(new Secret('token-2'))))
  tokens.hold(new Secret('token-1'))
  const { pause, waits } = recordedPause()
  const states: [HubState, string][] = []
  const shared = {
    url: server.url,
    tokens,
    clock: virtualClock(),
    pause,
    random: seededRandom('hubs'),
    log: silent,
    stepTimeoutMs: options.stepTimeoutMs ?? 2_000,
  }
  const onState = (state: HubState, why: string): void => void states.push([state, why])
  return { server, tokens, waits, states, shared, onState }
}

export async function startMarket(options: Wiring = {}) {
  const wired = await wire(options)
  const quotes: Quote[] = []
  const prints: TradePrint[] = []
  let logouts = 0
  const hub = createMarketHub({
    ...wired.shared,
    events: {
      onState: wired.onState,
      onQuote: (quote) => quotes.push(quote),
      onTrade: (print) => prints.push(print),
      onLogout: () => void logouts++,
    },
  })
  closing.push(
    () => hub.stop(),
    () => wired.server.close(),
  )
  hub.subscribe([
    { contractId: MES, instrument: instrumentOf('MES') },
    { contractId: ENQ, instrument: instrumentOf('NQ') },
  ])
  hub.start()
  return { ...wired, hub, quotes, prints, logouts: () => logouts }
}

export async function startUser(options: Wiring = {}) {
  const wired = await wire(options)
  const orders: BrokerOrder[] = []
  const positions: BrokerPosition[] = []
  const trades: BrokerTrade[] = []
  const accounts: BrokerAccount[] = []
  const strange: string[] = []
  const hub = createUserHub({
    ...wired.shared,
    accountIds: ['25770001'],
    events: {
      onState: wired.onState,
      onOrder: (order) => orders.push(order),
      onPosition: (position) => positions.push(position),
      onTradeOfAccount: (trade) => trades.push(trade),
      onAccount: (account) => accounts.push(account),
      onStrange: ({ target, reason }) => strange.push(`${target} ${reason}`),
    },
  })
  closing.push(
    () => hub.stop(),
    () => wired.server.close(),
  )
  hub.start()
  return { ...wired, hub, orders, positions, trades, accounts, strange }
}

export async function connected(hub: { state(): HubState }, server: RawHub, lines = 1): Promise<Line> {
  await eventually(() => hub.state() === 'connected' && server.lines.length >= lines)
  const line = server.lines.at(-1)
  if (line === undefined) throw new Error('a connected hub has a line')
  return line
}

export const aTrade = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  symbolId: 'F.US.MES',
  price: 6_405.25,
  timestamp: '2026-03-10T13:30:00.3000012+00:00',
  type: 0,
  volume: 3,
  ...fields,
})
export const aQuote = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  symbol: 'F.US.MES',
  lastUpdated: '2026-03-10T13:30:00.25+00:00',
  timestamp: '2026-03-10T13:30:00.2512345+00:00',
  contract: MES,
  ...fields,
})
export const anOrder = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 1_190_000_421,
  accountId: 25_770_001,
  contractId: MES,
  creationTimestamp: '2026-03-10T13:29:00.1234567+00:00',
  status: 1,
  type: 1,
  side: 0,
  size: 2,
  limitPrice: 6_405.25,
  fillVolume: 0,
  customTag: 'k-1',
  ...fields,
})
