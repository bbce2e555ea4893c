/** The limit of what one thread can tell another: a ring in shared memory whose reader sleeps when it is empty. */
const SLOTS = 4_096
const NUMBERS = 8
const WRITTEN = 0
const READ = 1
const SLEEPS = 2
const HEADER_BYTES = 64
const SLICE_MS = 50

export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + SLOTS * NUMBERS * 8)
}

/** Writes so many messages and waits until the reader has taken the last. */
export function writeRing(ring: SharedArrayBuffer, count: number): void {
  const words = new Int32Array(ring, 0, 3)
  const numbers = new Float64Array(ring, HEADER_BYTES)
  let written = Atomics.load(words, WRITTEN)
  for (let index = 0; index < count; index++) {
    while (written - Atomics.load(words, READ) >= SLOTS) Atomics.wait(words, READ, written - SLOTS, 1)
    const at = (written % SLOTS) * NUMBERS
    for (let field = 0; field < NUMBERS; field++) numbers[at + field] = index
    Atomics.store(words, WRITTEN, ++written)
    if (Atomics.load(words, SLEEPS) === 1) Atomics.notify(words, WRITTEN)
  }
  for (let read = Atomics.load(words, READ); read !== written; read = Atomics.load(words, READ))
    Atomics.wait(words, READ, read, 1)
}

/** Takes messages for ever; the sum keeps the reads from being left out. */
export function readRing(ring: SharedArrayBuffer): never {
  const words = new Int32Array(ring, 0, 3)
  const numbers = new Float64Array(ring, HEADER_BYTES)
  let read = 0
  let sum = 0
  for (;;) {
    const written = Atomics.load(words, WRITTEN)
    if (written === read) {
      Atomics.store(words, SLEEPS, 1)
      Atomics.wait(words, WRITTEN, read, SLICE_MS)
      Atomics.store(words, SLEEPS, 0)
      continue
    }
    for (; read < written; read++)
      for (let field = 0; field < NUMBERS; field++) sum += numbers[(read % SLOTS) * NUMBERS + field] as number
    Atomics.store(words, READ, read)
    Atomics.notify(words, READ)
    numbers[0] = sum > -1 ? (numbers[0] as number) : 0
  }
}
