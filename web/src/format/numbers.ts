import type { InstrumentInfo } from '../../../src/wire/index.ts'

/** How a price of one instrument is written. */
export type PriceGrid = Pick<InstrumentInfo, 'tickSize' | 'decimals'>

/** The true minus sign: as wide as a plus, so that columns of profit and loss stay aligned. */
export const MINUS = '\u2212'

const MICROS_PER_CENT = 10_000

/** A price given in ticks (whole, or a fraction for an average), with the decimals of its grid: `19,934.50`. */
export function formatPrice(at: number, grid: PriceGrid): string {
  return grouped(at * grid.tickSize, grid.decimals)
}

/** A distance given in ticks, in points, sign always: `+12.25 pt`. */
export function formatDistance(span: number, grid: PriceGrid): string {
  return `${signed(span * grid.tickSize, grid.decimals)} pt`
}

/** Profit and loss given in micro-dollars, sign always but on zero: `+49.00`, `−85.00`, `0.00`. */
export function formatProfit(micros: number): string {
  return signed(centsOf(micros) / 100, 2)
}

/** An amount given in micro-dollars that is no gain or loss: `48,000.00`. */
export function formatMoney(micros: number): string {
  return grouped(centsOf(micros) / 100, 2)
}

/** Result over accepted risk: `+0.42 R`. */
export function formatR(r: number): string {
  return `${signed(r, 2)} R`
}

/** A ratio as whole percent: 0.514 is `51 %`. */
export function formatPercent(ratio: number): string {
  return `${grouped(ratio * 100, 0)} %`
}

export function formatCount(count: number): string {
  return grouped(count, 0)
}

export function formatBytes(bytes: number): string {
  return `${grouped(bytes / 1_048_576, 0)} MB`
}

/** Sign always but on what rounds to zero. */
export function signed(value: number, decimals: number): string {
  const text = grouped(value, decimals)
  return value > 0 && !isZero(text) ? `+${text}` : text
}

/** Thousands by comma whatever the reader's language: trading convention, not locale. */
export function grouped(value: number, decimals: number): string {
  const fixed = Math.abs(value).toFixed(decimals)
  const [whole = '0', fraction] = fixed.split('.')
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`)
  // What rounds to zero is zero: a minus before 0.00 would be a loss that is not there.
  return value < 0 && !isZero(text) ? MINUS + text : text
}

/** Half a cent rounds away from zero, on the loss side too. */
function centsOf(micros: number): number {
  return Math.sign(micros) * Math.round(Math.abs(micros) / MICROS_PER_CENT)
}

function isZero(text: string): boolean {
  return !/[1-9]/.test(text)
}
