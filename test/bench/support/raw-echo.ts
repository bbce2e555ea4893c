/** The reference thread: a bare port and next to nothing behind it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { BarMessage } from './bar-message.ts'

export interface RawData {
  /** What a bar is for: to be sent back, to be counted, or to say when it came. */
  readonly bars: 'echo' | 'count' | 'stamp'
  readonly stamps?: SharedArrayBuffer
  readonly place?: number
}

export type RawMessage = BarMessage | 'told' | 'exit'

const { bars, stamps, place = 0 } = workerData as RawData
const times = stamps && new Float64Array(stamps, 8)
const arrived = stamps && new Int32Array(stamps, 0, 1)
let told = 0

const port = parentPort
port?.on('message', (message: RawMessage) => {
  if (message === 'told') answer(told)
  else if (message === 'exit') process.exit(7)
  else if (bars === 'echo') answer(message)
  else if (bars === 'count') told++
  else stamp()
})

function answer(value: unknown): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port of this process, not a window.
  port?.postMessage(value)
}

function stamp(): void {
  if (times !== undefined) times[place] = Number(process.hrtime.bigint())
  if (arrived !== undefined) Atomics.add(arrived, 0, 1)
}
