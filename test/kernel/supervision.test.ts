import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/lib/index.ts'
import type { Failure, PartialPolicy } from '../../src/kernel/index.ts'
import { type Action, policyOf, Supervisor } from '../../src/kernel/supervision.ts'

const thrown: Failure = { kind: 'handler', message: 'broken' }
const oom: Failure = { kind: 'oom', message: 'heap' }
const hung: Failure = { kind: 'hung', message: 'no beat' }

function supervise(...policy: PartialPolicy[]): Supervisor {
  const supervisor = new Supervisor(seededRandom('supervision'))
  supervisor.manage('analyst/ES', policyOf({ backoff: { jitter: 0 } }, ...policy))
  return supervisor
}

const fail = (supervisor: Supervisor, at: number, failure = thrown): Action =>
  supervisor.failed('analyst/ES', failure, at)

describe('a supervisor', () => {
  test('restarts after 100 ms, then 200, then 400', () => {
    const supervisor = supervise()

    expect([0, 1_000, 2_000].map((at) => fail(supervisor, at))).toEqual([
      { kind: 'restart', afterMs: 100 },
      { kind: 'restart', afterMs: 200 },
      { kind: 'restart', afterMs: 400 },
    ])
  })

  test('never waits longer than 30 s', () => {
    const supervisor = supervise({ intensity: { max: 1_000 } })

    const delays = Array.from({ length: 20 }, (_, n) => fail(supervisor, n * 1_000))

    expect(delays.at(-1)).toEqual({ kind: 'restart', afterMs: 30_000 })
  })

  test('adds up to a fifth by chance, so that thirteen do not come back at one instant', () => {
    const supervisor = new Supervisor(seededRandom('jitter'))
    const delays = Array.from({ length: 200 }, (_, n) => {
      supervisor.manage(`analyst/${n}`, policyOf())
      const action = supervisor.failed(`analyst/${n}`, thrown, 0)
      return action.kind === 'restart' ? action.afterMs : NaN
    })

    expect(Math.min(...delays)).toBeGreaterThanOrEqual(80)
    expect(Math.max(...delays)).toBeLessThanOrEqual(120)
    expect(new Set(delays).size).toBeGreaterThan(100)
  })

  test('starts from the shortest delay again after 60 s without a failure', () => {
    const supervisor = supervise()
    fail(supervisor, 0)
    fail(supervisor, 1_000)

    expect(fail(supervisor, 61_000)).toEqual({ kind: 'restart', afterMs: 100 })
  })

  test('quarantines at the fourth failure in 60 s', () => {
    const supervisor = supervise()

    const actions = [0, 10_000, 20_000, 59_999].map((at) => fail(supervisor, at).kind)

    expect(actions).toEqual(['restart', 'restart', 'restart', 'quarantine'])
  })

  test('forgets failures that are older than the period', () => {
    const supervisor = supervise()

    const actions = [0, 10_000, 20_000, 60_000, 70_000, 80_000].map((at) => fail(supervisor, at).kind)

    expect(actions).toEqual(Array.from({ length: 6 }, () => 'restart'))
  })

  test('counts running out of memory twice', () => {
    const supervisor = supervise()

    expect([0, 1_000].map((at) => fail(supervisor, at, oom).kind)).toEqual(['restart', 'quarantine'])
  })

  test('forgives everything at a release', () => {
    const supervisor = supervise()
    for (const at of [0, 1, 2, 3]) fail(supervisor, at)

    supervisor.released('analyst/ES')

    expect(fail(supervisor, 4)).toEqual({ kind: 'restart', afterMs: 100 })
  })

  test.each([
    ['quarantine', 'quarantine'],
    ['escalate', 'escalate'],
    ['stop', 'stop'],
  ] as const)('does what exhausted says: %s', (exhausted, kind) => {
    const supervisor = supervise({ exhausted, intensity: { max: 0 } })

    expect(fail(supervisor, 0)).toEqual({ kind })
  })

  test('escalates one hang of an actor whose hang is one too many', () => {
    const supervisor = supervise({ onHang: 'escalate' })

    expect(fail(supervisor, 0, hung)).toEqual({ kind: 'escalate' })
    expect(fail(supervisor, 0, thrown).kind).toBe('restart')
  })

  test('does not restart what is temporary, nor what it does not know', () => {
    const supervisor = supervise({ restart: 'temporary' })

    expect(fail(supervisor, 0)).toEqual({ kind: 'stop' })
    expect(supervisor.failed('nobody', thrown, 0)).toEqual({ kind: 'stop' })
  })

  test('keeps one actor’s failures apart from another’s', () => {
    const supervisor = supervise()
    supervisor.manage('analyst/NQ', policyOf())
    for (const at of [0, 1, 2, 3]) fail(supervisor, at)

    expect(supervisor.failed('analyst/NQ', thrown, 4).kind).toBe('restart')
  })
})

test('a policy is put together field by field, the later part wins', () => {
  const policy = policyOf({ limits: { hungMs: 2_000 }, exhausted: 'escalate' }, { limits: { stopMs: 50 } })

  expect(policy).toMatchObject({
    exhausted: 'escalate',
    limits: { hungMs: 2_000, stopMs: 50, handlerMs: 5_000 },
    intensity: { max: 3, withinMs: 60_000 },
  })
})
