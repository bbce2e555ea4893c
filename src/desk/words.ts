import { type Instrument, type Ticks, priceOf } from '../domain/index.ts'
import {
  type ProtectionFacts,
  type ProtectionKind,
  type ProtectiveLeg,
  coverageOf,
} from '../execution/index.ts'

/** One line for the position card: what covers it, by which channels. */
export function protectionText(kind: ProtectionKind, facts: ProtectionFacts, instrument: Instrument): string {
  const { net, legs, allowedStop } = facts
  const price = (at: Ticks | undefined): string =>
    at === undefined ? 'no price' : priceOf(at, instrument).toFixed(instrument.decimals)
  const stop = stopOf(legs)
  const held = Math.abs(net ?? 0)
  const { seen } = coverageOf(net ?? 0, legs, allowedStop)
  switch (kind) {
    case 'idle':
    case 'flat':
      return 'flat'
    case 'submitting':
      return 'entry on its way'
    case 'entryUnknown':
      return 'sent, no answer; looking it up by tag'
    case 'entryWorking':
      return 'entry resting'
    case 'partiallyFilled':
      return `filling, ${seen} of ${held} covered`
    case 'filledUnprotected':
      return 'FILLED, STOP NOT PROVEN'
    case 'partlyCovered':
      return `${seen} of ${held} contracts covered`
    case 'protected':
      return `stop ${stop?.orderId ?? ''} working at ${price(stop?.price)}, ${seen} of ${held} covered, ${channelsOf(stop).join(' + ')} agree`
    case 'stopLost':
      return 'the stop is gone; placing another'
    case 'closing':
      return 'closing, not confirmed flat'
    case 'unknown':
      return 'cannot tell: the position cannot be read'
    default:
      return kind satisfies never
  }
}

/** The stop that counts: of those that work the loosest, for it says what may be lost. */
export function stopOf(legs: readonly ProtectiveLeg[]): ProtectiveLeg | undefined {
  const stops = legs.filter((each) => each.leg === 'stop')
  const loosestFirst = stops
    .filter((each) => each.status === 'working')
    .toSorted((a, b) => b.direction * ((b.price ?? 0) - (a.price ?? 0)))
  return loosestFirst[0] ?? stops[0]
}

export function targetOf(legs: readonly ProtectiveLeg[]): ProtectiveLeg | undefined {
  return legs.find((each) => each.leg === 'target')
}

/** Which channels show a leg working. */
export function channelsOf(leg: ProtectiveLeg | undefined): readonly string[] {
  if (leg === undefined) return []
  const stream = leg.streamAt === undefined ? [] : ['stream']
  const reads =
    leg.readAt === undefined
      ? []
      : leg.earlierReadAt !== undefined && stream.length === 0
        ? ['REST twice']
        : ['REST']
  return [...stream, ...reads]
}
