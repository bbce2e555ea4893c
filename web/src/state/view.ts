import { type Signal, signal } from '@preact/signals'
import { TIMEFRAMES, type ChartObject, type Timeframe } from '../../../src/domain/index.ts'
import type { Browser } from '../api/browser.ts'

export type Tab = 'positions' | 'orders' | 'fills' | 'decisions' | 'conditions' | 'actors'
export const TABS: readonly Tab[] = ['positions', 'orders', 'fills', 'decisions', 'conditions', 'actors']

/** What lies over the trader view; one at a time. */
type Overlay =
  | { readonly kind: 'none' }
  | { readonly kind: 'truth' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'keys' }
  | { readonly kind: 'decision'; readonly id: string }

export type Theme = 'system' | 'dark' | 'light'
export type PhonePage = 'trade' | 'scanner' | 'chart' | 'record'
export type OverlayKind = ChartObject['kind'] | 'killzone'
export const OVERLAY_KINDS: readonly OverlayKind[] = [
  'fvg',
  'bos',
  'choch',
  'sweep',
  'session',
  'swing',
  'killzone',
]

/** The value whose source was asked for, as its element carried it. */
export interface Asked {
  readonly label: string
  readonly text: string
  readonly source: string
  readonly asOf: number | null
  readonly state: string
  readonly isSimulated: boolean
  readonly seq: string
  readonly why: string
}

/** What the reader chose. None of it is domain data and none of it reaches the platform. */
export interface View {
  readonly instrument: Signal<string | null>
  readonly timeframe: Signal<Timeframe>
  readonly drawn: Signal<ReadonlySet<OverlayKind>>
  readonly tab: Signal<Tab>
  readonly overlay: Signal<Overlay>
  readonly asked: Signal<readonly Asked[]>
  readonly filter: Signal<string>
  readonly theme: Signal<Theme>
  readonly phonePage: Signal<PhonePage>
  choose(instrument: string): void
  setTimeframe(timeframe: Timeframe): void
  toggleDrawn(kind: OverlayKind): void
  setTheme(theme: Theme): void
}

export function createView(browser: Browser): View {
  const instrument = signal(browser.recall('instrument'))
  const timeframe = signal(oneOf(TIMEFRAMES, browser.recall('timeframe')) ?? '5m')
  const drawn = signal<ReadonlySet<OverlayKind>>(new Set(recallDrawn(browser, instrument.value)))
  const theme = signal<Theme>(
    oneOf(['system', 'dark', 'light'] as const, browser.recall('theme')) ?? 'system',
  )

  return {
    instrument,
    timeframe,
    drawn,
    tab: signal<Tab>('decisions'),
    overlay: signal<Overlay>({ kind: 'none' }),
    asked: signal<readonly Asked[]>([]),
    filter: signal(''),
    theme,
    phonePage: signal<PhonePage>('trade'),
    choose(root) {
      instrument.value = root
      drawn.value = new Set(recallDrawn(browser, root))
      browser.remember('instrument', root)
    },
    setTimeframe(next) {
      timeframe.value = next
      browser.remember('timeframe', next)
    },
    toggleDrawn(kind) {
      const next = new Set(drawn.value)
      if (!next.delete(kind)) next.add(kind)
      drawn.value = next
      browser.remember(`drawn.${instrument.value ?? ''}`, [...next].join(' '))
    },
    setTheme(next) {
      theme.value = next
      browser.remember('theme', next)
    },
  }
}

/** Overlays are remembered per instrument; swings are off until asked for, there are many. */
function recallDrawn(browser: Browser, instrument: string | null): readonly OverlayKind[] {
  const kept = browser.recall(`drawn.${instrument ?? ''}`)
  if (kept === null) return OVERLAY_KINDS.filter((kind) => kind !== 'swing')
  return OVERLAY_KINDS.filter((kind) => kept.split(' ').includes(kind))
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | undefined {
  return allowed.find((each) => each === text)
}
