import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import {
  type BarArena,
  BarReader,
  type BarRow,
  BarWriter,
  createArena,
  repairArena,
} from '../../src/kernel/index.ts'

const bar = (t: number, c = t): BarRow => ({ t, o: c, h: c, l: c, c, v: c })

function series(capacity = 8, sealed = 0) {
  const arena = createArena({ series: 1, capacity })
  const writer = new BarWriter(arena, 0, 1)
  for (let t = 1; t <= sealed; t++) writer.seal(bar(t))
  return { arena, writer, reader: new BarReader(arena, 0) }
}

const instants = (bars: readonly BarRow[]): number[] => bars.map(({ t }) => t)

describe('bars in shared memory', () => {
  test('are there for every reader as soon as they are sealed', () => {
    const { writer, reader, arena } = series()

    writer.seal({ t: 60_000, o: 1, h: 4, l: 0.5, c: 2, v: 10 })

    expect(new BarReader(structuredClone(arena), 0).newest()).toEqual({
      kind: 'sealed',
      bar: { t: 60_000, o: 1, h: 4, l: 0.5, c: 2, v: 10 },
      isBusy: false,
    })
    expect(reader.count()).toBe(1)
  })

  test('of one series are none of another’s', () => {
    const arena = createArena({ series: 3, capacity: [4, 16, 8] })
    const writers = [0, 1, 2].map((index) => new BarWriter(arena, index, 1))
    for (let t = 1; t <= 20; t++) for (const [index, writer] of writers.entries()) writer.seal(bar(t, index))

    const read = [0, 1, 2].map((index) => new BarReader(arena, index).since(0).bars)

    expect(read.map(({ length }) => length)).toEqual([3, 15, 7])
    for (const [index, bars] of read.entries())
      expect(new Set(bars.map(({ c }) => c))).toEqual(new Set([index]))
  })

  test('are read from an index on, and the newest are kept when the ring comes round', () => {
    const { reader } = series(8, 20)

    expect(instants(reader.since(17).bars)).toEqual([18, 19, 20])
    expect(reader.since(0)).toMatchObject({ from: 13 })
    expect(instants(reader.read(14, 16).bars)).toEqual([15, 16])
    expect(reader.since(99).bars).toEqual([])
  })

  test('are copied as columns across the end of the ring', () => {
    const { reader } = series(8, 11)
    const into = Array.from({ length: 6 }, () => new Float64Array(5))

    expect(reader.copyNewest(5, into)).toEqual({ from: 6, length: 5 })
    expect([...(into[4] as Float64Array)]).toEqual([7, 8, 9, 10, 11])
  })

  test('have a forming one, which is the newest until it is sealed', () => {
    const { writer, reader } = series(8, 2)
    expect(reader.forming()).toBeUndefined()

    writer.form(bar(3, 7))
    expect(reader.newest()).toMatchObject({ kind: 'forming', bar: { t: 3, c: 7 } })
    writer.seal(bar(3, 9))

    expect(reader.forming()).toBeUndefined()
    expect(reader.newest()).toMatchObject({ kind: 'sealed', bar: { t: 3, c: 9 } })
  })

  test('are sealed in order: an earlier one is a defect', () => {
    const { writer } = series(8, 2)

    expect(() => writer.seal(bar(2))).toThrow('a sealed bar is later than the last, was 2')
  })

  test('have no newest before there is one', () => {
    expect(series().reader.newest()).toBeUndefined()
  })

  test('need a ring of a power of two', () => {
    expect(() => createArena({ series: 1, capacity: 100 })).toThrow('was 100')
    expect(() => createArena({ series: 2, capacity: [4] })).toThrow('a capacity for each of 2')
  })
})

describe('a correction', () => {
  test('replaces bars, raises the generation, and leaves the other indexes', () => {
    const { writer, reader } = series(8, 5)

    writer.correct([bar(2, 22), bar(3, 33)])

    expect(reader.generation()).toBe(1)
    expect(reader.since(0)).toMatchObject({ from: 0, generation: 1 })
    expect(reader.since(0).bars.map(({ c }) => c)).toEqual([1, 22, 33, 4, 5])
  })

  test('fills a gap in between', () => {
    const { writer, reader } = series(8, 2)
    writer.seal(bar(5))

    writer.correct([bar(3), bar(4)])

    expect(instants(reader.since(0).bars)).toEqual([1, 2, 3, 4, 5])
    writer.seal(bar(6))
    expect(reader.count()).toBe(6)
  })

  test('puts older history in front, and the oldest falls off a full ring', () => {
    const { writer, reader } = series(8)
    for (const t of [10, 11, 12, 13]) writer.seal(bar(t))

    writer.correct([5, 6, 7, 8, 9].map((t) => bar(t)))

    expect(instants(reader.since(0).bars)).toEqual([7, 8, 9, 10, 11, 12, 13])
  })

  test('of a ring that has come round keeps the count’s place', () => {
    const { writer, reader } = series(8, 20)

    writer.correct([bar(19, 99)])

    expect(reader.count()).toBe(20)
    expect(reader.since(18).bars.map(({ c }) => c)).toEqual([99, 20])
  })
})

