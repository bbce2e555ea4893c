import { useEffect, useRef, useState } from 'preact/hooks'
import type { DecisionRow } from '../../../src/wire/index.ts'
import { formatClock } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { decisionShown } from './shown-rows.ts'

const text = words.decision
/** Nearer to the top than this the list follows; further down the reader is left in peace. */
const TOP_PX = 8

/** Newest first. A row that arrives while the reader is further down waits behind a count. */
export function Decisions() {
  const { topics } = usePage()
  const rows = topics.decisions.value ?? []
  const body = useRef<HTMLTableElement>(null)
  const [heldAt, setHeldAt] = useState<number | null>(null)
  const held = heldAt === null ? 0 : rows.filter((row) => row.seq > heldAt).length
  const shown = held === 0 ? rows : rows.slice(held)
  useEffect(() => {
    const scroller = body.current?.parentElement
    if (scroller === null || scroller === undefined) return undefined
    const onScroll = (): void => {
      const newest = topics.decisions.peek()?.[0]?.seq ?? null
      setHeldAt((now) => (scroller.scrollTop <= TOP_PX ? null : (now ?? newest)))
    }
    scroller.addEventListener('scroll', onScroll, { passive: true })
    return () => scroller.removeEventListener('scroll', onScroll)
  }, [topics])
  return (
    <>
      {held > 0 && (
        <button
          type="button"
          class="new-rows"
          onClick={() => {
            setHeldAt(null)
            body.current?.parentElement?.scrollTo({ top: 0 })
          }}
        >
          {words.record.newRows(held)}
        </button>
      )}
      <table ref={body} class="rows decisions">
        <thead>
          <tr>
            <th scope="col">time ET</th>
            <th scope="col">id</th>
            <th scope="col">what</th>
            <th scope="col">verdict</th>
            <th scope="col">phase</th>
            <th scope="col">reason and what became of it</th>
            <th scope="col">
              <span class="for-readers">open</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function Row({ row }: { readonly row: DecisionRow }) {
  const { view } = usePage()
  const shown = decisionShown(row)
  const part = (label: string, format: (row: DecisionRow) => string, tone?: 'up' | 'down') => (
    <Data
      shown={shown}
      format={format}
      label={`${row.id} ${label}`}
      compact
      {...(tone === undefined ? {} : { tone: () => tone })}
    />
  )
  const side = row.side === 'long' ? 'up' : 'down'
  const open = (): void => {
    view.choose(row.instrument)
    view.overlay.value = { kind: 'decision', id: row.id }
  }
  return (
    <tr class={`verdict-${row.verdict.toLowerCase()}`}>
      <td>{part('time', (each) => formatClock(each.at))}</td>
      <td>{part('id', (each) => each.id)}</td>
      <td>
        <span class="root">{row.instrument}</span>{' '}
        {part(
          'side',
          (each) => `${each.side === 'long' ? '▲' : '▼'} ${each.side} ${each.size || ''}`.trim(),
          side,
        )}
      </td>
      <td class="verdict">{part('verdict', (each) => each.verdict)}</td>
      <td>{part('phase', phaseText)}</td>
      <td class="long">
        {part('reason', (each) => (each.outcome === '' ? each.text : `${each.text} → ${each.outcome}`))}
      </td>
      <td class="row-buttons">
        <button type="button" class="row-button" onClick={open} aria-label={`${text.why} ${row.id}`}>
          {text.why}
        </button>
        <button
          type="button"
          class="row-button"
          aria-label={`${text.chart} ${row.id}`}
          onClick={() => {
            view.choose(row.instrument)
            view.phonePage.value = 'chart'
          }}
        >
          {text.chart}
        </button>
      </td>
    </tr>
  )
}

/** `5 size`, or all five when none failed. */
export function phaseText(row: DecisionRow): string {
  if (row.firstFailed === null) return row.verdict === 'PERMITTED' ? text.allFive : '–'
  const phase = row.phases.find((each) => each.phase === row.firstFailed)
  return phase === undefined ? String(row.firstFailed) : `${phase.phase} ${phase.name}`
}
