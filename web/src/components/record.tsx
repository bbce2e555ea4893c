import { unreachable } from '../../../src/lib/index.ts'
import { usePage } from '../state/page.ts'
import { TABS, type Tab } from '../state/view.ts'
import { words } from '../text/words.ts'
import { Actors } from './actors-table.tsx'
import { Conditions } from './conditions-table.tsx'
import { Decisions } from './decisions-table.tsx'
import { Fills, OpenPositions, Orders } from './money-tables.tsx'
import { Empty, Skeleton } from './panel.tsx'
import { believedPositions } from './position-card.tsx'

/** The bottom of the trader view: what happened today, newest first. */
export function Record() {
  const page = usePage()
  const { topics, view } = page
  const tab = view.tab.value
  const counts: Readonly<Record<Tab, number | undefined>> = {
    positions: believedPositions(page)?.length,
    orders: topics.orders.value?.length,
    fills: topics.fills.value?.length,
    decisions: topics.decisions.value?.length,
    conditions: topics.conditions.value?.length,
    actors: topics.actors.value?.length,
  }
  return (
    <section class="panel record" aria-label={words.record.title}>
      <div class="tabs" role="tablist" aria-label={words.record.title}>
        {TABS.map((each) => (
          <button
            type="button"
            role="tab"
            key={each}
            id={`tab-${each}`}
            aria-selected={each === tab}
            aria-controls="record-body"
            tabIndex={each === tab ? 0 : -1}
            class="tab"
            onClick={() => {
              view.tab.value = each
            }}
            onKeyDown={(event) => {
              const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
              const next = TABS[(TABS.indexOf(each) + step + TABS.length) % TABS.length]
              if (step === 0 || next === undefined) return
              view.tab.value = next
              document.getElementById(`tab-${next}`)?.focus()
            }}
          >
            {words.tabs[each]} <span class="tab-count">{counts[each]}</span>
          </button>
        ))}
      </div>
      <div class="record-body" id="record-body" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        {counts[tab] === undefined ? (
          <Skeleton rows={5} awaits={words.contact.asking} />
        ) : counts[tab] === 0 ? (
          <Empty>{words.empty[tab]}</Empty>
        ) : (
          <Rows tab={tab} />
        )}
      </div>
    </section>
  )
}

function Rows({ tab }: { readonly tab: Tab }) {
  switch (tab) {
    case 'positions':
      return <OpenPositions />
    case 'orders':
      return <Orders />
    case 'fills':
      return <Fills />
    case 'decisions':
      return <Decisions />
    case 'conditions':
      return <Conditions />
    case 'actors':
      return <Actors />
    default:
      return unreachable(tab)
  }
}
