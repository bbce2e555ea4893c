import { type Instrument, epochMs, instrumentOf, parsePrice } from '../../src/domain/index.ts'
import {
  type AccountSpec,
  type Exchange,
  type JsonObject,
  type MatchingSettings,
  type MinuteBar,
  type Tape,
  type Tick,
  type UserEvent,
  createExchange,
  fixedListing,
} from '../../src/gateway/index.ts'
import { present } from '../../src/lib/index.ts'

/** A Tuesday in the New York morning, inside a session. */
export const NOON = Date.parse('2026-03-10T15:00:00Z')
/** Where these tests begin: a Tuesday, 08:25 in New York, two days before the index contracts roll. */
export const START = epochMs(Date.parse('2026-03-10T12:25:00Z'))
export const COMBINE = 25_770_001
export const PRACTICE = 25_770_002

/**
 * A drawn tape: one print a line, `second price volume side [spread]`, a spread of one tick if not said. The side is the aggressor's: a bought print leaves
 * its price as the ask and the bid one tick below, a sold one leaves it as the bid.
 */
export function drawnTape(root: string, drawing: string, startsAt: number = NOON) {
  const instrument = instrumentOf(root)
  const listing = fixedListing([instrument], startsAt)
  const contract = listing.frontAt(instrument, startsAt)
  const ticks: Tick[] = drawing
    .trim()
    .split('\n')
    .map((line) => {
      const [second, text, volume, side, ticks] = line.trim().split(/\s+/)
      const spread = Number(ticks ?? 1)
      const price = parsePrice(Number(text), instrument)
      if (!price.ok) throw new Error(price.error.detail)
      const isBuy = side === 'buy'
      return {
        at: startsAt + Number(second) * 1_000,
        contract,
        price: price.value,
        volume: Number(volume),
        isBuy,
        bid: isBuy ? price.value - spread : price.value,
        ask: isBuy ? price.value : price.value + spread,
      }
    })
  const within = (from: number, to: number): Tick[] => ticks.filter((each) => each.at >= from && each.at < to)
  const tape: Tape = {
    from: epochMs(startsAt - 60_000),
    nextMinute(t) {
      const next = ticks.find((each) => each.at >= Math.floor(t / 60_000) * 60_000)
      return next === undefined ? undefined : Math.floor(next.at / 60_000) * 60_000
    },
    ticksOf: (_contract, minute) => within(minute, minute + 60_000),
    minutes: (_contract, from, to) => barsOf(within(from, to)),
    lastMinuteBefore: () => undefined,
  }
  return { tape, listing, contract }
}

/** A trader at a drawn tape. Times are seconds after the start of the drawing. */
export function tradeOn(
  root: string,
  drawing: string,
  options: {
    settings?: Partial<MatchingSettings>
    startsAt?: number
    accounts?: readonly AccountSpec[]
  } = {},
) {
  const startsAt = options.startsAt ?? NOON
  const { tape, listing, contract } = drawnTape(root, drawing, startsAt)
  const exchange = createExchange({
    seed: 'drawn',
    start: epochMs(startsAt - 1),
    recording: { tape, listing },
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
  })
  const token = login(exchange)
  const post = (path: string, body: JsonObject): JsonObject =>
    present(exchange.handle(path, body, token).json, `an answer of ${path}`)
  return {
    exchange,
    contract,
    token,
    post,
    /** Plays the tape up to a second of the drawing; the user events on the way. */
    until: (second: number): UserEvent[] => userEvents(exchange.advanceTo(startsAt + second * 1_000)),
    place: (order: Partial<PlaceBody>): JsonObject =>
      post('/api/Order/place', {
        accountId: COMBINE,
        contractId: contract.id,
        type: 2,
        side: 0,
        size: 1,
        ...order,
      }),
    order: (orderId: unknown): JsonObject =>
      post('/api/Order/searchById', { accountId: COMBINE, orderId: orderId as number })[
        'order'
      ] as JsonObject,
    positions: (): JsonObject[] =>
      post('/api/Position/searchOpen', { accountId: COMBINE })['positions'] as unknown as JsonObject[],
    trades: (): JsonObject[] =>
      post('/api/Trade/search', { accountId: COMBINE })['trades'] as unknown as JsonObject[],
    open: (): JsonObject[] =>
      post('/api/Order/searchOpen', { accountId: COMBINE })['orders'] as unknown as JsonObject[],
    balance: (): number =>
      (post('/api/Account/search', { onlyActiveAccounts: true })['accounts'] as unknown as JsonObject[])[0]?.[
        'balance'
      ] as number,
  }
}

export interface PlaceBody {
  readonly [key: string]: string | number | null | { readonly ticks: number; readonly type: number }
}

export function login(exchange: Exchange): string {
  const reply = exchange.handle('/api/Auth/loginKey', { ...exchange.credentials }, undefined)
  return present(reply.json?.['token'], 'a token') as string
}

export function userEvents(events: readonly { hub: string }[]): UserEvent[] {
  return events.filter((each): each is UserEvent => each.hub === 'user')
}

export function barsOf(ticks: readonly Tick[]): MinuteBar[] {
  const bars: { t: number; o: number; h: number; l: number; c: number; v: number }[] = []
  for (const { at, price, volume } of ticks) {
    const t = Math.floor(at / 60_000) * 60_000
    const bar = bars.at(-1)
    if (bar === undefined || bar.t !== t) {
      bars.push({ t, o: price, h: price, l: price, c: price, v: volume })
      continue
    }
    bar.h = Math.max(bar.h, price)
    bar.l = Math.min(bar.l, price)
    bar.c = price
    bar.v += volume
  }
  return bars
}

export function roots(...names: string[]): Instrument[] {
  return names.map(instrumentOf)
}
