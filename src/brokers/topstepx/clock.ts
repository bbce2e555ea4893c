import { type EpochMs, epochMs } from '../../domain/index.ts'
import type { Clock } from '../port.ts'

/** The platform's instant, whole: a clock that runs at twenty times ours has fractions. */
export function instantOf(clock: Clock): EpochMs {
  return epochMs(Math.floor(clock.now()))
}
