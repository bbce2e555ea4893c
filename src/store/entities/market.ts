import { defineEntity, p } from '@mikro-orm/postgresql'
import { type Direction, type Fact, type RegimeReading, TIMEFRAMES, type Ticks } from '../../domain/index.ts'
import { decimal, instant, money, price, shown } from './columns.ts'

export const Instrument = defineEntity({
  name: 'Instrument',
  tableName: 'instruments',
  properties: {
    root: p.text().primary(),
    /** Its place in the scanner. */
    position: p.integer(),
    symbolId: p.text(),
    description: p.text(),
    contractId: p.text().strictNullable(),
    contractName: p.text().strictNullable(),
    tickSize: decimal(),
    decimals: p.integer(),
    tickValue: money(),
    /** When the broker's own tick size and value were last compared with ours. */
    checkedAt: instant().strictNullable(),
    agreement: p.enum(['unchecked', 'agrees', 'differs'] as const),
    /** Why it is not scanned; null while it is. */
    disabledBecause: p.text().strictNullable(),
    lastDataAt: instant().strictNullable(),
    ...shown(),
  },
  checks: [
    { name: 'instruments_tick_size_check', expression: "tick_size > '0'" },
    { name: 'instruments_tick_value_check', expression: 'tick_value > 0' },
  ],
})

export const BarRecord = defineEntity({
  name: 'BarRecord',
  tableName: 'bars',
  properties: {
    instrument: p.text().primary(),
    timeframe: p.enum(TIMEFRAMES).primary(),
    t: instant().primary(),
    o: price(),
    h: price(),
    l: price(),
    c: price(),
    v: p.bigint('number'),
    contractId: p.text().strictNullable(),
    source: p.text(),
  },
  checks: [
    { name: 'bars_low_check', expression: 'l <= o and l <= c' },
    { name: 'bars_high_check', expression: 'h >= o and h >= c' },
    { name: 'bars_volume_check', expression: 'v >= 0' },
  ],
})

export const SignalRecord = defineEntity({
  name: 'SignalRecord',
  tableName: 'signals',
  properties: {
    id: p.text().primary(),
    /** The human number, `S-486`. */
    number: p.bigint('number').autoincrement(),
    instrument: p.text(),
    model: p.text(),
    timeframe: p.enum(TIMEFRAMES),
    direction: p.smallint().$type<Direction>(),
    knownAt: instant(),
    validUntil: instant(),
    entry: price(),
    stop: price(),
    targets: p.array().columnType('int[]').$type<Ticks[]>(),
    score: decimal().strictNullable(),
    grade: p.text(),
    facts: p.json<readonly Fact[]>(),
    regime: p.json<RegimeReading>(),
    revision: p.bigint('number'),
    ...shown(),
  },
  uniques: [{ name: 'signals_number', properties: ['number'] }],
  indexes: [{ name: 'signals_known_at', properties: ['knownAt'] }],
  checks: [{ name: 'signals_direction_check', expression: 'abs(direction) = 1' }],
})

/** One row an instrument: what the scanner says of it. */
export const ScannerState = defineEntity({
  name: 'ScannerState',
  tableName: 'scanner_state',
  properties: {
    instrument: p.text().primary(),
    last: price().strictNullable(),
    sessionOpen: price().strictNullable(),
    /** Against the open of the trading day. */
    direction: p.smallint().$type<Direction | 0>(),
    stage: p.text(),
    /** The shortest form: `wait sweep`. */
    word: p.text(),
    text: p.text(),
    met: p.integer(),
    of: p.integer(),
    regime: p.json<RegimeReading>().strictNullable(),
    seq: p.bigint('number'),
    ...shown(),
  },
  checks: [{ name: 'scanner_state_direction_check', expression: 'abs(direction) <= 1' }],
})
