export type { Brand } from './brand.ts'
export { InvariantViolation, invariant, present, unreachable } from './invariant.ts'
export { type Random, seededRandom } from './random.ts'
export { type Fault, type FaultCode, type Result, failed, ok } from './result.ts'
