#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must get as far as this sentence.
import * as nodeModule from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Kael runs TypeScript natively and needs Node.js 22.18 or later; this is ${process.versions.node}. ` +
      'Run it through npm (npm start, npx kael), which brings its own Node.js.',
  )
  process.exit(1)
}
nodeModule.enableCompileCache?.()
const { runCli } = await import('./main.ts')
await runCli(process.argv)
