import { render } from 'preact'
import { act } from 'preact/test-utils'
import type { Snapshot, StreamMessage } from '../../src/wire/index.ts'
import { App } from '../../web/src/components/app.tsx'
import { type Page, createPage } from '../../web/src/state/page.ts'
import type { HandBrowser } from './fixtures/hand-browser.ts'
import { type HandPlatform, handPlatform } from './fixtures/hand-platform.ts'
import { aSnapshot } from './fixtures/snapshot.ts'

/** The page as it is on screen, with everything around it moved by hand. */
export interface Screen {
  readonly page: Page
  readonly platform: HandPlatform
  readonly browser: HandBrowser
  readonly root: HTMLElement
  /** The platform's next message, in sequence. */
  say(message: Partial<StreamMessage>): Promise<void>
  pass(ms: number): Promise<void>
  press(key: string, target?: Element): Promise<void>
  click(element: Element | null): Promise<void>
  all(selector: string): HTMLElement[]
  /** Text of the data element with this label, as the reader sees it. */
  value(label: string): string
  data(label: string): HTMLElement
}

const roots: HTMLElement[] = []

export function clearScreens(): void {
  for (const root of roots.splice(0)) {
    render(null, root)
    root.remove()
  }
}

export async function openScreen(
  snapshot: Snapshot = aSnapshot(),
  prepare: (platform: HandPlatform) => void = () => undefined,
): Promise<Screen> {
  clearScreens()
  const platform = handPlatform(snapshot)
  prepare(platform)
  const { browser } = platform
  const page = createPage(browser)
  const root = document.createElement('div')
  document.body.append(root)
  roots.push(root)
  let { seq } = snapshot

  const settle = (run: () => void | Promise<void>): Promise<void> =>
    act(async () => {
      await run()
      await browser.settle()
    })
  await settle(async () => {
    render(<App page={page} />, root)
    await page.begin()
    await browser.settle()
    if (browser.sockets.length > 0)
      browser.socket.message({ seq, kind: 'hello', at: snapshot.at, speed: snapshot.speed })
  })

  const data = (label: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(`[data-label="${label}"]`)
    if (found === null) throw new Error(`no value is labelled ${label}`)
    return found
  }
  return {
    page,
    platform,
    browser,
    root,
    data,
    value: (label) => data(label).querySelector('.data-text')?.textContent ?? '',
    all: (selector) => [...root.querySelectorAll<HTMLElement>(selector)],
    say: (message) =>
      settle(() =>
        browser.socket.message({ seq: ++seq, at: snapshot.at, speed: snapshot.speed, ...message }),
      ),
    pass: (ms) => settle(() => browser.pass(ms)),
    press: (key, target) =>
      settle(
        () =>
          void (target ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })),
      ),
    click: (element) => settle(() => (element as HTMLElement).click()),
  }
}
