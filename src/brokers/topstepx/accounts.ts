/** Reads of accounts, positions, orders and trades. A list that is missing is an unproven read, not "none". */
import { type EpochMs, ROSTER } from '../../domain/index.ts'
import { type Fault, type Result, failed, ok } from '../../lib/index.ts'
import type { Accounts, Read, StrangeRow, TokenSource } from '../port.ts'
import { instantOf } from './clock.ts'
import type { Priority } from './limiter.ts'
import { type InstrumentOf, toAccount, toOrder, toPosition, toTrade } from './records.ts'
import { type Fields, type GatewayLink, type ReadEndpoint, createRestReader, malformed } from './rest.ts'
import { instrumentLookup, wireId, wireTime } from './values.ts'

export function createAccounts(
  link: GatewayLink,
  tokens: TokenSource,
  instrumentOf: InstrumentOf = instrumentLookup(ROSTER),
): Accounts {
  const rest = createRestReader(link, tokens)

  async function readList<T>(
    endpoint: ReadEndpoint,
    body: Fields,
    field: string,
    priority: Priority,
    toRow: (raw: unknown, receivedAt: EpochMs) => Result<T, StrangeRow>,
  ): Promise<Result<Read<T>, Fault>> {
    const reply = await rest.read(endpoint, body, priority)
    if (!reply.ok) return reply
    const list = reply.value.fields[field]
    if (!Array.isArray(list)) return failed(malformed(endpoint, `${field} is a list, was ${String(list)}`))
    const receivedAt = instantOf(link.clock)
    const rows = list.map((each) => toRow(each, receivedAt))
    return ok({
      rows: rows.flatMap((each) => (each.ok ? [each.value] : [])),
      strange: rows.flatMap((each) => (each.ok ? [] : [each.error])),
      asOf: reply.value.askedAt,
    })
  }

  const order = (raw: unknown, receivedAt: EpochMs) => toOrder(raw, instrumentOf, receivedAt)

  return {
    accounts: () =>
      readList('/api/Account/search', { onlyActiveAccounts: false }, 'accounts', 'account', toAccount),

    positions: (accountId) =>
      readList(
        '/api/Position/searchOpen',
        { accountId: wireId(accountId) },
        'positions',
        'reconcile',
        (raw, at) => toPosition(raw, instrumentOf, at),
      ),

    openOrders: (accountId) =>
      readList('/api/Order/searchOpen', { accountId: wireId(accountId) }, 'orders', 'reconcile', order),

    ordersSince: (accountId, since, until) =>
      readList('/api/Order/search', windowOf(accountId, since, until), 'orders', 'reconcile', order),

    async orderById(accountId, orderId) {
      const body = { accountId: wireId(accountId), orderId: wireId(orderId) }
      const reply = await rest.read('/api/Order/searchById', body, 'reconcile')
      if (!reply.ok) return reply
      const raw = reply.value.fields['order']
      if (raw === null || raw === undefined)
        return failed(malformed('/api/Order/searchById', 'success comes with an order'))
      const row = order(raw, instantOf(link.clock))
      const asOf = reply.value.askedAt
      return ok(row.ok ? { rows: [row.value], strange: [], asOf } : { rows: [], strange: [row.error], asOf })
    },

    tradesSince: (accountId, since, until) =>
      readList('/api/Trade/search', windowOf(accountId, since, until), 'trades', 'reconcile', (raw) =>
        toTrade(raw, instrumentOf),
      ),
  }
}

function windowOf(accountId: string, since: EpochMs, until: EpochMs | undefined): Fields {
  const from = { accountId: wireId(accountId), startTimestamp: wireTime(since) }
  return until === undefined ? from : { ...from, endTimestamp: wireTime(until) }
}
