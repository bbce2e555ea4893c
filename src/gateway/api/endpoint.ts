import type { Desk } from '../matching/desk.ts'
import type { ListedContract, Listing } from '../contracts.ts'
import type { Tape } from '../market/tape.ts'
import type { JsonObject } from '../wire.ts'
import type { Tokens } from '../tokens.ts'
import type { BoundBody, Fields } from './binding.ts'

/** What an endpoint may look at: the exchange at one instant. */
export interface Scene {
  readonly now: number
  readonly isOpen: boolean
  /** Whether orders that open risk are taken: not after the firm's flat time. */
  readonly takesRisk: boolean
  readonly desk: Desk
  readonly listing: Listing
  readonly tape: Tape
  readonly tokens: Tokens
  readonly credentials: Credentials
  /** The bearer of the request; checked before the endpoint runs. */
  readonly token: string
  readonly isFront: (contract: ListedContract) => boolean
}

export interface Credentials {
  readonly userName: string
  readonly apiKey: string
}

/** One `POST` of the gateway. A business result, good or bad, is an envelope and HTTP 200. */
export interface Endpoint {
  readonly path: string
  readonly fields: Fields
  /** Answered without a login. */
  readonly isPublic?: boolean
  run(scene: Scene, body: BoundBody): JsonObject
}

export function succeeded(payload: JsonObject = {}): JsonObject {
  return { ...payload, success: true, errorCode: 0, errorMessage: null }
}

export function envelope(
  errorCode: number,
  errorMessage: string | null,
  payload: JsonObject = {},
): JsonObject {
  return { ...payload, success: errorCode === 0, errorCode, errorMessage }
}

export function hasAccount(scene: Scene, accountId: number): boolean {
  return scene.desk.ledger.accounts.some((each) => each.id === accountId)
}
