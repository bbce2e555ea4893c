/**
 * Bars in shared memory: six numeric columns, one writer, any number of readers in any thread. Sealed bars are
 * append-only in a ring; the bar that still forms has a place of its own under a sequence lock.
 */
import { ActorError } from './errors.ts'
import { invariant } from '../lib/index.ts'

export interface BarRow {
  readonly t: number
  readonly o: number
  readonly h: number
  readonly l: number
  readonly c: number
  readonly v: number
}

/** Plain data, so that it goes in an actor's props. */
export interface BarArena {
  readonly buffer: SharedArrayBuffer
  /** By series: places of its ring, a power of two, and where its words begin. */
  readonly series: readonly { readonly capacity: number; readonly at: number }[]
}

export interface ArenaShape {
  readonly series: number
  /** One for all, or one a series. A ring holds at least twice the longest window that is read. */
  readonly capacity: number | readonly number[]
}

const HEADER_BYTES = 256
const COLUMNS = 6
const FLOAT = Float64Array.BYTES_PER_ELEMENT

export function createArena({ series, capacity }: ArenaShape): BarArena {
  const capacities = typeof capacity === 'number' ? Array.from({ length: series }, () => capacity) : capacity
  invariant(capacities.length === series, `there is a capacity for each of ${series} series`)
  let at = 0
  const places = capacities.map((one) => {
    invariant(
      Number.isInteger(one) && one >= 2 && (one & (one - 1)) === 0,
      `a capacity is a power of two, was ${one}`,
    )
    const place = { capacity: one, at }
    at += HEADER_BYTES + COLUMNS * FLOAT * one
    return place
  })
  return { buffer: new SharedArrayBuffer(at), series: places }
}

/** Words of the header, each group on a cache line of its own. */
const SEQUENCE = 0
const IS_STALE = 1
const COUNT = 16
const GENERATION = 32
const EPOCH = 33
const DOORBELL = 48
const FORMING_AT = 13 * 16

/** Reads of a bar that is being written all the time give up after so many and take the last sealed one. */
const TRIES_MAX = 1_000

/** Columns t o h l c v. */
type Columns = readonly [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]

class View {
  protected readonly words: Int32Array
  protected readonly columns: Columns
  protected readonly formingRow: Float64Array
  protected readonly mask: number
  readonly capacity: number

  constructor({ buffer, series }: BarArena, index: number) {
    const place = series[index]
    invariant(place !== undefined, `series ${index} is one of ${series.length}`)
    this.capacity = place.capacity
    this.mask = place.capacity - 1
    this.words = new Int32Array(buffer, place.at, HEADER_BYTES / 4)
    this.formingRow = new Float64Array(buffer, place.at + FORMING_AT, COLUMNS)
    const column = (at: number): Float64Array =>
      new Float64Array(buffer, place.at + HEADER_BYTES + at * FLOAT * place.capacity, place.capacity)
    this.columns = [column(0), column(1), column(2), column(3), column(4), column(5)]
  }

  protected rowAt(index: number): BarRow {
    const at = index & this.mask
    const { columns } = this
    return {
      t: columns[0][at] as number,
      o: columns[1][at] as number,
      h: columns[2][at] as number,
      l: columns[3][at] as number,
      c: columns[4][at] as number,
      v: columns[5][at] as number,
    }
  }
}

/** A later incarnation of the owner writes this series now. */
export class WriterFenced extends ActorError {
  constructor(epoch: number, owner: number) {
    super('WRITER_FENCED', `incarnation ${epoch} may not write, the owner is ${owner}`, { epoch, owner })
  }
}

/** One series' only writer. Every method throws `WriterFenced` once a later incarnation has taken over. */
export class BarWriter extends View {
  #epoch = 0
  #count = 0

  constructor(arena: BarArena, index: number, epoch: number) {
    super(arena, index)
    this.takeOver(epoch)
  }

  /** From now on only this incarnation may write. What a dead one left half written is repaired. */
  takeOver(epoch: number): void {
    const owner = Atomics.load(this.words, EPOCH)
    if (owner > epoch) throw new WriterFenced(epoch, owner)
    this.#epoch = epoch
    Atomics.store(this.words, EPOCH, epoch)
    repairWords(this.words)
    this.#count = Atomics.load(this.words, COUNT)
  }

  /** Appends a closed bar. The store of the count is what publishes it. */
  seal(bar: BarRow): void {
    this.#check()
    const count = this.#count
    invariant(
      count === 0 || bar.t > (this.columns[0][(count - 1) & this.mask] as number),
      `a sealed bar is later than the last, was ${bar.t}`,
    )
    this.#put(count, bar)
    this.#count = count + 1
    Atomics.store(this.words, COUNT, count + 1)
  }

