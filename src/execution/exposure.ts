import { sign } from '../domain/index.ts'
import { isTerminal } from './order-state.ts'
import { type TrackedOrder, filledOf } from './tracked-order.ts'

/** A contract's position as one snapshot has it. */
export interface PositionSnapshot {
  readonly contractId: string
  /** Signed contracts; 0 when the snapshot lists none. */
  readonly net: number
  /** The moment that it was true at the broker. */
  readonly asOf: number
}

/**
 * Contracts that an entry still reserves: all of them until it is finished, its trades are in our ledger and a
 * position snapshot from after those trades agrees with the ledger. "Filled" on the order's own record releases nothing.
 */
export function reservedSize(
  order: TrackedOrder,
  ledgerNet: number,
  snapshot: PositionSnapshot | undefined,
): number {
  if (order.role !== 'entry' || order.state === 'absent' || order.state === 'rejected') return 0
  if (!isTerminal(order.state)) return order.size
  const filled = filledOf(order)
  const owed = order.state === 'filled' ? order.size : order.reportedFilled
  if (owed === 0 && filled === 0) return 0
  if (filled < owed || snapshot === undefined) return order.size
  const newest = Math.max(...order.fills.map((each) => each.at))
  return snapshot.asOf >= newest && snapshot.net === ledgerNet ? 0 : order.size
}

/** The most contracts that could be held: the larger of the two books, with everything that is reserved. */
export function exposureOf(
  contractId: string,
  orders: readonly TrackedOrder[],
  ledgerNet: number,
  snapshot: PositionSnapshot | undefined,
): number {
  return orders
    .filter((each) => each.contractId === contractId)
    .reduce(
      (sum, each) => sum + reservedSize(each, ledgerNet, snapshot),
      Math.max(Math.abs(snapshot?.net ?? 0), Math.abs(ledgerNet)),
    )
}

/**
 * Whether a contract's books are at rest: every fill that an order's record reports is in our ledger, and a position
 * snapshot from after the newest fill agrees with it.
 */
export function isSettled(
  orders: readonly TrackedOrder[],
  ledgerNet: number,
  snapshot: PositionSnapshot | undefined,
): boolean {
  if (snapshot === undefined || snapshot.net !== ledgerNet) return false
  return orders
    .filter((each) => each.contractId === snapshot.contractId)
    .every(
      (each) =>
        filledOf(each) >= (each.state === 'filled' ? each.size : each.reportedFilled) &&
        each.fills.every((fill) => fill.at <= snapshot.asOf),
    )
}

/** Signed contracts of each contract by our own fills: each trade once, voided ones left out. */
export function netByContract(
  trades: Iterable<{ id: string; contractId: string; side: 'buy' | 'sell'; size: number; isVoided: boolean }>,
): ReadonlyMap<string, number> {
  const byId = new Map([...trades].map((each) => [each.id, each] as const))
  const nets = new Map<string, number>()
  for (const { contractId, side, size, isVoided } of byId.values())
    if (!isVoided) nets.set(contractId, (nets.get(contractId) ?? 0) + sign(side) * size)
  return nets
}
