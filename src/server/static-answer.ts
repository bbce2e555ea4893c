import { type Encoding, ENCODINGS, type StaticFile } from './static-files.ts'

/** The answer for one file: the smallest form that the client takes, or 304 when it has it. */
export function answerFile(file: StaticFile, headers: Headers): Response {
  const encoding = chooseEncoding(headers.get('accept-encoding') ?? '', file)
  const form = file.forms[encoding] ?? file.forms.identity
  const common = {
    etag: form.etag,
    'cache-control': file.cacheControl,
    vary: 'Accept-Encoding',
  }
  if (hasIt(headers.get('if-none-match'), form.etag))
    return new Response(null, { status: 304, headers: common })
  return new Response(form.bytes, {
    headers: {
      ...common,
      'content-type': file.type,
      'content-length': String(form.bytes.length),
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    },
  })
}

/** The best of ours that the header does not weigh with nothing. */
function chooseEncoding(accepted: string, { forms }: StaticFile): Encoding {
  const weights = new Map<string, number>()
  for (const each of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = each.split(';').map((part) => part.trim())
    const weight = parameters.find((part) => part.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  const weightOf = (encoding: Encoding): number => weights.get(encoding) ?? weights.get('*') ?? 0
  return ENCODINGS.find((each) => forms[each] !== undefined && weightOf(each) > 0) ?? 'identity'
}

function hasIt(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === etag)
}
