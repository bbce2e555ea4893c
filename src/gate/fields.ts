import { TIMEFRAMES } from '../domain/index.ts'
import { STOP_LOSS_CAP } from '../domain/risk/index.ts'
import type { Evidence } from './evidence.ts'
import type { Finding, PhaseNumber } from './report.ts'

/** One input of one phase: where it lies in the evidence and what it may be. `[]` stands for every element. */
export interface Field {
  readonly phases: readonly PhaseNumber[]
  readonly path: string
  readonly rule: Rule
}

export interface Rule {
  /** The rule in words, for the refusal. */
  readonly says: string
  readonly holds: (value: unknown) => boolean
  /** Undefined is an answer here; elsewhere it is a missing input. */
  readonly isOptional?: boolean
}

/** Bounds of money: 100 million dollars, so that no sum of a snapshot leaves the exact integers. */
const MICROS_MAX = 1e14
const RISK_MICROS_MAX = 1e12
const COUNT_MAX = 1e9
const CONTRACTS_MAX = 10_000
const TICKS_MAX = 1e9

const text = rule(
  'a text of 1 to 120 characters',
  (v) => typeof v === 'string' && v.length > 0 && v.length <= 120,
)
const flag = rule('true or false', (v) => typeof v === 'boolean')
const instant = rule(
  'whole epoch milliseconds between 1990 and 2100',
  (v) => isWhole(v) && v >= 631_152_000_000 && v < 4_102_444_800_000,
)
const moment = rule(
  'a steady moment, finite and not negative',
  (v) => isFiniteNumber(v) && v >= 0 && v <= 1e15,
)
const money = rule('whole micro-dollars', (v) => isWhole(v) && Math.abs(v) <= MICROS_MAX)
const moneyAboveZero = rule('whole micro-dollars above 0', (v) => isWhole(v) && v > 0 && v <= MICROS_MAX)
const moneyNotNegative = rule(
  'whole micro-dollars, not negative',
  (v) => isWhole(v) && v >= 0 && v <= MICROS_MAX,
)
const risk = rule('whole micro-dollars, not negative', (v) => isWhole(v) && v >= 0 && v <= RISK_MICROS_MAX)
const count = rule('a whole number, not negative', (v) => isWhole(v) && v >= 0 && v <= COUNT_MAX)
const countAboveZero = rule('a whole number above 0', (v) => isWhole(v) && v > 0 && v <= COUNT_MAX)
const size = rule('whole contracts, not negative', (v) => isWhole(v) && v >= 0 && v <= CONTRACTS_MAX)
const net = rule('whole contracts, signed', (v) => isWhole(v) && Math.abs(v) <= CONTRACTS_MAX)
const price = rule('whole ticks', (v) => isWhole(v) && Math.abs(v) <= TICKS_MAX)
const duration = rule('milliseconds, not negative', (v) => isFiniteNumber(v) && v >= 0 && v <= 1e12)
const skew = rule('finite milliseconds', (v) => isFiniteNumber(v) && Math.abs(v) <= 1e12)
const ratio = rule('a share between 0 and 1', (v) => isFiniteNumber(v) && v >= 0 && v <= 1)
const above = rule('a number above 0', (v) => isFiniteNumber(v) && v > 0 && v <= 1e9)
const date = rule('an ISO date', (v) => typeof v === 'string' && /^\d{4}-\d\d-\d\d$/.test(v))
const cap = rule(
  `whole micro-dollars above 0 and at most ${STOP_LOSS_CAP}`,
  (v) => isWhole(v) && v > 0 && v <= STOP_LOSS_CAP,
)
const side = oneOf('buy', 'sell')

