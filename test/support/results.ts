import type { Fault, Result } from '../../src/lib/index.ts'

/** The value of an answer that a test needs in order to go on. */
export async function valueOf<T>(answer: Promise<Result<T, Fault>>): Promise<T> {
  const result = await answer
  if (!result.ok) throw new Error(`expected a value, got ${result.error.code}: ${result.error.detail}`)
  return result.value
}

/** The fault of an answer that has to be one. */
export async function faultOf(answer: Promise<Result<unknown, Fault>>): Promise<Fault> {
  const result = await answer
  if (result.ok) throw new Error(`expected a fault, got ${JSON.stringify(result.value)}`)
  return result.error
}
