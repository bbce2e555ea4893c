import { describe, expect, test } from 'vitest'
import type { IctParameters } from '../../../src/domain/ict/index.ts'
import { brief, eventsOf, tape } from './support.ts'

/** Swing high 110 at bar 2; the deepest bar after it is 5, the last down-close bar before it is 4. */
const DIP = `
  100 103  98 101
  101 105 100 104
  104 110 103 108
  108 109 102 104
  104 106  99 100
   99 103  96 102
  102 107 101 106
`
const BROKEN = `${DIP}106 113 105 112\n`

const blocks = (text: string, parameters: Partial<IctParameters> = {}): string[] =>
  brief(eventsOf(tape(text), parameters), 'OB', 'OB_TEST', 'OB_MT', 'OB_VIOLATE', 'OB_EXPIRE')

describe('order block', () => {
  test('a break leaves the last opposite bar at the extreme before it', () => {
    expect(blocks(BROKEN)).toEqual(['OB up 99 106 @7'])
  })

  test('by the other convention it is the bar of the extreme itself', () => {
    expect(blocks(BROKEN, { obMode: 'extreme' })).toEqual(['OB up 96 103 @7'])
  })

  test('a zone of bodies leaves the wick towards price out', () => {
    expect(blocks(BROKEN, { obZone: 'body' })).toEqual(['OB up 99 104 @7'])
  })

  test('without an opposite bar near the extreme it is that bar, and says so', () => {
    const noDown = `
      100 103  98 101
      101 105 100 104
      104 110 103 108
      101 109 100 104
      100 106  99 101
       99 103  96 102
      102 107 101 106
      106 113 105 112`

    expect(blocks(noDown)).toEqual(['OB up 96 103 noOpposite @7'])
  })

  test('it is tested at its near edge, then at its middle, and violated by a close through it', () => {
    const after = '112 113 106 110\n110 111 102 104\n104 105 95 98\n'

    expect(blocks(BROKEN + after).slice(1)).toEqual([
      'OB_TEST up 99 106 @8',
      'OB_MT up 99 106 @9',
      'OB_VIOLATE up 99 106 @10',
    ])
  })

  test('a wick through it violates nothing, unless asked for', () => {
    const after = '112 113 95 104\n'

    expect(blocks(BROKEN + after)).not.toContain('OB_VIOLATE up 99 106 @8')
    expect(blocks(BROKEN + after, { obViolateBy: 'wick' })).toContain('OB_VIOLATE up 99 106 @8')
  })

  test('the bar that breaks structure does not test the block that it leaves', () => {
    expect(blocks(`${DIP}106 113 105 112`)).toHaveLength(1)
  })

  test('an untouched block expires after its five hundred bars', () => {
    expect(blocks(BROKEN + '130 132 128 130\n'.repeat(500)).at(-1)).toBe('OB_EXPIRE up 99 106 @507')
  })

  test('two breaks that point at one bar leave one block', () => {
    // A second swing high at bar 9 breaks at bar 13; the deepest bar since is again one with the same block.
    const events = eventsOf(tape(BROKEN))
    const again = events.filter((each) => each.kind === 'OB')

    expect(new Set(again.map((each) => `${each.anchorIdx} ${each.direction}`)).size).toBe(again.length)
  })
})

/** Structure breaks down at bar 5; then a low of 95, a high of 106, a dip, and a close above the high. */
function turn(dip: number): string {
  return `
    104 107 103 106
    106 108 104 105
    105 106  98 100
    100 104  99 103
    103 105 100 101
    101 103  96  97
    100 102  99 101
    101 103 100 102
    102 104  95  98
     98 104  97 103
    103 105 100 104
    104 106 101 103
    103 104 100 101
    101 103  98  99
     99 100  ${dip + 2}  ${dip + 2}
     ${dip + 2} ${dip + 7}  ${dip}  ${dip + 5}
     97 104  96 103
    103 109 102 108`
}

function turned(text: string): string[] {
  return brief(eventsOf(tape(text)), 'CHOCH', 'BREAKER', 'MITIGATION', 'BREAKER_TEST', 'BREAKER_DEAD')
}

describe('breaker and mitigation blocks', () => {
  test('a change of character after a raid of the earlier low leaves a breaker: the last up bar before the high', () => {
    expect(turned(turn(94))).toEqual(['CHOCH up 106 mss @17', 'BREAKER up 100 105 mss @17'])
  })

  test('without a raid it is a mitigation block, and an equal low is no raid', () => {
    expect(turned(turn(95))).toEqual(['CHOCH up 106 mss @17', 'MITIGATION up 100 105 mss @17'])
  })

  test('it is tested once and dead when a close passes its far edge', () => {
    const after = '\n108 109 105 107\n107 108 104 106\n106 107 98 99'

    expect(turned(turn(94) + after).slice(2)).toEqual([
      'BREAKER_TEST up 100 105 @18',
      'BREAKER_DEAD up 100 105 @20',
    ])
  })

  test('it does not grow old: seven hundred bars later it is still there to be tested', () => {
    const away = '\n130 132 128 130'.repeat(700)

    expect(turned(`${turn(94)}${away}\n130 131 104 110`).at(-1)).toBe('BREAKER_TEST up 100 105 @718')
  })
})
