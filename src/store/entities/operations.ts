import { defineEntity, p } from '@mikro-orm/postgresql'
import { decimal, instant, shown } from './columns.ts'

/** One row an actor: how it is. Instants are of the real clock. */
export const ActorHealth = defineEntity({
  name: 'ActorHealth',
  tableName: 'actor_health',
  properties: {
    path: p.text().primary(),
    status: p.text(),
    epoch: p.bigint('number'),
    restarts: p.integer(),
    lastFailure: p.text().strictNullable(),
    beatAt: instant().strictNullable(),
    /** Share of its thread's time that it works, 0 to 1. */
    elu: decimal().strictNullable(),
    heapBytes: p.bigint('number').strictNullable(),
    depth: p.integer(),
    dropped: p.bigint('number'),
    handledPerSecond: decimal().strictNullable(),
    /** Milliseconds. */
    handlerP95: decimal().strictNullable(),
    ...shown(),
  },
})

/** A value that a person or a start declared, by name. */
export const Setting = defineEntity({
  name: 'Setting',
  tableName: 'settings',
  properties: {
    key: p.text().primary(),
    value: p.json<unknown>(),
    declaredBy: p.text(),
    ...shown(),
  },
})

/** Stop levels in the order they were set: the last row holds. */
export const StopLevel = defineEntity({
  name: 'StopLevel',
  tableName: 'stop_levels',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    level: p.smallint().$type<0 | 1 | 2 | 3>(),
    by: p.text(),
    because: p.text(),
    commandId: p.text(),
    at: instant(),
    recordedAt: instant().defaultRaw('clock_timestamp()'),
  },
  uniques: [{ name: 'stop_levels_command', properties: ['commandId'] }],
  checks: [{ name: 'stop_levels_level_check', expression: 'level >= 0 and level <= 3' }],
})

const USER_ROLES = ['viewer', 'trader', 'operator'] as const

export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    /** Lower case. */
    name: p.text(),
    /** argon2id, in its own text form. */
    passwordHash: p.text(),
    role: p.enum(USER_ROLES),
    createdAt: instant(),
    updatedAt: instant(),
  },
  uniques: [{ name: 'users_name', properties: ['name'] }],
  checks: [
    { name: 'users_name_check', expression: 'name = lower(name)' },
    { name: 'users_hash_check', expression: "password_hash ~ '^[$]argon2id[$]'" },
  ],
})

/** A sign-in. The token itself is not here, only its SHA-256. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    tokenHash: p.text().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade'),
    createdAt: instant(),
    lastSeenAt: instant(),
    expiresAt: instant(),
    address: p.text(),
  },
  indexes: [{ name: 'sessions_expires_at', properties: ['expiresAt'] }],
  checks: [{ name: 'sessions_hash_check', expression: "token_hash ~ '^[0-9a-f]{64}$'" }],
})

/** Who did what: rows are added and never changed. */
export const AuditRecord = defineEntity({
  name: 'AuditRecord',
  tableName: 'audit',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    at: instant(),
    who: p.text(),
    what: p.text(),
    outcome: p.text(),
    details: p.json<unknown>(),
    /** A command is carried out once: its id is found again. */
    commandId: p.text().strictNullable(),
    recordedAt: instant().defaultRaw('clock_timestamp()'),
  },
  uniques: [{ name: 'audit_command', properties: ['commandId'] }],
})

/** What a migration had to say about the rows that it met. */
export const MigrationNote = defineEntity({
  name: 'MigrationNote',
  tableName: 'migration_notes',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    migration: p.text(),
    note: p.text(),
    at: instant().defaultRaw('clock_timestamp()'),
  },
})
