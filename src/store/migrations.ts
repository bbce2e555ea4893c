import { Migrator } from '@mikro-orm/migrations'
import { MikroORM, type Options, defineConfig } from '@mikro-orm/postgresql'
import { Migration0001 } from '../../migrations/0001-accounts.ts'
import { Migration0002 } from '../../migrations/0002-market.ts'
import { Migration0003 } from '../../migrations/0003-orders.ts'
import { Migration0004 } from '../../migrations/0004-operations.ts'
import { Migration0005 } from '../../migrations/0005-rules.ts'
import { Migration0006 } from '../../migrations/0006-accounts-is-active.ts'
import { Migration0007 } from '../../migrations/0007-roles.ts'
import { ENTITIES } from './entities/index.ts'

/** Named here, so that nothing is found by looking into folders. Forward only: a new one goes to the end. */
export const MIGRATIONS = [
  { name: 'Migration0001', class: Migration0001 },
  { name: 'Migration0002', class: Migration0002 },
  { name: 'Migration0003', class: Migration0003 },
  { name: 'Migration0004', class: Migration0004 },
  { name: 'Migration0005', class: Migration0005 },
  { name: 'Migration0006', class: Migration0006 },
  { name: 'Migration0007', class: Migration0007 },
]

/** The one configuration of the ORM; `clientUrl` decides as which role it works. */
export function ormOptions(clientUrl: string, connections: number): Options {
  return defineConfig({
    clientUrl,
    entities: ENTITIES,
    extensions: [Migrator],
    pool: { min: 0, max: connections },
    migrations: { migrationsList: MIGRATIONS, tableName: 'migrations', snapshot: false, silent: true },
    // Triggers and foreign keys are rules of the migrations; the entities describe rows.
    schemaGenerator: { ignoreTriggers: true },
    logger: () => {},
  })
}

/**
 * Brings the schema forward, all of it or up to and with the migration named `to`. Every migration of one call is
 * in one transaction. Throws when the database has a migration that this program does not know.
 */
export async function migrate(ownerUrl: string, to?: string): Promise<void> {
  const orm = await MikroORM.init(ormOptions(ownerUrl, 2))
  try {
    await refuseNewerSchema(orm)
    await orm.migrator.up(to === undefined ? { transaction: undefined } : { to })
  } finally {
    await orm.close()
  }
}

async function refuseNewerSchema(orm: MikroORM): Promise<void> {
  const known = new Set(MIGRATIONS.map((each) => each.name))
  const unknown = (await orm.migrator.getExecuted())
    .map((each) => each.name)
    .filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new Error(
      `the database has ${unknown.join(', ')}, which this version does not know: run the newer Kael`,
    )
}
