import { addDays } from '../domain/calendar/index.ts'
import type { BracketOrder } from '../domain/index.ts'
import type { AccountEvidence, DayEvidence, Evidence, Floor } from './evidence.ts'
import { ageMs } from './proof.ts'
import { type Finding, dollars, fail, pass, seconds } from './report.ts'
import { reservedRisk, riskToJudge } from './risk.ts'

export const ACCOUNT_AGE_MS_MAX = 15_000

/** Phase 2: if everything that is open and this order go to their stops, the balance stays above the floor. */
export function checkBalance(order: BracketOrder, evidence: Evidence): Finding {
  const account = evidence.account as AccountEvidence
  // Either of the two readings of the account is enough to deny.
  if (!account.canTrade || evidence.proof?.account?.canTrade === false)
    return fail('ACCOUNT_NOT_TRADABLE', 'canTrade: false')
  const age = ageMs(account.readAt, evidence.monotonic)
  if (!(age <= ACCOUNT_AGE_MS_MAX))
    return fail('BALANCE_STALE', `balance ${seconds(age)} old, at most ${seconds(ACCOUNT_AGE_MS_MAX)}`, {
      accountAgeMs: age,
    })

  const stale = floorFault(evidence)
  if (stale !== undefined) return stale
  const day = evidence.day as DayEvidence
  if (day.uncovered > 0)
    return fail('OPEN_RISK_UNBOUNDED', `${day.uncovered} open contracts without a stop`, {
      uncovered: day.uncovered,
    })

  const floor = floorOf(evidence.floor as Floor, evidence.limits.floorBuffer)
  // A gain that is still open is not counted on: only what could be lost moves this figure.
  const openRisk = 0 - Math.min(0, day.openAtMark, day.openAtStops)
  const reserved = reservedRisk(order, evidence)
  const risk = riskToJudge(order, evidence)
  const left = account.balance - openRisk - reserved - risk - floor
  const numbers = { balance: account.balance, openRisk, reserved, risk, floor, left }
  if (left >= 0) return pass(`headroom ${dollars(left)} after this trade`, numbers)
  return fail(
    'HEADROOM_BELOW_RISK',
    `headroom ${dollars(left + risk)}, the trade could lose ${dollars(risk)}`,
    numbers,
    `a risk of at most ${dollars(Math.max(0, left + risk))}`,
  )
}

function floorFault({ floor, session, limits }: Evidence): Finding | undefined {
  if (floor?.declared === undefined || floor.declaredOn === undefined)
    return fail('FLOOR_UNDECLARED', 'no floor declared')
  const oldest = addDays(session?.tradingDay ?? '', -limits.floorAgeDaysMax)
  if (floor.declaredOn >= oldest) return undefined
  return fail('FLOOR_OUTDATED', `declared on ${floor.declaredOn}, counts ${limits.floorAgeDaysMax} days`)
}

/** The higher of what a person declared and what the broker reports, with the buffer on top. */
function floorOf({ declared, reported }: Floor, buffer: number): number {
  return Math.max(declared, reported ?? declared) + buffer
}
