import { describe, expect, test } from 'vitest'
import type { ChartObject } from '../../../src/domain/index.ts'
import { ChartBook } from '../../../src/domain/ict/chart-book.ts'
import { createReferenceEngine } from '../../../src/domain/ict/index.ts'
import { type TapeBar, START, tape, walk } from './support.ts'

/** What the chart was told bar by bar, and what it shows at the end. */
function draw(bars: readonly TapeBar[]): { told: readonly ChartObject[]; shown: readonly ChartObject[] } {
  const engine = createReferenceEngine()
  const book = new ChartBook('1m')
  const told = bars.flatMap((each) => book.apply(engine.push(each.bar, each.breakBefore)))
  return { told, shown: book.objects() }
}

const GAP = '100 104  99 103\n103 118 102 117\n117 122 110 121\n'

describe('chart objects', () => {
  test('a gap is drawn with its edges, formed at its middle bar and known at the close of its third', () => {
    expect(draw(tape(GAP)).told).toEqual([
      {
        id: `1m-fvg-up-${(START + 60_000) / 60_000}-${(START + 180_000) / 60_000}`,
        kind: 'fvg',
        direction: 1,
        degree: '',
        formedAt: START + 60_000,
        knownAt: START + 180_000,
        top: 110,
        bottom: 104,
        endedAt: null,
        label: 'FVG',
      },
    ])
  })

  test('a filled gap stays, with the time at which it was filled, and inverting it later changes nothing', () => {
    const { told, shown } = draw(tape(`${GAP}121 122 104 112\n112 113 100 101\n`))
    const gaps = told.filter((each) => each.kind === 'fvg')

    expect(gaps.map((each) => each.endedAt)).toEqual([null, START + 240_000])
    expect(shown.filter((each) => each.kind === 'fvg')).toHaveLength(1)
  })

  test('a swing ends when its stops are taken', () => {
    const high = '100 103 98 101\n101 105 100 104\n104 110 103 108\n108 109 102 104\n104 106 99 101\n'
    const { shown } = draw(tape(`${high}101 112 100 108\n`))

    expect(shown.find((each) => each.kind === 'swing')?.endedAt).toBe(START + 6 * 60_000)
    expect(shown.find((each) => each.kind === 'sweep')).toMatchObject({
      direction: -1,
      top: 112,
      bottom: 110,
      label: 'internal swing high swept',
    })
  })

  test('nothing that was told is ever moved: a later state differs in its end only', () => {
    const { told } = draw(walk('never moved', 3_000))
    const first = new Map<string, ChartObject>()
    for (const each of told) if (!first.has(each.id)) first.set(each.id, each)

    expect(first.size).toBeGreaterThan(1_000)
    expect(told.map((each) => ({ ...each, endedAt: null }))).toEqual(told.map((each) => first.get(each.id)))
  })

  test('ids say what a thing is, so that no two are alike and a restart gives the same ones', () => {
    const { told } = draw(walk('ids', 3_000))
    const created = told.filter((each) => each.endedAt === null)

    expect(new Set(created.map((each) => each.id)).size).toBe(created.length)
    expect(draw(walk('ids', 3_000)).told.map((each) => each.id)).toEqual(told.map((each) => each.id))
  })

  test('at most two hundred are kept: what is over leaves before what still lives', () => {
    const { told, shown } = draw(walk('cap', 3_000))
    const living = told.filter((each) => each.endedAt === null && each.kind === 'fvg')
    const ended = new Set(told.filter((each) => each.endedAt !== null).map((each) => each.id))
    const stillLiving = living.filter((each) => !ended.has(each.id)).map((each) => each.id)

    expect(shown).toHaveLength(200)
    expect(shown.map((each) => each.id)).toEqual(expect.arrayContaining(stillLiving.slice(-20)))
  })
})
