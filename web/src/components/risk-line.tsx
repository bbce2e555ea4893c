import type { RiskView, Shown } from '../../../src/wire/index.ts'
import { formatMoney, formatPercent, formatProfit } from '../format/numbers.ts'
import { words } from '../text/words.ts'
import { Data, toneOf } from './data.tsx'
import { shareOf } from './risk-share.ts'

/** Day result, what may still be lost and what would be lost now, against the day's limit. */
export function RiskLine({ risk }: { readonly risk: RiskView }) {
  const text = words.risk
  return (
    <div class="risk-line" role="group" aria-label="Risk of the day">
      <Money label={text.realised} shown={risk.dayRealised} />
      <Money label={text.open} shown={risk.open} flashes />
      <span class="pair">
        <span class="name">{text.limit}</span>
        <Data shown={risk.dayLimit} format={formatProfit} label={text.limit} />
        <Share label={`${text.realised} ${text.ofLimit}`} shown={shareOf(risk.dayRealised, risk.dayLimit)} />
      </span>
      <span class="pair strong">
        <span class="name">{text.worstNow}</span>
        <Data shown={risk.worstNow} format={formatProfit} label={text.worstNow} tone={toneOf} flashes />
        <Share label={`${text.worstNow} ${text.ofLimit}`} shown={shareOf(risk.worstNow, risk.dayLimit)} />
      </span>
      <span class="pair">
        <span class="name">{text.floorRoom}</span>
        <Data shown={risk.floorRoom} format={formatMoney} label={text.floorRoom} />
      </span>
      <span class="pair">
        <span class="name">{text.balance}</span>
        <Data shown={risk.balance} format={formatMoney} label={text.balance} />
      </span>
    </div>
  )
}

/** The share from which on a person has to look. */
const ATTENTION_RATIO = 0.75
const MARKS = [0.5, 0.75, 0.9]

function Share({ label, shown }: { readonly label: string; readonly shown: Shown<number> }) {
  const ratio = shown.value
  const isHigh = ratio !== null && ratio >= ATTENTION_RATIO
  return (
    <span class={`share ${isHigh ? 'is-high' : ''}`}>
      <span
        class="bar"
        role={ratio === null ? 'img' : 'meter'}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={ratio === null ? undefined : Math.round(ratio * 100)}
        aria-valuetext={ratio === null ? words.states.unknown : formatPercent(ratio)}
      >
        {ratio !== null && <span class="bar-fill" style={{ width: `${Math.min(1, ratio) * 100}%` }} />}
        {MARKS.map((mark) => (
          <span class="bar-mark" key={mark} style={{ left: `${mark * 100}%` }} />
        ))}
      </span>
      <Data shown={shown} format={formatPercent} label={label} class="share-text" compact />
    </span>
  )
}

function Money(props: { readonly label: string; readonly shown: Shown<number>; readonly flashes?: boolean }) {
  return (
    <span class="pair strong">
      <span class="name">{props.label}</span>
      <Data
        shown={props.shown}
        format={formatProfit}
        label={props.label}
        tone={toneOf}
        flashes={props.flashes === true}
      />
    </span>
  )
}
