import { tradeDateOf } from '../domain/calendar/index.ts'
import type {
  BrokerAccount,
  BrokerOrder,
  BrokerPosition,
  BrokerTrade,
  EpochMs,
  Route,
  Side,
  Ticks,
  Usd,
} from '../domain/index.ts'
import { invariant } from '../lib/index.ts'
import { familyOf } from './account-name.ts'
import type { DecisionWritten } from './order-tables.ts'
import type * as Row from './rows.ts'

/** A verdict of the gate, for the ledger. Prices in whole ticks, risk in micro-dollars. */
export interface NewDecision extends Row.Provenance {
  readonly accountId: string
  readonly epoch: number
  readonly mode: Row.ModeLabel
  readonly signalId: string
  readonly instrument: string
  readonly contractId: string | null
  readonly side: Side
  /** 0 where no size fits. */
  readonly size: number
  readonly entry: Ticks
  readonly stop: Ticks
  readonly target: Ticks
  readonly score: number | null
  readonly tag: string | null
  readonly orderHash: string | null
  readonly risk: Usd | null
  /** All five, in order. */
  readonly phases: readonly Row.PhaseRecord[]
  /** The one sentence of the ledger's list; without it that of the first failing phase. */
  readonly text?: string
  /** Everything the verdict was made from, so that it can be made again. */
  readonly inputs: unknown
  readonly facts: unknown
  readonly configHash: string
  readonly stateVersion: number
}

/** What the intent has beyond its decision, which says the rest. */
export interface NewIntent {
  readonly type: 'limit' | 'market'
  readonly at: EpochMs
}

export interface NewReduction {
  readonly tag: string
  readonly accountId: string
  readonly epoch: number
  readonly kind: Row.ReductionRow['kind']
  readonly contractId: string
  readonly instrument: string
  readonly side: Side | null
  readonly size: number
  readonly price: Ticks | null
  readonly netBefore: number
  readonly netAfterWorst: number
  readonly because: string
  readonly at: EpochMs
}

export interface SeenOrder extends Row.Provenance {
  readonly instrument: string
  readonly role: Row.OrderRole
}

export interface SeenFill extends Row.Provenance {
  readonly instrument: string
  readonly epoch: number
}

export interface SeenPosition extends Row.Provenance {
  readonly instrument: string
  readonly mark: Ticks | null
  readonly openProfit: Usd | null
  readonly best: number | null
  readonly worst: number | null
  readonly decisionId: number | null
}

export function decisionRow(route: Route, { phases, text, ...decision }: NewDecision): DecisionWritten {
  invariant(
    phases.map((each) => each.phase).join() === '1,2,3,4,5',
    `a decision has its five phases in order, had ${phases.map((each) => each.phase).join()}`,
  )
  const [p1 = false, p2 = false, p3 = false, p4 = false, p5 = false] = phases.map(
    (each) => each.outcome === 'PASS',
  )
  const failing = phases.find((each) => each.outcome !== 'PASS')
  return {
    ...decision,
    route,
    phases,
    p1,
    p2,
    p3,
    p4,
    p5,
    failedPhase: failing?.phase ?? null,
    code: failing === undefined ? null : (failing.code ?? failing.outcome),
    text: text ?? failing?.text ?? 'all five',
  }
}

/** The intent repeats its decision: a difference would be a broken key, which the database refuses. */
export function intentRow(
  decision: DecisionWritten,
  decisionId: number,
  { type, at }: NewIntent,
): Partial<Row.IntentRow> {
  const { tag, orderHash, contractId, risk, ...rest } = decision
  return {
    ...pick(rest, ['route', 'accountId', 'epoch', 'instrument', 'side', 'size', 'entry', 'stop', 'target']),
    ...(tag === null ? {} : { tag }),
    ...(orderHash === null ? {} : { orderHash }),
    ...(contractId === null ? {} : { contractId }),
    ...(risk === null ? {} : { risk }),
    decisionId,
    type,
    intendedAt: at,
    movedAt: at,
  }
}

export function orderRow(route: Route, order: BrokerOrder, seen: SeenOrder): Row.OrderRow {
  return {
    ...pick(order, [
      'accountId',
      'id',
      'contractId',
      'status',
      'type',
      'side',
      'size',
      'filled',
      'createdAt',
      'updatedAt',
    ]),
    ...seen,
    route,
    limitPrice: order.limit ?? null,
    stopPrice: order.stop ?? null,
    averageFill: order.averageFillFractional ?? null,
    tag: order.tag ?? null,
    parentId: order.parentId ?? null,
  }
}

export function positionRow(route: Route, position: BrokerPosition, seen: SeenPosition): Row.PositionRow {
  return {
    ...pick(position, ['accountId', 'contractId', 'direction', 'size', 'openedAt']),
    ...seen,
    route,
    brokerId: position.id,
    average: position.averageFractional,
  }
}

export function fillRow(route: Route, trade: BrokerTrade, seen: SeenFill): Row.FillRow {
  return {
    ...pick(trade, [
      'accountId',
      'id',
      'orderId',
      'contractId',
      'at',
      'price',
      'side',
      'size',
      'fees',
      'isVoided',
    ]),
    ...seen,
    route,
    tradingDay: tradeDateOf(trade.at),
    profitAndLoss: trade.profitAndLoss ?? null,
  }
}

export function accountRows(
  route: Route,
  accounts: readonly BrokerAccount[],
  seen: Row.Provenance,
): Omit<Row.AccountRow, 'isActive' | 'createdAt'>[] {
  return accounts.map((account) => {
    const family = familyOf(account.name)
    const parent = accounts.find((each) => each.name === family.parentName)
    return {
      ...pick(account, ['id', 'name', 'balance', 'canTrade', 'isVisible', 'isSimulated']),
      ...family,
      ...seen,
      parentId: parent?.id ?? null,
      route,
    }
  })
}

function pick<From extends object, Key extends keyof From>(
  from: From,
  keys: readonly Key[],
): Pick<From, Key> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<From, Key>
}
