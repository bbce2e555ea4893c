import type { Condition } from '../../../src/wire/index.ts'
import { formatAge } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { conditionShown } from './shown-rows.ts'

/** One line for the most urgent thing. Its room is kept, so it never moves the page; it never says all is well. */
export function AttentionBar() {
  const { topics, contact, clock } = usePage()
  if (contact.kind.value === 'lost') {
    void clock.beat.value
    const seconds = Math.floor(contact.silenceMs() / 1000)
    return (
      <div class="attention-bar is-attention" role="alert">
        <span class="attention-sign">▲</span>
        <strong>{words.contact.lost(seconds)}</strong>
        <span class="attention-action">{words.contact.lostAction}</span>
      </div>
    )
  }
  const conditions = topics.conditions.value ?? []
  const [urgent] = byUrgency(conditions)
  const newer = topics.newerVersion.value
  if (urgent === undefined && newer !== null) return <Update version={newer} />
  if (urgent === undefined) return <div class="attention-bar" />
  return <Line condition={urgent} others={conditions.length - 1} />
}

/** What needs a person first, and of those what has waited longest. */
export function byUrgency(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.toSorted((a, b) => rank(a) - rank(b) || a.since - b.since)
}

function Update({ version }: { readonly version: string }) {
  return (
    <div class="attention-bar is-notice" role="status">
      <span class="attention-sign">●</span>
      <strong>{words.update.text(version)}</strong>
      <span class="attention-action">{words.update.action}</span>
    </div>
  )
}

function rank(condition: Condition): number {
  return condition.severity === 'attention' ? 0 : 1
}

function Line({ condition, others }: { readonly condition: Condition; readonly others: number }) {
  const { view } = usePage()
  const isAttention = condition.severity === 'attention'
  const shown = conditionShown(condition)
  return (
    <div class={`attention-bar ${isAttention ? 'is-attention' : 'is-notice'}`}>
      <span class="attention-sign">{isAttention ? '▲' : '●'}</span>
      <strong>
        <Data shown={shown} format={(each) => each.text} label="condition" />
      </strong>
      <Data
        shown={shown}
        format={(each, now) => `for ${formatAge(each.since, now)}`}
        label="since"
        class="muted-data"
        follows
      />
      <span class="attention-action">
        <Data shown={shown} format={(each) => each.action} label="what is done about it" />
      </span>
      {others > 0 && (
        <button
          type="button"
          class="quiet-button"
          onClick={() => {
            view.tab.value = 'conditions'
            view.phonePage.value = 'record'
          }}
        >
          {others} more
        </button>
      )}
    </div>
  )
}
