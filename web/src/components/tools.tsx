import { usePage } from '../state/page.ts'
import type { Theme } from '../state/view.ts'
import { words } from '../text/words.ts'

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' }
const SIGNS: Readonly<Record<Theme, string>> = { system: '◐', dark: '●', light: '○' }

export function ThemeToggle() {
  const { view } = usePage()
  const theme = view.theme.value
  return (
    <button
      type="button"
      class="quiet-button"
      aria-label={words.header.theme[theme]}
      title={words.header.theme[theme]}
      onClick={() => view.setTheme(NEXT[theme])}
    >
      {SIGNS[theme]}
    </button>
  )
}

export function SignOut() {
  const page = usePage()
  const now = page.session.value
  if (now.kind !== 'signed-in') return null
  return (
    <button
      type="button"
      class="quiet-button wide-only"
      title={words.header.signOut}
      onClick={() => void page.signOut()}
    >
      {now.who.name}
    </button>
  )
}
