import { barOpen, flatTimes, marketStateAt, tradeDateOf } from '../domain/calendar/index.ts'
import {
  type BracketOrder,
  type EpochMs,
  type MonotonicMs,
  type Signal,
  type Ticks,
  type Usd,
  contracts,
  monotonicMs,
  usd,
} from '../domain/index.ts'
import { type OpenPosition, worstCase } from '../domain/risk/index.ts'
import { type TrackedOrder, filledOf, isLive, reservedSize } from '../execution/index.ts'
import type {
  Control,
  DataEvidence,
  DayEvidence,
  EntryEvidence,
  Evidence,
  Floor,
  HubState,
  SimulatedProof,
  StrategyEvidence,
} from '../gate/index.ts'
import { type Desk, type Plan, signed } from './desk.ts'

/** What the feed last said of one instrument. */
export interface MarketView {
  readonly data: DataEvidence
  readonly bid: Ticks | undefined
  readonly ask: Ticks | undefined
  /** Generation of its bar cache. */
  readonly revision: number
  /** A gap or a correction of its bars is not settled. */
  readonly isPending: boolean
}

/** What the executor knows beside the desk, in the turn in which the evidence is made. */
export interface Surroundings {
  readonly now: EpochMs
  readonly monotonic: MonotonicMs
  readonly executorEpoch: number
  readonly configRevision: string
  readonly control: Control
  readonly proof: SimulatedProof
  readonly hubs: { readonly user: HubState; readonly market: HubState }
  readonly market: (root: string) => MarketView | undefined
  readonly executorLagMs: number
  readonly floor: Floor | undefined
  readonly requests: { readonly used: number; readonly allowed: number }
  readonly strategy: StrategySince
}

/** Entries before this do not count against the strategy: a person has looked since. */
export interface StrategySince {
  readonly enabledAt: number
}

const MINUTE_MS = 60_000
const IDENTICAL_WINDOW_MS = 15 * MINUTE_MS

/** The evidence for one order of the simulated route, all of it from one turn. */
export function evidenceFor(desk: Desk, order: BracketOrder, signal: Signal, around: Surroundings): Evidence {
  const { now, monotonic, control, hubs, market } = around
  const { root } = order.instrument
  const view = market(root)
  const listed = desk.contractOf(root)?.contract
  const { account } = desk
  return {
    route: 'gateway-sim',
    proof: around.proof,
    now,
    monotonic,
    executorEpoch: around.executorEpoch,
    stateVersion: desk.version,
    configRevision: around.configRevision,
    control,
    account:
      account === undefined || desk.accountReadAt === undefined
        ? undefined
        : {
            id: account.id,
            name: account.name,
            boundId: desk.accountId,
            boundName: desk.accountName,
            canTrade: account.canTrade,
            // The account types that cannot cancel by API are a broker's; the simulated ones all can.
            canCancel: true,
            isSimulated: account.isSimulated,
            balance: account.balance,
            readAt: desk.accountReadAt,
          },
    hubs,
    data: view?.data ?? NO_DATA,
    reconciliation: around.proof.reconciliation,
    unknownIntents: desk.orders.filter((each) => each.state === 'unknown' && each.tag !== order.tag).length,
    // One clock and one build: simulated time is the gateway's own, and all actors are threads of one process.
    health: { executorLagMs: around.executorLagMs, clockSkewMs: 0, mismatchedActors: 0 },
    session: sessionAt(now),
    contract: listed && {
      id: listed.id,
      isActive: listed.isActive,
      tickSize: listed.tickSize,
      tickValue: listed.tickValue,
    },
    floor: around.floor,
    day: dayEvidence(desk, around),
    throttle: {
      ...entryCounts(desk, order.tag, now),
      requestsUsed: around.requests.used,
      requestsAllowed: around.requests.allowed,
    },
    strategy: strategyEvidence(desk, order, signal, around),
    setup: {
      id: signal.id,
      instrument: signal.instrument,
      model: signal.model,
      side: order.side,
      entry: order.entry,
      stop: order.stop,
      target: order.target,
      knownAt: signal.knownAt,
      validUntil: signal.validUntil,
      revision: signal.revision,
    },
    regime: {
      reading: signal.regime,
      timeframe: signal.timeframe,
      revision: view?.revision ?? Number.NaN,
      isPending: view?.isPending ?? true,
    },
    blackouts: [],
    positions: positionEvidence(desk),
    entries: entryEvidence(desk, order.tag, monotonic),
    limits: desk.limits,
  }
}

