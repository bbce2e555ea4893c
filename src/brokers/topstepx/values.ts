/**
 * The values of the wire, each parsed in one place. Tolerant of every form that was ever seen,
 * strict about what it means: nothing is rounded, clamped or guessed.
 */
import {
  type EpochMs,
  type Instrument,
  type Usd,
  epochMs,
  MICROS_PER_DOLLAR,
  ROSTER,
  usdFromDollars,
} from '../../domain/index.ts'
import { invariant } from '../../lib/index.ts'

/** An instant, and what its text holds below one millisecond in units of 100 ns. */
export interface Instant {
  readonly at: EpochMs
  readonly subMs: number
}

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?$/i
/** The window that `epochMs` holds to, so that a hostile year is a refusal and not a defect. */
const EARLIEST_MS = 631_152_000_000
const LATEST_MS = 4_102_444_800_000

/** ISO-8601 with `Z`, an offset or no zone (then UTC), 0 to 9 fractional digits, cut to the millisecond. */
export function parseTimestamp(text: unknown): EpochMs | undefined {
  return parseInstant(text)?.at
}

export function parseInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string') return undefined
  const match = TIMESTAMP.exec(text)
  if (match === null) return undefined
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[4])
  const minute = Number(match[5])
  const second = Number(match[6] ?? 0)
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined
  const midnight = Date.UTC(Number(match[1]), month - 1, day)
  if (day > 28 && new Date(midnight).getUTCDate() !== day) return undefined

  const fraction = (match[7] ?? '').padEnd(7, '0')
  const offset = match[8] === undefined ? 0 : Number(match[9]) * 60 + Number(match[10])
  const ms =
    midnight +
    hour * 3_600_000 +
    (minute - (match[8] === '-' ? -offset : offset)) * 60_000 +
    second * 1_000 +
    Number(fraction.slice(0, 3))
  if (!(ms >= EARLIEST_MS && ms < LATEST_MS)) return undefined
  return { at: epochMs(ms), subMs: Number(fraction.slice(3, 7)) }
}

/** The form in which we send instants. */
export function wireTime(t: number): string {
  return new Date(t).toISOString()
}

/** A finite number, also from a numeric string; null, blank and everything else is undefined. */
export function parseNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

export function parseWhole(value: unknown): number | undefined {
  const number = parseNumber(value)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

/** Digits as text, from a whole number or a digit string: order ids are beyond 2^31 and may pass 2^53. */
export function parseId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? value : undefined
}

export function parseText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Dollars of the wire; beyond what `Usd` holds exactly is undefined. */
export function parseUsd(value: unknown): Usd | undefined {
  const dollars = parseNumber(value)
  if (dollars === undefined || Math.abs(dollars) * MICROS_PER_DOLLAR > Number.MAX_SAFE_INTEGER)
    return undefined
  return usdFromDollars(dollars)
}

/**
 * JSON in which a whole number of 16 digits or more arrives as text: as a number it would lose its last digits.
 * Throws like `JSON.parse` when it is none.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(quoteLongIntegers(text))
}

/** The same text with long bare integers in quotes. Strings are stepped over, so a digit run inside one stays. */
export function quoteLongIntegers(text: string): string {
  if (!/\d{16}/.test(text)) return text
  return text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?=[\s,}\]])/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  )
}

/** An id of ours for a request body: a bare number with every digit, also beyond 2^53. */
export function wireId(id: string): unknown {
  invariant(parseId(id) !== undefined, `an id of the gateway is digits, was ${JSON.stringify(id)}`)
  // In the engine since V8 11.4, in the type library not yet.
  return (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(id)
}

const CONTRACT_ID = /^CON\.(F\.[A-Z]+\.[A-Z0-9]+)\.([FGHJKMNQUVXZ])(\d\d)$/

/** `F.US.MNQ` of `CON.F.US.MNQ.Z26`, or undefined when it is no contract id. */
export function symbolIdOf(contractId: string): string | undefined {
  return CONTRACT_ID.exec(contractId)?.[1]
}

/** The instrument of a contract id, by its symbol id; undefined for a product that we do not know. */
export function instrumentOfContract(
  contractId: string,
  among: readonly Instrument[] = ROSTER,
): Instrument | undefined {
  const symbolId = symbolIdOf(contractId)
  return symbolId === undefined ? undefined : among.find((each) => each.symbolId === symbolId)
}

/** Instruments by contract id, looked up once each: the streams ask a thousand times a second. */
export function instrumentLookup(
  among: readonly Instrument[] = ROSTER,
): (contractId: string) => Instrument | undefined {
  const known = new Map<string, Instrument | undefined>()
  return (contractId) => {
    if (known.has(contractId)) return known.get(contractId)
    const found = instrumentOfContract(contractId, among)
    // Ids come from outside: a stream of invented ones must not fill the memory.
    if (known.size < LOOKUP_SIZE_MAX) known.set(contractId, found)
    return found
  }
}

const LOOKUP_SIZE_MAX = 2_000
