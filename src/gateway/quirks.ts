import { invocation } from './hub-protocol.ts'
import type { JsonObject, JsonValue, UserEvent } from './wire.ts'

/** Shapes in which the live gateway was seen to send the same thing: a client has to bear them all. */
export interface Quirks {
  /** Order ids as digit strings. */
  readonly stringOrderIds: boolean
  /** User events as the documentation prints them, without `{action,data}`. */
  readonly bareUserEvents: boolean
  /** Each user event twice. */
  readonly duplicateUserEvents: boolean
  /** User events of one moment in reverse order. */
  readonly reversedUserEvents: boolean
  /** One trade a message, not in an array. */
  readonly singleTrades: boolean
  /** A null before the trades of an array. */
  readonly nullPadding: boolean
}

export const NO_QUIRKS: Quirks = {
  stringOrderIds: false,
  bareUserEvents: false,
  duplicateUserEvents: false,
  reversedUserEvents: false,
  singleTrades: false,
  nullPadding: false,
}

/** A record and who wants it. */
export interface Topical {
  readonly topic: string
  readonly record: string
}

/** Trades in one record: a frame stays within what clients take. */
const TRADES_IN_RECORD = 200

export function userRecords(events: readonly UserEvent[], quirks: Quirks): readonly Topical[] {
  const records = events.flatMap((event) => {
    const topic = event.target === 'GatewayUserAccount' ? 'accounts' : `${event.target} ${event.accountId}`
    const record = invocation(event.target, [shaped(event, quirks)])
    return quirks.duplicateUserEvents
      ? [
          { topic, record },
          { topic, record },
        ]
      : [{ topic, record }]
  })
  return quirks.reversedUserEvents ? records.toReversed() : records
}

export function tradeRecords(
  contractId: string,
  trades: readonly JsonObject[],
  quirks: Quirks,
): readonly Topical[] {
  const topic = `trades ${contractId}`
  const record = (payload: JsonValue): Topical => ({
    topic,
    record: invocation('GatewayTrade', [contractId, payload]),
  })
  if (quirks.singleTrades) return trades.map(record)
  const records: Topical[] = []
  for (let i = 0; i < trades.length; i += TRADES_IN_RECORD) {
    const part = trades.slice(i, i + TRADES_IN_RECORD)
    records.push(record(quirks.nullPadding ? [null, ...part] : part))
  }
  return records
}

function shaped({ target, action, data }: UserEvent, quirks: Quirks): JsonObject {
  const id = data['id']
  const isText = quirks.stringOrderIds && target === 'GatewayUserOrder' && typeof id === 'number'
  const payload = isText ? { ...data, id: String(id) } : data
  return quirks.bareUserEvents ? payload : { action, data: payload }
}
