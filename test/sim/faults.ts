/**
 * What goes wrong in a run, drawn from its seed. Each kind has a stream of its own: switching one off does not move
 * the others.
 */
import { seededRandom } from '../../src/lib/index.ts'

export interface FaultPlan {
  /** Whether the broker's answer to this placed order is lost on its way back. */
  losesPlaceReply(): boolean
  /** Whether this user event comes a second time. */
  doublesUserEvents(): boolean
  /** Whether the stop of this freshly filled entry is taken away by another hand. */
  takesStopAway(): boolean
  /** The executor crashes so many ms after it wrote a decision that passed; undefined where it does not. */
  crashAfterDecision(): number | undefined
  /** When the line of the user hub goes down next, and for how long; undefined where it never does. */
  nextUserHubDrop(): { readonly inMs: number; readonly forMs: number } | undefined
}

const LOST_REPLY_SHARE = 0.5
const DOUBLED_SHARE = 0.3
const STOP_TAKEN_SHARE = 0.5
const CRASH_SHARE = 0.2
/** Before the order leaves, while it is on its way, while its answer is, and after. */
const CRASH_WITHIN_MS = 120
const DROP_EVERY_MS = 4 * 60_000
const DROP_FOR_MS = { least: 1_500, more: 5_000 }

export const NO_FAULTS: FaultPlan = {
  losesPlaceReply: () => false,
  doublesUserEvents: () => false,
  takesStopAway: () => false,
  crashAfterDecision: () => undefined,
  nextUserHubDrop: () => undefined,
}

export function seededFaults(seed: string): FaultPlan {
  const random = seededRandom(`sim ${seed}/faults`)
  const replies = random.stream('place replies')
  const doubles = random.stream('doubled events')
  const stops = random.stream('stops taken away')
  const crashes = random.stream('crashes')
  const drops = random.stream('user hub drops')
  return {
    losesPlaceReply: () => replies.next() < LOST_REPLY_SHARE,
    doublesUserEvents: () => doubles.next() < DOUBLED_SHARE,
    takesStopAway: () => stops.next() < STOP_TAKEN_SHARE,
    crashAfterDecision: () => (crashes.next() < CRASH_SHARE ? crashes.int(CRASH_WITHIN_MS) : undefined),
    nextUserHubDrop: () => ({
      inMs: Math.round(DROP_EVERY_MS * (0.25 + 1.5 * drops.next())),
      forMs: DROP_FOR_MS.least + drops.int(DROP_FOR_MS.more),
    }),
  }
}