const NO_DATA: DataEvidence = {
  state: 'unknown',
  receivedAt: undefined,
  lastTrade: undefined,
  lastTradeAt: undefined,
  dailyRangeTicks: undefined,
}

/**
 * The day's figures; undefined while an open position has no price to mark it by. What somebody else opened counts
 * like our own: at what the broker says was paid for it.
 */
export function dayEvidence(
  desk: Desk,
  { now, market }: Pick<Surroundings, 'now' | 'market'>,
): DayEvidence | undefined {
  const ledger = desk.dayLedger(now)
  const positions = openPositions(desk, ledger.positions)
  if (positions === undefined) return undefined
  let openAtMark = 0
  let openAtStops = 0
  let uncovered = 0
  for (const position of positions) {
    const instrument = desk.contractById(position.contractId)?.instrument
    const view = instrument && market(instrument.root)
    // A price that is known to be old marks nothing.
    const isOld = view?.data.state === 'stale' || view?.data.state === 'unknown'
    const mark = isOld ? undefined : markOf(view, position.net)
    if (instrument === undefined || mark === undefined) return undefined
    const stops = desk
      .legsOf(position.contractId)
      .filter(
        (leg) => leg.leg === 'stop' && leg.status === 'working' && leg.direction === -Math.sign(position.net),
      )
      .flatMap((leg) => (leg.price === undefined ? [] : [{ size: contracts(leg.size), price: leg.price }]))
    const worst = worstCase(position, stops, mark, instrument)
    openAtMark += worst.marked
    openAtStops += worst.worst
    uncovered += worst.uncovered
  }
  return {
    tradingDay: ledger.tradingDay,
    realised: usd(ledger.realised + realisedElsewhere(desk, ledger.tradingDay)),
    openAtMark: usd(openAtMark),
    openAtStops: usd(openAtStops),
    uncovered,
    lockedUntil: undefined,
  }
}

/**
 * What is open by our trades, and where the broker says another size by what it says was paid. Undefined when
 * something is held of which we do not know what a tick is worth.
 */
function openPositions(desk: Desk, traded: readonly OpenPosition[]): readonly OpenPosition[] | undefined {
  const open = new Map(traded.map((each) => [each.contractId, each]))
  for (const { position } of desk.positions()) {
    if (position.size === 0) continue
    const { contractId, averageFractional, id } = position
    const instrument = desk.contractById(contractId)?.instrument
    if (instrument === undefined) return undefined
    const net = signed(position)
    const known = open.get(contractId)
    if (known !== undefined && Math.abs(known.net) >= Math.abs(net)) continue
    const basis = usd(Math.round(net * averageFractional * instrument.tickValue))
    open.set(contractId, { contractId, net, basis, episode: id })
  }
  return [...open.values()].sort((a, b) => (a.contractId < b.contractId ? -1 : 1))
}

/** Of contracts that are none of our instruments we have what the broker says they came to. */
function realisedElsewhere(desk: Desk, tradingDay: string): number {
  return desk.trades
    .filter((each) => desk.contractById(each.contractId) === undefined && !each.isVoided)
    .filter((each) => tradeDateOf(each.at) === tradingDay)
    .reduce((sum, each) => sum + (each.profitAndLoss ?? 0) - each.fees, 0)
}

/** Conservative: longs at the bid, shorts at the ask, the last trade where there is no quote. */
export function markOf(view: MarketView | undefined, net: number): Ticks | undefined {
  return (net > 0 ? view?.bid : view?.ask) ?? view?.data.lastTrade
}

export function sessionAt(now: EpochMs): Evidence['session'] {
  const state = marketStateAt(now)
  if (state.kind === 'closed') {
    // The day to come: closed until it opens, whatever its flat time.
    return {
      tradingDay: tradeDateOf(state.opensAt),
      isOpen: false,
      flatBy: state.opensAt,
      closesAt: state.opensAt,
    }
  }
  const { date, closesAt } = state.day
  return { tradingDay: date, isOpen: true, flatBy: flatTimes(state.day).ours, closesAt }
}

