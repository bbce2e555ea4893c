import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES } from '../../src/gate/index.ts'
import { ROOT } from '../../src/tools/run.ts'

const map = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

describe('ARCHITECTURE.md', () => {
  test('names every actor, and no actor that is not there', async () => {
    const actors = (await readdir(join(ROOT, 'actors')))
      .filter((each) => each.endsWith('.ts'))
      .map((each) => each.replace('.ts', ''))
    const rows = [...map.matchAll(/^\| (\w+) \| (?:own|main)/gm)].map((each) => each[1])

    expect(new Set(rows)).toEqual(new Set(actors))
  })

  test('has a line for every folder of src', async () => {
    const entries = await readdir(join(ROOT, 'src'), { withFileTypes: true })
    const folders = entries.filter((each) => each.isDirectory()).map((each) => each.name)

    expect(folders.filter((each) => !map.includes(`\`src/${each}\``))).toEqual([])
  })

  test('points only at files that are there', () => {
    const paths = [...map.matchAll(/`((?:src|actors|test|migrations|web)\/[\w./-]+\.\w+)`/g)].map(
      (each) => each[1] ?? '',
    )

    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter((each) => !existsSync(join(ROOT, each)))).toEqual([])
  })

  test('gives a reason for every package that the product needs', () => {
    const missing = Object.keys(manifest.dependencies).filter((name) => {
      const family = name.startsWith('@mikro-orm/')
        ? 'MikroORM'
        : name === '@preact/signals'
          ? 'signals'
          : name
      return !map.includes(`**${family}**`)
    })
    expect(missing).toEqual([])
  })
})

describe('README.md', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

  test('its picture and its links are there', () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
      .map((each) => each[1] ?? '')
      .filter((each) => !each.startsWith('http'))

    expect(targets.length).toBeGreaterThan(2)
    expect(targets.filter((each) => !existsSync(join(ROOT, each)))).toEqual([])
  })

  test('names every npm script that a person runs', () => {
    const scripts = Object.keys(
      (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts,
    )
    const internal = new Set(['postinstall', 'build:web'])

    expect(
      scripts.filter(
        (each) =>
          !internal.has(each) && !readme.includes(`npm run ${each}`) && !readme.includes(`npm ${each}`),
      ),
    ).toEqual([])
  })
})

describe('refusal codes', () => {
  test('each has a phase, a text and a fix that a person can act on', () => {
    const bad = Object.entries(CODES).filter(([, { text, fix }]) => text.length < 5 || fix.length < 5)
    expect(bad).toEqual([])
  })
})
