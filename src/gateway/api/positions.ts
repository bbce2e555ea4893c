import { type CloseOutcome, closePosition } from '../matching/amend.ts'
import { positionRecord, tradeRecord } from '../matching/records.ts'
import { type JsonObject, parseInstant } from '../wire.ts'
import { type Endpoint, envelope, hasAccount, succeeded } from './endpoint.ts'
import { notAnInstant } from './orders.ts'

const ACCOUNT_NOT_FOUND = 1

/** The codes after 4 differ between the two closes (projectx-gateway 2.8). */
const CLOSE_CODES: Readonly<Record<CloseOutcome, number>> = {
  closed: 0,
  accountNotFound: 1,
  positionNotFound: 2,
  contractNotFound: 3,
  invalidSize: 5,
  outsideTradingHours: 5,
}
const PARTIAL_CLOSE_CODES: Readonly<Record<CloseOutcome, number>> = { ...CLOSE_CODES, outsideTradingHours: 6 }

/** Positions and trades (projectx-gateway 2.8, 2.9). */
export const POSITION_ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/api/Position/searchOpen',
    fields: { accountId: 'int' },
    run(scene, body) {
      const accountId = body.int('accountId')
      if (!hasAccount(scene, accountId)) return { positions: null, ...envelope(ACCOUNT_NOT_FOUND, null) }
      const held = scene.desk.ledger.positions.filter((each) => each.accountId === accountId)
      return { positions: held.map((each) => positionRecord(scene.desk, each)), ...succeeded() }
    },
  },
  {
    path: '/api/Position/closeContract',
    fields: { accountId: 'int', contractId: 'string' },
    run({ desk, now, isOpen }, body) {
      const request = { accountId: body.int('accountId'), contractId: body.string('contractId') }
      return closed(closePosition(desk, request, { at: now, isOpen }), CLOSE_CODES)
    },
  },
  {
    path: '/api/Position/partialCloseContract',
    fields: { accountId: 'int', contractId: 'string', size: 'int' },
    run({ desk, now, isOpen }, body) {
      const request = {
        accountId: body.int('accountId'),
        contractId: body.string('contractId'),
        size: body.int('size'),
      }
      return closed(closePosition(desk, request, { at: now, isOpen }), PARTIAL_CLOSE_CODES)
    },
  },
  {
    path: '/api/Trade/search',
    // The documentation requires `startTimestamp`, the schema does not.
    fields: { accountId: 'int', startTimestamp: 'string?', endTimestamp: 'string?' },
    run(scene, body) {
      const accountId = body.int('accountId')
      if (!hasAccount(scene, accountId)) return { trades: null, ...envelope(ACCOUNT_NOT_FOUND, null) }
      const [startText, endText] = [body.stringOrNull('startTimestamp'), body.stringOrNull('endTimestamp')]
      const from = startText === null ? 0 : parseInstant(startText)
      if (from === undefined) return notAnInstant('startTimestamp')
      const to = endText === null ? Number.POSITIVE_INFINITY : parseInstant(endText)
      if (to === undefined) return notAnInstant('endTimestamp')
      const found = scene.desk.ledger.trades.filter(
        (each) => each.accountId === accountId && each.at >= from && each.at <= to,
      )
      return { trades: found.toReversed().map((each) => tradeRecord(scene.desk, each)), ...succeeded() }
    },
  },
]

function closed(outcome: CloseOutcome, codes: Readonly<Record<CloseOutcome, number>>): JsonObject {
  const code = codes[outcome]
  const isWholeOutsideHours = outcome === 'outsideTradingHours' && code === CLOSE_CODES.outsideTradingHours
  return envelope(code, isWholeOutsideHours ? 'Outside of trading hours.' : null)
}
