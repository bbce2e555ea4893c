import { z } from 'zod'
import { TIMEFRAMES } from '../domain/index.ts'
import { type Result, failed, ok } from '../lib/index.ts'
import type { ClientMessage, CommandRequest, LoginRequest } from '../wire/index.ts'

/** The charts that one page may watch at once. */
const CHARTS_MAX = 4
const CANDLES_MAX = 1_500
const CANDLES_DEFAULT = 500
const DECISIONS_MAX = 200
const DECISIONS_DEFAULT = 100

const instrument = z.string().regex(/^[A-Z0-9]{1,12}$/, 'is an exchange root such as MNQ')
const timeframe = z.enum(TIMEFRAMES)
const wholeText = z.string().regex(/^\d{1,15}$/, 'is a whole number that is not negative')

function wholeWithin(least: number, most: number) {
  return wholeText.transform(Number).pipe(z.number().min(least).max(most))
}

export const loginSchema = z.strictObject({
  // It goes into the audit ledger and the log, where a control character would be somebody else's line.
  name: z
    .string()
    .max(64)
    .regex(/^\P{C}+$/u, 'has only characters that can be seen'),
  password: z.string().min(1).max(256),
}) satisfies z.ZodType<LoginRequest>

export const commandSchema = z.strictObject({
  id: z.string().regex(/^[\w.:-]{8,64}$/, 'has 8 to 64 letters, digits or any of _ . : -'),
  kind: z.literal('set-stop-level'),
  level: z.union([z.literal(0), z.literal(1)]),
}) satisfies z.ZodType<CommandRequest>

export const nothingSchema = z.strictObject({})

export const clientMessageSchema = z.strictObject({
  kind: z.literal('watch'),
  charts: z.array(z.strictObject({ instrument, timeframe })).max(CHARTS_MAX),
}) satisfies z.ZodType<ClientMessage>

export const noQuery = z.strictObject({})
export const streamQuery = z.strictObject({ seq: wholeText.transform(Number).optional() })
export const objectsQuery = z.strictObject({ instrument, timeframe })
export const candlesQuery = z.strictObject({
  instrument,
  timeframe,
  limit: wholeWithin(1, CANDLES_MAX).default(CANDLES_DEFAULT),
  before: wholeText.transform(Number).nullable().default(null),
})
export const decisionsQuery = z.strictObject({
  limit: wholeWithin(1, DECISIONS_MAX).default(DECISIONS_DEFAULT),
  before: wholeText.transform(Number).nullable().default(null),
})

/** What the schema makes of the value, or one line that names the place and the rule. */
export function check<T>(schema: z.ZodType<T>, value: unknown): Result<T, string> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const [first] = parsed.error.issues
  const place = first?.path.join('.') ?? ''
  return failed(`${place === '' ? '' : `${place}: `}${first?.message ?? 'is not what is asked for'}`)
}

/** The parameters of a query string; one that is given twice is refused rather than chosen from. */
export function readQuery(query: string): Result<Record<string, string>, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(found, name)) return failed(`${name.slice(0, 40)}: is given once`)
    found[name] = value
  }
  return ok({ ...found })
}
