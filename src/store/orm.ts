import { MikroORM } from '@mikro-orm/postgresql'
import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Fault, Result } from '../lib/index.ts'
import { guarded } from './faults.ts'
import { ormOptions } from './migrations.ts'

/** The ORM behind results: each piece of work has an entity manager of its own and leaves no entity behind. */
export interface Orm {
  read<T>(work: (entities: SqlEntityManager) => Promise<T>): Promise<Result<T, Fault>>
  write<T>(work: (entities: SqlEntityManager) => Promise<T>): Promise<Result<T, Fault>>
  close(): Promise<void>
}

/** Reads the entities' description; the first query connects. */
export async function openOrm(url: string, connections: number, statementMsMax: number): Promise<Orm> {
  const orm = await MikroORM.init({
    ...ormOptions(url, connections),
    driverOptions: { statement_timeout: statementMsMax, application_name: 'kael server' },
  })
  return {
    read: (work) => guarded(() => work(orm.em.fork()), false),
    write: (work) => guarded(() => orm.em.fork().transactional(work), true),
    close: () => orm.close(),
  }
}

/** An entity as plain data, which crosses threads, without what is for the database alone. */
export function plain<Entity extends object, Key extends keyof Entity = never>(
  entity: Entity,
  ...leftOut: readonly Key[]
): Omit<Entity, Key> {
  const row = { ...entity }
  for (const key of leftOut) delete row[key]
  return row
}
