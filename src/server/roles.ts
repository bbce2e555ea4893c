import type { Role } from '../wire/index.ts'

const RANK: Readonly<Record<Role, number>> = { viewer: 1, trader: 2, operator: 3 }

/** Roles hold all that the lower ones hold. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed]
}
