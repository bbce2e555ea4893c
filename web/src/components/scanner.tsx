import { computed } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { InstrumentInfo, PositionCard, ScannerRow } from '../../../src/wire/index.ts'
import { formatPrice, signed } from '../format/numbers.ts'
import { type Page, usePage } from '../state/page.ts'
import { seenThrough, withValue } from '../state/provenance.ts'
import { words } from '../text/words.ts'
import { Data, PriceData, type Tone } from './data.tsx'
import { Empty, Panel, Skeleton } from './panel.tsx'
import { scannerShown } from './shown-rows.ts'

const text = words.scanner
const ROWS_EXPECTED = 13

/** Every instrument on one line, in a fixed order so that the eye learns the places; open positions come first. */
export function Scanner() {
  const page = usePage()
  const { topics, view, contact } = page
  const rows = topics.scanner.value
  const shown = visibleRows(page)
  const open = new Set((topics.positions.value ?? []).map((each) => each.instrument))
  const notCurrent = (rows ?? []).filter(
    (row) => !AS_EXPECTED.has(seenThrough(row.last, contact.kind.value).state),
  ).length
  return (
    <Panel title={text.title} area="scanner" aside={<Filter />}>
      {rows === null ? (
        <Skeleton rows={ROWS_EXPECTED} awaits="Waiting for the first pass of the scanner." />
      ) : rows.length === 0 ? (
        <Empty>{text.empty}</Empty>
      ) : shown.length === 0 ? (
        <Empty>{text.none(view.filter.value)}</Empty>
      ) : (
        <ul class="scanner-rows" role="listbox" aria-label={text.title}>
          {shown.map((row) => (
            <Row
              key={row.instrument}
              row={row}
              instrument={topics.instrument(row.instrument)}
              isOpen={open.has(row.instrument)}
              isChosen={row.instrument === chosenInstrument(page)}
            />
          ))}
        </ul>
      )}
      <footer class="panel-foot">{rows !== null && text.counts(shown.length, open.size, notCurrent)}</footer>
    </Panel>
  )
}

/** The instrument that chart and card show: the reader's choice, else what is open, else the first. */
export function chosenInstrument({ topics, view }: Page): string | null {
  const rows = topics.scanner.value ?? []
  const chosen = view.instrument.value
  if (chosen !== null && (rows.length === 0 || rows.some((row) => row.instrument === chosen))) return chosen
  return topics.positions.value?.[0]?.instrument ?? rows[0]?.instrument ?? null
}

function visibleRows({ topics, view }: Page): readonly ScannerRow[] {
  return arrange(topics.scanner.value ?? [], topics.positions.value ?? [], view.filter.value)
}

/** Fixed order with open positions pinned on top, and only what the filter names. */
function arrange(
  rows: readonly ScannerRow[],
  positions: readonly PositionCard[],
  filter: string,
): readonly ScannerRow[] {
  const open = new Set(positions.map((each) => each.instrument))
  const wanted = filter.trim().toUpperCase()
  const found = rows.filter((row) => wanted === '' || row.instrument.toUpperCase().includes(wanted))
  return [
    ...found.filter((row) => open.has(row.instrument)),
    ...found.filter((row) => !open.has(row.instrument)),
  ]
}

/** One step down (1) or up (-1) the visible rows. */
export function stepChosen(page: Page, step: 1 | -1): void {
  const rows = visibleRows(page)
  if (rows.length === 0) return
  const at = rows.findIndex((row) => row.instrument === chosenInstrument(page))
  const next = at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))
  const row = rows[next]
  if (row !== undefined) page.view.choose(row.instrument)
}

/** A closed market is no fault of the feed. */
const AS_EXPECTED: ReadonlySet<string> = new Set(['current', 'quiet', 'simulated', 'closed'])

interface RowProps {
  readonly row: ScannerRow
  readonly instrument: InstrumentInfo | undefined
  readonly isOpen: boolean
  readonly isChosen: boolean
}

function Row({ row, instrument, isOpen, isChosen }: RowProps) {
  const { view } = usePage()
  const sentence = scannerShown(row)
  return (
    <li
      role="option"
      aria-selected={isChosen}
      aria-label={`${row.instrument} ${instrument?.description ?? ''}`}
      tabIndex={isChosen ? 0 : -1}
      class={`scanner-row ${isOpen ? 'is-open' : ''}`}
      title={`${instrument === undefined ? row.instrument : `${instrument.description}, ${instrument.contract}`}: ${row.text}`}
      onClick={() => {
        view.choose(row.instrument)
        view.phonePage.value = 'chart'
      }}
    >
      <span class="root">{row.instrument}</span>
      <PriceData
        shown={row.last}
        instrument={instrument}
        format={formatPrice}
        label={`${row.instrument} last`}
        class="last"
        flashes
        compact
      />
      <Data
        shown={row.direction}
        format={(direction) => ARROWS[direction]}
        tone={(direction): Tone => (direction > 0 ? 'up' : direction < 0 ? 'down' : '')}
        label={`${row.instrument} against the open of the day`}
        class="arrow"
        compact
      />
      <PriceData
        shown={row.change}
        instrument={instrument}
        format={(change, of) => signed(change * of.tickSize, of.decimals)}
        tone={(change): Tone => (change > 0 ? 'up' : change < 0 ? 'down' : '')}
        label={`${row.instrument} from the open of the day`}
        class="change"
        compact
      />
      <Data
        shown={row.word}
        format={(word) => word}
        label={`${row.instrument} decision state`}
        class="word"
      />
      <Data
        shown={withValue(sentence, ({ met, of }) => `${met}/${of}`)}
        format={(count) => count}
        label={`${row.instrument} conditions met`}
        class="met"
        compact
      />
    </li>
  )
}

const ARROWS = { '1': '▲', '0': '■', '-1': '▼' } as const

function Filter() {
  const page = usePage()
  const { view } = page
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    filterInput = input.current
    return () => {
      filterInput = null
    }
  }, [])
  const first = useMemo(() => computed(() => visibleRows(page)[0]?.instrument), [page])
  return (
    <input
      ref={input}
      class="filter"
      type="search"
      aria-label={text.filter}
      placeholder={text.filterHint}
      value={view.filter.value}
      onInput={(event) => {
        view.filter.value = event.currentTarget.value
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && first.value !== undefined) view.choose(first.value)
        if (event.key !== 'Enter' && event.key !== 'Escape') return
        view.filter.value = ''
        event.currentTarget.blur()
      }}
    />
  )
}

let filterInput: HTMLInputElement | null = null

export function focusFilter(): void {
  filterInput?.focus()
}
