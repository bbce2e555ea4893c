import { unreachable } from '../../../src/lib/index.ts'
import type { Shown, StopState } from '../../../src/wire/index.ts'
import { formatClock } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { unknownWithoutContact } from '../state/provenance.ts'
import type { StopCommand } from '../state/stop.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { Dialog } from './dialog.tsx'

const text = words.stop

/** In the header of every screen, same place, also without contact. */
export function StopButton({ shown }: { readonly shown: Shown<StopState> | null }) {
  const { view } = usePage()
  const level = shown?.value?.level ?? 0
  const isOpen = view.overlay.value.kind === 'stop'
  return (
    <>
      {shown !== null && level > 0 && (
        <span class="attention-block">
          ■ <Data shown={shown} format={(stop) => text.active(stop.level)} label={text.state} compact />
        </span>
      )}
      <button
        type="button"
        class="stop-button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => {
          view.overlay.value = isOpen ? { kind: 'none' } : { kind: 'stop' }
        }}
      >
        {text.button} ▾
      </button>
    </>
  )
}

/** Level 1 by one press, without a question: stopping is never made hard. */
export function StopMenu() {
  const { topics, contact, stop, session } = usePage()
  const header = topics.header.value
  const shown = header === null ? null : unknownWithoutContact(header.stop, contact.kind.value)
  const level = shown?.value?.level ?? 0
  const mayNot =
    session.value.kind === 'signed-in' && session.value.who.role === 'viewer' ? text.viewer : undefined
  return (
    <Dialog title={text.title} kind="menu">
      <p class="stop-proof" role="status">
        {shown !== null && <Data shown={shown} format={proofText} label={text.state} compact />}
        {contact.kind.value === 'lost' && <span class="attention-block">▲ {text.disconnected}</span>}
      </p>
      {level === 0 ? (
        <Level
          number="1"
          name={text.level1}
          says={text.level1Text}
          reason={mayNot}
          onPress={() => void stop.set(1)}
        />
      ) : (
        <Level
          number="1"
          name={text.allow}
          says={text.allowText}
          reason={mayNot}
          onPress={() => void stop.set(0)}
          isQuiet
        />
      )}
      <Level number="2" name={text.level2} says={text.level2Text} reason={text.notHere} />
      <Level number="3" name={text.level3} says={text.level3Text} reason={text.notHere} />
      <p class="stop-command" role="status">
        {commandText(stop.command.value)}
      </p>
    </Dialog>
  )
}

interface LevelProps {
  readonly number: string
  readonly name: string
  readonly says: string
  /** Why it cannot be pressed. */
  readonly reason?: string | undefined
  readonly isQuiet?: boolean
  readonly onPress?: () => void
}

function Level({ number, name, says, reason, isQuiet, onPress }: LevelProps) {
  const id = `stop-level-${number}`
  return (
    <div class="stop-level">
      <button
        type="button"
        class={isQuiet === true ? 'button' : 'button stop-choice'}
        disabled={reason !== undefined}
        aria-describedby={id}
        onClick={onPress}
      >
        <kbd>{number}</kbd> {name}
      </button>
      <p id={id} class="stop-says">
        {says} {reason !== undefined && <span class="reason">{reason}</span>}
      </p>
    </div>
  )
}

function proofText({ level, since, by, entriesWorking, deniedSince }: StopState): string {
  if (level === 0) return text.noLevel
  const from = since === null ? words.states.unknown : `${formatClock(since)} ET`
  return `${text.active(level)}: ${text.proof(entriesWorking, deniedSince, from)}${by === null ? '' : `, by ${by}`}`
}

function commandText(command: StopCommand): string {
  switch (command.kind) {
    case 'none':
      return ''
    case 'sending':
      return text.sending
    case 'waiting-for-link':
      return text.waiting
    case 'accepted':
      return text.accepted
    case 'refused':
      return `${text.refused}: ${command.text} (${command.code})`
    default:
      return unreachable(command)
  }
}
