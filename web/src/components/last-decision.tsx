import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { phaseText } from './decisions-table.tsx'
import { Panel } from './panel.tsx'
import { decisionShown } from './shown-rows.ts'

/** On a phone, where the list has no room: the newest answer of the gate and its why. */
export function LastDecision() {
  const { topics, view } = usePage()
  const row = topics.decisions.value?.[0]
  if (row === undefined) return null
  const shown = decisionShown(row)
  return (
    <Panel title={words.last.title} area="last phone-only">
      <button
        type="button"
        class="next-card"
        onClick={() => {
          view.overlay.value = { kind: 'decision', id: row.id }
        }}
      >
        <span class="next-line">
          <span class="root">{row.instrument}</span>
          <Data
            shown={shown}
            format={(each) => `${each.side} ${each.verdict} ${phaseText(each)}`}
            label={`${row.id} verdict`}
            compact
          />
        </span>
        <Data
          shown={shown}
          format={(each) => each.text}
          label={`${row.id} reason`}
          class="sentence"
          compact
        />
      </button>
    </Panel>
  )
}
