import type { BracketOrder, MonotonicMs, Route } from '../domain/index.ts'
import { type Cleared, finish } from './chain.ts'
import { CODES, type Code } from './codes.ts'
import type { Evidence } from './evidence.ts'
import { orderHash, readOrder } from './order-hash.ts'

/** A permit that was not used by then is void. Milliseconds of the steady clock. */
export const PERMIT_TTL_MS = 2_000

/** Why a permit opens nothing. */
export interface PermitRefusal {
  readonly verdict: 'denied'
  readonly phase: 'permit'
  readonly code: Code
  readonly text: string
  readonly fix: string
}

/** The order that may be sent, once and in this turn. Send this one and not the one that was handed in. */
export interface Spent {
  readonly verdict: 'spent'
  readonly order: BracketOrder
  readonly hash: string
}

/** What a permit is for, as the ledger records it. It opens nothing. */
export interface PermitTerms {
  readonly hash: string
  readonly accountId: string
  readonly route: Route
  readonly executorEpoch: number
  readonly stateVersion: number
  readonly configRevision: string
  readonly mintedAt: MonotonicMs
  readonly expiresAt: MonotonicMs
}

/** Only this module holds the key that the constructor asks for. */
const KEY = Symbol('permit')
const minted = new WeakSet<Permit>()
const spent = new WeakSet<Permit>()

/**
 * The one key that opens the order door, for one order, once, for two seconds. It cannot be written down, copied or
 * built: what did not come out of `issue` in this module is forged.
 */
export class Permit {
  readonly #brand: PermitTerms

  private constructor(key: symbol, terms: PermitTerms) {
    if (key !== KEY) throw new TypeError('a permit is minted by the gate alone')
    this.#brand = terms
    Object.freeze(this)
  }

  /** Mints from a chain that passed all five phases on this order and evidence. */
  static issue(cleared: Cleared<5>, order: BracketOrder, evidence: Evidence): Permit | PermitRefusal {
    const passage = finish(cleared, order, evidence)
    if (passage === undefined) return refuse('PHASE_ORDER')
    const { account, route, executorEpoch, stateVersion, configRevision, monotonic } = passage.evidence
    const permit = new Permit(
      KEY,
      Object.freeze({
        hash: passage.hash,
        accountId: account?.boundId ?? '',
        route,
        executorEpoch,
        stateVersion,
        configRevision,
        mintedAt: monotonic,
        expiresAt: (monotonic + PERMIT_TTL_MS) as MonotonicMs,
      }),
    )
    minted.add(permit)
    return permit
  }

  /** Uses the permit up, whether or not it fits. Only a fit returns an order to send. */
  static spend(permit: Permit, order: BracketOrder, evidence: Evidence): Spent | PermitRefusal {
    if (!Permit.#isGenuine(permit)) return refuse('PERMIT_FORGED')
    if (spent.has(permit)) return refuse('PERMIT_SPENT')
    spent.add(permit)

    const terms = permit.#brand
    const clean = readOrder(order)
    if (clean === undefined || orderHash(clean, evidence.route) !== terms.hash)
      return refuse('PERMIT_ORDER_CHANGED')
    const fault = faultOf(terms, evidence)
    return fault === undefined ? { verdict: 'spent', order: clean, hash: terms.hash } : refuse(fault)
  }

  /** Uses the permit up without sending: it is being replaced by a fresh one, or nothing is to be sent. */
  static burn(permit: Permit): void {
    if (Permit.#isGenuine(permit)) spent.add(permit)
  }

  /** What it is for, or undefined when it is no permit of ours. */
  static terms(permit: Permit): PermitTerms | undefined {
    return Permit.#isGenuine(permit) ? permit.#brand : undefined
  }

  static isSpent(permit: Permit): boolean {
    return spent.has(permit)
  }

  static #isGenuine(permit: unknown): permit is Permit {
    return typeof permit === 'object' && permit !== null && #brand in permit && minted.has(permit)
  }
}

function faultOf(terms: PermitTerms, evidence: Evidence): Code | undefined {
  const { monotonic, account, route, executorEpoch, stateVersion, configRevision } = evidence
  const isHere = account?.boundId === terms.accountId && account.id === terms.accountId
  if (!isHere || route !== terms.route || executorEpoch !== terms.executorEpoch) return 'PERMIT_ELSEWHERE'
  if (stateVersion !== terms.stateVersion || configRevision !== terms.configRevision) return 'PERMIT_OUTDATED'
  // Written so that a moment that is no number, or lies before the minting, is out of time.
  return monotonic >= terms.mintedAt && monotonic <= terms.expiresAt ? undefined : 'PERMIT_EXPIRED'
}

function refuse(code: Code): PermitRefusal {
  return { verdict: 'denied', phase: 'permit', code, text: CODES[code].text, fix: CODES[code].fix }
}
