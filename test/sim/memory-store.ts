/**
 * The two stores of the simulation, in memory. They keep the rules of the database that the executor leans on:
 * decisions are numbered, an intent stands on a decision that passed, a life moves only from the state that the
 * writer believes in, a fill is taken once, an old epoch writes nothing.
 */
import type { EpochMs, Route, Signal } from '../../src/domain/index.ts'
import { isLegal, isTerminal } from '../../src/execution/index.ts'
import { type Fault, type Result, failed, ok } from '../../src/lib/index.ts'
import {
  accountRows,
  decisionRow,
  fillRow,
  intentRow,
  orderRow,
  positionRow,
} from '../../src/store/executor-rows.ts'
import type {
  AccountRow,
  ExecutorStore,
  FillRow,
  IntentRow,
  JournalStore,
  LifeFacts,
  ModeChangeRow,
  NewDecision,
  NewIntent,
  OrderLife,
  OrderRow,
  PositionRow,
  ProtectionRow,
  ReductionRow,
  SettingRow,
  StopLevelRow,
} from '../../src/store/index.ts'

type DecisionWritten = ReturnType<typeof decisionRow>

export interface KeptDecision {
  readonly id: number
  readonly at: number
  readonly passed: boolean
  readonly row: DecisionWritten
}

/** Everything that was written, for whoever looks on. */
export interface Tables {
  readonly decisions: KeptDecision[]
  readonly intents: Map<string, IntentRow>
  readonly reductions: Map<string, ReductionRow>
  readonly orders: Map<string, OrderRow>
  readonly fills: Map<string, FillRow>
  readonly positions: Map<string, PositionRow>
  readonly protection: Map<string, ProtectionRow>
  readonly accounts: Map<string, AccountRow>
  readonly settings: SettingRow[]
  readonly stopLevels: StopLevelRow[]
  readonly signals: Map<string, Signal>
  readonly modes: ModeChangeRow[]
  epoch: number
}

export interface StoreSurroundings {
  readonly now: () => EpochMs
  /** What one way to the database takes. */
  readonly delay: () => Promise<void>
  readonly onDecision: (decision: KeptDecision) => void
  readonly onMove: (text: string) => void
}

export function emptyTables(settings: readonly SettingRow[]): Tables {
  return {
    decisions: [],
    intents: new Map(),
    reductions: new Map(),
    orders: new Map(),
    fills: new Map(),
    positions: new Map(),
    protection: new Map(),
    accounts: new Map(),
    settings: [...settings],
    stopLevels: [],
    signals: new Map(),
    modes: [],
    epoch: 0,
  }
}