describe('an owner', () => {
  test('of an earlier incarnation may not write any more', () => {
    const { arena, writer, reader } = series(8, 1)
    const next = new BarWriter(arena, 0, 2)

    expect(() => writer.seal(bar(2))).toThrow('incarnation 1 may not write, the owner is 2')
    expect(() => writer.form(bar(2))).toThrow('incarnation 1')
    expect(() => writer.correct([bar(1)])).toThrow('incarnation 1')
    expect(() => writer.takeOver(1)).toThrow('incarnation 1')
    next.seal(bar(2))

    expect(reader.count()).toBe(2)
  })

  test('that died in the middle of a forming bar keeps no reader waiting', () => {
    const { arena, writer, reader } = series(8, 3)
    writer.form(bar(4))
    Atomics.add(new Int32Array(arena.buffer), 0, 1)

    // Before the repair the reader gives up and says so; after it the bar is stale until a new owner forms one.
    expect(reader.newest()).toMatchObject({ kind: 'sealed', bar: { t: 3 }, isBusy: true })
    expect(repairArena(arena)).toBe(1)
    expect(reader.newest()).toMatchObject({ kind: 'sealed', bar: { t: 3 }, isBusy: false })
    new BarWriter(arena, 0, 2).form(bar(4, 44))
    expect(reader.newest()).toMatchObject({ kind: 'forming', bar: { c: 44 } })
  })

  test('that died in the middle of a correction leaves no history that can be believed', () => {
    const { arena, reader } = series(8, 3)
    Atomics.add(new Int32Array(arena.buffer), 32, 1)

    expect(reader.since(0)).toMatchObject({ bars: [], isBusy: true })
    expect(repairArena(arena)).toBe(1)

    expect(reader.since(0)).toMatchObject({ bars: [], isBusy: false, generation: 1 })
  })
})

describe('a doorbell', () => {
  test('that was not yet answered is not rung again', () => {
    const { writer, reader } = series()

    expect([writer.ring(), writer.ring()]).toEqual([true, false])
    reader.answer()
    expect(writer.ring()).toBe(true)
  })

  test('is each reader’s own', () => {
    const { writer, reader } = series()
    writer.ring(0)

    expect(writer.ring(1)).toBe(true)
    reader.answer(0)
    expect([writer.ring(0), writer.ring(1)]).toEqual([true, false])
  })
})

const isTorn = ({ t, o, h, l, c, v }: BarRow): boolean => t !== o || o !== h || h !== l || l !== c || c !== v

const write = (arena: BarArena, what: string, count: number, epoch = 1): Worker =>
  new Worker(new URL('./support/bar-writer.ts', import.meta.url), {
    workerData: { arena, epoch, what, count },
  })

describe('under a writer at full speed in another thread', () => {
  test('no reader ever sees a torn bar, newest or historical', { timeout: 60_000 }, async () => {
    const arena = createArena({ series: 1, capacity: 1024 })
    const reader = new BarReader(arena, 0)
    const worker = write(arena, 'both', 3_000_000)
    const ended = once(worker, 'exit')
    const seen = { newest: 0, slices: 0, torn: 0, notAscending: 0 }
    while (reader.count() === 0) await new Promise((resolve) => void setImmediate(resolve))

    for (let last = 0; reader.count() < 3_000_000;) {
      for (let n = 0; n < 500; n++) {
        const newest = reader.newest()
        if (!newest) continue
        seen.newest++
        if (isTorn(newest.bar)) seen.torn++
        if (!newest.isBusy && newest.bar.t < last) seen.notAscending++
        last = newest.isBusy ? last : newest.bar.t
      }
      const { bars } = reader.since(reader.count() - 500)
      seen.slices++
      for (const [n, one] of bars.entries()) if (isTorn(one) || one.t - (bars[0]?.t ?? 0) !== n) seen.torn++
    }
    await ended

    expect(seen).toMatchObject({ torn: 0, notAscending: 0 })
    expect(seen.newest).toBeGreaterThan(1_000)
    expect(reader.count()).toBe(3_000_000)
  })

  test('a killed writer holds no reader up, and its successor goes on', { timeout: 60_000 }, async () => {
    const arena = createArena({ series: 1, capacity: 1024 })
    const reader = new BarReader(arena, 0)
    let repaired = 0
    let slowestMs = 0
    for (let epoch = 1; epoch <= 12; epoch++) {
      const before = reader.count()
      const worker = write(arena, 'both', 1_000_000_000, epoch)
      while (reader.count() < before + 1_000) await new Promise((resolve) => void setImmediate(resolve))
      await worker.terminate()
      const startedAt = performance.now()
      const newest = reader.newest()
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
      expect(newest && isTorn(newest.bar)).toBe(false)
      repaired += repairArena(arena)
      expect(reader.newest()?.isBusy).toBe(false)
    }

    expect(slowestMs).toBeLessThan(50)
    expect(repaired).toBeGreaterThanOrEqual(0)
  })
})
