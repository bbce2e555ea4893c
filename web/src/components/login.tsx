import { useState } from 'preact/hooks'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

const text = words.login

export function Login() {
  const page = usePage()
  const [name, setName] = useState('operator')
  const [secret, setSecret] = useState('')
  const [fault, setFault] = useState('')
  const [isSending, setSending] = useState(false)

  async function submit(): Promise<void> {
    setSending(true)
    const refusal = await page.signIn(name, secret)
    setSending(false)
    if (refusal === null) return
    setFault(refusal.kind === 'unreachable' ? text.unreachable : refusal.text)
    setSecret('')
  }

  return (
    <main class="login">
      <form
        class="login-card"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <p class="brand">{words.product}</p>
        <h1>{text.title}</h1>
        <p class="name">{text.intro}</p>
        <label for="login-name">{text.name}</label>
        <input
          id="login-name"
          autocomplete="username"
          required
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <label for="login-secret">{text.secret}</label>
        <input
          id="login-secret"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="login-fault"
          aria-invalid={fault !== ''}
          value={secret}
          onInput={(event) => setSecret(event.currentTarget.value)}
        />
        <p id="login-fault" class="login-fault" role="alert">
          {fault}
        </p>
        <button type="submit" class="button primary" disabled={isSending}>
          {isSending ? text.sending : text.submit}
        </button>
      </form>
    </main>
  )
}
