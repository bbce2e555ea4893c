import type { DeadLetter, DeathReason } from './envelope.ts'

/** Messages that nobody could take: the last of them, and how many of each reason there ever were. */
export class DeadLetters {
  readonly #ring: DeadLetter[] = []
  readonly #counts = new Map<DeathReason, number>()
  readonly #max: number

  constructor(max = 1_000) {
    this.#max = max
  }

  /** The last ones, oldest first. */
  get all(): readonly DeadLetter[] {
    return this.#ring
  }

  get counts(): Readonly<Partial<Record<DeathReason, number>>> {
    return Object.fromEntries(this.#counts)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  add(letter: DeadLetter): void {
    this.#ring.push(letter)
    if (this.#ring.length > this.#max) this.#ring.shift()
    this.count(letter.reason, 1)
  }

  /** Some of which no letter was kept. */
  count(reason: DeathReason, by: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + by)
  }
}
