import { describe, expect, test } from 'vitest'
import { brief, eventsOf, quiet, tape } from './support.ts'

/** A swing low of 90, then a swing high of 110 at bar 6, then room for more. */
const UP_AND_BACK = `
  100 103  98 101
  100 102  96  99
   99 100  90  95
   95 101  94 100
  100 105  98 104
  104 107 100 106
  106 110 103 108
  108 109 101 103
  103 106  99 101
`

describe('market structure', () => {
  test('a close beyond the last swing breaks it, and the first break of a stream is called initial', () => {
    expect(brief(eventsOf(tape(`${UP_AND_BACK}101 112 100 111`)), 'BOS', 'CHOCH')).toEqual([
      'BOS up 110 initial @9',
    ])
  })

  test('a wick beyond a level breaks nothing', () => {
    expect(brief(eventsOf(tape(`${UP_AND_BACK}101 115 100 110`)), 'BOS', 'CHOCH')).toEqual([])
  })

  test('a wick does break it for those who ask for wicks', () => {
    const events = eventsOf(tape(`${UP_AND_BACK}101 115 100 110`), { breakBy: 'wick' })

    expect(brief(events, 'BOS', 'CHOCH')).toEqual(['BOS up 110 initial @9'])
  })

  test('by wicks one bar can break both sides, and the side against its body goes first', () => {
    const events = eventsOf(tape(`${UP_AND_BACK}101 115 85 112`), { breakBy: 'wick' })

    expect(brief(events, 'BOS', 'CHOCH')).toEqual(['BOS down 90 initial @9', 'CHOCH up 110 @9'])
  })

  test('a level breaks once, however often price returns to it', () => {
    const again = `${UP_AND_BACK}101 112 100 111\n111 112 104 105\n105 113 104 112`

    expect(brief(eventsOf(tape(again)), 'BOS', 'CHOCH')).toEqual(['BOS up 110 initial @9'])
  })

  test('a break against the trend is a change of character and turns the trend', () => {
    const turned = `${UP_AND_BACK}101 112 100 111\n111 112 88 89`

    expect(brief(eventsOf(tape(turned)), 'BOS', 'CHOCH')).toEqual([
      'BOS up 110 initial @9',
      'CHOCH down 90 @10',
    ])
  })

  test('a change of character by a displaced bar is a market structure shift', () => {
    const turned = `${quiet(14)}${UP_AND_BACK}101 112 100 111\n111 112 88 89`

    expect(brief(eventsOf(tape(turned)), 'CHOCH')).toEqual(['CHOCH down 90 mss @24'])
  })

  test('a new swing replaces the level of its side even when it is less extreme', () => {
    const lower = `${UP_AND_BACK}101 104 98 102\n102 108 100 104\n104 105 99 101\n101 103 98 100\n100 112 99 109`

    // 109 is above the newer high of 108 and below the older one of 110.
    expect(brief(eventsOf(tape(lower)), 'BOS')).toEqual(['BOS up 108 initial @13'])
  })

  test('a swing that the same bar confirms can be broken by the next bar at the earliest', () => {
    // Bar 8 confirms the swing high of bar 6 and bar 9 is the first that may break it.
    const events = eventsOf(tape(`${UP_AND_BACK}101 112 100 111`))
    const swing = events.find((each) => each.kind === 'SWING' && each.p1 === 110)
    const broken = events.find((each) => each.kind === 'BOS')

    expect(swing?.confirmIdx).toBe(8)
    expect(broken?.confirmIdx).toBe(9)
  })
})
