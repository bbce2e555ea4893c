import {
  type HeaderView,
  type ModeChange,
  type Shown,
  type Topics,
  type TruthRow,
  derive,
  unknown,
} from '../wire/index.ts'
import { accountOf, headerView, modeOf, orderAccountOf, scannerPass } from './header.ts'
import { quoteMsMax } from './ages.ts'
import type { DashboardRows, Moment } from './rows.ts'
import { isSimulated, shownOf } from './shown-row.ts'

const HISTORY_MAX = 20

/**
 * The Source Truth panel: each label from rows of the database, with the table and key that it was read from.
 * Nothing here has a value of its own.
 */
export function truthTopic(rows: DashboardRows, moment: Moment): Topics['truth'] {
  const lines = truthRows(rows, moment)
  return {
    // What needs a person comes first; the order is otherwise fixed, so that the eye learns places.
    rows: [...lines.filter((each) => each.needsAttention), ...lines.filter((each) => !each.needsAttention)],
    history: rows.modeHistory.slice(0, HISTORY_MAX).map((each): ModeChange => ({
      at: each.at,
      from: each.fromLabel,
      to: each.toLabel,
      cause: each.cause,
    })),
  }
}

function truthRows(rows: DashboardRows, moment: Moment): readonly TruthRow[] {
  const header = headerView(rows, moment)
  const { proof } = rows
  return [
    row('broker mode', modeOf(rows, moment), String, `mode_history ${rows.modeHistory[0]?.id ?? ''}`),
    row(
      'viewing account',
      accountOf(rows),
      account,
      `accounts ${rows.account?.route ?? ''}/${rows.account?.id ?? ''}`,
    ),
    row(
      'order account',
      orderAccountOf(rows),
      account,
      `${isSimulated(rows) ? 'simulated_proofs' : 'broker_proofs'} ${proof?.id ?? ''}`,
    ),
    row('broker session', sessionOf(rows), String, `broker_sessions ${rows.session?.route ?? ''}`),
    row(
      'session',
      header.market,
      ({ isOpen, label }) => `${isOpen ? 'OPEN' : 'CLOSED'}  ${label}`,
      'settings market.session',
    ),
    row('protection', protectionOf(rows), String, 'protection', hasUnproven(rows)),
    row('scanner', scannerPass(rows), ({ count, of }) => `${count}/${of}`, 'scanner_state'),
    row(
      'feed',
      feedRowsOf(rows, moment),
      ({ current, quiet, notCurrent }) => `${current} current, ${quiet} quiet, ${notCurrent} not`,
      'instruments',
    ),
    row('day P&L', header.risk.dayRealised, money, `fills ${rows.fills.length}`),
    row('loss floor', floorOf(rows), money, 'settings risk.floor'),
    row(
      'clock',
      header.clock,
      ({ speed, follows }) => `${speed === 0 ? 'max' : `${speed}x`}  ${follows}`,
      'settings clock',
    ),
  ]
}

function row<T>(
  label: string,
  shown: Shown<T>,
  text: (value: T) => string,
  proof: string,
  isWrong = false,
): TruthRow {
  return {
    label,
    shown: { ...shown, value: shown.value === null ? null : text(shown.value) },
    proof: proof.trim(),
    needsAttention: isWrong || ['stale', 'delayed', 'unknown', 'disputed'].includes(shown.state),
  }
}

function sessionOf({ session }: DashboardRows): Shown<string> {
  if (session === undefined)
    return {
      value: null,
      source: 'broker_sessions',
      asOf: null,
      seq: null,
      state: 'unknown',
      isSimulated: true,
      why: 'not signed in yet',
    }
  return {
    value: `user hub ${session.userHub}, market hub ${session.marketHub}, ${session.resyncs} resyncs`,
    source: session.source,
    asOf: session.asOf,
    seq: null,
    state: session.state,
    isSimulated: session.route !== 'broker',
    ...(session.state === 'current' ? {} : { why: session.lastFault ?? 'not connected' }),
  }
}

function protectionOf(rows: DashboardRows): Shown<string> {
  const { positions, protections, proof } = rows
  if (proof === undefined) return unknown('protection', 'the broker was not asked yet', true)
  const open = positions.filter((each) => each.size > 0)
  if (open.length === 0) return shownOf({ ...proof, source: 'positions' }, 'no open position')
  // As good as the worst of them, and as old as the oldest.
  const inputs = open.map((position) => {
    const found = protections.find((each) => isOf(each, position))
    return found === undefined ? unknown<number>('protection', 'not looked at yet', true) : shownOf(found, 0)
  })
  return derive(`${open.length - unproven(rows).length} of ${open.length} proven`, 'protection', inputs)
}

function hasUnproven(rows: DashboardRows): boolean {
  return unproven(rows).length > 0
}

/** Open positions whose stop is not proven. */
function unproven({ positions, protections }: DashboardRows): DashboardRows['positions'] {
  return positions.filter(
    (position) =>
      position.size > 0 && !protections.some((each) => isOf(each, position) && each.phase === 'protected'),
  )
}

/** The feed as its own rows have it: the header counts what it says, this what it has kept. */
function feedRowsOf(rows: DashboardRows, moment: Moment): Shown<FeedCount> {
  const { instruments } = rows
  const checkedAt = instruments.flatMap((each) => each.checkedAt ?? [])
  if (checkedAt.length === 0) return unknown('instruments', 'no data since the start', isSimulated(rows))
  const count = (state: string): number => instruments.filter((each) => each.state === state).length
  const [current, quiet, closed] = [count('current'), count('quiet'), count('closed')]
  const notCurrent = instruments.length - current - quiet - closed
  const isSilent = moment.now - Math.max(...checkedAt) > quoteMsMax(moment)
  const isBad = isSilent || notCurrent > 0
  return {
    value: { current, quiet, notCurrent },
    source: 'instruments',
    asOf: Math.min(...checkedAt),
    seq: null,
    isSimulated: isSimulated(rows),
    state: isBad ? 'stale' : closed === instruments.length ? 'closed' : 'current',
    ...(isBad ? { why: isSilent ? 'the feed keeps nothing any more' : `${notCurrent} not current` } : {}),
  }
}

type FeedCount = NonNullable<HeaderView['feed']['value']>

interface OfContract {
  readonly accountId: string
  readonly contractId: string
}

function isOf(protection: OfContract, position: OfContract): boolean {
  return protection.contractId === position.contractId && protection.accountId === position.accountId
}

function floorOf({ settings }: DashboardRows): Shown<number> {
  const setting = settings.find((each) => each.key === 'risk.floor')
  const declared = (setting?.value as { declared?: unknown } | undefined)?.declared
  if (setting === undefined || typeof declared !== 'number')
    return {
      value: null,
      source: 'settings',
      asOf: null,
      seq: null,
      state: 'unknown',
      isSimulated: false,
      why: 'not declared',
    }
  return {
    value: declared,
    source: setting.declaredBy,
    asOf: setting.asOf,
    seq: null,
    state: 'declared',
    isSimulated: false,
    why: 'a person typed it',
  }
}

function money(micros: number): string {
  const cents = Math.round(micros / 10_000)
  const text = (Math.abs(cents) / 100).toLocaleString('en-US', { minimumFractionDigits: 2 })
  return `${cents < 0 ? '\u2212' : ''}${text}`
}

function account({ id, name }: { readonly id: string; readonly name: string }): string {
  return `${name}  #${id}`
}
