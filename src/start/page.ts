import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartRefusal, messageOf } from './refusal.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'dist', 'web')
/** What the page is made of. */
const SOURCES = ['web', 'src/wire', 'src/domain', 'src/lib', 'package-lock.json']

/** The folder of the built page; builds it when there is none or when its sources are newer. */
export async function builtPage(): Promise<{ readonly folder: string; readonly wasBuilt: boolean }> {
  const built = await newest(join(BUILT, 'index.html'))
  const sources = Math.max(...(await Promise.all(SOURCES.map((each) => newest(join(ROOT, each))))))
  if (built > sources) return { folder: BUILT, wasBuilt: false }
  try {
    const { build } = await import('vite')
    await build({ configFile: join(ROOT, 'web', 'vite.config.ts'), logLevel: 'error' })
  } catch (error) {
    if (built > 0) return { folder: BUILT, wasBuilt: false }
    throw new StartRefusal(
      `dist/web: the dashboard has to be built once and that failed (${messageOf(error)}). ` +
        'Install with npm ci, then run npm run build',
    )
  }
  return { folder: BUILT, wasBuilt: true }
}

/** Newest change under a path, epoch milliseconds; 0 when it is not there. */
async function newest(path: string): Promise<number> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (info === undefined) return 0
  if (!info.isDirectory()) return info.mtimeMs
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))
  return Math.max(0, ...times)
}
