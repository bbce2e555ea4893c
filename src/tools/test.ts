/**
 * `npm test [-- vitest arguments]`: every test that can run on this machine. What is left out is said in one
 * line with its reason; with KAEL_TEST_STRICT=1 (as in CI) a missing browser or database is a failure.
 * The last line is counted from the runner's own report.
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from './run.ts'
import { findChromium } from './chromium.ts'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** Whole systems run by themselves after everything else: they need both cores to keep their pace. */
const RUNS: readonly (readonly string[])[] = [
  ['--project', 'node', '--project', 'dom'],
  ['--project', 'e2e'],
]

process.exitCode = await main(process.argv.slice(2))

async function main(given: readonly string[]): Promise<number> {
  const hasBrowser = findChromium() !== undefined
  const missing = [
    ...(hasBrowser ? [] : ['the browser tests: no Chromium here (install it, or set CHROME_PATH)']),
    ...(existsSync(join(ROOT, '..', 'shared', 'data'))
      ? []
      : ['the golden and recorded-data tests: no ../shared/data here']),
  ]
  for (const line of missing) console.log(`left out: ${line}`)
  if (process.env['KAEL_TEST_STRICT'] === '1' && !hasBrowser) {
    console.error('KAEL_TEST_STRICT=1 asks for every test: a missing browser is a failure')
    return 1
  }

  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const args of given.length > 0 ? [given] : RUNS) {
    const run = await runTests(args)
    counts.passed += run.passed
    counts.failed += run.failed
    counts.skipped += run.skipped
  }
  const { passed, failed, skipped } = counts
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed > 0 || passed === 0 ? 1 : 0
}

async function runTests(args: readonly string[]): Promise<Counts> {
  const file = join(ROOT, 'reports', 'tests.json')
  await rm(file, { force: true })
  const code = await run('vitest', [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ])
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(await readFile(file, 'utf8')) as Report
  // A file that fails before its first test has no test to count; it is one failure all the same.
  const brokenFiles = report.testResults.filter(
    (each) => each.status === 'failed' && each.assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + brokenFiles
  return {
    passed: report.numPassedTests,
    // An error outside any test fails the run although every test passed.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
