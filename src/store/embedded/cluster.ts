import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, exists, tolerate } from '../files.ts'
import type { Programs } from './programs.ts'

/** The role that owns every table. Nothing that runs during trading signs in as it. */
export const OWNER = 'kael_owner'
const SECRET_FILE = 'owner.secret'
/** initdb takes about one second; a neighbour that takes thirty has gone. */
const NEIGHBOUR_MS_MAX = 30_000
const CREATE_TRIES_MAX = 5

/** Creates the cluster when there is none. Two processes may call it at once: one cluster results. */
export async function ensureCluster(folder: string, programs: Programs): Promise<void> {
  for (let tries = 0; !(await isCluster(folder)); tries++) {
    if (tries === CREATE_TRIES_MAX) throw new Error(`no database cluster could be created in ${folder}`)
    await removeAbandoned(folder)
    await createCluster(folder, programs)
  }
}

export async function readOwnerPassword(folder: string): Promise<string> {
  return (await readFile(join(folder, SECRET_FILE), 'utf8')).trim()
}

function isCluster(folder: string): Promise<boolean> {
  return exists(join(folder, 'PG_VERSION'))
}

/** Built beside its place and moved there whole, so that a kill in the middle leaves nothing half made. */
async function createCluster(folder: string, programs: Programs): Promise<void> {
  const staging = `${folder}.new-${process.pid}`
  const secret = `${staging}.secret`
  const { ids } = programs.runAs
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging, { mode: 0o700 })
  await writeFile(secret, randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (ids !== undefined) for (const each of [staging, secret]) await chown(each, ids.uid, ids.gid)
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const access = ['-U', OWNER, '-A', 'scram-sha-256', `--pwfile=${secret}`]
  await programs.initdb('-D', staging, '-E', 'UTF8', '--data-checksums', ...locale, ...access)
  await rename(secret, join(staging, SECRET_FILE))
  // A neighbour that was faster has filled the place: its cluster stays, ours goes.
  await rename(staging, folder).catch(tolerate('ENOTEMPTY', 'EEXIST', 'EPERM'))
  await rm(staging, { recursive: true, force: true })
}

/** Half-made clusters of processes that were killed; a neighbour that is still at it is waited for. */
async function removeAbandoned(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.new-`
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    const path = join(dirname(folder), name)
    const until = Date.now() + NEIGHBOUR_MS_MAX
    while (pid !== process.pid && isAlive(pid) && Date.now() < until && !(await isCluster(folder)))
      await sleep(100)
    if (pid === process.pid || !isAlive(pid)) await rm(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
