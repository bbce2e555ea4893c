import type { DecisionRow, PhaseRow } from '../../../src/wire/index.ts'
import type { Fact } from '../../../src/domain/index.ts'
import { formatPrice, grouped } from '../format/numbers.ts'
import { formatInstant } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { withValue } from '../state/provenance.ts'
import { words } from '../text/words.ts'
import { Data, PriceData } from './data.tsx'
import { Dialog } from './dialog.tsx'
import { Empty } from './panel.tsx'
import { decisionShown } from './shown-rows.ts'

const text = words.decision

/** Why it was traded, or why not: both answers have the same form. */
export function DecisionPanel({ id }: { readonly id: string }) {
  const { topics } = usePage()
  const row = topics.decisions.value?.find((each) => each.id === id)
  return (
    <Dialog title={`${text.title}: ${id}`} kind="drawer">
      {row === undefined ? <Empty>{text.gone}</Empty> : <Decision row={row} />}
    </Dialog>
  )
}

function Decision({ row }: { readonly row: DecisionRow }) {
  const { topics } = usePage()
  const shown = decisionShown(row)
  const instrument = topics.instrument(row.instrument)
  const part = (label: string, format: (row: DecisionRow) => string, tone?: 'up' | 'down') => (
    <Data
      shown={shown}
      format={format}
      label={`${row.id} ${label}`}
      compact
      {...(tone === undefined ? {} : { tone: () => tone })}
    />
  )
  return (
    <>
      <p class="decision-head">
        <span class="root">{row.instrument}</span>{' '}
        {part(
          'side',
          (each) => (each.side === 'long' ? '▲ long' : '▼ short'),
          row.side === 'long' ? 'up' : 'down',
        )}{' '}
        <strong>{part('verdict', verdictText)}</strong>
      </p>
      <p class="decision-reason">{part('reason', (each) => each.text)}</p>
      <dl class="decision-facts">
        {(['entry', 'stop', 'target'] as const).map((name) => (
          <div key={name}>
            <dt>{text[name]}</dt>
            <dd>
              <PriceData
                shown={withValue(shown, (each) => each[name])}
                instrument={instrument}
                format={formatPrice}
                label={`${row.id} ${name}`}
                compact
              />
            </dd>
          </div>
        ))}
        <div>
          <dt>{text.size}</dt>
          <dd>{part('size', (each) => String(each.size))}</dd>
        </div>
      </dl>

      <h3>{text.phases}</h3>
      <table class="rows phases">
        <tbody>
          {row.phases.map((phase) => (
            <Phase key={phase.phase} phase={phase} row={row} />
          ))}
        </tbody>
      </table>

      <h3>{text.facts}</h3>
      <Facts row={row} />

      <h3>{text.outcome}</h3>
      <p class="decision-outcome">
        {part('outcome', (each) =>
          each.outcome === '' ? (each.verdict === 'DENIED' ? text.noOutcome : text.nothingYet) : each.outcome,
        )}
      </p>
      <p class="provenance-line mono">
        {part('source', (each) =>
          [each.signalId, formatInstant(each.at), each.mode, each.source, `seq ${grouped(each.seq, 0)}`].join(
            '  ·  ',
          ),
        )}
      </p>
    </>
  )
}

function Phase({ phase, row }: { readonly phase: PhaseRow; readonly row: DecisionRow }) {
  const shown = withValue(decisionShown(row), () => phase)
  const label = `${row.id} phase ${phase.phase}`
  return (
    <tr class={`phase-${phase.outcome.toLowerCase()} ${phase.phase === row.firstFailed ? 'is-first' : ''}`}>
      <td>
        <Data shown={shown} format={(each) => `${each.phase} ${each.name}`} label={`${label} name`} compact />
      </td>
      <td class="phase-outcome">
        <Data
          shown={shown}
          format={(each) => `${PHASE_SIGNS[each.outcome]} ${text.phaseOutcome[each.outcome]}`}
          label={`${label} outcome`}
          compact
        />
      </td>
      <td class="wrap">
        <Data shown={shown} format={(each) => each.text} label={`${label} number`} compact />
        {phase.code !== null && (
          <Data
            shown={shown}
            format={(each) => each.code ?? ''}
            label={`${label} code`}
            class="code"
            compact
          />
        )}
      </td>
    </tr>
  )
}

const PHASE_SIGNS = { PASS: '✓', FAIL: '✕', NOT_EVALUABLE: '–' } as const
const FACT_WORDS = { yes: 'yes', part: 'part', no: 'no' } as const satisfies Record<Fact['holds'], string>

function Facts({ row }: { readonly row: DecisionRow }) {
  const shown = decisionShown(row)
  if (row.facts.length === 0) return <Empty>{text.noFacts}</Empty>
  const total = row.facts.reduce((sum, each) => sum + each.weight, 0)
  return (
    <>
      <table class="rows facts">
        <thead>
          <tr>
            <th scope="col">holds</th>
            <th scope="col">fact</th>
            <th scope="col" class="number">
              {text.weight}
            </th>
            <th scope="col" class="number">
              {text.got}
            </th>
          </tr>
        </thead>
        <tbody>
          {row.facts.map((fact) => {
            const one = withValue(shown, () => fact)
            const part = (label: string, format: (fact: Fact) => string) => (
              <Data shown={one} format={format} label={`${row.id} ${fact.label} ${label}`} compact />
            )
            return (
              <tr key={fact.label} class={`fact-${fact.holds}`}>
                <td>{part('holds', (each) => FACT_WORDS[each.holds])}</td>
                <td class="wrap">{part('fact', (each) => each.label)}</td>
                <td class="number">{part('weight', (each) => grouped(each.weight, 0))}</td>
                <td class="number">{part('got', (each) => grouped(each.got, 0))}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      <p class="score">
        <Data
          shown={shown}
          format={({ score }) =>
            score === null ? text.noScore : text.score(grouped(score, 0), grouped(total, 0))
          }
          label={`${row.id} score`}
          compact
        />
      </p>
    </>
  )
}

function verdictText(row: DecisionRow): string {
  return row.verdict === 'DENIED' && row.firstFailed !== null ? text.deniedAt(row.firstFailed) : row.verdict
}
