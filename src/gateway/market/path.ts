import type { Random } from '../../lib/index.ts'

/** The prints of one minute of an underlying; every contract on it prints a part of them. */
export interface Path {
  /** Milliseconds after the minute's open, ascending, below 60,000. */
  readonly offsetMs: readonly number[]
  /** Ticks. */
  readonly price: readonly number[]
  readonly isBuy: readonly boolean[]
  /** Ticks between the best prices at that print. */
  readonly spread: readonly number[]
  /** Indices that no contract may leave out: without them its bar would be another. */
  readonly isKey: readonly boolean[]
}

export interface PathBar {
  readonly o: number
  readonly h: number
  readonly l: number
  readonly c: number
}

const LAST_OFFSET_MS = 59_900

/** A walk of `prints` (at least 4) steps from open over both extremes to the close that never leaves the bar. */
export function pathOf(bar: PathBar, prints: number, wideSpread: number, random: Random): Path {
  const { o, h, l, c } = bar
  const lowFirst = random.next() < (c >= o ? 0.72 : 0.28)
  const first = 1 + random.int(Math.max(1, Math.floor((prints - 2) * 0.6)))
  const second = first + 1 + random.int(Math.max(1, prints - 2 - first))
  const turns = [
    [0, o],
    [Math.min(first, prints - 3), lowFirst ? l : h],
    [Math.min(second, prints - 2), lowFirst ? h : l],
    [prints - 1, c],
  ] as const

  const price: number[] = [o]
  const isKey: boolean[] = [true]
  for (let turn = 1; turn < turns.length; turn++) {
    const [from, fromPrice] = turns[turn - 1] ?? [0, o]
    const [to, toPrice] = turns[turn] ?? [prints - 1, c]
    walk(price, fromPrice, toPrice, to - from, bar, random)
    for (let i = from + 1; i < to; i++) isKey.push(false)
    isKey.push(true)
  }
  return {
    price,
    isKey,
    offsetMs: offsets(prints, random),
    isBuy: aggressors(price, random),
    spread: price.map(() => (random.next() < wideSpread ? 2 : 1)),
  }
}

/** Appends `steps` prices after `from`, the last of them `to`, noise of a bridge between, kept inside the bar. */
function walk(price: number[], from: number, to: number, steps: number, bar: PathBar, random: Random): void {
  const noise = Math.max(0.4, (bar.h - bar.l) * 0.16)
  let wander = 0
  for (let step = 1; step < steps; step++) {
    // Drawn back to the straight line, more so the nearer the end: a bridge.
    wander = wander * (1 - 1 / (steps - step + 1)) + noise * 0.5 * random.normal()
    const wanted = Math.round(from + ((to - from) * step) / steps + wander)
    price.push(Math.max(bar.l, Math.min(bar.h, wanted)))
  }
  price.push(to)
}

function offsets(prints: number, random: Random): number[] {
  const sums: number[] = []
  let sum = 0
  for (let i = 0; i < prints; i++) {
    sum += -Math.log(1 - random.next())
    sums.push(sum)
  }
  const total = sum - Math.log(1 - random.next())
  return sums.map((each) => Math.floor((each / total) * LAST_OFFSET_MS))
}

/** Up is bought, down is sold; at the same price the last aggressor usually goes on. */
function aggressors(price: readonly number[], random: Random): boolean[] {
  let isBuy = random.next() < 0.5
  return price.map((each, i) => {
    const before = price[i - 1] ?? each
    if (each !== before) isBuy = each > before
    else if (random.next() < 0.3) isBuy = !isBuy
    return isBuy
  })
}
