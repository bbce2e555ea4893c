import { type Signal, signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { invariant } from '../../../src/lib/index.ts'
import type { SessionReply } from '../../../src/wire/index.ts'
import type { Browser } from '../api/browser.ts'
import { type Client, type Refusal, createClient } from '../api/client.ts'
import { type PlatformClock, createClock } from './clock.ts'
import { type Contact, createContact } from './contact.ts'
import { type Link, createLink } from './link.ts'
import { type StopControl, createStopControl } from './stop.ts'
import { type TopicStore, createTopics } from './topics.ts'
import { type View, createView } from './view.ts'

/** Who is at the page. */
type Session =
  | { readonly kind: 'asking' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'signed-in'; readonly who: SessionReply }

/** Everything that the components read. */
export interface Page {
  readonly browser: Browser
  readonly client: Client
  readonly clock: PlatformClock
  readonly contact: Contact
  readonly topics: TopicStore
  readonly link: Link
  readonly stop: StopControl
  readonly view: View
  readonly session: Signal<Session>
  /** Asks who is at the page and, when somebody is, connects. */
  begin(): Promise<void>
  signIn(name: string, password: string): Promise<Refusal | null>
  signOut(): Promise<void>
}

const RETRY_MS = 1_000
/** Whether somebody signed in here before: a browser where nobody did is not worth a question that must be refused. */
const SIGNED_IN_KEY = 'signed-in'

export function createPage(browser: Browser): Page {
  const client = createClient(browser)
  const clock = createClock(browser)
  const contact = createContact(browser, clock)
  const topics = createTopics()
  const session = signal<Session>({ kind: 'asking' })
  const onSignedOut = (): void => {
    browser.remember(SIGNED_IN_KEY, 'no')
    session.value = { kind: 'signed-out' }
  }
  const link = createLink({ browser, client, clock, contact, topics, onSignedOut })
  clock.start()

  function enter(who: SessionReply): void {
    browser.remember(SIGNED_IN_KEY, 'yes')
    session.value = { kind: 'signed-in', who }
    link.start()
  }

  async function begin(): Promise<void> {
    if (browser.recall(SIGNED_IN_KEY) !== 'yes') return onSignedOut()
    const answer = await client.session()
    if (answer.ok) return enter(answer.value)
    if (answer.error.kind === 'signed-out') return onSignedOut()
    browser.after(RETRY_MS, () => void begin())
  }

  return {
    browser,
    client,
    clock,
    contact,
    topics,
    link,
    stop: createStopControl(browser, client),
    view: createView(browser),
    session,
    begin,
    async signIn(name, password) {
      const answer = await client.login(name, password)
      if (!answer.ok) return answer.error
      enter(answer.value)
      return null
    },
    async signOut() {
      link.stop()
      onSignedOut()
      await client.logout()
    },
  }
}

export const PageContext = createContext<Page | null>(null)

export function usePage(): Page {
  const page = useContext(PageContext)
  invariant(page !== null, 'a component is inside a page')
  return page
}
