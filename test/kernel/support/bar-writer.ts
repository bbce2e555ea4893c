/** A thread that writes one series as fast as it can. Every field of a bar says the same number, so a torn one shows. */
import { workerData } from 'node:worker_threads'
import { type BarArena, BarWriter } from '../../../src/kernel/index.ts'

const { arena, epoch, what, count } = workerData as {
  arena: BarArena
  epoch: number
  what: 'form' | 'seal' | 'both'
  count: number
}
const writer = new BarWriter(arena, 0, epoch)
const first = new Int32Array(arena.buffer)[16] ?? 0
for (let n = first + 1; n <= first + count; n++) {
  const bar = { t: n, o: n, h: n, l: n, c: n, v: n }
  if (what !== 'seal') writer.form(bar)
  if (what !== 'form') writer.seal(bar)
}
