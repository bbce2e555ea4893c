import { type ReadonlySignal, computed, signal } from '@preact/signals'
import type { Browser } from '../api/browser.ts'
import type { PlatformClock } from './clock.ts'

/** Whether the platform still speaks to this page. */
export type ContactKind = 'asking' | 'held' | 'lost'

export interface Contact {
  readonly kind: ReadonlySignal<ContactKind>
  /** Real milliseconds since the last word of the platform; before the first, since the page asked. */
  silenceMs(): number
  heard(): void
  /** The wait begins anew: the page has just asked for the first time. */
  asked(): void
}

/** After so much silence the page no longer knows what the platform does, and says so. */
const SILENCE_MS_MAX = 3_000

export function createContact(browser: Browser, clock: PlatformClock): Contact {
  const heardAt = signal<number | null>(null)
  const askedAt = signal(browser.monotonic())
  const silenceMs = (): number => browser.monotonic() - (heardAt.value ?? askedAt.value)

  return {
    kind: computed(() => {
      void clock.beat.value
      if (silenceMs() >= SILENCE_MS_MAX) return 'lost'
      return heardAt.value === null ? 'asking' : 'held'
    }),
    silenceMs,
    heard: () => {
      heardAt.value = browser.monotonic()
    },
    asked: () => {
      askedAt.value = browser.monotonic()
      heardAt.value = null
    },
  }
}
