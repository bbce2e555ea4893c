/** The orderly end: stage after stage in the order of dependence, each with its own share of the time. */
import type { System } from './system.ts'

export interface DrainOptions {
  /** For everything, real ms. What is late is ended and reported. */
  readonly timeoutMs: number
  /** Paths by stage, `*` for one word; what is named nowhere goes last, the youngest first. */
  readonly order?: readonly (readonly string[])[]
}

export interface DrainReport {
  readonly isClean: boolean
  readonly stages: readonly {
    readonly paths: readonly string[]
    readonly ms: number
    readonly late: readonly string[]
  }[]
}

export async function drainSystem(system: System, options: DrainOptions): Promise<DrainReport> {
  const { timing } = system
  const stages = stagesOf([...system.directory.records.keys()], options.order ?? [])
  const end = timing.monotonic() + options.timeoutMs
  const report: { paths: string[]; ms: number; late: string[] }[] = []
  for (const [done, paths] of stages.entries()) {
    const startedAt = timing.monotonic()
    // A stage that hangs uses up its own share only.
    const deadline = startedAt + Math.max(0, end - startedAt) / (stages.length - done)
    const outcomes = await Promise.all(paths.map((path) => drainOne(system, path, deadline)))
    const late = paths.filter((_, index) => outcomes[index] === false)
    report.push({ paths, ms: timing.monotonic() - startedAt, late })
  }
  await system.close()
  return { isClean: report.every(({ late }) => late.length === 0), stages: report }
}

async function drainOne(system: System, path: string, deadline: number): Promise<boolean> {
  const isDrained = await system.drainActor(path, deadline)
  if (!isDrained) {
    // Late: ended as it is, and the next stage does not wait for it.
    await system.end(path)
    return false
  }
  return system.stopFor(path, 'drain')
}

export function stagesOf(paths: readonly string[], order: readonly (readonly string[])[]): string[][] {
  const left = new Set(paths)
  const stages = order.map((patterns) => {
    const stage = [...left].filter((path) => patterns.some((pattern) => matches(path, pattern)))
    for (const path of stage) left.delete(path)
    return stage
  })
  const rest = [...left].toReversed().map((path) => [path])
  return [...stages, ...rest].filter((stage) => stage.length > 0)
}

export function matches(path: string, pattern: string): boolean {
  const words = path.split('/')
  const wanted = pattern.split('/')
  return words.length === wanted.length && wanted.every((word, at) => word === '*' || word === words[at])
}
