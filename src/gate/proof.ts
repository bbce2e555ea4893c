import type { MonotonicMs, Route } from '../domain/index.ts'
import type { Code } from './codes.ts'

/**
 * What shows that orders would reach the account that we mean. Written by the executor alone, from replies of the
 * other side: a heartbeat, a tick, a fill of a simulator or a row that was kept can satisfy no part of it.
 */
export type Proof = BrokerProof | SimulatedProof

export interface BrokerProof extends ProofParts {
  readonly kind: 'broker'
}

/** The same parts as a simulator shows them. It opens no broker route and earns no broker label. */
export interface SimulatedProof extends ProofParts {
  readonly kind: 'simulated'
}

export interface ProofParts {
  /** Base address that answered, as configured. */
  readonly origin: string
  /** The executor epoch that gathered it. */
  readonly executorEpoch: number
  readonly tokenValidatedAt: MonotonicMs | undefined
  /** The account as the last read returned it. */
  readonly account: ProvenAccount | undefined
  readonly userStream: ProvenStream | undefined
  /** Account of the newest reply or event of any kind. */
  readonly lastReplyAccountId: string | undefined
  readonly reconciliation: ProvenReconciliation | undefined
}

export interface ProvenAccount {
  readonly id: string
  readonly name: string
  readonly canTrade: boolean
  readonly readAt: MonotonicMs
}

export interface ProvenStream {
  /** Last moment at which the stream was shown to be alive, by an answer on it. */
  readonly aliveAt: MonotonicMs
  /** Whether snapshot and events were joined since the last gap. */
  readonly isResynced: boolean
}

export interface ProvenReconciliation {
  /** As-of of the last pass that was clean. */
  readonly cleanAt: MonotonicMs
  /** Disputes of the newest pass. */
  readonly disputes: number
}

/** Against what a proof is held. */
export interface ProofContext {
  readonly monotonic: MonotonicMs
  readonly executorEpoch: number
  /** The account chosen at start, to which orders go. */
  readonly accountId: string
}

export const PROOF_PARTS = ['token', 'account', 'user stream', 'same account', 'reconciliation'] as const
export type ProofPart = (typeof PROOF_PARTS)[number]

/** How long each part earns the label, milliseconds. Sending needs the tighter ages of the phases. */
export const PROOF_AGE_MS_MAX = { token: 60_000, account: 60_000, userStream: 10_000, reconciliation: 30_000 }

export interface ProofFault {
  readonly part: ProofPart | 'proof'
  readonly code: Code
  /** The number that decided. */
  readonly text: string
}

/** What a proof lacks for a route, in fixed order; empty when every part holds. Total: any input has an answer. */
export function faultsOfProof(route: Route, proof: Proof | undefined, context: ProofContext): ProofFault[] {
  if (proof === undefined || proof === null || typeof proof !== 'object')
    return [{ part: 'proof', code: 'PROOF_MISSING', text: 'no proof yet' }]

  const wanted = kindFor(route)
  if (wanted === undefined || proof.kind !== wanted)
    return [{ part: 'proof', code: 'PROOF_WRONG_KIND', text: `route ${route}, proof ${proof.kind}` }]
  if (wanted === 'broker' && !isBrokerOrigin(proof.origin))
    return [{ part: 'proof', code: 'ORIGIN_NOT_BROKER', text: `answered by ${shorten(proof.origin)}` }]
  if (!Number.isSafeInteger(context.executorEpoch) || proof.executorEpoch !== context.executorEpoch)
    return [
      {
        part: 'proof',
        code: 'EPOCH_FENCED',
        text: `proof of epoch ${String(proof.executorEpoch)}, ours is ${String(context.executorEpoch)}`,
      },
    ]
  return [
    ...tokenFaults(proof, context),
    ...accountFaults(proof, context),
    ...streamFaults(proof, context),
    ...sameAccountFaults(proof, context),
    ...reconciliationFaults(proof, context),
  ]
}

/** When the first part runs out, or undefined when one is missing. */
export function proofExpiresAt(proof: Proof): MonotonicMs | undefined {
  const ends = [
    Number(proof.tokenValidatedAt) + PROOF_AGE_MS_MAX.token,
    Number(proof.account?.readAt) + PROOF_AGE_MS_MAX.account,
    Number(proof.userStream?.aliveAt) + PROOF_AGE_MS_MAX.userStream,
    Number(proof.reconciliation?.cleanAt) + PROOF_AGE_MS_MAX.reconciliation,
  ]
  return ends.every(Number.isFinite) ? (Math.min(...ends) as MonotonicMs) : undefined
}

