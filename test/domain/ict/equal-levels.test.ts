import { describe, expect, test } from 'vitest'
import { DEFAULT_PARAMETERS, type IctEvent, type IctParameters } from '../../../src/domain/ict/index.ts'
import { EqualLevels } from '../../../src/domain/ict/equal-levels.ts'
import { Engine } from '../../../src/domain/ict/reference-engine.ts'
import { quiet, tape } from './support.ts'

function events(text: string, parameters: Partial<IctParameters> = {}): IctEvent[] {
  const all = { ...DEFAULT_PARAMETERS, ...parameters }
  const engine = new Engine(all, '1m', ({ bars, liquidity, sink, volatility }) => {
    const equals = new EqualLevels(all, liquidity, sink)
    return {
      opened: () => undefined,
      swung: (pools) => equals.push(bars, pools, volatility.atr),
      closed: () => undefined,
    }
  })
  return tape(text).flatMap((each) => engine.push(each.bar, each.breakBefore))
}

/** Swing highs of these heights, four bars apart, the first known at bar 18; lows all differ. */
function peaks(...tops: number[]): string {
  return `${quiet(14)}${tops.map(peak).join('')}100 102 60 100\n`
}

function peak(top: number, at: number): string {
  const low = 90 - at * 6
  return `100 102 ${low + 4} 100\n100 102 ${low + 3} 100\n100 ${top} ${low} 100\n100 103 ${low + 3} 100\n`
}

function clusters(text: string, parameters: Partial<IctParameters> = {}): string[] {
  return events(text, parameters)
    .filter((each) => each.pool === 'eq' && each.direction === 1)
    .map(({ kind, p1, confirmIdx }) => `${kind} ${p1} @${confirmIdx}`)
}

describe('equal highs', () => {
  test('two swing highs within the tolerance rest as one pool at the higher of them', () => {
    expect(clusters(peaks(110, 109))).toEqual(['LEVEL 110 @22'])
  })

  test('a second high one tick above sweeps the first and still equals it', () => {
    const found = events(peaks(110, 111))

    expect(found.some((each) => each.kind === 'SWEEP' && each.p1 === 110 && each.p2 === 111)).toBe(true)
    expect(clusters(peaks(110, 111))).toEqual(['LEVEL 111 @22'])
  })

  test('beyond a tenth of the average range they are two levels', () => {
    expect(clusters(peaks(110, 106))).toEqual([])
    expect(clusters(peaks(110, 106), { eqAtr: 0.5 })).toEqual(['LEVEL 110 @22'])
  })

  test('a third joins the two: its pool replaces theirs', () => {
    expect(clusters(peaks(110, 109, 109))).toEqual(['LEVEL 110 @22', 'LEVEL_EXPIRE 110 @26', 'LEVEL 110 @26'])
  })

  test('a high that ran through the level in between parts them', () => {
    expect(clusters(peaks(110, 120, 110))).toEqual([])
  })

  test('a swing that lies too far back is not equal any more', () => {
    expect(clusters(peaks(110, 104, 109), { eqMaxBars: 8 })).toEqual(['LEVEL 110 @26'])
    expect(clusters(peaks(110, 104, 109), { eqMaxBars: 7 })).toEqual([])
  })

  test('before an average range exists nothing is called equal', () => {
    const early = peaks(110, 110).split('\n').slice(14).join('\n')

    expect(clusters(early)).toEqual([])
  })

  test('a raid of the cluster is a sweep of its own', () => {
    const raid = events(`${peaks(110, 109)}100 112 80 101\n`)

    expect(raid.filter((each) => each.kind === 'SWEEP').map((each) => `${each.pool} ${each.p1}`)).toContain(
      'eq 110',
    )
  })
})
