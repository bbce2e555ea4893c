import type { JsonObject, JsonValue } from './wire.ts'

/** SignalR's JSON hub protocol, version 1 (projectx-gateway 5.3, 5.4): what one end needs to read and write. */
const RECORD_END = '\u001e'

export type ClientRecord =
  | {
      readonly kind: 'invocation'
      readonly id: string | undefined
      readonly target: string
      readonly args: readonly unknown[]
    }
  | { readonly kind: 'streamInvocation'; readonly id: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed' }

/** Splits what arrived into whole records; the rest waits for its end. */
export function splitRecords(text: string): { readonly records: readonly string[]; readonly rest: string } {
  const parts = text.split(RECORD_END)
  return { records: parts.slice(0, -1), rest: parts.at(-1) ?? '' }
}

/** Undefined: accepted. Otherwise the text that refuses the handshake. */
export function handshakeFault(record: string): string | undefined {
  const message = parsed(record)
  if (message === undefined) return 'Invalid handshake request.'
  const { protocol, version } = message
  if (protocol !== 'json') return `The protocol '${String(protocol)}' is not supported.`
  return version === 1
    ? undefined
    : `The server does not support version ${String(version)} of the 'json' protocol.`
}

export function readRecord(record: string): ClientRecord {
  const message = parsed(record)
  if (message === undefined) return { kind: 'malformed' }
  const { type, target, arguments: args, invocationId } = message
  const id = typeof invocationId === 'string' ? invocationId : undefined
  switch (type) {
    case 1:
      return typeof target === 'string' && Array.isArray(args)
        ? { kind: 'invocation', id, target, args }
        : { kind: 'malformed' }
    case 4:
      return id === undefined ? { kind: 'malformed' } : { kind: 'streamInvocation', id }
    case 6:
      return { kind: 'ping' }
    case 7:
      return { kind: 'close' }
    default:
      return { kind: 'ignored' }
  }
}

export const HANDSHAKE_ACCEPTED = `{}${RECORD_END}`
export const PING = record({ type: 6 })

export function handshakeRefused(error: string): string {
  return record({ error })
}

export function completion(invocationId: string, error?: string): string {
  return record(error === undefined ? { type: 3, invocationId } : { type: 3, invocationId, error })
}

export function invocation(target: string, args: readonly JsonValue[]): string {
  return record({ type: 1, target, arguments: args })
}

export function closing(error?: string, allowReconnect?: boolean): string {
  return record({
    type: 7,
    ...(error === undefined ? {} : { error }),
    ...(allowReconnect === true ? { allowReconnect } : {}),
  })
}

function record(message: JsonObject): string {
  return JSON.stringify(message) + RECORD_END
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
