import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { ROOT } from '../../src/tools/run.ts'
import { type DashboardClient, eventually, signIn } from '../support/dashboard-client.ts'
import { type KaelProcess, startKaelProcess, temporaryFolder } from '../support/kael-process.ts'
import type { PositionCard, Snapshot } from '../../src/wire/index.ts'

interface Truth {
  readonly orders: readonly {
    readonly id: number
    readonly customTag?: string | null
    readonly status: number
    readonly parentOrderId?: number | null
  }[]
  readonly positions: readonly { readonly contractId: string; readonly size: number }[]
}

/** The gateway as a process of its own: it lives on when Kael is killed. */
let gateway: ChildProcess
let address: { rest: string; userHub: string; marketHub: string; userName: string; apiKey: string }
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let kael: KaelProcess

const env = (): Record<string, string> => ({
  TOPSTEPX_API_URL: address.rest,
  TOPSTEPX_USER_HUB_URL: address.userHub,
  TOPSTEPX_MARKET_HUB_URL: address.marketHub,
  TOPSTEPX_USERNAME: address.userName,
  TOPSTEPX_API_KEY: address.apiKey,
})

const truth = async (): Promise<Truth> => (await (await fetch(`${address.rest}/sim/truth`)).json()) as Truth

const entriesOf = ({ orders }: Truth) =>
  orders.filter((each) => each.customTag?.startsWith('k-') === true && each.parentOrderId == null)

async function openPosition(client: DashboardClient): Promise<{ snapshot: Snapshot; card: PositionCard }> {
  const snapshot = await eventually(
    'a protected position',
    () => client.snapshot(),
    ({ topics }) => topics.positions.some((each) => each.protection.value?.kind === 'protected'),
    { withinMs: 300_000 },
  )
  const card = snapshot.topics.positions.find((each) => each.protection.value?.kind === 'protected')
  if (card === undefined) throw new Error('unreachable: it was there')
  return { snapshot, card }
}

beforeAll(async () => {
  folder = await temporaryFolder()
  gateway = spawn(process.execPath, [join(ROOT, 'src/cli/kael.mjs'), 'gateway', '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((done, fail) => {
    gateway.once('exit', (code) => fail(new Error(`the gateway ended with ${code}`)))
    if (gateway.stdout !== null) createInterface({ input: gateway.stdout }).once('line', done)
  })
  address = JSON.parse(line) as typeof address
  kael = await startKaelProcess({ dataDir: folder.path, env: env() })
})

afterAll(async () => {
  await kael?.interrupt()
  gateway?.kill()
  await folder?.remove()
})

describe('kill -9 of the whole platform', () => {
  test('the position, its stop and its history are back, and no order is there twice', async () => {
    const before = await openPosition(await signIn(kael.url, kael.secret))
    const decided = before.snapshot.topics.decisions.map((each) => each.id)

    await kael.kill()
    const whileDead = await truth()
    kael = await startKaelProcess({ dataDir: folder.path, env: env() })
    const client = await signIn(kael.url, kael.secret)
    const now = await truth()

    // The broker goes on without us: what it has is what must be shown.
    const held = now.positions.filter((each) => each.size > 0)
    const after = await eventually(
      'what the broker holds is on the screen, protected',
      () => client.snapshot(),
      ({ topics }) =>
        topics.positions.length === held.length &&
        topics.positions.every(
          (each) => each.protection.value?.kind === 'protected' && each.stop.value !== null,
        ),
      { withinMs: 60_000 },
    )
    expect(after.topics.decisions.map((each) => each.id)).toEqual(expect.arrayContaining(decided))
    expect(after.topics.fills.length).toBeGreaterThanOrEqual(1)
    // Each entry once: the tags of one account are unique, and none was sent while or because we were away.
    const tags = entriesOf(await truth()).map((each) => each.customTag)
    expect(new Set(tags).size).toBe(tags.length)
    expect(entriesOf(whileDead).length).toBeLessThanOrEqual(tags.length)
    const permitted = after.topics.decisions.filter((each) => each.verdict === 'PERMITTED')
    expect(tags.length).toBeLessThanOrEqual(permitted.length)
    expect(after.topics.positions.map((each) => each.contract).toSorted()).toEqual(
      held.map((each) => each.contractId).toSorted(),
    )
    expect(after.topics.fills.map((each) => each.instrument)).toContain(before.card.instrument)
  })
})
