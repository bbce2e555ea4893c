/** A timer of a virtual time: `every` is 0 for one that fires once. */
export interface Timer {
  due: number
  readonly every: number
  readonly sequence: number
  readonly run: () => void
  cancelled: boolean
}

/** Timers by due instant, and in the order they were armed where that is the same. */
export class TimerHeap {
  readonly #items: Timer[] = []
  #sequence = 0

  add(due: number, every: number, run: () => void): Timer {
    const timer: Timer = { due, every, sequence: this.#sequence++, run, cancelled: false }
    this.#push(timer)
    return timer
  }

  peek(): Timer | undefined {
    while (this.#items[0]?.cancelled) this.#pop()
    return this.#items[0]
  }

  get size(): number {
    return this.#items.reduce((count, timer) => count + (timer.cancelled ? 0 : 1), 0)
  }

  takeDue(now: number): Timer[] {
    const due: Timer[] = []
    for (let next = this.peek(); next && next.due <= now; next = this.peek()) {
      due.push(next)
      this.#pop()
    }
    return due
  }

  /** Runs a timer that was taken; one that repeats is armed again, past what a jump skipped. */
  run(timer: Timer, now: number): void {
    if (timer.cancelled) return
    if (timer.every > 0) {
      const missed = Math.floor(Math.max(0, now - timer.due) / timer.every)
      timer.due += timer.every * (missed + 1)
      this.#push(timer)
    }
    timer.run()
  }

  /** Moves every instant alike, so the order stays. */
  shift(ms: number): void {
    for (const timer of this.#items) timer.due += ms
  }

  #push(timer: Timer): void {
    const items = this.#items
    let at = items.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = items[parent]
      if (!above || isBefore(above, timer)) break
      items[at] = above
      at = parent
    }
    items[at] = timer
  }

  #pop(): void {
    const items = this.#items
    const last = items.pop()
    if (!last || items.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const left = items[child]
      if (!left) break
      const right = items[child + 1]
      let least = left
      if (right && isBefore(right, left)) {
        least = right
        child++
      }
      if (isBefore(last, least)) break
      items[at] = least
      at = child
    }
    items[at] = last
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence)
}
