// Runs on any Node >= 18 after `npm install` or `npm ci`: makes node_modules/.bin/node the pinned runtime
// and node_modules/.bin/kael our own command. npm up to 11.0 drops the first link when several optional
// packages share the bin name `node`, and no npm links a package's own bin into its own checkout.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION_MIN = [22, 18]
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const bin = join(root, 'node_modules', '.bin')
const isWindows = process.platform === 'win32'

/** True when `exe` runs here and is new enough to strip types by itself. */
function isUsable(exe) {
  const run = spawnSync(exe, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  if (run.status !== 0) return false
  const [major, minor] = run.stdout.trim().split('.').map(Number)
  return major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1])
}

function pinnedRuntime() {
  const names = [
    `node-bin-${process.platform}-${process.arch}`,
    `node-${isWindows ? 'win' : process.platform}-${process.arch}`,
  ]
  const require = createRequire(join(root, 'package.json'))
  for (const name of names) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), 'bin', isWindows ? 'node.exe' : 'node')
    } catch (error) {
      // Each platform has one of the two names; the other is simply not installed.
      if (error.code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  return undefined
}

function linkNode() {
  const target = pinnedRuntime()
  const link = join(bin, isWindows ? 'node.exe' : 'node')
  if (target && existsSync(target) && isUsable(target)) {
    rmSync(link, { force: true })
    if (!isWindows) return symlinkSync(relative(bin, target), link)
    try {
      return linkSync(target, link)
    } catch {
      // A hard link cannot cross volumes.
      return copyFileSync(target, link)
    }
  }
  if (isUsable('node') || isUsable(process.execPath)) return rmSync(link, { force: true })
  console.error(
    `No usable Node.js >= ${VERSION_MIN.join('.')}: the pinned runtime does not run on ${process.platform}-${process.arch}. ` +
      `Install Node.js ${VERSION_MIN.join('.')} or later.`,
  )
  process.exitCode = 1
}

function linkKael() {
  const entry = join(root, 'src', 'cli', 'kael.mjs')
  const link = join(bin, isWindows ? 'kael.cmd' : 'kael')
  rmSync(link, { force: true })
  if (isWindows) return writeFileSync(link, `@node "${entry}" %*\r\n`)
  chmodSync(entry, 0o755)
  symlinkSync(relative(bin, entry), link)
}

mkdirSync(bin, { recursive: true })
linkNode()
linkKael()
