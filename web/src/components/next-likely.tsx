import type { PositionCard, ScannerRow } from '../../../src/wire/index.ts'
import { usePage } from '../state/page.ts'
import { withValue } from '../state/provenance.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { Empty, Panel, Skeleton } from './panel.tsx'
import { scannerShown } from './shown-rows.ts'

/** The setup with the fewest missing conditions and what it still needs. */
export function NextLikely() {
  const { topics, view } = usePage()
  const rows = topics.scanner.value
  const next = rows === null ? undefined : nextLikely(rows, topics.positions.value ?? [])
  return (
    <Panel title={words.next.title} area="next">
      {rows === null ? (
        <Skeleton rows={2} awaits="Waiting for the first pass of the scanner." />
      ) : next === undefined ? (
        <Empty>{words.next.none}</Empty>
      ) : (
        <button type="button" class="next-card" onClick={() => view.choose(next.instrument)}>
          <span class="next-line">
            <span class="root">{next.instrument}</span>
            <Data
              shown={withValue(scannerShown(next), ({ met, of }) => words.next.conditions(met, of))}
              format={(count) => count}
              label={`${next.instrument} conditions met`}
            />
            <Steps met={next.met} of={next.of} />
          </span>
          <Data
            shown={withValue(scannerShown(next), (row) => row.text)}
            format={(sentence) => sentence}
            label={`${next.instrument} needs`}
            class="sentence"
          />
        </button>
      )}
    </Panel>
  )
}

/** What is in a trade, closed, stale or unknown cannot be next; of the rest the fewest missing, then the fixed order. */
function nextLikely(rows: readonly ScannerRow[], positions: readonly PositionCard[]): ScannerRow | undefined {
  const open = new Set(positions.map((each) => each.instrument))
  return rows
    .filter((row) => !open.has(row.instrument) && row.of > 0 && CAN_BE_NEXT.has(row.word.state))
    .toSorted((a, b) => a.of - a.met - (b.of - b.met))[0]
}

const CAN_BE_NEXT: ReadonlySet<string> = new Set(['current', 'quiet', 'simulated'])

function Steps({ met, of }: { readonly met: number; readonly of: number }) {
  return (
    <span class="steps" aria-hidden="true">
      {Array.from({ length: of }, (_, step) => (
        <span key={step} class={step < met ? 'step is-met' : 'step'} />
      ))}
    </span>
  )
}
