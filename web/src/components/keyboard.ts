import { useEffect } from 'preact/hooks'
import { TIMEFRAMES } from '../../../src/domain/index.ts'
import { type Page, usePage } from '../state/page.ts'
import type { Asked } from '../state/view.ts'
import { chosenInstrument, focusFilter, stepChosen } from './scanner.tsx'

/** How long `g` waits for its second key. */
const CHORD_MS = 1_500

export function useKeyboard(): void {
  const page = usePage()
  useEffect(() => {
    let chordAt = Number.NEGATIVE_INFINITY
    let hovered: Element | null = null
    const onHover = (event: Event): void => {
      hovered = event.target instanceof Element ? event.target : null
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'Escape') {
        page.view.overlay.value = { kind: 'none' }
        return
      }
      if (isTyping(event.target)) return
      const now = page.browser.monotonic()
      const isChord = now - chordAt < CHORD_MS
      chordAt = event.key === 'g' ? now : Number.NEGATIVE_INFINITY
      if (act(page, event.key, isChord, hovered)) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    document.addEventListener('pointerover', onHover, { passive: true })
    return () => {
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('pointerover', onHover)
    }
  }, [page])
}

function act(page: Page, key: string, isChord: boolean, hovered: Element | null): boolean {
  const { view, stop, topics, session } = page
  if (isChord && key === 't') {
    view.overlay.value = { kind: 'none' }
    view.phonePage.value = 'trade'
    return true
  }
  // Inside the stop menu digits mean levels, not timeframes.
  if (view.overlay.value.kind === 'stop' && /^[1-9]$/.test(key)) {
    const isViewer = session.value.kind === 'signed-in' && session.value.who.role === 'viewer'
    if (key === '1' && !isViewer && (topics.header.value?.stop.value?.level ?? 0) === 0) void stop.set(1)
    return true
  }
  const timeframe = /^[1-6]$/.test(key) ? TIMEFRAMES[Number(key) - 1] : undefined
  if (timeframe !== undefined) {
    view.setTimeframe(timeframe)
    return true
  }
  switch (key) {
    case '?':
      view.overlay.value = { kind: 'keys' }
      return true
    case 'K':
      view.overlay.value = { kind: 'stop' }
      return true
    case 's':
      view.asked.value = askedAt(document.activeElement, hovered)
      view.overlay.value = { kind: 'truth' }
      return true
    case 'e':
      return explain(page)
    case 'j':
      stepChosen(page, 1)
      return true
    case 'k':
      stepChosen(page, -1)
      return true
    case '/':
      focusFilter()
      return true
    default:
      return false
  }
}

function explain(page: Page): boolean {
  const instrument = chosenInstrument(page)
  const decision = page.topics.decisions.value?.find((each) => each.instrument === instrument)
  if (decision === undefined) return false
  page.view.overlay.value = { kind: 'decision', id: decision.id }
  return true
}

/** The values whose source is meant: of the focused element, else of what the pointer is on. */
function askedAt(focused: Element | null, hovered: Element | null): readonly Asked[] {
  const direct = hovered?.closest('[data-source]')
  if (direct !== null && direct !== undefined) return [askedOf(direct)]
  const row = focused?.closest('[role="option"], tr, article, .pair')
  return row === null || row === undefined ? [] : [...row.querySelectorAll('[data-source]')].map(askedOf)
}

function askedOf(element: Element): Asked {
  const read = (name: string): string => element.getAttribute(`data-${name}`) ?? ''
  const asOf = Date.parse(read('as-of'))
  return {
    label: read('label'),
    text: element.querySelector('.data-text')?.textContent ?? '',
    source: read('source'),
    asOf: Number.isNaN(asOf) ? null : asOf,
    state: read('state'),
    isSimulated: read('simulated') === 'true',
    seq: read('seq'),
    why: read('why'),
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  )
}
