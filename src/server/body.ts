import type { Context } from 'hono'
import type { z } from 'zod'
import { type Result, failed, ok } from '../lib/index.ts'
import { JSON_BYTES_MAX, parseJson } from './json.ts'
import { type Refusal, refusal } from './refusals.ts'
import { check } from './schemas.ts'

/** The body as what the schema makes of it. Size before text, text before JSON, JSON before meaning. */
export async function readBody<T>(context: Context, schema: z.ZodType<T>): Promise<Result<T, Refusal>> {
  const text = await readText(context.req.raw, Number(context.req.header('content-length') ?? 0))
  if (!text.ok) return text
  const json = parseJson(text.value === '' ? '{}' : text.value)
  if (!json.ok) return failed(refusal('BAD_JSON', `The body is refused: ${json.error}.`))
  const body = check(schema, json.value)
  return body.ok ? ok(body.value) : failed(refusal('BAD_BODY', `The body is refused: ${body.error}.`))
}

/** `application/json` and nothing else but a charset: the one content type that a strange page cannot send unasked. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(contentType ?? '')
}

async function readText(request: Request, announced: number): Promise<Result<string, Refusal>> {
  // The rest is not read: the connection ends with the answer.
  const tooLarge = failed(
    refusal('BODY_TOO_LARGE', `A body has at most ${JSON_BYTES_MAX} bytes.`, { connection: 'close' }),
  )
  if (announced > JSON_BYTES_MAX) return tooLarge
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > JSON_BYTES_MAX) return tooLarge
    chunks.push(chunk)
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch {
    return failed(refusal('BAD_JSON', 'The body is refused: the text is UTF-8.'))
  }
}
