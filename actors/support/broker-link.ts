import {
  type Accounts,
  type BrokerSession,
  type Log,
  type MarketData,
  type OpenOptions,
  type OpenedGateway,
  type Read,
  type ResolvedContract,
  type SessionOptions,
  type UserHub,
  type UserHubEvents,
  type UserHubOptions,
  createAccounts,
  createMarketData,
  realPause,
} from '../../src/brokers/index.ts'
import {
  type BrokerAccount,
  type EpochMs,
  type MonotonicMs,
  epochMs,
  instrumentOf,
  monotonicMs,
} from '../../src/domain/index.ts'
import type { BrokerSnapshot } from '../../src/execution/index.ts'
import type { SimulatedProof } from '../../src/gate/index.ts'
import type { Clock } from '../../src/kernel/index.ts'
import { type Fault, type Result, Secret, failed, ok, seededRandom } from '../../src/lib/index.ts'

export interface LinkPorts {
  readonly openGateway: (options: OpenOptions) => OpenedGateway
  readonly createSession: (options: SessionOptions) => BrokerSession
  readonly createUserHub: (options: UserHubOptions) => UserHub
}

export interface LinkOptions {
  readonly rest: string
  readonly userHub: string
  readonly userName: string
  readonly apiKey: string
  readonly chance: string
  readonly clock: Clock
  readonly log: Log
}

/** Orders and trades of this long before the oldest that still lives are read again at each pass. */
const LOOK_BACK_MS = 10 * 60_000

/** One account at the broker, for one executor: who we are, what it says, and since when each was proven. */
export class BrokerLink {
  readonly session: BrokerSession
  readonly gateway: OpenedGateway
  readonly #options: LinkOptions
  readonly #ports: LinkPorts
  readonly #accounts: Accounts
  readonly #data: MarketData
  #hub: UserHub | undefined
  #accountId = ''
  #tokenValidatedAt: MonotonicMs | undefined
  #streamAliveAt: MonotonicMs | undefined
  #isResynced = false
  #lastReplyAccountId: string | undefined

  constructor(options: LinkOptions, ports: LinkPorts) {
    this.#options = options
    this.#ports = ports
    const { rest, clock, log, chance } = options
    this.gateway = ports.openGateway({
      rest,
      clock,
      log,
      random: seededRandom(`${chance}/executor-rest`),
      share: 'trading',
    })
    this.session = ports.createSession({
      link: this.gateway,
      userName: options.userName,
      apiKey: new Secret(options.apiKey),
    })
    this.#accounts = createAccounts(this.gateway, this.session)
    this.#data = createMarketData(this.gateway, this.session)
  }

  async login(): Promise<Result<void, Fault>> {
    const signedIn = await this.session.login()
    if (!signedIn.ok) return signedIn
    this.#tokenValidatedAt = this.#monotonic()
    return ok(undefined)
  }

  /** The token is asked about, and renewed where the broker gives another. */
  async validate(): Promise<Result<void, Fault>> {
    const renewed = await this.session.renew()
    if (!renewed.ok) return renewed
    this.#tokenValidatedAt = this.#monotonic()
    return ok(undefined)
  }

  async accounts(): Promise<Result<readonly BrokerAccount[], Fault>> {
    const read = await this.#accounts.accounts()
    return read.ok ? ok(read.value.rows) : read
  }

  async contracts(roots: readonly string[]): Promise<Result<readonly ResolvedContract[], Fault>> {
    const resolution = await this.#data.resolveContracts(roots.map(instrumentOf))
    return resolution.ok ? ok(resolution.value.contracts) : resolution
  }

