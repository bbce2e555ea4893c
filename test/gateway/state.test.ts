import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type GatewayOptions,
  type JsonObject,
  type RunningGateway,
  createExchange,
  startGateway,
} from '../../src/gateway/index.ts'
import { START, COMBINE, login, roots } from './support.ts'

const MES = 'CON.F.US.MES.H26'
let folder: string
let stateFile: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kael-gateway-'))
  stateFile = join(folder, 'state', 'gateway.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function begin(options: GatewayOptions = {}): Promise<RunningGateway & { lines: string[] }> {
  const lines: string[] = []
  const started = await startGateway({
    seed: 'state',
    start: START,
    instruments: roots('ES', 'MES'),
    stateFile,
    log: (line) => lines.push(line),
    ...options,
  })
  if (!started.ok) throw new Error(started.error)
  return { ...started.value, lines }
}

async function post(
  gateway: RunningGateway,
  path: string,
  token: string,
  body: JsonObject,
): Promise<JsonObject> {
  const answer = await fetch(gateway.rest + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as JsonObject
}

const BRACKET = {
  accountId: COMBINE,
  contractId: MES,
  type: 2,
  side: 0,
  size: 2,
  customTag: 'kept',
  stopLossBracket: { ticks: -400, type: 4 },
  takeProfitBracket: { ticks: 400, type: 1 },
}

describe('a gateway that comes back', () => {
  test('has its position, its working exits, its clock, and still knows its tokens', async () => {
    const first = await begin({ speed: 1 })
    const token = login(first.exchange)
    await post(first, '/api/Order/place', token, BRACKET)
    const before = first.exchange.truth()
    await first.close()

    const second = await begin({ speed: 1 })
    const after = second.exchange.truth()
    const positions = await post(second, '/api/Position/searchOpen', token, { accountId: COMBINE })
    await second.close()

    expect({ ...after, now: 0 }).toEqual({ ...before, now: 0 })
    expect(second.lines.join()).toMatch(/going on at 2026-03-10T12:25:/)
    expect(positions['positions']).toMatchObject([{ size: 2 }])
  })

  test('has what it acknowledged even when it was killed at once', async () => {
    const gateway = await begin({ speed: 1 })
    const token = login(gateway.exchange)
    let left = ''
    for (let i = 0; i < 20; i++) {
      const { orderId } = await post(gateway, '/api/Order/place', token, {
        ...BRACKET,
        customTag: `kept-${i}`,
      })
      // The file as a killed process leaves it: what the answer promised is in it.
      left = readFileSync(stateFile, 'utf8')
      expect(left).toContain(`"id":${orderId as number}`)
    }
    await gateway.close()
    writeFileSync(stateFile, left)

    const again = await begin({ speed: 1 })
    const truth = again.exchange.truth()
    await again.close()
    expect(truth['positions']).toMatchObject([{ contractId: MES, type: 1 }])
    expect(truth['orders']).toHaveLength(60)
  })

  test('refuses a tag that was used before it went', async () => {
    const first = await begin({ speed: 1 })
    const token = login(first.exchange)
    await post(first, '/api/Order/place', token, BRACKET)
    await first.close()

    const second = await begin({ speed: 1 })
    const reply = await post(second, '/api/Order/place', token, BRACKET)
    await second.close()
    expect(reply).toMatchObject({ success: false, errorCode: 2 })
  })

  test('fills what was working exactly as if it had never gone', () => {
    const options = { seed: 'gone', start: START, instruments: roots('MES'), historyDays: 2 }
    const play = (restartAt: number | undefined): JsonObject => {
      let exchange = createExchange(options)
      const token = login(exchange)
      // Exits six ticks away on both sides: within half an hour one of them is met.
      const exits = { stopLossBracket: { ticks: -6, type: 4 }, takeProfitBracket: { ticks: 6, type: 1 } }
      exchange.handle('/api/Order/place', { ...BRACKET, ...exits, customTag: null }, token)
      for (let t: number = START; t < START + 30 * 60_000; t += 777) {
        exchange.advanceTo(t)
        if (restartAt !== undefined && t > restartAt) {
          exchange = createExchange({
            ...options,
            resume: JSON.parse(JSON.stringify(exchange.snapshot())) as never,
          })
          restartAt = undefined
        }
      }
      return exchange.truth()
    }

    const whole = play(undefined)
    expect((whole['trades'] as unknown as JsonObject[]).length).toBeGreaterThan(1)
    for (const seconds of [1, 20, 61, 300]) expect(play(START + seconds * 1_000)).toEqual(whole)
  })

  test('never plays a print twice', () => {
    const options = { seed: 'twice', start: START, instruments: roots('MES'), historyDays: 1 }
    const first = createExchange(options)
    first.advanceTo(START + 90_500)
    const second = createExchange({ ...options, resume: first.snapshot() })

    expect(second.advanceTo(START + 200_000)).toEqual(first.advanceTo(START + 200_000))
    expect(second.quoteOf(MES)).toEqual(first.quoteOf(MES))
  })

  test.each([
    ['another seed', { seed: 'other' }, /the state is of seed state, this is seed other/],
    ['other instruments', { instruments: roots('ES') }, /the state is of instruments ES,MES, these are ES/],
  ])('with %s starts anew and says so in one line', async (_what, options, text) => {
    const first = await begin({ speed: 1 })
    await post(first, '/api/Order/place', login(first.exchange), BRACKET)
    await first.close()

    const second = await begin({ speed: 1, ...options })
    const truth = second.exchange.truth()
    await second.close()
    expect(truth['positions']).toEqual([])
    expect(second.lines).toHaveLength(1)
    expect(second.lines[0]).toMatch(text)
  })

  test('from a state of another format starts anew', async () => {
    const first = await begin({ speed: 1 })
    await first.close()
    writeFileSync(stateFile, readFileSync(stateFile, 'utf8').replace('"format":2', '"format":1'))

    const second = await begin({ speed: 1 })
    await second.close()
    expect(second.lines[0]).toMatch(/starting anew, the state is of another format/)
  })

  test('from a file that is not a state starts anew', async () => {
    const first = await begin({ speed: 1 })
    await first.close()
    writeFileSync(stateFile, '{"format":')

    const second = await begin({ speed: 1 })
    await second.close()
    expect(second.lines[0]).toMatch(/starting anew, the state is not JSON/)
  })
})
