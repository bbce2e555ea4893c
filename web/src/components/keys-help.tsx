import { words } from '../text/words.ts'
import { Dialog } from './dialog.tsx'

export function KeysHelp() {
  return (
    <Dialog title={words.keys.title} kind="sheet">
      <dl class="keys-list">
        {words.keys.list.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="name">{words.keys.note}</p>
    </Dialog>
  )
}
