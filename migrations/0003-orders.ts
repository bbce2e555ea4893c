// What we decide and do: verdicts, intents bound to them by the whole tuple, and what the broker reports.
import { Migration } from '@mikro-orm/migrations'

const DATA_STATE = `state in
  ('current', 'quiet', 'delayed', 'stale', 'unknown', 'simulated', 'disputed', 'declared', 'closed')`
const ROUTE = "route in ('paper', 'gateway-sim', 'broker')"
const LIFE = `life in
  ('intent', 'sent', 'unknown', 'working', 'partial', 'filled', 'rejected', 'cancelled', 'absent')`

export class Migration0003 extends Migration {
  override up(): void {
    this.addSql(`
      create table decisions (
        id bigserial primary key,
        route text not null,
        account_id text not null,
        epoch bigint not null,
        mode text not null,
        signal_id text not null,
        instrument text not null,
        contract_id text,
        side text not null,
        size int not null,
        entry int not null,
        stop int not null,
        target int not null,
        score double precision,
        tag text,
        order_hash text,
        risk bigint,
        p1 boolean not null,
        p2 boolean not null,
        p3 boolean not null,
        p4 boolean not null,
        p5 boolean not null,
        passed boolean generated always as (p1 and p2 and p3 and p4 and p5) stored not null,
        failed_phase smallint,
        code text,
        text text not null,
        phases jsonb not null,
        inputs jsonb not null,
        facts jsonb not null,
        config_hash text not null,
        state_version bigint not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        decided_at timestamptz not null default clock_timestamp(),
        constraint decisions_key unique (id, tag, route, account_id, epoch, order_hash, passed),
        constraint decisions_passed_is_whole check
          ((passed and tag is not null and order_hash is not null and risk is not null and failed_phase is null)
            or (not passed and failed_phase is not null and code is not null)),
        constraint decisions_risk_cap check (not passed or (risk > 0 and risk <= 120000000)),
        constraint decisions_size_check check (size >= 0 and (not passed or size >= 1)),
        constraint decisions_failed_phase_check check
          (failed_phase is null or (failed_phase >= 1 and failed_phase <= 5)),
        constraint decisions_order_hash_check check (order_hash ~ '^[0-9a-f]{64}$'),
        constraint decisions_route_check check (${ROUTE}),
        constraint decisions_mode_check check (mode in ('PAPER SIM', 'RUNTIME SIM', 'BROKER-VERIFIED')),
        constraint decisions_side_check check (side in ('buy', 'sell')),
        constraint decisions_state_check check (${DATA_STATE})
      )`)
    this.addSql(`create index decisions_of_account on decisions (route, account_id, id)`)

    this.addSql(`
      create table intents (
        tag text not null,
        decision_id bigint not null,
        route text not null,
        account_id text not null,
        epoch bigint not null,
        order_hash text not null,
        gate_passed boolean not null default true,
        contract_id text not null,
        instrument text not null,
        side text not null,
        type text not null,
        size int not null,
        entry int not null,
        stop int not null,
        target int not null,
        risk bigint not null,
        life text not null default 'intent',
        broker_order_id text,
        filled int not null default 0,
        reason text,
        intended_at timestamptz not null,
        moved_at timestamptz not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (tag),
        constraint intents_one_a_decision unique (decision_id),
        constraint intents_gate_passed_check check (gate_passed),
        constraint intents_size_check check (size >= 1),
        constraint intents_filled_check check (filled >= 0 and filled <= size),
        constraint intents_route_check check (${ROUTE}),
        constraint intents_side_check check (side in ('buy', 'sell')),
        constraint intents_type_check check (type in ('limit', 'market')),
        constraint intents_life_check check (${LIFE})
      )`)
    this.addSql(`create index intents_of_account on intents (route, account_id, life)`)

    this.addSql(`
      create table reductions (
        tag text not null,
        route text not null,
        account_id text not null,
        epoch bigint not null,
        kind text not null,
        contract_id text not null,
        instrument text not null,
        side text,
        size int not null,
        price int,
        net_before int not null,
        net_after_worst int not null,
        because text not null,
        life text not null default 'intent',
        broker_order_id text,
        filled int not null default 0,
        reason text,
        intended_at timestamptz not null,
        moved_at timestamptz not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (tag),
        constraint reductions_reduce_check check (abs(net_after_worst) <= abs(net_before)),
        constraint reductions_size_check check (size >= 0),
        constraint reductions_route_check check (${ROUTE}),
        constraint reductions_kind_check check (kind in ('stop', 'target', 'close', 'cancel')),
        constraint reductions_side_check check (side in ('buy', 'sell')),
        constraint reductions_life_check check (${LIFE})
      )`)
    this.addSql(`create index reductions_of_account on reductions (route, account_id, life)`)

    this.addSql(`
      create table orders (
        route text not null,
        account_id text not null,
        id text not null,
        contract_id text not null,
        instrument text not null,
        status text not null,
        type text not null,
        side text not null,
        size int not null,
        limit_price int,
        stop_price int,
        filled int not null,
        average_fill double precision,
        tag text,
        parent_id text,
        role text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (route, account_id, id),
        constraint orders_route_check check (${ROUTE}),
        constraint orders_status_check check
          (status in ('none', 'open', 'filled', 'cancelled', 'expired', 'rejected', 'pending', 'pending-cancel',
            'suspended', 'unknown')),
        constraint orders_side_check check (side in ('buy', 'sell')),
        constraint orders_role_check check (role in ('entry', 'stop', 'target', 'external')),
        constraint orders_state_check check (${DATA_STATE})
      )`)
    this.addSql(`create index orders_by_status on orders (route, account_id, status)`)
    this.addSql(`create index orders_by_update on orders (route, updated_at)`)

    this.addSql(`
      create table fills (
        route text not null,
        account_id text not null,
        id text not null,
        order_id text not null,
        contract_id text not null,
        instrument text not null,
        at timestamptz not null,
        trading_day text not null,
        price int not null,
        side text not null,
        size int not null,
        profit_and_loss bigint,
        fees bigint not null,
        is_voided boolean not null default false,
        epoch bigint not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (route, account_id, id),
        constraint fills_size_check check (size >= 1),
        constraint fills_route_check check (${ROUTE}),
        constraint fills_side_check check (side in ('buy', 'sell')),
        constraint fills_state_check check (${DATA_STATE})
      )`)
    this.addSql(`create index fills_of_day on fills (route, account_id, trading_day)`)

    this.addSql(`
      create table positions (
        route text not null,
        account_id text not null,
        contract_id text not null,
        instrument text not null,
        broker_id text not null,
        direction smallint not null,
        size int not null,
        average double precision not null,
        opened_at timestamptz not null,
        mark int,
        open_profit bigint,
        best int,
        worst int,
        decision_id bigint,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (route, account_id, contract_id),
        constraint positions_direction_check check (abs(direction) <= 1),
        constraint positions_flat_check check ((direction = 0) = (size = 0)),
        constraint positions_size_check check (size >= 0),
        constraint positions_route_check check (${ROUTE}),
        constraint positions_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table protection (
        route text not null,
        account_id text not null,
        contract_id text not null,
        instrument text not null,
        phase text not null,
        text text not null,
        episode text,
        entry double precision,
        stop int,
        target int,
        stop_order_id text,
        target_order_id text,
        covered int not null,
        size int not null,
        channels text[] not null,
        proven_at timestamptz,
        deadline_at timestamptz,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (route, account_id, contract_id),
        constraint protection_covered_check check (covered >= 0 and size >= 0),
        constraint protection_route_check check (${ROUTE}),
        constraint protection_state_check check (${DATA_STATE})
      )`)

    // An intent stands on a decision that passed, for this very order, account, route and epoch, or not at all.
    this.addSql(`
      alter table intents add constraint intents_stand_on_a_passed_decision
      foreign key (decision_id, tag, route, account_id, epoch, order_hash, gate_passed)
      references decisions (id, tag, route, account_id, epoch, order_hash, passed)`)
  }
}
