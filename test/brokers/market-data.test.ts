import { afterEach, describe, expect, test } from 'vitest'
import { epochMs, instrumentOf, ROSTER } from '../../src/domain/index.ts'
import { contractId, frontMonth } from '../../src/domain/calendar/index.ts'
import { createMarketData } from '../../src/brokers/index.ts'
import { type Answer, START, type ScriptedServer, linkTo, scriptedServer, success } from './support.ts'

const AVAILABLE = '/api/Contract/available'
const BARS = '/api/History/retrieveBars'
const MINUTE = 60_000

const servers: ScriptedServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((each) => each.close()))
})

async function dataWith(answers: Readonly<Record<string, Answer>>) {
  const server = await scriptedServer(answers)
  servers.push(server)
  const link = linkTo(server.url)
  return { server, link, data: createMarketData(link, link.tokens) }
}

const aContract = (root: string, fields: Record<string, unknown> = {}): Record<string, unknown> => {
  const instrument = instrumentOf(root)
  return {
    id: contractId(instrument, frontMonth(instrument, START)),
    name: `${root}H6`,
    description: instrument.description,
    tickSize: instrument.tickSize,
    tickValue: instrument.tickValue / 1e6,
    activeContract: true,
    symbolId: instrument.symbolId,
    ...fields,
  }
}

describe('contracts', () => {
  test('all thirteen are found by symbol id in one call, with live false', async () => {
    const { data, server } = await dataWith({
      [AVAILABLE]: () => success({ contracts: ROSTER.map((each) => aContract(each.root)).toReversed() }),
    })

    const found = await data.resolveContracts(ROSTER)

    expect(found.ok && found.value.contracts.map((each) => each.instrument.root)).toEqual(
      ROSTER.map((each) => each.root),
    )
    expect(found.ok && found.value.refused).toEqual([])
    expect(server.asked.map((each) => each.body)).toEqual([{ live: false }])
  })

  test('a tick size or value other than ours disables that instrument alone, and says both numbers', async () => {
    const { data } = await dataWith({
      [AVAILABLE]: () =>
        success({
          contracts: [
            aContract('MNQ', { tickSize: 0.5 }),
            aContract('MES', { tickValue: 1.2 }),
            aContract('GC'),
          ],
        }),
    })

    const found = await data.resolveContracts(['MNQ', 'MES', 'GC', 'CL'].map(instrumentOf))

    expect(found.ok && found.value.contracts.map((each) => each.instrument.root)).toEqual(['GC'])
    expect(found.ok && found.value.refused).toEqual([
      { root: 'MNQ', reason: expect.stringContaining('is 0.5, ours is 0.25') },
      { root: 'MES', reason: expect.stringContaining('1200000 micro-dollars, ours is 1250000') },
      { root: 'CL', reason: 'the broker lists no active contract of F.US.CLE' },
    ])
  })

  test('of two months that both claim to be active the one of the calendar is taken', async () => {
    const front = aContract('ES')
    const next = aContract('ES', { id: 'CON.F.US.EP.Z26', name: 'ESZ6' })
    const { data } = await dataWith({ [AVAILABLE]: () => success({ contracts: [next, front] }) })

    const found = await data.resolveContracts([instrumentOf('ES')])

    expect(found.ok && found.value.contracts[0]?.contract.id).toBe(front['id'])
  })

  test('an old fixture without symbol ids still resolves', async () => {
    const { data } = await dataWith({
      [AVAILABLE]: () => success({ contracts: [aContract('NQ', { symbolId: undefined })] }),
    })

    const found = await data.resolveContracts([instrumentOf('NQ')])

    expect(found.ok && found.value.contracts).toHaveLength(1)
  })
})

describe('history', () => {
  const from = epochMs(START - 10 * MINUTE)
  const request = {
    contractId: 'CON.F.US.MES.H26',
    instrument: instrumentOf('MES'),
    from,
    to: epochMs(START),
    limit: 500,
  }
  const row = (minutesAgo: number, fields: Record<string, unknown> = {}): Record<string, unknown> => ({
    t: new Date(START - minutesAgo * MINUTE).toISOString().replace('Z', '+00:00'),
    o: 6_405.25,
    h: 6_406,
    l: 6_405,
    c: 6_405.75,
    v: 120,
    ...fields,
  })

  test('comes newest first and leaves oldest first, in ticks, each minute once', async () => {
    const { data, server } = await dataWith({
      [BARS]: () => success({ bars: [row(1), row(2), row(2), row(3)] }),
    })

    const reply = await data.getBars(request)

    expect(reply.ok && reply.value.bars).toEqual(
      [3, 2, 1].map((ago) => ({
        t: START - ago * MINUTE,
        o: 25_621,
        h: 25_624,
        l: 25_620,
        c: 25_623,
        v: 120,
      })),
    )
    expect(server.asked[0]?.body).toEqual({
      contractId: 'CON.F.US.MES.H26',
      live: false,
      startTime: '2026-03-10T13:20:00.000Z',
      endTime: '2026-03-10T13:30:00.000Z',
      unit: 2,
      unitNumber: 1,
      limit: 500,
      includePartialBar: false,
    })
  })

  test('the minute that still runs and what lies outside the window are left out', async () => {
    const { data } = await dataWith({
      [BARS]: () => success({ bars: [row(-1), row(0), row(1), row(11)] }),
    })

    const reply = await data.getBars({ ...request, to: epochMs(START + 5 * MINUTE) })

    expect(reply.ok && reply.value.bars.map((each) => each.t)).toEqual([START - MINUTE])
    expect(reply.ok && reply.value.dropped).toBe(0)
  })

  test('a bar off the grid, upside down, without volume or off the minute is dropped and counted', async () => {
    const { data } = await dataWith({
      [BARS]: () =>
        success({
          bars: [
            row(1),
            row(2, { c: 6_405.62 }),
            row(3, { h: 6_404 }),
            row(4, { v: null }),
            row(5, { t: new Date(START - 1_000).toISOString() }),
            row(6, { o: 'NaN' }),
            null,
          ],
        }),
    })

    const reply = await data.getBars(request)

    expect(reply.ok && [reply.value.bars.length, reply.value.dropped]).toEqual([1, 6])
  })

  test('a reply as long as the limit says that older bars may be missing', async () => {
    const { data } = await dataWith({ [BARS]: () => success({ bars: [row(1), row(2)] }) })

    const cut = await data.getBars({ ...request, limit: 2 })
    const whole = await data.getBars({ ...request, limit: 3 })

    expect([cut.ok && cut.value.isCut, whole.ok && whole.value.isCut]).toEqual([true, false])
  })

  test('no more than 20,000 bars are asked for at once', async () => {
    const { data, server } = await dataWith({ [BARS]: () => success({ bars: [] }) })

    await data.getBars({ ...request, limit: 50_000 })

    expect(server.asked[0]?.body['limit']).toBe(20_000)
  })

  test('has a bucket of its own: a backfill never takes the tokens of trading', async () => {
    const { data, link } = await dataWith({ [BARS]: () => success({ bars: [] }) })
    const before = link.general.free()

    await data.getBars(request)

    expect(link.general.free()).toBe(before)
    expect(link.bars.free()).toBe(19)
  })
})
