/** Chance that is handed in, so that a run can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number
  /** Whole number in [0, below). */
  int(below: number): number
  /** Standard normal. */
  normal(): number
  /** An independent stream for one site: drawing from it never shifts this one. */
  stream(site: string): Random
}

/**
 * sfc32, seeded by a string through FNV-1a and splitmix32.
 * Source: C. Doty-Humphrey, PractRand (sfc32); G. Steele et al., "Fast splittable PRNGs" (2014).
 */
export function seededRandom(seed: string): Random {
  const mix = splitmix32(fnv1a(seed))
  let a = mix()
  let b = mix()
  let c = mix()
  let counter = 1
  let spare: number | undefined

  function bits(): number {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  // The first outputs still show the seed.
  for (let i = 0; i < 12; i++) bits()

  const next = (): number => bits() / 4_294_967_296

  /** Marsaglia's polar method: two normals a round, the second kept. */
  function normal(): number {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    for (;;) {
      const u = 2 * next() - 1
      const v = 2 * next() - 1
      const s = u * u + v * v
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s)
        spare = v * factor
        return u * factor
      }
    }
  }

  return {
    next,
    int: (below) => Math.floor(next() * below),
    normal,
    stream: (site) => seededRandom(`${seed}/${site}`),
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let t = state ^ (state >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return (t ^ (t >>> 15)) >>> 0
  }
}
