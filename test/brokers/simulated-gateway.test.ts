import { afterEach, describe, expect, test } from 'vitest'
import {
  type Bar,
  type BracketOrder,
  type BrokerOrder,
  type BrokerPosition,
  type BrokerTrade,
  type Quote,
  type TradePrint,
  contracts,
  epochMs,
  instrumentOf,
  ticks,
} from '../../src/domain/index.ts'
import { Secret, present, seededRandom } from '../../src/lib/index.ts'
import {
  type Clock,
  type HubState,
  type ResolvedContract,
  createAccounts,
  createMarketData,
  createMarketHub,
  createSession,
  createUserHub,
  openGateway,
  pingGateway,
} from '../../src/brokers/index.ts'
import { createOrderClient } from '../../src/brokers/topstepx/order-client.ts'
import { createBarBook, createFreshness, isSame } from '../../src/feed/index.ts'
import { type GatewayOptions, startGateway } from '../../src/gateway/index.ts'
import { eventually, silent } from './support.ts'

const MINUTE = 60_000
const ACCOUNT = '25770001'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** The gateway's clock, read from the side of a client. */
function clockOf(now: () => number, speed: number): Clock {
  return {
    now,
    timeout(ms, run) {
      const timer = setTimeout(run, ms / speed)
      return () => clearTimeout(timer)
    },
  }
}

