import { type PositionCard, type Shown, derive } from '../../../src/wire/index.ts'
import { usePage } from '../state/page.ts'
import { seenThrough } from '../state/provenance.ts'
import { words } from '../text/words.ts'

interface Track {
  /** 0 at the stop, 1 at the target. */
  readonly entry: number
  readonly last: number
}

/** Stop, entry, now and target to scale, stop always at the left. Nothing is drawn when one of them is unknown. */
export function TrackBar({ card }: { readonly card: PositionCard }) {
  const { contact } = usePage()
  const shown = trackOf(card)
  const { state } = seenThrough(shown, contact.kind.value)
  const track = shown.value
  return (
    <div
      class={`track is-${state}`}
      role="img"
      aria-label={`${words.position.track}: ${track === null ? words.states.unknown : `${Math.round(track.last * 100)} %`}`}
      data-source={shown.source}
      data-as-of={shown.asOf === null ? 'none' : new Date(shown.asOf).toISOString()}
      data-state={state}
      data-simulated={shown.isSimulated ? 'true' : 'false'}
      data-label="track"
    >
      {track === null ? (
        <span class="track-unknown">{words.states.unknown}</span>
      ) : (
        <>
          <span class="track-risk" style={{ width: `${clamp(track.entry) * 100}%` }} />
          <span class="track-entry" style={{ left: `${clamp(track.entry) * 100}%` }} />
          <span
            class={`track-now ${track.last >= track.entry ? 'up' : 'down'}`}
            style={{
              left: `${Math.min(clamp(track.entry), clamp(track.last)) * 100}%`,
              width: `${Math.abs(clamp(track.last) - clamp(track.entry)) * 100}%`,
            }}
          />
          <span class="track-dot" style={{ left: `${clamp(track.last) * 100}%` }} />
        </>
      )}
      <span class="track-end at-stop">{words.position.stop}</span>
      <span class="track-end at-target">{words.position.target}</span>
    </div>
  )
}

function trackOf(card: Pick<PositionCard, 'entry' | 'last' | 'stop' | 'target'>): Shown<Track> {
  const { entry, last, stop, target } = card
  const inputs = [entry, last, stop, target]
  const whole =
    entry.value !== null && last.value !== null && stop.value !== null && target.value !== null
      ? place(entry.value, last.value, stop.value, target.value)
      : null
  return derive(whole, inputs.map((each) => each.source).join(' + '), inputs)
}

function place(entry: number, last: number, stop: number, target: number): Track | null {
  const length = target - stop
  return length === 0 ? null : { entry: (entry - stop) / length, last: (last - stop) / length }
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio))
}
