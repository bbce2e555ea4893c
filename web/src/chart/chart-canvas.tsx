import { useEffect, useRef, useState } from 'preact/hooks'
import type { InstrumentInfo } from '../../../src/wire/index.ts'
import { formatPrice } from '../format/numbers.ts'
import { formatDayMinute } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { words } from '../text/words.ts'
import type { CandleChart } from './candle-chart.ts'
import type { Candles } from './candles.ts'
import { levelsOf } from './levels.ts'
import { marksOf } from './marks.ts'

interface ChartCanvasProps {
  readonly candles: Candles
  readonly instrument: InstrumentInfo
  readonly watermark: string
  readonly tone: 'simulated' | 'attention'
  /** With the instant at which the pointed bar opens, or null. */
  readonly onPointed: (at: number | null) => void
}

/** Holds the library's chart, which is loaded only when there is something to draw. */
export function ChartCanvas({ candles, instrument, watermark, tone, onPointed }: ChartCanvasProps) {
  const page = usePage()
  const { topics, view } = page
  const element = useRef<HTMLDivElement>(null)
  const [chart, setChart] = useState<CandleChart | null>(null)
  const [spoken, setSpoken] = useState('')
  const walkedTo = useRef<number | null>(null)

  useEffect(() => {
    let made: CandleChart | null = null
    let isGone = false
    async function draw(): Promise<void> {
      const { createCandleChart } = await import('./candle-chart.ts')
      if (element.current !== null) await hasRoom(element.current)
      if (isGone || element.current === null) return
      made = createCandleChart(element.current, {
        needsOlder: () => candles.older(),
        pointed: (bar) => onPointed(bar?.[0] ?? null),
      })
      setChart(made)
    }
    void draw()
    return () => {
      isGone = true
      made?.remove()
    }
  }, [candles, onPointed])

  const shown = candles.chart.value
  const timeframe = shown?.timeframe
  // By the grid and not by the object: a new snapshot brings the same instrument, and the view must stay still.
  const { tickSize } = instrument
  useEffect(() => {
    if (chart === null || shown === null || shown.instrument !== instrument.root) return undefined
    chart.show({ instrument, timeframe: shown.timeframe }, candles.bars())
    return candles.listen({
      replaced: () => chart.replace(candles.bars()),
      newest: (bar) => chart.update(bar),
    })
  }, [chart, candles, shown, instrument.root, tickSize])

  useEffect(() => {
    const drawn = view.drawn.value
    chart?.showKillZones(drawn.has('killzone'))
    chart?.setObjects(candles.objects.value.filter((each) => drawn.has(each.kind)))
  }, [chart, candles.objects.value, view.drawn.value])
  useEffect(() => {
    chart?.setMarks(marksOf(instrument.root, topics.fills.value ?? [], topics.decisions.value ?? []))
  }, [chart, instrument.root, topics.fills.value, topics.decisions.value])
  useEffect(() => {
    const positions = topics.positions.value ?? []
    chart?.setLevels(levelsOf(positions.filter((each) => each.instrument === instrument.root)))
  }, [chart, instrument.root, topics.positions.value])
  useEffect(() => chart?.setWatermark(watermark, tone), [chart, watermark, tone])
  useEffect(() => {
    chart?.repaint()
    const media = globalThis.matchMedia('(prefers-color-scheme: light)')
    const repaint = (): void => chart?.repaint()
    media.addEventListener('change', repaint)
    return () => media.removeEventListener('change', repaint)
  }, [chart, view.theme.value])

  function walk(step: number): void {
    const bars = candles.bars()
    const at = Math.min(bars.length - 1, Math.max(0, (walkedTo.current ?? bars.length) + step))
    const bar = bars[at]
    if (bar === undefined) return
    walkedTo.current = at
    chart?.point(bar)
    onPointed(bar[0])
    const [t, o, h, l, c] = bar.map((each, index) =>
      index === 0 ? formatDayMinute(each) : formatPrice(each, instrument),
    )
    setSpoken(`${t}: open ${o}, high ${h}, low ${l}, close ${c}`)
  }

  return (
    <>
      <div
        ref={element}
        class="chart-canvas"
        role="img"
        tabIndex={0}
        aria-label={`${words.chart.title} ${instrument.root} ${timeframe ?? ''}. ${words.chart.keys}`}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
          event.preventDefault()
          walk(event.key === 'ArrowLeft' ? -1 : 1)
        }}
        onBlur={() => {
          walkedTo.current = null
        }}
      />
      <p class="for-readers" role="status">
        {spoken}
      </p>
    </>
  )
}

/** A chart that is made without room would squeeze all its bars into none: on a phone it waits for its page. */
function hasRoom(element: Element): Promise<void> {
  if (element.clientWidth > 0) return Promise.resolve()
  return new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === 0) return
      observer.disconnect()
      resolve()
    })
    observer.observe(element)
  })
}
