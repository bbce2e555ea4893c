import { useEffect, useMemo, useState } from 'preact/hooks'
import { TIMEFRAMES } from '../../../src/domain/index.ts'
import type { InstrumentInfo, ScannerRow, WireBar } from '../../../src/wire/index.ts'
import { Data, PriceData, type Tone } from '../components/data.tsx'
import { Empty, Skeleton } from '../components/panel.tsx'
import { chosenInstrument } from '../components/scanner.tsx'
import { formatCount, formatPrice, grouped } from '../format/numbers.ts'
import { formatDayMinute, formatMinute } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { recorded, seenThrough, withValue } from '../state/provenance.ts'
import { OVERLAY_KINDS } from '../state/view.ts'
import { words } from '../text/words.ts'
import { type Candles, createCandles } from './candles.ts'
import { CandleTable } from './candle-table.tsx'
import { ChartCanvas } from './chart-canvas.tsx'

const text = words.chart

/** The one full chart, of the chosen instrument. */
export function ChartPanel() {
  const page = usePage()
  const { browser, client, link, view, topics } = page
  const candles = useMemo(() => createCandles(browser, client, link), [browser, client, link])
  const [isTable, setTable] = useState(false)
  const root = chosenInstrument(page)
  const timeframe = view.timeframe.value
  const instrument = root === null ? undefined : topics.instrument(root)
  const row = topics.scanner.value?.find((each) => each.instrument === root)

  useEffect(() => {
    if (root !== null && instrument !== undefined) candles.open(root, timeframe)
  }, [candles, root, instrument === undefined, timeframe])

  return (
    <section class="panel chart-panel" aria-label={text.title} id="chart">
      <header class="panel-head">
        <h2 title={instrument?.contract}>{root ?? text.title}</h2>
        <div class="button-row" role="group" aria-label={text.timeframes}>
          {TIMEFRAMES.map((each) => (
            <button
              type="button"
              key={each}
              class="chip"
              aria-pressed={each === timeframe}
              onClick={() => view.setTimeframe(each)}
            >
              {each}
            </button>
          ))}
        </div>
        <div class="button-row overlays" role="group" aria-label={text.overlays}>
          {OVERLAY_KINDS.map((kind) => (
            <button
              type="button"
              key={kind}
              class="chip"
              title={words.overlayTitles[kind]}
              aria-pressed={view.drawn.value.has(kind)}
              onClick={() => view.toggleDrawn(kind)}
            >
              {words.overlays[kind]}
            </button>
          ))}
        </div>
        <div class="panel-aside">
          <button type="button" class="quiet-button" onClick={() => setTable(!isTable)}>
            {isTable ? text.picture : text.table}
          </button>
          <span class="name">{text.zone}</span>
        </div>
      </header>
      <Body candles={candles} instrument={instrument} row={row} isTable={isTable} />
      <footer class="panel-foot">
        {row !== undefined && <Regime row={row} />}
        <span class="grow" />
        {candles.dropped.value > 0 && <span>{text.dropped(candles.dropped.value)}</span>}
      </footer>
    </section>
  )
}

interface BodyProps {
  readonly candles: Candles
  readonly instrument: InstrumentInfo | undefined
  readonly row: ScannerRow | undefined
  readonly isTable: boolean
}

function Body({ candles, instrument, row, isTable }: BodyProps) {
  const { topics, contact } = usePage()
  const [pointedAt, setPointedAt] = useState<number | null>(null)
  const state = candles.state.value
  const chart = candles.chart.value
  if (topics.scanner.value !== null && instrument === undefined) return <Empty>{text.noInstrument}</Empty>
  if (chart === null || instrument === undefined || state.kind === 'none') {
    return (
      <Skeleton
        rows={1}
        awaits={chart === null ? words.contact.asking : text.loading(chart.instrument, chart.timeframe)}
      />
    )
  }
  if (state.kind === 'failed') {
    return (
      <Empty>
        {text.failed}: {state.text} ({state.code}). {text.failedAction}
      </Empty>
    )
  }
  const newest = candles.newest.value
  const bar = candles.bars().find((each) => each[0] === pointedAt) ?? newest
  const isReading = state.kind === 'loading'
  if (bar === null && !isReading) return <Empty>{text.empty(chart.instrument, chart.timeframe)}</Empty>
  const seen = row === undefined ? 'unknown' : seenThrough(row.last, contact.kind.value).state
  const isStale = STALE.has(seen)
  const isSimulated = row?.last.isSimulated ?? false
  return (
    <div class={`chart-body ${isStale ? 'is-stale' : ''}`}>
      {bar === null ? (
        <p class="legend is-reading">{text.loading(chart.instrument, chart.timeframe)}</p>
      ) : (
        <Legend bar={bar} instrument={instrument} source={candles.source.value} isSimulated={isSimulated} />
      )}
      {isTable ? (
        <CandleTable candles={candles} instrument={instrument} isSimulated={isSimulated} />
      ) : (
        <ChartCanvas
          candles={candles}
          instrument={instrument}
          watermark={isStale ? text.stale : isSimulated ? text.simulated : ''}
          tone={isStale ? 'attention' : 'simulated'}
          onPointed={setPointedAt}
        />
      )}
    </div>
  )
}

const STALE: ReadonlySet<string> = new Set(['stale', 'delayed', 'unknown', 'disputed'])

interface LegendProps {
  readonly bar: WireBar
  readonly instrument: InstrumentInfo
  readonly source: string
  readonly isSimulated: boolean
}

function Legend({ bar, instrument, source, isSimulated }: LegendProps) {
  const [t, o, h, l, c, v] = bar
  const shown = recorded(bar, source, t, isSimulated)
  const tone: Tone = c > o ? 'up' : c < o ? 'down' : ''
  const parts = [
    ['O', o],
    ['H', h],
    ['L', l],
    ['C', c],
  ] as const
  return (
    <p class="legend">
      <Data shown={shown} format={() => formatDayMinute(t)} label={text.candle} compact />
      {parts.map(([name, price]) => (
        <span class="pair" key={name}>
          <span class="name">{name}</span>
          <PriceData
            shown={withValue(shown, () => price)}
            instrument={instrument}
            format={formatPrice}
            tone={() => tone}
            label={`${text.candle} ${name}`}
            compact
          />
        </span>
      ))}
      <span class="pair">
        <span class="name">V</span>
        <Data shown={shown} format={() => formatCount(v)} label={`${text.candle} V`} compact />
      </span>
    </p>
  )
}

function Regime({ row }: { readonly row: ScannerRow }) {
  return (
    <span class="pair">
      <span class="name">{text.regime}</span>
      <Data
        shown={row.regime}
        format={({ label, strength, since }) =>
          `${words.regimes[label]} ${grouped(strength, 2)} ${text.since} ${formatMinute(since)} ET`
        }
        label={`${row.instrument} ${text.regime}`}
      />
    </span>
  )
}
