import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { Browser } from '../api/browser.ts'

/** The platform's clock as the page can know it: what it said last, carried on by the browser's own. */
export interface PlatformClock {
  /** Epoch milliseconds on the platform's clock, or null before the first word of it. */
  now(): number | null
  /** How fast it runs: 1 real time, 20 twenty times, 0 as fast as data arrive. */
  readonly speed: ReadonlySignal<number>
  /** Changes four times a second while the page is visible; what shows an age reads it. */
  readonly beat: ReadonlySignal<number>
  hear(at: number, speed: number): void
  start(): () => void
}

const BEAT_MS = 250

export function createClock(browser: Browser): PlatformClock {
  const speed = signal(1)
  const beat = signal(0)
  let heard: { readonly at: number; readonly monotonic: number } | null = null

  return {
    speed,
    beat,
    now() {
      if (heard === null) return null
      return heard.at + (browser.monotonic() - heard.monotonic) * paceOf(speed.value)
    },
    hear(at, newSpeed) {
      heard = { at, monotonic: browser.monotonic() }
      speed.value = newSpeed
    },
    start() {
      let cancel: (() => void) | undefined
      const turn = (): void => {
        if (!browser.isHidden()) beat.value += 1
        cancel = browser.after(BEAT_MS, turn)
      }
      turn()
      return () => cancel?.()
    },
  }
}

/** A clock that only steps with data must still age what stopped arriving, so it is carried on in real time. */
function paceOf(speed: number): number {
  return speed === 0 ? 1 : speed
}
