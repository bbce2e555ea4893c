/** What all clients of one ProjectX gateway in one thread share. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, type Random, type Result, failed, ok } from '../../lib/index.ts'
import type { Clock, Log, Pause } from '../port.ts'
import { BARS_LIMITS, type BucketLimits, GENERAL_LIMITS, createBucket } from './limiter.ts'
import type { GatewayLink } from './rest.ts'
import { createHttpSender, type HttpSend, type HttpSender } from './transport.ts'

export interface OpenOptions {
  /** REST base address. https, or http on this machine. */
  readonly rest: string
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  /** Real waits between tries; a simulation hands in its own. */
  readonly pause?: Pause
  /** In place of the network, for a simulation in one process. */
  readonly send?: HttpSend
  /** The limits count per user, not per connection: two threads take two shares. */
  readonly share?: Share
}

type Share = 'all' | 'trading' | 'market-data'

export interface OpenedGateway extends GatewayLink {
  close(): void
}

const SHARES: Readonly<Record<Share, BucketLimits>> = {
  all: GENERAL_LIMITS,
  trading: { ...GENERAL_LIMITS, burst: GENERAL_LIMITS.burst - 10, refill: GENERAL_LIMITS.refill - 20 },
  'market-data': { ...GENERAL_LIMITS, burst: 10, refill: 20, reserve: 2 },
}

export function openGateway(options: OpenOptions): OpenedGateway {
  const { clock, random, log = silent, pause = realPause, share = 'all' } = options
  const sender: HttpSender =
    options.send === undefined ? createHttpSender(options.rest) : { send: options.send, close: silent }
  return {
    send: sender.send,
    clock,
    pause,
    random,
    general: createBucket(SHARES[share], clock),
    bars: createBucket(BARS_LIMITS, clock),
    log,
    close: () => sender.close(),
  }
}

/** Round trip in real milliseconds, and the server's clock less ours, in platform milliseconds, when it told. */
export async function pingGateway(
  link: GatewayLink,
): Promise<Result<{ readonly roundTripMs: number; readonly clockOffsetMs: number | undefined }, Fault>> {
  const startedAt = performance.now()
  const outcome = await link.send({
    method: 'GET',
    path: '/api/Status/ping',
    headers: { Accept: '*/*' },
    body: undefined,
    timeoutMs: 5_000,
    bytesMax: 64 * 1024,
  })
  if (outcome.kind !== 'answered') return failed({ ...outcome.fault, retry: 'safe' })
  if (outcome.status !== 200)
    return failed({ code: 'SERVER_ERROR', retry: 'safe', detail: `ping: HTTP ${outcome.status}` })
  const clockOffsetMs = outcome.date === undefined ? undefined : outcome.date - link.clock.now()
  return ok({ roundTripMs: performance.now() - startedAt, clockOffsetMs })
}

/** A real wait that ends early, and without complaint, when it is called off. */
export const realPause: Pause = async (ms, signal) => {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error
  })
}

const silent = (): void => undefined