  /** Replaces the bar that still forms. */
  form(bar: BarRow): void {
    this.#check()
    const row = this.formingRow
    // An add is a full barrier, a plain store is not.
    Atomics.add(this.words, SEQUENCE, 1)
    row[0] = bar.t
    row[1] = bar.o
    row[2] = bar.h
    row[3] = bar.l
    row[4] = bar.c
    row[5] = bar.v
    this.words[IS_STALE] = 0
    Atomics.add(this.words, SEQUENCE, 1)
  }

  /**
   * Puts right or fills in history: bars of an instant that is there replace it, others are put between. Raises the
   * generation, so that readers take a new snapshot. Instants ascend; what does not fit the ring falls off its old end.
   */
  correct(bars: readonly BarRow[]): void {
    this.#check()
    const merged = this.#merged(bars)
    const dropped = Math.max(0, merged.length - (this.capacity - 1))
    const kept = merged.slice(dropped)
    // Indexes of what did not change stay, where they can: the first kept bar keeps its place in the count.
    const first = Math.max(0, this.#count - (this.capacity - 1)) + dropped
    Atomics.add(this.words, GENERATION, 1)
    for (const [offset, bar] of kept.entries()) this.#put(first + offset, bar)
    this.#count = first + kept.length
    Atomics.store(this.words, COUNT, this.#count)
    Atomics.add(this.words, GENERATION, 1)
  }

  /** Before telling a reader (0 to 30) of news: false when it was told and has not looked since. */
  ring(reader = 0): boolean {
    const bit = 1 << reader
    return (Atomics.or(this.words, DOORBELL, bit) & bit) === 0
  }

  #check(): void {
    const owner = Atomics.load(this.words, EPOCH)
    if (owner !== this.#epoch) throw new WriterFenced(this.#epoch, owner)
  }

  #put(index: number, bar: BarRow): void {
    const at = index & this.mask
    const { columns } = this
    columns[0][at] = bar.t
    columns[1][at] = bar.o
    columns[2][at] = bar.h
    columns[3][at] = bar.l
    columns[4][at] = bar.c
    columns[5][at] = bar.v
  }

  #merged(bars: readonly BarRow[]): BarRow[] {
    const byInstant = new Map<number, BarRow>()
    for (let index = Math.max(0, this.#count - (this.capacity - 1)); index < this.#count; index++) {
      const row = this.rowAt(index)
      byInstant.set(row.t, row)
    }
    for (const bar of bars) byInstant.set(bar.t, bar)
    return [...byInstant.values()].toSorted((a, b) => a.t - b.t)
  }
}

export interface BarSlice {
  /** Index of the first: later than asked when the ring no longer has the older ones. */
  readonly from: number
  readonly generation: number
  readonly bars: readonly BarRow[]
  /** History was being rewritten at every try: there are no bars, ask again. */
  readonly isBusy: boolean
}

export interface Newest {
  readonly kind: 'forming' | 'sealed'
  readonly bar: BarRow
  /** The forming bar was being written at every try: this is the last sealed one. */
  readonly isBusy: boolean
}

/** What a reader needs: shared memory does not cross machines, a remote form has the same methods. */
export interface BarSource {
  /** Bars ever sealed; the index of the next. */
  count(): number
  /** Raised whenever history was corrected: then everything read before is to be read again. */
  generation(): number
  newest(): Newest | undefined
  /** Undefined when none forms, it is stale, or it is busy. */
  forming(): BarRow | undefined
  read(from: number, to: number): BarSlice
  since(index: number): BarSlice
}

export class BarReader extends View implements BarSource {
  readonly #row = new Float64Array(COLUMNS)
  /** Reads that were repeated because a writer was faster. */
  retries = 0

  count(): number {
    return Atomics.load(this.words, COUNT)
  }

  generation(): number {
    return Atomics.load(this.words, GENERATION) >> 1
  }

  forming(): BarRow | undefined {
    return this.#readForming() === 'read' ? this.#formingIfNew() : undefined
  }

  newest(): Newest | undefined {
    const state = this.#readForming()
    const forming = state === 'read' ? this.#formingIfNew() : undefined
    if (forming) return { kind: 'forming', bar: forming, isBusy: false }
    const bar = this.#lastSealed()
    return bar && { kind: 'sealed', bar, isBusy: state === 'busy' }
  }

