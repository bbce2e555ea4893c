import { type Result, failed, ok } from '../lib/index.ts'
import type { HubName } from './hub-connection.ts'
import { NO_QUIRKS, type Quirks } from './quirks.ts'
import { parseInstant } from './wire.ts'

/** What a drill may do to the gateway while it runs. */
export type Fault =
  /** The sockets of a hub end without a word. */
  | { readonly kind: 'dropHub'; readonly hub: HubName }
  /** A close message; without `allowReconnect` the official client does not come back by itself. */
  | { readonly kind: 'closeHub'; readonly hub: HubName; readonly allowReconnect: boolean }
  /** Prices freeze, pings go on. */
  | { readonly kind: 'muteMarket' }
  | { readonly kind: 'unmute' }
  /** The next `Order/place` takes effect, its answer is lost with the connection. */
  | { readonly kind: 'loseNextPlaceReply' }
  /** `GatewayLogout` on the user hub, then its end. */
  | { readonly kind: 'logout' }
  | { readonly kind: 'lockAccount'; readonly accountId: number }
  | { readonly kind: 'unlockAccount'; readonly accountId: number }
  /** The next requests of the REST side answer with this status, before anything is done. */
  | { readonly kind: 'failNext'; readonly status: number; readonly count: number }
  /** Shapes of the live stream from now on; what is left out is off again. */
  | { readonly kind: 'quirks'; readonly quirks: Quirks }

export type FaultKind = Fault['kind']

/** A fault from a request body, or what is wrong with it. */
export function parseFault(body: unknown): Result<Fault, string> {
  if (typeof body !== 'object' || body === null) return failed('a fault is an object with a kind')
  const { kind, hub, allowReconnect, accountId, status, count } = body as Record<string, unknown>
  switch (kind) {
    case 'muteMarket':
    case 'unmute':
    case 'loseNextPlaceReply':
    case 'logout':
      return ok({ kind })
    case 'dropHub':
    case 'closeHub':
      if (hub !== 'user' && hub !== 'market')
        return failed(`hub ${JSON.stringify(hub)}: it is "user" or "market"`)
      return ok(kind === 'dropHub' ? { kind, hub } : { kind, hub, allowReconnect: allowReconnect === true })
    case 'lockAccount':
    case 'unlockAccount':
      return typeof accountId === 'number'
        ? ok({ kind, accountId })
        : failed(`accountId ${JSON.stringify(accountId)}: it is a number`)
    case 'failNext': {
      if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599)
        return failed(`status ${JSON.stringify(status)}: it is an HTTP status from 400 to 599`)
      if (count !== undefined && (typeof count !== 'number' || !Number.isInteger(count) || count < 1))
        return failed(`count ${JSON.stringify(count)}: it is a whole number from 1`)
      return ok({ kind, status, count: count ?? 1 })
    }
    case 'quirks':
      return quirksOf(body as Record<string, unknown>)
    default:
      return failed(`kind ${JSON.stringify(kind)}: it is one of ${FAULT_KINDS.join(', ')}`)
  }
}

export const FAULT_KINDS: readonly FaultKind[] = [
  'dropHub',
  'closeHub',
  'muteMarket',
  'unmute',
  'loseNextPlaceReply',
  'logout',
  'lockAccount',
  'unlockAccount',
  'failNext',
  'quirks',
]

function quirksOf(body: Record<string, unknown>): Result<Fault, string> {
  const quirks: Record<string, boolean> = { ...NO_QUIRKS }
  for (const [name, value] of Object.entries(body)) {
    if (name === 'kind' || name === 'at') continue
    if (!Object.hasOwn(NO_QUIRKS, name) || typeof value !== 'boolean')
      return failed(
        `quirk ${name} ${JSON.stringify(value)}: true or false for ${Object.keys(NO_QUIRKS).join(', ')}`,
      )
    quirks[name] = value
  }
  return ok({ kind: 'quirks', quirks: { ...NO_QUIRKS, ...quirks } })
}

/** A fault at an instant of the simulated clock. */
export interface TimedFault {
  readonly at: number
  readonly fault: Fault
}

/** `[{"at":"2026-03-10T13:30:00Z","kind":"dropHub","hub":"market"}]`, in any order. */
export function parseSchedule(json: unknown): Result<readonly TimedFault[], string> {
  if (!Array.isArray(json)) return failed('a schedule is a list of faults, each with an instant "at"')
  const timed: TimedFault[] = []
  for (const [i, row] of (json as unknown[]).entries()) {
    const text = (row as { at?: unknown } | null)?.at
    const at = typeof text === 'string' ? parseInstant(text) : undefined
    if (at === undefined) return failed(`[${i}].at ${JSON.stringify(text)}: it is an ISO-8601 instant`)
    const fault = parseFault(row)
    if (!fault.ok) return failed(`[${i}]: ${fault.error}`)
    timed.push({ at, fault: fault.value })
  }
  return ok(timed.sort((a, b) => a.at - b.at))
}
