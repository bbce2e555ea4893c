import { hash, verify } from '@node-rs/argon2'

/** argon2id with 19 MiB, two passes and one lane (OWASP's first choice): about 12 ms. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The text to store for a new password. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST)
}

/**
 * Whether the password is the one behind `stored`. Without a user it does the same work on a hash that nobody
 * knows the password of, so that the time does not tell which names exist.
 */
export type VerifyPassword = (stored: string | undefined, password: string) => Promise<boolean>

export async function createVerifier(randomBytes: (size: number) => Uint8Array): Promise<VerifyPassword> {
  const nobodys = await hashPassword(Buffer.from(randomBytes(32)).toString('base64url'))

  return async (stored, password) => {
    const isRight = await verify(stored ?? nobodys, password)
    return isRight && stored !== undefined
  }
}
