import type { Signal } from '../signal.ts'
import type { EpochMs } from '../units.ts'
import { type IctEvent, isShift } from './event.ts'
import { highOf, lowOf } from './market-structure.ts'
import type { Engine } from './reference-engine.ts'

/** An unfilled entry that should no longer be worked. Whether it was filled only the broker knows. */
export interface Withdrawal {
  readonly signalId: string
  readonly why: 'target-first' | 'stop-closed' | 'zone-inverted' | 'opposite-shift' | 'superseded' | 'expired'
  readonly at: EpochMs
}

/** The one setup of a model and direction whose entry waits. `ict-concepts` 13.0. */
export class ArmedSignal {
  #signal: Signal | undefined
  #gapId = 0
  #withdrawn: Withdrawal[] = []

  arm(signal: Signal, gapId: number): void {
    if (this.#signal !== undefined) this.#withdraw(this.#signal, 'superseded', signal.knownAt)
    this.#signal = signal
    this.#gapId = gapId
  }

  /**
   * What a bar after the signal's own does to it. One tick through the entry counts as filled and ends the
   * watch.
   */
  watch({ bars, sink }: Engine, events: readonly IctEvent[]): void {
    const signal = this.#signal
    if (signal === undefined) return
    const { direction } = signal
    const isFilled = lowOf(bars, bars.last, direction) < signal.entry * direction
    const high = highOf(bars, bars.last, direction)
    const close = bars.c(bars.last) * direction
    const why = isFilled ? undefined : this.#reasonOf(signal, high, close, sink.knownAt, events)
    if (why !== undefined) this.#withdraw(signal, why, sink.knownAt)
    if (isFilled || why !== undefined) this.#signal = undefined
  }

  /** Withdrawals since the last call. */
  take(): readonly Withdrawal[] {
    const withdrawn = this.#withdrawn
    if (withdrawn.length > 0) this.#withdrawn = []
    return withdrawn
  }

  /** `high` and `close` times the signal's direction. */
  #reasonOf(
    signal: Signal,
    high: number,
    close: number,
    knownAt: EpochMs,
    events: readonly IctEvent[],
  ): Withdrawal['why'] | undefined {
    const { direction, targets, stop, validUntil } = signal
    const target = targets[0]
    if (target !== undefined && high >= target * direction) return 'target-first'
    if (close < stop * direction) return 'stop-closed'
    for (const event of events) {
      if (event.kind === 'FVG_INVERT' && event.ref === this.#gapId) return 'zone-inverted'
      if (isShift(event, direction === 1 ? -1 : 1)) return 'opposite-shift'
    }
    return knownAt >= validUntil ? 'expired' : undefined
  }

  #withdraw({ id }: Signal, why: Withdrawal['why'], at: EpochMs): void {
    this.#withdrawn.push({ signalId: id, why, at })
  }
}
