import { describe, expect, test } from 'vitest'
import { conditionsOf } from '../../src/dashboard/conditions.ts'
import { type DashboardRows, type Moment, topicsOf } from '../../src/dashboard/index.ts'
import { ticks } from '../../src/domain/index.ts'
import { ACCOUNT, NOON, at } from '../support/rows.ts'
import {
  NO_ROWS,
  aFill,
  aHeld,
  aModeChange,
  aProof,
  aProtection,
  aQuote,
  aScan,
  aSession,
  anAccount,
  anActor,
  anInstrument,
  anOrderRow,
  dollars,
  moment,
  rows,
} from './builders.ts'

const header = (changes: Partial<DashboardRows> = {}, when: Moment = moment()) =>
  topicsOf(rows(changes), when).header
const truth = (label: string, changes: Partial<DashboardRows> = {}, when: Moment = moment()) => {
  const line = topicsOf(rows(changes), when).truth.rows.find((each) => each.label === label)
  if (line === undefined) throw new Error(`no line ${label}`)
  return line
}
const setting = (key: string, value: unknown) => ({
  key,
  value,
  declaredBy: 'operator',
  source: 'operator',
  asOf: NOON,
  state: 'declared' as const,
})

describe('mode', () => {
  test('before any proof was gathered the mode is unknown and no label stands there', () => {
    expect(topicsOf(NO_ROWS, moment()).header.mode).toMatchObject({ value: null, state: 'unknown' })
  })

  test('a proof that ran out takes BROKER-VERIFIED away, whatever the last row says', () => {
    const modeHistory = [aModeChange({ toLabel: 'BROKER-VERIFIED', route: 'broker' })]
    expect(header({ modeHistory }, moment({ now: at(31) })).mode).toMatchObject({
      value: 'RUNTIME SIM',
      state: 'stale',
    })
  })

  test('without any proof nothing is verified', () => {
    const modeHistory = [aModeChange({ toLabel: 'BROKER-VERIFIED', route: 'broker' })]
    expect(header({ modeHistory, proof: undefined }).mode).toMatchObject({
      value: 'RUNTIME SIM',
      state: 'stale',
    })
  })

  test('a proof is good up to the instant at which it runs out', () => {
    expect(header({}, moment({ now: at(30) })).mode.state).toBe('current')
  })

  test('what is not proven now is named beside the cause', () => {
    const proof = aProof({ missing: ['reconciliation 41.0 s old, at most 30.0 s'], state: 'stale' })
    expect(header({ proof }).modeReason).toContain('not proven: reconciliation 41.0 s old')
  })

  test('the mode of a simulated route is marked as simulated', () => {
    expect(header().mode.isSimulated).toBe(true)
  })
})

describe('account', () => {
  test('an account that was not read is unknown, its money too', () => {
    const { viewingAccount, risk } = topicsOf(NO_ROWS, moment()).header
    expect(viewingAccount.value).toBeNull()
    expect(risk).toMatchObject({
      dayRealised: { value: null },
      balance: { value: null },
      open: { value: null },
      floorRoom: { value: null },
    })
  })

  test('orders go to the account that the executor has proven, not to the one that is looked at', () => {
    const { orderAccount, viewingAccount } = header({ proof: aProof({ accountId: '999' }) })
    expect(viewingAccount.value?.id).toBe(ACCOUNT)
    expect(orderAccount.value).toMatchObject({ id: '999', name: 'account 999' })
  })
})

