import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

interface PanelProps {
  readonly title: string
  readonly area: string
  readonly aside?: ComponentChildren
  readonly isSimulated?: boolean
  readonly children: ComponentChildren
}

/** A titled part of the trader view. */
export function Panel({ title, area, aside, isSimulated, children }: PanelProps) {
  return (
    <section class={`panel ${area}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {isSimulated === true && <span class="tag-simulated">{words.tags.simulated}</span>}
        <div class="panel-aside">{aside}</div>
      </header>
      {children}
    </section>
  )
}

const WORDS_AFTER_MS = 3_000

/** What stands where a panel's rows will stand, in their height; it says after 3 s what it waits for. */
export function Skeleton({ rows, awaits }: { readonly rows: number; readonly awaits: string }) {
  const { browser } = usePage()
  const [speaks, setSpeaks] = useState(false)
  useEffect(() => browser.after(WORDS_AFTER_MS, () => setSpeaks(true)), [browser])
  return (
    <div class="skeleton" aria-busy="true">
      {Array.from({ length: rows }, (_, row) => (
        <div class="skeleton-row" key={row} />
      ))}
      {speaks && <p class="skeleton-words">{awaits}</p>}
    </div>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}
