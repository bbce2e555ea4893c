import { describe, expect, test } from 'vitest'
import { planOf, proofRow, trackedOf, trackedStopOf } from '../../actors/support/executor-rows.ts'
import { ticks, usd } from '../../src/domain/index.ts'
import { modeOf } from '../../src/gate/index.ts'
import type { IntentRow, ReductionRow } from '../../src/store/index.ts'
import { ACCOUNT, NOW, aSimulatedProof, ago } from '../gate/builders.ts'
import { CONTRACT, NOON, at } from '../support/rows.ts'

const author = { route: 'gateway-sim', accountId: ACCOUNT, epoch: 7, configRevision: 'a81c' } as const

function rowOf(proof: ReturnType<typeof aSimulatedProof>, speed = 1) {
  const mode = modeOf('gateway-sim', proof, { monotonic: NOW, executorEpoch: 7, accountId: ACCOUNT })
  return proofRow(author, proof, mode, { now: NOON, monotonic: NOW, speed })
}

describe('a proof as a row', () => {
  test('each part has the instant at which it was shown, not the one of writing', () => {
    expect(rowOf(aSimulatedProof())).toMatchObject({
      tokenValidatedAt: NOON - 3_000,
      accountReadAt: NOON - 2_000,
      streamAliveAt: NOON - 1_000,
      reconciledAt: NOON - 1_500,
      verifiedAt: NOON,
    })
  })

  test('it runs out with the first of its parts', () => {
    // The stream was alive a second ago and counts for ten.
    expect(rowOf(aSimulatedProof()).expiresAt).toBe(at(9))
  })

  test('at twenty times real time nine real seconds are three minutes of the platform', () => {
    expect(rowOf(aSimulatedProof(), 20).expiresAt).toBe(at(180))
  })

  test('a part that was never shown is null, and the proof has run out as it is written', () => {
    const row = rowOf(aSimulatedProof({ reconciliation: undefined }))
    expect(row).toMatchObject({ reconciledAt: null, expiresAt: NOON, state: 'stale' })
  })

  test('accounts are equal at no instant once a reply came for another one', () => {
    expect(rowOf(aSimulatedProof()).accountsEqualAt).toBe(NOON - 2_000)
    expect(rowOf(aSimulatedProof({ lastReplyAccountId: '666' })).accountsEqualAt).toBeNull()
  })

  test('one part that is too old makes it stale, and it says which', () => {
    const row = rowOf(aSimulatedProof({ tokenValidatedAt: ago(61_000) }))
    expect(row.state).toBe('stale')
    expect(row.missing).toHaveLength(1)
  })
})

const living = {
  tag: 'k-20260310-1',
  route: 'gateway-sim',
  accountId: ACCOUNT,
  epoch: 6,
  contractId: CONTRACT,
  instrument: 'MNQ',
  size: 2,
  brokerOrderId: null,
  filled: 0,
  reason: null,
  intendedAt: NOON,
  movedAt: NOON,
} as const
const intent: IntentRow = {
  ...living,
  life: 'intent',
  decisionId: 482,
  orderHash: 'ab'.repeat(32),
  side: 'buy',
  type: 'limit',
  entry: ticks(79_689),
  stop: ticks(79_572),
  target: ticks(79_923),
  risk: usd(119_440_000),
}
const reduction: ReductionRow = {
  ...living,
  tag: 'sl-88010001-1',
  life: 'working',
  brokerOrderId: '1009',
  kind: 'stop',
  side: 'sell',
  price: ticks(79_572),
  size: 1,
  netBefore: 2,
  netAfterWorst: 0,
  because: 'the bracket did not cover it',
}

describe('what is read back at a start', () => {
  test('an intent keeps its tag, its risk and the order that the broker made of it', () => {
    expect(trackedOf({ ...intent, life: 'working', brokerOrderId: '1001' })).toMatchObject({
      tag: intent.tag,
      risk: 119_440_000,
      state: 'working',
      brokerId: '1001',
    })
  })

  test('an entry of an earlier start keeps its exits and is not worked any longer', () => {
    expect(planOf(intent, { now: NOON, monotonic: NOW })).toMatchObject({
      stop: 79_572,
      target: 79_923,
      validUntil: NOON,
      signal: undefined,
    })
  })

  test('a stop of ours is read back with its tag, so that its unit is not placed again', () => {
    expect(trackedStopOf(reduction)).toMatchObject({
      tag: 'sl-88010001-1',
      role: 'stop',
      brokerId: '1009',
      price: 79_572,
      state: 'working',
    })
  })

  test('a close and a cancel are no orders that could still work', () => {
    expect(trackedStopOf({ ...reduction, kind: 'close', side: null })).toBeUndefined()
    expect(trackedStopOf({ ...reduction, kind: 'cancel' })).toBeUndefined()
  })
})
