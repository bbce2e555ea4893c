import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../../../src/tools/run.ts'
import { type DashboardClient, eventually, signIn } from '../../support/dashboard-client.ts'
import { type KaelProcess, startKaelProcess, temporaryFolder } from '../../support/kael-process.ts'
import { median } from '../measure.ts'
import { type BenchRow, type Suite, budgetRow, valueRow } from '../report.ts'
import { familyOf, processes } from '../support/process-memory.ts'

const STARTS = 3
const START_S_MAX = 20
const MB = 2 ** 20
/** How long it runs before its memory is read. */
const SETTLE_MS = 5_000
/** What the kernel's design gives to an analyst; the other actors have no figure there. */
const HEAP_MB_MAX = 64

/** What a person waits for and what the running platform takes. Each start is the first on its folder. */
export const startSuite: Suite = async () => {
  const readyMs: number[] = []
  let running: readonly BenchRow[] = []
  for (let round = 0; round < STARTS; round++) {
    const folder = await temporaryFolder()
    try {
      const kael = await startKaelProcess({ dataDir: folder.path })
      readyMs.push(kael.readyMs)
      if (round === STARTS - 1) running = await runningRows(kael, folder.path)
      await kael.interrupt()
    } finally {
      await folder.remove()
    }
  }
  return [
    budgetRow(
      'process start to the address, first start, median | budget',
      's',
      median(readyMs) / 1e3,
      START_S_MAX,
    ),
    budgetRow(
      'process start to the address, first start, worst | budget',
      's',
      Math.max(...readyMs) / 1e3,
      START_S_MAX,
    ),
    ...running,
    valueRow(
      'node_modules, with what only tests and tools need',
      'MB',
      (await bytesBelow(join(ROOT, 'node_modules'))) / MB,
    ),
  ]
}

async function runningRows(kael: KaelProcess, dataDir: string): Promise<readonly BenchRow[]> {
  const client = await signIn(kael.url, kael.secret)
  await new Promise((done) => setTimeout(done, SETTLE_MS))
  const heaps = await heapsOf(client)
  return [
    ...(await memoryRows(dataDir)),
    ...[...heaps].map(([path, bytes]) =>
      path.startsWith('analyst/')
        ? budgetRow(`heap of ${path} | design`, 'MB', bytes / MB, HEAP_MB_MAX)
        : valueRow(`heap of ${path}`, 'MB', bytes / MB),
    ),
  ]
}

async function heapsOf(client: DashboardClient): Promise<ReadonlyMap<string, number>> {
  const { topics } = await eventually(
    'the heaps of all actors',
    () => client.snapshot(),
    (snapshot) =>
      snapshot.topics.actors.length > 0 && snapshot.topics.actors.every((each) => each.heapBytes > 0),
    { withinMs: 20_000 },
  )
  return new Map(topics.actors.map((each) => [each.path, each.heapBytes]))
}

/** Resident memory of the platform's processes and of its database; none where the machine does not show it. */
async function memoryRows(dataDir: string): Promise<readonly BenchRow[]> {
  const all = await processes()
  const kael = all.find((each) => each.parent === process.pid && each.command.includes('kael.mjs'))
  if (kael === undefined) return []
  const postmaster = Number(
    (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0],
  )
  const family = familyOf(kael.pid, all)
  const sum = (of: typeof family): number => of.reduce((total, each) => total + each.residentBytes, 0) / MB
  return [
    valueRow(`resident memory, ${family.length} processes of the platform`, 'MB', sum(family)),
    valueRow(
      'resident memory, the platform alone',
      'MB',
      sum(family.filter((each) => each.pid === kael.pid)),
    ),
    valueRow(
      'resident memory, PostgreSQL (shared pages counted each time)',
      'MB',
      sum(familyOf(postmaster, all)),
    ),
  ]
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  let bytes = 0
  for (const entry of entries)
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size
  return bytes
}
