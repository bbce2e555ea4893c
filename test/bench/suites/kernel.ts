import { createSystem } from '../../../src/kernel/index.ts'
import type { Suite } from '../report.ts'
import { cacheRows } from './kernel-cache.ts'
import { failureRows, hangRow, lossRow, memoryRow } from './kernel-failure.ts'
import { fanOutRow, messageRows, sameThreadRow } from './kernel-messages.ts'

/** Messages, the bar cache and failures, each beside what the platform does without us. */
export const kernelSuite: Suite = async () => {
  const logger = new URL('../support/silent.ts', import.meta.url)
  const system = await createSystem({ logger, spare: false })
  const memory = await memoryRow(system)
  const messages = await messageRows(system)
  const sameThread = await sameThreadRow(system)
  const fanOut = await fanOutRow(system)
  await system.drain({ timeoutMs: 3_000 })
  const failures = await failureRows()
  return [
    ...messages,
    sameThread,
    fanOut,
    ...(await cacheRows()),
    ...failures,
    await hangRow(),
    memory,
    await lossRow(),
  ]
}
