import { minuteOf, minuteOfDay } from '../domain/calendar/index.ts'
import { type BracketOrder, type RegimeLabel, TIMEFRAME_MS } from '../domain/index.ts'
import type { Blackout, Evidence, RegimeEvidence, SessionEvidence, Setup } from './evidence.ts'
import { type Finding, fail, pass, seconds } from './report.ts'

/** The playbook: in which regimes each model trades. What is not named is not traded. */
export const ALLOWED_REGIMES: Readonly<Record<Setup['model'], readonly RegimeLabel[]>> = {
  '2022': ['TREND_UP', 'TREND_DOWN', 'TRANSITION', 'VOLATILE'],
  manual: ['TREND_UP', 'TREND_DOWN', 'TRANSITION', 'VOLATILE', 'RANGE'],
}

/** Minutes of New York wall time, half-open, in which no entry is taken. */
export const NO_ENTRY_WINDOWS = [
  { label: 'lunch', from: minuteOf('12:00'), to: minuteOf('13:00') },
  // 16:50 to 17:05 Chicago, around the daily reset.
  { label: 'the daily reset', from: minuteOf('17:50'), to: minuteOf('18:05') },
] as const

const BLACKOUT_CODE = { news: 'NEWS_BLOCK', roll: 'ROLL_BLOCK', holiday: 'HOLIDAY_BLOCK' } as const

/** Phase 4: the setup still stands, its model trades in this regime, and the hour allows an entry. */
export function checkRegime(order: BracketOrder, evidence: Evidence): Finding {
  const setup = evidence.setup as Setup
  const regime = evidence.regime as RegimeEvidence
  return (
    setupFault(order, setup, evidence.now) ??
    readingFault(setup, regime, evidence) ??
    windowFault(evidence) ??
    pass(
      `${regime.reading.label} p ${regime.reading.confidence.toFixed(2)} >= ${evidence.limits.confidenceMinRatio}`,
      {
        confidence: regime.reading.confidence,
      },
    )
  )
}

function setupFault(order: BracketOrder, setup: Setup, now: number): Finding | undefined {
  const differs =
    (setup.instrument !== order.instrument.root && 'instrument') ||
    (setup.side !== order.side && 'side') ||
    (setup.entry !== order.entry && 'entry') ||
    (setup.stop !== order.stop && 'stop') ||
    (setup.target !== order.target && 'target')
  if (differs !== false) return fail('SIGNAL_MISMATCH', `its ${differs} is not that of signal ${setup.id}`)
  if (now < setup.knownAt) return fail('SIGNAL_MISMATCH', `signal ${setup.id} is not known yet`)
  if (now > setup.validUntil)
    return fail('SIGNAL_EXPIRED', `expired ${seconds(now - setup.validUntil)} ago`, {
      sinceMs: now - setup.validUntil,
    })
  return undefined
}

function readingFault(setup: Setup, regime: RegimeEvidence, { now, limits }: Evidence): Finding | undefined {
  const { label, confidence, knownAt } = regime.reading
  const age = now - knownAt
  const bar = TIMEFRAME_MS[regime.timeframe]
  if (age < 0 || age > bar)
    return fail('REGIME_STALE', `read ${seconds(age)} ago, one bar is ${seconds(bar)}`, { regimeAgeMs: age })
  if (regime.isPending) return fail('BARS_PENDING', 'bars are being repaired')
  if (regime.revision !== setup.revision)
    return fail(
      'REGIME_REVISION_MISMATCH',
      `bars of revision ${regime.revision}, signal of ${setup.revision}`,
    )
  if (!ALLOWED_REGIMES[setup.model].includes(label))
    return fail(
      'REGIME_NOT_ALLOWED',
      `${label}, model ${setup.model} trades in ${ALLOWED_REGIMES[setup.model].join(', ')}`,
    )
  if (confidence < limits.confidenceMinRatio)
    return fail('REGIME_UNCERTAIN', `p ${confidence.toFixed(2)} < ${limits.confidenceMinRatio}`, {
      confidence,
    })
  return undefined
}

function windowFault(evidence: Evidence): Finding | undefined {
  const { now, blackouts, contract, limits } = evidence
  const minute = minuteOfDay(now)
  const window = NO_ENTRY_WINDOWS.find(({ from, to }) => minute >= from && minute < to)
  if (window !== undefined) return fail('OUTSIDE_WINDOW', `no entries during ${window.label}`)
  if (contract?.isActive !== true) return fail('ROLL_BLOCK', 'the contract month is no longer the active one')
  const blackout = blackouts.find(({ from, to }: Blackout) => now >= from && now < to)
  if (blackout !== undefined) return fail(BLACKOUT_CODE[blackout.kind], blackout.label)
  const left = (evidence.session as SessionEvidence).flatBy - now
  if (left >= limits.beforeFlatMsMin) return undefined
  return fail(
    'TOO_CLOSE_TO_FLAT',
    `flat in ${seconds(left)}, entries end ${seconds(limits.beforeFlatMsMin)} before`,
    {
      leftMs: left,
    },
  )
}
