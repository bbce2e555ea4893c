import { useLayoutEffect, useRef } from 'preact/hooks'
import { type InstrumentInfo, type Shown, unknown } from '../../../src/wire/index.ts'
import { formatAge, formatInstant } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { type Seen, seenThrough } from '../state/provenance.ts'
import { whyText, words } from '../text/words.ts'

export type Tone = 'up' | 'down' | ''

export interface DataProps<T> {
  readonly shown: Shown<T>
  /** `now` is the platform's clock, for ages and countdowns. */
  readonly format: (value: T, now: number) => string
  /** What it is, for the reader who asks for its source. */
  readonly label: string
  readonly tone?: (value: T) => Tone
  /** Follows the clock although the value does not change. */
  readonly follows?: boolean
  /** Marks a change for 400 ms. */
  readonly flashes?: boolean
  /** Where a column has no room, the age is left to the tooltip and the look. */
  readonly compact?: boolean
  readonly class?: string
}

/**
 * The only way in which domain data reaches the screen: the value with its source, its instant and its state on
 * the element, the word for what is not known, and its age where it is not fresh.
 */
export function Data<T>(props: DataProps<T>) {
  const { shown, format, label, tone, follows, flashes, compact } = props
  const { clock, contact } = usePage()
  const seen = seenThrough(shown, contact.kind.value)
  const ages = AGEING.has(seen.state) && shown.asOf !== null
  if (follows === true || ages) void clock.beat.value
  const now = clock.now() ?? shown.asOf ?? 0
  const text = textOf(seen, format, now)
  const element = useRef<HTMLSpanElement>(null)
  useFlash(element, text, flashes === true)
  const toneClass = seen.value === null || seen.state === 'unknown' ? '' : (tone?.(seen.value) ?? '')
  const age = ages && shown.asOf !== null ? formatAge(shown.asOf, now) : ''

  return (
    <span
      ref={element}
      class={`data is-${seen.state} ${toneClass} ${props.class ?? ''}`}
      data-source={shown.source}
      data-as-of={shown.asOf === null ? 'none' : new Date(shown.asOf).toISOString()}
      data-state={seen.state}
      data-simulated={shown.isSimulated ? 'true' : 'false'}
      data-seq={shown.seq ?? undefined}
      data-why={seen.why}
      data-label={label}
      title={titleOf(label, shown, seen)}
    >
      <span class="data-text">{text}</span>
      {age !== '' && compact !== true && <span class="data-age">{age}</span>}
      {TAGGED[seen.state] !== undefined && seen.value !== null && compact !== true && (
        <span class="tag">{TAGGED[seen.state]}</span>
      )}
    </span>
  )
}

/** A price of an instrument; one whose grid the platform did not name is unknown, never written on a guess. */
export function PriceData(
  props: Omit<DataProps<number>, 'format'> & {
    readonly instrument: InstrumentInfo | undefined
    readonly format: (at: number, of: InstrumentInfo) => string
  },
) {
  const { instrument, format, ...rest } = props
  if (instrument === undefined) {
    const shown = unknown<number>(rest.shown.source, 'NO_INSTRUMENT', rest.shown.isSimulated)
    return <Data {...rest} shown={shown} format={() => ''} />
  }
  return <Data {...rest} format={(value) => format(value, instrument)} />
}

export function toneOf(value: number): Tone {
  return value > 0 ? 'up' : value < 0 ? 'down' : ''
}

const AGEING: ReadonlySet<string> = new Set(['quiet', 'delayed', 'stale'])
const TAGGED: Partial<Record<string, string>> = {
  declared: words.tags.declared,
  disputed: words.tags.disputed,
}
const FLASH_MS = 400

function textOf<T>(seen: Seen<T>, format: (value: T, now: number) => string, now: number): string {
  if (seen.state === 'unknown' || seen.value === null) {
    return words.states[seen.value === null && seen.state !== 'closed' ? 'unknown' : seen.state]
  }
  return format(seen.value, now)
}

function titleOf(label: string, shown: Shown<unknown>, seen: Seen<unknown>): string {
  const asOf = shown.asOf === null ? 'no instant' : `as of ${formatInstant(shown.asOf)}`
  const why = whyText(seen.why)
  const simulated = shown.isSimulated ? ', simulated' : ''
  return `${label}: ${words.states[seen.state]}${simulated}, ${asOf}, from ${shown.source}${why === '' ? '' : ` (${why})`}`
}

function useFlash(element: { readonly current: HTMLElement | null }, text: string, wanted: boolean): void {
  const before = useRef(text)
  useLayoutEffect(() => {
    const changed = before.current !== text
    before.current = text
    const target = element.current
    if (!changed || !wanted || target === null || typeof target.animate !== 'function') return
    if (globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const colour = getComputedStyle(target).getPropertyValue('--flash')
    target.animate([{ backgroundColor: colour }, { backgroundColor: 'transparent' }], FLASH_MS)
  }, [text, wanted])
}
