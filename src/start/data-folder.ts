import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal, codeOf, messageOf } from './refusal.ts'

/** Makes the folder and writes one file in it: a folder that cannot be written is refused before anything starts. */
export async function openDataFolder(folder: string): Promise<void> {
  const probe = join(folder, `.write-${randomBytes(6).toString('hex')}`)
  try {
    // The database may run as another account of this machine and has to pass through.
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    throw new StartRefusal(
      `KAEL_DATA_DIR=${folder}: the data directory must be a folder that can be written (${messageOf(error)}). ` +
        'Choose another with --data-dir or KAEL_DATA_DIR',
    )
  }
}

/** A secret of this installation, made once and kept in a file of mode 0600. */
export async function keptSecret(file: string, make: () => string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const secret = make()
  // Written beside and moved: a crash leaves the old state or the new one.
  const draft = `${file}.new`
  await writeFile(draft, `${secret}\n`, { mode: 0o600 })
  await rename(draft, file)
  return secret
}
