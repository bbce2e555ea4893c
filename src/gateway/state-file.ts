import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Snapshot } from './exchange.ts'

/** What a saved ledger belongs to: another market would make nonsense of its prices. */
export interface StateIdentity {
  readonly seed: string
  readonly instruments: readonly string[]
  /** `seeded`, or the folder of the recording. */
  readonly source: string
}

export interface SavedState extends StateIdentity {
  readonly format: 2
  /** The start of the market's clock: history counts from it, so a resumed market must have the same. */
  readonly marketStart: number
  readonly snapshot: Snapshot
}

/** The saved state, or the reason why there is none to go on from. */
export function readState(
  file: string,
  expected: StateIdentity,
): { readonly state: SavedState } | { readonly because: string } {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return { because: 'there is no state yet' }
  }
  let saved: unknown
  try {
    saved = JSON.parse(text)
  } catch (error) {
    return { because: `the state is not JSON: ${String(error)}` }
  }
  if (!isSavedState(saved)) return { because: 'the state is of another format' }
  if (saved.seed !== expected.seed)
    return { because: `the state is of seed ${saved.seed}, this is seed ${expected.seed}` }
  if (saved.source !== expected.source)
    return { because: `the state is of prices from ${saved.source}, these are from ${expected.source}` }
  const [was, is] = [saved.instruments.join(','), expected.instruments.join(',')]
  if (was !== is) return { because: `the state is of instruments ${was}, these are ${is}` }
  return { state: saved }
}

/** A reader never sees half a state: it is written beside and moved over. */
export function writeState(file: string, state: SavedState): void {
  mkdirSync(dirname(file), { recursive: true })
  const beside = `${file}.new`
  writeFileSync(beside, JSON.stringify(state), { mode: 0o600 })
  renameSync(beside, file)
}

function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false
  const { format, seed, instruments, source, marketStart, snapshot } = value as Partial<SavedState>
  return (
    format === 2 &&
    typeof seed === 'string' &&
    Array.isArray(instruments) &&
    typeof source === 'string' &&
    typeof marketStart === 'number' &&
    typeof snapshot === 'object' &&
    snapshot !== null &&
    typeof snapshot.at === 'number' &&
    typeof snapshot.ledger === 'object'
  )
}
