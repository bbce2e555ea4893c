import { type Result, failed, ok } from '../lib/index.ts'
import type { CommandReply, CommandRequest, Role } from '../wire/index.ts'
import type { Commands, Identity, ServerClock } from './ports.ts'
import { type Refusal, refusal } from './refusals.ts'
import { isAtLeast } from './roles.ts'

/** Who may give which command. Stopping asks for no more than the role. */
const COMMAND_ROLES: Readonly<Record<CommandRequest['kind'], Role>> = {
  'set-stop-level': 'trader',
}

/** An id is remembered this long; the audit ledger knows it for ever. */
const REMEMBER_MS = 3_600_000
/** Far above what hands can give in an hour. */
const REMEMBERED_MAX = 10_000

export type CommandDesk = (command: CommandRequest, who: Identity) => Promise<Result<CommandReply, Refusal>>

interface Remembered {
  readonly content: string
  readonly reply: Promise<CommandReply>
  readonly at: number
}

/** Answers a repeated id like the first time, also while the first is still on its way. */
export function createCommandDesk(commands: Commands, clock: ServerClock): CommandDesk {
  const remembered = new Map<string, Remembered>()

  function forgetOld(): void {
    for (const [id, { at }] of remembered) {
      if (clock.monotonic() - at < REMEMBER_MS && remembered.size < REMEMBERED_MAX) return
      remembered.delete(id)
    }
  }

  return async (command, who) => {
    const role = COMMAND_ROLES[command.kind]
    if (!isAtLeast(who.role, role)) {
      return failed(refusal('ROLE_REFUSED', `${command.kind} needs the role ${role}; yours is ${who.role}.`))
    }
    forgetOld()
    const content = JSON.stringify([who.name, command.kind, command.level])
    const first = remembered.get(command.id)
    if (first !== undefined && first.content !== content) {
      return failed(refusal('COMMAND_ID_REUSED', `The id ${command.id} belongs to another command.`))
    }
    if (first !== undefined) return ok(await first.reply)

    const reply = commands.run(command, who)
    remembered.set(command.id, { content, reply, at: clock.monotonic() })
    try {
      return ok(await reply)
    } catch (error) {
      // Nobody was answered, so the same id may be tried again; the audit ledger decides whether it ran.
      remembered.delete(command.id)
      throw error
    }
  }
}
