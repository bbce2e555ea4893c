import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { GatewayAddress } from '../config/index.ts'
import { StartRefusal } from './refusal.ts'

export interface GatewayProcess extends GatewayAddress {
  /** Asks it to save and end; resolves when it has. */
  stop(): Promise<void>
  /** Called once if it ends without having been asked. */
  onLost(listener: (how: string) => void): void
}

export interface GatewayOptions {
  readonly seed: string
  /** 0 means as fast as consumed. */
  readonly speed: number
  readonly instruments: readonly string[]
  readonly recordedData: string | undefined
  /** Its ledger: a gateway that was killed comes back with the same orders at the same simulated time. */
  readonly stateFile: string
}

const ENTRY = fileURLToPath(new URL('../cli/kael.mjs', import.meta.url))
const READY_MS_MAX = 20_000
const STOP_MS_MAX = 5_000

const addressSchema = z.object({
  rest: z.url(),
  userHub: z.url(),
  marketHub: z.url(),
  userName: z.string().min(1),
  apiKey: z.string().min(1),
})

/** Starts the simulated gateway as a process of its own, on a free port of loopback. */
export async function startGatewayProcess(options: GatewayOptions): Promise<GatewayProcess> {
  const args = ['gateway', '--port', '0', '--json', '--parent', '--seed', options.seed]
  args.push('--speed', options.speed === 0 ? 'max' : String(options.speed))
  args.push('--instruments', options.instruments.join(','), '--state', options.stateFile)
  if (options.recordedData !== undefined) args.push('--data', options.recordedData)
  // It ends when its standard input does: a Kael that is killed leaves no exchange running.
  // In a process group of its own, so that the terminal's interrupt reaches it only after Kael has drained.
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line)
    if (errors.length > 20) errors.shift()
  })
  const ended = new Promise<string>((done) => {
    child.once('exit', (code, signal) => done(signal ?? `exit code ${code}`))
    child.once('error', (error) => done(error.message))
  })

  const line = await Promise.race([
    firstLine(child.stdout),
    ended.then((how) => {
      throw new StartRefusal(`simulated gateway: it ended at start (${how}). ${errors.join(' | ')}`)
    }),
    timeLimit(READY_MS_MAX),
  ]).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  const address = addressSchema.parse(JSON.parse(line))

  let isAsked = false
  return {
    ...address,
    async stop() {
      isAsked = true
      child.stdin.end()
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await ended
      clearTimeout(killer)
    },
    onLost(listener) {
      void ended.then((how) => {
        if (!isAsked) listener(`${how} ${errors.join(' | ')}`)
      })
    },
  }
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((done) => createInterface({ input: stream }).once('line', done))
}

async function timeLimit(ms: number): Promise<never> {
  await new Promise((done) => setTimeout(done, ms).unref())
  throw new StartRefusal(`simulated gateway: it was not ready within ${ms / 1000} s`)
}
