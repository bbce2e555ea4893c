import { tradeDateOf } from '../domain/calendar/index.ts'
import { type Shown, type ScannerRow, derive, unknown } from '../wire/index.ts'
import type { DashboardRows, Moment } from './rows.ts'
import { isSimulated, shownOf, shownQuote } from './shown-row.ts'

/** One row an instrument, in its fixed order: price from the feed, the word from the last decision state. */
export function scannerRows(rows: DashboardRows, moment: Moment): readonly ScannerRow[] {
  const simulated = isSimulated(rows)
  return [...rows.instruments]
    .sort((a, b) => a.position - b.position)
    .map(({ root, disabledBecause }) => {
      const quote = moment.quotes.get(root)
      const state = rows.scanner.find((each) => each.instrument === root)
      const last = shownQuote(quote, simulated)
      // The open that an earlier day's row has is not the open of today.
      const isOfToday =
        state !== undefined && state.asOf !== null && tradeDateOf(state.asOf) === tradeDateOf(moment.now)
      const change: Shown<number> =
        !isOfToday || state.sessionOpen === null || last.value === null
          ? unknown('scanner', 'no open of the trading day yet', simulated)
          : derive(last.value - state.sessionOpen, 'last price and open of the trading day', [
              shownOf(state, state.sessionOpen, simulated),
              last,
            ])
      return {
        instrument: root,
        last,
        change,
        direction: { ...change, value: change.value === null ? null : direction(change.value) },
        ...wordOf(root, rows, moment, disabledBecause),
        met: state?.met ?? 0,
        of: state?.of ?? 0,
        regime:
          state === undefined || state.regime === null
            ? unknown('analyst', 'warming up', simulated)
            : shownOf(state, state.regime, simulated),
      }
    })
}

/** The shortest form of the real decision state: a position first, then trouble with the data, then the setup. */
function wordOf(
  root: string,
  rows: DashboardRows,
  moment: Moment,
  disabledBecause: string | null,
): { readonly word: Shown<string>; readonly text: string } {
  const simulated = isSimulated(rows)
  if (disabledBecause !== null)
    return { word: unknown('instruments', disabledBecause), text: disabledBecause }

  const position = rows.positions.find((each) => each.instrument === root && each.size > 0)
  if (position !== undefined) {
    const side = position.direction === 1 ? 'long' : 'short'
    return {
      word: shownOf(position, 'in trade'),
      text: `${side} ${position.size} open at the broker`,
    }
  }
  const quote = moment.quotes.get(root)
  if (quote !== undefined && ['stale', 'delayed', 'closed'].includes(quote.state)) {
    return {
      word: shownOf(
        { source: quote.source, asOf: quote.at ?? null, state: quote.state },
        quote.state,
        simulated,
      ),
      text: quote.state === 'closed' ? 'the market is closed' : `data are ${quote.state}: entries are denied`,
    }
  }
  const state = rows.scanner.find((each) => each.instrument === root)
  if (state === undefined)
    return { word: unknown('analyst', 'warming up', simulated), text: 'reading the history' }
  const denied = latestDenial(root, rows, state)
  return denied ?? { word: shownOf(state, state.word, simulated), text: state.text }
}

/** A denial is the newest thing said about an instrument as long as its analyst has nothing newer than the signal. */
function latestDenial(
  root: string,
  { decisions }: DashboardRows,
  { asOf, stage }: DashboardRows['scanner'][number],
): { readonly word: Shown<string>; readonly text: string } | undefined {
  const newest = decisions.find((each) => each.instrument === root)
  if (newest === undefined || newest.verdict !== 'DENIED') return undefined
  if (stage !== 'signalled' && (newest.asOf ?? 0) < (asOf ?? 0)) return undefined
  const name = newest.phases.find((each) => each.phase === newest.failedPhase)?.name ?? 'gate'
  return { word: shownOf(newest, `no: ${name}`), text: `phase ${newest.failedPhase} ${name}: ${newest.text}` }
}

function direction(change: number): 1 | 0 | -1 {
  return change > 0 ? 1 : change < 0 ? -1 : 0
}