export function memoryExecutorStore(tables: Tables, route: Route, around: StoreSurroundings): ExecutorStore {
  const { now, delay, onDecision, onMove } = around
  const statement = async <T>(run: () => Result<T, Fault>): Promise<Result<T, Fault>> => {
    await delay()
    const answer = run()
    // It is committed before the answer is back: a crash may come between.
    await delay()
    return answer
  }
  const read = <T>(run: () => T): Promise<Result<T, Fault>> => statement(() => ok(run()))

  function recordDecision(
    decision: NewDecision,
    intent: NewIntent | undefined,
  ): Result<{ id: number; name: string }, Fault> {
    if (decision.epoch !== tables.epoch) return refused(oldEpoch('decisions', decision.epoch, tables.epoch))
    const row = decisionRow(route, decision)
    const passed = row.p1 && row.p2 && row.p3 && row.p4 && row.p5
    const id = tables.decisions.length + 1
    const kept: KeptDecision = { id, at: now(), passed, row }
    if (intent !== undefined) {
      if (!passed) return refused(`an intent stands on a decision that passed, G-${id} did not`)
      const { tag } = row
      if (tag === null || row.orderHash === null || row.risk === null || row.contractId === null)
        return refused(`the intent of G-${id} has no tag, hash, risk or contract`)
      if (tables.intents.has(tag)) return refused(`intent ${tag} is there already`)
      const born = { life: 'intent', brokerOrderId: null, filled: 0, reason: null } as const
      tables.intents.set(tag, { ...intentRow(row, id, intent), ...born } as IntentRow)
    }
    tables.decisions.push(kept)
    onDecision(kept)
    return ok({ id, name: `G-${id}` })
  }

  function move<Row extends IntentRow | ReductionRow>(
    table: Map<string, Row>,
    tag: string,
    from: OrderLife,
    to: OrderLife,
    { at, brokerOrderId, filled, reason }: LifeFacts,
  ): Result<{ moved: boolean }, Fault> {
    const row = table.get(tag)
    if (row === undefined) return refused(`order ${tag} is not known: no move to ${to}`)
    if (row.life !== from)
      return row.life === to
        ? ok({ moved: false })
        : refused(`order ${tag} is ${row.life}, not ${from}: no move to ${to}`)
    if (!isLegal(from, to) && !(from === 'partial' && to === 'partial'))
      return refused(`order ${tag} may not go from ${from} to ${to}`)
    if (row.brokerOrderId !== null && brokerOrderId !== undefined && brokerOrderId !== row.brokerOrderId)
      return refused(
        `order ${tag} is the broker's order ${row.brokerOrderId} and cannot become ${brokerOrderId}`,
      )
    if (filled !== undefined && filled < row.filled)
      return refused(`order ${tag} has ${row.filled} filled and cannot have ${filled}`)
    table.set(tag, {
      ...row,
      life: to,
      movedAt: at,
      brokerOrderId: brokerOrderId ?? row.brokerOrderId,
      filled: filled ?? row.filled,
      reason: reason ?? row.reason,
    })
    onMove(`${tag} ${from} -> ${to}${reason === undefined ? '' : `: ${reason}`}`)
    return ok({ moved: true })
  }

  return {
    claimExecutor: () => read(() => ({ lost: new Promise<never>(() => undefined), release: delay })),
    nextExecutorEpoch: () => read(() => ++tables.epoch),

    recordDecision: (decision, intent) => statement(() => recordDecision(decision, intent)),
    moveIntent: (tag, from, to, facts) => statement(() => move(tables.intents, tag, from, to, facts)),
    intentByTag: (tag) => read(() => tables.intents.get(tag)),
    openIntents: () => read(() => [...tables.intents.values()].filter(({ life }) => !isTerminal(life))),
    intentsSince: (_account, since) =>
      read(() => [...tables.intents.values()].filter((each) => each.intendedAt >= since)),

    recordReduction: ({ at, ...reduction }) =>
      statement(() => {
        if (reduction.epoch !== tables.epoch)
          return refused(oldEpoch('reductions', reduction.epoch, tables.epoch))
        if (tables.reductions.has(reduction.tag))
          return refused(`reduction ${reduction.tag} is there already`)
        const born = { life: 'intent', brokerOrderId: null, filled: 0, reason: null } as const
        tables.reductions.set(reduction.tag, { ...reduction, ...born, route, intendedAt: at, movedAt: at })
        onMove(`${reduction.tag} ${reduction.kind} ${reduction.instrument}: ${reduction.because}`)
        return ok(undefined)
      }),
    moveReduction: (tag, from, to, facts) => statement(() => move(tables.reductions, tag, from, to, facts)),
    openReductions: () => read(() => [...tables.reductions.values()].filter(({ life }) => !isTerminal(life))),

    upsertOrder: (order, seen) =>
      read(() => {
        const known = tables.orders.get(order.id)
        const isOver = known !== undefined && ENDED.includes(known.status)
        if (
          known !== undefined &&
          (order.updatedAt < known.updatedAt ||
            order.filled < known.filled ||
            (isOver && known.status !== order.status))
        )
          return false
        tables.orders.set(order.id, orderRow(route, order, seen))
        return true
      }),
    orders: () => read(() => [...tables.orders.values()]),
    recordFill: (trade, seen) =>
      read(() => {
        const known = tables.fills.get(trade.id)
        if (known === undefined) tables.fills.set(trade.id, fillRow(route, trade, seen))
        else if (trade.isVoided) tables.fills.set(trade.id, { ...known, isVoided: true })
        return known === undefined
      }),
    fillsOfDay: (_account, day) =>
      read(() => [...tables.fills.values()].filter((each) => each.tradingDay === day && !each.isVoided)),
    savePosition: (position, seen) =>
      read(() =>
        keepNewest(tables.positions, position.contractId, positionRow(route, position, seen), seen.asOf),
      ),
    positions: () => read(() => [...tables.positions.values()]),
    saveProtection: (row) =>
      read(() => keepNewest(tables.protection, row.contractId, { ...row, route }, row.asOf)),
    protection: () => read(() => [...tables.protection.values()]),

    saveProof: ({ accountId, executorEpoch }) => read(() => ({ id: `${accountId}/${executorEpoch}` })),
    saveSession: () => read(() => undefined),
    saveAccounts: (accounts, seen) =>
      read(() => {
        for (const row of accountRows(route, accounts, seen))
          tables.accounts.set(row.id, { ...row, isActive: true, createdAt: now() })
      }),
    accounts: () => read(() => [...tables.accounts.values()]),
    stopLevel: () => read(() => tables.stopLevels.at(-1)),
    raiseStopLevel: (level) =>
      statement(() => {
        const current = tables.stopLevels.at(-1)?.level ?? 0
        if (level.level < current)
          return refused(`the executor raises the stop level: ${current} to ${level.level}`)
        tables.stopLevels.push({ ...level, id: tables.stopLevels.length + 1 })
        return ok(undefined)
      }),
    settings: () => read(() => tables.settings),
    close: delay,
  }
}

