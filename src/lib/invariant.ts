/** A broken rule of our own code: never caught, it meets the supervisor. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

/** Throws when a rule that the code relies on does not hold. `rule` says the rule and the value. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantViolation(rule)
}

/** The end of every switch over a union: a new member is a type error here. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`no case for ${JSON.stringify(value)}`)
}

/** The value, or a violation that names what had to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  invariant(value !== null && value !== undefined, `${what} is there`)
  return value
}
