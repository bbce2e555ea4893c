import { type Result, failed, ok } from '../lib/index.ts'
import type { HubName } from './hub-connection.ts'

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
]