describe('money', () => {
  test('realised is gross of the closing fills less the fees of all of them', () => {
    const fills = [
      aFill(),
      aFill({ id: '2', side: 'sell', profitAndLoss: dollars(100), fees: dollars(1.22) }),
    ]
    expect(header({ fills }).risk.dayRealised.value).toBe(97_560_000)
  })

  test('a voided fill never happened', () => {
    const fills = [aFill({ profitAndLoss: dollars(100), isVoided: true })]
    expect(header({ fills }).risk.dayRealised.value).toBe(0)
  })

  test('realised is as old as the newest fill that it counts', () => {
    expect(header({ fills: [aFill({ at: at(-60) })] }).risk.dayRealised.asOf).toBe(at(-60))
  })

  test('open profit of a position without a price is unknown, not zero', () => {
    const quotes = [aQuote(undefined)]
    expect(header({ positions: [aHeld()] }, moment({ quotes })).risk.open.value).toBeNull()
  })

  test('no figure is better than the price that it was made with', () => {
    const quotes = [aQuote(79_700, { state: 'delayed' })]
    expect(header({ positions: [aHeld()] }, moment({ quotes })).risk.open.state).toBe('delayed')
  })

  test('no figure is newer than the oldest of what it was made with', () => {
    const { open } = header({ positions: [aHeld({ asOf: at(-20) })] }).risk
    expect(open.asOf).toBe(at(-20))
  })

  test('a position without a stop for all of it has no worst case that could be shown', () => {
    const positions = [aHeld()]
    expect(header({ positions }).risk.worstNow.value).toBeNull()
    const protections = [aProtection({ covered: 1 })]
    expect(header({ positions, protections }).risk.worstNow.value).toBeNull()
  })

  test('the worst case counts slippage and the cost of leaving', () => {
    const { value } = header({ positions: [aHeld()], protections: [aProtection()] }).risk.worstNow
    // 117.5 ticks at 0.50 dollars on two contracts are 117.50 dollars before slippage and costs.
    expect(value).toBeLessThan(-117_500_000)
  })

  test('a stop of another account covers nothing here', () => {
    const protections = [aProtection({ accountId: '999' })]
    expect(header({ positions: [aHeld()], protections }).risk.worstNow.value).toBeNull()
  })

  test('room to the floor needs a floor that a person has declared', () => {
    expect(header().risk.floorRoom.value).toBeNull()
    const settings = [setting('risk.floor', { declared: dollars(48_000), declaredOn: '2026-03-10' })]
    expect(header({ settings }).risk.floorRoom).toMatchObject({ value: dollars(2_000), state: 'declared' })
  })

  test('a limit of the day is shown as what may be lost', () => {
    const settings = [setting('risk.day-limit', { micros: dollars(1_000) })]
    expect(header({ settings }).risk.dayLimit.value).toBe(-1_000_000_000)
  })

  test('a limit that is no number is no limit', () => {
    const settings = [setting('risk.day-limit', { micros: '1000' })]
    expect(header({ settings }).risk.dayLimit).toMatchObject({ value: null, state: 'unknown' })
  })
})

describe('feed and scanner', () => {
  test('a feed with one instrument that is not current is not current', () => {
    const instruments = [anInstrument('MNQ'), anInstrument('MES', 1)]
    expect(header({ instruments }).feed).toMatchObject({
      state: 'stale',
      value: { current: 1, quiet: 0, notCurrent: 1 },
    })
  })

  test('a feed is as old as its oldest price', () => {
    const instruments = [anInstrument('MNQ'), anInstrument('MES', 1)]
    const quotes = [aQuote(79_700), aQuote(5, { instrument: 'MES', at: at(-40), state: 'quiet' })]
    expect(header({ instruments }, moment({ quotes })).feed.asOf).toBe(at(-40))
  })

  test('a closed market is closed and not out of order', () => {
    const quotes = [aQuote(79_700, { state: 'closed' })]
    expect(header({}, moment({ quotes })).feed).toMatchObject({ state: 'closed', value: { notCurrent: 0 } })
  })

  test('rows of an earlier run are not of this pass', () => {
    const instruments = [anInstrument('MNQ'), anInstrument('MES', 1)]
    const scanner = [aScan(), aScan({ instrument: 'MES', asOf: at(-86_400) })]
    expect(header({ instruments, scanner }).scanner).toMatchObject({
      state: 'stale',
      value: { count: 1, of: 2 },
    })
  })

  test('an order of which the broker said nothing since the start is not counted as working', () => {
    expect(header({ orders: [anOrderRow({ state: 'unknown' })] }).stop.value?.entriesWorking).toBe(0)
  })

  test('entries that are being cancelled still work', () => {
    const orders = [anOrderRow(), anOrderRow({ id: '2', status: 'pending-cancel' })]
    expect(header({ orders }).stop.value?.entriesWorking).toBe(2)
  })
})

