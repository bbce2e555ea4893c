import type { Instrument } from '../instrument.ts'
import { addDays, newYorkDate, weekday } from './new-york.ts'

/** One dated month of an instrument. */
export interface ContractMonth {
  /** 1 to 12. */
  readonly month: number
  readonly year: number
}

const LETTERS = 'FGHJKMNQUVXZ'

/** Calendar days before a contract's expiry month reference at which volume moves on, by usual practice. */
const INDEX_ROLL_DAYS = 8

/** `CON.F.US.MNQ.Z26`: the gateway's contract id. */
export function contractId(of: Instrument, { month, year }: ContractMonth): string {
  return `CON.${of.symbolId}.${letter(month)}${String(year % 100).padStart(2, '0')}`
}

/** `MNQZ6`: exchange code, month letter, one-digit year. */
export function contractName(of: Instrument, { month, year }: ContractMonth): string {
  return `${of.root}${letter(month)}${year % 10}`
}

/**
 * The month that carries the volume at an instant, by the usual practice of each product (projectx-gateway 7.3):
 * index and currency roll about a week before the third Friday or Wednesday, crude a few days before its last
 * trade, gold in the last days of the month before delivery. The broker's own `activeContract` always wins.
 */
export function frontMonth(of: Instrument, t: number): ContractMonth {
  const today = newYorkDate(t)
  let year = Number(today.slice(0, 4))
  let month = Number(today.slice(5, 7))
  for (let tries = 0; tries < 24; tries++) {
    if (of.months.includes(letter(month)) && today < rollDate(of, { month, year })) return { month, year }
    month = month === 12 ? 1 : month + 1
    if (month === 1) year++
  }
  return { month, year }
}

/** First ISO date on which the next month is the front one. */
export function rollDate(of: Instrument, { month, year }: ContractMonth): string {
  const first = `${year}-${String(month).padStart(2, '0')}-01`
  switch (of.underlying) {
    case 'CL':
      // Last trade three business days before the 25th of the month before delivery; volume leaves days earlier.
      return addDays(`${addDays(first, -1).slice(0, 7)}-25`, -8)
    case 'GC':
      return addDays(first, -3)
    case '6E':
      return addDays(nth(first, 3, 3), -INDEX_ROLL_DAYS + 1)
    default:
      return addDays(nth(first, 5, 3), -INDEX_ROLL_DAYS)
  }
}

function letter(month: number): string {
  return LETTERS.charAt(month - 1)
}

function nth(firstOfMonth: string, day: number, count: number): string {
  return addDays(firstOfMonth, ((day - weekday(firstOfMonth) + 7) % 7) + (count - 1) * 7)
}
