import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ROSTER, instrumentOf, tickSpan, ticks, usd } from '../../../src/domain/index.ts'
import {
  DEMO_LIMITS,
  STOP_LOSS_CAP,
  bracketFor,
  isMicro,
  onGrid,
  riskMicros,
  riskOf,
  sizeFor,
  stopTicksMax,
} from '../../../src/domain/risk/index.ts'

const MNQ = instrumentOf('MNQ')

describe('the size of a trade', () => {
  test('is the largest whose loss at the stop, slippage and costs included, stays within 120 dollars', () => {
    // (116 + 2) * 0.50 + 1.22 = 60.22: one. (115 + 2) * 0.50 + 1.22 = 59.72: two.
    expect(sizeFor(MNQ, tickSpan(-116), DEMO_LIMITS)).toEqual({
      kind: 'sized',
      size: 1,
      risk: 60_220_000,
      limitedBy: 'risk',
    })
    expect(sizeFor(MNQ, tickSpan(-115), DEMO_LIMITS)).toMatchObject({ size: 2, risk: 119_440_000 })
  })

  test('is never more than the contract cap', () => {
    expect(sizeFor(MNQ, tickSpan(-10), DEMO_LIMITS)).toMatchObject({ size: 2, limitedBy: 'cap' })
    expect(sizeFor(instrumentOf('NQ'), tickSpan(-10), DEMO_LIMITS)).toMatchObject({ size: 1 })
  })

  test('is refused below one and never rounded up', () => {
    // Gold micro, 142 ticks: (142 + 1) * 1.00 + 1.62.
    expect(sizeFor(instrumentOf('MGC'), tickSpan(142), DEMO_LIMITS)).toEqual({
      kind: 'denied',
      code: 'SIZE_BELOW_ONE',
      riskOfOne: 144_620_000,
      cap: STOP_LOSS_CAP,
      stopTicksMax: 117,
    })
  })

  test('is refused without a stop', () => {
    expect(sizeFor(MNQ, tickSpan(0), DEMO_LIMITS)).toMatchObject({ code: 'STOP_MISSING' })
  })

  test('keeps the bound for every instrument and every stop, and one contract more would break it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ROSTER), fc.integer({ min: 1, max: 2_000 }), (instrument, stop) => {
        const sized = sizeFor(instrument, tickSpan(stop), DEMO_LIMITS)
        const riskOf = (size: number): number => riskMicros(instrument, stop, size)
        if (sized.kind === 'denied') return riskOf(1) > STOP_LOSS_CAP
        const next = riskOf(sized.size + 1) > STOP_LOSS_CAP || sized.limitedBy === 'cap'
        return riskOf(sized.size) <= STOP_LOSS_CAP && sized.risk === riskOf(sized.size) && next
      }),
    )
    expect(ROSTER.map((each) => stopTicksMax(each, STOP_LOSS_CAP, 1)).every((ticksMax) => ticksMax > 0)).toBe(
      true,
    )
  })

  test('the widest stop of an explanation is the widest that passes', () => {
    for (const instrument of ROSTER) {
      const widest = stopTicksMax(instrument, STOP_LOSS_CAP, 1)
      expect(riskMicros(instrument, widest, 1)).toBeLessThanOrEqual(STOP_LOSS_CAP)
      expect(riskMicros(instrument, widest + 1, 1)).toBeGreaterThan(STOP_LOSS_CAP)
    }
  })

  test('micros are those that share the price of a product of another name', () => {
    expect(ROSTER.filter(isMicro).map(({ root }) => root)).toEqual(['MES', 'MNQ', 'MYM', 'M2K', 'MCL', 'MGC'])
  })
})

describe('the bracket of a signal', () => {
  const request = {
    signal: {
      direction: 1 as const,
      entry: ticks(80_000),
      stop: ticks(79_900),
      targets: [ticks(80_200), ticks(80_400)],
    },
    instrument: MNQ,
    contractId: 'CON.F.US.MNQ.H26',
    accountId: '25770001',
    tag: 'k-20260310-1',
    limits: DEMO_LIMITS,
  }

  test('risks what its own prices come to', () => {
    // (100 + 2) * 0.50 + 1.22 dollars, twice.
    expect(riskOf(bracketFor(request))).toBe(104_440_000)
  })

  test('is a limit entry with the stop and the nearest target', () => {
    expect(bracketFor(request)).toMatchObject({
      side: 'buy',
      type: 'limit',
      size: 2,
      entry: 80_000,
      stop: 79_900,
      target: 80_200,
    })
  })

  test('has size 0 when no contract fits, so that the gate judges and records it', () => {
    expect(bracketFor({ ...request, signal: { ...request.signal, stop: ticks(79_000) } }).size).toBe(0)
  })

  test('between two ticks a long enters lower, stops lower and takes its profit earlier; a short mirrors it', () => {
    const levels = { entryFractional: 100.5, stopFractional: 90.5, targetFractional: 120.5 }
    const mirrored = { entryFractional: -100.5, stopFractional: -90.5, targetFractional: -120.5 }

    expect(onGrid(1, levels)).toEqual({ entry: 100, stop: 90, target: 120 })
    expect(onGrid(-1, mirrored)).toEqual({ entry: -100, stop: -90, target: -120 })
    expect(onGrid(-1, { entryFractional: -0.2, stopFractional: 0.5, targetFractional: -3 })).toEqual({
      entry: 0,
      stop: 1,
      target: -3,
    })
  })

  test('a tighter cap gives a smaller size at once', () => {
    expect(bracketFor({ ...request, limits: { ...DEMO_LIMITS, stopLossCap: usd(60_000_000) } }).size).toBe(1)
  })
})
