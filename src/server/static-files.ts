import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { invariant } from '../lib/index.ts'

/** The files of the dashboard as they were when the server started: nothing else can be asked for. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

export interface StaticFile {
  readonly type: string
  readonly cacheControl: string
  /** At least `identity`; a packed form only when it is smaller. */
  readonly forms: Readonly<Partial<Record<Encoding, StaticForm>>> & { readonly identity: StaticForm }
}

export interface StaticForm {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Strong: one a form, in quotes. */
  readonly etag: string
}

export const ENCODINGS = ['br', 'gzip', 'identity'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** What may be served, by the end of the name. Source maps are not here: they are for developers. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  webp: 'image/webp',
  woff2: 'font/woff2',
}
const PACKABLE = /^(?:text|application)\/|svg/
/** Below this a packet is a packet. */
const PACK_BYTES_MIN = 1_024
/** Many times our build: a wrong folder shall not fill the memory. */
const TOTAL_BYTES_MAX = 64 * 1_024 * 1_024

/**
 * Reads the built dashboard, packs it and keys it by the path that asks for it. A folder that is not there gives no
 * files. Links and hidden files are left out.
 */
export async function loadStaticFiles(directory: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  let total = 0
  for (const name of await namesIn(directory)) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
    if (type === undefined) continue
    const bytes = await readFile(join(directory, name))
    total += bytes.length
    invariant(total <= TOTAL_BYTES_MAX, `the dashboard in ${directory} has at most ${TOTAL_BYTES_MAX} bytes`)
    const path = `/${name.split(sep).join('/')}`
    files.set(path, { type, cacheControl: cacheControlOf(path), forms: await formsOf(bytes, type) })
  }
  return files
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .filter((name) => name.split(sep).every((part) => !part.startsWith('.')))
      .sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Names under /assets/ carry a hash of what is in them; any other file is asked for again each time. */
function cacheControlOf(path: string): string {
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

async function formsOf(bytes: Buffer, type: string): Promise<StaticFile['forms']> {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  const form = (packed: Buffer, suffix: string): StaticForm => ({
    bytes: new Uint8Array(packed),
    etag: `"${hash}${suffix}"`,
  })
  const identity = form(bytes, '')
  if (!PACKABLE.test(type) || bytes.length < PACK_BYTES_MIN) return { identity }

  const [br, gz] = await Promise.all([
    // 9 of 11: nearly as small, and a tenth of the time at the start.
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    promisify(gzip)(bytes, { level: 9 }),
  ])
  return {
    identity,
    ...(br.length < bytes.length ? { br: form(br, '-br') } : {}),
    ...(gz.length < bytes.length ? { gzip: form(gz, '-gz') } : {}),
  }
}
