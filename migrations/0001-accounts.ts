// Who we trade for: accounts and sub-accounts, the session with the broker, and the proofs that earn a label.
import { Migration } from '@mikro-orm/migrations'

const DATA_STATE = `state in
  ('current', 'quiet', 'delayed', 'stale', 'unknown', 'simulated', 'disputed', 'declared', 'closed')`
const ROUTE = "route in ('paper', 'gateway-sim', 'broker')"

export class Migration0001 extends Migration {
  override up(): void {
    this.addSql(`
      create table accounts (
        route text not null,
        id text not null,
        name text not null,
        parent_id text,
        parent_name text,
        sub_name text,
        balance bigint not null,
        can_trade boolean not null,
        is_visible boolean not null,
        is_simulated boolean not null,
        -- Nullable, as older installations have it: 0006 settles the rows and forbids it.
        is_active boolean,
        source text not null,
        as_of timestamptz,
        state text not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (route, id),
        constraint accounts_route_check check (${ROUTE}),
        constraint accounts_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table broker_sessions (
        route text not null,
        signed_in_at timestamptz,
        token_validated_at timestamptz,
        token_expires_at timestamptz,
        user_hub text not null,
        user_hub_since timestamptz,
        market_hub text not null,
        market_hub_since timestamptz,
        resyncs int not null default 0,
        last_fault text,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (route),
        constraint broker_sessions_route_check check (${ROUTE}),
        constraint broker_sessions_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table broker_proofs (
        id bigserial primary key,
        route text not null,
        account_id text not null,
        executor_epoch bigint not null,
        token_validated_at timestamptz,
        account_read_at timestamptz,
        stream_alive_at timestamptz,
        accounts_equal_at timestamptz,
        reconciled_at timestamptz,
        missing text[] not null,
        verified_at timestamptz not null,
        expires_at timestamptz not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        constraint broker_proofs_one_an_epoch unique (route, account_id, executor_epoch),
        constraint broker_proofs_expires_check check (expires_at >= verified_at),
        constraint broker_proofs_route_check check (route in ('broker')),
        constraint broker_proofs_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table simulated_proofs (
        id uuid not null default gen_random_uuid(),
        route text not null,
        account_id text not null,
        executor_epoch bigint not null,
        token_validated_at timestamptz,
        account_read_at timestamptz,
        stream_alive_at timestamptz,
        accounts_equal_at timestamptz,
        reconciled_at timestamptz,
        missing text[] not null,
        verified_at timestamptz not null,
        expires_at timestamptz not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (id),
        constraint simulated_proofs_one_an_epoch unique (route, account_id, executor_epoch),
        constraint simulated_proofs_expires_check check (expires_at >= verified_at),
        constraint simulated_proofs_route_check check (route in ('paper', 'gateway-sim')),
        constraint simulated_proofs_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table mode_history (
        id bigserial primary key,
        route text not null,
        account_id text not null,
        at timestamptz not null,
        from_label text,
        to_label text not null,
        missing text[] not null,
        cause text not null,
        broker_proof_id bigint,
        source text not null,
        as_of timestamptz,
        state text not null,
        constraint mode_history_label_needs_proof check
          ((to_label = 'BROKER-VERIFIED') = (broker_proof_id is not null)),
        constraint mode_history_verified_route check (to_label <> 'BROKER-VERIFIED' or route = 'broker'),
        constraint mode_history_route_check check (${ROUTE}),
        constraint mode_history_from_label_check check
          (from_label in ('PAPER SIM', 'RUNTIME SIM', 'BROKER-VERIFIED')),
        constraint mode_history_to_label_check check
          (to_label in ('PAPER SIM', 'RUNTIME SIM', 'BROKER-VERIFIED')),
        constraint mode_history_state_check check (${DATA_STATE})
      )`)
    this.addSql(`create index mode_history_at on mode_history (at)`)

    this.addSql(`
      create table executor_epochs (
        epoch bigserial primary key,
        route text not null,
        account_id text not null,
        holder text not null,
        started_at timestamptz not null default clock_timestamp(),
        constraint executor_epochs_route_check check (${ROUTE})
      )`)
    this.addSql(`create index executor_epochs_of_account on executor_epochs (route, account_id, epoch)`)

    this.addSql(`
      create table migration_notes (
        id bigserial primary key,
        migration text not null,
        note text not null,
        at timestamptz not null default clock_timestamp()
      )`)

    // A simulated proof has a key of another type in another table: it can never stand here.
    this.addSql(`
      alter table mode_history add constraint mode_history_stands_on_a_proof
      foreign key (broker_proof_id) references broker_proofs (id)`)
  }
}
