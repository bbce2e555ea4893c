import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ErrorReply } from '../wire/index.ts'
import type { Incident } from './ports.ts'

/** Every code that this interface can answer with, and its HTTP status. A code never changes its meaning. */
const REFUSALS = {
  BAD_TARGET: 400,
  BAD_QUERY: 400,
  BAD_JSON: 400,
  BAD_BODY: 400,
  NO_SESSION: 401,
  LOGIN_REFUSED: 401,
  ORIGIN_REFUSED: 403,
  CSRF_HEADER_MISSING: 403,
  ROLE_REFUSED: 403,
  NOT_FOUND: 404,
  UNKNOWN_INSTRUMENT: 404,
  METHOD_NOT_ALLOWED: 405,
  COMMAND_ID_REUSED: 409,
  BODY_TOO_LARGE: 413,
  NOT_JSON: 415,
  HOST_REFUSED: 421,
  UPGRADE_REQUIRED: 426,
  TOO_MANY_LOGINS: 429,
  DEFECT: 500,
  TOO_MANY_STREAMS: 503,
  DASHBOARD_NOT_BUILT: 503,
} as const satisfies Record<string, ContentfulStatusCode>

export type RefusalCode = keyof typeof REFUSALS

export interface Refusal {
  readonly code: RefusalCode
  /** For a person: the value and the rule. Never a secret. */
  readonly text: string
  readonly incident?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function refusal(code: RefusalCode, text: string, headers?: Record<string, string>): Refusal {
  return { code, text, ...(headers === undefined ? {} : { headers }) }
}

/** What the outside hears of our own troubles: nothing but where to look. */
export function defect({ id }: Incident): Refusal {
  return { code: 'DEFECT', text: `Something went wrong here; the log has it under ${id}.`, incident: id }
}

export function statusOf({ code }: Refusal): ContentfulStatusCode {
  return REFUSALS[code]
}

export function errorReply({ code, text, incident }: Refusal): ErrorReply {
  return { code, text, ...(incident === undefined ? {} : { incident }) }
}

export function answerRefusal(context: Context, refused: Refusal): Response {
  return context.json(errorReply(refused), statusOf(refused), { ...refused.headers })
}
