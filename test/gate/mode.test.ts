import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MonotonicMs, Route } from '../../src/domain/index.ts'
import {
  PROOF_AGE_MS_MAX,
  faultsOfProof,
  isBrokerOrigin,
  modeOf,
  proofExpiresAt,
} from '../../src/gate/index.ts'
import { ACCOUNT, NAME, NOW, aBrokerProof, aSimulatedProof, ago, forced, steady } from './builders.ts'

const context = { monotonic: NOW, executorEpoch: 7, accountId: ACCOUNT }

describe('the mode', () => {
  test('five broker proofs earn BROKER-VERIFIED', () => {
    expect(modeOf('broker', aBrokerProof(), context)).toMatchObject({ label: 'BROKER-VERIFIED', missing: [] })
  })

  test('the paper route is PAPER SIM, the simulated gateway RUNTIME SIM, with whole proofs too', () => {
    expect(modeOf('paper', aSimulatedProof(), context)).toMatchObject({ label: 'PAPER SIM', missing: [] })
    expect(modeOf('gateway-sim', aSimulatedProof(), context)).toMatchObject({
      label: 'RUNTIME SIM',
      missing: [],
    })
  })

  test.each([
    ['the token', { tokenValidatedAt: ago(60_001) }, 'token 60.0 s old, at most 60.0 s'],
    ['the account', { account: undefined }, 'account not proven'],
    [
      'the permission to trade',
      { account: { id: ACCOUNT, name: NAME, canTrade: false, readAt: NOW } },
      'canTrade: false',
    ],
    ['the user stream', { userStream: { aliveAt: ago(10_500), isResynced: true } }, 'user stream 10.5 s old'],
    ['the resync', { userStream: { aliveAt: NOW, isResynced: false } }, 'not yet resynced'],
    ['one account for all', { lastReplyAccountId: '25770002' }, 'orders go to …0001, read …0001, read …0002'],
    [
      'a clean reconciliation',
      { reconciliation: { cleanAt: ago(30_001), disputes: 0 } },
      'reconciliation 30.0 s old',
    ],
    ['no dispute', { reconciliation: { cleanAt: NOW, disputes: 2 } }, '2 disputes'],
    ['the epoch', { executorEpoch: 6 }, 'proof of epoch 6, ours is 7'],
    ["a broker's address", { origin: 'http://localhost:5000' }, 'answered by http://localhost:5000'],
  ] as const)(
    'without %s the broker route falls to RUNTIME SIM, names it, and orders go nowhere',
    (_, changes, text) => {
      const mode = modeOf('broker', aBrokerProof(changes), context)

      expect(mode.label).toBe('RUNTIME SIM')
      expect(mode.missing.join()).toContain(text)
      expect(mode.why).toContain('orders go nowhere')
    },
  )

  test('falls by itself when the first proof runs out, and only then', () => {
    const proof = aBrokerProof()
    const end = proofExpiresAt(proof) ?? NOW

    // The stream's proof is the shortest: 10 s from one second ago.
    expect(end).toBe(NOW + 9_000)
    expect(modeOf('broker', proof, { ...context, monotonic: end }).label).toBe('BROKER-VERIFIED')
    expect(modeOf('broker', proof, { ...context, monotonic: steady(end + 1) }).label).toBe('RUNTIME SIM')
  })

  test('a proof from the future is no proof', () => {
    expect(modeOf('broker', aBrokerProof(), { ...context, monotonic: ago(5_000) }).label).toBe('RUNTIME SIM')
  })

  test('every missing part is named, not the first alone', () => {
    const proof = aBrokerProof({
      tokenValidatedAt: undefined,
      reconciliation: undefined,
      lastReplyAccountId: undefined,
    })

    expect(faultsOfProof('broker', proof, context).map(({ part }) => part)).toEqual([
      'token',
      'same account',
      'reconciliation',
    ])
  })

  test.each([
    ['https://api.topstepx.com', true],
    ['https://api.topstepx.com/', true],
    ['https://api.topstepx.com:8443/api', true],
    ['http://api.topstepx.com', false],
    ['https://localhost', false],
    ['https://gateway', false],
    ['https://127.0.0.1', false],
    ['https://10.0.0.7:443', false],
    ['https://[::1]', false],
    ['https://2130706433', false],
    ['https://0x7f.1', false],
    ['https://simulator.local', false],
    ['https://broker.test', false],
    ['https://localhost.localhost', false],
    ['https://api.topstepx.com@localhost', false],
    ['https://api.topstepx.com/@localhost', false],
    ['wss://rtc.topstepx.com', false],
    ['', false],
    [undefined, false],
  ])('%s answers as a broker: %s', (origin, expected) => {
    expect(isBrokerOrigin(origin)).toBe(expected)
  })
})

