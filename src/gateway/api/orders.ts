import { ORDER_STATUS, type JsonObject, parseInstant } from '../wire.ts'
import { cancelOrder, modifyOrder } from '../matching/amend.ts'
import type { Order } from '../matching/ledger.ts'
import { placeOrder } from '../matching/place.ts'
import { orderRecord } from '../matching/records.ts'
import { bind, problemOf } from './binding.ts'
import { type Endpoint, type Scene, envelope, hasAccount, succeeded } from './endpoint.ts'

const ACCOUNT_NOT_FOUND = 1
const ORDER_NOT_FOUND = 1
const PAGE_ROWS_MAX = 100

/** Orders (projectx-gateway 2.4 to 2.7). */
export const ORDER_ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/api/Order/place',
    fields: {
      accountId: 'int',
      contractId: 'string',
      type: 'int',
      side: 'int',
      size: 'int',
      limitPrice: 'number?',
      stopPrice: 'number?',
      trailPrice: 'number?',
      customTag: 'string?',
      stopLossBracket: 'bracket?',
      takeProfitBracket: 'bracket?',
    },
    run(scene, body) {
      const request = {
        accountId: body.int('accountId'),
        contractId: body.string('contractId'),
        type: body.int('type'),
        side: body.int('side'),
        size: body.int('size'),
        limitPrice: body.numberOrNull('limitPrice'),
        stopPrice: body.numberOrNull('stopPrice'),
        trailPrice: body.numberOrNull('trailPrice'),
        customTag: body.stringOrNull('customTag'),
        stopLossBracket: body.bracketOrNull('stopLossBracket'),
        takeProfitBracket: body.bracketOrNull('takeProfitBracket'),
      }
      const { isOpen, takesRisk, isFront, now } = scene
      const reply = placeOrder(scene.desk, request, { at: now, isOpen, takesRisk, isFront })
      return envelope(reply.errorCode, reply.errorMessage, { orderId: reply.orderId })
    },
  },
  {
    path: '/api/Order/modify',
    fields: {
      accountId: 'int',
      orderId: 'int',
      size: 'int?',
      limitPrice: 'number?',
      stopPrice: 'number?',
      trailPrice: 'number?',
    },
    run({ desk, now }, body) {
      const request = {
        accountId: body.int('accountId'),
        orderId: body.int('orderId'),
        size: body.intOrNull('size'),
        limitPrice: body.numberOrNull('limitPrice'),
        stopPrice: body.numberOrNull('stopPrice'),
        trailPrice: body.numberOrNull('trailPrice'),
      }
      const reply = modifyOrder(desk, request, now)
      return envelope(reply.errorCode, reply.errorMessage)
    },
  },
  {
    path: '/api/Order/cancel',
    fields: { accountId: 'int', orderId: 'int' },
    run({ desk, now }, body) {
      const reply = cancelOrder(desk, body.int('accountId'), body.int('orderId'), now)
      return envelope(reply.errorCode, reply.errorMessage)
    },
  },
  {
    path: '/api/Order/search',
    fields: { accountId: 'int', startTimestamp: 'string', endTimestamp: 'string?' },
    run(scene, body) {
      const accountId = body.int('accountId')
      if (!hasAccount(scene, accountId)) return { orders: null, ...envelope(ACCOUNT_NOT_FOUND, null) }
      const from = parseInstant(body.string('startTimestamp'))
      if (from === undefined) return notAnInstant('startTimestamp')
      const endText = body.stringOrNull('endTimestamp')
      const to = endText === null ? Number.POSITIVE_INFINITY : parseInstant(endText)
      if (to === undefined) return notAnInstant('endTimestamp')
      return listed(
        scene,
        visible(scene, accountId).filter((each) => each.createdAt >= from && each.createdAt <= to),
      )
    },
  },
  {
    path: '/api/Order/searchOpen',
    fields: { accountId: 'int' },
    run(scene, body) {
      const accountId = body.int('accountId')
      if (!hasAccount(scene, accountId)) return { orders: null, ...envelope(ACCOUNT_NOT_FOUND, null) }
      return listed(
        scene,
        visible(scene, accountId).filter((each) => each.status === ORDER_STATUS.open),
      )
    },
  },
  {
    path: '/api/Order/searchById',
    fields: { accountId: 'int', orderId: 'int' },
    run({ desk }, body) {
      const order = desk.byId.get(body.int('orderId'))
      return order === undefined || order.accountId !== body.int('accountId')
        ? { order: null, ...envelope(ORDER_NOT_FOUND, null) }
        : { order: orderRecord(desk, order), ...succeeded() }
    },
  },
  {
    path: '/api/Order/v2/query',
    fields: {
      filter: 'object',
      pageSize: 'int?',
      pageOffset: 'int?',
      sortBy: 'int?',
      sortDirection: 'int?',
      includeTotalCount: 'boolean?',
    },
    run(scene, body) {
      const filter = bind(body.object('filter'), {
        accountId: 'int',
        statuses: 'ints?',
        createdAfter: 'string?',
        createdBefore: 'string?',
      })
      if (!filter.ok) return filter.problem
      const accountId = filter.body.int('accountId')
      if (!hasAccount(scene, accountId)) return { orders: null, ...envelope(ACCOUNT_NOT_FOUND, null) }
      const statuses = filter.body.intsOrNull('statuses')
      const after = parseInstant(filter.body.stringOrNull('createdAfter') ?? '') ?? 0
      const before = parseInstant(filter.body.stringOrNull('createdBefore') ?? '') ?? Number.POSITIVE_INFINITY
      // A `contractId` in the filter has no effect, as measured live.
      const found = visible(scene, accountId).filter(
        (each) =>
          (statuses === null || statuses.length === 0 || statuses.includes(each.status)) &&
          each.createdAt >= after &&
          each.createdAt <= before,
      )
      const sorted = (body.intOrNull('sortDirection') ?? 0) === 1 ? found.toReversed() : found
      const offset = Math.max(0, body.intOrNull('pageOffset') ?? 0)
      const rows = Math.max(1, Math.min(PAGE_ROWS_MAX, body.intOrNull('pageSize') ?? PAGE_ROWS_MAX))
      const page = sorted.slice(offset, offset + rows).map((each) => orderRecord(scene.desk, each))
      const totalCount = body.boolean('includeTotalCount') ? found.length : null
      return { orders: page, totalCount, ...succeeded() }
    },
  },
]

/** Orders that REST shows: suspended legs were seen on the stream only. In the order of ids, which is of creation. */
function visible({ desk }: Scene, accountId: number): readonly Order[] {
  return desk.ledger.orders.filter(
    (each) => each.accountId === accountId && each.status !== ORDER_STATUS.suspended,
  )
}

function listed({ desk }: Scene, orders: readonly Order[]): JsonObject {
  return { orders: orders.map((each) => orderRecord(desk, each)), ...succeeded() }
}

export function notAnInstant(field: string): JsonObject {
  return problemOf({ [`$.${field}`]: ['The JSON value could not be converted to System.DateTime.'] })
}
