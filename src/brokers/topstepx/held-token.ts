import { type Fault, type Result, type Secret, failed } from '../../lib/index.ts'
import type { TokenSource } from '../port.ts'

/** A token that somebody else renews: the feed holds a copy of the executor's. */
export interface HeldToken extends TokenSource {
  hold(token: Secret): void
}

/** `ask` is how a new one is got when the held one was refused; without it there is none. */
export function createHeldToken(
  ask?: (refused: Secret | undefined) => Promise<Result<Secret, Fault>>,
): HeldToken {
  let held: Secret | undefined
  let asking: Promise<Result<Secret, Fault>> | undefined

  return {
    token: () => held,
    hold: (token) => void (held = token),
    async replace(refused) {
      if (held !== undefined && (refused === undefined || !held.equals(refused)))
        return { ok: true, value: held }
      if (ask === undefined)
        return failed({ code: 'UNAUTHORISED', retry: 'never', detail: 'the token is held for us by another' })
      asking ??= ask(refused).finally(() => {
        asking = undefined
      })
      const found = await asking
      if (found.ok) held = found.value
      return found
    },
  }
}