describe('source truth', () => {
  test('before the broker was asked nobody says that there is no open position', () => {
    expect(truth('protection', { proof: undefined }).shown).toMatchObject({ value: null, state: 'unknown' })
  })

  test('one stop of two that is not proven needs attention, and the count is shown', () => {
    const positions = [aHeld(), aHeld({ contractId: 'CON.F.US.MES.H26', instrument: 'MES' })]
    const protections = [
      aProtection(),
      aProtection({ contractId: 'CON.F.US.MES.H26', instrument: 'MES', phase: 'filledUnprotected' }),
    ]
    expect(truth('protection', { positions, protections })).toMatchObject({
      needsAttention: true,
      shown: { value: '1 of 2 proven' },
    })
  })

  test('a proof of a stop is as old as the oldest of the open positions, flat ones do not count', () => {
    const protections = [
      aProtection({ asOf: at(5) }),
      aProtection({ contractId: 'CON.F.US.MES.H26', asOf: at(-900), phase: 'flat' }),
    ]
    expect(truth('protection', { positions: [aHeld()], protections }).shown.asOf).toBe(at(5))
  })

  test('what needs a person stands first', () => {
    const [first] = topicsOf(rows({ session: aSession({ state: 'stale', userHub: 'down' }) }), moment()).truth
      .rows
    expect(first?.needsAttention).toBe(true)
  })

  test('a value that is not current says why', () => {
    const lines = topicsOf(rows({ session: aSession({ state: 'stale' }) }), moment({ now: at(60) })).truth
      .rows
    const silent = lines.filter(
      ({ shown }) => !['current', 'closed'].includes(shown.state) && shown.why === undefined,
    )
    expect(silent.map((each) => each.label)).toEqual([])
  })

  test('the feed’s line is of its rows alone, whatever the newest prices say', () => {
    const instruments = [{ ...anInstrument('MNQ'), state: 'stale' as const }]
    expect(truth('feed', { instruments })).toMatchObject({
      needsAttention: true,
      shown: { value: '0 current, 0 quiet, 1 not', source: 'instruments' },
    })
  })

  test('a feed that keeps no rows any more is stale, each of its rows current or not', () => {
    expect(truth('feed').shown.state).toBe('current')
    expect(truth('feed', {}, moment({ now: at(31) })).shown.state).toBe('stale')
  })

  test('the floor names the person that declared it', () => {
    const settings = [setting('risk.floor', { declared: dollars(48_000), declaredOn: '2026-03-10' })]
    expect(truth('loss floor', { settings }).shown).toMatchObject({
      value: '48,000.00',
      source: 'operator',
      state: 'declared',
    })
  })
})

describe('what nobody looks after any more', () => {
  const open = { positions: [aHeld()], protections: [aProtection()], orders: [anOrderRow()] }
  const late = moment({ now: at(31), quotes: [aQuote(79_700, { at: at(30) })] })

  test('a position is current only as long as the executor has a proof', () => {
    const [card] = topicsOf(rows(open), late).positions
    expect(card).toMatchObject({
      size: { value: 2, state: 'stale' },
      stop: { state: 'stale' },
      protection: { state: 'stale' },
      pnl: { state: 'stale' },
    })
  })

  test('balance, realised result and working orders age with it', () => {
    const { header: shown, orders } = topicsOf(rows({ ...open, fills: [aFill()] }), late)
    expect([shown.risk.balance.state, shown.risk.dayRealised.state, orders[0]?.status.state]).toEqual([
      'stale',
      'stale',
      'stale',
    ])
  })

  test('an order that has ended stays what it was', () => {
    const { orders } = topicsOf(rows({ orders: [anOrderRow({ status: 'filled', filled: 2 })] }), late)
    expect(orders[0]?.status).toMatchObject({ value: 'filled', state: 'current' })
  })

  test('an executor that is being restarted keeps nothing current, its proof still in time or not', () => {
    const actors = [anActor('executor/25770001', { status: 'restarting' })]
    expect(topicsOf(rows({ ...open, actors }), moment()).positions[0]?.size.state).toBe('stale')
  })

  test('an open position that nobody looks after is the trader’s to look at', () => {
    expect(conditionsOf(rows(open), late).map((each) => each.id)).toContain('executor/silent')
    expect(conditionsOf(rows(open), moment()).map((each) => each.id)).not.toContain('executor/silent')
  })

  test('a price of a feed that is away is stale at once', () => {
    const { scanner } = topicsOf(rows({ actors: [anActor('feed', { status: 'restarting' })] }), moment())
    expect(scanner[0]?.last.state).toBe('stale')
  })

  test('a price that nobody called stale for half a minute is stale', () => {
    const when = moment({ now: at(29), quotes: [aQuote(79_700, { at: at(-2) })] })
    expect(topicsOf(rows(), when).scanner[0]?.last.state).toBe('stale')
  })

  test('at twenty times the speed half a minute of silence is ten of the market’s', () => {
    const when = moment({ now: at(29), speed: 20, quotes: [aQuote(79_700, { at: at(-400) })] })
    expect(topicsOf(rows(), when).scanner[0]?.last.state).toBe('current')
  })

  test('what is unknown is not made better by being called stale', () => {
    const positions = [aHeld({ state: 'unknown' })]
    expect(topicsOf(rows({ positions }), late).positions[0]?.size.state).toBe('unknown')
  })

  test('an account that the broker has just been asked about is not aged', () => {
    expect(header({ account: anAccount({ asOf: at(9) }) }).viewingAccount.state).toBe('current')
  })
})

test('the money of a short’s stop is lost above its price', () => {
  const positions = [aHeld({ direction: -1, size: 1, average: 79_600 })]
  const protections = [aProtection({ stop: ticks(79_700), covered: 1, size: 1 })]
  const [card] = topicsOf(rows({ positions, protections }), moment()).positions
  expect(card?.stopMoney.value).toBe(-50_000_000)
})
