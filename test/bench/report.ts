import { availableParallelism, cpus, totalmem } from 'node:os'

/** One figure. A row without a target is there to be read; one that misses its target is printed like one that hits. */
export interface BenchRow {
  /** What was measured; after `|`, beside what. */
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The reference in the same unit, taken in the same run, or a budget. */
  readonly reference: number | null
  /** Value over reference. */
  readonly ratio: number | null
  /** A rule on the ratio (`<= 1.3x`) or, without x, on the value. */
  readonly target: string | null
  readonly ok: boolean | null
}

export interface BenchReport {
  readonly name: string
  readonly machine: string
  readonly rows: readonly BenchRow[]
}

export type Suite = () => Promise<readonly BenchRow[]>

interface Target {
  readonly rule: '<=' | '>='
  readonly limit: number
}

export const atMost = (limit: number): Target => ({ rule: '<=', limit })
export const atLeast = (limit: number): Target => ({ rule: '>=', limit })

/** A figure beside its reference; the target is on the ratio. */
export function ratioRow(
  name: string,
  unit: string,
  { ours, reference }: { readonly ours: number; readonly reference: number },
  target?: Target,
): BenchRow {
  const ratio = ours / reference
  return {
    name,
    value: rounded(ours),
    unit,
    reference: rounded(reference),
    ratio: rounded(ratio),
    target: target === undefined ? null : `${target.rule} ${target.limit}x`,
    ok: target === undefined ? null : holds(ratio, target),
  }
}

/** A figure on its own; the target is on the value. */
export function valueRow(name: string, unit: string, value: number, target?: Target): BenchRow {
  return {
    name,
    value: rounded(value),
    unit,
    reference: null,
    ratio: null,
    target: target === undefined ? null : `${target.rule} ${target.limit}`,
    ok: target === undefined ? null : holds(value, target),
  }
}

/** A figure beside what it may cost at most. */
export function budgetRow(name: string, unit: string, value: number, budget: number): BenchRow {
  return ratioRow(name, unit, { ours: value, reference: budget }, atMost(1))
}

export function machineText(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').trim()
  const memory = Math.round(totalmem() / 2 ** 30)
  const { platform, arch, version } = process
  return `${availableParallelism()} cores (${model}), ${memory} GB, ${platform} ${arch}, Node ${version}`
}

const HEADINGS = ['row', 'value', 'unit', 'reference', 'ratio', 'target', 'ok'] as const

/** The report as a Markdown table, padded so that it reads in a terminal as well. */
export function tableOf({ name, machine, rows }: BenchReport): string {
  const cells = rows.map((row) => [
    row.name.replaceAll('|', 'beside'),
    String(row.value),
    row.unit,
    row.reference === null ? '' : String(row.reference),
    row.ratio === null ? '' : `${row.ratio}x`,
    row.target ?? '',
    row.ok === null ? '' : row.ok ? 'yes' : 'NO',
  ])
  const widths = HEADINGS.map((heading, at) =>
    Math.max(heading.length, ...cells.map((each) => (each[at] ?? '').length)),
  )
  const line = (each: readonly string[]): string =>
    `| ${each.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => `${'-'.repeat(width + 1)}${at === 0 ? '-' : ':'}`).join('|')}|`
  return [`## ${name}`, '', machine, '', line(HEADINGS), rule, ...cells.map(line), ''].join('\n')
}

function holds(value: number, { rule, limit }: Target): boolean {
  return rule === '<=' ? value <= limit : value >= limit
}

/** Four digits say all that a busy machine knows. */
function rounded(value: number): number {
  return Number.isFinite(value) && Math.abs(value) < 1_000 ? Number(value.toPrecision(4)) : Math.round(value)
}
