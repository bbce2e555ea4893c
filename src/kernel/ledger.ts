/** What became of every message, read from shared memory: sent = settled + conflated + dropped + rejected + expired + dead + waiting. */
import { EdgeBlock, type EdgeCounts } from './status.ts'

export interface Books extends EdgeCounts {
  /** Done with at the receiver: handled, failed there, or too late there. */
  readonly settled: number
  /** In the sender's queue or in the window. */
  readonly waiting: number
}

interface Line {
  readonly from: string
  readonly to: string
  readonly block: EdgeBlock
  readonly thread: number
  settled: number
  lastSettled: number
  /** Found dead by us, not by the sender. */
  lost: number
  /** The sender's thread is gone since then, monotonic ms; and the receiver's incarnation of that instant. */
  orphan: { readonly at: number; readonly epoch: number } | undefined
  /** The receiver has said what reached it. */
  isReported: boolean
}

/** How long the receiver has to say what reached it of a sender that died. */
const REPORT_MS = 1_000

export class Ledger {
  readonly #lines = new Set<Line>()
  /** Of ways that are no more, by receiver. */
  readonly #closed = new Map<string, Books>()

  open(from: string, to: string, buffer: SharedArrayBuffer, thread: number): void {
    const block = new EdgeBlock(buffer)
    this.#lines.add({
      from,
      to,
      block,
      thread,
      settled: 0,
      lastSettled: 0,
      lost: 0,
      orphan: undefined,
      isReported: false,
    })
  }

  threadEnded(thread: number, epochOf: (path: string) => number, now: number): void {
    for (const line of this.#lines)
      if (line.thread === thread && !line.orphan) line.orphan = { at: now, epoch: epochOf(line.to) }
  }

  /** What a receiver found missing of a sender whose thread has ended. It may say so before we know of that end. */
  orphaned(from: string, to: string, thread: number, lost: number): void {
    for (const line of this.#lines) {
      if (line.from !== from || line.to !== to || line.thread !== thread) continue
      line.lost += lost
      line.isReported = true
    }
  }

  /** Finds what nobody else can count, and forgets ways that are no more. Returns what it found dead. */
  tidy(
    epochOf: (path: string) => number,
    isGone: (path: string) => boolean,
    forget: (thread: number, from: string) => void,
    now: number,
  ): number {
    let found = 0
    for (const line of this.#lines) {
      const { waiting } = booksOf(line)
      const isHere = line.orphan === undefined
      if (waiting > 0 && this.#isLost(line, epochOf(line.to), now)) {
        line.lost += waiting
        found += waiting
      } else if (waiting > 0) continue
      if (isHere && !isGone(line.from)) continue
      this.#close(line)
      if (isHere) forget(line.thread, line.from)
    }
    return found
  }

  booksOf(path: string): Books {
    let books = this.#closed.get(path) ?? NOTHING
    for (const line of this.#lines) if (line.to === path) books = sum(books, booksOf(line))
    return books
  }

  /** What actors sent, by path of the sender. */
  sentBy(path: string): number {
    let sent = 0
    for (const line of this.#lines) if (line.from === path) sent += line.block.counts.sent
    return sent
  }

  get size(): number {
    return this.#lines.size
  }

  /** Nobody has reported it in time, or the incarnation that still had some of it has ended too. */
  #isLost({ orphan, isReported }: Line, epoch: number, now: number): boolean {
    if (!orphan || now - orphan.at < REPORT_MS) return false
    return !isReported || epoch !== orphan.epoch
  }

  #close(line: Line): void {
    this.#lines.delete(line)
    this.#closed.set(line.to, sum(this.#closed.get(line.to) ?? NOTHING, booksOf(line)))
  }
}

const NOTHING: Books = {
  sent: 0,
  settled: 0,
  conflated: 0,
  dropped: 0,
  rejected: 0,
  expired: 0,
  dead: 0,
  waiting: 0,
}

function booksOf(line: Line): Books {
  const { settled } = line.block
  // The counter wraps at 2^32: it is looked at far more often than that.
  line.settled += (settled - line.lastSettled) | 0
  line.lastSettled = settled
  const counts = line.block.counts
  const dead = counts.dead + line.lost
  const { sent, conflated, dropped, rejected, expired } = counts
  const waiting = sent - line.settled - conflated - dropped - rejected - expired - dead
  return { ...counts, dead, settled: line.settled, waiting }
}

function sum(a: Books, b: Books): Books {
  return {
    sent: a.sent + b.sent,
    settled: a.settled + b.settled,
    conflated: a.conflated + b.conflated,
    dropped: a.dropped + b.dropped,
    rejected: a.rejected + b.rejected,
    expired: a.expired + b.expired,
    dead: a.dead + b.dead,
    waiting: a.waiting + b.waiting,
  }
}
