import { type Instrument, findInstrument } from '../domain/index.ts'
import type { PositionRow, ProtectionRow } from '../store/index.ts'
import { type PositionCard, type ProtectionView, type Shown, derive, unknown } from '../wire/index.ts'
import type { DashboardRows, Moment } from './rows.ts'
import { shownOf, shownQuote } from './shown-row.ts'

/** One card an open position, or an entry that is on its way to be one. */
export function positionCards(rows: DashboardRows, moment: Moment): readonly PositionCard[] {
  return rows.positions.filter((each) => each.size > 0).map((each) => cardOf(each, rows, moment))
}

/** Open profit and loss of a position at a price, whole micro-dollars, gross. */
export function openProfit(position: PositionRow, of: Instrument, last: number): number {
  return Math.round((last - position.average) * position.direction * position.size * of.tickValue)
}

function cardOf(position: PositionRow, rows: DashboardRows, moment: Moment): PositionCard {
  const instrument = findInstrument(position.instrument)
  const isSimulated = position.route !== 'broker'
  const protection = rows.protections.find(
    (each) => each.contractId === position.contractId && each.accountId === position.accountId,
  )
  const decision = rows.decisions.find((each) => each.id === position.decisionId)
  const size = shownOf(position, position.size)
  const entry = shownOf(position, position.average)
  const last = shownQuote(moment.quotes.get(position.instrument), isSimulated)
  const pnl = derive(
    instrument === undefined || last.value === null ? null : openProfit(position, instrument, last.value),
    'position x last price',
    [entry, last],
  )
  const moneyAt = (price: Shown<number>): Shown<number> =>
    derive(
      instrument === undefined || price.value === null ? null : openProfit(position, instrument, price.value),
      `${price.source} x size`,
      [price, size],
    )
  const stop = exitPrice(protection, protection?.stop ?? null, 'no stop seen')
  const target = exitPrice(protection, protection?.target ?? null, 'no target seen')
  const risk =
    decision === undefined || instrument === undefined
      ? undefined
      : Math.abs(decision.entry - decision.stop) * position.size * instrument.tickValue
  return {
    id: `${position.accountId}/${position.contractId}`,
    instrument: position.instrument,
    contract: position.contractId,
    side: position.direction === 1 ? 'long' : 'short',
    size,
    entry,
    last,
    pnl,
    r:
      risk === undefined || risk === 0
        ? unknown('decisions', 'opened outside Kael: no risk was accepted', isSimulated)
        : derive(pnl.value === null ? null : pnl.value / risk, 'open result over accepted risk', [pnl]),
    stop,
    stopMoney: moneyAt(stop),
    target,
    targetMoney: moneyAt(target),
    protection:
      protection === undefined
        ? unknown('protection', 'not looked at yet', isSimulated)
        : shownOf(protection, { kind: protectionKind(protection.phase), text: protection.text }),
    openedAt: position.openedAt,
    best: excursion(position, position.best, last, Math.max),
    worst: excursion(position, position.worst, last, Math.min),
    decision: position.decisionId === null ? null : `G-${position.decisionId}`,
  }
}

function exitPrice(protection: ProtectionRow | undefined, price: number | null, why: string): Shown<number> {
  if (protection === undefined || price === null)
    return unknown('protection', why, protection?.route !== 'broker')
  return shownOf(protection, price)
}

/** Ticks in the position's favour; the extreme so far, this moment included. */
function excursion(
  position: PositionRow,
  kept: number | null,
  last: Shown<number>,
  extreme: (...values: number[]) => number,
): Shown<number> {
  const now = last.value === null ? 0 : Math.round((last.value - position.average) * position.direction)
  return derive(extreme(0, kept ?? 0, now), 'prices since the entry', [shownOf(position, 0), last])
}

function protectionKind(phase: string): ProtectionView['kind'] {
  switch (phase) {
    case 'entryUnknown':
      return 'entry-unknown'
    case 'submitting':
    case 'entryWorking':
    case 'partiallyFilled':
      return 'entry-working'
    case 'filledUnprotected':
      return 'unprotected'
    case 'partlyCovered':
      return 'partly-covered'
    case 'protected':
      return 'protected'
    case 'stopLost':
      return 'stop-lost'
    case 'closing':
      return 'closing'
    default:
      return 'unknown'
  }
}
