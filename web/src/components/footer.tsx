import { grouped } from '../format/numbers.ts'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'

export function Footer() {
  const { topics, link, contact } = usePage()
  const seq = topics.seq.value
  const gaps = link.gaps.value
  return (
    <footer class="footer">
      <span>
        <kbd>?</kbd> keys
      </span>
      <span>
        <kbd>s</kbd> source
      </span>
      <span>
        <kbd>K</kbd> stop
      </span>
      <span>
        <kbd>j</kbd> <kbd>k</kbd> scanner
      </span>
      <span>
        <kbd>e</kbd> explain
      </span>
      <span class="grow" />
      <span title={seq === null ? undefined : `seq ${grouped(seq, 0)}`}>
        {words.footer.contact[contact.kind.value]}
      </span>
      {gaps > 0 && <span>{words.footer.resyncs(gaps)}</span>}
      <span>{topics.version.value === null ? '' : `${words.footer.version} ${topics.version.value}`}</span>
    </footer>
  )
}
