import { describe, expect, test } from 'vitest'
import { type ActorRef, defineActor } from '../../src/kernel/index.ts'
import { createTestKit, type TestKit } from '../../src/kernel/testkit.ts'
import puppet, { type PuppetApi } from './support/puppet.ts'

interface ExecutorApi {
  submit(order: { readonly side: 'buy' | 'sell' }): { readonly ok: boolean }
  halted(why: string): void
}

interface StrategistApi {
  onBar(close: number): void
  outcome(query: null): string[]
}

/** Buys above 100, and says what came of it. */
const strategist = defineActor<StrategistApi, null>('kael:strategist', {
  name: 'strategist',
  create(context) {
    const outcomes: string[] = []
    const executor = context.ref<ExecutorApi>('executor/paper')
    context.clock.timeout(60_000, () => void executor.tell('halted', 'a minute is over'))
    return {
      async onBar(close) {
        if (close <= 100) return
        const { ok } = await executor.ask('submit', { side: 'buy' }, { timeoutMs: 1_000 })
        outcomes.push(ok ? 'accepted' : 'refused')
      },
      outcome: () => outcomes,
    }
  },
})

async function open(seed = 1) {
  const kit = createTestKit({ seed, at: 1_000_000 })
  const executor = kit.probe<ExecutorApi>('executor/paper')
  const actor = await kit.spawn(strategist, { path: 'strategist', props: null })
  return { kit, executor, actor }
}

describe('a probe', () => {
  test('is a list of what it was told', async () => {
    const { kit, executor, actor } = await open()

    actor.tell('onBar', 99)
    actor.tell('onBar', 101)
    await kit.settle()

    expect(executor.expect('submit', ({ side }) => side === 'buy')).toEqual({ side: 'buy' })
    executor.expectNothing()
    expect(executor.told('submit')).toEqual([{ side: 'buy' }])
    await kit.close()
  })

  test('complains with all it was told', async () => {
    const { kit, executor, actor } = await open()
    actor.tell('onBar', 101)
    await kit.settle()

    expect(() => executor.expect('halted')).toThrow('submit {"side":"buy"}')
    expect(() => executor.expectNothing('submit')).toThrow('told more than expected')
    await kit.close()
  })

  test('answers when it is told to, before or after it was asked', async () => {
    const { kit, executor, actor } = await open()
    actor.tell('onBar', 101)
    await kit.settle()

    executor.reply('submit', { ok: false })
    executor.reply('submit', { ok: true })
    actor.tell('onBar', 102)

    expect(await kit.get(actor.ask('outcome', null, { timeoutMs: 100 }))).toEqual(['refused', 'accepted'])
    await kit.close()
  })

  test('answers all of a kind by a rule', async () => {
    const { kit, executor, actor } = await open()
    executor.answer('submit', ({ side }) => ({ ok: side === 'buy' }))

    actor.tell('onBar', 101)

    expect(await kit.get(actor.ask('outcome', null, { timeoutMs: 100 }))).toEqual(['accepted'])
    await kit.close()
  })
})

describe('the test kit', () => {
  test('fires timers when their instant has come, and not before', async () => {
    const { kit, executor } = await open()

    await kit.advance(59_999)
    executor.expectNothing()
    await kit.advance(1)

    executor.expect('halted')
    expect(kit.now()).toBe(1_060_000)
    await kit.close()
  })

  test('ends a thread that hangs after its hungMs, as the watchdog would', async () => {
    const kit = createTestKit()
    const es = await kit.spawn(puppet, { path: 'analyst/ES', props: {} })

    kit.hang('analyst/ES')
    const asked = es.ask('epoch', null, { timeoutMs: 5_000 }).catch((error: { code: string }) => error.code)
    await kit.advance(399)
    expect(kit.system.snapshot().actors[0]).toMatchObject({ failures: 0, state: 'running' })
    await kit.advance(1)

    expect(await kit.get(asked)).toBe('ACTOR_DIED')
    expect(kit.system.snapshot().actors[0]?.lastFailure).toMatchObject({ kind: 'hung' })
    await kit.advance(200)
    expect(await kit.get(es.ask('epoch', null, { timeoutMs: 100 }))).toBe(2)
    await kit.close()
  })

  test('fails an incarnation from outside, and leaves dead letters to look at', async () => {
    const kit = createTestKit()
    const es = await kit.spawn(puppet, { path: 'analyst/ES', props: {} })
    es.tell('hold', 50)
    es.tell('note', 1)
    await kit.settle()

    kit.fail('analyst/ES', new Error('x'))
    await kit.settle()

    expect(kit.deadLetters).toEqual([
      { to: 'analyst/ES', from: 'main', type: 'hold', reason: 'in-flight' },
      { to: 'analyst/ES', from: 'main', type: 'note', reason: 'in-flight' },
    ])
    await kit.close()
  })

  test('fills a mailbox to its brim: a blocked receiver costs its sender no more than its capacity', async () => {
    const kit = createTestKit()
    const es = await kit.spawn(puppet, { path: 'analyst/ES', props: {} })
    es.tell('hold', 10)

    expect(kit.fill('analyst/ES', 10_000, 'note')).toBe(99)
    expect(kit.system.snapshot().actors[0]).toMatchObject({ depth: 100, rejected: 9_901 })
    await kit.close()
  })

  test('has as many orders as seeds, and each is repeatable', async () => {
    const orders = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => orderOf(seed)))

    expect(await orderOf(1)).toBe(orders[0])
    expect(new Set(orders).size).toBeGreaterThan(1)
  })

  test('passes an hour of timers without waiting for it', async () => {
    const kit = createTestKit()
    const es = await kit.spawn(puppet, { path: 'analyst/ES', props: {} })
    es.tell('every', 1_000)

    await kit.advance(60 * 60_000)

    expect((await kit.get(es.ask('noted', null, { timeoutMs: 100 }))).length).toBe(3_600)
    await kit.close()
  })
})

async function settled(kit: TestKit, ref: ActorRef<PuppetApi>): Promise<unknown[]> {
  await kit.settle()
  return kit.get(ref.ask('noted', null, { timeoutMs: 100 }))
}

async function orderOf(seed: number): Promise<string> {
  const kit = createTestKit({ seed })
  const journal = await kit.spawn(puppet, { path: 'journal', props: {} })
  const roots = ['ES', 'NQ', 'YM', 'CL', 'GC']
  const all: ActorRef<PuppetApi>[] = []
  for (const root of roots) all.push(await kit.spawn(puppet, { path: `analyst/${root}`, props: {} }))
  for (const [n, analyst] of all.entries())
    void analyst.ask('pass', { to: 'journal', arg: roots[n] }, { timeoutMs: 500 })
  const noted = await settled(kit, journal)
  await kit.close()
  return noted.join(' ')
}
