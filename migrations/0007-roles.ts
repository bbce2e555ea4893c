// Who may write what: three roles with the least each needs, none of them the owner of a table.
import { Migration } from '@mikro-orm/migrations'

const ROLES = ['kael_executor', 'kael_journal', 'kael_server']

/** Roles belong to the server, not to the database, so they may be there already. They cannot sign in yet. */
const createRole = (role: string): string => `
  do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
  exception when duplicate_object or unique_violation then null;
  end $$`

const SHOWN = 'source, as_of, state'
const LIFE_FACTS = 'life, broker_order_id, filled, reason, moved_at'
const INTENT =
  'tag, decision_id, route, account_id, epoch, order_hash, contract_id, instrument, side, type, size, entry, stop,' +
  ' target, risk, intended_at, moved_at'
const REDUCTION =
  'tag, route, account_id, epoch, kind, contract_id, instrument, side, size, price, net_before, net_after_worst,' +
  ' because, intended_at, moved_at'
const DECISION =
  'route, account_id, epoch, mode, signal_id, instrument, contract_id, side, size, entry, stop, target, score, tag,' +
  ' order_hash, risk, p1, p2, p3, p4, p5, failed_phase, code, text, phases, inputs, facts, config_hash,' +
  ` state_version, ${SHOWN}`
const ACCOUNT = 'name, parent_id, parent_name, sub_name, balance, can_trade, is_visible, is_simulated'

/** Columns that the database fills by itself (clock, verdict, birth state) are in no list: nobody can hand them in. */
const GRANTS = [
  `insert (route, id, ${ACCOUNT}, ${SHOWN}), update (${ACCOUNT}, ${SHOWN}), select on accounts to kael_executor`,
  'insert, update, select on broker_sessions, broker_proofs, simulated_proofs to kael_executor',
  'insert (route, account_id, holder), select on executor_epochs to kael_executor',
  `insert (${DECISION}), select on decisions to kael_executor`,
  `insert (${INTENT}), update (${LIFE_FACTS}), select on intents to kael_executor`,
  `insert (${REDUCTION}), update (${LIFE_FACTS}), select on reductions to kael_executor`,
  'insert, update, select on orders, positions, protection to kael_executor',
  'insert, update (is_voided, state), select on fills to kael_executor',
  'insert (level, by, because, command_id, at), select on stop_levels to kael_executor',
  'select on settings, instruments to kael_executor',

  'insert, update, select on instruments, bars, scanner_state, actor_health to kael_journal',
  'insert, select on signals to kael_journal',
  'insert, select on mode_history to kael_journal',
  'select on broker_proofs, simulated_proofs to kael_journal',

  `select on accounts, broker_sessions, broker_proofs, simulated_proofs, mode_history, executor_epochs,
   migration_notes, instruments, bars, signals, scanner_state, decisions, intents, reductions, orders, fills,
   positions, protection, actor_health, settings, stop_levels, users, sessions, audit to kael_server`,
  'insert, update, delete on users, sessions to kael_server',
  'insert (at, who, what, outcome, details, command_id) on audit to kael_server',
  'insert, update on settings to kael_server',
  'insert (level, by, because, command_id, at) on stop_levels to kael_server',
]

/** `serial` columns count with these; USAGE lets a role count on and never back. */
const SEQUENCES = [
  'broker_proofs_id_seq, executor_epochs_epoch_seq, decisions_id_seq, stop_levels_id_seq to kael_executor',
  'signals_number_seq, mode_history_id_seq to kael_journal',
  'users_id_seq, audit_id_seq, stop_levels_id_seq to kael_server',
]

const FUNCTIONS = [
  'refuse_change()',
  'refuse_old_epoch()',
  'guard_birth()',
  'guard_life()',
  'guard_fill()',
  'guard_label()',
  'guard_stop_level()',
]

export class Migration0007 extends Migration {
  override up(): void {
    for (const role of ROLES) this.addSql(createRole(role))
    this.addSql('revoke create on schema public from public')
    this.addSql(
      `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`,
    )
    this.addSql(`grant usage on schema public to ${ROLES.join(', ')}`)
    for (const grant of GRANTS) this.addSql(`grant ${grant}`)
    for (const sequences of SEQUENCES) this.addSql(`grant usage on sequence ${sequences}`)
    // Trigger functions are called by their triggers, by nobody else.
    for (const each of FUNCTIONS) this.addSql(`revoke execute on function ${each} from public`)
  }
}
