/**
 * How fresh the prices of each instrument are, measured on events and never on the socket. Pure: `now` is the
 * platform's clock.
 *
 * Silence is judged by what is usual for the instrument at this hour of its day. Longer than usual is *quiet*
 * only while events of others prove that the connection lives; with no such proof it is *delayed*, past the hard
 * limit *stale*. All silent at once while the market is open is a mute hub.
 */
import { isOpen, marketStateAt, minuteOfDay } from '../domain/calendar/index.ts'

type FreshnessState = 'current' | 'quiet' | 'delayed' | 'stale' | 'unknown' | 'closed'

interface Freshness {
  readonly state: FreshnessState
  /** Milliseconds since the newest event was received; undefined without one. */
  readonly ageMs: number | undefined
  /** Silence that is usual now. */
  readonly expectedGapMs: number
  /** Code of the reason; undefined when current or closed. */
  readonly why: FreshnessReason | undefined
}

type FreshnessReason =
  | 'NO_EVENT_YET'
  | 'HUB_DOWN'
  | 'HUB_MUTE'
  | 'PAST_HARD_LIMIT'
  | 'LONGER_THAN_USUAL'
  | 'NO_SIGN_OF_LIFE'
  | 'OLD_FACT'

export interface FreshnessOptions {
  /** Silence after which a price is stale, whatever is usual. */
  readonly hardLimitMs?: number
  /** A fact that is older than this when it arrives is delayed. */
  readonly lagMsMax?: number
  /** All instruments silent for longer, in the regular hours of New York: the hub is mute. */
  readonly muteLiquidMs?: number
  /** The same for the rest of the day. */
  readonly muteOtherMs?: number
  /** Added to each limit: what delivery may take on the platform's clock. At 20x, 200 real ms are 4,000. */
  readonly deliveryMs?: number
}

export interface FreshnessBook {
  /** An event of an instrument: its time at the source and when it was received. */
  note(root: string, at: number, receivedAt: number): void
  /** The hub stands and everything is subscribed again: prices from before the gap prove nothing. */
  connected(now: number): void
  disconnected(): void
  judge(root: string, now: number): Freshness
  /** The hub is up, the market is open, and nobody says a word. */
  isMute(now: number): boolean
}

const HARD_LIMIT_MS = 30_000
const EXPECTED_MS_MIN = 2_000
/** Taken until enough gaps were seen. */
const EXPECTED_MS_UNLEARNT = 5_000
const LAG_MS_MAX = 5_000
const MUTE_LIQUID_MS = 5_000
const MUTE_OTHER_MS = 20_000
const SAMPLES_MIN = 200
const QUANTILE = 0.995
const HOUR_MS = 3_600_000

interface Tracked {
  lastAt: number
  lastReceivedAt: number
  /** Since the hub was last subscribed. */
  hasSpoken: boolean
  readonly hours: Gaps[]
  readonly all: Gaps
}