/** The age in milliseconds; NaN, which is within no limit, for what is missing, impossible or yet to come. */
export function ageMs(at: unknown, now: unknown): number {
  if (typeof at !== 'number' || typeof now !== 'number') return Number.NaN
  const age = now - at
  return Number.isFinite(age) && at >= 0 && age >= 0 ? age : Number.NaN
}

export function kindFor(route: Route): Proof['kind'] | undefined {
  switch (route) {
    case 'broker':
      return 'broker'
    case 'paper':
    case 'gateway-sim':
      return 'simulated'
    default:
      // A route that no type allows has no proof that fits.
      return undefined
  }
}

/**
 * A broker answers under a public name over TLS. A machine's own address, a bare name or a number is a simulator,
 * whatever it says of itself.
 */
export function isBrokerOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string') return false
  const host = /^https:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d{1,5})?(?:\/[^\s@]*)?$/i.exec(origin)?.[1]
  if (host === undefined) return false
  const last = host.slice(host.lastIndexOf('.') + 1).toLowerCase()
  return /^[a-z][a-z0-9-]*$/.test(last) && !PRIVATE_ENDINGS.has(last)
}

const PRIVATE_ENDINGS: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'internal',
  'lan',
  'home',
  'test',
  'invalid',
  'example',
  'arpa',
])

function tokenFaults({ tokenValidatedAt }: Proof, { monotonic }: ProofContext): ProofFault[] {
  return aged('token', 'TOKEN_NOT_VALIDATED', ageMs(tokenValidatedAt, monotonic), PROOF_AGE_MS_MAX.token)
}

function accountFaults({ account }: Proof, { monotonic }: ProofContext): ProofFault[] {
  const stale = aged(
    'account',
    'ACCOUNT_NOT_READ',
    ageMs(account?.readAt, monotonic),
    PROOF_AGE_MS_MAX.account,
  )
  if (stale.length > 0) return stale
  return account?.canTrade === true
    ? []
    : [{ part: 'account', code: 'ACCOUNT_NOT_TRADABLE', text: 'the broker says canTrade: false' }]
}

function streamFaults({ userStream }: Proof, { monotonic }: ProofContext): ProofFault[] {
  const dead = aged(
    'user stream',
    'STREAM_DOWN',
    ageMs(userStream?.aliveAt, monotonic),
    PROOF_AGE_MS_MAX.userStream,
  )
  if (dead.length > 0) return dead
  return userStream?.isResynced === true
    ? []
    : [{ part: 'user stream', code: 'STREAM_RESYNCING', text: 'not yet resynced since the last gap' }]
}

function sameAccountFaults(
  { account, lastReplyAccountId }: Proof,
  { accountId }: ProofContext,
): ProofFault[] {
  const ids = [accountId, account?.id, lastReplyAccountId]
  const isSame = typeof accountId === 'string' && accountId !== '' && ids.every((id) => id === accountId)
  return isSame
    ? []
    : [
        {
          part: 'same account',
          code: 'ACCOUNT_MISMATCH',
          text: `orders go to ${ids.map((id) => (typeof id === 'string' ? `…${id.slice(-4)}` : 'unknown')).join(', read ')}`,
        },
      ]
}

function reconciliationFaults({ reconciliation }: Proof, { monotonic }: ProofContext): ProofFault[] {
  if (reconciliation !== undefined && reconciliation?.disputes !== 0)
    return [
      {
        part: 'reconciliation',
        code: 'RECONCILE_DISPUTED',
        text: `${String(reconciliation?.disputes)} disputes`,
      },
    ]
  const age = ageMs(reconciliation?.cleanAt, monotonic)
  return aged('reconciliation', 'RECONCILE_STALE', age, PROOF_AGE_MS_MAX.reconciliation)
}

function aged(part: ProofPart, code: Code, age: number, limit: number): ProofFault[] {
  if (age <= limit) return []
  const text = Number.isNaN(age)
    ? `${part} not proven`
    : `${part} ${seconds(age)} old, at most ${seconds(limit)}`
  return [{ part, code, text }]
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const shorten = (text: unknown): string =>
  typeof text === 'string' && text !== '' ? text.slice(0, 80) : 'no one'
