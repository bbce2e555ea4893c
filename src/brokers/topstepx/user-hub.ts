/** Orders, positions, trades and accounts as they change. No event may be lost in silence here. */
import { type EpochMs, ROSTER } from '../../domain/index.ts'
import type { Random, Result } from '../../lib/index.ts'
import type { Clock, Log, Pause, StrangeRow, TokenSource, UserHub, UserHubEvents } from '../port.ts'
import { instantOf } from './clock.ts'
import { type Invoke, type OpenHubLink, createHubLink } from './hub-link.ts'
import { type InstrumentOf, toAccount, toOrder, toPosition, toTrade } from './records.ts'
import { instrumentLookup } from './values.ts'

export interface UserHubOptions {
  readonly url: string
  readonly tokens: TokenSource
  readonly accountIds: readonly string[]
  readonly clock: Clock
  readonly pause: Pause
  readonly random: Random
  readonly log: Log
  readonly events: UserHubEvents
  readonly instrumentOf?: InstrumentOf
  readonly stepTimeoutMs?: number
  /** In place of the socket, for a simulation in one process. */
  readonly openLink?: OpenHubLink
}

export function createUserHub(options: UserHubOptions): UserHub {
  const { clock, events, instrumentOf = instrumentLookup(ROSTER), openLink = createHubLink } = options
  const accountIds = new Set(options.accountIds)

  const link = openLink({
    ...options,
    name: 'user',
    handlers: {
      GatewayUserAccount: take('GatewayUserAccount', toAccount, events.onAccount),
      GatewayUserOrder: take(
        'GatewayUserOrder',
        (raw, receivedAt) => toOrder(raw, instrumentOf, receivedAt),
        (order) => {
          // Status 0 says nothing about the order but that something happened to it.
          if (order.status === 'none')
            tellStrange('GatewayUserOrder', {
              id: order.id,
              contractId: order.contractId,
              reason: 'status 0 (none) is no state of an order',
            })
          else events.onOrder?.(order)
        },
      ),
      GatewayUserPosition: take(
        'GatewayUserPosition',
        (raw, receivedAt) => toPosition(raw, instrumentOf, receivedAt),
        events.onPosition,
      ),
      GatewayUserTrade: take(
        'GatewayUserTrade',
        (raw) => toTrade(raw, instrumentOf),
        events.onTradeOfAccount,
      ),
    },
    subscribeAll: async (invoke) => {
      demand(await invoke('SubscribeAccounts'))
      for (const accountId of accountIds) await subscribeTo(accountId, invoke)
    },
  })

  function take<T>(
    target: string,
    parse: (raw: unknown, receivedAt: EpochMs) => Result<T, StrangeRow>,
    tell: ((row: T) => void) | undefined,
  ): (payload: unknown) => void {
    return (payload) => {
      const receivedAt = instantOf(clock)
      for (const raw of normalise(payload)) {
        link.count('events', target)
        const row = parse(raw, receivedAt)
        if (row.ok) tell?.(row.value)
        else tellStrange(target, row.error)
      }
    }
  }

  function tellStrange(target: string, row: StrangeRow): void {
    link.count('dropped', `${target} ${row.reason}`.slice(0, 80))
    events.onStrange?.({ ...row, target })
  }

  return {
    ...link.hub,
    probe(answered) {
      // A repeated subscription changes nothing, and its completion is an answer on this very stream.
      if (link.hub.state() !== 'connected') return
      link.whenConnected(async (invoke) => {
        demand(await invoke('SubscribeAccounts'))
        answered()
      })
    },
    watch(more) {
      const fresh = more.filter((each) => !accountIds.has(each))
      if (fresh.length === 0) return
      for (const accountId of fresh) accountIds.add(accountId)
      link.whenConnected(async (invoke) => {
        for (const accountId of fresh) await subscribeTo(accountId, invoke)
      })
    },
  }
}

async function subscribeTo(accountId: string, invoke: Invoke): Promise<void> {
  // Account ids are int32 and go out as numbers.
  const id = Number(accountId)
  demand(await invoke('SubscribeOrders', id))
  demand(await invoke('SubscribePositions', id))
  demand(await invoke('SubscribeTrades', id))
}

/** Deaf on one of these is deaf: the connection is made anew. */
function demand(refusal: string | undefined): void {
  if (refusal !== undefined) throw new Error(`subscription refused: ${refusal}`)
}

/** Rows of a user event in every shape that was seen: bare, `{action, data}`, arrays of either, padded with nulls. */
export function normalise(payload: unknown, depth = 0): readonly unknown[] {
  if (payload === null || payload === undefined) return []
  // Deeper than anything honest: told as one row that is not understood.
  if (typeof payload !== 'object' || depth > DEPTH_MAX) return [payload]
  if (Array.isArray(payload)) return payload.flatMap((each) => normalise(each, depth + 1))
  const { data } = payload as { data?: unknown }
  return typeof data === 'object' && data !== null ? normalise(data, depth + 1) : [payload]
}

const DEPTH_MAX = 6
