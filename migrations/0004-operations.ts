// How the platform is and who uses it: actor health, declared settings, stop levels, users and what they did.
import { Migration } from '@mikro-orm/migrations'

const DATA_STATE = `state in
  ('current', 'quiet', 'delayed', 'stale', 'unknown', 'simulated', 'disputed', 'declared', 'closed')`

export class Migration0004 extends Migration {
  override up(): void {
    this.addSql(`
      create table actor_health (
        path text not null,
        status text not null,
        epoch bigint not null,
        restarts int not null,
        last_failure text,
        beat_at timestamptz,
        elu double precision,
        heap_bytes bigint,
        depth int not null,
        dropped bigint not null,
        handled_per_second double precision,
        handler_p95 double precision,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (path),
        constraint actor_health_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table settings (
        key text not null,
        value jsonb not null,
        declared_by text not null,
        source text not null,
        as_of timestamptz,
        state text not null,
        primary key (key),
        constraint settings_state_check check (${DATA_STATE})
      )`)

    this.addSql(`
      create table stop_levels (
        id bigserial primary key,
        level smallint not null,
        by text not null,
        because text not null,
        command_id text not null,
        at timestamptz not null,
        recorded_at timestamptz not null default clock_timestamp(),
        constraint stop_levels_command unique (command_id),
        constraint stop_levels_level_check check (level >= 0 and level <= 3)
      )`)

    this.addSql(`
      create table users (
        id bigserial primary key,
        name text not null,
        password_hash text not null,
        role text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint users_name unique (name),
        constraint users_name_check check (name = lower(name)),
        constraint users_hash_check check (password_hash ~ '^[$]argon2id[$]'),
        constraint users_role_check check (role in ('viewer', 'trader', 'operator'))
      )`)

    this.addSql(`
      create table sessions (
        token_hash text not null,
        user_id bigint not null,
        created_at timestamptz not null,
        last_seen_at timestamptz not null,
        expires_at timestamptz not null,
        address text not null,
        primary key (token_hash),
        constraint sessions_hash_check check (token_hash ~ '^[0-9a-f]{64}$'),
        constraint sessions_user_id_foreign foreign key (user_id) references users (id) on delete cascade
      )`)
    this.addSql(`create index sessions_expires_at on sessions (expires_at)`)

    this.addSql(`
      create table audit (
        id bigserial primary key,
        at timestamptz not null,
        who text not null,
        what text not null,
        outcome text not null,
        details jsonb not null,
        command_id text,
        recorded_at timestamptz not null default clock_timestamp(),
        constraint audit_command unique (command_id)
      )`)
  }
}