  /** Bars [from, to) as far as the ring has them. A copy that the writer has overtaken is taken again. */
  read(from: number, to: number): BarSlice {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const generation = Atomics.load(this.words, GENERATION)
      const count = this.count()
      if ((generation & 1) === 1) continue
      const first = Math.max(from, count - (this.capacity - 1), 0)
      const end = Math.min(to, count)
      const bars: BarRow[] = []
      for (let index = first; index < end; index++) bars.push(this.rowAt(index))
      if (this.#isWhole(first, generation))
        return { from: first, generation: generation >> 1, bars, isBusy: false }
      this.retries++
    }
    return { from, generation: this.generation(), bars: [], isBusy: true }
  }

  since(index: number): BarSlice {
    return this.read(index, Infinity)
  }

  /** The last `length` sealed bars into six columns (t o h l c v) of at least that length; no bars when busy. */
  copyNewest(
    length: number,
    into: readonly Float64Array[],
  ): { readonly from: number; readonly length: number } {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const generation = Atomics.load(this.words, GENERATION)
      const count = this.count()
      const first = Math.max(count - length, count - (this.capacity - 1), 0)
      const copied = count - first
      const at = first & this.mask
      const straight = Math.min(copied, this.capacity - at)
      for (const [column, source] of this.columns.entries()) {
        const target = into[column] as Float64Array
        target.set(source.subarray(at, at + straight), 0)
        if (straight < copied) target.set(source.subarray(0, copied - straight), straight)
      }
      if (this.#isWhole(first, generation)) return { from: first, length: copied }
      this.retries++
    }
    return { from: 0, length: 0 }
  }

  /** The reader has looked: the next news rings again. */
  answer(reader = 0): void {
    Atomics.and(this.words, DOORBELL, ~(1 << reader))
  }

  /** The slot the writer may be at is that of `count`: everything after `count - capacity` is safe. */
  #isWhole(first: number, generation: number): boolean {
    if ((generation & 1) === 1 || Atomics.load(this.words, GENERATION) !== generation) return false
    return this.count() - first < this.capacity
  }

  /** Even one bar can be overtaken: this thread may sleep between two of its words for a whole lap. */
  #lastSealed(): BarRow | undefined {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const generation = Atomics.load(this.words, GENERATION)
      const count = this.count()
      if (count === 0) return undefined
      const bar = this.rowAt(count - 1)
      if (this.#isWhole(count - 1, generation)) return bar
      this.retries++
    }
    return undefined
  }

  #readForming(): 'read' | 'stale' | 'busy' {
    const { words, formingRow } = this
    const row = this.#row
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const sequence = Atomics.load(words, SEQUENCE)
      if ((sequence & 1) === 0) {
        row[0] = formingRow[0] as number
        row[1] = formingRow[1] as number
        row[2] = formingRow[2] as number
        row[3] = formingRow[3] as number
        row[4] = formingRow[4] as number
        row[5] = formingRow[5] as number
        const isStale = words[IS_STALE] === 1
        // On x86 loads are not reordered with loads; on ARM the barrier of the atomic load has to do.
        if (Atomics.load(words, SEQUENCE) === sequence) return isStale || sequence === 0 ? 'stale' : 'read'
      }
      this.retries++
    }
    return 'busy'
  }

  /** A forming bar that has been sealed meanwhile is no longer one. */
  #formingIfNew(): BarRow | undefined {
    const row = this.#row
    const t = row[0] as number
    const count = this.count()
    if (count > 0 && t <= (this.columns[0][(count - 1) & this.mask] as number)) return undefined
    return {
      t,
      o: row[1] as number,
      h: row[2] as number,
      l: row[3] as number,
      c: row[4] as number,
      v: row[5] as number,
    }
  }
}

/** What the supervisor does when the owner of an arena is gone: no reader waits for a dead writer. Returns how many. */
export function repairArena({ buffer, series }: BarArena): number {
  let repaired = 0
  for (const { at } of series) if (repairWords(new Int32Array(buffer, at, HEADER_BYTES / 4))) repaired++
  return repaired
}

function repairWords(words: Int32Array): boolean {
  const isTorn = (Atomics.load(words, SEQUENCE) & 1) === 1
  if (isTorn) {
    words[IS_STALE] = 1
    Atomics.add(words, SEQUENCE, 1)
  }
  const isCorrecting = (Atomics.load(words, GENERATION) & 1) === 1
  if (isCorrecting) {
    // Half of the history is old and half is new: none of it can be believed, the next owner fills it again.
    Atomics.store(words, COUNT, 0)
    Atomics.add(words, GENERATION, 1)
  }
  return isTorn || isCorrecting
}