async function signedIn(options: GatewayOptions = {}) {
  const speed = typeof options.speed === 'number' ? options.speed : 60
  const started = await startGateway({
    seed: 'brokers',
    instruments: ['MES', 'MNQ', 'MCL'].map(instrumentOf),
    ...options,
    speed,
  })
  if (!started.ok) throw new Error(started.error)
  const gateway = started.value
  closing.push(() => gateway.close())
  const clock = clockOf(() => gateway.exchange.now(), speed)
  const random = seededRandom('brokers')
  const link = openGateway({ rest: gateway.rest, clock, random })
  closing.push(() => link.close())
  const session = createSession({ link, userName: gateway.userName, apiKey: new Secret(gateway.apiKey) })
  closing.push(() => session.close())
  const login = await session.login()
  if (!login.ok) throw new Error(login.error.detail)
  const data = createMarketData(link, session)
  const accounts = createAccounts(link, session)
  const shared = { tokens: session, clock, random, log: silent, pause: link.pause }
  const fault = (body: unknown): Promise<Response> =>
    fetch(`${gateway.rest}/sim/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  return {
    gateway,
    clock,
    link,
    session,
    data,
    accounts,
    shared,
    fault,
    desk: createOrderClient(link, session),
  }
}

type World = Awaited<ReturnType<typeof signedIn>>

async function resolved({ data }: World, ...roots: string[]): Promise<readonly ResolvedContract[]> {
  const found = await data.resolveContracts(roots.map(instrumentOf))
  if (!found.ok) throw new Error(found.error.detail)
  return found.value.contracts
}

function watchUser(world: World) {
  const orders: BrokerOrder[] = []
  const positions: BrokerPosition[] = []
  const trades: BrokerTrade[] = []
  const states: HubState[] = []
  const strange: string[] = []
  const hub = createUserHub({
    ...world.shared,
    url: world.gateway.userHub,
    accountIds: [ACCOUNT],
    events: {
      onState: (state) => states.push(state),
      onOrder: (order) => orders.push(order),
      onPosition: (position) => positions.push(position),
      onTradeOfAccount: (trade) => trades.push(trade),
      onStrange: (row) => strange.push(row.reason),
    },
  })
  hub.start()
  closing.push(() => hub.stop())
  return { hub, orders, positions, trades, states, strange }
}

function watchMarket(
  world: World,
  wanted: readonly ResolvedContract[],
  alsoTell: (print: TradePrint) => void = () => undefined,
) {
  const books = new Map(
    wanted.map(({ contract }) => [contract.id, createBarBook({ from: world.clock.now() - 30 * MINUTE })]),
  )
  const sealed = new Map<string, Bar[]>(wanted.map(({ contract }) => [contract.id, []]))
  const quotes = new Map<string, Quote>()
  const states: HubState[] = []
  const hub = createMarketHub({
    ...world.shared,
    url: world.gateway.marketHub,
    events: {
      onState(state) {
        states.push(state)
        for (const book of books.values())
          if (state === 'connected') book.connected(world.clock.now())
          else book.disconnected()
      },
      onQuote: (quote) => quotes.set(quote.contractId, quote),
      onTrade(print) {
        alsoTell(print)
        for (const event of books.get(print.contractId)?.add(print) ?? [])
          if (event.kind === 'sealed' && event.timeframe === '1m')
            sealed.get(print.contractId)?.push(event.bar)
      },
    },
  })
  hub.subscribe(wanted.map(({ contract, instrument }) => ({ contractId: contract.id, instrument })))
  hub.start()
  closing.push(() => hub.stop())
  return { hub, books, sealed, quotes, states }
}

async function aBracket(
  world: World,
  quote: Quote,
  tag: string,
  fields: Partial<BracketOrder> = {},
): Promise<BracketOrder> {
  const last = present(quote.last ?? quote.bid, 'a price of the quote')
  return {
    tag,
    accountId: ACCOUNT,
    contractId: quote.contractId,
    instrument: present((await resolved(world, 'MES'))[0], 'MES').instrument,
    side: 'buy',
    type: 'market',
    size: contracts(1),
    entry: last,
    stop: ticks(last - 400),
    target: ticks(last + 400),
    ...fields,
  }
}

const spend = (): boolean => true
const byText = (a: string, b: string): number => a.localeCompare(b)

describe('against the simulated gateway', () => {
  test('login, accounts, contracts and the clock: everything that a start needs', async () => {
    const world = await signedIn()

    const accounts = await world.accounts.accounts()
    const found = await resolved(world, 'MES', 'MNQ', 'MCL', 'GC')
    const ping = await pingGateway(world.link)

    expect(accounts.ok && accounts.value.rows.map((each) => each.id)).toContain(ACCOUNT)
    expect(accounts.ok && accounts.value.strange).toEqual([])
    expect(found.map((each) => each.instrument.root)).toEqual(['MES', 'MNQ', 'MCL'])
    expect(ping.ok && Math.abs(ping.value.clockOffsetMs ?? Infinity)).toBeLessThan(5_000)
  })

  test('a wrong key is refused once, in words for a person', async () => {
    const world = await signedIn()
    const wrong = createSession({
      link: world.link,
      userName: world.gateway.userName,
      apiKey: new Secret('no'),
    })

    expect(await wrong.login()).toMatchObject({ ok: false, error: { code: 'LOGIN_REFUSED' } })
  })

  test('ten trading days of history come in one page, whole, in order and on the grid', async () => {
    const world = await signedIn()
    const [mes] = await resolved(world, 'MES')
    const { contract, instrument } = present(mes, 'MES')
    const to = epochMs(world.clock.now())

    const reply = await world.data.getBars({
      contractId: contract.id,
      instrument,
      from: epochMs(to - 14 * 86_400_000),
      to,
      limit: 20_000,
    })

    expect(reply.ok && reply.value.bars.length).toBeGreaterThan(10_000)
    expect(reply.ok && reply.value.dropped).toBe(0)
    expect(reply.ok && reply.value.bars.every((bar, i, all) => i === 0 || bar.t > (all[i - 1]?.t ?? 0))).toBe(
      true,
    )
  })

  test('bars built from the prints of the hub are the bars of the history, to the contract', async () => {
    const world = await signedIn({ speed: 120 })
    const wanted = await resolved(world, 'MES', 'MNQ', 'MCL')
    const market = watchMarket(world, wanted)

    await eventually(() => [...market.sealed.values()].every((bars) => bars.length >= 5), 30_000)

    for (const { contract, instrument } of wanted) {
      // The first minute was half heard.
      const built = present(market.sealed.get(contract.id), contract.id).slice(1)
      const from = present(built[0], 'a built bar').t
      const reply = await world.data.getBars({
        contractId: contract.id,
        instrument,
        from,
        to: epochMs(from + built.length * MINUTE),
        limit: 1_000,
      })
      const history = reply.ok ? reply.value.bars : []
      expect(built.filter((bar) => !history.some((each) => isSame(each, bar)))).toEqual([])
      expect(history.length).toBe(built.length)
      expect(market.books.get(contract.id)?.counters()).toMatchObject({ duplicates: 0, late: 0 })
    }
    expect(market.hub.counters().dropped).toEqual({})
  })

  test('a market hub that drops comes back, subscribes everything again, and history fills the hole', async () => {
    const world = await signedIn({ speed: 120 })
    const wanted = await resolved(world, 'MES', 'MNQ')
    const market = watchMarket(world, wanted)
    await eventually(() => market.quotes.size === 2)

    await world.fault({ kind: 'dropHub', hub: 'market' })
    await eventually(() => market.hub.counters().connects === 2)
    const again = new Set<string>()
    const before = new Map(market.quotes)
    await eventually(() => {
      for (const [id, quote] of market.quotes) if (quote !== before.get(id)) again.add(id)
      return again.size === 2
    })
    const back = world.clock.now()
    await eventually(() => world.clock.now() > back + 2 * MINUTE)

    for (const { contract, instrument } of wanted) {
      const book = present(market.books.get(contract.id), contract.id)
      book.close(world.clock.now())
      for (const page of book.plan(world.clock.now(), 20_000)) {
        const reply = await world.data.getBars({ ...page, contractId: contract.id, instrument })
        if (reply.ok) book.history({ page, ...reply.value })
      }
      expect(book.isWhole(world.clock.now())).toBe(true)
      expect(book.bars('1m').length).toBeGreaterThan(30)
    }
    expect(market.states).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  })

  test('a bracket is accepted, filled, seen on the stream, held by both legs, and closed', async () => {
    const world = await signedIn()
    const market = watchMarket(world, await resolved(world, 'MES'))
    const user = watchUser(world)
    await eventually(() => user.hub.state() === 'connected' && market.quotes.size === 1)
    const quote = present([...market.quotes.values()][0], 'a quote')

    const placed = await world.desk.place(await aBracket(world, quote, 'k-1'), spend)
    await eventually(() => user.positions.some((each) => each.size === 1))
    await eventually(
      () => user.orders.filter((each) => each.parentId !== undefined && each.status === 'open').length >= 2,
    )

    expect(placed).toMatchObject({ kind: 'accepted' })
    const open = await world.accounts.openOrders(ACCOUNT)
    expect(
      open.ok && open.value.rows.map((each) => `${each.tag} ${each.type} ${each.side}`).toSorted(byText),
    ).toEqual(['k-1-SL stop sell', 'k-1-TP limit sell'])
    const fill = present(user.trades[0], 'a trade')
    const stop = open.ok ? open.value.rows.find((each) => each.type === 'stop')?.stop : undefined
    expect(stop).toBe(fill.price - 400)

    expect(
      await world.desk.closePosition({ accountId: ACCOUNT, contractId: quote.contractId }, spend),
    ).toEqual({ kind: 'accepted' })
    await eventually(() => user.positions.at(-1)?.direction === 0)
    const flat = await world.accounts.positions(ACCOUNT)
    const trades = await world.accounts.tradesSince(ACCOUNT, epochMs(world.clock.now() - 60 * MINUTE))
    expect(flat.ok && flat.value.rows.filter((each) => each.size > 0)).toEqual([])
    expect(trades.ok && trades.value.rows.length).toBeGreaterThanOrEqual(2)
    expect(user.strange).toEqual([])
  })

  test('an order whose reply is lost is unknown, was sent once, and is found by its tag', async () => {
    const world = await signedIn()
    const market = watchMarket(world, await resolved(world, 'MES'))
    await eventually(() => market.quotes.size === 1)
    const quote = present([...market.quotes.values()][0], 'a quote')
    await world.fault({ kind: 'loseNextPlaceReply' })

    const outcome = await world.desk.place(await aBracket(world, quote, 'k-lost'), spend)
    const orders = await world.accounts.ordersSince(ACCOUNT, epochMs(world.clock.now() - 60 * MINUTE))

    expect(outcome).toMatchObject({ kind: 'unknown' })
    expect(orders.ok && orders.value.rows.filter((each) => each.tag === 'k-lost')).toHaveLength(1)
  })

  test('a refused order is rejected with the words of the gateway, and never confused with unknown', async () => {
    const world = await signedIn()
    const market = watchMarket(world, await resolved(world, 'MES'))
    await eventually(() => market.quotes.size === 1)
    const quote = present([...market.quotes.values()][0], 'a quote')

    const outcome = await world.desk.place(
      await aBracket(world, quote, 'k-big', { contractId: 'CON.F.US.MES.Z39', size: contracts(1) }),
      spend,
    )

    expect(outcome).toMatchObject({ kind: 'rejected', code: 'ContractNotFound' })
  })

  test('a resting entry can be moved and cancelled; a second cancel is refused, not unknown', async () => {
    const world = await signedIn()
    const market = watchMarket(world, await resolved(world, 'MES'))
    await eventually(() => market.quotes.get([...market.quotes.keys()][0] ?? '')?.bid !== undefined)
    const quote = present([...market.quotes.values()][0], 'a quote')
    const far = ticks(present(quote.bid, 'a bid') - 400)
    const order = await aBracket(world, quote, 'k-rest', {
      type: 'limit',
      entry: far,
      stop: ticks(far - 40),
      target: ticks(far + 40),
    })
    const placed = await world.desk.place(order, spend)
    const orderId = placed.kind === 'accepted' ? placed.orderId : ''

    const moved = await world.desk.modify(
      { accountId: ACCOUNT, orderId, instrument: order.instrument, limit: ticks(far - 8) },
      spend,
    )
    const read = await world.accounts.orderById(ACCOUNT, orderId)
    const first = await world.desk.cancel({ accountId: ACCOUNT, orderId }, spend)
    const second = await world.desk.cancel({ accountId: ACCOUNT, orderId }, spend)

    expect(moved).toEqual({ kind: 'accepted' })
    expect(read.ok && read.value.rows[0]?.limit).toBe(far - 8)
    expect(first).toEqual({ kind: 'accepted' })
    expect(second.kind).toBe('rejected')
  })

  test('a user hub that is closed without leave to reconnect comes back all the same', async () => {
    const world = await signedIn()
    const user = watchUser(world)
    await eventually(() => user.hub.state() === 'connected')

    await world.fault({ kind: 'closeHub', hub: 'user', allowReconnect: false })

    await eventually(() => user.hub.counters().connects === 2)
    expect(user.states).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  })

  test('a hub that is up and mute is found by its events, and made anew', async () => {
    const world = await signedIn({ speed: 60 })
    const wanted = await resolved(world, 'MES', 'MNQ')
    const freshness = createFreshness(['MES', 'MNQ'], { deliveryMs: 6_000 })
    const market = watchMarket(world, wanted, (print) => {
      const found = wanted.find((each) => each.contract.id === print.contractId)
      freshness.note(present(found, print.contractId).instrument.root, print.at, print.receivedAt)
    })
    await eventually(() => market.hub.state() === 'connected')
    freshness.connected(world.clock.now())
    await eventually(() => freshness.judge('MES', world.clock.now()).state === 'current')

    await world.fault({ kind: 'muteMarket' })
    await eventually(() => freshness.isMute(world.clock.now()))
    expect(market.hub.state()).toBe('connected')
    expect(freshness.judge('MES', world.clock.now())).toMatchObject({ state: 'stale', why: 'HUB_MUTE' })
    market.hub.restart('mute')
    await world.fault({ kind: 'unmute' })

    await eventually(() => market.hub.counters().connects === 2)
    await eventually(() => freshness.judge('MES', world.clock.now()).state === 'current')
  })

  test('reads survive a burst of 500s, and the limit of the gateway is never met by our own doing', async () => {
    const world = await signedIn({ speed: 20 })
    await world.fault({ kind: 'failNext', status: 503, count: 2 })

    const reads = await Promise.all(Array.from({ length: 30 }, () => world.accounts.positions(ACCOUNT)))

    expect(reads.every((each) => each.ok)).toBe(true)
  })
})
