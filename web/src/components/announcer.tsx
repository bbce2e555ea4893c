import { useSignalEffect } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import { type Page, usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

const POLITE_MS_MIN = 5_000

/** One polite voice, at most once in 5 s, and one that interrupts, for protection and stop. Prices stay silent. */
export function Announcer() {
  const page = usePage()
  const [polite, setPolite] = useState('')
  const [urgent, setUrgent] = useState('')
  const last = useRef({ polite: '', urgent: '', spokeAt: Number.NEGATIVE_INFINITY })

  useSignalEffect(() => {
    const { current } = last
    const now = urgentText(page)
    if (now !== current.urgent) {
      current.urgent = now
      setUrgent(now)
    }
    const news = politeText(page)
    void page.clock.beat.value
    const monotonic = page.browser.monotonic()
    if (news === current.polite || monotonic - current.spokeAt < POLITE_MS_MIN) return
    current.polite = news
    current.spokeAt = monotonic
    setPolite(news)
  })

  return (
    <div class="for-readers">
      <p role="status" aria-live="polite">
        {polite}
      </p>
      <p role="alert" aria-live="assertive">
        {urgent}
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
