/**
 * The import table of ARCHITECTURE.md, held by dependency-cruiser. A parser that reads nothing finds nothing
 * wrong, so the check also fails when fewer modules were seen than the tree has.
 */
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './run.ts'

interface Cruise {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[]
  readonly summary: { readonly violations: readonly Violation[] }
}

interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string; readonly severity: string }
}

const FOLDERS = ['src', 'actors', 'web', 'migrations']

export async function checkArchitecture(): Promise<number> {
  const cruise = await cruiseTree()
  const seen = new Set(cruise.modules.map((each) => each.source))
  const missed = (await sourceFiles()).filter((file) => !seen.has(file))
  for (const { rule, from, to } of cruise.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`)
  for (const file of missed) console.error(`not seen by the parser: ${file}`)
  console.log(`${seen.size} modules seen, ${cruise.summary.violations.length} imports against the rules`)
  return cruise.summary.violations.length + missed.length === 0 ? 0 : 1
}

export async function cruiseTree(folders: readonly string[] = FOLDERS): Promise<Cruise> {
  const args = ['--config', '.dependency-cruiser.mjs', '-T', 'json', ...folders]
  // The exit code is the number of violations; the report says them by name.
  const output = await promisify(execFile)('depcruise', args, { cwd: ROOT, maxBuffer: 64 << 20 }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      if (!error.stdout) throw new Error(`dependency-cruiser did not run: ${error.stderr ?? 'no output'}`)
      return { stdout: error.stdout }
    },
  )
  return JSON.parse(output.stdout) as Cruise
}

async function sourceFiles(): Promise<readonly string[]> {
  const lists = await Promise.all(
    FOLDERS.map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
      return entries
        .filter((each) => each.isFile() && /\.(ts|tsx|mjs)$/.test(each.name) && !each.name.endsWith('.d.ts'))
        .map((each) => join(each.parentPath, each.name).slice(ROOT.length))
    }),
  )
  return lists.flat()
}
