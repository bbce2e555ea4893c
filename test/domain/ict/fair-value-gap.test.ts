import { describe, expect, test } from 'vitest'
import type { IctParameters } from '../../../src/domain/ict/index.ts'
import { brief, eventsOf, tape } from './support.ts'

const GAP = `
  100 104  99 103
  103 118 102 117
  117 122 110 121
`
const LIFE = ['FVG_TOUCH', 'FVG_CE', 'FVG_FILL', 'FVG_INVERT', 'FVG_EXPIRE']

const gaps = (text: string, parameters: Partial<IctParameters> = {}): string[] =>
  brief(eventsOf(tape(text), parameters), 'FVG')
const life = (text: string, parameters: Partial<IctParameters> = {}): string[] =>
  brief(eventsOf(tape(GAP + text), parameters), ...LIFE)

describe('fair value gap', () => {
  test('a bullish gap runs from the first high to the third low and is known at the close of the third bar', () => {
    expect(gaps(GAP)).toEqual(['FVG up 104 110 @2'])
  })

  test('a bearish gap is its mirror', () => {
    expect(gaps('121 122 110 117\n117 118 102 103\n103 104 99 100')).toEqual(['FVG down 104 110 @2'])
  })

  test('bars that touch at one price leave no gap', () => {
    expect(gaps('100 104 99 103\n103 118 102 117\n117 122 104 121')).toEqual([])
  })

  test('the middle bar has to close in the direction of the gap, unless the geometry alone is asked for', () => {
    const doji = '100 104 99 103\n103 118 102 103\n117 122 110 121'

    expect(gaps(doji)).toEqual([])
    expect(gaps(doji, { fvgMiddleDir: false })).toEqual(['FVG up 104 110 @2'])
  })

  test('a gap that straddles a closure is an opening gap, not a fair value gap', () => {
    expect(gaps('100 104 99 103\n103 118 102 117\n| 117 122 110 121')).toEqual([])
    expect(gaps('100 104 99 103\n| 103 118 102 117\n117 122 110 121')).toEqual([])
    expect(gaps('| 100 104 99 103\n103 118 102 117\n117 122 110 121')).toHaveLength(1)
  })

  test('smaller gaps than asked for are not told', () => {
    expect(gaps(GAP, { fvgMinTicks: 7 })).toEqual([])
  })

  test('it is touched at its near edge, before its middle is reached', () => {
    expect(life('121 122 110 120')).toEqual(['FVG_TOUCH up 104 110 @3'])
  })

  test('one bar through the whole gap touches, halves and fills it in this order', () => {
    expect(life('121 122 104 112')).toEqual([
      'FVG_TOUCH up 104 110 @3',
      'FVG_CE up 104 110 @3',
      'FVG_FILL up 104 110 @3',
    ])
  })

  test('each is told once, however often price returns', () => {
    expect(life('121 122 104 112\n112 120 104 118')).toHaveLength(3)
  })

  test('a wick through it fills, only a close through it inverts', () => {
    expect(life('121 122 100 104')).not.toContain('FVG_INVERT down 104 110 @3')
    expect(life('121 122 100 103')).toContain('FVG_INVERT down 104 110 @3')
  })

  test('by the other reading a close beyond the middle inverts', () => {
    expect(life('121 122 105 106', { ifvgBy: 'ce' })).toEqual([
      'FVG_TOUCH up 104 110 @3',
      'FVG_CE up 104 110 @3',
      'FVG_INVERT down 104 110 @3',
    ])
  })

  test('a filled gap can still invert later', () => {
    expect(life('121 122 104 112\n112 113 100 101').at(-1)).toBe('FVG_INVERT down 104 110 @4')
  })

  test('after inverting nothing more is told about it', () => {
    expect(life('121 122 100 101\n101 120 90 95')).toHaveLength(4)
  })

  test('an untouched gap expires after its five hundred bars', () => {
    expect(life('117 122 112 118\n'.repeat(500))).toEqual(['FVG_EXPIRE up 104 110 @502'])
  })

  test('of several gaps on one bar the older one speaks first', () => {
    const two = `${GAP}121 124 112 123\n125 136 124 135\n135 136 108 120`

    expect(brief(eventsOf(tape(two)), 'FVG', 'FVG_TOUCH', 'FVG_FILL')).toEqual([
      'FVG up 104 110 @2',
      'FVG up 122 124 @4',
      'FVG_TOUCH up 104 110 @5',
      'FVG_TOUCH up 122 124 @5',
      'FVG_FILL up 122 124 @5',
    ])
  })
})
