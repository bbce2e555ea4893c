/**
 * ICT analysis: closed bars in, what became known at their close out. `ict-concepts` is the definition.
 *
 *   createAnalyst({ instrument, timeframes, modelTimeframes?, parameters?, revision? }): Analyst
 *     .onBar(timeframe, bar, breakBefore): { events, objects, signals, withdrawn, regime, waiting }
 *       the higher timeframe first when several close at one instant
 *     .warmUp(watermark)          replay in silence: no signal known at or before it is handed out
 *     .objectsOf(timeframe)       what a chart shows, at most 200
 *     .regimeOf(timeframe), .waitingOf(timeframe), .openings()
 *
 *   regimeAt(reading, now), waitingAt(waiting, now)   what the clock makes of them: CLOSED needs no bar
 *   replayOrder({ '1m': bars, '5m': bars, ... })      cached bars in the order in which they became known
 *
 *   createReferenceEngine({ parameters?, timeframe? }).push(bar, breakBefore): readonly IctEvent[]
 *     the detectors of one stream: swings, structure, fair value gaps, blocks, swing liquidity.
 *
 * Nothing here reads a clock, looks ahead, or changes what it has said.
 */
export { type Analyst, type AnalystStep, createAnalyst } from './analyst.ts'
export type { IctEvent } from './event.ts'
export type { Features } from './features.ts'
export { DEFAULT_PARAMETERS, DEMO_PARAMETERS, type IctParameters } from './parameters.ts'
export { createReferenceEngine } from './reference-engine.ts'
export { type RegimeReport, regimeAt } from './regime.ts'
export { type ReplayBar, replayOrder } from './replay-order.ts'
export { waitingAt } from './waiting.ts'
