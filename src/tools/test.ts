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

interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const REPORT = join(ROOT, 'reports', 'tests.json')

process.exitCode = await main()

async function main(): Promise<number> {
  const missing = [
    ...(findChromium() === undefined
      ? ['the browser tests: no Chromium here (install it, or set CHROME_PATH)']
      : []),
    ...(existsSync(join(ROOT, '..', 'shared', 'data'))
      ? []
      : ['the golden and recorded-data tests: no ../shared/data here']),
  ]
  const isStrict = process.env['KAEL_TEST_STRICT'] === '1'
  for (const line of missing) console.log(`left out: ${line}`)
  if (isStrict && findChromium() === undefined) {
    console.error('KAEL_TEST_STRICT=1 asks for every test: a missing browser is a failure')
    return 1
  }

  await rm(REPORT, { force: true })
  const code = await run('vitest', [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
    ...process.argv.slice(2),
  ])
  if (!existsSync(REPORT)) return code || 1
  const report = JSON.parse(await readFile(REPORT, 'utf8')) as Report
  // A file that fails before its first test has no test to count; it is one failure all the same.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + brokenFiles
  const skipped = report.numPendingTests + report.numTodoTests
  console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
  return code !== 0 || failed > 0 || report.numPassedTests === 0 ? code || 1 : 0
}
