import { describe, expect, test } from 'vitest'
import { DEFAULT_START } from '../../src/gateway/index.ts'
import { NO_FAULTS, seededFaults } from './faults.ts'
import { type Simulation, type SimulationOptions, simulate } from './world.ts'

/** Ten signals in a quarter of an hour from the market itself would be many; here they come by the minute. */
function busyMorning(seed: string, minutes: number): SimulationOptions {
  return { seed, minutes, instruments: ['MES', 'MGC'], isBusy: true, start: DEFAULT_START }
}

function roughMorning(seed: string, minutes: number): SimulationOptions {
  return { ...busyMorning(seed, minutes), faults: seededFaults(seed) }
}

/** What broke, with what led to it: nothing when all is well. */
function accusations({ violations, trail }: Simulation): readonly string[] {
  return violations.length === 0
    ? []
    : [...violations.map((each) => `${each.invariant}: ${each.detail}`), ...trail]
}

describe('a seed is a run', () => {
  test('the same seed twice gives the same decisions, word for word, and the same fills', async () => {
    const once = await simulate(roughMorning('busy-1', 4))
    const again = await simulate(roughMorning('busy-1', 4))

    expect(once.decisions.length).toBeGreaterThan(3)
    expect(again.decisions).toEqual(once.decisions)
    expect(again.summary).toEqual(once.summary)
  })

  test('another seed is another market and gives other decisions', async () => {
    const once = await simulate(busyMorning('busy-1', 2))
    const other = await simulate(busyMorning('busy-2', 2))

    expect(other.summary.hash).not.toBe(once.summary.hash)
  })
})

describe('the whole platform against the exchange’s own ledger', () => {
  test('the first setup of a morning is decided once, filled and covered, and our books say what the broker’s say', async () => {
    const run = await simulate({
      seed: 'kael-89',
      minutes: 28,
      instruments: ['MGC'],
      start: DEFAULT_START,
    })

    expect(accusations(run)).toEqual([])
    expect(run.summary).toMatchObject({ decisions: 1, permitted: 1, filled: 1, violations: 0 })
  })

  test('a busy morning without faults breaks no invariant', async () => {
    const run = await simulate(busyMorning('calm-1', 10))

    expect(accusations(run)).toEqual([])
    expect(run.summary.filled).toBeGreaterThan(0)
  })

  test('lost replies, dropped hubs, doubled events, stops that vanish and crashes break no invariant', async () => {
    const fired = new Set<string>()
    for (const seed of ['rough-1', 'rough-2', 'rough-3']) {
      const run = await simulate(roughMorning(seed, 8))

      expect(accusations(run)).toEqual([])
      for (const kind of Object.keys(run.faults)) fired.add(kind)
    }

    // What never happened was not borne.
    expect([...fired].toSorted()).toEqual([
      'executor crashed',
      'place reply lost',
      'stop taken away',
      'user event doubled',
      'user hub dropped',
    ])
  })

  test('an executor that crashed with an order on its way lets entries through again when it is back', async () => {
    let crashes = 0
    const run = await simulate({
      ...busyMorning('crash-1', 8),
      faults: { ...NO_FAULTS, crashAfterDecision: () => (crashes++ === 0 ? 20 : undefined) },
    })

    expect(accusations(run)).toEqual([])
    expect(run.faults).toEqual({ 'executor crashed': 1 })
    expect(run.summary.permitted).toBeGreaterThan(1)
  })
})
