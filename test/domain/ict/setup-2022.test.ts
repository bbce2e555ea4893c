import { describe, expect, test } from 'vitest'
import {
  type EpochMs,
  type Signal,
  type Timeframe,
  epochMs,
  instrumentOf,
} from '../../../src/domain/index.ts'
import {
  type Analyst,
  type AnalystStep,
  type IctParameters,
  createAnalyst,
} from '../../../src/domain/ict/index.ts'
import { type TapeBar, mirrored, quiet, tape } from './support.ts'

/** An external low of 90 at bar 14, known at bar 24. */
const POOL = `${quiet(14)}100 101 90 99\n${quiet(10)}`

/** Internal structure turns down at bar 33, its last swing high is 101. */
const TURN_DOWN = `
  100 103  99 102
  102 108 101 105
  105 106 100 101
  101 102  95  97
   97  98  94  96
   96 100  95  99
   99 101  96 100
  100 101  96  97
   97  98  92  93
`
const SWEEP = '93 95 88 92\n'
const BASE = '92 96 91 95\n'
const SHIFT = '95 104 95 103\n'
const GAP = '103 106 98 105\n'
const SETUP = POOL + TURN_DOWN + SWEEP + BASE + SHIFT + GAP

/** 08:40 New York: the sweep of bar 34 falls into the morning window. */
const MORNING = epochMs(Date.parse('2026-03-10T08:40:00-04:00'))
const MINUTE = 60_000

interface Played {
  readonly analyst: Analyst
  readonly steps: readonly AnalystStep[]
  readonly signals: readonly Signal[]
  readonly last: AnalystStep | undefined
}

interface Play {
  readonly parameters?: Partial<IctParameters>
  readonly start?: EpochMs
  readonly timeframe?: Timeframe
  readonly isMirrored?: boolean
}

/** Plays a tape to an analyst whose quarter-hour trend is with the setup. */
function play(
  text: string,
  { parameters = {}, start = MORNING, timeframe = '1m', isMirrored = false }: Play = {},
): Played {
  const analyst = createAnalyst({
    instrument: instrumentOf('MNQ'),
    timeframes: ['1m', '5m', '15m'],
    parameters,
  })
  const turn = (bars: TapeBar[]): TapeBar[] => (isMirrored ? mirrored(bars) : bars)
  for (const each of turn(trendBefore(start))) analyst.onBar('15m', each.bar, each.breakBefore)
  const steps = turn(tape(text, timeframe, start)).map((each) =>
    analyst.onBar(timeframe, each.bar, each.breakBefore),
  )
  return { analyst, steps, signals: steps.flatMap((each) => each.signals), last: steps.at(-1) }
}

/** Three legs up on quarter hours that end before `start`. */
function trendBefore(start: EpochMs): TapeBar[] {
  const lines: string[] = []
  let price = 0
  for (let at = 0; at < 72; at++) {
    const move = at % 24 < 14 ? 4 : -2
    lines.push(`${price} ${price + 6} ${price - 4} ${price + move}`)
    price += move
  }
  return tape(lines.join('\n'), '15m', epochMs(start - 80 * 15 * MINUTE))
}

