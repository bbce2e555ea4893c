import { useErrorBoundary } from 'preact/hooks'
import { useSignalEffect } from '@preact/signals'
import { unreachable } from '../../../src/lib/index.ts'
import { addressOf } from '../state/address.ts'
import { type Page, PageContext } from '../state/page.ts'
import { words } from '../text/words.ts'
import { Login } from './login.tsx'
import { TraderView } from './trader-view.tsx'

export function App({ page }: { readonly page: Page }) {
  const [fault] = useErrorBoundary((error: unknown) => console.error(error))
  useSignalEffect(() => {
    const theme = page.view.theme.value
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  })
  useSignalEffect(() => {
    const address = addressOf(page.view)
    if (page.session.value.kind === 'signed-in' && address !== page.browser.address())
      page.browser.setAddress(address)
  })
  if (fault !== undefined) return <Stuck />
  return (
    <PageContext.Provider value={page}>
      <Door page={page} />
    </PageContext.Provider>
  )
}

function Door({ page }: { readonly page: Page }) {
  const session = page.session.value
  switch (session.kind) {
    case 'asking':
      return (
        <p class="asking" role="status">
          {page.contact.kind.value === 'lost' ? words.login.silent : words.login.asking}
        </p>
      )
    case 'signed-out':
      return <Login />
    case 'signed-in':
      return <TraderView />
    default:
      return unreachable(session)
  }
}

/** A defect of the page itself. It must not look like a quiet market. */
function Stuck() {
  return (
    <main class="login">
      <div class="login-card" role="alert">
        <h1>{words.stuck.title}</h1>
        <p>{words.stuck.text}</p>
        <button type="button" class="button primary" onClick={() => location.reload()}>
          {words.stuck.reload}
        </button>
      </div>
    </main>
  )
}
