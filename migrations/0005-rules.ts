// What rows may never do, whoever writes them: an order's life goes forward, records stay, one executor writes.
import { Migration } from '@mikro-orm/migrations'

/** Refusals of these rules carry this SQLSTATE, so that they are told from faults of the server. */
const REFUSED = "using errcode = 'KL001'"
/** Functions run as their owner; the path keeps a caller's own tables and functions out of them. */
const GUARDED = 'language plpgsql security definer set search_path = pg_catalog, public, pg_temp'

const KEPT_FOREVER = ['decisions', 'executor_epochs', 'mode_history', 'stop_levels', 'audit']
const NEVER_DELETED = ['accounts', 'intents', 'reductions', 'fills', 'orders']

export class Migration0005 extends Migration {
  override up(): void {
    this.keepRecords()
    this.fenceEpochs()
    this.guardIntents()
    this.guardFills()
    this.guardLabels()
    this.guardStopLevels()
  }

  private keepRecords(): void {
    this.addSql(`
      create function refuse_change() returns trigger ${GUARDED} as $$
      begin
        raise exception '% of % is refused: its rows stay as they were written', tg_op, tg_table_name ${REFUSED};
      end $$`)
    for (const table of KEPT_FOREVER)
      this.addSql(`
        create trigger ${table}_stay before update or delete on ${table}
        for each row execute function refuse_change()`)
    for (const table of NEVER_DELETED)
      this.addSql(`
        create trigger ${table}_stay before delete on ${table}
        for each row execute function refuse_change()`)
    for (const table of [...KEPT_FOREVER, ...NEVER_DELETED])
      this.addSql(`
        create trigger ${table}_stay_whole before truncate on ${table}
        for each statement execute function refuse_change()`)
  }

  private fenceEpochs(): void {
    this.addSql(`
      create function refuse_old_epoch() returns trigger ${GUARDED} as $$
      declare newest bigint;
      begin
        select max(e.epoch) into newest from executor_epochs e
        where e.route = new.route and e.account_id = new.account_id;
        if newest is null or new.epoch <> newest then
          raise exception 'executor epoch % writes to %, but the current epoch of account % is %',
            new.epoch, tg_table_name, new.account_id, coalesce(newest::text, 'none') ${REFUSED};
        end if;
        return new;
      end $$`)
    for (const table of ['decisions', 'intents', 'reductions'])
      this.addSql(`
        create trigger ${table}_epoch before insert on ${table}
        for each row execute function refuse_old_epoch()`)
  }

  private guardIntents(): void {
    this.addSql(`
      create function guard_birth() returns trigger ${GUARDED} as $$
      declare decided timestamptz;
      begin
        if new.life <> 'intent' then
          raise exception 'order % is born as %, and must be born as intent', new.tag, new.life ${REFUSED};
        end if;
        if tg_table_name = 'intents' then
          select d.decided_at into decided from decisions d where d.id = new.decision_id;
          if clock_timestamp() > decided + interval '5 seconds' then
            raise exception 'decision G-% is older than 5 s: decide again', new.decision_id ${REFUSED};
          end if;
        end if;
        return new;
      end $$`)
    this.addSql(`
      create function guard_life() returns trigger ${GUARDED} as $$
      declare
        facts text[] := array['life', 'broker_order_id', 'filled', 'reason', 'moved_at'];
      begin
        if to_jsonb(new) - facts is distinct from to_jsonb(old) - facts then
          raise exception 'order % keeps what it is: only its life moves', old.tag ${REFUSED};
        end if;
        if new.life <> all (case old.life
          when 'intent' then array['sent', 'absent']
          when 'sent' then array['working', 'partial', 'filled', 'rejected', 'cancelled', 'unknown']
          when 'unknown' then array['working', 'partial', 'filled', 'rejected', 'cancelled', 'absent']
          when 'working' then array['working', 'partial', 'filled', 'cancelled', 'rejected']
          when 'partial' then array['partial', 'filled', 'cancelled']
          else array[]::text[] end) then
          raise exception 'order % may not go from % to %', old.tag, old.life, new.life ${REFUSED};
        end if;
        if old.broker_order_id is not null and new.broker_order_id is distinct from old.broker_order_id then
          raise exception 'order % is the broker''s order % and cannot become %',
            old.tag, old.broker_order_id, coalesce(new.broker_order_id, 'none') ${REFUSED};
        end if;
        if new.filled < old.filled then
          raise exception 'order % has % filled and cannot have %', old.tag, old.filled, new.filled ${REFUSED};
        end if;
        return new;
      end $$`)
    for (const table of ['intents', 'reductions']) {
      this.addSql(`
        create trigger ${table}_birth before insert on ${table}
        for each row execute function guard_birth()`)
      this.addSql(`
        create trigger ${table}_life before update on ${table}
        for each row execute function guard_life()`)
    }
  }

  private guardFills(): void {
    this.addSql(`
      create function guard_fill() returns trigger ${GUARDED} as $$
      declare
        facts text[] := array['is_voided', 'state'];
      begin
        if to_jsonb(new) - facts is distinct from to_jsonb(old) - facts or (old.is_voided and not new.is_voided) then
          raise exception 'fill % happened as it was written: it can only be voided', old.id ${REFUSED};
        end if;
        return new;
      end $$`)
    this.addSql(
      'create trigger fills_happened before update on fills for each row execute function guard_fill()',
    )
  }

  private guardLabels(): void {
    this.addSql(`
      create function guard_label() returns trigger ${GUARDED} as $$
      declare proof broker_proofs;
      begin
        if new.to_label <> 'BROKER-VERIFIED' then return new; end if;
        select * into proof from broker_proofs b where b.id = new.broker_proof_id;
        if proof.id is null or new.at < proof.verified_at or new.at >= proof.expires_at
           or proof.account_id <> new.account_id or cardinality(proof.missing) > 0 then
          raise exception 'the label BROKER-VERIFIED at % needs a whole broker proof of account % that holds then',
            new.at, new.account_id ${REFUSED};
        end if;
        return new;
      end $$`)
    this.addSql(`
      create trigger mode_history_proof before insert on mode_history
      for each row execute function guard_label()`)
  }

  private guardStopLevels(): void {
    // An executor may stop trading by itself. Only a person lets it go on.
    this.addSql(`
      create function guard_stop_level() returns trigger ${GUARDED} as $$
      declare current_level smallint;
      begin
        select s.level into current_level from stop_levels s order by s.id desc limit 1;
        if session_user = 'kael_executor' and new.level < coalesce(current_level, 0) then
          raise exception 'the executor raises the stop level and never lowers it: % to %',
            current_level, new.level ${REFUSED};
        end if;
        return new;
      end $$`)
    this.addSql(`
      create trigger stop_levels_ratchet before insert on stop_levels
      for each row execute function guard_stop_level()`)
  }
}
