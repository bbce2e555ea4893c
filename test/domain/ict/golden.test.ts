import { describe, expect, test } from 'vitest'
import type { Timeframe } from '../../../src/domain/index.ts'
import { type Features, type IctEvent, createReferenceEngine } from '../../../src/domain/ict/index.ts'
import { goldenBars, hasData, rows } from './support.ts'

const SETS: readonly (readonly [string, Timeframe])[] = [
  ['6E_5m_202401a', '5m'],
  ['ES_5m_201310', '5m'],
  ['SPY_1m_201103', '1m'],
  ['NAS100_1h_2019_2020', '1h'],
  ['EURUSD_15m', '15m'],
]

const present = SETS.filter(([name]) => hasData(`ict-golden/${name}/events.csv.gz`))
if (present.length < SETS.length) {
  console.log(
    `left out: ${(SETS.length - present.length) * 2} reference-vector cases, ../shared/data is absent`,
  )
}

describe.skipIf(present.length === 0)('the reference vectors', () => {
  test.for(present)('hold every event of %s in order, with its id', ([name, timeframe]) => {
    const engine = createReferenceEngine({ timeframe })

    const found = goldenBars(name).flatMap((each) => engine.push(each.bar, each.breakBefore).map(row))

    const wanted = rows(`ict-golden/${name}/events.csv.gz`)
    expect(firstDifference(found, wanted)).toBeUndefined()
    expect(found.length).toBe(wanted.length)
  })

  test.for(present)('hold the features of every bar of %s to eight digits', ([name, timeframe]) => {
    const engine = createReferenceEngine({ timeframe })
    const wanted = rows(`ict-golden/${name}/features.csv.gz`)

    const wrong = goldenBars(name).flatMap((each, index) => {
      engine.push(each.bar, each.breakBefore)
      const found = numbers(engine.features())
      const asked = (wanted[index] ?? '').split(',').slice(1)
      return asked.every((text, at) => agrees(found[at] ?? null, text))
        ? []
        : [`${index}: ${found.join(' ')}`]
    })

    expect(wrong).toEqual([])
  })
})

function row(event: IctEvent): string {
  const { confirmIdx, id, kind, direction, degree, anchorIdx, p1, p2, ref, extra } = event
  return [confirmIdx, id, kind, direction, degree, anchorIdx, p1, p2 ?? '', ref === 0 ? '' : ref, extra].join(
    ',',
  )
}

function firstDifference(found: readonly string[], wanted: readonly string[]): string | undefined {
  const at = wanted.findIndex((each, index) => each !== found[index])
  return at < 0 ? undefined : `row ${at}: wanted ${wanted[at]}, found ${found[at]}`
}

function numbers({ atr, efficiency, compression, volatilityRatio }: Features): (number | null)[] {
  return [atr, efficiency, compression, volatilityRatio]
}

function agrees(found: number | null, text: string): boolean {
  if (text === '' || found === null) return text === '' && found === null
  const wanted = Number(text)
  return Math.abs(found - wanted) <= 1e-8 * Math.max(1, Math.abs(wanted))
}
