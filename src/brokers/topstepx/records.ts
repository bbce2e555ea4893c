/**
 * Rows of the gateway, from REST or from a stream, as the domain's types. A row that cannot be understood is
 * told apart with its reason and never bent into something else: no default side, no zero for a missing number.
 */
import { z } from 'zod'
import {
  type BrokerAccount,
  type BrokerContract,
  type BrokerOrder,
  type BrokerOrderStatus,
  type BrokerPosition,
  type BrokerTrade,
  type EpochMs,
  type Instrument,
  type OrderType,
  type Side,
  type Ticks,
  contracts,
  parsePrice,
  usd,
} from '../../domain/index.ts'
import { type Result, failed, ok } from '../../lib/index.ts'
import type { StrangeRow } from '../port.ts'
import {
  parseId,
  parseNumber,
  parseText,
  parseTimestamp,
  parseUsd,
  parseWhole,
  symbolIdOf,
} from './values.ts'

export type InstrumentOf = (contractId: string) => Instrument | undefined
type Row<T> = Result<T, StrangeRow>

const STATUSES: readonly BrokerOrderStatus[] = [
  'none',
  'open',
  'filled',
  'cancelled',
  'expired',
  'rejected',
  'pending',
  'pending-cancel',
  'suspended',
]
const TYPES: readonly BrokerOrder['type'][] = [
  'unknown',
  'limit',
  'market',
  'stop-limit',
  'stop',
  'trailing-stop',
  'join-bid',
  'join-ask',
]
/** The numbers in which order types go out. */
export const TYPE_CODES: Readonly<Record<OrderType, number>> = {
  limit: 1,
  market: 2,
  'stop-limit': 3,
  stop: 4,
  'trailing-stop': 5,
  'join-bid': 6,
  'join-ask': 7,
}
export const SIDE_CODES: Readonly<Record<Side, number>> = { buy: 0, sell: 1 }

/** A field that must be there. */
function needed<T>(parse: (value: unknown) => T | undefined, rule: string) {
  return z.unknown().transform((value, context): T => {
    const parsed = parse(value)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: `${rule}, was ${show(value)}` })
    return z.NEVER
  })
}

/** A field that may be null or left out, and is refused when it is something else than it should. */
function optional<T>(parse: (value: unknown) => T | undefined, rule: string) {
  return z
    .unknown()
    .transform((value, context): T | undefined => {
      if (value === null || value === undefined) return undefined
      const parsed = parse(value)
      if (parsed !== undefined) return parsed
      context.addIssue({ code: 'custom', message: `${rule}, was ${show(value)}` })
      return z.NEVER
    })
    .optional()
}

const parseFlag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)
const parseSize = (value: unknown): number | undefined => {
  const whole = parseWhole(value)
  return whole !== undefined && whole >= 0 ? whole : undefined
}
const parseSide = (value: unknown): Side | undefined =>
  parseWhole(value) === 0 ? 'buy' : parseWhole(value) === 1 ? 'sell' : undefined
/** Enums grow silently: a number that we do not know is kept apart, not refused. */
const parseStatus = (value: unknown): BrokerOrderStatus | undefined => {
  const code = parseWhole(value)
  return code === undefined ? undefined : (STATUSES[code] ?? 'unknown')
}
const parseType = (value: unknown): BrokerOrder['type'] | undefined => {
  const code = parseWhole(value)
  return code === undefined ? undefined : (TYPES[code] ?? 'unknown')
}

const id = needed(parseId, 'an id is digits')
const contractId = needed(parseText, 'a contract id is text')
const size = needed(parseSize, 'a size is a whole number, not negative')
const side = needed(parseSide, 'a side is 0 or 1')
const price = needed(parseNumber, 'a price is a finite number')
const optionalPrice = optional(parseNumber, 'a price is a finite number')
const time = optional(parseTimestamp, 'a time is ISO-8601')

const orderRow = z.object({
  id,
  accountId: id,
  contractId,
  creationTimestamp: time,
  updateTimestamp: time,
  status: needed(parseStatus, 'a status is a number'),
  type: needed(parseType, 'a type is a number'),
  side,
  size,
  limitPrice: optionalPrice,
  stopPrice: optionalPrice,
  fillVolume: optional(parseSize, 'a filled size is a whole number, not negative'),
  filledPrice: optionalPrice,
  customTag: optional((value) => (typeof value === 'string' ? value : undefined), 'a tag is text'),
  parentOrderId: optional(parseId, 'an id is digits'),
})

const positionRow = z.object({
  id,
  accountId: id,
  contractId,
  creationTimestamp: time,
  type: needed(parseWhole, 'a position type is a number'),
  size,
  averagePrice: price,
})

const tradeRow = z.object({
  id,
  accountId: id,
  contractId,
  orderId: id,
  creationTimestamp: needed(parseTimestamp, 'a time is ISO-8601'),
  price,
  profitAndLoss: optional(parseUsd, 'money is a finite number'),
  fees: optional(parseUsd, 'money is a finite number'),
  commissions: optional(parseUsd, 'money is a finite number'),
  side,
  size,
  voided: optional(parseFlag, 'voided is true or false'),
})

const accountRow = z.object({
  id,
  name: needed(parseText, 'a name is text'),
  balance: needed(parseUsd, 'money is a finite number'),
  canTrade: needed(parseFlag, 'canTrade is true or false'),
  isVisible: optional(parseFlag, 'isVisible is true or false'),
  simulated: optional(parseFlag, 'simulated is true or false'),
})

