import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../src/tools/run.ts'
import { CHROMIUM_ARGS, findChromium } from '../../src/tools/chromium.ts'
import { type KaelProcess, startKaelProcess, temporaryFolder } from '../support/kael-process.ts'

const executablePath = findChromium()
/** Where README takes its picture from, when a maintainer asks for it. */
const PICTURE = process.env['KAEL_TEST_PICTURE']

/** The built platform on its defaults, in a real browser: what a trader sees in the first five minutes. */
describe.runIf(executablePath !== undefined)('the dashboard in a real browser', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let kael: KaelProcess
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    kael = await startKaelProcess({ dataDir: folder.path })
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: CHROMIUM_ARGS })
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })

  afterAll(async () => {
    await browser?.close()
    await kael?.interrupt()
    await folder?.remove()
  })

  /** The text of each element, white space folded. */
  const textsOf = async (selector: string): Promise<readonly string[]> =>
    (await page.locator(selector).allInnerTexts()).map((each) => each.replaceAll(/\s+/g, ' ').trim())

  test('a person logs in with the secret that the start printed', async () => {
    await page.goto(kael.url)
    await page.fill('#login-secret', kael.secret)
    await page.keyboard.press('Enter')

    await page.waitForSelector('.scanner-row')
    expect(await page.title()).toContain('Kael')
  })

  test('thirteen instruments are scanned, and their prices move', async () => {
    await page.waitForFunction(() => document.querySelectorAll('.scanner-row').length === 13)
    const before = await textsOf('.scanner-row')

    await page.waitForFunction(
      (seen) => {
        const now = [...document.querySelectorAll<HTMLElement>('.scanner-row')].map((each) =>
          each.innerText.replaceAll(/\s+/g, ' ').trim(),
        )
        return now.filter((text) => !seen.includes(text)).length >= 10
      },
      before,
      { timeout: 60_000 },
    )
    expect(before).toHaveLength(13)
  })

  test('the mode badge says RUNTIME SIM, and nowhere on the page stands another mode', async () => {
    expect((await textsOf('.mode-badge')).join()).toContain('RUNTIME SIM')
    expect(await page.locator('body').innerText()).not.toContain('BROKER-VERIFIED')
  })

  test('a first decision of the gate is there within two minutes of the start', async () => {
    await page.waitForSelector('.decisions tbody tr', { timeout: 150_000 })

    const [first] = await textsOf('.decisions tbody tr')
    expect(first).toMatch(/G-\d+/)
    expect(first).toMatch(/PERMITTED|DENIED/)
  })

  test('a position is open and protected within five minutes, with its stop on the card', async () => {
    await page.waitForSelector('[data-protection="protected"]', { timeout: 300_000 })

    const [card] = await textsOf('.card')
    expect(card).toMatch(/LONG|SHORT/)
    expect(card).toMatch(/PROTECTED/)
    expect(card).toMatch(/SL/)
    expect(card).toMatch(/stream \+ REST agree/)
  })

  test('its stop is a line on the chart and its profit and loss moves', async () => {
    const pnl = '.card .card-profit'
    const lineColours = await page.evaluate(() => {
      // The price label of the stop is filled with the colour of loss: orange in the default pair.
      const canvases = [...document.querySelectorAll('canvas')]
      return canvases.reduce((found, canvas) => {
        const context = canvas.getContext('2d')
        if (context === null || canvas.width === 0) return found
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
        let orange = 0
        for (let i = 0; i < data.length; i += 4) {
          const [r = 0, g = 0, b = 0, a = 0] = [data[i], data[i + 1], data[i + 2], data[i + 3]]
          if (a > 200 && r > 230 && g > 120 && g < 160 && b < 90) orange++
        }
        return found + orange
      }, 0)
    })
    expect(lineColours).toBeGreaterThan(200)

    if (PICTURE !== undefined) {
      await mkdir(join(ROOT, 'docs', 'screens'), { recursive: true })
      await page.waitForTimeout(3_000)
      await page.screenshot({ path: join(ROOT, PICTURE) })
    }
    const before = (await textsOf('.card')).join()
    await page.waitForFunction(
      ([selector, seen]) => {
        const now = [...document.querySelectorAll<HTMLElement>(selector ?? '')]
          .map((each) => each.innerText)
          .join()
        return now !== '' && now !== seen
      },
      [pnl, (await page.locator(pnl).allInnerTexts()).join()] as const,
      { timeout: 30_000 },
    )
    expect((await textsOf('.card')).join()).not.toBe(before)
  })

  test('every value on the page says where it is from, as of when and in what state', async () => {
    const bare = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-label]')]
        .filter((each) => !each.dataset['source'] || !each.dataset['asOf'] || !each.dataset['state'])
        .map((each) => each.outerHTML.slice(0, 120)),
    )
    expect(bare).toEqual([])
  })

  test('Source Truth shows each label with the row that it was read from', async () => {
    await page.keyboard.press('s')
    await page.waitForSelector('.truth-rows tbody tr')

    const rows = await textsOf('.truth-rows tbody tr')
    for (const label of [
      'broker mode',
      'viewing account',
      'order account',
      'session',
      'protection',
      'scanner',
      'day P&L',
    ])
      expect(rows.some((each) => each.toLowerCase().includes(label.toLowerCase()))).toBe(true)
    await page.keyboard.press('Escape')
  })

  test('stop level 1 from the keyboard lets no entry through from then on', async () => {
    await page.keyboard.press('Shift+K')
    await page.keyboard.press('1')

    const stop = async (): Promise<unknown> =>
      page.evaluate(async () => {
        const state = (await (await fetch('/api/v1/state')).json()) as {
          topics: { header: { stop: { value: unknown } } }
        }
        return state.topics.header.stop.value
      })
    await expect.poll(stop, { timeout: 20_000 }).toMatchObject({ level: 1, by: 'operator' })
    await page.keyboard.press('Escape')
  })

  test('the browser has nothing to complain of', () => {
    expect(complaints).toEqual([])
  })

  test('when the platform goes, the page says so within seconds and keeps no price looking fresh', async () => {
    await kael.kill()

    await page.waitForFunction(
      () => document.body.innerText.includes('No contact with the platform'),
      undefined,
      { timeout: 15_000 },
    )
    expect((await textsOf('.mode-badge')).join().toLowerCase()).toContain('unknown')
  })
})
