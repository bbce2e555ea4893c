/** `npm run dev`: Kael with the page rebuilt on every change of it. Arguments go to `kael start`. */
import { spawn } from 'node:child_process'
import { ROOT } from './run.ts'

const builder = spawn('vite', ['build', '--config', 'web/vite.config.ts', '--watch', '--logLevel', 'warn'], {
  cwd: ROOT,
  stdio: 'inherit',
})
const kael = spawn('node', ['src/cli/kael.mjs', 'start', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
})

// The terminal sends the interrupt to the whole group; Kael drains, the builder follows it.
process.on('SIGINT', () => undefined)
kael.once('exit', (code) => {
  builder.kill()
  process.exitCode = code ?? 1
})
