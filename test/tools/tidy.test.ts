import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../../src/tools/run.ts'

interface SourceFile {
  readonly path: string
  readonly text: string
}

async function filesUnder(...folders: string[]): Promise<readonly SourceFile[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
      return entries
        .filter((each) => each.isFile() && /\.(ts|tsx|mjs|sql)$/.test(each.name))
        .map((each) => join(each.parentPath, each.name).slice(ROOT.length))
    }),
  )
  return Promise.all(
    lists.flat().map(async (path) => ({ path, text: await readFile(join(ROOT, path), 'utf8') })),
  )
}

/** `path:line` of every line that matches, comments aside. */
function linesWith(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => !/^\s*(\/\/|\*|\/\*)/.test(line) && pattern.test(line))
      .map(({ line, at }) => `${at} ${line.trim()}`),
  )
}

describe('tidy', () => {
  test('time and chance are handed in: the pure folders and the actors name no clock and no dice', async () => {
    const files = await filesUnder('src/lib', 'src/domain', 'src/gate', 'src/execution', 'actors')

    expect(files.length).toBeGreaterThan(20)
    expect(
      linesWith(
        files,
        /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|\bset(Timeout|Interval)\(/,
      ),
    ).toEqual([])
  })

  test('the kernel reads time in its clock and nowhere else', async () => {
    const files = (await filesUnder('src/kernel')).filter(({ path }) => !/clock|time-block/.test(path))

    expect(linesWith(files, /Date\.now\(|new Date\(\)|Math\.random\(/)).toEqual([])
  })

  test('prices and money get their brand from their own constructors, not from a cast', async () => {
    const files = (await filesUnder('src', 'actors')).filter(({ path }) => path !== 'src/domain/units.ts')

    expect(linesWith(files, / as (unknown as )?(Ticks|Usd|EpochMs|Contracts)\b/)).toEqual([])
  })

  test('nothing is typed any, and nothing goes round the type checker', async () => {
    const files = (await filesUnder('src', 'actors', 'web', 'migrations', 'test')).filter(
      // This file spells what it looks for.
      ({ path }) => path !== 'test/tools/tidy.test.ts',
    )

    expect(linesWith(files, /\bas any\b|: any\b|<any>|@ts-ignore|@ts-nocheck/)).toEqual([])
  })

  test('no error is swallowed in silence', async () => {
    const files = await filesUnder('src', 'actors', 'web')

    expect(
      linesWith(files, /catch *(\([^)]*\))? *\{ *\}|\.catch\( *\(\) *=> *(\{ *\}|undefined|null) *\)/),
    ).toEqual([])
  })

  test('no path of a particular machine is in the tree', async () => {
    const files = await filesUnder('src', 'actors', 'web', 'migrations', 'test')

    expect(linesWith(files, /(^|[^A-Za-z0-9_.])\/(work|root|home)\/[A-Za-z]/)).toEqual([])
  })
})
