import { enableCompileCache } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ActorRef,
  type ActorSystem,
  createSystem,
  type SpawnOptions,
} from '../../../src/kernel/index.ts'
import { createTestKit } from '../../../src/kernel/testkit.ts'
import puppet, { type PuppetApi, type PuppetProps } from './puppet.ts'

// Workers that find their modules compiled start in half the time.
enableCompileCache()

type Options = Partial<SpawnOptions<PuppetProps>>

/** One contract, two grounds: the virtual one and real threads. */
export interface Harness {
  readonly system: ActorSystem
  get<T>(promise: Promise<T>): Promise<T>
  pass(ms: number): Promise<void>
  until(holds: () => boolean, what?: string): Promise<void>
  puppet(path: string, options?: Options): Promise<ActorRef<PuppetApi>>
  close(): Promise<void>
}

export async function openKit(seed = 1): Promise<Harness> {
  const kit = createTestKit({ seed })
  return {
    system: kit.system,
    get: (promise) => kit.get(promise),
    pass: (ms) => kit.advance(ms),
    async until(holds, what = 'it') {
      for (let step = 0; !holds(); step++) {
        if (step === 2_000) throw new Error(`${what} did not come to hold`)
        await kit.advance(10)
      }
    },
    puppet: (path, options = {}) => kit.spawn(puppet, { path, props: {}, ...options }),
    close: () => kit.close(),
  }
}

const logger = new URL('./silent.ts', import.meta.url)

export async function openThreads(): Promise<Harness> {
  const system = await createSystem({ logger, spare: false })
  return {
    system,
    get: (promise) => promise,
    pass: (ms) => sleep(ms),
    async until(holds, what = 'it') {
      for (let step = 0; !holds(); step++) {
        if (step === 5_000) throw new Error(`${what} did not come to hold`)
        await sleep(2)
      }
    },
    puppet: (path, options = {}) => system.spawn(puppet, { path, props: {}, ...options }),
    async close() {
      await system.drain({ timeoutMs: 5_000 })
    },
  }
}

/** Every message of a path is accounted for, and none is left. */
export function books(system: ActorSystem, path: string) {
  const actor = system.snapshot().actors.find((one) => one.path === path)
  if (!actor) throw new Error(`there is no ${path}`)
  return actor
}
