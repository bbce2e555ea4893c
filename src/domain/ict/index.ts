/**
 * ICT analysis: closed bars in, what became known at their close out. `ict-concepts` is the definition.
 *
 *   createReferenceEngine({ parameters?, timeframe? }).push(bar, breakBefore): readonly IctEvent[]
 *     the detectors of one stream: swings, structure, fair value gaps, blocks, swing liquidity.
 *
 * Nothing here reads a clock, looks ahead, or changes what it has said.
 */
export type {
  BlockKind,
  Degree,
  EventExtra,
  EventKind,
  IctEvent,
  LevelName,
  PoolKind,
  SwingLabel,
} from './event.ts'
export type { Features } from './features.ts'
export { DEFAULT_PARAMETERS, DEMO_PARAMETERS, type IctParameters } from './parameters.ts'
export {
  type ReferenceEngine,
  type ReferenceEngineOptions,
  createReferenceEngine,
} from './reference-engine.ts'
