import type { EpochMs } from '../units.ts'
import type { Degree, PoolKind } from './event.ts'

/** A sweep in its window, the first stage. Prices in whole ticks. */
export interface Swept {
  readonly index: number
  readonly pool: PoolKind
  readonly degree: Degree | ''
  readonly label: string
  /** The pool's price. */
  readonly price: number
  /** Farthest price of the sweep, and the latest bar that reached it. */
  readonly extreme: number
  readonly extremeIdx: number
  readonly windowLabel: string
  readonly windowEndsAt: EpochMs
}

/** A displaced change of character after it, the second stage. */
export interface Shifted {
  readonly swept: Swept
  readonly index: number
  /** Body of the shifting bar in average true ranges. */
  readonly bodyAtr: number
  readonly isStrong: boolean
}

/** What became of the last setup that got as far as a shift. */
export interface Outcome {
  readonly kind: 'no-gap' | 'too-late' | 'no-room' | 'low-score' | 'signalled'
  /** Two or three words for the scanner. */
  readonly word: string
  /** A sentence with the number that decided. */
  readonly text: string
  /** Until when it is worth telling. */
  readonly until: EpochMs
}

export type Stage =
  | { readonly kind: 'idle'; readonly last: Outcome | undefined }
  | { readonly kind: 'swept'; readonly swept: Swept }
  | { readonly kind: 'shifted'; readonly shifted: Shifted }
