/** Why Kael does not start: one line with the value, the rule and the fix. Nothing is left half started. */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal'
}

/** A person asked to end before everything stood; what had started was taken down again. */
export class StartInterrupted extends Error {
  override readonly name = 'StartInterrupted'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The `code` of a system error, e.g. `EACCES`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
