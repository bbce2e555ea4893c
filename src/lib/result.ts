/** What can be refused is returned, not thrown: `ok` says which side it is. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

export function failed<E>(error: E): Result<never, E> {
  return { ok: false, error }
}

/** A trouble of the outside world, as data. `retry` says what may be done before the next try. */
export interface Fault {
  readonly code: FaultCode
  readonly retry: 'safe' | 'afterReconcile' | 'never'
  /** The value and the rule, for a person. Never a secret. */
  readonly detail: string
}

export type FaultCode =
  | 'DISCONNECTED'
  | 'TIMEOUT'
  | 'RATE_LIMITED'
  | 'UNAUTHORISED'
  | 'LOGIN_REFUSED'
  | 'SERVER_ERROR'
  | 'MALFORMED'
  | 'NOT_FOUND'
  | 'REFUSED'
