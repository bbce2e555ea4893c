import { type BracketOrder, findInstrument, sign } from '../domain/index.ts'
import { STOP_LOSS_CAP, collarTicksOf, sizeMaxOf, stopTicksMax } from '../domain/risk/index.ts'
import type { ContractFacts, Evidence } from './evidence.ts'
import { ageMs } from './proof.ts'
import { type Finding, dollars, fail, pass, seconds } from './report.ts'
import { orderRisk } from './risk.ts'

/** A last trade older than this is no reference for a price. */
export const REFERENCE_AGE_MS_MAX = 5_000
const TICKS_MAX = 1e9

/** Phase 5: the loss at the stop is within the cap, exactly, and the order within every contract cap. */
export function checkSize(order: BracketOrder, evidence: Evidence): Finding {
  return (
    priceFault(order) ??
    factsFault(order, evidence.contract as ContractFacts) ??
    riskFault(order, evidence) ??
    capFault(order, evidence) ??
    entryFault(order, evidence) ??
    collarFault(order, evidence) ??
    pass(`${dollars(orderRisk(order))} of ${dollars(capOf(evidence))} at the stop, size ${order.size}`, {
      risk: orderRisk(order),
      cap: capOf(evidence),
      stopTicks: Math.abs(order.entry - order.stop),
      size: order.size,
    })
  )
}

const capOf = ({ limits }: Evidence): number => Math.min(limits.stopLossCap, STOP_LOSS_CAP)

function priceFault({ side, entry, stop, target }: BracketOrder): Finding | undefined {
  if (stop === undefined || stop === null) return fail('STOP_MISSING', 'no stop')
  for (const [name, price] of [
    ['entry', entry] as const,
    ['stop', stop] as const,
    ['target', target] as const,
  ])
    if (!Number.isSafeInteger(price) || Math.abs(price) > TICKS_MAX)
      return fail('PRICE_OFF_GRID', `${name} ${String(price)} is not a whole number of ticks`)
  const direction = sign(side)
  if (stop === entry) return fail('STOP_MISSING', 'the stop is at the entry')
  if (direction * (entry - stop) < 0)
    return fail('STOP_WRONG_SIDE', `${side} at ${entry} with the stop at ${stop}`)
  if (direction * (target - entry) <= 0)
    return fail('TARGET_WRONG_SIDE', `${side} at ${entry} with the target at ${target}`)
  return undefined
}

/** The arithmetic stands on the instrument's facts: they must be the broker's, and nobody may make the costs smaller. */
function factsFault({ instrument }: BracketOrder, contract: ContractFacts): Finding | undefined {
  const { tickSize, tickValue, slippage, roundTripCost, root } = instrument
  if (tickSize !== contract.tickSize)
    return fail('CONTRACT_FACTS_DIFFER', `tick size ${tickSize}, the broker says ${contract.tickSize}`)
  if (tickValue !== contract.tickValue)
    return fail(
      'CONTRACT_FACTS_DIFFER',
      `tick value ${tickValue}, the broker says ${contract.tickValue} micro-dollars`,
    )
  const declared = findInstrument(root)
  const isDeclared =
    Number.isSafeInteger(slippage) &&
    Number.isSafeInteger(roundTripCost) &&
    slippage >= (declared?.slippage ?? 0) &&
    roundTripCost >= (declared?.roundTripCost ?? 0)
  return isDeclared
    ? undefined
    : fail('CONTRACT_FACTS_DIFFER', 'slippage or cost are below the declared ones')
}

function riskFault(order: BracketOrder, evidence: Evidence): Finding | undefined {
  const { instrument, size } = order
  const cap = capOf(evidence)
  const stopTicks = Math.abs(order.entry - order.stop)
  const ofOne = orderRisk({ ...order, size: 1 as BracketOrder['size'] })
  const fits = Math.floor(cap / ofOne)
  const numbers = { stopTicks, riskOfOne: ofOne, cap, size, fits }
  const widest = stopTicksMax(instrument, cap, Math.max(1, Number.isSafeInteger(size) ? size : 1))
  const fix = widest > 0 ? `a stop of at most ${widest} ticks` : undefined
  if (fits < 1) return fail('SIZE_BELOW_ONE', `floor(${dollars(cap)} / ${dollars(ofOne)}) = 0`, numbers, fix)
  if (!Number.isSafeInteger(size) || size < 1) return fail('SIZE_BELOW_ONE', `size ${String(size)}`, numbers)
  const risk = orderRisk(order)
  if (risk <= cap) return undefined
  return fail(
    'STOP_LOSS_CAP',
    `${dollars(risk)} at the stop, the cap is ${dollars(cap)}`,
    { ...numbers, risk },
    fix,
  )
}

