import type { BracketOrder } from '../domain/index.ts'
import { riskMicros } from '../domain/risk/index.ts'
import type { Evidence } from './evidence.ts'

/**
 * Micro-dollars that the order loses at its stop, costs and slippage included. Not a number when its prices are none:
 * no comparison with a limit then holds.
 */
export function orderRisk(order: BracketOrder): number {
  return riskMicros(order.instrument, Math.abs(order.entry - order.stop), order.size)
}

/**
 * The risk that phases 2 and 3 count. An order whose risk cannot be counted, or that fits no contract, is counted
 * at the cap, the most that any trade may plan for: phase 5 then says what is wrong with it.
 */
export function riskToJudge(order: BracketOrder, { limits }: Evidence): number {
  const risk = orderRisk(order)
  return Number.isSafeInteger(risk) && risk > 0 ? risk : limits.stopLossCap
}

/** What every other entry reserves: the order's own reservation is left out, by its tag. */
export function reservedRisk(order: BracketOrder, { entries }: Evidence): number {
  return entries.reduce((sum, each) => (each.tag === order.tag ? sum : sum + each.risk), 0)
}