export function memoryJournalStore(
  tables: Tables,
  { delay }: Pick<StoreSurroundings, 'delay'>,
): JournalStore {
  const newest = new Map<string, EpochMs>()
  const done = async <T>(run: () => T): Promise<Result<T, Fault>> => {
    await delay()
    return ok(run())
  }
  return {
    saveInstruments: () => done(() => undefined),
    saveBars: (batches) =>
      done(() => {
        for (const { instrument, timeframe, bars } of batches)
          for (const { t } of bars) {
            const key = `${instrument} ${timeframe}`
            if (t > (newest.get(key) ?? -Infinity)) newest.set(key, t)
          }
        return batches.reduce((sum, each) => sum + each.bars.length, 0)
      }),
    saveSignals: (signals) =>
      done(() => {
        for (const each of signals) if (!tables.signals.has(each.id)) tables.signals.set(each.id, each)
      }),
    saveScanner: () => done(() => undefined),
    saveHealth: () => done(() => undefined),
    addModeChange: async (change) => {
      await delay()
      // No simulation ever holds a broker's proof.
      if (change.toLabel === 'BROKER-VERIFIED')
        return refused('the label BROKER-VERIFIED needs a broker proof')
      tables.modes.push({ ...change, id: tables.modes.length + 1 })
      return ok(undefined)
    },
    lastModeChange: () => done(() => tables.modes.at(-1)),
    newestBar: (instrument, timeframe) => done(() => newest.get(`${instrument} ${timeframe}`)),
    close: delay,
  }
}

const ENDED: readonly string[] = ['filled', 'cancelled', 'expired', 'rejected']

function keepNewest<Row extends { readonly asOf: EpochMs | null }>(
  table: Map<string, Row>,
  key: string,
  row: Row,
  asOf: EpochMs | null,
): boolean {
  const known = table.get(key)
  if (known !== undefined && (known.asOf ?? 0) > (asOf ?? 0)) return false
  table.set(key, row)
  return true
}

function oldEpoch(table: string, epoch: number, current: number): string {
  return `executor epoch ${epoch} writes to ${table}, but the current epoch is ${current}`
}

function refused(detail: string): Result<never, Fault> {
  return failed({ code: 'REFUSED', retry: 'never', detail })
}