  openHub(accountId: string, events: UserHubEvents): void {
    this.#accountId = accountId
    const { userHub, clock, log, chance } = this.#options
    this.#hub = this.#ports.createUserHub({
      url: userHub,
      tokens: this.session,
      accountIds: [accountId],
      clock,
      pause: realPause,
      random: seededRandom(`${chance}/executor-hub`),
      log,
      events: {
        ...events,
        onState: (state, why) => {
          this.#isResynced = false
          if (state === 'connected') this.#streamAliveAt = this.#monotonic()
          events.onState?.(state, why)
        },
      },
    })
    this.#hub.start()
  }

  /** Asks the stream for a sign of life. */
  probe(): void {
    this.#hub?.probe(() => {
      this.#streamAliveAt = this.#monotonic()
    })
  }

  hubState(): 'current' | 'resyncing' | 'down' {
    if (this.#hub?.state() !== 'connected') return 'down'
    return this.#isResynced ? 'current' : 'resyncing'
  }

  resyncs(): number {
    return Math.max(0, (this.#hub?.counters().connects ?? 1) - 1)
  }

  /** A whole pass was clean on the stream that stands: snapshot and events are joined. */
  resynced(): void {
    if (this.#hub?.state() === 'connected') this.#isResynced = true
  }

  /**
   * Everything the broker says of the account, read at once. What is not answered is no information.
   * `oldest` is the instant of the oldest order that still matters; the account itself changes more rarely than its
   * orders, and is read where it is asked for.
   */
  async read(
    oldest: EpochMs,
    asksAccount: boolean,
  ): Promise<{
    readonly snapshot: BrokerSnapshot
    readonly account: BrokerAccount | undefined
    readonly faults: readonly Fault[]
  }> {
    const id = this.#accountId
    const from = epochMs(oldest - LOOK_BACK_MS)
    const asked = this.#now()
    const [accounts, open, history, trades, positions] = await Promise.all([
      asksAccount ? this.#accounts.accounts() : undefined,
      this.#accounts.openOrders(id),
      this.#accounts.ordersSince(id, from),
      this.#accounts.tradesSince(id, from),
      this.#accounts.positions(id),
    ])
    const account =
      accounts === undefined ? undefined : valueOf(accounts)?.rows.find((each) => each.id === id)
    if (account !== undefined) this.#lastReplyAccountId = account.id
    const stranger = [open, history, trades, positions]
      .flatMap((each) => [...(valueOf<Read<{ readonly accountId: string }>>(each)?.rows ?? [])])
      .find((each) => each.accountId !== id)
    // An account that is not ours in a reply to us: from now on nothing proves that orders reach the right one.
    if (stranger !== undefined) this.#lastReplyAccountId = stranger.accountId
    return {
      account,
      faults: [accounts, open, history, trades, positions].flatMap((each) =>
        each === undefined || each.ok ? [] : [each.error],
      ),
      snapshot: {
        asOf: asked,
        openOrders: wholeRows(open),
        history: history.ok
          ? { rows: history.value.rows, from, isComplete: history.value.strange.length === 0 }
          : undefined,
        trades: trades.ok
          ? { rows: trades.value.rows, isComplete: trades.value.strange.length === 0 }
          : undefined,
        positions: wholeRows(positions),
      },
    }
  }

  /** An order that no list showed. */
  async orderById(
    orderId: string,
  ): Promise<Result<Read<import('../../src/domain/index.ts').BrokerOrder>, Fault>> {
    return this.#accounts.orderById(this.#accountId, orderId)
  }

  proof(
    executorEpoch: number,
    account: BrokerAccount | undefined,
    readAt: MonotonicMs | undefined,
    reconciliation: SimulatedProof['reconciliation'],
  ): SimulatedProof {
    return {
      kind: 'simulated',
      origin: this.#options.rest,
      executorEpoch,
      tokenValidatedAt: this.#tokenValidatedAt,
      account:
        account && readAt !== undefined
          ? { id: account.id, name: account.name, canTrade: account.canTrade, readAt }
          : undefined,
      userStream:
        this.#streamAliveAt === undefined
          ? undefined
          : { aliveAt: this.#streamAliveAt, isResynced: this.hubState() === 'current' },
      lastReplyAccountId: this.#lastReplyAccountId,
      reconciliation,
    }
  }

  token(): Result<Secret, Fault> {
    const token = this.session.token()
    return token === undefined
      ? failed({ code: 'UNAUTHORISED', retry: 'safe', detail: 'not signed in' })
      : ok(token)
  }

  async close(): Promise<void> {
    await this.#hub?.stop()
    this.session.close()
    this.gateway.close()
  }

  #now(): EpochMs {
    return epochMs(Math.floor(this.#options.clock.now()))
  }

  #monotonic(): MonotonicMs {
    return monotonicMs(this.#options.clock.monotonic())
  }
}

function valueOf<T>(read: Result<T, Fault>): T | undefined {
  return read.ok ? read.value : undefined
}

/** A list with rows that we could not read is not the whole list. */
function wholeRows<T>(read: Result<Read<T>, Fault>): readonly T[] | undefined {
  return read.ok && read.value.strange.length === 0 ? read.value.rows : undefined
}
