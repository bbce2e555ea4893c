/**
 * npm writes a lock file without a word when a platform's binary is not published yet, and another platform
 * then breaks. Every optional dependency must be in it, and no download address may.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './run.ts'

interface LockedPackage {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export async function checkLockFile(): Promise<number> {
  const text = await readFile(join(ROOT, 'package-lock.json'), 'utf8')
  const packages = (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages
  const names = Object.keys(packages)
  const gaps = Object.entries(packages).flatMap(([name, each]) =>
    Object.keys(each.optionalDependencies ?? {})
      .filter((wanted) => !names.some((known) => known.endsWith(`node_modules/${wanted}`)))
      .map((wanted) => `${name || 'kael'} -> ${wanted} is not locked`),
  )
  const addresses = Object.entries(packages)
    .filter(([, each]) => each.resolved?.startsWith('http'))
    .map(([name]) => `${name} records a download address`)
  for (const line of [...gaps, ...addresses]) console.error(line)
  console.log(`${names.length} packages locked`)
  return gaps.length + addresses.length === 0 ? 0 : 1
}
