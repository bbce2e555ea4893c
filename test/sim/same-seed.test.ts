import { describe, expect, test } from 'vitest'
import { DEFAULT_SEED, DEFAULT_START } from '../../src/gateway/index.ts'
import { type Simulation, type SimulationOptions, simulate } from './world.ts'

const BUSY_MORNING: SimulationOptions = {
  seed: 'busy-1',
  minutes: 6,
  instruments: ['MES', 'MGC'],
  hasFaults: true,
  isBusy: true,
  start: DEFAULT_START,
}

/** What broke, with what led to it: nothing when all is well. */
function accusations({ violations, trail }: Simulation): readonly string[] {
  return violations.length === 0
    ? []
    : [...violations.map((each) => `${each.invariant}: ${each.detail}`), ...trail]
}

describe('a seed is a run', () => {
  test('the same seed twice gives the same decisions, word for word, and the same fills', async () => {
    const once = await simulate(BUSY_MORNING)
    const again = await simulate(BUSY_MORNING)

    expect(once.decisions.length).toBeGreaterThan(5)
    expect(again.decisions).toEqual(once.decisions)
    expect(again.summary).toEqual(once.summary)
  })

  test('another seed is another market and gives other decisions', async () => {
    const once = await simulate({ ...BUSY_MORNING, minutes: 2 })
    const other = await simulate({ ...BUSY_MORNING, minutes: 2, seed: 'busy-2' })

    expect(other.summary.hash).not.toBe(once.summary.hash)
  })
})

describe('the whole platform against the exchange’s own ledger', () => {
  test('the demo’s first setup is decided once, filled and covered, and our books say what the broker’s say', async () => {
    const run = await simulate({
      seed: DEFAULT_SEED,
      minutes: 28,
      instruments: ['MGC'],
      hasFaults: false,
      start: DEFAULT_START,
    })

    expect(accusations(run)).toEqual([])
    expect(run.summary).toMatchObject({ decisions: 1, permitted: 1, filled: 1, violations: 0 })
  })

  test('a busy morning without faults breaks no invariant', async () => {
    const run = await simulate({ ...BUSY_MORNING, seed: 'calm-1', minutes: 10, hasFaults: false })

    expect(accusations(run)).toEqual([])
    expect(run.summary.filled).toBeGreaterThan(0)
  })

  test('lost replies, a hub that drops, doubled events and stops that vanish break no invariant', async () => {
    const fired = new Set<string>()
    for (const seed of ['rough-1', 'rough-2', 'rough-3']) {
      const run = await simulate({ ...BUSY_MORNING, seed, minutes: 10 })

      expect(accusations(run)).toEqual([])
      for (const kind of Object.keys(run.faults)) fired.add(kind)
    }

    // What never happened was not borne.
    expect([...fired].toSorted()).toEqual([
      'place reply lost',
      'stop taken away',
      'user event doubled',
      'user hub dropped',
    ])
  })
})
