/**
 * The gate: the one door through which an order can increase risk. Pure: no clock, no chance, no memory of its own
 * but the keys that it has minted.
 *
 *   evidence   `Evidence` is all it may know, assembled by the executor in one turn. `undefined` means "not known" and
 *              denies. Everything about orders leaves out the judged one by its tag, so the same shape serves twice.
 *   ask        `judge(order, evidence)` -> permitted with a `Permit`, or denied with phase, code, number and fix; both
 *              carry `phases`, all five evaluated, for the ledger.
 *   explain    `explain(order, evidence)` -> all five phases; opens nothing. For tickets and explanations.
 *   send       write the intent; then in ONE turn with no await: fresh evidence, `judgeAgainAndSpend(permit, order,
 *              evidence)`; on `spent` hand `spent.order` (that one, not yours) to the socket; on `denied` the intent
 *              becomes absent.
 *   reduce     `ReducePermit.issue(reduction, evidence)`, then `ReducePermit.spend(...)`: closes, cancels and stops.
 *              Passes no phase, is never refused for a limit.
 *   mode       `modeOf(route, proof, context)` -> label with what is missing. Nothing else makes a label.
 *   proofs     `Proof` is a broker's or a simulator's; neither ever stands in for the other.
 *   codes      `CODES[code]` -> phase, text and fix of every refusal.
 *
 * `phase1` to `phase5` and `Permit.issue` are the steps of `judge`: each takes the token of the one before, on the
 * same order and the same evidence, or refuses with PHASE_ORDER.
 */
export {
  type Cleared,
  type Pass,
  type Refusal,
  phase1,
  phase2,
  phase3,
  phase4,
  phase5,
  phaseOf,
} from './chain.ts'
export { type Code, type CodeEntry, type CodePhase, CODES } from './codes.ts'
export { explain } from './evaluate.ts'
export type {
  AccountEvidence,
  Blackout,
  BrokerEvidence,
  ContractFacts,
  Control,
  DataEvidence,
  DayEvidence,
  EntryEvidence,
  Evidence,
  EvidenceParts,
  Floor,
  Health,
  HubState,
  PositionEvidence,
  RegimeEvidence,
  SessionEvidence,
  Setup,
  SimulatedEvidence,
  StrategyEvidence,
  Throttle,
} from './evidence.ts'
export { type Field, FIELDS } from './fields.ts'
export { type Denied, type Permitted, type Verdict, judge, judgeAgainAndSpend } from './judge.ts'
export { type Mode, type ModeLabel, modeOf } from './mode.ts'
export { orderHash } from './order-hash.ts'
export { type PermitRefusal, type PermitTerms, type Spent, PERMIT_TTL_MS, Permit } from './permit.ts'
export {
  CLOCK_SKEW_MS_MAX,
  DATA_AGE_MS_MAX,
  EXECUTOR_LAG_MS_MAX,
  RECONCILE_AGE_MS_MAX,
  REQUEST_SHARE_MAX,
} from './phase-1-broker.ts'
export { ACCOUNT_AGE_MS_MAX } from './phase-2-balance.ts'
export { ALLOWED_REGIMES, NO_ENTRY_WINDOWS } from './phase-4-regime.ts'
export { REFERENCE_AGE_MS_MAX, exposureOf } from './phase-5-size.ts'
export {
  type BrokerProof,
  type Proof,
  type ProofContext,
  type ProofFault,
  type ProofPart,
  type ProofParts,
  type ProvenAccount,
  type ProvenReconciliation,
  type ProvenStream,
  type SimulatedProof,
  PROOF_AGE_MS_MAX,
  PROOF_PARTS,
  faultsOfProof,
  isBrokerOrigin,
  proofExpiresAt,
} from './proof.ts'
export {
  type Reduction,
  type ReduceEvidence,
  type ReduceRefusal,
  type WorkingOrder,
  POSITION_AGE_MS_MAX,
  REDUCE_CEILING_PER_MINUTE,
  ReducePermit,
} from './reduce.ts'
export { type FivePhases, type PhaseNumber, type PhaseReport, PHASE_NAMES, dollars } from './report.ts'
