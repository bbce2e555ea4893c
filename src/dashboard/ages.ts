import type { DataState } from '../store/index.ts'
import type { DashboardRows, LiveQuote, Moment } from './rows.ts'

/** A price that was called current this long ago, in real time, has nobody any more who would call it stale. */
const QUOTE_MS_MAX = 30_000
/** As fast as data arrive: what one real millisecond counts as then. */
const RATE_MAX = 60
/** What the supervisor says of an actor that does its work. */
const AT_WORK: readonly string[] = ['running', 'paused', 'live', 'starting']

/**
 * Rows and prices as far as they may be believed now. A row says what was so when it was written; that it still is
 * takes someone who would have written otherwise. What the executor keeps is current while its proof lasts, a
 * price while its feed works.
 */
export function agedRows(rows: DashboardRows, moment: Moment): DashboardRows {
  if (isExecutorAwake(rows, moment)) return rows
  return {
    ...rows,
    account: rows.account && stale(rows.account),
    session: rows.session && stale(rows.session),
    proof: rows.proof && stale(rows.proof),
    positions: rows.positions.map(stale),
    protections: rows.protections.map(stale),
    orders: rows.orders.map((each) => (isOver(each.status) ? each : stale(each))),
  }
}

export function agedQuotes(rows: DashboardRows, moment: Moment): Moment {
  const limit = quoteMsMax(moment)
  const isFeedAway = rows.actors.some((each) => each.path === 'feed' && !isAtWork(each.status))
  const aged = (quote: LiveQuote): LiveQuote => {
    const isOld = quote.state === 'current' && moment.now - (quote.at ?? moment.now) > limit
    const isFresh = quote.state === 'current' || quote.state === 'quiet' || quote.state === 'delayed'
    return isOld || (isFeedAway && isFresh) ? { ...quote, state: 'stale' } : quote
  }
  return { ...moment, quotes: new Map([...moment.quotes].map(([root, quote]) => [root, aged(quote)])) }
}

/** Silence of the feed, in the platform's milliseconds, after which nothing that it said is current. */
export function quoteMsMax({ speed }: Moment): number {
  return QUOTE_MS_MAX * (speed === 0 ? RATE_MAX : Math.max(1, speed))
}

/** Whether the executor has shown within the life of its proof that it is there and asks the broker. */
export function isExecutorAwake({ proof, actors }: DashboardRows, { now }: Moment): boolean {
  const isAway = actors.some((each) => each.path.startsWith('executor') && !isAtWork(each.status))
  if (isAway) return false
  return proof !== undefined && proof.expiresAt >= now
}

export function isAtWork(status: string): boolean {
  return AT_WORK.includes(status)
}

function isOver(status: string): boolean {
  return ['filled', 'cancelled', 'expired', 'rejected'].includes(status)
}

/** Never better than it was. */
function stale<Row extends { readonly state: DataState }>(row: Row): Row {
  return ['unknown', 'disputed', 'closed', 'declared'].includes(row.state) ? row : { ...row, state: 'stale' }
}