describe('the 2022 model', () => {
  test('sweep, shift and gap give a long: entry in the middle of the gap, stop two ticks beyond the sweep', () => {
    const { signals } = play(SETUP)

    expect(signals).toHaveLength(1)
    expect(signals[0]).toMatchObject({ direction: 1, timeframe: '1m', model: '2022', entry: 97, stop: 86 })
  })

  test('the same upside down gives the same short', () => {
    const [long] = play(SETUP).signals
    const [short] = play(SETUP, { isMirrored: true }).signals

    expect(short).toMatchObject({
      direction: -1,
      entry: -97,
      stop: -86,
      score: long?.score,
      grade: long?.grade,
    })
    expect(short?.targets).toEqual(long?.targets.map((each) => 0 - each))
  })

  test('it is known at the close of the bar that completes the gap and named by what it is', () => {
    const [signal] = play(SETUP).signals

    expect(signal?.knownAt).toBe(MORNING + 38 * MINUTE)
    expect(signal?.id).toBe('2022-MNQ-1m-20260310T1318-L')
  })

  test('without a pool that pays enough the targets are two and three risks away', () => {
    expect(play(SETUP).signals[0]?.targets).toEqual([97 + 22, 97 + 33])
  })

  test('a resting pool that pays enough is the first target', () => {
    // The swing high of 108 pays exactly one risk of eleven ticks.
    expect(play(SETUP, { parameters: { minRR: 1 } }).signals[0]?.targets[0]).toBe(108)
  })

  test('a sweep outside the windows starts nothing', () => {
    const late = play(SETUP, { start: epochMs(Date.parse('2026-03-10T10:30:00-04:00')) })

    expect(late.signals).toEqual([])
    expect(late.last?.waiting.stage).toBe('outside-window')
  })

  test('London counts for those who ask for it', () => {
    const start = epochMs(Date.parse('2026-03-10T02:10:00-04:00'))

    expect(play(SETUP, { start }).signals).toEqual([])
    expect(play(SETUP, { start, parameters: { m22London: true } }).signals).toHaveLength(1)
  })

  test('an internal swing is too small a pool to start a setup', () => {
    // The same tape without the old low: the sweep takes the internal low of 94 at most.
    const shallow = `${quiet(25)}${TURN_DOWN}93 95 92 95\n${BASE}${SHIFT}${GAP}`

    expect(play(shallow).signals).toEqual([])
  })

  test('a price beyond the extreme of the sweep ends the setup', () => {
    expect(play(`${POOL}${TURN_DOWN}${SWEEP}92 96 87 95\n${SHIFT}${GAP}`).signals).toEqual([])
  })

  test('a turn without displacement is no shift', () => {
    const slow = play(`${POOL}${TURN_DOWN}${SWEEP}92 99 91 92\n98 103 97 102\n103 108 102 107\n`)

    expect(
      slow.steps.flatMap((each) => each.events).some((each) => each.kind === 'CHOCH' && each.direction === 1),
    ).toBe(true)
    expect(slow.signals).toEqual([])
  })

  test('a gap in the far half of the leg is no entry', () => {
    const high = play(`${POOL}${TURN_DOWN}${SWEEP}92 99 91 95\n95 104 95 103\n103 104 101 103\n`)

    expect(high.signals).toEqual([])
    expect(high.last?.waiting).toMatchObject({ stage: 'wait-gap', word: 'no gap', met: 3, of: 6 })
  })

  test('a gap may complete one bar after the shift and no later', () => {
    const late = play(
      `${POOL}${TURN_DOWN}${SWEEP}${BASE}95 103 95 102\n102 104 96 103\n103 112 103 111\n111 114 107 113\n`,
    )

    expect(late.signals).toEqual([])
  })

  test('after twenty bars without a shift a sweep starts nothing more', () => {
    const tired = '92 96 90 93\n'.repeat(20)
    const { steps } = play(POOL + TURN_DOWN + SWEEP + tired)

    expect(steps.at(34 + 19)?.waiting.stage).toBe('wait-shift')
    expect(steps.at(34 + 20)?.waiting.stage).toBe('wait-sweep')
  })

  test('entry and stop can be chosen: near, middle or far, beyond the sweep or beyond the gap', () => {
    const entries = (['near', 'ce', 'far'] as const).map(
      (m22Entry) => play(SETUP, { parameters: { m22Entry } }).signals[0],
    )

    expect(entries.map((each) => each?.entry)).toEqual([98, 97, 96])
    expect(play(SETUP, { parameters: { m22Stop: 'fvg' } }).signals[0]?.stop).toBe(89)
  })

  test('a risk below four ticks or above its limit is refused with the number', () => {
    const narrow = play(SETUP, { parameters: { riskTicksMin: 12 } })
    const wide = play(SETUP, { parameters: { riskAtrMax: 2 } })

    expect(narrow.signals).toEqual([])
    expect(narrow.last?.waiting).toMatchObject({
      stage: 'no-room',
      text: 'setup complete, but a risk of 11 ticks is below 12',
    })
    expect(wide.last?.waiting.text).toMatch(/a risk of 11 ticks is above \d+, 2 ATR/)
  })

  test('a setup below the lowest score is told with its score and not signalled', () => {
    const poor = play(SETUP, { parameters: { minScore: 99 } })

    expect(poor.signals).toEqual([])
    expect(poor.last?.waiting).toMatchObject({ stage: 'low-score', met: 5 })
    expect(poor.last?.waiting.text).toMatch(/score [\d.]+ is below 99/)
  })

  test('its facts add up to its score', () => {
    const [signal] = play(SETUP).signals
    const got = signal?.facts.reduce((sum, each) => sum + each.got, 0) ?? 0
    const weights = signal?.facts.reduce((sum, each) => sum + each.weight, 0) ?? 0

    expect(Math.abs((100 * got) / weights - (signal?.score ?? 0))).toBeLessThan(0.7)
  })

  test('an entry waits twelve bars, but not beyond half an hour after its window', () => {
    const [minutes] = play(SETUP).signals
    // On five minutes the sweep opens at 10:55, the setup is complete at 11:15, and twelve bars end at 12:15.
    const start = epochMs(Date.parse('2026-03-10T08:05:00-04:00'))
    const [fives] = play(SETUP, { timeframe: '5m', start }).signals

    expect(minutes?.validUntil).toBe((minutes?.knownAt ?? 0) + 12 * MINUTE)
    expect(fives?.validUntil).toBe(Date.parse('2026-03-10T11:30:00-04:00'))
  })

  test('nothing is entered during lunch', () => {
    // The sweep opens at 10:55 and the setup is complete an hour and a quarter later.
    const pause = '92 96 90 93\n'.repeat(11)
    const start = epochMs(Date.parse('2026-03-10T08:05:00-04:00'))
    const { last, signals } = play(POOL + TURN_DOWN + SWEEP + pause + BASE + SHIFT + GAP, {
      start,
      timeframe: '5m',
      parameters: { m22GraceMinutes: 180 },
    })

    expect(signals).toEqual([])
    expect(last?.waiting.text).toBe('setup complete, but nothing is entered during lunch')
  })
})

