import type { Route } from '../domain/index.ts'
import { type Proof, type ProofContext, faultsOfProof } from './proof.ts'

export type ModeLabel = 'PAPER SIM' | 'RUNTIME SIM' | 'BROKER-VERIFIED'

export interface Mode {
  readonly label: ModeLabel
  /** Parts that do not hold now, each with its number. Empty when all do. */
  readonly missing: readonly string[]
  /** One sentence for the badge. */
  readonly why: string
}

/**
 * The mode, from the route, the proof and the clock, and from nothing else: no one sets it.
 * Total: any state has a label, and only a broker's own proof, whole and in time, earns BROKER-VERIFIED.
 */
export function modeOf(route: Route, proof: Proof | undefined, context: ProofContext): Mode {
  const missing = faultsOfProof(route, proof, context).map((fault) => fault.text)
  switch (route) {
    case 'paper':
      return { label: 'PAPER SIM', missing, why: 'orders go to the built-in fill model' }
    case 'gateway-sim':
      return { label: 'RUNTIME SIM', missing, why: 'orders go to the simulated gateway' }
    case 'broker':
      return missing.length === 0
        ? { label: 'BROKER-VERIFIED', missing, why: 'all five proofs hold' }
        : { label: 'RUNTIME SIM', missing, why: `orders go nowhere: ${missing.join('; ')}` }
    default:
      return { label: 'RUNTIME SIM', missing, why: 'orders go nowhere: no such route' }
  }
}
