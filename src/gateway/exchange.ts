import { isOpen } from '../domain/calendar/index.ts'
import { type EpochMs, type Instrument, ROSTER, epochMs, priceOf } from '../domain/index.ts'
import { present } from '../lib/index.ts'
import { CONTRACT_ENDPOINTS } from './api/contracts.ts'
import { bind } from './api/binding.ts'
import type { Credentials, Endpoint, Scene } from './api/endpoint.ts'
import { HISTORY_ENDPOINTS } from './api/history.ts'
import { ORDER_ENDPOINTS } from './api/orders.ts'
import { POSITION_ENDPOINTS } from './api/positions.ts'
import { SESSION_ENDPOINTS } from './api/session.ts'
import { type ListedContract, type Listing, rollingListing } from './contracts.ts'
import { depthRows } from './depth.ts'
import { historyFrom, seededTape } from './market/seeded-tape.ts'
import { MINUTE_MS, type Tape, type Tick, minuteFloor } from './market/tape.ts'
import { DEFAULT_SETTINGS, type Book, type MatchingSettings, openDesk } from './matching/desk.ts'
import { type AccountSpec, DEFAULT_ACCOUNTS, type Ledger, copyLedger, openLedger } from './matching/ledger.ts'
import { enforceLossLimits, flattenAll, nextFlatTime, takesOrders } from './matching/firm.ts'
import { meetPrint } from './matching/prints.ts'
import { accountRecord, orderRecord, positionRecord, tellAccount, tradeRecord } from './matching/records.ts'
import { createRateLimit } from './rate-limit.ts'
import { type DaySheet, blankSheet, fullQuote, primedSheet, sparseQuote } from './quotes.ts'
import { type TokenState, apiKeyOf, createTokens } from './tokens.ts'
import { type JsonObject, type WireEvent, wireInstant } from './wire.ts'

export interface ExchangeOptions {
  readonly seed: string
  readonly start: EpochMs
  readonly instruments?: readonly Instrument[]
  readonly accounts?: readonly AccountSpec[]
  readonly settings?: Partial<MatchingSettings>
  /** Recorded prices instead of the seeded market, with the contracts that they are of. */
  readonly recording?: { readonly tape: Tape; readonly listing: Listing }
  /** Trading days of history before the start; the seeded market only. */
  readonly historyDays?: number
  /** False lets every request pass. */
  readonly hasRateLimit?: boolean
  readonly userName?: string
  /** A ledger to go on from; its instant replaces the start of the clock, not of the market. */
  readonly resume?: Snapshot
}

/** What survives a restart. The market is not in it: it follows from the seed. */
export interface Snapshot {
  readonly at: number
  readonly ledger: Ledger
  readonly tokensIssued: number
  readonly tokensRevoked: readonly string[]
}

/** An HTTP answer without HTTP. */
export interface Reply {
  readonly status: 200 | 400 | 401 | 404 | 429
  /** Undefined where the body is empty. */
  readonly json?: JsonObject
}

/** The gateway as a state machine: no sockets, no clock, no chance that was not handed in. */
export interface Exchange {
  readonly listing: Listing
  readonly tape: Tape
  readonly credentials: Credentials
  now(): EpochMs
  /** The instant of the next print or of the minute in which it lies; undefined when the tape has ended. */
  nextEventAt(): number | undefined
  /** Plays the market up to and including `t`. Everything that happened since the last call, in order. */
  advanceTo(t: number): WireEvent[]
  /** One REST request at `now` (or the present). Events that it causes come with `drain` or the next advance. */
  handle(path: string, body: unknown, token: string | undefined, now?: number): Reply
  drain(): WireEvent[]
  checkToken(token: string | undefined): TokenState
  /** All fields, for a fresh subscriber; undefined for an unknown contract or one that never traded. */
  quoteOf(contractId: string): JsonObject | undefined
  /** The book as `GatewayDepth` shows it: a reset and all levels; undefined where there is no price. */
  depthOf(contractId: string): readonly JsonObject[] | undefined
  /** Best prices and last print in ticks. */
  bookOf(contractId: string): Readonly<Book> | undefined
  /** Locks or unlocks an account, as a breached rule does. False for an unknown one. */
  setCanTrade(accountId: number, canTrade: boolean): boolean
  snapshot(): Snapshot
  /** Grows with each change of the ledger or the tokens. */
  version(): number
  /** Orders, positions and trades of all accounts as the wire shows them, suspended legs too. */
  truth(): JsonObject
}

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  [
    ...SESSION_ENDPOINTS,
    ...CONTRACT_ENDPOINTS,
    ...HISTORY_ENDPOINTS,
    ...ORDER_ENDPOINTS,
    ...POSITION_ENDPOINTS,
  ].map((each) => [each.path.toLowerCase(), each]),
)

