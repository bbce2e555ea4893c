import { usd } from '../domain/index.ts'
import {
  type AccountName,
  type HeaderView,
  type ModeLabel,
  type RiskView,
  type Shown,
  type StopState,
  derive,
  unknown,
} from '../wire/index.ts'
import { openProfit } from './positions.ts'
import { type DashboardRows, type Moment, SETTING } from './rows.ts'
import { findInstrument } from '../domain/index.ts'
import { flagIn, isSimulated, numberIn, settingOf, shownOf, shownQuote, textIn } from './shown-row.ts'

export function headerView(rows: DashboardRows, moment: Moment): HeaderView {
  const simulated = isSimulated(rows)
  const market = settingOf(rows, SETTING.market, readMarket)
  const clock = settingOf(rows, SETTING.clock, (value) => numberIn(value, 'speed'))
  return {
    mode: modeOf(rows, moment),
    modeReason: modeReasonOf(rows),
    viewingAccount: accountOf(rows),
    orderAccount: orderAccountOf(rows),
    market:
      market === undefined
        ? unknown('calendar', 'not looked at yet')
        : shownOf(market.row, {
            isOpen: market.value.isOpen,
            label: market.value.label,
            opensAt: market.value.opensAt,
          }),
    flatBy:
      market?.value.flatBy === undefined
        ? unknown('calendar', 'no session today')
        : shownOf(market.row, market.value.flatBy),
    tradingDay:
      market === undefined
        ? unknown('calendar', 'not looked at yet')
        : shownOf(market.row, market.value.tradingDay),
    stop: stopOf(rows),
    clock:
      clock === undefined
        ? unknown('clock', 'not read yet')
        : shownOf(
            clock.row,
            {
              speed: clock.value,
              follows: textIn(clock.row.value, 'follows') ?? clock.row.source,
            },
            simulated,
          ),
    scanner: scannerPass(rows),
    feed: feedOf(rows, moment),
    risk: riskOf(rows, moment),
  }
}

/** The label of the newest mode row. A proof that ran out takes BROKER-VERIFIED away, whatever the row says. */
export function modeOf({ modeHistory, proof }: DashboardRows, { now }: Moment): Shown<ModeLabel> {
  const newest = modeHistory[0]
  if (newest === undefined) return unknown('mode history', 'no proof has been gathered yet')
  const isExpired = proof === undefined || proof.expiresAt < now
  const label: ModeLabel = newest.toLabel === 'BROKER-VERIFIED' && isExpired ? 'RUNTIME SIM' : newest.toLabel
  return {
    value: label,
    source: proof?.source ?? newest.source,
    asOf: proof?.verifiedAt ?? newest.at,
    seq: newest.id,
    state: isExpired ? 'stale' : 'current',
    isSimulated: newest.route !== 'broker',
    ...(isExpired ? { why: 'the proof has run out' } : {}),
  }
}

/** Why the mode is what it is, with what is not proven now. */
function modeReasonOf({ modeHistory, proof }: DashboardRows): string {
  const cause = modeHistory[0]?.cause ?? 'no proof has been gathered yet'
  const missing = proof?.missing ?? []
  return missing.length === 0 ? cause : `${cause}; not proven: ${missing.join(', ')}`
}

export function accountOf({ account }: DashboardRows): Shown<AccountName> {
  if (account === undefined) return unknown('accounts', 'asking the broker')
  return shownOf(account, { id: account.id, name: account.name, subAccount: account.subName })
}

/** Where orders go: the account that the executor's own proof names. */
export function orderAccountOf({ account, proof }: DashboardRows): Shown<AccountName> {
  if (proof === undefined) return unknown('executor', 'no executor is bound yet')
  const isSame = account?.id === proof.accountId
  return shownOf(proof, {
    id: proof.accountId,
    name: isSame ? account.name : `account ${proof.accountId}`,
    subAccount: isSame ? account.subName : null,
  })
}

/** Instruments that were looked at within this of each other are of one pass. */
const PASS_MS = 10 * 60_000

export function scannerPass({ scanner, instruments, account }: DashboardRows): HeaderView['scanner'] {
  const instants = scanner.map((each) => each.asOf).filter((each) => each !== null)
  if (instants.length === 0) return unknown('scanner_state', 'no pass yet')
  const passAt = Math.max(...instants)
  // Rows of an earlier run are still there: in the pass are those that were looked at with the newest.
  const inPass = scanner.filter((each) => each.asOf !== null && passAt - each.asOf <= PASS_MS)
  const isWhole = inPass.length >= instruments.length
  return {
    value: { count: inPass.length, of: instruments.length, passAt },
    source: 'scanner_state',
    asOf: Math.min(...inPass.flatMap((each) => each.asOf ?? [])),
    seq: Math.max(...scanner.map((each) => each.seq)),
    isSimulated: isSimulated({ account }),
    ...(isWhole ? { state: 'current' } : { state: 'stale', why: 'not all instruments were looked at' }),
  }
}

export function feedOf(rows: DashboardRows, { quotes }: Moment): HeaderView['feed'] {
  const states = rows.instruments.map(({ root }) => quotes.get(root))
  const count = (...wanted: string[]): number =>
    states.filter((each) => each !== undefined && wanted.includes(each.state)).length
  const instants = states.map((each) => each?.at).filter((each) => each !== undefined)
  if (instants.length === 0) return unknown('feed', 'no data since the start', isSimulated(rows))
  const current = count('current')
  const quiet = count('quiet')
  const closed = count('closed')
  const notCurrent = states.length - current - quiet - closed
  return {
    value: { current, quiet, notCurrent },
    source: 'feed',
    // As old as the oldest price that was counted.
    asOf: Math.min(...instants),
    seq: null,
    isSimulated: isSimulated(rows),
    ...(notCurrent > 0
      ? { state: 'stale', why: `${notCurrent} not current` }
      : closed === states.length
        ? { state: 'closed' }
        : { state: 'current' }),
  }
}

