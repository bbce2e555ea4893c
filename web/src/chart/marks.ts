import type { DecisionRow, FillRow } from '../../../src/wire/index.ts'
import type { Space } from './layer.ts'

/** Something that happened (filled) or that the gate denied (hollow, with the number of the phase). */
export interface Mark {
  readonly at: number
  /** In ticks. */
  readonly price: number
  readonly side: 'buy' | 'sell'
  readonly isHollow: boolean
  readonly text: string
}

export function marksOf(
  instrument: string,
  fills: readonly FillRow[],
  decisions: readonly DecisionRow[],
): readonly Mark[] {
  const happened = fills.flatMap((fill): Mark[] =>
    fill.instrument === instrument && fill.price.value !== null
      ? [{ at: fill.at, price: fill.price.value, side: fill.side, isHollow: false, text: String(fill.size) }]
      : [],
  )
  const denied = decisions.flatMap((decision): Mark[] =>
    decision.instrument === instrument && decision.verdict === 'DENIED'
      ? [
          {
            at: decision.at,
            price: decision.entry,
            side: decision.side === 'long' ? 'buy' : 'sell',
            isHollow: true,
            text: decision.firstFailed === null ? '' : String(decision.firstFailed),
          },
        ]
      : [],
  )
  return [...denied, ...happened]
}

const SIZE = 5
const FONT = '600 10px system-ui, sans-serif'

/** A triangle with its tip on the price: up for a buy from below, down for a sell from above. */
export function drawMarks(space: Space, marks: readonly Mark[]): void {
  const { context, palette } = space
  context.font = FONT
  context.textAlign = 'center'
  for (const mark of marks) {
    const x = space.x(mark.at)
    const y = space.y(mark.price)
    if (y === null || x < -SIZE || x > space.width + SIZE) continue
    const colour = mark.side === 'buy' ? palette.up : palette.down
    const away = mark.side === 'buy' ? 1 : -1
    context.beginPath()
    context.moveTo(x, y + away)
    context.lineTo(x - SIZE, y + away * (2 * SIZE))
    context.lineTo(x + SIZE, y + away * (2 * SIZE))
    context.closePath()
    context.lineWidth = 1.25
    context.strokeStyle = mark.isHollow ? colour : palette.background
    context.fillStyle = mark.isHollow ? palette.background : colour
    context.fill()
    context.stroke()
    context.fillStyle = colour
    context.textBaseline = away === 1 ? 'top' : 'bottom'
    context.fillText(mark.text, x, y + away * (2 * SIZE + 3))
  }
}
