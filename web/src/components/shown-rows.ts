import {
  type Condition,
  type DecisionRow,
  type FillRow,
  type OrderRow,
  type Shown,
  type ActorRow,
  type ScannerRow,
  derive,
} from '../../../src/wire/index.ts'
import { recorded } from '../state/provenance.ts'

/*
 * Rows of records carry their source once for the whole row. Here each becomes an envelope, so that no part of it
 * reaches the screen without one.
 */

export function decisionShown(row: DecisionRow): Shown<DecisionRow> {
  return recorded(row, row.source, row.at, row.mode !== 'BROKER-VERIFIED', row.seq)
}

export function fillShown(row: FillRow): Shown<FillRow> {
  return recorded(row, row.price.source, row.at, row.price.isSimulated, row.price.seq)
}

export function orderShown(row: OrderRow): Shown<OrderRow> {
  return { ...derive(row, row.status.source, [row.status]), seq: row.status.seq }
}

export function actorShown(row: ActorRow): Shown<ActorRow> {
  return derive(row, row.state.source, [row.state])
}

export function conditionShown(row: Condition): Shown<Condition> {
  return recorded(row, `conditions/${row.id}`, row.since, false)
}

/** The sentence of a scanner row and its count of conditions are as good as its word. */
export function scannerShown(row: ScannerRow): Shown<ScannerRow> {
  return { ...derive(row, row.word.source, [row.word]), seq: row.word.seq }
}
