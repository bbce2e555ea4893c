import { CODES, type Code } from './codes.ts'

export type PhaseNumber = 1 | 2 | 3 | 4 | 5

export const PHASE_NAMES: Readonly<Record<PhaseNumber, string>> = {
  1: 'broker',
  2: 'balance',
  3: 'day loss',
  4: 'regime',
  5: 'size',
}

/** What one phase found. `NOT_EVALUABLE`: an input is not known, which denies like a failure. */
export interface PhaseReport {
  readonly phase: PhaseNumber
  readonly name: string
  readonly outcome: 'PASS' | 'FAIL' | 'NOT_EVALUABLE'
  /** Undefined on a pass. */
  readonly code: Code | undefined
  /** The input that is missing or impossible, when that is the reason. */
  readonly field: string | undefined
  /** The number that decided, in words. */
  readonly text: string
  /** What would have to change for the phase to pass; empty on a pass. */
  readonly fix: string
  /** The figures behind the text: micro-dollars, ticks, milliseconds or contracts, as each name says. */
  readonly numbers: Readonly<Record<string, number>>
}

export type FivePhases = readonly [PhaseReport, PhaseReport, PhaseReport, PhaseReport, PhaseReport]

/** What a phase's own rules return; `passed` and `failed` of one phase build it. */
export interface Finding {
  readonly code: Code | undefined
  readonly text: string
  readonly fix?: string | undefined
  readonly field?: string | undefined
  readonly numbers: Readonly<Record<string, number>>
}

export function pass(text: string, numbers: Readonly<Record<string, number>> = {}): Finding {
  return { code: undefined, text, numbers }
}

export function fail(
  code: Code,
  text: string,
  numbers: Readonly<Record<string, number>> = {},
  fix?: string,
): Finding {
  return { code, text, numbers, fix }
}

export function reportOf(phase: PhaseNumber, finding: Finding): PhaseReport {
  const { code, text, numbers, field } = finding
  const isInput = code === 'INPUT_MISSING' || code === 'INPUT_INVALID'
  return Object.freeze({
    phase,
    name: PHASE_NAMES[phase],
    outcome: code === undefined ? 'PASS' : isInput ? 'NOT_EVALUABLE' : 'FAIL',
    code,
    field,
    text,
    fix: code === undefined ? '' : (finding.fix ?? CODES[code].fix),
    numbers: Object.freeze(numbers),
  })
}

/** Dollars of whole micro-dollars, exact: at least two decimals, more only where there are more. */
export function dollars(micros: number): string {
  if (!Number.isSafeInteger(micros)) return String(micros)
  const whole = Math.trunc(Math.abs(micros) / 1_000_000)
  const rest = String(Math.abs(micros) % 1_000_000).padStart(6, '0')
  const decimals = rest.replace(/0{1,4}$/, '')
  const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${micros < 0 ? '-' : ''}${grouped}.${decimals}`
}

export const seconds = (ms: number): string => (Number.isNaN(ms) ? 'unknown' : `${(ms / 1000).toFixed(1)} s`)