export function createFreshness(
  roots: readonly string[],
  {
    hardLimitMs = HARD_LIMIT_MS,
    lagMsMax = LAG_MS_MAX,
    muteLiquidMs = MUTE_LIQUID_MS,
    muteOtherMs = MUTE_OTHER_MS,
    deliveryMs = 0,
  }: FreshnessOptions = {},
): FreshnessBook {
  const tracked = new Map<string, Tracked>(roots.map((root) => [root, newTracked()]))
  let isConnected = false
  let connectedAt = 0
  let newestReceivedAt = Number.NEGATIVE_INFINITY

  function note(root: string, at: number, receivedAt: number): void {
    const one = tracked.get(root)
    if (one === undefined) return
    const gap = receivedAt - one.lastReceivedAt
    // A gap over a break of the line or of the session is not one that the market made.
    if (one.hasSpoken && gap >= 0 && gap < HOUR_MS) {
      one.all.add(gap)
      one.hours[hourOf(receivedAt)]?.add(gap)
    }
    one.hasSpoken = true
    one.lastReceivedAt = receivedAt
    one.lastAt = Math.max(one.lastAt, at)
    newestReceivedAt = Math.max(newestReceivedAt, receivedAt)
  }

  function expectedGapMs(one: Tracked, now: number): number {
    const hour = one.hours[hourOf(now)]
    const gaps = hour !== undefined && hour.count() >= SAMPLES_MIN ? hour : one.all
    const learned = gaps.count() >= SAMPLES_MIN ? gaps.quantile(QUANTILE) : EXPECTED_MS_UNLEARNT
    return Math.min(Math.max(learned, EXPECTED_MS_MIN) + deliveryMs, hardLimitMs + deliveryMs)
  }

  function judge(root: string, now: number): Freshness {
    const one = tracked.get(root)
    if (one === undefined)
      return { state: 'unknown', ageMs: undefined, expectedGapMs: 0, why: 'NO_EVENT_YET' }
    const expected = expectedGapMs(one, now)
    const ageMs = one.lastReceivedAt > 0 ? Math.max(0, now - one.lastReceivedAt) : undefined
    const as = (state: FreshnessState, why?: FreshnessReason): Freshness => ({
      state,
      ageMs,
      expectedGapMs: expected,
      why,
    })

    if (!isOpen(now)) return as('closed')
    if (ageMs === undefined) return as('unknown', 'NO_EVENT_YET')
    if (!isConnected) return as('stale', 'HUB_DOWN')
    if (!one.hasSpoken) return as('unknown', 'NO_EVENT_YET')
    if (isMute(now)) return as('stale', 'HUB_MUTE')
    if (ageMs > hardLimitMs + deliveryMs) return as('stale', 'PAST_HARD_LIMIT')
    if (one.lastReceivedAt - one.lastAt > lagMsMax + deliveryMs) return as('delayed', 'OLD_FACT')
    if (ageMs <= expected) return as('current')
    return isAlive(now) ? as('quiet', 'LONGER_THAN_USUAL') : as('delayed', 'NO_SIGN_OF_LIFE')
  }

  /** Somebody spoke a moment ago. */
  function isAlive(now: number): boolean {
    return now - newestReceivedAt <= EXPECTED_MS_MIN + deliveryMs
  }

  function isMute(now: number): boolean {
    if (!isConnected || !isOpen(now) || tracked.size === 0) return false
    const limit = (isLiquid(now) ? muteLiquidMs : muteOtherMs) + deliveryMs
    return now - Math.max(newestReceivedAt, connectedAt, openedSince(now)) > limit
  }

  return {
    note,
    judge,
    isMute,
    connected(now) {
      isConnected = true
      connectedAt = now
      for (const one of tracked.values()) one.hasSpoken = false
    },
    disconnected() {
      isConnected = false
    },
  }
}

function newTracked(): Tracked {
  return {
    lastAt: 0,
    lastReceivedAt: 0,
    hasSpoken: false,
    hours: Array.from({ length: 24 }, createGaps),
    all: createGaps(),
  }
}

/** Silence before the session opened is no silence of the hub. */
function openedSince(t: number): number {
  const state = marketStateAt(t)
  return state.kind === 'open' ? state.day.opensAt : t
}

function hourOf(t: number): number {
  return Math.floor(minuteOfDay(t) / 60)
}

/** Regular hours of New York. */
function isLiquid(t: number): boolean {
  const minute = minuteOfDay(t)
  return minute >= 9 * 60 + 30 && minute < 16 * 60
}

interface Gaps {
  add(ms: number): void
  count(): number
  quantile(q: number): number
}

/** A histogram over the logarithm: an eighth of an octave wide, so that a quantile is at most 9 % too long. */
const STEPS_PER_OCTAVE = 8
const STEPS = 22 * STEPS_PER_OCTAVE
/** Past this count all are halved, so that old habits fade. */
const COUNT_MAX = 20_000

function createGaps(): Gaps {
  const steps = new Uint32Array(STEPS)
  let count = 0

  function fade(): void {
    count = 0
    for (let i = 0; i < STEPS; i++) {
      steps[i] = Math.floor((steps[i] ?? 0) / 2)
      count += steps[i] ?? 0
    }
  }

  return {
    add(ms) {
      const step = Math.min(STEPS - 1, Math.floor(Math.log2(Math.max(1, ms)) * STEPS_PER_OCTAVE))
      steps[step] = (steps[step] ?? 0) + 1
      count += 1
      if (count >= COUNT_MAX) fade()
    },
    count: () => count,
    quantile(q) {
      let left = q * count
      for (let i = 0; i < STEPS; i++) {
        left -= steps[i] ?? 0
        if (left <= 0) return 2 ** ((i + 1) / STEPS_PER_OCTAVE)
      }
      return 2 ** (STEPS / STEPS_PER_OCTAVE)
    },
  }
}
