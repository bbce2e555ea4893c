import { unreachable } from '../../../src/lib/index.ts'
import { usePage } from '../state/page.ts'
import type { PhonePage } from '../state/view.ts'
import { words } from '../text/words.ts'
import { ChartPanel } from '../chart/chart-panel.tsx'
import { Announcer } from './announcer.tsx'
import { AttentionBar } from './attention-bar.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { Footer } from './footer.tsx'
import { Header } from './header.tsx'
import { useKeyboard } from './keyboard.ts'
import { LastDecision } from './last-decision.tsx'
import { KeysHelp } from './keys-help.tsx'
import { NextLikely } from './next-likely.tsx'
import { Positions } from './position-card.tsx'
import { Record } from './record.tsx'
import { RiskLine } from './risk-line.tsx'
import { Scanner } from './scanner.tsx'
import { StopMenu } from './stop-menu.tsx'
import { TruthPanel } from './truth-panel.tsx'

/** One screen for the whole session: is it safe, what does it do, why, and what may still be lost. */
export function TraderView() {
  useKeyboard()
  const { topics, view, contact } = usePage()
  const header = topics.header.value
  const isSimulated = header?.mode.isSimulated ?? false
  return (
    <div
      class={`trader shows-${view.phonePage.value} ${isSimulated ? 'is-simulated' : ''} contact-${contact.kind.value}`}
    >
      <a class="to-chart" href="#chart">
        {words.toChart}
      </a>
      <Header />
      {header === null ? <div class="risk-line" /> : <RiskLine risk={header.risk} />}
      <AttentionBar />
      <main class="work">
        <h1 class="for-readers">{words.product}</h1>
        <Scanner />
        <ChartPanel />
        <div class="side">
          <Positions />
          <NextLikely />
          <LastDecision />
        </div>
        <Record />
        <OpenDrawer />
      </main>
      <Footer />
      <PhoneBar />
      <OpenOverlay />
      <Announcer />
    </div>
  )
}

function OpenOverlay() {
  const { view } = usePage()
  const overlay = view.overlay.value
  switch (overlay.kind) {
    case 'none':
    case 'decision':
      return null
    case 'truth':
      return <TruthPanel />
    case 'stop':
      return <StopMenu />
    case 'keys':
      return <KeysHelp />
    default:
      return unreachable(overlay)
  }
}

/** Beside the chart and the card, above the list: neither what is open nor the next decision is covered. */
function OpenDrawer() {
  const overlay = usePage().view.overlay.value
  return overlay.kind === 'decision' ? <DecisionPanel key={overlay.id} id={overlay.id} /> : null
}

const PHONE_PAGES: readonly PhonePage[] = ['trade', 'scanner', 'chart', 'record']

function PhoneBar() {
  const { view } = usePage()
  return (
    <nav class="phone-bar" aria-label="Pages">
      {PHONE_PAGES.map((page) => (
        <button
          type="button"
          key={page}
          aria-current={view.phonePage.value === page ? 'page' : undefined}
          onClick={() => {
            view.phonePage.value = page
          }}
        >
          {words.phone[page]}
        </button>
      ))}
    </nav>
  )
}
