/** `npm run check`: types, lint, format, architecture and dead code, each with its time. */
import { checkArchitecture } from './architecture.ts'
import { checkLockFile } from './lock-file.ts'
import { run, runSteps } from './run.ts'

const FOLDERS = ['src', 'actors', 'web', 'migrations', 'test']

process.exitCode = await runSteps([
  { name: 'types', run: () => run('tsc', ['-p', 'tsconfig.json']) },
  {
    name: 'types of the domain, with no platform',
    run: () => run('tsc', ['-p', 'src/domain/tsconfig.json']),
  },
  { name: 'types of the page', run: () => run('tsc', ['-p', 'web/tsconfig.json']) },
  { name: 'lint', run: () => run('oxlint', ['--type-aware', '--deny-warnings', ...FOLDERS]) },
  { name: 'format', run: () => run('oxfmt', ['--check', ...FOLDERS]) },
  { name: 'architecture', run: checkArchitecture },
  { name: 'dead code', run: () => run('knip', []) },
  { name: 'lock file', run: checkLockFile },
])
