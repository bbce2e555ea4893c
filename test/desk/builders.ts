import { instrumentOf, type MonotonicMs, monotonicMs, ticks, usd } from '../../src/domain/index.ts'
import { DEMO_LIMITS } from '../../src/domain/risk/index.ts'
import { Desk, type DeskContract, type MarketView, type Plan } from '../../src/desk/index.ts'
import type { BrokerSnapshot } from '../../src/execution/index.ts'
import { ACCOUNT, CONTRACT, START, after, handedOver, intent, accepted } from '../execution/builders.ts'

export const NAME = '50KTC-V2-645001-97000001'
/** So many milliseconds on the steady clock. */
export const steady = (ms: number): MonotonicMs => monotonicMs(1_000_000 + ms)

const MNQ = instrumentOf('MNQ')
const listed: DeskContract = {
  instrument: MNQ,
  contract: {
    id: CONTRACT,
    name: 'MNQH6',
    symbolId: 'F.US.MNQ',
    description: 'Micro E-mini Nasdaq-100: March 2026',
    tickSize: MNQ.tickSize,
    tickValue: MNQ.tickValue,
    isActive: true,
  },
}

export function aDesk(): Desk {
  return new Desk({ accountId: ACCOUNT, accountName: NAME, contracts: [listed], limits: DEMO_LIMITS })
}

export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    signal: undefined,
    stop: ticks(79_900),
    target: ticks(80_200),
    validUntil: after(900_000),
    decisionId: 482,
    mintedAt: steady(0),
    ...changes,
  }
}

/** A desk with one entry of two contracts that the broker has accepted as order 1001. */
export function deskWithEntry(): Desk {
  const desk = aDesk()
  desk.open(intent(), aPlan())
  desk.advance(intent().tag, handedOver)
  desk.advance(intent().tag, accepted)
  return desk
}

/** A read that was asked for at `ms`, on both clocks. */
export function read(desk: Desk, ms: number, snapshot: BrokerSnapshot): ReturnType<Desk['snapshot']> {
  return desk.snapshot(snapshot, steady(ms))
}

export function facts(desk: Desk, ms: number, lastTrade?: number): ReturnType<Desk['protectionFacts']> {
  return desk.protectionFacts(
    CONTRACT,
    after(ms),
    steady(ms),
    lastTrade === undefined ? undefined : ticks(lastTrade),
  )
}

export function aView(changes: Partial<MarketView> = {}): MarketView {
  return {
    data: {
      state: 'current',
      receivedAt: steady(0),
      lastTrade: ticks(80_010),
      lastTradeAt: steady(0),
      dailyRangeTicks: undefined,
    },
    bid: ticks(80_009),
    ask: ticks(80_011),
    revision: 3,
    isPending: false,
    ...changes,
  }
}

export const NO_MONEY = usd(0)
export { ACCOUNT, CONTRACT, START, after }
