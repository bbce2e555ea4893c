/** What was observed of a mutating call. */
export type CallObservation =
  /** Failed before a byte of the request was written: name not resolved, connection refused, TLS failed. */
  | { readonly kind: 'notWritten'; readonly detail: string }
  /** A reply that had the expected shape. */
  | {
      readonly kind: 'reply'
      readonly httpStatus: number
      readonly success: boolean
      readonly errorCode: number
      readonly errorMessage: string | undefined
      /** On `place` alone, and there even a rejected order may have one. */
      readonly orderId: string | undefined
    }
  /** Any other reply: an error status, a page, a body that does not parse. */
  | { readonly kind: 'badReply'; readonly httpStatus: number; readonly detail: string }
  | { readonly kind: 'noReply'; readonly why: 'timeout' | 'reset' | 'aborted' | 'crashed' }

export type MutatingCall = 'place' | 'modify' | 'cancel' | 'closeContract' | 'partialCloseContract'

export type CallOutcome =
  | { readonly kind: 'notSent'; readonly detail: string }
  | {
      readonly kind: 'rejected'
      readonly errorCode: number | undefined
      /** The broker's own words, unchanged. */
      readonly text: string
      readonly orderId: string | undefined
    }
  | { readonly kind: 'accepted'; readonly orderId: string | undefined }
  /** It may have happened. Look it up; never send it again. */
  | { readonly kind: 'unknown'; readonly why: string; readonly orderId: string | undefined }

/**
 * Codes with which a call is known to have done nothing. Every other code, and every code that a later version of
 * the gateway may add, is an unknown outcome. On `cancel`, 2 and 3 may mean that the order has filled meanwhile.
 */
const DEFINITE_REFUSALS: Readonly<Record<MutatingCall, ReadonlySet<number>>> = {
  place: new Set([1, 2, 3, 4, 5, 8, 9, 10]),
  modify: new Set([1, 2, 3, 6, 7]),
  cancel: new Set([1, 6]),
  closeContract: new Set([1, 2, 3, 4, 5, 8]),
  partialCloseContract: new Set([1, 2, 3, 4, 5, 6, 9]),
}

/** `place` code 2: any validation error, a tag that is already there among them. */
const PLACE_REJECTED = 2

export interface Transmission {
  /** The tag was never handed to a socket before: a refusal cannot be about an earlier copy. */
  readonly isFirst: boolean
}

/**
 * What is known after a mutating call. A time-out is not a no: everything that is not a definite answer is unknown,
 * and is looked up before anything else is done.
 */
export function classify(
  call: MutatingCall,
  observed: CallObservation,
  { isFirst }: Transmission = { isFirst: true },
): CallOutcome {
  switch (observed.kind) {
    case 'notWritten':
      // What is known of this transmission says nothing of an earlier one of the same tag.
      return isFirst
        ? { kind: 'notSent', detail: observed.detail }
        : unknown(`not sent again (${observed.detail}); the first may have arrived`)
    case 'noReply':
      return unknown(`no reply: ${observed.why}`)
    case 'badReply':
      return unknown(`HTTP ${observed.httpStatus}: ${observed.detail}`)
    case 'reply':
      return classifyReply(call, observed, isFirst)
    default:
      return unknown('an observation of no known kind')
  }
}

type Reply = Extract<CallObservation, { kind: 'reply' }>

function classifyReply(call: MutatingCall, reply: Reply, isFirst: boolean): CallOutcome {
  const { httpStatus, success, errorCode, errorMessage, orderId } = reply
  if (httpStatus !== 200) return unknown(`HTTP ${httpStatus}`, orderId)
  if (success && errorCode === 0) {
    if (call === 'place' && orderId === undefined) return unknown('accepted without an order id')
    return { kind: 'accepted', orderId }
  }
  const said = `code ${errorCode}${errorMessage === undefined ? '' : `: ${errorMessage}`}`
  if (success) return unknown(`success with ${said}`, orderId)
  if (!DEFINITE_REFUSALS[call].has(errorCode)) return unknown(said, orderId)
  if (call === 'place' && errorCode === PLACE_REJECTED && !isFirst)
    return unknown(`${said}; the tag may already be there`, orderId)
  return { kind: 'rejected', errorCode, text: errorMessage ?? '', orderId }
}

function unknown(why: string, orderId?: string): CallOutcome {
  return { kind: 'unknown', why, orderId }
}
