/** The clock of a simulated gateway: ours follows it. */
import { z } from 'zod'
import { type EpochMs, epochMs } from '../domain/index.ts'
import { type Fault, type Result, failed, ok } from '../lib/index.ts'

export interface SimulatedClock {
  readonly now: EpochMs
  /** Its milliseconds a real one; 0: as fast as its data are taken. */
  readonly speed: number
}

const TIMEOUT_MS = 2_000

const schema = z.object({
  nowMs: z.number(),
  speed: z.union([z.number().positive(), z.literal('max')]),
})

/** Reads it once. `rest` is the gateway's base address. */
export async function readSimulatedClock(rest: string): Promise<Result<SimulatedClock, Fault>> {
  try {
    const reply = await fetch(`${rest}/sim/clock`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
    const parsed = schema.safeParse(await reply.json())
    if (!parsed.success)
      return failed({
        code: 'MALFORMED',
        retry: 'never',
        detail: `${rest}/sim/clock is not a simulated gateway's clock`,
      })
    const { nowMs, speed } = parsed.data
    return ok({ now: epochMs(Math.floor(nowMs)), speed: speed === 'max' ? 0 : speed })
  } catch (error) {
    const detail = `simulated clock at ${rest}: ${error instanceof Error ? error.message : String(error)}`
    return failed({ code: 'DISCONNECTED', retry: 'safe', detail })
  }
}
