/**
 * What the dashboard shows, from rows of the database and the feed's newest prices. Pure: the server reads the rows,
 * this says what they mean on a screen.
 */
import type { Topics } from '../wire/index.ts'
import { agedQuotes, agedRows } from './ages.ts'
import { conditionsOf } from './conditions.ts'
import { headerView } from './header.ts'
import { actorRows, decisionRows, fillRows, orderRows } from './lists.ts'

export { decisionRow } from './lists.ts'
import { positionCards } from './positions.ts'
import type { DashboardRows, Moment } from './rows.ts'
import { scannerRows } from './scanner.ts'
import { truthTopic } from './truth.ts'

export { SETTING, type DashboardRows, type LiveQuote, type Moment } from './rows.ts'

export function topicsOf(found: DashboardRows, at: Moment): Topics {
  const moment = agedQuotes(found, at)
  const rows = agedRows(found, moment)
  return {
    header: headerView(rows, moment),
    scanner: scannerRows(rows, moment),
    positions: positionCards(rows, moment),
    orders: orderRows(rows),
    fills: fillRows(rows),
    decisions: decisionRows(rows),
    truth: truthTopic(rows, moment),
    actors: actorRows(rows),
    conditions: conditionsOf(rows, moment),
  }
}
