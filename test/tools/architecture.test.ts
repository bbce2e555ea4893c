import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { checkArchitecture, cruiseTree } from '../../src/tools/architecture.ts'
import { ROOT } from '../../src/tools/run.ts'

/** Files that a test adds to break a rule; removed after it. */
const added: string[] = []

async function violationsWith(file: string, text: string): Promise<readonly string[]> {
  const path = join(ROOT, file)
  added.push(path)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  const cruise = await cruiseTree()
  return cruise.summary.violations.filter((each) => each.from === file).map((each) => each.rule.name)
}

afterEach(async () => {
  await Promise.all(added.splice(0).map((path) => rm(path, { force: true })))
})

describe('architecture', () => {
  test('the tree keeps its import rules, and the parser saw every module of it', async () => {
    expect(await checkArchitecture()).toBe(0)
  })

  test('an analyst that imports the order client is refused: only the executor may hold it', async () => {
    const names = await violationsWith(
      'actors/rogue-analyst.ts',
      "import { createOrderClient } from '../src/brokers/topstepx/order-client.ts'\nexport default createOrderClient\n",
    )

    expect(names).toContain('orders-leave-through-the-executor')
  })

  test('a dynamic import of the order client is refused like a static one', async () => {
    const names = await violationsWith(
      'src/server/rogue.ts',
      "export const sneak = () => import('../brokers/topstepx/order-client.ts')\n",
    )

    expect(names).toContain('orders-leave-through-the-executor')
  })

  test('the domain may not know the platform', async () => {
    expect(
      await violationsWith(
        'src/domain/rogue.ts',
        "import { readFileSync } from 'node:fs'\nexport const x = readFileSync\n",
      ),
    ).toContain('src-domain-imports')
  })

  test('the kernel may not know trading', async () => {
    expect(
      await violationsWith('src/kernel/rogue.ts', "export { ROSTER } from '../domain/index.ts'\n"),
    ).toContain('src-kernel-imports')
  })

  test('an actor may not hold a package', async () => {
    expect(await violationsWith('actors/rogue.ts', "import pg from 'pg'\nexport default pg\n")).toContain(
      'actors-know-no-packages',
    )
  })

  test('the simulated gateway may not import its own client', async () => {
    expect(await violationsWith('src/gateway/rogue.ts', "export * from '../brokers/index.ts'\n")).toContain(
      'src-gateway-imports',
    )
  })

  test('the page may not import the server', async () => {
    expect(await violationsWith('web/src/rogue.ts', "export * from '../../src/server/index.ts'\n")).toContain(
      'web-imports',
    )
  })
})
