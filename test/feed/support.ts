import { type Bar, type Side, type TradePrint, epochMs, ticks } from '../../src/domain/index.ts'

/** 2026-03-10 09:30 New York, a Tuesday. */
export const OPEN = Date.parse('2026-03-10T13:30:00Z')
export const MINUTE = 60_000

/** A print at seconds after `OPEN`. */
export function aPrint(
  seconds: number,
  price: number,
  fields: {
    readonly size?: number
    readonly side?: Side
    readonly occurrence?: number
    readonly subMs?: number
  } = {},
): TradePrint {
  const at = epochMs(OPEN + Math.round(seconds * 1_000))
  return {
    contractId: 'CON.F.US.MES.H26',
    price: ticks(price),
    size: fields.size ?? 1,
    side: fields.side ?? 'buy',
    at,
    subMs: fields.subMs ?? 0,
    occurrence: fields.occurrence ?? 0,
    receivedAt: at,
  }
}

export function aBar(t: number, [o, h, l, c]: readonly [number, number, number, number], v = 10): Bar {
  return { t: epochMs(t), o: ticks(o), h: ticks(h), l: ticks(l), c: ticks(c), v }
}

/** Bars of one minute each from `from`, their price wandering; a minute whose number is in `silent` has none. */
export function minutes(
  from: number,
  count: number,
  silent: (index: number) => boolean = () => false,
): Bar[] {
  const bars: Bar[] = []
  let price = 25_000
  for (let i = 0; i < count; i++) {
    const step = ((i * 7_919) % 11) - 5
    const bar = aBar(
      from + i * MINUTE,
      [price, price + 3 + (i % 4), price - 2 - (i % 3), price + step],
      1 + (i % 50),
    )
    if (!silent(i)) bars.push({ ...bar, h: ticks(Math.max(bar.h, bar.c)), l: ticks(Math.min(bar.l, bar.c)) })
    price += step
  }
  return bars
}

export const ohlcv = ({ o, h, l, c, v }: Bar): readonly number[] => [o, h, l, c, v]