const within = (moment: unknown, limit: number): boolean =>
  typeof moment === 'number' && NOW - moment >= 0 && NOW - moment <= limit
const part = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

describe('in any state', () => {
  const hostile = fc.oneof(
    fc.constantFrom(undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -1, -0, '', 'x', true, {}, []),
    fc.double(),
  )
  const moment = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: NOW - 9_000, max: NOW }) },
    { weight: 4, arbitrary: fc.integer({ min: NOW - 70_000, max: NOW + 1_000 }) },
    { weight: 1, arbitrary: hostile },
  )
  const id = fc.constantFrom(ACCOUNT, ACCOUNT, ACCOUNT, '25770002', '', undefined)
  const proof = fc.record({
    kind: fc.constantFrom('broker', 'broker', 'broker', 'simulated', 'live', undefined),
    origin: fc.constantFrom(
      'https://api.topstepx.com',
      'http://127.0.0.1:5000',
      'https://sim.local',
      undefined,
    ),
    executorEpoch: fc.constantFrom(7, 7, 7, 7, 7, 6, Number.NaN, undefined),
    tokenValidatedAt: moment,
    account: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          id,
          name: fc.constant(NAME),
          canTrade: fc.constantFrom(true, true, false, 'true'),
          readAt: moment,
        }),
      },
      { weight: 1, arbitrary: hostile },
    ),
    userStream: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ aliveAt: moment, isResynced: fc.constantFrom(true, true, false, 1) }),
      },
      { weight: 1, arbitrary: hostile },
    ),
    lastReplyAccountId: id,
    reconciliation: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ cleanAt: moment, disputes: fc.constantFrom(0, 0, 0, 1, Number.NaN) }),
      },
      { weight: 1, arbitrary: hostile },
    ),
  })
  const route = fc.constantFrom<Route>('broker', 'broker', 'broker', 'paper', 'gateway-sim', forced('live'))

  test('nothing but a whole and timely proof of a broker, on the broker route, is called BROKER-VERIFIED', () => {
    let verified = 0
    fc.assert(
      fc.property(route, proof, (where, each) => {
        const { label, missing } = modeOf(where, forced(each), context)
        const deserved =
          where === 'broker' &&
          each.kind === 'broker' &&
          each.origin === 'https://api.topstepx.com' &&
          each.executorEpoch === 7 &&
          within(each.tokenValidatedAt, PROOF_AGE_MS_MAX.token) &&
          within(part(each.account)['readAt'], PROOF_AGE_MS_MAX.account) &&
          part(each.account)['canTrade'] === true &&
          part(each.account)['id'] === ACCOUNT &&
          each.lastReplyAccountId === ACCOUNT &&
          within(part(each.userStream)['aliveAt'], PROOF_AGE_MS_MAX.userStream) &&
          part(each.userStream)['isResynced'] === true &&
          within(part(each.reconciliation)['cleanAt'], PROOF_AGE_MS_MAX.reconciliation) &&
          part(each.reconciliation)['disputes'] === 0
        if ((label === 'BROKER-VERIFIED') !== deserved) throw new Error(`${label}, missing ${missing.join()}`)
        if (deserved) verified++
      }),
      { numRuns: 100_000, seed: 7 },
    )

    // A test that never met a verified state would prove nothing.
    expect(verified).toBeGreaterThan(50)
  })

  test('whatever a simulator shows, it is never verified', () => {
    const verified: unknown[] = []
    fc.assert(
      fc.property(route, proof, fc.integer(), (where, each, moment) => {
        const simulated = { ...each, kind: 'simulated' }
        const local = { ...each, origin: 'http://127.0.0.1:5000' }
        const then = { ...context, monotonic: moment as MonotonicMs }
        for (const shown of [simulated, local])
          if (modeOf(where, forced(shown), then).label === 'BROKER-VERIFIED') verified.push(shown)
      }),
      { numRuns: 20_000, seed: 8 },
    )

    expect(verified).toEqual([])
  })
})
