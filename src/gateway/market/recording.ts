import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type EpochMs, type Instrument, epochMs, findInstrument, parsePrice } from '../../domain/index.ts'
import { type Result, failed, ok } from '../../lib/index.ts'
import { type Listing, fixedListing } from '../contracts.ts'
import { type RecordedSeries, recordedTape } from './recorded-tape.ts'
import { MINUTE_MS, type Tape } from './tape.ts'

/** Prices of files in place of the seeded market. */
export interface Recording {
  readonly instruments: readonly Instrument[]
  readonly listing: Listing
  readonly tape: Tape
  /** The instant before its first print. */
  readonly start: EpochMs
  /** Files of the folder that were left out, and why, one line each. */
  readonly notes: readonly string[]
}

interface Source {
  readonly file: string
  readonly instrument: Instrument
  readonly kind: 'bars' | 'ticks'
}

/** `ES_1m_201310.csv.gz`, `GC_ticks_20131007.csv.gz`: the root, and whether it holds ticks. */
const FILE_NAME = /^([A-Z0-9]+)_(.+)\.csv(\.gz)?$/

/**
 * Reads a folder of recorded bars or ticks: what its `manifest.json` names, else files named by their root. Any
 * price off the grid, row out of order or unreadable field refuses the whole folder, naming file, line and rule.
 */
export function loadRecording(folder: string, only?: readonly Instrument[]): Result<Recording, string> {
  if (!existsSync(folder)) return failed(`--data ${folder}: no such folder`)
  const found = existsSync(join(folder, 'manifest.json')) ? fromManifest(folder) : fromNames(folder)
  if (!found.ok) return found
  const { sources, notes } = found.value
  const wanted = sources.filter((each) => only === undefined || only.includes(each.instrument))
  if (wanted.length === 0)
    return failed(`--data ${folder}: no file of bars or ticks of a known instrument${listOf(notes)}`)

  const series = new Map<string, RecordedSeries>()
  for (const source of wanted) {
    const read = readSource(folder, source)
    if (!read.ok) return read
    const { root } = source.instrument
    const before = series.get(root)
    if (before !== undefined && before.kind !== read.value.kind)
      return failed(`${source.file}: ${root} has bars and ticks, one kind an instrument is played`)
    const joined = before === undefined ? read.value : joinSeries(before, read.value)
    if (joined === undefined)
      return failed(`${source.file}: overlaps another file of ${root}, files follow each other in time`)
    series.set(root, joined)
  }

  const instruments = wanted.map((each) => each.instrument).filter((each, i, all) => all.indexOf(each) === i)
  const missing = (only ?? []).filter((each) => !instruments.includes(each)).map((each) => each.root)
  const unrecorded = missing.length === 0 ? [] : [`${missing.join(', ')}: not in ${folder}, left out`]
  const first = Math.min(...[...series.values()].map((each) => each.at[0] ?? Number.POSITIVE_INFINITY))
  const start = epochMs(Math.floor(first / MINUTE_MS) * MINUTE_MS - 1_000)
  const listing = fixedListing(instruments, first)
  return ok({
    instruments,
    listing,
    tape: recordedTape(series, start),
    start,
    notes: [...notes, ...unrecorded],
  })
}

