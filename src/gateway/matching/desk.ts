import { ORDER_STATUS, type UserEvent } from '../wire.ts'
import type { ListedContract } from '../contracts.ts'
import type { Ledger, Order, Position } from './ledger.ts'

/** The best prices of one contract now, in ticks, and how much of the newest print is still to be had. */
export interface Book {
  readonly bid: number
  readonly ask: number
  readonly last: number
  /** Contracts of the newest print: stands for what is offered at the touch. */
  readonly volume: number
  /** What of it our own orders have not taken. Never more is filled between two prints. */
  available: number
}

export interface MatchingSettings {
  /**
   * What happens to the exits when a position is reduced but not closed by another order. Seen live were both
   * `keep` (they stay as they were, too large) and `cancelAll` (the rest is naked).
   */
  readonly exitsOnPartialClose: 'keep' | 'cancelAll'
  /** Whether the firm closes everything at its flat time, 15:10 in Chicago, and takes no new risk until the open. */
  readonly isFlatByAfternoon: boolean
}

export const DEFAULT_SETTINGS: MatchingSettings = {
  exitsOnPartialClose: 'keep',
  isFlatByAfternoon: true,
}

/** Everything that a rule of matching may look at or change. Time comes with each call. */
export interface Desk {
  readonly ledger: Ledger
  readonly settings: MatchingSettings
  /** Orders that prints can fill, by contract, in the order of their ids. */
  readonly working: Map<string, Order[]>
  readonly byId: Map<number, Order>
  readonly tags: Map<number, Set<string>>
  contract(id: string): ListedContract | undefined
  book(contractId: string): Book | undefined
  emit(event: UserEvent): void
}

export function openDesk(
  ledger: Ledger,
  settings: MatchingSettings,
  outside: Pick<Desk, 'contract' | 'book' | 'emit'>,
): Desk {
  const desk: Desk = {
    ledger,
    settings,
    working: new Map(),
    byId: new Map(ledger.orders.map((each) => [each.id, each])),
    tags: new Map(ledger.accounts.map((each) => [each.id, new Set<string>()])),
    ...outside,
  }
  for (const order of ledger.orders) {
    if (order.tag !== null) desk.tags.get(order.accountId)?.add(order.tag)
    if (order.status === ORDER_STATUS.open) startWorking(desk, order)
  }
  return desk
}

/** Puts an order on record: whoever is asked for it later finds it. */
export function record(desk: Desk, order: Order): void {
  desk.ledger.orders.push(order)
  desk.byId.set(order.id, order)
  if (order.tag !== null) desk.tags.get(order.accountId)?.add(order.tag)
  desk.ledger.version++
}

export function startWorking(desk: Desk, order: Order): void {
  const list = desk.working.get(order.contractId) ?? []
  if (list.includes(order)) return
  list.push(order)
  list.sort((a, b) => a.id - b.id)
  desk.working.set(order.contractId, list)
}

export function stopWorking(desk: Desk, order: Order): void {
  const list = desk.working.get(order.contractId)
  if (list === undefined) return
  const at = list.indexOf(order)
  if (at >= 0) list.splice(at, 1)
  if (list.length === 0) desk.working.delete(order.contractId)
}

export function positionOf(desk: Desk, accountId: number, contractId: string): Position | undefined {
  return desk.ledger.positions.find((each) => each.accountId === accountId && each.contractId === contractId)
}

export function remaining(order: Order): number {
  return order.size - order.filled
}
