import { describe, expect, test } from 'vitest'
import { brief, eventsOf, tape } from './support.ts'

const internal = (text: string): string[] => brief(eventsOf(tape(text)), 'SWING')

describe('swings', () => {
  test('a swing is known only after as many bars as its order: two for the internal degree', () => {
    const peak = `
      100 102  99 101
      101 103 100 102
      102 110 101 109
      109 109 105 106`

    expect(internal(peak)).toEqual([])
    expect(internal(`${peak}\n106 108 104 105`)).toEqual(['SWING up 110 @4'])
  })

  test('of a run of equal highs the first is the swing, so a plateau gives exactly one', () => {
    const found = internal(`
      100 102  99 101
      101 103 100 102
      102 110 101 109
      109 110 105 106
      106 110 104 105
      105 106 103 104
      104 105 102 103`)

    expect(found).toEqual(['SWING up 110 @4'])
  })

  test('an equal high on the left is no swing: the left side is strict', () => {
    const found = internal(`
      100 102  99 101
      101 110 100 102
      102 110 101 109
      109 109 105 106
      106 108 104 105`)

    expect(found).toEqual([])
  })

  test('an outside bar that closes up is first a low and then a high', () => {
    const found = internal(`
      100 104  98 101
      101 104  98 102
       99 112  90 108
      104 108  99 104
      104 107  98 104`)

    expect(found).toEqual(['SWING down 90 @4', 'SWING up 112 @4'])
  })

  test('an outside bar that closes down is first a high and then a low', () => {
    const found = internal(`
      100 104  98 101
      101 104  98 102
      108 112  90  99
      104 108  99 104
      104 107  98 104`)

    expect(found).toEqual(['SWING up 112 @4', 'SWING down 90 @4'])
  })

  test('the first swings of a stream have no label, later ones compare with the last of their side and degree', () => {
    const peaks = [110, 115, 115, 112]
      .map((top) => `101 102 99 101\n101 103 98 102\n102 ${top} 97 104\n`)
      .join('')

    expect(internal(`${peaks}101 102 99 101\n101 103 98 102`).filter((each) => each.includes('up'))).toEqual([
      'SWING up 110 @4',
      'SWING up 115 HH @7',
      'SWING up 115 EH @10',
      'SWING up 112 LH @13',
    ])
  })

  test('an external swing needs ten bars on each side', () => {
    const side = '100 104 96 100\n'.repeat(10)
    const events = eventsOf(tape(`${side}100 120 96 100\n${side}`))

    expect(events.filter((each) => each.degree === 'external')).toMatchObject([
      { kind: 'SWING', direction: 1, p1: 120, anchorIdx: 10, confirmIdx: 20 },
    ])
  })

  test('a monotone series has no swing and breaks no structure', () => {
    const rising = Array.from({ length: 60 }, (_, i) => `${i} ${i + 2} ${i - 1} ${i + 1}`).join('\n')

    expect(brief(eventsOf(tape(rising)), 'SWING', 'BOS', 'CHOCH')).toEqual([])
  })

  test('a closure does not reset the window of a swing', () => {
    const found = internal(`
      100 102  99 101
      101 103 100 102
      102 110 101 109
    | 109 109 105 106
      106 108 104 105`)

    expect(found).toEqual(['SWING up 110 @4'])
  })
})
