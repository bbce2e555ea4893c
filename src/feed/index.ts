/**
 * Feed: from prints and history to bars, and how fresh it all is. Nothing here reads a clock or a socket.
 *
 *   const book = createBarBook({ from })        one a contract: all six timeframes
 *     book.connected(now); book.disconnected()  what is built between them counts as whole
 *     book.add(print), book.close(now)          -> BarEvent[]: forming, sealed, corrected, reset
 *     book.plan(now, limit)                     -> pages of history that are missing, newest first
 *     book.history({ page, bars, isCut, asOf }) -> BarEvent[]; history wins over what was built
 *     book.isWhole(now), book.bars(timeframe), book.forming(timeframe), book.counters()
 *
 *   const freshness = createFreshness(roots, { deliveryMs })
 *     freshness.connected(now), freshness.disconnected(), freshness.note(root, at, receivedAt)
 *     freshness.judge(root, now)                -> { state, ageMs, expectedGapMs, why }
 *     freshness.isMute(now)                     -> restart the hub
 *
 * The parts stand for themselves: `createBarBuilder`, `createResampler` and `resample`, `openSpans`,
 * `missingAfter`, `createCoverage`, `backfillPages`, `restOfPage`, `mergeHistory`.
 */
export { createBarBuilder } from './bar-builder.ts'
export { type BarBook, type BarEvent, createBarBook } from './bar-book.ts'
export { type FreshnessBook, type FreshnessOptions, createFreshness } from './freshness.ts'
export {
  type Page,
  backfillPages,
  createCoverage,
  isSame,
  mergeHistory,
  missingAfter,
  openSpans,
  restOfPage,
} from './gap.ts'
export { createResampler, mergeBars, resample } from './resample.ts'
export { type SimulatedClock, readSimulatedClock } from './simulated-clock.ts'
