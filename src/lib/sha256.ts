/**
 * SHA-256 (FIPS 180-4) of a text's UTF-8 bytes, as 64 lower-case hex digits.
 *
 * Written here because the layers that need it know no Node: an order's hash must be the same in the gate,
 * in a browser that checks the ledger, and in a simulation.
 */
export function sha256Hex(text: string): string {
  const bytes = padded(utf8(text))
  const state = Uint32Array.from(INITIAL)
  const schedule = new Uint32Array(64)
  for (let offset = 0; offset < bytes.length; offset += 64) compress(state, schedule, bytes, offset)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

const PRIMES = firstPrimes(64)
/** The first 32 bits of the fractional parts of the square roots of the first eight primes. */
const INITIAL = PRIMES.slice(0, 8).map((prime) => fractionBits(prime, 2n))
/** The same of the cube roots of the first sixty-four primes. */
const ROUND = Uint32Array.from(PRIMES.map((prime) => fractionBits(prime, 3n)))

function compress(state: Uint32Array, w: Uint32Array, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 64)
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(i * 4)
  for (let i = 16; i < 64; i++) {
    const x = at(w, i - 15)
    const y = at(w, i - 2)
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)
    w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1
  }

  let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => at(state, i)) as Eight
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const choice = (e & f) ^ (~e & g)
    const t1 = (h + s1 + choice + at(ROUND, i) + at(w, i)) | 0
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const t2 = (s0 + majority) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + word
}

type Eight = [number, number, number, number, number, number, number, number]

const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by))

/** Every index here is within bounds by construction. */
const at = (words: Uint32Array, i: number): number => words[i] ?? 0

function padded(bytes: readonly number[]): Uint8Array {
  const length = Math.ceil((bytes.length + 9) / 64) * 64
  const out = new Uint8Array(length)
  out.set(bytes)
  out[bytes.length] = 0x80
  const view = new DataView(out.buffer)
  view.setUint32(length - 8, Math.floor((bytes.length * 8) / 2 ** 32))
  view.setUint32(length - 4, (bytes.length * 8) >>> 0)
  return out
}

/** A lone surrogate becomes U+FFFD, as every encoder of UTF-8 has it. */
function utf8(text: string): number[] {
  const out: number[] = []
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0
    if (point < 0x80) out.push(point)
    else if (point < 0x800) out.push(0xc0 | (point >> 6), tail(point))
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), tail(point >> 6), tail(point))
    else out.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point))
  }
  return out
}

const tail = (point: number): number => 0x80 | (point & 0x3f)

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** floor(frac(root(prime)) * 2^32), by whole numbers: root(prime * 2^(32 * power)) modulo 2^32. */
function fractionBits(prime: number, power: 2n | 3n): number {
  const wanted = BigInt(prime) << (32n * power)
  let low = 0n
  let high = 1n << 40n
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (middle ** power <= wanted) low = middle
    else high = middle - 1n
  }
  return Number(low & 0xffffffffn)
}
