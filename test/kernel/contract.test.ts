import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ActorRef, Delivery } from '../../src/kernel/index.ts'
import { books, type Harness, openKit, openThreads } from './support/harness.ts'
import type { PuppetApi } from './support/puppet.ts'

const OK: Delivery = { ok: true }
const FULL: Delivery = { ok: false, reason: 'full' }
const soon = { timeoutMs: 2_000 }

/** An actor that is busy, and so many places for what comes meanwhile and for what it is busy with. */
async function blocked(h: Harness, capacity: number): Promise<ActorRef<PuppetApi>> {
  const es = await h.puppet('analyst/ES', { mailbox: { capacity, window: 1 } })
  es.tell('hold', 150)
  await h.until(() => books(h.system, 'analyst/ES').in === 1)
  return es
}

/** What an actor may rely on, wherever it runs. */
describe.each([
  ['in one thread', openKit],
  ['on worker threads', openThreads],
] as const)('contract %s', (_, open) => {
  let h: Harness
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    h.get(
      promise.then(
        (value) => value,
        (error: { code?: string }) => error.code,
      ),
    )

  beforeEach(async () => {
    h = await open()
  })
  afterEach(() => h.close())

  describe('messages', () => {
    test('arrive in the order they were sent', async () => {
      const es = await h.puppet('analyst/ES')

      for (let n = 0; n < 50; n++) es.tell('note', n)

      expect(await h.get(es.ask('noted', null, soon))).toEqual(Array.from({ length: 50 }, (__, n) => n))
    })

    test('are copies: the receiver keeps what was said, not what became of it', async () => {
      const es = await h.puppet('analyst/ES')
      const bar = { c: 1 }

      es.tell('note', bar)
      await h.get(es.ask('echo', null, soon))
      bar.c = 2

      expect(await h.get(es.ask('noted', null, soon))).toEqual([{ c: 1 }])
    })

    test('say who sent them', async () => {
      const es = await h.puppet('analyst/ES')
      await h.puppet('executor/paper')

      expect(await h.get(es.ask('relay', { to: 'executor/paper', timeoutMs: 500 }, soon))).toMatchObject({
        from: 'analyst/ES',
      })
    })

    test('sent before the actor exists wait for it', async () => {
      const es = h.system.ref<PuppetApi>('analyst/ES')

      es.tell('note', 'early')
      await h.puppet('analyst/ES')

      expect(await h.get(es.ask('noted', null, soon))).toEqual(['early'])
    })

    test('wait until the actor has started', async () => {
      const starting = h.puppet('analyst/ES', { props: { startMs: 60 } })
      const es = h.system.ref<PuppetApi>('analyst/ES')
      const asked = es.ask('epoch', null, soon)

      expect(await h.get(asked)).toBe(1)
      await h.get(starting)
    })

    test('that nobody handles are dead letters, and an ask of one says so', async () => {
      const es = (await h.puppet('analyst/ES')) as unknown as ActorRef<{ nonsense(q: null): number }>

      expect(await code(es.ask('nonsense', null, soon))).toBe('UNHANDLED')
      await h.until(() => h.system.deadLetters.total === 1)
      expect(h.system.deadLetters.all[0]).toMatchObject({ type: 'nonsense', reason: 'unhandled' })
    })

    test.each(['constructor', 'toString', 'stop', 'drain', 'onSignal'])(
      'cannot call %s, which is not the protocol’s',
      async (type) => {
        const es = (await h.puppet('analyst/ES')) as unknown as ActorRef<Record<string, (q: null) => number>>

        expect(await code(es.ask(type as never, null, soon))).toBe('UNHANDLED')
      },
    )

    test('that cannot be cloned are refused at once, and do not hurt their neighbours', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('note', 1)
      expect(es.tell('note', () => 1)).toEqual({ ok: false, reason: 'uncloneable' })
      expect(es.tell('note', { of: () => 1 })).toEqual({ ok: false, reason: 'uncloneable' })
      es.tell('note', { deep: { of: () => 1 } })
      es.tell('note', 2)

      expect(await h.get(es.ask('noted', null, soon))).toEqual([1, 2])
      await h.until(() => h.system.deadLetters.total === 1)
      expect(h.system.deadLetters.all[0]).toMatchObject({ type: 'note', reason: 'uncloneable' })
      expect(books(h.system, 'analyst/ES')).toMatchObject({ sent: 6, rejected: 2, dead: 1, depth: 0 })
    })
  })

  describe('asks', () => {
    test('bring the answer', async () => {
      const es = await h.puppet('analyst/ES')

      expect(await h.get(es.ask('echo', { tf: '5m' }, soon))).toEqual({ tf: '5m' })
    })

    test('bring what the handler threw, with its code, data and cause', async () => {
      const es = await h.puppet('analyst/ES')

      const error = await h.get(es.ask('crashAsked', 'broken', soon).catch((e: unknown) => e))

      expect(error).toMatchObject({
        name: 'ActorError',
        message: 'broken',
        code: 'CRASHED',
        data: { epoch: 1 },
      })
      expect((error as Error).cause).toMatchObject({ message: 'the cause' })
    })

    test('end when their time is over, and the late answer is a dead letter', async () => {
      const es = await h.puppet('analyst/ES')

      expect(await code(es.ask('holdAsked', 120, { timeoutMs: 40 }))).toBe('ASK_TIMEOUT')
      await h.until(() => h.system.deadLetters.counts['late-reply'] === 1)
    })

    test('have to have a time limit', async () => {
      const es = await h.puppet('analyst/ES')

      expect(() => es.ask('epoch', null, { timeoutMs: Infinity })).toThrow('an ask has a time limit')
      expect(() => es.ask('epoch', null, { timeoutMs: 0 })).toThrow('an ask has a time limit')
    })

    test('end by the caller’s signal, with its reason', async () => {
      const es = await h.puppet('analyst/ES')
      const abort = new AbortController()

      const asked = es.ask('holdAsked', 500, { ...soon, signal: abort.signal })
      abort.abort(Object.assign(new Error('no longer'), { code: 'CHANGED_MIND' }))

      expect(await code(asked)).toBe('CHANGED_MIND')
      expect(await code(es.ask('epoch', null, { ...soon, signal: abort.signal }))).toBe('CHANGED_MIND')
    })

    test('whose time is over before they are handled are not handled', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('hold', 100)
      expect(await code(es.ask('crashAsked', 'not run', { timeoutMs: 30 }))).toBe('ASK_TIMEOUT')
      await h.pass(150)

      expect(await h.get(es.ask('epoch', null, soon))).toBe(1)
      expect(books(h.system, 'analyst/ES')).toMatchObject({ expired: 1, failed: 0 })
    })

    test('inside a handler get no more time than its own asker has left', async () => {
      const es = await h.puppet('analyst/ES')
      await h.puppet('executor/paper')

      const answer = await h.get(
        es.ask('relay', { to: 'executor/paper', timeoutMs: 60_000 }, { timeoutMs: 300 }),
      )

      expect((answer as { leftMs: number }).leftMs).toBeLessThanOrEqual(300)
    })

    test('of an actor that waits for this very answer are refused at once', async () => {
      const es = await h.puppet('analyst/ES')
      await h.puppet('executor/paper')
      await h.puppet('journal')

      const two = { to: 'executor/paper', timeoutMs: 900, onward: { to: 'analyst/ES', timeoutMs: 900 } }
      const three = {
        to: 'executor/paper',
        timeoutMs: 900,
        onward: { to: 'journal', timeoutMs: 900, onward: { to: 'analyst/ES', timeoutMs: 900 } },
      }

      expect(await h.get(es.ask('relay', two, soon))).toBe('ASK_CYCLE')
      expect(await h.get(es.ask('relay', three, soon))).toBe('ASK_CYCLE')
      expect(await h.get(es.ask('relay', { to: 'analyst/ES', timeoutMs: 900 }, soon))).toBe('ASK_CYCLE')
    })

    test('end when the asked one fails for another reason', async () => {
      const es = await h.puppet('analyst/ES')

      const asked = code(es.ask('never', null, { timeoutMs: 30_000 }))
      await h.until(() => books(h.system, 'analyst/ES').in === 1)
      await h.get(h.system.kill('analyst/ES'))

      expect(await asked).toBe('ACTOR_DIED')
    })

    test('of an answer that cannot be cloned end with that', async () => {
      const es = await h.puppet('analyst/ES')

      expect(await code(es.ask('function', null, soon))).toBe('UNCLONEABLE')
    })
  })

  describe('a full mailbox', () => {
    test('refuses, and the sender is told', async () => {
      const es = await blocked(h, 3)

      expect([1, 2, 3].map((n) => es.tell('note', n))).toEqual([OK, OK, FULL])
      expect(await code(es.ask('epoch', null, soon))).toBe('MAILBOX_FULL')
      await h.until(() => books(h.system, 'analyst/ES').depth === 0)
      expect(await h.get(es.ask('noted', null, soon))).toEqual(['held', 1, 2])
    })

    test('drops the oldest of what may be dropped', async () => {
      const es = await blocked(h, 4)

      es.tell('telemetry', 1)
      es.tell('note', 'kept')
      es.tell('telemetry', 2)
      expect(es.tell('telemetry', 3)).toEqual(OK)

      await h.until(() => books(h.system, 'analyst/ES').depth === 0)
      expect(await h.get(es.ask('noted', null, soon))).toEqual(['held', 'kept', 2, 3])
      expect(books(h.system, 'analyst/ES')).toMatchObject({ dropped: 1 })
    })

    test('does not drop what may not be dropped: then the newest is refused', async () => {
      const es = await blocked(h, 3)

      es.tell('note', 1)
      es.tell('note', 2)

      expect(es.tell('telemetry', 3)).toEqual(FULL)
    })

    test('keeps the newest bar of a timeframe, at the place of the one that waited', async () => {
      const es = await blocked(h, 10)

      for (let c = 1; c <= 50; c++) {
        expect(es.tell('bar', { tf: '1m', c })).toEqual(OK)
        if (c === 1) es.tell('note', 'between')
        expect(es.tell('bar', { tf: '5m', c })).toEqual(OK)
      }

      await h.until(() => books(h.system, 'analyst/ES').depth === 0)
      expect(await h.get(es.ask('noted', null, soon))).toEqual([
        'held',
        { tf: '1m', c: 50 },
        'between',
        { tf: '5m', c: 50 },
      ])
      expect(books(h.system, 'analyst/ES')).toMatchObject({ conflated: 98, rejected: 0 })
    })

    test('conflates by a function of the message too', async () => {
      const es = await h.puppet('analyst/ES', { mailbox: { window: 1 } })
      // The key function is loaded from the receiver's module, which takes a moment.
      await h.pass(50)
      es.tell('hold', 150)

      for (let price = 1; price <= 5; price++) {
        es.tell('quote', { price, side: 'bid' })
        es.tell('quote', { price, side: 'ask' })
      }

      await h.until(() => books(h.system, 'analyst/ES').depth === 0)
      expect(await h.get(es.ask('noted', null, soon))).toEqual([
        'held',
        { price: 5, side: 'bid' },
        { price: 5, side: 'ask' },
      ])
    })

    test('of orders fails the receiver: something upstream is broken', async () => {
      const es = await blocked(h, 2)

      es.tell('order', 1)
      expect(es.tell('order', 2)).toEqual(FULL)

      await h.until(() => books(h.system, 'analyst/ES').failures === 1)
      expect(books(h.system, 'analyst/ES').lastFailure).toMatchObject({ kind: 'overflow', type: 'order' })
    })

    test('never blocks the system lane: a stop goes first', async () => {
      const es = await h.puppet('analyst/ES', { mailbox: { capacity: 1_000, window: 1 } })
      for (let n = 0; n < 900; n++) es.tell('hold', 5)

      await h.get(h.system.stop('analyst/ES'))

      expect(h.system.deadLetters.total).toBeGreaterThan(800)
    })
  })

  describe('handlers', () => {
    test('of one actor run one at a time', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('hold', 50)
      es.tell('note', 'after')

      expect(await h.get(es.ask('noted', null, soon))).toEqual(['held', 'after'])
    })

    test('run side by side when concurrency says so', async () => {
      const es = await h.puppet('analyst/ES', { mailbox: { concurrency: 2 } })

      es.tell('hold', 80)
      es.tell('note', 'before')

      expect(await h.get(es.ask('noted', null, soon))).toEqual(['before'])
    })

    test('get more room at run time by configure, without a restart', async () => {
      const es = await h.puppet('analyst/ES')
      es.tell('hold', 200)
      const asked = es.ask('epoch', null, { timeoutMs: 150 })
      h.system.configure('analyst/ES', { concurrency: 2 })

      expect(await code(asked)).toBe(1)
    })

    test('that wait for ever fail their actor after handlerMs', async () => {
      const es = await h.puppet('analyst/ES', { supervise: { limits: { handlerMs: 150 } } })

      expect(await code(es.ask('never', null, { timeoutMs: 5_000 }))).toBe('ACTOR_DIED')
      expect(books(h.system, 'analyst/ES').lastFailure).toMatchObject({ kind: 'stuck', type: 'never' })
    })

    test('that take longer than 100 ms are reported once, by actor and type', async () => {
      const slow: unknown[] = []
      h.system.on('slow', ({ path, type }) => slow.push([path, type]))
      const es = await h.puppet('analyst/ES')

      await h.get(es.ask('holdAsked', 260, soon))
      await h.pass(60)

      expect(slow).toEqual([['analyst/ES', 'holdAsked']])
    })
  })

  describe('an actor that fails', () => {
    test('is restarted with its props, and its state is new', async () => {
      const es = await h.puppet('analyst/ES')
      es.tell('note', 1)

      es.tell('crash', 'broken')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)

      expect(await h.get(es.ask('noted', null, soon))).toEqual([])
      expect(await h.get(es.ask('epoch', null, soon))).toBe(2)
    })

    test('leaves its window as dead letters, and its queue to the next incarnation', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('crash', 'broken')
      for (let n = 1; n <= 9; n++) es.tell('note', n)
      await h.until(
        () => books(h.system, 'analyst/ES').depth === 0 && books(h.system, 'analyst/ES').restarts === 1,
      )

      // The window is 4: the crash and three that were with it.
      expect(await h.get(es.ask('noted', null, soon))).toEqual([4, 5, 6, 7, 8, 9])
      expect(h.system.deadLetters.counts).toEqual({ 'in-flight': 3 })
      expect(books(h.system, 'analyst/ES')).toMatchObject({ sent: 11, settled: 8, dead: 3, depth: 0 })
    })

    test('by a throw in a timer of its clock fails alone too', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('crashInTimer', 'tick')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)

      expect(books(h.system, 'analyst/ES').lastFailure).toMatchObject({ kind: 'timer', message: 'tick' })
    })

    test('does not disturb another in the same thread', async () => {
      const placement = { on: 'pack', group: 'watch', threads: 1 } as const
      const es = await h.puppet('analyst/ES', { placement })
      const nq = await h.puppet('analyst/NQ', { placement })
      nq.tell('note', 'mine')

      es.tell('crash', 'broken')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)

      expect(await h.get(nq.ask('noted', null, soon))).toEqual(['mine'])
      expect(books(h.system, 'analyst/NQ').thread).toBe(books(h.system, 'analyst/ES').thread)
    })

    test('more often than its intensity goes into quarantine, and the others go on', async () => {
      const quarantined: string[] = []
      h.system.on('quarantine', ({ path }) => quarantined.push(path))
      const es = await h.puppet('analyst/ES', { supervise: { backoff: { minMs: 5 } } })
      const nq = await h.puppet('analyst/NQ')

      for (let n = 1; n <= 4; n++) {
        es.tell('crash', 'again')
        await h.until(() => books(h.system, 'analyst/ES').failures === n)
      }
      await h.until(() => books(h.system, 'analyst/ES').state === 'quarantined')

      expect(quarantined).toEqual(['analyst/ES'])
      expect(books(h.system, 'analyst/ES').why).toBe('again')
      await h.until(() => !es.tell('note', 1).ok)
      expect(es.tell('note', 1)).toEqual({ ok: false, reason: 'quarantined' })
      expect(await code(es.ask('epoch', null, soon))).toBe('QUARANTINED')
      expect(await h.get(nq.ask('epoch', null, soon))).toBe(1)
    })

    test('is started again when the operator releases it', async () => {
      const supervise = { intensity: { max: 0 } }
      const es = await h.puppet('analyst/ES', { supervise })
      es.tell('crash', 'once')
      await h.until(() => books(h.system, 'analyst/ES').state === 'quarantined')

      await h.get(h.system.release('analyst/ES'))

      expect(await h.get(es.ask('epoch', null, soon))).toBe(2)
    })

    test('and may not fail escalates: the system halts', async () => {
      const halts: string[] = []
      h.system.on('halt', ({ path }) => halts.push(path))
      const supervise = { intensity: { max: 0 }, exhausted: 'escalate' } as const
      const executor = await h.puppet('executor/paper', { supervise })

      executor.tell('crash', 'unthinkable')
      await h.until(() => halts.length === 1)

      expect(halts).toEqual(['executor/paper'])
      expect(books(h.system, 'executor/paper').state).toBe('failed')
    })

    test('and is temporary is gone', async () => {
      const job = await h.puppet('job', { supervise: { restart: 'temporary' } })

      job.tell('crash', 'over')
      await h.until(() => h.system.snapshot().actors.length === 0)

      expect(job.tell('note', 1)).toEqual({ ok: false, reason: 'stopped' })
    })

    test('cannot act from the grave: a late continuation reaches nobody', async () => {
      const journal = await h.puppet('journal')
      const es = await h.puppet('analyst/ES')

      es.tell('ghost', 'journal')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)
      await h.pass(50)

      expect(await h.get(journal.ask('noted', null, soon))).toEqual([])
    })

    test('takes those with it that cannot live through it', async () => {
      await h.puppet('feed', { supervise: { with: ['analyst/ES'], backoff: { minMs: 5 } } })
      const es = await h.puppet('analyst/ES')

      h.system.ref<PuppetApi>('feed').tell('crash', 'cache lost')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)

      expect(await h.get(es.ask('epoch', null, soon))).toBe(2)
      expect(books(h.system, 'analyst/ES').failures).toBe(0)
    })

    test('releases what it held before the next incarnation starts', async () => {
      const es = await h.puppet('analyst/held', { props: { notesReleases: true } })

      es.tell('crash', 'broken')
      await h.until(() => books(h.system, 'analyst/held').restarts === 1)

      expect(await h.get(es.ask('noted', null, soon))).toEqual([['analyst/held 1']])
    })

    test('has nothing more to say while it releases', async () => {
      const journal = await h.puppet('journal')
      const es = await h.puppet('analyst/ES', { props: { journal: 'journal' } })

      es.tell('crash', 'broken')
      await h.until(() => books(h.system, 'journal').out === 2)

      expect(await h.get(journal.ask('noted', null, soon))).toEqual(['created 1', 'created 2'])
    })
  })

  describe('a start', () => {
    test('that fails is tried again, and given up in quarantine', async () => {
      const starting = h.puppet('analyst/ES', {
        props: { failsToStart: true },
        supervise: { backoff: { minMs: 5 } },
      })

      expect(await code(starting)).toBe('NOT_STARTED')
      expect(books(h.system, 'analyst/ES')).toMatchObject({ state: 'quarantined', epoch: 4, failures: 4 })
    })

    test('that takes longer than startMs has failed', async () => {
      const starting = h.puppet('analyst/ES', {
        props: { startMs: 5_000 },
        supervise: { intensity: { max: 0 }, limits: { startMs: 80 } },
      })

      expect(await code(starting)).toBe('NOT_STARTED')
      expect(books(h.system, 'analyst/ES').lastFailure).toMatchObject({ kind: 'start' })
    })

    test('waits for those it comes after', async () => {
      const [one, other] = [
        h.puppet('journal', { props: { startMs: 60 } }),
        h.puppet('executor/paper', { after: ['journal'], props: { journal: 'journal' } }),
      ]
      await h.get(Promise.all([one, other]))

      expect(books(h.system, 'journal').state).toBe('running')
    })

    test('under a path that is taken is refused', async () => {
      await h.puppet('analyst/ES')

      await expect(h.puppet('analyst/ES')).rejects.toThrow('no two actors have one path, was analyst/ES')
    })

    test('under a path that is not one is refused', async () => {
      await expect(h.puppet('analyst ES')).rejects.toThrow('was analyst ES')
    })

    test('with props that cannot cross is refused', async () => {
      const props = { journal: (() => 1) as unknown as string }

      await expect(h.puppet('analyst/ES', { props })).rejects.toThrow('the props of analyst/ES')
    })
  })

  describe('a watch', () => {
    test('tells of every end of an incarnation', async () => {
      const watcher = await h.puppet('alerter')
      const es = await h.puppet('analyst/ES')
      watcher.tell('watch', 'analyst/ES')
      await h.get(watcher.ask('epoch', null, soon))

      es.tell('crash', 'one')
      await h.until(() => books(h.system, 'analyst/ES').restarts === 1)
      await h.until(() => books(h.system, 'analyst/ES').state === 'running')
      await h.get(h.system.stop('analyst/ES'))
      await h.pass(30)

      expect(await h.get(watcher.ask('signals', null, soon))).toEqual([
        { kind: 'terminated', path: 'analyst/ES', epoch: 1, because: 'failed' },
        { kind: 'terminated', path: 'analyst/ES', epoch: 2, because: 'stopped' },
      ])
    })

    test('of one that has ended before says so at once', async () => {
      const watcher = await h.puppet('alerter')
      await h.puppet('analyst/ES')
      await h.get(h.system.stop('analyst/ES'))

      watcher.tell('watch', 'analyst/ES')
      await h.pass(30)

      expect(await h.get(watcher.ask('signals', null, soon))).toMatchObject([
        { because: 'stopped', epoch: 1 },
      ])
    })

    test('goes through a full mailbox', async () => {
      const watcher = await h.puppet('alerter', { mailbox: { capacity: 2, window: 1 } })
      await h.puppet('analyst/ES')
      watcher.tell('watch', 'analyst/ES')
      await h.until(() => books(h.system, 'alerter').out === 1)
      watcher.tell('hold', 100)
      watcher.tell('note', 'full now')

      await h.get(h.system.kill('analyst/ES'))
      await h.until(() => books(h.system, 'alerter').depth === 0)
      await h.pass(30)

      expect(await h.get(watcher.ask('signals', null, soon))).toMatchObject([{ because: 'failed' }])
    })
  })

  describe('the operator', () => {
    test('pauses an actor: messages wait and conflate meanwhile', async () => {
      const es = await h.puppet('analyst/ES')
      await h.get(h.system.pause('analyst/ES'))
      await h.pass(30)

      for (let c = 1; c <= 9; c++) es.tell('bar', { tf: '1m', c })
      await h.pass(30)
      expect(books(h.system, 'analyst/ES')).toMatchObject({ state: 'paused', out: 0, conflated: 8 })
      await h.get(h.system.resume('analyst/ES'))

      expect(await h.get(es.ask('noted', null, soon))).toEqual([{ tf: '1m', c: 9 }])
      expect(await h.get(es.ask('signals', null, soon))).toEqual([{ kind: 'paused' }, { kind: 'resumed' }])
    })

    test('restarts an actor without losing a message, and without a mark against it', async () => {
      const es = await h.puppet('analyst/ES')
      es.tell('hold', 60)
      for (let n = 1; n <= 9; n++) es.tell('note', n)
      await h.until(() => books(h.system, 'analyst/ES').in > 0)
      await h.pass(10)

      await h.get(h.system.restart('analyst/ES'))

      // What was begun was ended by the old one; the rest went to the new one, in order.
      expect(await h.get(es.ask('noted', null, soon))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(books(h.system, 'analyst/ES')).toMatchObject({ epoch: 2, failures: 0, dead: 0, sent: 11 })
    })

    test('stops an actor: what it was sent and did not do is dead, what comes is refused', async () => {
      const es = await h.puppet('analyst/ES')
      es.tell('hold', 60)
      for (let n = 1; n <= 9; n++) es.tell('note', n)
      const asked = code(es.ask('epoch', null, soon))
      await h.until(() => books(h.system, 'analyst/ES').in > 0)
      await h.pass(10)

      await h.get(h.system.stop('analyst/ES'))

      expect(await asked).toBe('ACTOR_DIED')
      expect(es.tell('note', 1)).toEqual({ ok: false, reason: 'stopped' })
      expect(await code(es.ask('epoch', null, soon))).toBe('ACTOR_DIED')
      await h.until(() => h.system.deadLetters.total === 10)
    })

    test('may use a name again, and its incarnations go on counting', async () => {
      await h.puppet('analyst/ES')
      await h.get(h.system.stop('analyst/ES'))

      const es = await h.puppet('analyst/ES')

      expect(await h.get(es.ask('epoch', null, soon))).toBe(2)
    })

    test('reads what an actor says of itself', async () => {
      const es = await h.puppet('analyst/ES')

      es.tell('say', 'warming up')
      await h.until(() => books(h.system, 'analyst/ES').note !== '')

      expect(books(h.system, 'analyst/ES').note).toBe('warming up')
    })
  })

  describe('children', () => {
    test('are started by their parent and stop with it', async () => {
      const feed = await h.puppet('feed')

      expect(await h.get(feed.ask('spawnChild', 'feed/market', soon))).toBe('feed/market')
      expect(await h.get(h.system.ref<PuppetApi>('feed/market').ask('epoch', null, soon))).toBe(1)
      await h.get(h.system.stop('feed'))

      expect(h.system.snapshot().actors).toEqual([])
    })

    test('of an incarnation that failed are stopped, and the next may start them anew', async () => {
      const feed = await h.puppet('feed')
      await h.get(feed.ask('spawnChild', 'feed/market', soon))

      feed.tell('crash', 'broken')
      await h.until(() => books(h.system, 'feed').epoch === 2)

      expect(await h.get(feed.ask('spawnChild', 'feed/market', soon))).toBe('feed/market')
      expect(await h.get(h.system.ref<PuppetApi>('feed/market').ask('epoch', null, soon))).toBe(2)
    })
  })

  describe('drain', () => {
    test('goes stage by stage: queues are emptied, then the hooks run, then it stops', async () => {
      const journal = await h.puppet('journal')
      const es = await h.puppet('analyst/ES', { props: { journal: 'journal' } })
      es.tell('hold', 60)
      for (let n = 1; n <= 9; n++) es.tell('note', n)

      const draining = h.system.drain({ timeoutMs: 4_000, order: [['analyst/*'], ['journal']] })
      const noted = await h.get(journal.ask('holdAsked', 250, soon).then(() => 'held'))
      const report = await h.get(draining)

      expect(noted).toBe('held')
      expect(report).toMatchObject({
        isClean: true,
        stages: [{ paths: ['analyst/ES'] }, { paths: ['journal'] }],
      })
      expect(h.system.deadLetters.total).toBe(0)
    })

    test('refuses what is new', async () => {
      const es = await h.puppet('analyst/ES')
      es.tell('hold', 100)

      const draining = h.system.drain({ timeoutMs: 2_000 })
      await h.pass(20)

      expect(es.tell('note', 1)).toEqual({ ok: false, reason: 'stopped' })
      expect(await code(es.ask('epoch', null, soon))).toBe('SYSTEM_DRAINING')
      await expect(h.puppet('late')).rejects.toMatchObject({ code: 'SYSTEM_DRAINING' })
      await h.get(draining)
    })

    test('ends a stage that hangs and goes on with the next', async () => {
      await h.puppet('feed', { props: { drainMs: 60_000 } })
      await h.puppet('journal')

      const report = await h.get(h.system.drain({ timeoutMs: 600, order: [['feed'], ['journal']] }))

      expect(report.isClean).toBe(false)
      expect(report.stages.map(({ late }) => late)).toEqual([['feed'], []])
    })

    test('is done once, however often it is asked for', async () => {
      await h.puppet('feed')

      const [one, other] = [h.system.drain({ timeoutMs: 500 }), h.system.drain({ timeoutMs: 500 })]

      expect(await h.get(one)).toBe(await h.get(other))
    })
  })

  describe('placement', () => {
    test('gives each its own thread, or packs a group on as many as it may have', async () => {
      const pack = { on: 'pack', group: 'watch', threads: 2 } as const
      await h.puppet('analyst/ES')
      for (const root of ['A', 'B', 'C', 'D']) await h.puppet(`analyst/watch/${root}`, { placement: pack })
      await h.puppet('tool', { placement: { on: 'here' } })

      const threads = new Map(h.system.snapshot().actors.map(({ path, thread }) => [path, thread]))
      const packed = ['A', 'B', 'C', 'D'].map((root) => threads.get(`analyst/watch/${root}`))

      expect(new Set(packed).size).toBe(2)
      expect(packed).not.toContain(threads.get('analyst/ES'))
      expect(threads.get('tool')).toBe(0)
    })

    test('in the main thread has the same manners', async () => {
      const tool = await h.puppet('tool', { placement: { on: 'here' } })

      tool.tell('crash', 'broken')
      await h.until(() => books(h.system, 'tool').restarts === 1)

      expect(await h.get(tool.ask('epoch', null, soon))).toBe(2)
    })
  })

  test('every message of a day of crashes is accounted for', async () => {
    const supervise = { intensity: { max: 1_000 }, backoff: { minMs: 1, maxMs: 5 } }
    const es = await h.puppet('analyst/ES', { supervise })

    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 15; n++) es.tell('note', n)
      es.tell('bar', { tf: '1m', c: round })
      if (round % 3 === 0) es.tell('crash', 'round')
      if (round % 5 === 0) await h.get(h.system.kill('analyst/ES'))
      await h.pass(4)
    }
    await h.until(() => books(h.system, 'analyst/ES').depth === 0, 'an empty mailbox')

    const { sent, settled, conflated, dropped, rejected, expired, dead } = books(h.system, 'analyst/ES')
    expect(sent).toBe(20 * 16 + 7)
    expect(settled + conflated + dropped + rejected + expired + dead).toBe(sent)
    expect(h.system.deadLetters.total).toBe(dead)
  })
})
