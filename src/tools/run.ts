import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs one command in the repository with its output shown; resolves with the exit code. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  return new Promise((done, fail) => {
    spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } })
      .once('error', fail)
      .once('exit', (code, signal) => done(signal === null ? (code ?? 1) : 1))
  })
}

/** Runs named steps in order, prints what each took, and stops at the first that fails. */
export async function runSteps(
  steps: readonly { readonly name: string; readonly run: () => Promise<number> }[],
): Promise<number> {
  for (const step of steps) {
    const from = performance.now()
    const code = await step.run()
    const seconds = ((performance.now() - from) / 1000).toFixed(1)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)`)
    if (code !== 0) return code
  }
  return 0
}
