import { type ReadonlySignal, signal } from '@preact/signals'
import type { CommandRequest } from '../../../src/wire/index.ts'
import type { Browser } from '../api/browser.ts'
import type { Client } from '../api/client.ts'

/** What became of the newest stop command. The level itself is only ever what the platform says. */
export type StopCommand =
  | { readonly kind: 'none' }
  | { readonly kind: 'sending'; readonly level: 0 | 1 }
  | { readonly kind: 'waiting-for-link'; readonly level: 0 | 1 }
  | { readonly kind: 'accepted'; readonly level: 0 | 1 }
  | { readonly kind: 'refused'; readonly level: 0 | 1; readonly code: string; readonly text: string }

export interface StopControl {
  readonly command: ReadonlySignal<StopCommand>
  set(level: 0 | 1): Promise<void>
}

const RETRY_MS = 1_000

export function createStopControl(browser: Browser, client: Client): StopControl {
  const command = signal<StopCommand>({ kind: 'none' })
  let newest = ''

  async function send(request: CommandRequest): Promise<void> {
    const answer = await client.command(request)
    // A newer press replaced this one: its answer is what counts.
    if (newest !== request.id) return
    const { level } = request
    if (answer.ok) {
      const reply = answer.value
      command.value =
        reply.outcome === 'accepted'
          ? { kind: 'accepted', level }
          : { kind: 'refused', level, code: reply.code, text: reply.text }
      return
    }
    if (answer.error.kind !== 'unreachable') {
      command.value = { kind: 'refused', level, code: answer.error.code, text: answer.error.text }
      return
    }
    // No answer is no refusal. The same id again is answered like the first time, so it may be sent until it is.
    command.value = { kind: 'waiting-for-link', level }
    browser.after(RETRY_MS, () => {
      if (newest === request.id) void send(request)
    })
  }

  return {
    command,
    set(level) {
      const id = browser.newId()
      newest = id
      command.value = { kind: 'sending', level }
      return send({ id, kind: 'set-stop-level', level })
    },
  }
}
