import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import type { RandomBytes, ServerClock } from './ports.ts'

/** The real clock and the real chance of this machine, for whoever starts the server outside a test. */
export const systemClock: ServerClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

export const systemRandomBytes: RandomBytes = (size) => cryptoRandomBytes(size)
