import { tradeDateOf } from '../domain/calendar/index.ts'
import type { BracketOrder } from '../domain/index.ts'
import type { DayEvidence, Evidence } from './evidence.ts'
import { type Finding, dollars, fail, pass } from './report.ts'
import { reservedRisk, riskToJudge } from './risk.ts'

/** Phase 3: if everything goes to its stop, the trading day ends within its loss limit. The broker may have none. */
export function checkDayLoss(order: BracketOrder, evidence: Evidence): Finding {
  const day = evidence.day as DayEvidence
  const barred =
    tradingDayFault(evidence) ?? lockout(day, evidence.now) ?? countFault(evidence) ?? strategyFault(evidence)
  if (barred !== undefined) return barred

  const { dayLossLimit, slippageReserve } = evidence.limits
  const open = Math.min(0, day.openAtMark, day.openAtStops)
  const reserved = reservedRisk(order, evidence)
  const risk = riskToJudge(order, evidence)
  const worst = day.realised + open - reserved - risk - slippageReserve
  const numbers = { realised: day.realised, open, reserved, risk, slippageReserve, worst, dayLossLimit }
  const lowest = 0 - dayLossLimit
  const text = `${dollars(worst)} of ${dollars(lowest)} if stopped`
  if (worst >= lowest) return pass(text, numbers)
  const room = worst + dayLossLimit + risk
  return fail(
    'DAY_LOSS_WOULD_BREACH',
    text,
    numbers,
    room > 0 ? `a risk of at most ${dollars(room)}` : undefined,
  )
}

function tradingDayFault({ day, session, now }: Evidence): Finding | undefined {
  const calendar = tradeDateOf(now)
  if (day?.tradingDay === calendar && session?.tradingDay === calendar) return undefined
  return fail(
    'TRADING_DAY_MISMATCH',
    `figures of ${day?.tradingDay ?? 'no day'}, the calendar says ${calendar}`,
  )
}

function lockout({ lockedUntil }: DayEvidence, now: number): Finding | undefined {
  if (lockedUntil == null || now >= lockedUntil) return undefined
  return fail('LOCKOUT_ACTIVE', `locked for ${Math.ceil((lockedUntil - now) / 60_000)} min more`, {
    lockedForMs: lockedUntil - now,
  })
}

function countFault({ throttle, limits }: Evidence): Finding | undefined {
  const { entriesToday, entriesLastMinute } = throttle
  if (entriesToday >= limits.entriesPerDayMax)
    return fail('MAX_TRADES', `${entriesToday} of ${limits.entriesPerDayMax} entries today`, { entriesToday })
  if (entriesLastMinute >= limits.entriesPerMinuteMax)
    return fail(
      'ENTRY_THROTTLED',
      `${entriesLastMinute} of ${limits.entriesPerMinuteMax} entries in one minute`,
      {
        entriesLastMinute,
      },
    )
  return undefined
}

function strategyFault({ strategy, limits }: Evidence): Finding | undefined {
  const { isOff, identicalSetups, stopOutsInARow, rejectsInARow } = strategy
  if (isOff) return fail('STRATEGY_OFF', 'switched off')
  if (identicalSetups >= limits.identicalSetupsMax)
    return fail('STRATEGY_OFF', `the same setup ${identicalSetups} times in 15 min`, { identicalSetups })
  if (stopOutsInARow >= limits.stopOutsInARowMax)
    return fail('STRATEGY_OFF', `${stopOutsInARow} stops hit in a row`, { stopOutsInARow })
  if (rejectsInARow >= limits.rejectsInARowMax)
    return fail('STRATEGY_OFF', `${rejectsInARow} orders rejected in a row`, { rejectsInARow })
  return undefined
}
