/** The ways a message or an ask can end badly, and how an error crosses a thread. */

/** `data` is cloneable and for a program; the message is for a person. */
export class ActorError extends Error {
  readonly code: string
  readonly data: unknown

  constructor(code: string, message: string, data?: unknown, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.data = data
  }
}

export class AskTimeout extends ActorError {
  constructor(path: string, type: string, timeoutMs: number) {
    super('ASK_TIMEOUT', `${path} did not answer ${type} within ${Math.round(timeoutMs)} ms`, { path, type })
  }
}

/** The incarnation that was asked is gone; whether it acted is not known. */
export class ActorDied extends ActorError {
  constructor(path: string, type: string, why: string) {
    super('ACTOR_DIED', `${path} ended before it answered ${type}: ${why}`, { path, type, why })
  }
}

export class MailboxFull extends ActorError {
  constructor(path: string, type: string) {
    super('MAILBOX_FULL', `the mailbox of ${path} is full, ${type} was refused`, { path, type })
  }
}

export class AskCycle extends ActorError {
  constructor(chain: readonly string[], path: string) {
    super('ASK_CYCLE', `${path} already waits in ${[...chain, path].join(' > ')}`, { chain, path })
  }
}

export class Quarantined extends ActorError {
  constructor(path: string, why: string) {
    super('QUARANTINED', `${path} is in quarantine: ${why}`, { path, why })
  }
}

export class SystemDraining extends ActorError {
  constructor(path: string) {
    super('SYSTEM_DRAINING', `${path} takes nothing new: the system is draining`, { path })
  }
}

export class Uncloneable extends ActorError {
  constructor(path: string, type: string, detail: string) {
    super('UNCLONEABLE', `${type} for ${path} cannot cross a thread: ${detail}`, { path, type })
  }
}

/** What a handler in another actor threw: its name, message, code, data and cause, not its class. */
export class RemoteError extends ActorError {
  constructor(form: ErrorForm) {
    super(
      form.code ?? 'REMOTE',
      form.message,
      form.data,
      form.cause ? { cause: errorFrom(form.cause) } : undefined,
    )
    this.name = form.name
    if (form.stack !== undefined) this.stack = form.stack
  }
}

/** An error as data: the structured clone would drop `code`, and a foreign class would arrive as a plain Error. */
export interface ErrorForm {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly data?: unknown
  readonly cause?: ErrorForm
}

const CAUSES_MAX = 4

export function formOf(thrown: unknown, depth = 0): ErrorForm {
  if (!(thrown instanceof Error)) return { name: 'Thrown', message: String(thrown) }
  const { code, data } = thrown as { code?: unknown; data?: unknown }
  return {
    name: thrown.name,
    message: thrown.message,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(data === undefined || !isCloneable(data) ? {} : { data }),
    ...(thrown.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: formOf(thrown.cause, depth + 1) }),
  }
}

export function errorFrom(form: ErrorForm): RemoteError {
  return new RemoteError(form)
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