describe('why there is no signal', () => {
  test('each bar names the first condition that is missing', () => {
    const { steps } = play(SETUP)
    const at = (index: number): string => `${steps[index]?.waiting.stage} ${steps[index]?.waiting.met} of 6`

    expect([3, 30, 34, 36, 37].map(at)).toEqual([
      'warming-up 0 of 6',
      'wait-sweep 1 of 6',
      'wait-shift 2 of 6',
      'wait-gap 3 of 6',
      'signalled 6 of 6',
    ])
  })

  test('the sentence holds the number that decides', () => {
    const { steps } = play(SETUP)

    expect(steps[34]?.waiting.text).toBe(
      'external swing low 22.50 swept; needs a displaced close above 25.25 within 20 bars',
    )
    expect(steps[30]?.waiting.text).toMatch(/^NY AM: nearest pool is .+, \d+ ticks away$/)
  })

  test('a closed market says so, and when it opens', () => {
    const start = epochMs(Date.parse('2026-03-10T16:00:00-04:00'))
    const { last } = play(quiet(60), { start })

    expect(last?.waiting).toMatchObject({
      stage: 'closed',
      text: 'market closed (maintenance), opens 2026-03-10 22:00 UTC',
    })
  })
})

const withdrawn = (after: string): string[] =>
  play(SETUP + after).steps.flatMap((each) => each.withdrawn.map((one) => one.why))

describe('an armed signal', () => {
  test('is withdrawn when the first target trades before the entry', () => {
    expect(withdrawn('105 119 104 118\n')).toEqual(['target-first'])
  })

  test('is withdrawn when its time is over', () => {
    expect(withdrawn('105 107 103 105\n'.repeat(12))).toEqual(['expired'])
  })

  test('is withdrawn when internal structure shifts the other way', () => {
    // A new swing low of 100 and a displaced close below it, all above the entry of 97.
    const turnsDown = `
      105 108 103 106
      106 109 104 107
      107 108 100 104
      104 107 102 105
      105 107 102 104
      106 107  98  99
    `

    expect(withdrawn(turnsDown)).toEqual(['opposite-shift'])
  })

  test('is left alone once price went a tick through the entry: then it is a position', () => {
    expect(withdrawn('105 106 96 104\n104 119 103 118\n')).toEqual([])
    expect(withdrawn('105 106 97 104\n104 119 103 118\n')).toEqual(['target-first'])
  })
})