const positive = (value: unknown): number | undefined => {
  const number = parseNumber(value)
  return number !== undefined && number > 0 ? number : undefined
}
const contractRow = z.object({
  id: contractId,
  name: needed(parseText, 'a name is text'),
  description: optional((value) => (typeof value === 'string' ? value : undefined), 'a description is text'),
  tickSize: needed(positive, 'a tick size is positive'),
  tickValue: needed(parseUsd, 'a tick value is money'),
  activeContract: needed(parseFlag, 'activeContract is true or false'),
  symbolId: optional(parseText, 'a symbol id is text'),
})

/** `receivedAt` stands in for a creation time that the gateway left out. */
export function toOrder(raw: unknown, instrumentOf: InstrumentOf, receivedAt: EpochMs): Row<BrokerOrder> {
  const parsed = orderRow.safeParse(raw)
  if (!parsed.success) return strange(raw, parsed.error)
  const row = parsed.data
  const instrument = instrumentOf(row.contractId)
  if (instrument === undefined) return foreign(row)
  const limit = ticksOf(row.limitPrice, instrument)
  const stop = ticksOf(row.stopPrice, instrument)
  if (limit === 'off-grid' || stop === 'off-grid')
    return strangeRow(
      row,
      `price ${row.limitPrice ?? row.stopPrice} is off the grid of ${instrument.tickSize}`,
    )
  const createdAt = row.creationTimestamp ?? receivedAt
  return ok({
    id: row.id,
    accountId: row.accountId,
    contractId: row.contractId,
    status: row.status,
    type: row.type,
    side: row.side,
    size: contracts(row.size),
    limit,
    stop,
    filled: contracts(row.fillVolume ?? 0),
    averageFillFractional: row.filledPrice === undefined ? undefined : row.filledPrice / instrument.tickSize,
    tag: row.customTag,
    parentId: row.parentOrderId,
    createdAt,
    updatedAt: row.updateTimestamp ?? createdAt,
  })
}

export function toPosition(
  raw: unknown,
  instrumentOf: InstrumentOf,
  receivedAt: EpochMs,
): Row<BrokerPosition> {
  const parsed = positionRow.safeParse(raw)
  if (!parsed.success) return strange(raw, parsed.error)
  const row = parsed.data
  const instrument = instrumentOf(row.contractId)
  if (instrument === undefined) return foreign(row)
  if (row.size > 0 && row.type !== 1 && row.type !== 2)
    return strangeRow(row, `a position of ${row.size} is long (1) or short (2), was ${row.type}`)
  return ok({
    id: row.id,
    accountId: row.accountId,
    contractId: row.contractId,
    direction: row.size === 0 ? 0 : row.type === 1 ? 1 : -1,
    size: contracts(row.size),
    averageFractional: row.averagePrice / instrument.tickSize,
    openedAt: row.creationTimestamp ?? receivedAt,
  })
}

export function toTrade(raw: unknown, instrumentOf: InstrumentOf): Row<BrokerTrade> {
  const parsed = tradeRow.safeParse(raw)
  if (!parsed.success) return strange(raw, parsed.error)
  const row = parsed.data
  const instrument = instrumentOf(row.contractId)
  if (instrument === undefined) return foreign(row)
  const at = ticksOf(row.price, instrument)
  if (at === 'off-grid' || at === undefined)
    return strangeRow(row, `price ${row.price} is off the grid of ${instrument.tickSize}`)
  return ok({
    id: row.id,
    accountId: row.accountId,
    contractId: row.contractId,
    orderId: row.orderId,
    at: row.creationTimestamp,
    price: at,
    side: row.side,
    size: contracts(row.size),
    profitAndLoss: row.profitAndLoss,
    fees: usd((row.fees ?? 0) + (row.commissions ?? 0)),
    isVoided: row.voided ?? false,
  })
}

export function toAccount(raw: unknown): Row<BrokerAccount> {
  const parsed = accountRow.safeParse(raw)
  if (!parsed.success) return strange(raw, parsed.error)
  const { simulated, isVisible, ...row } = parsed.data
  // What the broker does not say is taken for the stricter answer.
  return ok({ ...row, isVisible: isVisible ?? true, isSimulated: simulated ?? false })
}

export function toContract(raw: unknown): Row<BrokerContract> {
  const parsed = contractRow.safeParse(raw)
  if (!parsed.success) return strange(raw, parsed.error)
  const { activeContract, description, symbolId, ...row } = parsed.data
  return ok({
    ...row,
    description: description ?? row.name,
    // Older replies leave the symbol id out; it is part of the contract id.
    symbolId: symbolId ?? symbolIdOf(row.id) ?? '',
    isActive: activeContract,
  })
}

function ticksOf(value: number | undefined, instrument: Instrument): Ticks | undefined | 'off-grid' {
  if (value === undefined) return undefined
  const parsed = parsePrice(value, instrument)
  return parsed.ok ? parsed.value : 'off-grid'
}

function foreign(row: { id: string; contractId: string }): Row<never> {
  return strangeRow(row, `contract ${row.contractId} is of no instrument that we know`)
}

function strangeRow(row: { id: string; contractId: string }, reason: string): Row<never> {
  return failed({ id: row.id, contractId: row.contractId, reason })
}

function strange(raw: unknown, error: z.ZodError): Row<never> {
  const fields = typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>) : {}
  const issue = error.issues[0]
  const path = issue === undefined || issue.path.length === 0 ? 'row' : issue.path.join('.')
  return failed({
    id: parseId(fields['id']),
    contractId: parseText(fields['contractId']),
    reason: `${path}: ${issue?.message ?? 'not understood'}`,
  })
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60)
}
