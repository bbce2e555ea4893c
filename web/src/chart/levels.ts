import type { PositionCard } from '../../../src/wire/index.ts'
import { formatProfit, signed } from '../format/numbers.ts'
import { words } from '../text/words.ts'

/** A level of the open position; its style tells it apart without colour. */
export interface Level {
  readonly kind: 'entry' | 'stop' | 'target'
  /** In ticks. */
  readonly price: number
  readonly title: string
}

/** Entry, stop and target of what is open, with the money at each; an unknown price draws no line. */
export function levelsOf(cards: readonly PositionCard[]): readonly Level[] {
  return cards.flatMap((card) => {
    const size = card.size.value === null ? '' : ` ${card.size.value} ${card.side}`
    const levels: Level[] = []
    if (card.entry.value !== null) {
      levels.push({
        kind: 'entry',
        price: card.entry.value,
        title: `${words.chart.entry}${size}${card.decision === null ? '' : ` ${card.decision}`}`,
      })
    }
    if (card.stop.value !== null) {
      levels.push({
        kind: 'stop',
        price: card.stop.value,
        title: `${words.chart.stop}${money(card.stopMoney.value)}`,
      })
    }
    if (card.target.value !== null) {
      const r = ratio(card)
      levels.push({
        kind: 'target',
        price: card.target.value,
        title: `${words.chart.target}${money(card.targetMoney.value)}${r === null ? '' : ` ${signed(r, 1)}R`}`,
      })
    }
    return levels
  })
}

function money(micros: number | null): string {
  return micros === null ? '' : ` ${formatProfit(micros)}`
}

function ratio({ stopMoney, targetMoney }: PositionCard): number | null {
  if (stopMoney.value === null || targetMoney.value === null || stopMoney.value >= 0) return null
  return targetMoney.value / -stopMoney.value
}

/** Prices at the ends of what a chart shows. */
interface PriceRange {
  readonly minValue: number
  readonly maxValue: number
}

/**
 * The levels of the open position are on the chart: what is at risk is part of the picture. Those further away than
 * the candles are tall would flatten the candles, and stay outside.
 */
export function widenedBy(range: PriceRange, levels: readonly Level[], tickSize: number): PriceRange {
  const { minValue, maxValue } = range
  const height = maxValue - minValue
  const near = levels
    .map((each) => each.price * tickSize)
    .filter((price) => price > minValue - height && price < maxValue + height)
  return { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) }
}

/** Whether the same lines would be drawn again. */
export function sameLevels(a: readonly Level[], b: readonly Level[]): boolean {
  return (
    a.length === b.length &&
    a.every((each, i) => each.kind === b[i]?.kind && each.price === b[i]?.price && each.title === b[i]?.title)
  )
}
