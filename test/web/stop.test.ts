import { describe, expect, test } from 'vitest'
import { createPage } from '../../web/src/state/page.ts'
import { handPlatform } from './fixtures/hand-platform.ts'

function commandsOf(requests: readonly { path: string; body: unknown }[]) {
  return requests.filter((each) => each.path === '/api/v1/commands').map((each) => each.body)
}

describe('the stop command', () => {
  test('level 1 is sent at once, with an id of its own', async () => {
    const { browser } = handPlatform()
    const page = createPage(browser)
    await page.stop.set(1)

    expect(commandsOf(browser.requests)).toEqual([{ id: 'id-1', kind: 'set-stop-level', level: 1 }])
    expect(page.stop.command.value).toEqual({ kind: 'accepted', level: 1 })
  })

  test('without an answer it is sent again under the same id, so that it can never count twice', async () => {
    const platform = handPlatform()
    const { command } = platform
    platform.command = null
    const page = createPage(platform.browser)
    await page.stop.set(1)
    await platform.browser.pass(2_500)

    expect(page.stop.command.value.kind).toBe('waiting-for-link')
    platform.command = command
    await platform.browser.pass(1_000)
    expect(page.stop.command.value.kind).toBe('accepted')
    const ids = new Set(commandsOf(platform.browser.requests).map((each) => (each as { id: string }).id))
    expect([...ids]).toEqual(['id-1'])
  })

  test('a refusal is shown with its code and is not sent again', async () => {
    const platform = handPlatform()
    platform.command = ({ id }) => ({ id, outcome: 'refused', code: 'ROLE', text: 'A viewer cannot stop.' })
    const page = createPage(platform.browser)
    await page.stop.set(1)
    await platform.browser.pass(10_000)

    expect(page.stop.command.value).toMatchObject({ kind: 'refused', code: 'ROLE' })
    expect(commandsOf(platform.browser.requests)).toHaveLength(1)
  })

  test('an accepted command does not change the level on screen: only the platform does', async () => {
    const platform = handPlatform()
    const page = createPage(platform.browser)
    await page.begin()
    await platform.browser.settle()
    await page.stop.set(1)

    expect(page.topics.header.value?.stop.value?.level).toBe(0)
  })

  test('a newer press replaces an older one that still waits for its answer', async () => {
    const platform = handPlatform()
    const { command } = platform
    platform.command = null
    const page = createPage(platform.browser)
    await page.stop.set(0)
    platform.command = command
    await page.stop.set(1)
    await platform.browser.pass(5_000)

    expect(page.stop.command.value).toEqual({ kind: 'accepted', level: 1 })
    expect(commandsOf(platform.browser.requests)).toHaveLength(2)
  })
})
