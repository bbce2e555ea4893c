import { type Direction, type Instrument, type Ticks, type Usd, ticks } from '../domain/index.ts'
import { stopTicksMax } from '../domain/risk/index.ts'

/** A protective order of ours as the channels show it. Moments are of the steady clock. */
export interface ProtectiveLeg {
  readonly orderId: string
  readonly tag: string | undefined
  readonly leg: 'stop' | 'target'
  readonly direction: Direction
  /** What is left of it. */
  readonly size: number
  /** Undefined while it is suspended: a bracket child has no price before its entry fills. */
  readonly price: Ticks | undefined
  /** `cancelling` once we have asked for its end: it covers nothing any more and is not cancelled twice. */
  readonly status: 'working' | 'suspended' | 'pending' | 'cancelling'
  readonly createdAt: number
  /** Newest moment at which each channel showed it working. */
  readonly streamAt: number | undefined
  readonly readAt: number | undefined
  /** An earlier read that showed it too: what proves it where only reads exist. */
  readonly earlierReadAt: number | undefined
}

export interface Coverage {
  /** Contracts covered by stops that two channels agree on. */
  readonly proven: number
  /** Contracts covered by stops that at least one channel shows working. */
  readonly seen: number
  /** The oldest newest-read of the stops that count: how fresh the proof is. Undefined when there is none. */
  readonly provenAt: number | undefined
  /** Contracts held without a stop that anyone has seen. */
  readonly uncovered: number
  /** Stops and targets beyond what is held, newest first, whose going leaves every contract covered. */
  readonly excess: readonly ProtectiveLeg[]
}

/** Two reads further apart than this count as two looks. */
export const SECOND_READ_MS_MIN = 1_000

/**
 * How much of a position its stops cover. A stop counts when it works on the closing side and is not looser than
 * allowed. `allowedStop` is the loosest price that keeps the loss within the cap.
 */
export function coverageOf(
  net: number,
  legs: readonly ProtectiveLeg[],
  allowedStop: Ticks | undefined,
): Coverage {
  const held = Math.abs(net)
  const closing = legs.filter((each) => each.direction === -Math.sign(net))
  const stops = closing.filter((each) => each.leg === 'stop' && isTight(each, net, allowedStop))
  const seen = stops.filter(isWorking)
  const targets = closing.filter((each) => each.leg === 'target' && each.status !== 'cancelling')
  return {
    proven: Math.min(held, total(seen.filter(isProven))),
    seen: Math.min(held, total(seen)),
    provenAt: oldestRead(seen.filter(isProven)),
    uncovered: Math.max(0, held - total(seen)),
    excess: [...excessOf(held, seen, isProven), ...excessOf(held, targets, () => true)],
  }
}

/** The stream and a read agree, or two reads with time between them do. */
export function isProven({ streamAt, readAt, earlierReadAt }: ProtectiveLeg): boolean {
  if (readAt === undefined) return false
  return (
    streamAt !== undefined || (earlierReadAt !== undefined && readAt - earlierReadAt >= SECOND_READ_MS_MIN)
  )
}

/**
 * The loosest stop that keeps a position's loss within the cap, from what was really paid for it.
 * @param averageFractional average price in fractional ticks
 * Undefined when no stop could: the position is then closed.
 */
export function allowedStopOf(
  net: number,
  averageFractional: number,
  instrument: Instrument,
  cap: Usd,
): Ticks | undefined {
  const widest = stopTicksMax(instrument, cap, Math.abs(net))
  if (widest < 1) return undefined
  const price = averageFractional - Math.sign(net) * widest
  // Rounded to the tick nearer to the position: the tighter one.
  return ticks((net > 0 ? Math.ceil(price) : Math.floor(price)) + 0)
}

const isWorking = ({ status }: ProtectiveLeg): boolean => status === 'working'
const total = (legs: readonly ProtectiveLeg[]): number => legs.reduce((sum, each) => sum + each.size, 0)

function oldestRead(legs: readonly ProtectiveLeg[]): number | undefined {
  const reads = legs.map((each) => each.readAt ?? Number.NEGATIVE_INFINITY)
  return reads.length === 0 ? undefined : Math.min(...reads)
}

function isTight({ price }: ProtectiveLeg, net: number, allowed: Ticks | undefined): boolean {
  if (allowed === undefined || price === undefined) return true
  return Math.sign(net) * (price - allowed) >= 0
}

/** Newest first, as long as what `counts` of the rest is enough. */
function excessOf(
  held: number,
  legs: readonly ProtectiveLeg[],
  counts: (leg: ProtectiveLeg) => boolean,
): readonly ProtectiveLeg[] {
  const newestFirst = [...legs].sort((a, b) => b.createdAt - a.createdAt || (a.orderId < b.orderId ? 1 : -1))
  let left = total(legs.filter(counts))
  return newestFirst.filter((each) => {
    const goes = counts(each) ? each.size : 0
    if (left - goes < held) return false
    left -= goes
    return true
  })
}
