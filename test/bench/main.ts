/**
 * `npm run bench [-- NAME] [--json]`: figures beside references that are taken in the same run. Without a name every
 * suite, each in a process of its own. A row that misses its target is printed like one that hits, and the exit code
 * is 0 all the same: the ratios are for reading, another machine has others.
 */
import { spawn } from 'node:child_process'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Suite, machineText, tableOf } from './report.ts'

// As the platform does: threads that find their modules compiled start in half the time.
enableCompileCache()

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  kernel: async () => (await import('./suites/kernel.ts')).kernelSuite,
  ict: async () => (await import('./suites/ict.ts')).ictSuite,
  'order-path': async () => (await import('./suites/order-path.ts')).orderPathSuite,
  feed: async () => (await import('./suites/feed.ts')).feedSuite,
  start: async () => (await import('./suites/start.ts')).startSuite,
}

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json')
  const names = args.filter((each) => each !== '--json')
  const unknown = names.find((each) => !Object.hasOwn(SUITES, each))
  if (unknown !== undefined) {
    console.error(
      `bench ${unknown}: a suite is one of ${Object.keys(SUITES).join(' ')}, and the one option is --json`,
    )
    return 2
  }
  const [name, ...others] = names
  if (name === undefined || others.length > 0)
    return runEach(names.length > 0 ? names : Object.keys(SUITES), isJson)
  const suite = await SUITES[name]?.()
  const report = { name, machine: machineText(), rows: (await suite?.()) ?? [] }
  console.log(isJson ? JSON.stringify(report) : tableOf(report))
  return 0
}

/** One after the other, so that no suite disturbs another; the worst exit code is ours. */
async function runEach(names: readonly string[], isJson: boolean): Promise<number> {
  let worst = 0
  for (const name of names) worst = Math.max(worst, await runApart(name, isJson))
  return worst
}

function runApart(name: string, isJson: boolean): Promise<number> {
  const args = [fileURLToPath(import.meta.url), name, ...(isJson ? ['--json'] : [])]
  return new Promise((done, fail) => {
    spawn(process.execPath, args, { stdio: 'inherit' })
      .once('error', fail)
      .once('exit', (code) => done(code ?? 1))
  })
}