function entryCounts(
  desk: Desk,
  tag: string,
  now: number,
): { readonly entriesLastMinute: number; readonly entriesToday: number } {
  const dayOpen = barOpen(now, '1D')
  const entries = desk.orders.filter(
    (each) => each.role === 'entry' && each.tag !== tag && each.state !== 'absent',
  )
  return {
    entriesLastMinute: entries.filter((each) => each.intentAt > now - MINUTE_MS).length,
    entriesToday: entries.filter((each) => each.intentAt >= dayOpen).length,
  }
}

function strategyEvidence(
  desk: Desk,
  order: BracketOrder,
  signal: Signal,
  { now, strategy }: Surroundings,
): StrategyEvidence {
  const dayOpen = barOpen(now, '1D')
  const since = Math.max(strategy.enabledAt, dayOpen)
  const entries = desk.orders
    .filter((each) => each.role === 'entry' && each.tag !== order.tag && each.intentAt >= since)
    .toSorted((a, b) => b.intentAt - a.intentAt)
  const identical = entries.filter((each) => {
    const plan = desk.plans.get(each.tag)
    return (
      each.intentAt > now - IDENTICAL_WINDOW_MS &&
      plan !== undefined &&
      isSameSetup(each, plan, order, signal)
    )
  })
  const stopOutsInARow = countWhile(
    entries.filter((each) => !isLive(each) && filledOf(each) > 0),
    (entry) => wasStoppedOut(desk, entry),
  )
  const rejectsInARow = countWhile(
    entries.filter((each) => !isLive(each)),
    (entry) => entry.state === 'rejected',
  )
  return { isOff: false, identicalSetups: identical.length, stopOutsInARow, rejectsInARow }
}

/** A restart does not make it another setup: of an earlier run the prices alone are left to compare. */
function isSameSetup(entry: TrackedOrder, plan: Plan, order: BracketOrder, signal: Signal): boolean {
  return (
    entry.contractId === order.contractId &&
    entry.side === order.side &&
    entry.price === order.entry &&
    plan.stop === order.stop &&
    (plan.signal === undefined ||
      (plan.signal.model === signal.model && plan.signal.timeframe === signal.timeframe))
  )
}

/** Whether the exit of a finished entry was its stop; one that is still open has not been stopped out. */
function wasStoppedOut(desk: Desk, entry: TrackedOrder): boolean {
  return desk.orders.some(
    (each) => each.role === 'stop' && each.tag === `${entry.tag}-SL` && each.state === 'filled',
  )
}

function countWhile<T>(list: readonly T[], holds: (each: T) => boolean): number {
  const end = list.findIndex((each) => !holds(each))
  return end === -1 ? list.length : end
}

function positionEvidence(desk: Desk): Evidence['positions'] {
  const ids = new Set([
    ...desk.positions().map((each) => each.position.contractId),
    ...desk.trades.map((each) => each.contractId),
  ])
  return [...ids]
    .map((contractId) => ({
      contractId,
      brokerNet: desk.brokerNet(contractId) ?? 0,
      ledgerNet: desk.ledgerNet(contractId),
    }))
    .filter((each) => each.brokerNet !== 0 || each.ledgerNet !== 0)
    .sort((a, b) => (a.contractId < b.contractId ? -1 : 1))
}

/** Every entry that still reserves its size, somebody else's working orders included. */
function entryEvidence(desk: Desk, tag: string, monotonic: MonotonicMs): readonly EntryEvidence[] {
  const own = desk.orders.flatMap((order): EntryEvidence[] => {
    if (order.tag === tag) return []
    const reserved = reservedSize(
      order,
      desk.ledgerNet(order.contractId),
      desk.positionSnapshot(order.contractId),
    )
    if (reserved === 0) return []
    return [
      {
        tag: order.tag,
        contractId: order.contractId,
        side: order.side,
        size: reserved,
        risk: order.risk,
        // Of an entry that was read back nobody knows the age on this clock: it counts as fresh.
        mintedAt: desk.plans.get(order.tag)?.mintedAt ?? monotonicMs(monotonic),
        isFinished: !isLive(order),
      },
    ]
  })
  const external = desk
    .brokerOrders()
    .filter((each) => each.status === 'open' && desk.roleOf(each) === 'external')
    .map((each): EntryEvidence => ({
      tag: `external-${each.id}`,
      contractId: each.contractId,
      side: each.side,
      size: each.size - each.filled,
      risk: desk.limits.stopLossCap satisfies Usd,
      mintedAt: monotonicMs(monotonic),
      isFinished: false,
    }))
  return [...own, ...external]
}