function listOf(notes: readonly string[]): string {
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`
}

type Found = Result<{ readonly sources: readonly Source[]; readonly notes: readonly string[] }, string>

function fromManifest(folder: string): Found {
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  } catch (error) {
    return failed(`manifest.json: ${String(error)}`)
  }
  const rows =
    typeof manifest === 'object' && manifest !== null && 'files' in manifest ? manifest.files : undefined
  if (!Array.isArray(rows))
    return failed('manifest.json: {"files":[{"file","instrument","kind"}]} is its form')
  const sources: Source[] = []
  for (const [i, row] of (rows as unknown[]).entries()) {
    const { file, instrument, kind } = (row ?? {}) as Record<string, unknown>
    const known = typeof instrument === 'string' ? findInstrument(instrument) : undefined
    if (typeof file !== 'string' || !existsSync(join(folder, file)))
      return failed(`manifest.json: files[${i}].file ${JSON.stringify(file)} is a file of the folder`)
    if (known === undefined)
      return failed(`manifest.json: files[${i}].instrument ${JSON.stringify(instrument)} is a known root`)
    if (kind !== 'bars' && kind !== 'ticks')
      return failed(`manifest.json: files[${i}].kind ${JSON.stringify(kind)} is "bars" or "ticks"`)
    sources.push({ file, instrument: known, kind })
  }
  return ok({ sources, notes: [] })
}

function fromNames(folder: string): Found {
  const sources: Source[] = []
  const notes: string[] = []
  for (const file of readdirSync(folder).sort()) {
    const match = FILE_NAME.exec(file)
    if (match === null) continue
    const instrument = findInstrument(match[1] ?? '')
    if (instrument === undefined) notes.push(`${file}: ${match[1]} is not a known root, left out`)
    else sources.push({ file, instrument, kind: match[2]?.startsWith('ticks') === true ? 'ticks' : 'bars' })
  }
  return ok({ sources, notes })
}

/** Columns by name: times ISO, prices decimal, sizes whole. */
const COLUMNS = {
  bars: ['time', 'open', 'high', 'low', 'close', 'volume'],
  ticks: ['time', 'price', 'size'],
} as const

function readSource(folder: string, { file, instrument, kind }: Source): Result<RecordedSeries, string> {
  const bytes = readFileSync(join(folder, file))
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n')
  const header = (lines[0] ?? '').trim().split(',')
  const columns = COLUMNS[kind].map((each) => header.indexOf(each))
  if (columns.includes(-1))
    return failed(`${file}:1: columns ${COLUMNS[kind].join(',')} are there, was ${lines[0]}`)
  const aggressor = header.indexOf('aggressor')
  const series: RecordedSeries = { kind, at: [], o: [], h: [], l: [], c: [], v: [], isBuy: [] }
  let newest = 0
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]?.trim() ?? ''
    if (line === '') continue
    const cells = line.split(',')
    const at = Math.floor(Date.parse(cells[columns[0] ?? 0] ?? ''))
    const where = `${file}:${i + 1}`
    if (!Number.isFinite(at)) return failed(`${where}: time ${cells[columns[0] ?? 0]} is ISO-8601`)
    if (kind === 'bars' && at % MINUTE_MS !== 0) return failed(`${where}: time ${line} opens a minute`)
    if (kind === 'bars' ? at <= newest : at < newest)
      return failed(`${where}: time ${cells[columns[0] ?? 0]} is after the row before`)
    newest = at
    const size = Number(cells[columns.at(-1) ?? 0])
    if (!Number.isSafeInteger(size) || size < 0)
      return failed(`${where}: volume ${cells[columns.at(-1) ?? 0]} is whole contracts`)
    const prices: number[] = []
    for (const column of columns.slice(1, -1)) {
      const parsed = parsePrice(Number(cells[column]), instrument)
      if (!parsed.ok) return failed(`${where}: ${parsed.error.detail} (${instrument.root})`)
      prices.push(parsed.value)
    }
    const [o = 0, h = o, l = o, c = o] = prices
    if (l > Math.min(o, c) || h < Math.max(o, c))
      return failed(`${where}: low <= open and close <= high, was ${line}`)
    series.at.push(at)
    series.o.push(o)
    series.h.push(h)
    series.l.push(l)
    series.c.push(c)
    series.v.push(size)
    const letter = cells[aggressor]
    series.isBuy.push(letter === 'B' ? 1 : letter === 'A' ? 0 : -1)
  }
  return series.at.length === 0 ? failed(`${file}: has at least one row`) : ok(series)
}

function joinSeries(one: RecordedSeries, other: RecordedSeries): RecordedSeries | undefined {
  const [first, second] = (one.at[0] ?? 0) <= (other.at[0] ?? 0) ? [one, other] : [other, one]
  if ((first.at.at(-1) ?? 0) > (second.at[0] ?? 0)) return undefined
  return {
    kind: first.kind,
    at: [...first.at, ...second.at],
    o: [...first.o, ...second.o],
    h: [...first.h, ...second.h],
    l: [...first.l, ...second.l],
    c: [...first.c, ...second.c],
    v: [...first.v, ...second.v],
    isBuy: [...first.isBuy, ...second.isBuy],
  }
}