export const DEFAULT_USER = 'kael-demo'

export function createExchange(options: ExchangeOptions): Exchange {
  const { seed, start } = options
  const { listing, tape } = options.recording ?? seededMarket(options)
  const tokens = createTokens(seed, options.userName ?? DEFAULT_USER, {
    issued: options.resume?.tokensIssued ?? 0,
    revoked: options.resume?.tokensRevoked ?? [],
  })
  const credentials = { userName: options.userName ?? DEFAULT_USER, apiKey: apiKeyOf(seed) }
  const limit = options.hasRateLimit === false ? undefined : createRateLimit()
  const ledger =
    options.resume === undefined
      ? openLedger(options.accounts ?? DEFAULT_ACCOUNTS)
      : copyLedger(options.resume.ledger)
  const sheets = new Map<string, DaySheet>()
  const books = new Map<string, Book>()
  let outbox: WireEvent[] = []
  let now: number = options.resume?.at ?? start
  /** The prints of the minute being played, of all contracts, and how many of them are past. */
  let minute = { opens: -MINUTE_MS, ticks: [] as readonly Tick[], played: 0 }

  const settings = { ...DEFAULT_SETTINGS, ...options.settings }
  let flatAt: number | undefined = nextFlatTime(now)

  const desk = openDesk(ledger, settings, {
    contract: (id) => listing.find(id),
    book: (id) => books.get(id),
    emit: (event) => void outbox.push(event),
  })
  for (const contract of listing.listedAt(now)) prime(contract)

  /** The book as the newest print before now left it, and the day's sheet so far. */
  function prime(contract: ListedContract): void {
    const tick = lastTick(tape, contract, now)
    if (tick === undefined) return
    books.set(contract.id, bookAfter(tick))
    sheets.set(contract.id, primedSheet(tape, contract, tick))
  }

  function loadMinute(opens: number): void {
    const ticks = listing.listedAt(opens).flatMap((each) => tape.ticksOf(each, opens))
    // Prints of one millisecond keep the order of the listing: sorting is stable.
    ticks.sort((a, b) => a.at - b.at)
    minute = { opens, ticks, played: 0 }
    while (minute.played < ticks.length && (ticks[minute.played]?.at ?? 0) <= now) minute.played++
  }

  function play(tick: Tick): void {
    const { contract, at } = tick
    const { instrument } = contract
    const book = bookAfter(tick)
    books.set(contract.id, book)
    const sheet = sheets.get(contract.id) ?? blankSheet(contract, tick)
    sheets.set(contract.id, sheet)
    outbox.push({
      hub: 'market',
      kind: 'trade',
      at,
      contractId: contract.id,
      data: {
        symbolId: instrument.symbolId,
        price: priceOf(tick.price, instrument),
        timestamp: wireInstant(at),
        type: tick.isBuy ? 0 : 1,
        volume: tick.volume,
        contractId: contract.id,
      },
    })
    outbox.push({ hub: 'market', kind: 'quote', at, contractId: contract.id, data: sparseQuote(sheet, tick) })
    meetPrint(desk, contract.id, tick.price, book, at)
    if (ledger.positions.length > 0) enforceLossLimits(desk, contract.id, at)
  }

  /** The minute that holds the next print, loaded; false at the end of the tape. */
  function findNext(): boolean {
    if (minute.played < minute.ticks.length) return true
    let from = Math.max(minute.opens + MINUTE_MS, minuteFloor(now))
    for (;;) {
      const opens = tape.nextMinute(from)
      if (opens === undefined) return false
      loadMinute(opens)
      if (minute.played < minute.ticks.length) return true
      from = opens + MINUTE_MS
    }
  }

  function advance(t: number): void {
    for (;;) {
      // Looking for the next print may build history: do not look beyond what is wanted.
      if (minute.played >= minute.ticks.length && minute.opens + MINUTE_MS > t) break
      if (!findNext()) break
      const tick = present(minute.ticks[minute.played], 'the next print')
      flattenWhenDue(Math.min(tick.at, t))
      if (tick.at > t) break
      minute.played++
      now = tick.at
      play(tick)
    }
    flattenWhenDue(t)
    now = Math.max(now, t)
  }

  function flattenWhenDue(t: number): void {
    while (flatAt !== undefined && flatAt <= t) {
      now = Math.max(now, flatAt)
      if (settings.isFlatByAfternoon) flattenAll(desk, now)
      flatAt = nextFlatTime(flatAt)
    }
  }

  function sceneOf(token: string): Scene {
    return {
      now,
      isOpen: isOpen(now),
      takesRisk: !settings.isFlatByAfternoon || takesOrders(now),
      desk,
      listing,
      tape,
      tokens,
      credentials,
      token,
      isFront: (contract) => listing.frontAt(contract.instrument, now) === contract,
    }
  }

  return {
    listing,
    tape,
    credentials,
    now: () => epochMs(now),
    nextEventAt: () => (findNext() ? minute.ticks[minute.played]?.at : undefined),
    advanceTo(t) {
      advance(Math.floor(t))
      return this.drain()
    },
    handle(path, body, token, at) {
      if (at !== undefined) advance(Math.floor(at))
      const endpoint = ENDPOINTS.get(path.toLowerCase())
      if (endpoint === undefined) return { status: 404 }
      const isPublic = endpoint.isPublic === true
      if (!isPublic && tokens.check(token, now) !== 'valid') return { status: 401 }
      // One user has one budget, however many tokens he took.
      const kind = endpoint.path.endsWith('/retrieveBars') ? 'bars' : 'other'
      if (limit?.admits(credentials.userName, kind, now) === false) return { status: 429 }
      const bound = bind(body ?? {}, endpoint.fields)
      if (!bound.ok) return { status: 400, json: bound.problem }
      const json = endpoint.run(sceneOf(token ?? ''), bound.body)
      return { status: 'success' in json ? 200 : 400, json }
    },
    drain() {
      const events = outbox
      outbox = []
      return events
    },
    checkToken: (token) => tokens.check(token, now),
    quoteOf(contractId) {
      const sheet = sheets.get(contractId)
      return sheet === undefined ? undefined : fullQuote(sheet)
    },
    depthOf(contractId) {
      const [contract, book] = [listing.find(contractId), books.get(contractId)]
      return contract === undefined || book === undefined ? undefined : depthRows(contract, book, now)
    },
    bookOf: (contractId) => books.get(contractId),
    setCanTrade(accountId, canTrade) {
      const account = ledger.accounts.find((each) => each.id === accountId)
      if (account === undefined) return false
      account.canTrade = canTrade
      ledger.version++
      tellAccount(desk, account, now)
      return true
    },
    snapshot: () => ({
      at: now,
      ledger,
      tokensIssued: tokens.issued,
      tokensRevoked: [...tokens.revoked],
    }),
    version: () => ledger.version + tokens.issued + tokens.revoked.size,
    truth() {
      return {
        now: wireInstant(now),
        accounts: ledger.accounts.map(accountRecord),
        orders: ledger.orders.map((each) => orderRecord(desk, each)),
        positions: ledger.positions.map((each) => positionRecord(desk, each)),
        trades: ledger.trades.map((each) => tradeRecord(desk, each)),
      }
    },
  }
}

function seededMarket({ seed, start, instruments, historyDays }: ExchangeOptions): {
  tape: Tape
  listing: Listing
} {
  const from = historyFrom(start, historyDays)
  const listing = rollingListing(instruments ?? ROSTER, from, start)
  return { listing, tape: seededTape(seed, from, listing) }
}

function bookAfter({ bid, ask, price, volume }: Tick): Book {
  return { bid, ask, last: price, volume, available: volume }
}

/** The newest print of a contract at or before an instant, at most a few minutes of prints back. */
function lastTick(tape: Tape, contract: ListedContract, t: number): Tick | undefined {
  const here = tape.ticksOf(contract, minuteFloor(t)).findLast((each) => each.at <= t)
  if (here !== undefined) return here
  const before = tape.lastMinuteBefore(contract, minuteFloor(t))
  return before === undefined ? undefined : tape.ticksOf(contract, before).at(-1)
}
