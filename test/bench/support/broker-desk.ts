import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  type OrderDesk,
  type ResolvedContract,
  createMarketData,
  createSession,
  openGateway,
} from '../../../src/brokers/index.ts'
import { createOrderClient } from '../../../src/brokers/topstepx/order-client.ts'
import { type Ticks, epochMs, instrumentOf } from '../../../src/domain/index.ts'
import { DEFAULT_START } from '../../../src/gateway/index.ts'
import { type Fault, type Result, Secret, present, seededRandom } from '../../../src/lib/index.ts'
import { nowNs } from '../measure.ts'

/** The order desk, signed in at a simulated gateway of its own, and what it takes to go round it. */
export interface BrokerDesk {
  readonly rest: string
  readonly token: string
  readonly desk: OrderDesk
  readonly contract: ResolvedContract
  /** The newest close that the gateway's history has. */
  readonly last: Ticks
  close(): Promise<void>
}

/** `speed`: how much faster than real time the gateway counts requests, and we with it. */
export async function openBrokerDesk(root: string, speed: number): Promise<BrokerDesk> {
  const thread = new Worker(new URL('gateway-thread.ts', import.meta.url), { workerData: { speed, root } })
  const [{ rest, userName, apiKey }] = (await once(thread, 'message')) as [Record<string, string>]
  const from = nowNs()
  const clock = {
    now: () => Math.floor(DEFAULT_START + ((nowNs() - from) / 1e6) * speed),
    timeout(ms: number, run: () => void) {
      const timer = setTimeout(run, ms / speed)
      return () => clearTimeout(timer)
    },
  }
  const base = present(rest, 'the address of the gateway')
  const link = openGateway({ rest: base, clock, random: seededRandom('bench') })
  const session = createSession({
    link,
    userName: present(userName, 'a user'),
    apiKey: new Secret(present(apiKey, 'a key')),
  })
  valueOf(await session.login())
  const data = createMarketData(link, session)
  const instrument = instrumentOf(root)
  const contract = present(valueOf(await data.resolveContracts([instrument])).contracts[0], root)
  const to = epochMs(clock.now())
  const window = {
    contractId: contract.contract.id,
    instrument,
    from: epochMs(to - 3_600_000),
    to,
    limit: 60,
  }
  const bars = valueOf(await data.getBars(window)).bars
  return {
    rest: base,
    token: present(session.token(), 'a token').reveal(),
    desk: createOrderClient(link, session),
    contract,
    last: present(bars.at(-1), 'a bar').c,
    async close() {
      session.close()
      link.close()
      await thread.terminate()
    },
  }
}

export function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`)
  return result.value
}
