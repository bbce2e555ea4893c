import { priceOf } from '../../domain/index.ts'
import { BAR_UNIT, readHistory } from '../history.ts'
import { parseInstant, wireBarTime } from '../wire.ts'
import { problemOf } from './binding.ts'
import { type Endpoint, envelope, succeeded } from './endpoint.ts'

const ERROR = { contractNotFound: 1, unitInvalid: 2, unitNumberInvalid: 3, limitInvalid: 4 } as const
const BARS_MAX = 20_000

/** Bars (projectx-gateway 2.3): newest first, the newest `limit` of the window. */
export const HISTORY_ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/api/History/retrieveBars',
    fields: {
      contractId: 'string',
      live: 'boolean?',
      startTime: 'string',
      endTime: 'string',
      unit: 'int',
      unitNumber: 'int',
      limit: 'int',
      includePartialBar: 'boolean?',
    },
    run({ listing, tape, now }, body) {
      const none = { bars: null }
      const contract = listing.find(body.string('contractId'))
      if (contract === undefined) return { ...none, ...envelope(ERROR.contractNotFound, null) }
      const [unit, unitNumber, limit] = [body.int('unit'), body.int('unitNumber'), body.int('limit')]
      if (unit < BAR_UNIT.second || unit > BAR_UNIT.tick)
        return { ...none, ...envelope(ERROR.unitInvalid, null) }
      if (unitNumber < 1) return { ...none, ...envelope(ERROR.unitNumberInvalid, null) }
      if (limit < 1 || limit > BARS_MAX) return { ...none, ...envelope(ERROR.limitInvalid, null) }
      const from = parseInstant(body.string('startTime'))
      const to = parseInstant(body.string('endTime'))
      if (from === undefined || to === undefined)
        return problemOf({
          [from === undefined ? '$.startTime' : '$.endTime']: [
            'The JSON value could not be converted to System.DateTime.',
          ],
        })
      const includePartialBar = body.boolean('includePartialBar')
      const bars = body.boolean('live')
        ? []
        : readHistory(tape, { contract, from, to, unit, unitNumber, limit, includePartialBar }, now)
      const { instrument } = contract
      return {
        bars: bars.map((each) => ({
          t: wireBarTime(each.t),
          o: priceOf(each.o, instrument),
          h: priceOf(each.h, instrument),
          l: priceOf(each.l, instrument),
          c: priceOf(each.c, instrument),
          v: each.v,
        })),
        ...succeeded(),
      }
    },
  },
]
