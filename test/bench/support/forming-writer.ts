/** Writes the forming bar as fast as it can; every field says the same number, so that a torn bar shows. */
import { workerData } from 'node:worker_threads'
import { type BarArena, BarWriter } from '../../../src/kernel/index.ts'

const { arena, stop } = workerData as { readonly arena: BarArena; readonly stop: SharedArrayBuffer }
const writer = new BarWriter(arena, 0, 1)
const isOver = new Int32Array(stop)
for (let n = 1; Atomics.load(isOver, 0) === 0; n++) writer.form({ t: n, o: n, h: n, l: n, c: n, v: n })
