import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

interface DialogProps {
  readonly title: string
  readonly kind: 'sheet' | 'drawer' | 'menu'
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

/** What lies over the trader view. It takes the focus, and gives it back when it closes. */
export function Dialog({ title, kind, aside, children }: DialogProps) {
  const { view } = usePage()
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    element.current?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const close = (): void => {
    view.overlay.value = { kind: 'none' }
  }
  return (
    <>
      {kind !== 'drawer' && <div class={`veil for-${kind}`} onClick={close} />}
      <div ref={element} class={`dialog ${kind}`} role="dialog" aria-label={title} tabIndex={-1}>
        <header class="dialog-head">
          <h2>{title}</h2>
          <div class="panel-aside">
            {aside}
            <button
              type="button"
              class="quiet-button"
              aria-label={words.close}
              title={words.close}
              onClick={close}
            >
              ✕
            </button>
          </div>
        </header>
        <div class="dialog-body">{children}</div>
      </div>
    </>
  )
}
