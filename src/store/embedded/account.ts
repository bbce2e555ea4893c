import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { tolerate } from '../files.ts'

/** How to start PostgreSQL's programs so that they do not run as root: it refuses to. */
export interface RunAs {
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
  /** Command words before each program. */
  readonly prefix: readonly string[]
}

/**
 * An ordinary user runs the server as itself. Root borrows an account that /etc/passwd already has; where that
 * account could not reach the files, root uses the same account inside a user namespace of its own.
 * Throws when root finds neither account.
 */
export async function accountFor(folder: string, binaries: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { ids: undefined, prefix: [] }
  const ids = await borrowedAccount()
  const owner = (await stat(folder).catch(tolerate('ENOENT')))?.uid
  const isReachable = (await canReach(dirname(folder))) && (await canReach(binaries))
  if (owner !== 0 && isReachable) return { ids, prefix: [] }
  return { ids: undefined, prefix: ['unshare', '--user', `--map-user=${ids.uid}`, `--map-group=${ids.gid}`] }
}

async function borrowedAccount(): Promise<{ uid: number; gid: number }> {
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const row = rows.find((each) => each[0] === 'postgres') ?? rows.find((each) => each[0] === 'nobody')
  if (row === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to borrow: ' +
        'start Kael as an ordinary user, or set DATABASE_URL',
    )
  return { uid: Number(row[2]), gid: Number(row[3]) }
}

/** True when an unprivileged account may enter every folder on the way to `path`. */
async function canReach(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const info = await stat(folder).catch(tolerate('ENOENT', 'ENOTDIR'))
    if (info !== undefined && (info.mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
