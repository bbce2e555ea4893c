import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../../src/tools/run.ts'

/** The built system as a process of its own, as a user starts it. */
export interface KaelProcess {
  readonly url: string
  readonly secret: string
  /** Every line it printed so far, standard output and error. */
  readonly lines: readonly string[]
  /** Milliseconds from the start of the process to the line with the address. */
  readonly readyMs: number
  /** As Ctrl-C under npm does, which sends it twice; resolves with the exit code. */
  interrupt(): Promise<number>
  /** kill -9 of the process alone. */
  kill(): Promise<void>
}

export interface KaelProcessOptions {
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

const READY_MS_MAX = 60_000

/** A folder of the test's own that the database's account can reach. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kael-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export async function startKaelProcess(options: KaelProcessOptions): Promise<KaelProcess> {
  const from = performance.now()
  const { child, lines, exited } = spawnKael(['start', ...(options.args ?? [])], {
    KAEL_DATA_DIR: options.dataDir,
    KAEL_PORT: '0',
    ...options.env,
  })
  const [url, secret] = await Promise.race([
    printed(child, lines),
    exited.then((code) => {
      throw new Error(`kael start ended with ${code} before it was ready:\n${lines.join('\n')}`)
    }),
    new Promise<never>((_, fail) =>
      setTimeout(
        () => fail(new Error(`kael start was not ready:\n${lines.join('\n')}`)),
        READY_MS_MAX,
      ).unref(),
    ),
  ])
  return {
    url,
    secret,
    lines,
    readyMs: performance.now() - from,
    async interrupt() {
      child.kill('SIGINT')
      setImmediate(() => child.kill('SIGINT'))
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Runs `kael …` to its end. */
export async function runKael(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const { lines, exited } = spawnKael(args, env)
  return { code: await exited, lines }
}

/** Runs `kael …` and interrupts it as soon as a line says so. */
export async function interruptKael(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  when: RegExp,
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const { child, lines, exited } = spawnKael(args, env)
  child.stdout?.on('data', (data: Buffer) => {
    if (when.test(data.toString('utf8'))) child.kill('SIGINT')
  })
  return { code: await exited, lines }
}

function spawnKael(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; lines: string[]; exited: Promise<number> } {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !/^(KAEL_|TOPSTEPX_|DATABASE_URL)/.test(key),
  )
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/kael.mjs'), ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  const exited = new Promise<number>((done) => {
    // Killed by a signal reads like a shell says it: 128 and the number; 137 is kill -9.
    child.once('close', (code, signal) => done(code ?? (signal === 'SIGKILL' ? 137 : 143)))
  })
  return { child, lines, exited }
}

/** Waits for the two lines a person needs: the address and the first-login secret. */
function printed(child: ChildProcess, lines: readonly string[]): Promise<readonly [string, string]> {
  return new Promise((done) => {
    const look = (): void => {
      const text = lines.join('\n')
      const url = /dashboard\s+(http:\/\/[^\s]+)/.exec(text)?.[1]
      const secret = /password\s+(\S+)/.exec(text)?.[1]
      if (url !== undefined && secret !== undefined) done([url.replace(/\/$/, ''), secret])
    }
    child.stdout?.on('data', () => setImmediate(look))
  })
}
