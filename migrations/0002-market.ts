// What we watch: instruments, their bars for the charts, signals, and one scanner row an instrument.
import { Migration } from '@mikro-orm/migrations'

const DATA_STATE = `state in
  ('current', 'quiet', 'delayed', 'stale', 'unknown', 'simulated', 'disputed', 'declared', 'closed')`

export class Migration0002 extends Migration {
  override up(): void {
    this.addSql(`
      create table instruments (
        root text not null,
        position int not null,
        symbol_id text not null,
        description text not null,
        contract_id text,
        contract_name text,
        tick_size double precision not null,
        decimals int not null,
        tick_value bigint not null,
        checked_at timestamptz,
        agreement text not null,
        disabled_because text,
        last_data_at timestamptz,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (root),
        constraint instruments_tick_size_check check (tick_size > '0'),
        constraint instruments_tick_value_check check (tick_value > 0),
        constraint instruments_agreement_check check (agreement in ('unchecked', 'agrees', 'differs')),
        constraint instruments_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table bars (
        instrument text not null,
        timeframe text not null,
        t timestamptz not null,
        o int not null,
        h int not null,
        l int not null,
        c int not null,
        v bigint not null,
        contract_id text,
        source text not null,
        primary key (instrument, timeframe, t),
        constraint bars_low_check check (l <= o and l <= c),
        constraint bars_high_check check (h >= o and h >= c),
        constraint bars_volume_check check (v >= 0),
        constraint bars_timeframe_check check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1D'))
      )`)

    this.addSql(`
      create table signals (
        id text not null,
        number bigserial,
        instrument text not null,
        model text not null,
        timeframe text not null,
        direction smallint not null,
        known_at timestamptz not null,
        valid_until timestamptz not null,
        entry int not null,
        stop int not null,
        targets int[] not null,
        score double precision,
        grade text not null,
        facts jsonb not null,
        regime jsonb not null,
        revision bigint not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (id),
        constraint signals_number unique (number),
        constraint signals_direction_check check (abs(direction) = 1),
        constraint signals_timeframe_check check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1D')),
        constraint signals_state_check check (${DATA_STATE})
      )`)
    this.addSql(`create index signals_known_at on signals (known_at)`)

    this.addSql(`
      create table scanner_state (
        instrument text not null,
        last int,
        session_open int,
        direction smallint not null,
        stage text not null,
        word text not null,
        text text not null,
        met int not null,
        of int not null,
        regime jsonb,
        seq bigint not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (instrument),
        constraint scanner_state_direction_check check (abs(direction) <= 1),
        constraint scanner_state_state_check check (${DATA_STATE})
      )`)
  }
}
