import { describe, expect, test } from 'vitest'
import type { IctParameters } from '../../../src/domain/ict/index.ts'
import { brief, eventsOf, quiet, tape } from './support.ts'

/** A swing high of 110, known at bar 4. */
const HIGH = `
  100 103  98 101
  101 105 100 104
  104 110 103 108
  108 109 102 104
  104 106  99 101
`
const outcomes = (text: string, parameters: Partial<IctParameters> = {}): string[] =>
  brief(eventsOf(tape(HIGH + text), parameters), 'SWEEP', 'RUN')

describe('liquidity', () => {
  test('price through a pool and back on one bar is a sweep, and it points away from the pool', () => {
    expect(outcomes('101 112 100 108')).toEqual(['SWEEP down 110 112 reclaim=0 @5'])
  })

  test('a close on the pool counts as back', () => {
    expect(outcomes('101 112 100 110')).toEqual(['SWEEP down 110 112 reclaim=0 @5'])
  })

  test('touching a pool takes nothing: stops rest beyond it', () => {
    expect(outcomes('101 110 100 108')).toEqual([])
  })

  test('a close beyond may come back within two bars and is a sweep then', () => {
    expect(outcomes('101 112 100 111\n111 114 109 112\n112 113 107 109')).toEqual([
      'SWEEP down 110 114 reclaim=2 @7',
    ])
  })

  test('three closes beyond are acceptance: a run', () => {
    expect(outcomes('101 112 100 111\n111 114 109 112\n112 115 110 113')).toEqual([
      'RUN up 110 115 accepted @7',
    ])
  })

  test('the extreme is the farthest price of the whole excursion', () => {
    expect(outcomes('101 120 100 111\n111 114 107 109')).toEqual(['SWEEP down 110 120 reclaim=1 @6'])
  })

  test('an excursion of more than two average ranges is a run even when it comes back', () => {
    const deep = `${quiet(14)}${HIGH}101 124 100 108`
    const shallow = `${quiet(14)}${HIGH}101 116 100 108`

    expect(brief(eventsOf(tape(deep)), 'RUN')).toContain('RUN up 110 124 reclaim=0 @19')
    expect(brief(eventsOf(tape(shallow)), 'SWEEP')).toContain('SWEEP down 110 116 reclaim=0 @19')
  })

  test('a pool is consumed by its first outcome', () => {
    expect(outcomes('101 112 100 108\n108 113 104 107')).toEqual(['SWEEP down 110 112 reclaim=0 @5'])
  })

  test('a bar that sweeps both sides tells the side against its body first', () => {
    const both = `
      100 103  98 101
      101 103  97 100
      100 102  90  95
       95 103  94 102
      102 110 101 108
      108 109 102 104
      104 106  99 101`

    expect(brief(eventsOf(tape(`${both}\n101 112 88 105`)), 'SWEEP')).toEqual([
      'SWEEP up 90 88 reclaim=0 @7',
      'SWEEP down 110 112 reclaim=0 @7',
    ])
    expect(
      brief(eventsOf(tape(`${both}\n105 112 88 101`)), 'SWEEP').map((each) => each.split(' ')[1]),
    ).toEqual(['down', 'up'])
  })

  test('a close through a level is never a sweep of it on the same bar', () => {
    const events = eventsOf(tape(`${HIGH}101 112 100 111`))

    expect(brief(events, 'BOS')).toEqual(['BOS up 110 initial @5'])
    expect(brief(events, 'SWEEP')).toEqual([])
  })

  test('resting pools are bounded a side: the one farthest from price leaves first', () => {
    // Five swing highs, each ten ticks lower than the one before; the first top has too few bars before it.
    const stairs = [200, 190, 180, 170, 160, 150]
      .flatMap((top) =>
        [top - 8, top, top - 8, top - 17].map((high) => `${high - 2} ${high} ${high - 6} ${high - 3}`),
      )
      .join('\n')
    const up = '\n141 230 120 131\n'
    const sweeps = (parameters: Partial<IctParameters>): string[] =>
      brief(eventsOf(tape(stairs + up), { ...parameters, sweepMaxAtr: 1_000 }), 'SWEEP').filter((each) =>
        each.startsWith('SWEEP down'),
      )

    expect(sweeps({}).map((each) => each.split(' ')[2])).toEqual(['190', '180', '170', '160', '150'])
    expect(sweeps({ poolsMax: 2 }).map((each) => each.split(' ')[2])).toEqual(['160', '150'])
  })
})
