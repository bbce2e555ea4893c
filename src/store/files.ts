import { readFile, stat } from 'node:fs/promises'

/** For `.catch`: passes over troubles with these codes of the system, and no other. */
export function tolerate(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(codeOf(error))) throw error
    return undefined
  }
}

/** The text of a file, or undefined where there is none. Throws when it is there and cannot be read. */
export function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(tolerate('ENOENT', 'ENOTDIR', 'ESRCH'))
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(tolerate('ENOENT', 'ENOTDIR'))) !== undefined
}

/** The system's or the server's code of an error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