/** Every input of the gate but the order and the proof, which have rules of their own. */
export const FIELDS: readonly Field[] = [
  ...of([1, 2, 3, 4, 5], { monotonic: moment }),
  ...of([1, 3, 4], { now: instant }),
  ...of([1], {
    executorEpoch: countAboveZero,
    stateVersion: count,
    configRevision: text,
    route: oneOf('paper', 'gateway-sim', 'broker'),
    armedUntil: optional(moment),
    'control.state': oneOf('ACTIVE', 'REDUCING', 'HALTED'),
    'control.stopLevel': oneOf(0, 1, 2, 3),
    'control.isLockedByBroker': flag,
    'control.brackets': oneOf('proven', 'unproven', 'refused'),
    'control.instrumentHalt': optional(text),
    'account.id': text,
    'account.name': text,
    'account.boundId': text,
    'account.boundName': text,
    'account.canCancel': flag,
    'hubs.user': oneOf('current', 'resyncing', 'down'),
    'hubs.market': oneOf('current', 'resyncing', 'down'),
    'data.state': oneOf('current', 'quiet', 'delayed', 'stale', 'unknown', 'disputed', 'closed'),
    'data.receivedAt': optional(moment),
    'reconciliation.cleanAt': moment,
    'reconciliation.disputes': count,
    unknownIntents: count,
    'health.executorLagMs': duration,
    'health.clockSkewMs': skew,
    'health.mismatchedActors': count,
    'session.tradingDay': date,
    'session.isOpen': flag,
    'session.flatBy': instant,
    'session.closesAt': instant,
    'contract.id': text,
    'throttle.requestsUsed': count,
    'throttle.requestsAllowed': countAboveZero,
  }),
  ...of([2], {
    'account.canTrade': flag,
    'account.balance': money,
    'account.readAt': moment,
    'floor.declared': optional(money),
    'floor.declaredOn': optional(date),
    'floor.reported': optional(money),
    'limits.floorBuffer': moneyNotNegative,
    'limits.floorAgeDaysMax': count,
  }),
  ...of([2, 3], {
    'session.tradingDay': date,
    'day.tradingDay': date,
    'day.openAtMark': money,
    'day.openAtStops': money,
    'day.uncovered': size,
    'entries[].tag': text,
    'entries[].risk': risk,
  }),
  ...of([3], {
    'day.realised': money,
    'day.lockedUntil': optional(instant),
    'throttle.entriesLastMinute': count,
    'throttle.entriesToday': count,
    'strategy.isOff': flag,
    'strategy.identicalSetups': count,
    'strategy.stopOutsInARow': count,
    'strategy.rejectsInARow': count,
    'limits.dayLossLimit': moneyAboveZero,
    'limits.slippageReserve': moneyNotNegative,
    'limits.entriesPerMinuteMax': count,
    'limits.entriesPerDayMax': count,
    'limits.identicalSetupsMax': countAboveZero,
    'limits.stopOutsInARowMax': countAboveZero,
    'limits.rejectsInARowMax': countAboveZero,
  }),
  ...of([4], {
    'session.flatBy': instant,
    'setup.id': text,
    'setup.instrument': text,
    'setup.model': oneOf('2022', 'manual'),
    'setup.side': side,
    'setup.entry': price,
    'setup.stop': price,
    'setup.target': price,
    'setup.knownAt': instant,
    'setup.validUntil': instant,
    'setup.revision': count,
    'regime.reading.label': oneOf('TREND_UP', 'TREND_DOWN', 'RANGE', 'VOLATILE', 'TRANSITION', 'CLOSED'),
    'regime.reading.confidence': ratio,
    'regime.reading.knownAt': instant,
    'regime.timeframe': oneOf(...TIMEFRAMES),
    'regime.revision': count,
    'regime.isPending': flag,
    'contract.isActive': flag,
    'blackouts[].kind': oneOf('news', 'roll', 'holiday'),
    'blackouts[].label': text,
    'blackouts[].from': instant,
    'blackouts[].to': instant,
    'limits.confidenceMinRatio': ratio,
    'limits.beforeFlatMsMin': duration,
  }),
  ...of([2, 3, 5], { 'limits.stopLossCap': cap }),
  ...of([5], {
    'contract.id': text,
    'contract.tickSize': above,
    'contract.tickValue': moneyAboveZero,
    'data.lastTrade': optional(price),
    'data.lastTradeAt': optional(moment),
    'data.dailyRangeTicks': optional(above),
    'positions[].contractId': text,
    'positions[].brokerNet': net,
    'positions[].ledgerNet': net,
    'entries[].tag': text,
    'entries[].contractId': text,
    'entries[].side': side,
    'entries[].size': size,
    'entries[].mintedAt': moment,
    'entries[].isFinished': flag,
    'limits.sizeMaxMicro': size,
    'limits.sizeMaxMini': size,
    'limits.netMax': size,
    'limits.grossMax': size,
    'limits.duplicateWindowMs': duration,
  }),
]

const BY_PHASE: readonly (readonly Field[])[] = [0, 1, 2, 3, 4, 5].map((phase) =>
  FIELDS.filter((field) => field.phases.some((each) => each === phase)),
)

/** The first input of a phase that is missing or impossible, or undefined when all are there. */
export function faultOfInputs(phase: PhaseNumber, evidence: Evidence): Finding | undefined {
  for (const { path, rule } of BY_PHASE[phase] ?? []) {
    for (const [name, value] of valuesAt(evidence, path.split('.'), '')) {
      if (value === undefined || value === null) {
        if (rule.isOptional) continue
        return { code: 'INPUT_MISSING', field: name, text: `${name} is not known`, numbers: {} }
      }
      if (!rule.holds(value))
        return {
          code: 'INPUT_INVALID',
          field: name,
          text: `${name} is ${shown(value)}, not ${rule.says}`,
          numbers: {},
        }
    }
  }
  return undefined
}

/** Every value at a path with its full name. A list that is missing is one missing value. */
function valuesAt(from: unknown, path: readonly string[], name: string): readonly NamedValue[] {
  const [head, ...rest] = path
  if (head === undefined) return [[name, from]]
  if (typeof from !== 'object' || from === null) return [[join(name, path.join('.')), undefined]]

  const isList = head.endsWith('[]')
  const key = isList ? head.slice(0, -2) : head
  const full = join(name, key)
  const value = Object.hasOwn(from, key) ? (from as Readonly<Record<string, unknown>>)[key] : undefined
  if (!isList) return valuesAt(value, rest, full)
  if (!Array.isArray(value)) return [[full, undefined]]
  return value.flatMap((each: unknown, i) => valuesAt(each, rest, `${full}[${i}]`))
}

type NamedValue = readonly [name: string, value: unknown]

const join = (name: string, key: string): string => (name === '' ? key : `${name}.${key}`)

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function of(phases: readonly PhaseNumber[], rules: Readonly<Record<string, Rule>>): readonly Field[] {
  return Object.entries(rules).map(([path, each]) => ({ phases, path, rule: each }))
}

function rule(says: string, holds: (value: unknown) => boolean): Rule {
  return { says, holds }
}

function optional(of: Rule): Rule {
  return { ...of, isOptional: true }
}

function oneOf(...values: readonly (string | number)[]): Rule {
  return rule(`one of ${values.join(' ')}`, (value) => values.some((each) => each === value))
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
