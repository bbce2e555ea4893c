import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, claimDatabase } from '../claim.ts'
import { textOf } from '../files.ts'
import { OWNER, ensureCluster, readOwnerPassword } from './cluster.ts'
import { accepts, freePort } from './ports.ts'
import { type Programs, findPrograms } from './programs.ts'

/** A PostgreSQL that belongs to this process alone, for as long as the claim on it stands. */
export interface Database {
  /** Of the owner: for `prepareDatabase` only. Holds a password: never log it. */
  readonly url: string
  /** True when the server was up already: an earlier run was killed, or it is not ours to start. */
  readonly reused: boolean
  /** Settles with the cause when the server goes away by itself. */
  readonly lost: Promise<string>
  /** Gives the claim back and ends the server, at once and cleanly. An external server goes on. */
  stop(): Promise<void>
}

/** After a kill -9 the old backends need a moment to let go of the shared memory: up to fifteen rounds were seen. */
const START_TRIES_MAX = 20
const RETRY_MS = 250
const LOG_TAIL = 600

/**
 * Starts the PostgreSQL that npm installed, with its files under `dataDir`, on a free port of 127.0.0.1; takes over
 * a server that outlived a killed run. Throws, naming folder and fix, when the folder cannot be written or another
 * Kael uses it.
 */
export async function startEmbeddedPostgres(dataDir: string): Promise<Database> {
  const folder = join(resolve(dataDir), 'postgres')
  await assertWritable(resolve(dataDir))
  const programs = await findPrograms(folder)
  await ensureCluster(folder, programs)
  const password = await readOwnerPassword(folder)
  const { port, reused } = await ensureServer(folder, programs)
  const url = `postgresql://${OWNER}:${password}@127.0.0.1:${port}/postgres`
  const claim = await claimDatabase(url, `the data folder ${resolve(dataDir)}`)
  return { url, reused, lost: claim.lost, stop: () => stop(folder, programs, claim) }
}

async function assertWritable(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
    const probe = join(dataDir, `.kael-write-${process.pid}`)
    await writeFile(probe, '')
    await rm(probe)
  } catch (cause) {
    throw new Error(
      `the data folder ${dataDir} cannot be written (${cause instanceof Error ? cause.message : String(cause)}): ` +
        'make it writable for this user, or name another with KAEL_DATA_DIR or --data-dir',
      { cause },
    )
  }
}

async function ensureServer(folder: string, programs: Programs): Promise<{ port: number; reused: boolean }> {
  for (let tries = 1; ; tries++) {
    const running = await findRunning(folder, programs)
    if (running !== undefined) return { port: running, reused: true }
    const port = await freePort(await lastPort(folder))
    const code = await launch(folder, programs, port)
    if (code === 0) return { port, reused: false }
    if (tries >= START_TRIES_MAX) throw new Error(`PostgreSQL did not start: ${await logTail(folder)}`)
    await sleep(RETRY_MS)
  }
}

/** The port of a server on these files that takes connections, after waiting for one that is starting or ending. */
async function findRunning(folder: string, programs: Programs): Promise<number | undefined> {
  for (let tries = 0; tries < START_TRIES_MAX && (await claimsToRun(folder, programs)); tries++) {
    const [pid, , , port] = (await pidFile(folder)).split('\n').map(Number)
    if (port && (await accepts(port))) return port
    // A killed server that nobody reaped still counts as alive to PostgreSQL's own lock-file check.
    if (pid && (await isZombie(pid))) await rm(join(folder, 'postmaster.pid'), { force: true })
    await sleep(RETRY_MS)
  }
  return undefined
}

function claimsToRun(folder: string, programs: Programs): Promise<boolean> {
  return programs.control('-D', folder, 'status').then(
    () => true,
    () => false,
  )
}

async function pidFile(folder: string): Promise<string> {
  return (await textOf(join(folder, 'postmaster.pid'))) ?? ''
}

async function isZombie(pid: number): Promise<boolean> {
  const text = (await textOf(`/proc/${pid}/stat`)) ?? ''
  return text.charAt(text.lastIndexOf(')') + 2) === 'Z'
}

/** PostgreSQL writes its last command line down. */
async function lastPort(folder: string): Promise<number | undefined> {
  const text = (await textOf(join(folder, 'postmaster.opts'))) ?? ''
  const port = /"-p" "(\d+)"/.exec(text)?.[1]
  return port === undefined ? undefined : Number(port)
}

function launch(folder: string, programs: Programs, port: number): Promise<number | null> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=50',
    // Every query here is short: compiling it would cost more than running it.
    'jit=off',
  ]
  const flags = [`-p ${port}`, ...settings.map((each) => `-c ${each}`)].join(' ')
  const log = join(folder, 'server.log')
  return programs.controlDetached('-D', folder, '-w', '-t', '60', '-l', log, '-o', flags, 'start')
}

async function logTail(folder: string): Promise<string> {
  return ((await textOf(join(folder, 'server.log'))) ?? 'it left no log').slice(-LOG_TAIL)
}

async function stop(folder: string, programs: Programs, claim: Claim): Promise<void> {
  await claim.release()
  // A server that has gone by itself is stopped already.
  if (!(await claimsToRun(folder, programs))) return
  await programs.control('-D', folder, '-m', 'fast', '-w', '-t', '30', 'stop')
}
