/** A message of nine fields, as an update of a bar has. */
export interface BarMessage {
  readonly kind: 'bar'
  readonly root: string
  readonly t: number
  readonly o: number
  readonly h: number
  readonly l: number
  readonly c: number
  readonly v: number
  readonly seq: number
}

export function barMessage(seq: number): BarMessage {
  const o = 79_000 + (seq % 100)
  return { kind: 'bar', root: 'MNQ', t: 1_776_774_300_000, o, h: o + 4, l: o - 4, c: o + 1, v: seq % 50, seq }
}
