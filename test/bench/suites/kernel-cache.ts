import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { BarReader, type BarRow, BarWriter, createArena } from '../../../src/kernel/index.ts'
import { alternate, nowNs, nsPerCall } from '../measure.ts'
import { type BenchRow, atMost, ratioRow } from '../report.ts'

const ROUNDS = 5
const BARS = 500
const READS = 1_000_000
const READS_A_TURN = 1_000
/** Where the kernel's layout has the forming bar of the first series: the unlocked reads look there. */
const FORMING_BYTES = 13 * 16

export async function cacheRows(): Promise<readonly BenchRow[]> {
  return [...(await costRows()), await tornRow()]
}

async function costRows(): Promise<readonly BenchRow[]> {
  const arena = createArena({ series: 1, capacity: 1_024 })
  const writer = new BarWriter(arena, 0, 1)
  const reader = new BarReader(arena, 0)
  for (let t = 1; t <= 900; t++) writer.seal({ t, o: 1, h: 2, l: 0, c: 1, v: t })
  const plain = new Float64Array(new SharedArrayBuffer(48))
  const into = Array.from({ length: 6 }, () => new Float64Array(BARS))
  const from = Array.from({ length: 6 }, () => new Float64Array(new SharedArrayBuffer(8 * 1_024)))
  let sink = 0
  let t = 1_000

  const store = (n: number): void => {
    plain[0] = n
    plain[1] = 1
    plain[2] = 2
    plain[3] = 0
    plain[4] = 1
    plain[5] = n
  }
  const load = (): void => {
    sink += (plain[0] as number) + (plain[1] as number) + (plain[2] as number)
    sink += (plain[3] as number) + (plain[4] as number) + (plain[5] as number)
  }
  const write = await alternate(ROUNDS, {
    ours: () => nsPerCall((n) => writer.form({ t: t++, o: 1, h: 2, l: 0, c: 1, v: n })),
    reference: () => nsPerCall(store),
  })
  const read = await alternate(ROUNDS, {
    ours: () =>
      nsPerCall(() => {
        const bar = reader.newest()?.bar
        if (bar !== undefined) sink += bar.t + bar.o + bar.h + bar.l + bar.c + bar.v
      }),
    reference: () => nsPerCall(load),
  })
  const copy = await alternate(ROUNDS, {
    ours: () => nsPerCall(() => void (sink += reader.copyNewest(BARS, into).length), { batch: 100 }),
    reference: () =>
      nsPerCall(
        () => {
          for (const [at, column] of from.entries()) into[at]?.set(column.subarray(400, 400 + BARS), 0)
        },
        { batch: 100 },
      ),
  })
  if (Number.isNaN(sink)) throw new Error('a sum of bars is a number')
  return [
    ratioRow('newest bar from the cache | six plain loads', 'ns', read, atMost(5)),
    ratioRow('newest bar written | six plain stores', 'ns', write, atMost(6)),
    ratioRow(`${BARS} bars from the cache | plain copy of the columns`, 'ns', copy, atMost(1.1)),
  ]
}

/** A million reads while another thread writes as fast as it can, beside as many that do not look at the lock. */
async function tornRow(): Promise<BenchRow> {
  const arena = createArena({ series: 1, capacity: 1_024 })
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const thread = new Worker(new URL('../support/forming-writer.ts', import.meta.url), {
    workerData: { arena, stop: stop.buffer },
  })
  const reader = new BarReader(arena, 0)
  while (reader.newest() === undefined) await sleep(1)

  // In turns and until an unlocked read was torn: before that the two threads have not met.
  const row = new Float64Array(arena.buffer, FORMING_BYTES, 6)
  let [torn, unlocked, reads] = [0, 0, 0]
  for (
    const end = nowNs() + 20e9;
    (reads < READS || unlocked === 0) && nowNs() < end;
    reads += READS_A_TURN
  ) {
    torn += tornReads(() => {
      const newest = reader.newest()
      return newest === undefined || newest.isBusy ? undefined : newest.bar
    })
    unlocked += tornReads(() => ({
      t: row[0] as number,
      o: row[1] as number,
      h: row[2] as number,
      l: row[3] as number,
      c: row[4] as number,
      v: row[5] as number,
    }))
  }
  Atomics.store(stop, 0, 1)
  await thread.terminate()
  const share = (count: number): number => (1e6 * count) / reads
  return {
    ...ratioRow('torn bars of a million reads, writer at full speed | unlocked reads', 'bars', {
      ours: share(torn),
      reference: share(unlocked),
    }),
    target: '<= 0',
    ok: torn === 0 && unlocked > 0 && reads >= READS,
  }
}

/** So many bars that were really read; how many of them were half of one and half of another. */
function tornReads(read: () => BarRow | undefined): number {
  let torn = 0
  for (let reads = 0; reads < READS_A_TURN;) {
    const bar = read()
    if (bar === undefined) continue
    reads++
    const { t, o, h, l, c, v } = bar
    if (o !== t || h !== t || l !== t || c !== t || v !== t) torn++
  }
  return torn
}
