import { useRef } from 'preact/hooks'
import { type Page, usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

const POLITE_MS_MIN = 5_000

/** One polite voice, at most once in 5 s, and one that interrupts, for protection and stop. Prices stay silent. */
export function Announcer() {
  const page = usePage()
  void page.clock.beat.value
  const spoken = useRef({ text: '', at: Number.NEGATIVE_INFINITY })
  const news = politeText(page)
  const now = page.browser.monotonic()
  if (news !== spoken.current.text && now - spoken.current.at >= POLITE_MS_MIN) {
    spoken.current = { text: news, at: now }
  }

  return (
    <div class="for-readers">
      <p role="status" aria-live="polite">
        {spoken.current.text}
      </p>
      <p role="alert" aria-live="assertive">
        {urgentText(page)}
      </p>
    </div>
  )
}

function urgentText({ topics, contact }: Page): string {
  const parts: string[] = []
  if (contact.kind.value === 'lost') parts.push(words.contact.modeUnknown)
  const level = topics.header.value?.stop.value?.level ?? 0
  if (level > 0) parts.push(words.stop.active(level))
  for (const card of topics.positions.value ?? []) {
    const kind = card.protection.value?.kind ?? 'unknown'
    if (kind !== 'protected') parts.push(`${card.instrument} ${words.protection[kind]}`)
  }
  return parts.join('. ')
}

function politeText({ topics }: Page): string {
  const [newest] = topics.decisions.value ?? []
  return newest === undefined
    ? ''
    : `${newest.id} ${newest.instrument} ${newest.side} ${newest.verdict}. ${newest.text}`
}
