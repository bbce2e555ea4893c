// Accounts of older installations have is_active NULL, which is neither yes nor no: say how many, settle, forbid.
import { Migration } from '@mikro-orm/migrations'

export class Migration0006 extends Migration {
  override up(): void {
    this.addSql(`
      insert into migration_notes (migration, note)
      select 'Migration0006', 'accounts.is_active was NULL in ' || count(*) || ' of ' ||
        (select count(*) from accounts) || ' rows: set to TRUE'
      from accounts where is_active is null having count(*) > 0`)
    this.addSql('update accounts set is_active = true where is_active is null')
    this.addSql(
      'alter table accounts alter column is_active set default true, alter column is_active set not null',
    )
  }
}
