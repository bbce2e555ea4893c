import { describe, expect, test } from 'vitest'
import { type Bar, type Direction } from '../../../src/domain/index.ts'
import { BarWindow } from '../../../src/domain/ict/bar-window.ts'
import { Displacement } from '../../../src/domain/ict/displacement.ts'
import { DEFAULT_PARAMETERS, type IctParameters } from '../../../src/domain/ict/index.ts'
import { Volatility } from '../../../src/domain/ict/volatility.ts'
import { quiet, tape } from './support.ts'

interface Read {
  readonly atr: number
  readonly now: Direction | 0
  readonly bar: Direction | 0
  readonly isStrong: boolean
}

/** The state after the last bar of a tape. */
function read(text: string, parameters: Partial<IctParameters> = {}): Read {
  const all = { ...DEFAULT_PARAMETERS, ...parameters }
  const bars = new BarWindow()
  const volatility = new Volatility(all)
  const displacement = new Displacement(all)
  const step = (bar: Bar, breakBefore: boolean): void => {
    bars.push(bar)
    volatility.push(bars, breakBefore)
    displacement.push(bars, volatility)
  }
  for (const each of tape(text)) step(each.bar, each.breakBefore)
  return {
    atr: volatility.atr,
    now: displacement.now,
    bar: displacement.bar,
    isStrong: displacement.isStrong,
  }
}

describe('volatility', () => {
  test('the average true range is seeded with the mean of the first fourteen and missing before', () => {
    expect(read(quiet(13)).atr).toBeNaN()
    expect(read(quiet(14)).atr).toBe(4)
  })

  test('each later bar moves it by a fourteenth of the difference', () => {
    expect(read(`${quiet(14)}100 118 100 110`).atr).toBe(4 + (18 - 4) / 14)
  })

  test('a jump over a closure counts into the range by default, and can be left out', () => {
    const jump = `${quiet(14)}| 130 132 128 130`

    expect(read(jump).atr).toBe(4 + (32 - 4) / 14)
    expect(read(jump, { atrGapMode: 'exclude' }).atr).toBe(4)
  })
})

describe('displacement', () => {
  test('a body of one average range that is three fifths of its bar is displaced', () => {
    expect(read(`${quiet(14)}100 105 100 104`)).toMatchObject({ bar: 1, now: 1, isStrong: false })
    expect(read(`${quiet(14)}100 104 100 103`).bar).toBe(0)
  })

  test('a bar never raises its own threshold: the range before it decides', () => {
    // With its own range of 40 the average would be 6.6 and a body of 5 too small.
    expect(read(`${quiet(14)}120 120 80 85`).now).toBe(-1)
  })

  test('a long wick undoes a large body', () => {
    expect(read(`${quiet(14)}100 112 100 105`).bar).toBe(0)
  })

  test('one and a half average ranges of body are strong', () => {
    expect(read(`${quiet(14)}100 106 100 106`).isStrong).toBe(true)
    expect(read(`${quiet(14)}100 106 100 105`).isStrong).toBe(false)
  })

  test('small bars of one direction make a leg that is displaced at the bar that carries it far enough', () => {
    expect(read(`${quiet(14)}100 105 98 102\n102 106 99 104`).now).toBe(0)
    expect(read(`${quiet(14)}100 105 98 102\n102 106 99 104\n104 108 101 106`).now).toBe(1)
  })

  test('a bar without a body ends the leg', () => {
    expect(read(`${quiet(14)}100 105 98 102\n102 106 99 102\n102 108 101 106`).now).toBe(0)
  })

  test('a leg is measured over its last five bars at most', () => {
    const slow = Array.from({ length: 8 }, (_, i) => `${100 + i} ${103 + i} ${98 + i} ${101 + i}`).join('\n')

    // Eight ticks in eight bars, but five in five: below 1.5 ranges of about 4.8.
    expect(read(`${quiet(14)}${slow}`).now).toBe(0)
  })

  test('nothing is displaced before an average range exists', () => {
    expect(read('100 200 100 200\n200 300 200 300').now).toBe(0)
  })
})
