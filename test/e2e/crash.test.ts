import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentSource, readConfiguration } from '../../src/config/index.ts'
import { type RunningKael, startKael } from '../../src/main.ts'
import { type DashboardClient, eventually, signIn } from '../support/dashboard-client.ts'
import { temporaryFolder } from '../support/kael-process.ts'
import type { CandlesReply, Snapshot } from '../../src/wire/index.ts'

const MINUTE_MS = 60_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let kael: RunningKael
let client: DashboardClient

const actorOf = ({ topics }: Snapshot, path: string) => topics.actors.find((each) => each.path === path)

async function minutesOf(instrument: string): Promise<readonly number[]> {
  const { body } = await client.get(`/api/v1/candles?instrument=${instrument}&timeframe=1m&limit=120`)
  return (body as CandlesReply).bars.map(([t]) => t)
}

async function entriesAtBroker(): Promise<readonly string[]> {
  const reply = await fetch(`${kael.gateway.rest}/sim/truth`)
  const { orders } = (await reply.json()) as {
    orders: { customTag?: string | null; parentOrderId?: number | null }[]
  }
  return orders.flatMap(({ customTag, parentOrderId }) =>
    customTag?.startsWith('k-') === true && parentOrderId == null ? [customTag] : [],
  )
}

beforeAll(async () => {
  folder = await temporaryFolder()
  const configuration = readConfiguration([
    environmentSource({ KAEL_DATA_DIR: folder.path, KAEL_PORT: '0', KAEL_INSTRUMENTS: 'MES,MNQ,MCL,MGC' }),
  ])
  if (!configuration.ok) throw new Error('the configuration of this test is valid')
  kael = await startKael(configuration.value, { say: () => undefined })
  client = await signIn(kael.url, kael.secret)
  await eventually(
    'all instruments current',
    () => client.get('/health/ready'),
    ({ status }) => status === 200,
    { withinMs: 60_000 },
  )
})

afterAll(async () => {
  await kael?.stop()
  await folder?.remove()
})

describe('a worker that dies while the platform runs', () => {
  test('an analyst comes back, the screen shows that it was away, and nobody else was touched', async () => {
    await kael.system.kill('analyst/MNQ')

    const after = await eventually(
      'the analyst is back',
      () => client.snapshot(),
      (seen) =>
        (actorOf(seen, 'analyst/MNQ')?.restarts ?? 0) > 0 &&
        actorOf(seen, 'analyst/MNQ')?.state.value === 'live',
      { withinMs: 60_000 },
    )
    expect(actorOf(after, 'analyst/MNQ')?.lastFailure).toBeTruthy()
    expect(actorOf(after, 'analyst/MES')?.restarts).toBe(0)
    expect(actorOf(after, 'feed')?.restarts).toBe(0)
  })

  test('the feed comes back, every instrument is current again and its minutes have no hole', async () => {
    await kael.system.kill('feed')

    await eventually(
      'the feed is back',
      () => client.snapshot(),
      (seen) => (actorOf(seen, 'feed')?.restarts ?? 0) > 0 && actorOf(seen, 'feed')?.state.value === 'live',
      { withinMs: 60_000 },
    )
    await eventually(
      'all instruments current',
      () => client.get('/health/ready'),
      ({ status }) => status === 200,
      { withinMs: 60_000 },
    )
    // The minute of the crash is over after this, and history has answered for it.
    const from = (await client.snapshot()).at
    await eventually(
      'three more minutes',
      () => client.snapshot(),
      ({ at }) => at > from + 3 * MINUTE_MS,
      { withinMs: 60_000 },
    )

    for (const instrument of ['MES', 'MNQ']) {
      const minutes = await minutesOf(instrument)
      const holes = minutes.filter((t, index) => index > 0 && t - (minutes[index - 1] ?? t) !== MINUTE_MS)
      expect({ instrument, holes: holes.map((t) => new Date(t).toISOString()) }).toEqual({
        instrument,
        holes: [],
      })
    }
  })

  test('bars of the crash equal the gateway’s own', async () => {
    const { at, instruments } = await client.snapshot()
    const contract = instruments.find((each) => each.root === 'MNQ')
    const own = (await client.get('/api/v1/candles?instrument=MNQ&timeframe=1m&limit=60'))
      .body as CandlesReply
    const login = await post('/api/Auth/loginKey', {
      userName: kael.gateway.userName,
      apiKey: kael.gateway.apiKey,
    })
    const found = await post(
      '/api/Contract/search',
      { searchText: 'MNQ', live: false },
      login['token'] as string,
    )
    const id = (found['contracts'] as { id: string; activeContract: boolean; symbolId: string }[]).find(
      (each) => each.activeContract && each.symbolId === 'F.US.MNQ',
    )?.id
    const history = await post(
      '/api/History/retrieveBars',
      {
        contractId: id,
        live: false,
        startTime: new Date(at - 120 * MINUTE_MS).toISOString(),
        endTime: new Date(at).toISOString(),
        unit: 2,
        unitNumber: 1,
        limit: 500,
        includePartialBar: false,
      },
      login['token'] as string,
    )
    const theirs = new Map(
      (history['bars'] as { t: string; o: number; h: number; l: number; c: number }[]).map((bar) => [
        Date.parse(bar.t),
        bar,
      ]),
    )
    const size = contract?.tickSize ?? Number.NaN

    // The newest two may still be forming or in correction.
    const compared = own.bars.slice(0, -2).filter(([t]) => theirs.has(t))
    expect(compared.length).toBeGreaterThan(40)
    for (const [t, o, h, l, c] of compared) {
      const bar = theirs.get(t)
      expect([o, h, l, c].map((price) => price * size)).toEqual([bar?.o, bar?.h, bar?.l, bar?.c])
    }
  })

  test('no order is there twice', async () => {
    const tags = await entriesAtBroker()
    expect(new Set(tags).size).toBe(tags.length)
  })
})

async function post(path: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const reply = await fetch(`${kael.gateway.rest}${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  return (await reply.json()) as Record<string, unknown>
}
