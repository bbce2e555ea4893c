import { useState } from 'preact/hooks'
import type { ModeChange, TruthRow } from '../../../src/wire/index.ts'
import { formatClock, formatInstant } from '../format/time.ts'
import { type Page, usePage } from '../state/page.ts'
import { recorded, seenThrough, withValue } from '../state/provenance.ts'
import type { Asked } from '../state/view.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { Dialog } from './dialog.tsx'
import { Empty, Skeleton } from './panel.tsx'

const text = words.truth

/** What every important label is, where it comes from and what it is worth now, from rows of the database alone. */
export function TruthPanel() {
  const page = usePage()
  const truth = page.topics.truth.value
  const asked = page.view.asked.value
  return (
    <Dialog title={text.title} kind="sheet" aside={<Aside />}>
      <p class="name intro">{text.intro}</p>
      {asked.length > 0 && <AskedValues asked={asked} />}
      {truth === null ? (
        <Skeleton rows={9} awaits={words.contact.asking} />
      ) : truth.rows.length === 0 ? (
        <Empty>{text.empty}</Empty>
      ) : (
        <table class="rows truth-rows">
          <thead>
            <tr>
              <th scope="col">{text.label}</th>
              <th scope="col">{text.value}</th>
              <th scope="col">{text.source}</th>
              <th scope="col">{text.proof}</th>
              <th scope="col">{text.asOf}</th>
              <th scope="col">{text.state}</th>
            </tr>
          </thead>
          <tbody>
            {attentionFirst(truth.rows).map((row) => (
              <Row key={row.label} row={row} />
            ))}
          </tbody>
        </table>
      )}
      <h3>{text.history}</h3>
      {truth === null || truth.history.length === 0 ? (
        <Empty>{text.noHistory}</Empty>
      ) : (
        <ul class="history">
          {truth.history.map((change) => (
            <Change key={change.at} change={change} />
          ))}
        </ul>
      )}
    </Dialog>
  )
}

/** What needs a person sorts first; the rest keeps the platform's order. */
function attentionFirst(rows: readonly TruthRow[]): readonly TruthRow[] {
  return [...rows.filter((row) => row.needsAttention), ...rows.filter((row) => !row.needsAttention)]
}

function Row({ row }: { readonly row: TruthRow }) {
  const { contact } = usePage()
  const { shown } = row
  const state = seenThrough(shown, contact.kind.value).state
  // The description of a value is as old as the value: its parts travel in the same envelope.
  const about = { ...shown, value: row }
  return (
    <tr class={row.needsAttention ? 'needs-attention' : ''}>
      <th scope="row">
        {row.needsAttention && <span class="attention-block">▲</span>}
        {row.label}
      </th>
      <td class="wrap">
        <Data shown={shown} format={(value) => value} label={row.label} compact />
      </td>
      <td class="wrap">
        <Data shown={about} format={() => shown.source} label={`${row.label} source`} compact class="plain" />
      </td>
      <td class="wrap mono">
        <Data
          shown={about}
          format={(each) => each.proof}
          label={`${row.label} proof`}
          compact
          class="plain"
        />
      </td>
      <td>
        {shown.asOf === null ? (
          <span class="name">never</span>
        ) : (
          <Data
            shown={{ ...shown, value: shown.asOf }}
            format={(at) => formatClock(at)}
            label={`${row.label} as of`}
            compact
            class="plain"
          />
        )}
      </td>
      <td>
        <span class={`state-word is-${state}`}>{words.states[state]}</span>
        {shown.isSimulated && <span class="tag-simulated">{words.tags.simulated}</span>}
      </td>
    </tr>
  )
}

function Change({ change }: { readonly change: ModeChange }) {
  const shown = recorded(change, 'mode history', change.at, change.to !== 'BROKER-VERIFIED')
  return (
    <li>
      <Data
        shown={shown}
        format={({ at, from, to, cause }) =>
          `${formatClock(at)} ET  ${from ?? text.start} → ${to}  (${cause})`
        }
        label="mode change"
        compact
      />
    </li>
  )
}

function AskedValues({ asked }: { readonly asked: readonly Asked[] }) {
  return (
    <section class="asked" aria-label={text.asked}>
      <h3>{text.asked}</h3>
      <table class="rows truth-rows">
        <tbody>
          {asked.map((each) => (
            <tr key={each.label}>
              <th scope="row">{each.label}</th>
              <td>{each.text}</td>
              <td class="wrap">{each.source}</td>
              <td class="mono">{each.seq === '' ? '' : `seq ${each.seq}`}</td>
              <td>{each.asOf === null ? 'never' : formatInstant(each.asOf)}</td>
              <td>
                <span class={`state-word is-${each.state}`}>
                  {each.state}
                  {each.why === '' ? '' : `: ${each.why}`}
                </span>
                {each.isSimulated && <span class="tag-simulated">{words.tags.simulated}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Aside() {
  const { topics, clock } = usePage()
  const header = topics.header.value
  return (
    <>
      {header !== null && (
        <span class="pair">
          <span class="name">{text.updated}</span>
          <Data
            shown={withValue(header.clock, () => clock.now())}
            format={(at) => `${formatClock(at)} ET`}
            label={text.updated}
            follows
            compact
          />
        </span>
      )}
      <Copy />
    </>
  )
}

function Copy() {
  const page = usePage()
  const [done, setDone] = useState<'no' | 'yes' | 'refused'>('no')
  const copy = (): void => {
    navigator.clipboard.writeText(truthText(page)).then(
      () => setDone('yes'),
      () => setDone('refused'),
    )
  }
  return (
    <button type="button" class="button" onClick={copy}>
      {done === 'no' ? text.copy : done === 'yes' ? text.copied : text.notCopied}
    </button>
  )
}

/** The panel for a support desk: account numbers keep their last four digits. */
export function truthText({ topics, clock, contact }: Page): string {
  const now = clock.now()
  const rows = (topics.truth.value?.rows ?? []).map((row) => {
    const seen = seenThrough(row.shown, contact.kind.value)
    const asOf = row.shown.asOf === null ? 'never' : formatInstant(row.shown.asOf)
    return [
      row.label,
      redacted(seen.value ?? words.states[seen.state]),
      row.shown.source,
      row.proof,
      asOf,
      seen.state,
    ]
      .map((cell) => redacted(cell))
      .join(' | ')
  })
  const history = (topics.truth.value?.history ?? []).map(
    ({ at, from, to, cause }) => `${formatInstant(at)} ${from ?? text.start} -> ${to} (${cause})`,
  )
  const head = `${text.title}, ${text.updated} ${now === null ? 'never' : formatInstant(now)}, ${topics.version.value ?? ''}`
  return [head, ...rows, text.history, ...history].join('\n')
}

/** Runs of seven digits or more are account or order numbers. */
function redacted(cell: string): string {
  return cell.replace(/\d{7,}/g, (digits) => `…${digits.slice(-4)}`)
}
