import { TIMEFRAMES } from '../../../src/domain/index.ts'
import type { View } from './view.ts'

/** `/explain/G-486?chart=MNQ.5m`: what is looked at, so that it can be sent to somebody or come back to. */
export function addressOf({ overlay, instrument, timeframe }: View): string {
  const shown = overlay.value
  const path = shown.kind === 'decision' ? `/explain/${encodeURIComponent(shown.id)}` : '/'
  const chart =
    instrument.value === null ? '' : `?chart=${encodeURIComponent(instrument.value)}.${timeframe.value}`
  return path + chart
}

/** Takes from an address what it names; what it does not name, or names wrongly, stays as it was. */
export function goTo(view: View, address: string): void {
  const url = new URL(address, 'http://page')
  const decision = /^\/explain\/([A-Za-z]+-\d+)$/.exec(url.pathname)?.[1]
  if (decision !== undefined) view.overlay.value = { kind: 'decision', id: decision }
  const [root, wanted] = (url.searchParams.get('chart') ?? '').split('.')
  const timeframe = TIMEFRAMES.find((each) => each === wanted)
  if (root === undefined || root === '' || timeframe === undefined) return
  view.choose(root)
  view.setTimeframe(timeframe)
}