function stopOf({ stopLevel, orders, decisions }: DashboardRows): Shown<StopState> {
  const entriesWorking = orders.filter(
    (each) =>
      each.role === 'entry' &&
      each.state !== 'unknown' &&
      ['open', 'pending', 'pending-cancel'].includes(each.status),
  ).length
  const since = stopLevel?.at ?? null
  const deniedSince = decisions.filter(
    (each) => since !== null && each.code?.startsWith('STOP_LEVEL') === true && (each.asOf ?? 0) >= since,
  ).length
  return {
    value: { level: stopLevel?.level ?? 0, since, by: stopLevel?.by ?? null, entriesWorking, deniedSince },
    source: 'stop_levels',
    asOf: since,
    seq: stopLevel?.id ?? null,
    state: 'current',
    isSimulated: false,
  }
}

/** The day's money: realised from fills, open at the last price, worst case at the stops. */
export function riskOf(rows: DashboardRows, moment: Moment): RiskView {
  const simulated = isSimulated(rows)
  const open = openPositions(rows, moment)
  const realised = dayRealised(rows)
  const limit = settingOf(rows, SETTING.dayLimit, (value) => numberIn(value, 'micros'))
  const floor = settingOf(rows, SETTING.floor, (value) => numberIn(value, 'declared'))
  const balance: Shown<number> =
    rows.account === undefined
      ? unknown('accounts', 'asking the broker')
      : shownOf<number>(rows.account, rows.account.balance)
  return {
    dayRealised: realised,
    open: derive(sum(open.map((each) => each.profit.value)), 'positions x last price', [
      balance,
      ...open.map((each) => each.profit),
    ]),
    dayLimit:
      limit === undefined ? unknown('settings', 'no limit is declared') : shownOf(limit.row, -limit.value),
    worstNow: worstNow(rows, realised, simulated),
    balance,
    floorRoom:
      floor === undefined || balance.value === null
        ? unknown('settings', 'no floor is declared')
        : derive(balance.value - floor.value, 'balance minus declared floor', [
            balance,
            shownOf(floor.row, floor.value),
          ]),
  }
}

function dayRealised({ fills, account }: DashboardRows): Shown<number> {
  if (account === undefined) return unknown('fills', 'asking the broker')
  const whole = shownOf(account, 0)
  const counted = fills.filter((each) => !each.isVoided)
  const total = counted.reduce((all, each) => all + (each.profitAndLoss ?? 0) - each.fees, 0)
  const newest = counted.reduce<number | null>((at, each) => Math.max(at ?? 0, each.at), null)
  return {
    value: usd(total),
    source: 'fills',
    asOf: newest ?? account.asOf,
    seq: null,
    state: whole.state,
    isSimulated: whole.isSimulated,
    // Fills are whole as far as the account is being read.
    ...(whole.why === undefined ? {} : { why: whole.why }),
  }
}

interface OpenPosition {
  readonly profit: Shown<number>
}

function openPositions(rows: DashboardRows, moment: Moment): readonly OpenPosition[] {
  return rows.positions
    .filter((each) => each.size > 0)
    .map((position) => {
      const instrument = findInstrument(position.instrument)
      const last = shownQuote(moment.quotes.get(position.instrument), position.route !== 'broker')
      const profit =
        instrument === undefined || last.value === null ? null : openProfit(position, instrument, last.value)
      return { profit: derive(profit, 'position x last price', [shownOf(position, 0), last]) }
    })
}

/** Lost today if every working stop fills now. A position without a proven stop has no such figure. */
function worstNow(rows: DashboardRows, realised: Shown<number>, simulated: boolean): Shown<number> {
  let total = realised.value ?? 0
  const inputs: Shown<unknown>[] = [realised]
  for (const position of rows.positions.filter((each) => each.size > 0)) {
    const instrument = findInstrument(position.instrument)
    const protection = rows.protections.find(
      (each) => each.contractId === position.contractId && each.accountId === position.accountId,
    )
    if (instrument === undefined || protection?.stop == null || protection.covered < position.size)
      return unknown('protection', `${position.instrument}: no stop is proven for all of it`, simulated)
    const slipped = protection.stop - position.direction * instrument.slippage
    total += openProfit(position, instrument, slipped) - instrument.roundTripCost * position.size
    inputs.push(shownOf(position, position.size), shownOf(protection, protection.stop))
  }
  return derive(Math.min(0, total), 'fills and working stops', inputs)
}

function sum(values: readonly (number | null)[]): number | null {
  return values.some((each) => each === null)
    ? null
    : values.reduce<number>((all, each) => all + (each ?? 0), 0)
}

interface MarketSetting {
  readonly isOpen: boolean
  readonly label: string
  readonly opensAt: number | null
  readonly tradingDay: string
  readonly flatBy: number | undefined
}

function readMarket(value: unknown): MarketSetting | undefined {
  const isOpen = flagIn(value, 'isOpen')
  const label = textIn(value, 'label')
  const tradingDay = textIn(value, 'tradingDay')
  if (isOpen === undefined || label === undefined || tradingDay === undefined) return undefined
  return {
    isOpen,
    label,
    tradingDay,
    opensAt: numberIn(value, 'opensAt') ?? null,
    flatBy: numberIn(value, 'flatBy'),
  }
}