function capFault(order: BracketOrder, evidence: Evidence): Finding | undefined {
  const { limits } = evidence
  const sizeMax = sizeMaxOf(order.instrument, limits)
  if (order.size > sizeMax)
    return fail('CONTRACT_CAP', `size ${order.size}, at most ${sizeMax}`, { size: order.size, sizeMax })
  const net = exposureOf(order.contractId, order.tag, evidence) + order.size
  if (net > limits.netMax)
    return fail('NET_CAP', `${net} contracts of this month, at most ${limits.netMax}`, {
      net,
      netMax: limits.netMax,
    })
  const gross = contractsIn(order, evidence).reduce<number>(
    (sum, id) => sum + exposureOf(id, order.tag, evidence),
    order.size,
  )
  if (gross > limits.grossMax)
    return fail('GROSS_CAP', `${gross} contracts in all, at most ${limits.grossMax}`, {
      gross,
      grossMax: limits.grossMax,
    })
  return undefined
}

/** The most that could be held of a contract: the larger of the two books, with everything that is reserved. */
export function exposureOf(contractId: string, exceptTag: string, { positions, entries }: Evidence): number {
  const held = positions
    .filter((each) => each.contractId === contractId)
    .reduce((sum, each) => sum + Math.max(Math.abs(each.brokerNet), Math.abs(each.ledgerNet)), 0)
  return entries
    .filter((each) => each.contractId === contractId && each.tag !== exceptTag)
    .reduce((sum, each) => sum + each.size, held)
}

function contractsIn({ tag }: BracketOrder, { positions, entries }: Evidence): readonly string[] {
  const others = entries.filter((each) => each.tag !== tag)
  return [...new Set([...positions.map((each) => each.contractId), ...others.map((each) => each.contractId)])]
}

function entryFault(
  order: BracketOrder,
  { positions, entries, monotonic, limits }: Evidence,
): Finding | undefined {
  const direction = sign(order.side)
  const opposed = positions.find(
    (each) =>
      each.contractId === order.contractId &&
      (each.brokerNet * direction < 0 || each.ledgerNet * direction < 0),
  )
  if (opposed !== undefined)
    return fail(
      'OPPOSES_POSITION',
      `${order.side} against a position of ${opposed.brokerNet || opposed.ledgerNet}`,
    )

  const live = entries.filter(
    (each) => each.contractId === order.contractId && each.tag !== order.tag && !each.isFinished,
  )
  const other = live.find((each) => each.side !== order.side)
  if (other !== undefined) return fail('SELF_TRADE', `entry ${other.tag} is working on the other side`)
  for (const each of live) {
    const age = ageMs(each.mintedAt, monotonic)
    // An entry from the future is one whose age is not known: it counts as new.
    if (!(age >= limits.duplicateWindowMs))
      return fail('DUPLICATE_ENTRY', `the same side as ${each.tag}, ${seconds(age)} ago`)
  }
  const [first] = live
  return first && fail('ENTRY_ALREADY_LIVE', `entry ${first.tag} is not finished`)
}

function collarFault(order: BracketOrder, { data, monotonic }: Evidence): Finding | undefined {
  const age = ageMs(data.lastTradeAt, monotonic)
  if (data.lastTrade === undefined || data.lastTrade === null || Number.isNaN(age))
    return fail('NO_REFERENCE_PRICE', 'no last trade')
  if (age > REFERENCE_AGE_MS_MAX)
    return fail(
      'NO_REFERENCE_PRICE',
      `last trade ${seconds(age)} old, at most ${seconds(REFERENCE_AGE_MS_MAX)}`,
      {
        referenceAgeMs: age,
      },
    )
  const declared = collarTicksOf(order.instrument)
  if (declared === undefined)
    return fail('NO_REFERENCE_PRICE', `no collar declared for ${order.instrument.underlying}`)
  const collar = Math.min(declared, 2 * (data.dailyRangeTicks ?? Number.POSITIVE_INFINITY))
  for (const [name, price] of [['entry', order.entry] as const, ['stop', order.stop] as const]) {
    const distance = Math.abs(price - data.lastTrade)
    if (distance > collar)
      return fail('PRICE_COLLAR', `${name} ${distance} ticks from the last trade, at most ${collar}`, {
        distance,
        collar,
      })
  }
  return undefined
}
