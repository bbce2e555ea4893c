import {
  type AutoscaleInfo,
  type CandlestickData,
  CandlestickSeries,
  CrosshairMode,
  HistogramSeries,
  type HistogramData,
  type IChartApi,
  type IPriceLine,
  LineStyle,
  type Time,
  type UTCTimestamp,
  createChart,
  createTextWatermark,
} from 'lightweight-charts'
import { type ChartObject, TIMEFRAME_MS, type Timeframe } from '../../../src/domain/index.ts'
import type { InstrumentInfo, WireBar } from '../../../src/wire/index.ts'
import { formatPrice } from '../format/numbers.ts'
import { easternOffsetMs, formatDayMinute } from '../format/time.ts'
import { indexAt } from './bar-series.ts'
import { type KillZoneTime, killZonesBetween } from './kill-zones.ts'
import { type Layer, layer } from './layer.ts'
import { type Level, sameLevels, widenedBy } from './levels.ts'
import { type Mark, drawMarks } from './marks.ts'
import { drawKillZones, drawPools, drawStructure, drawZones } from './objects-layer.ts'
import { type Palette, faded, readPalette } from './palette.ts'

export interface CandleChart {
  show(
    chart: { readonly instrument: InstrumentInfo; readonly timeframe: Timeframe },
    bars: readonly WireBar[],
  ): void
  /** Older or repaired bars: the view stays still. */
  replace(bars: readonly WireBar[]): void
  update(bar: WireBar): void
  setLevels(levels: readonly Level[]): void
  setMarks(marks: readonly Mark[]): void
  setObjects(objects: readonly ChartObject[]): void
  showKillZones(isShown: boolean): void
  setWatermark(words: string, tone: 'simulated' | 'attention'): void
  repaint(): void
  /** Puts the cross on a bar, for who walks by keys. */
  point(bar: WireBar): void
  remove(): void
}

export interface CandleChartEvents {
  readonly needsOlder: () => void
  /** The bar under the pointer, or null. */
  readonly pointed: (bar: WireBar | null) => void
}

const STYLES = {
  entry: LineStyle.Solid,
  stop: LineStyle.LargeDashed,
  target: LineStyle.Dashed,
} as const
/** Nearer to the oldest bar than this, more history is asked for. */
const OLDER_WITHIN_BARS = 60
const VOLUME_SHARE = 0.16

/** The one full chart. Instants are shifted to Eastern here and nowhere else: the library has no time zones. */
export function createCandleChart(element: HTMLElement, events: CandleChartEvents): CandleChart {
  let palette = readPalette(element)
  let bars: readonly WireBar[] = []
  let grid: InstrumentInfo | null = null
  let lengthMs = TIMEFRAME_MS['1m']
  let objects: readonly ChartObject[] = []
  let killZones: readonly KillZoneTime[] = []
  let areKillZonesShown = false
  let marks: readonly Mark[] = []
  let levels: readonly Level[] = []
  let lines: IPriceLine[] = []
  let watermarkWords = ''
  let watermarkTone: 'simulated' | 'attention' = 'simulated'

  const tickSize = (): number => grid?.tickSize ?? 1

  const chart = createChart(element, { autoSize: true })
  const candles = chart.addSeries(CandlestickSeries, {
    priceLineStyle: LineStyle.Dotted,
    autoscaleInfoProvider: (base: () => AutoscaleInfo | null) => {
      const info = base()
      if (info?.priceRange === null || info?.priceRange === undefined) return info
      return { ...info, priceRange: widenedBy(info.priceRange, levels, tickSize()) }
    },
  })
  const volume = chart.addSeries(
    HistogramSeries,
    { priceFormat: { type: 'volume' }, priceLineVisible: false, lastValueVisible: false },
    1,
  )
  const [mainPane, volumePane] = chart.panes()
  mainPane?.setStretchFactor(1 - VOLUME_SHARE)
  volumePane?.setStretchFactor(VOLUME_SHARE)
  const watermark = mainPane === undefined ? undefined : createTextWatermark(mainPane, { lines: [] })

  const scale = {
    palette: () => palette,
    tickSize,
    indexAt: (at: number) => indexAt(bars, at, lengthMs),
  }
  const layers: readonly Layer[] = [
    layer('bottom', scale, (space) => drawKillZones(space, killZones)),
    layer('bottom', scale, (space) => drawZones(space, objects)),
    layer('normal', scale, (space) => drawPools(space, objects)),
    layer('normal', scale, (space) => drawStructure(space, objects)),
    layer('top', scale, (space) => drawMarks(space, marks)),
  ]
  for (const each of layers) candles.attachPrimitive(each)
  const redraw = (): void => layers.forEach((each) => each.redraw())

  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range !== null && bars.length > 0 && range.from < OLDER_WITHIN_BARS) events.needsOlder()
  })
  chart.subscribeCrosshairMove(({ logical }) => {
    events.pointed(logical === undefined ? null : (bars[Math.round(logical)] ?? null))
  })

  const toCandle = ([t, o, h, l, c]: WireBar): CandlestickData => ({
    time: easternTime(t),
    open: o * tickSize(),
    high: h * tickSize(),
    low: l * tickSize(),
    close: c * tickSize(),
  })
  const toVolume = ([t, o, , , c, v]: WireBar): HistogramData => ({
    time: easternTime(t),
    value: v,
    color: faded(c >= o ? palette.up : palette.down, 0.4),
  })
  function setData(all: readonly WireBar[]): void {
    bars = all
    findKillZones()
    candles.setData(all.map(toCandle))
    volume.setData(all.map(toVolume))
  }

  /** For intraday bars, and a day ahead of the newest: they are known before they begin. */
  function findKillZones(): void {
    const [first, last] = [bars[0], bars.at(-1)]
    const isIntraday = lengthMs <= TIMEFRAME_MS['1h']
    killZones =
      areKillZonesShown && isIntraday && first !== undefined && last !== undefined
        ? killZonesBetween(first[0], last[0] + TIMEFRAME_MS['1D'])
        : []
  }

  function drawLevels(): void {
    for (const each of lines) candles.removePriceLine(each)
    lines = levels.map(({ kind, price, title }) =>
      candles.createPriceLine({
        price: price * tickSize(),
        color: kind === 'entry' ? palette.text : kind === 'stop' ? palette.down : palette.up,
        lineWidth: 1,
        lineStyle: STYLES[kind],
        axisLabelVisible: true,
        title,
      }),
    )
  }

  function drawWatermark(): void {
    const colour = watermarkTone === 'simulated' ? palette.simulated : palette.attention
    watermark?.applyOptions({
      horzAlign: 'center',
      vertAlign: 'center',
      lines:
        watermarkWords === ''
          ? []
          : [{ text: watermarkWords, color: faded(colour, 0.13), fontSize: 44, fontStyle: 'bold' }],
    })
  }

  function paint(): void {
    palette = readPalette(element)
    paintChart(chart, palette)
    candles.applyOptions({
      // Hollow rising and filled falling bodies: the direction is told without colour too.
      upColor: palette.background,
      downColor: palette.down,
      borderUpColor: palette.up,
      borderDownColor: palette.down,
      wickUpColor: palette.up,
      wickDownColor: palette.down,
    })
    drawLevels()
    drawWatermark()
    redraw()
  }
  paint()

  return {
    show(shown, all) {
      grid = shown.instrument
      lengthMs = TIMEFRAME_MS[shown.timeframe]
      const info = shown.instrument
      candles.applyOptions({
        priceFormat: {
          type: 'custom',
          minMove: info.tickSize,
          ...(hasHalfTicks(info) ? { base: 10 ** info.decimals } : {}),
          formatter: (price: number) => formatPrice(price / info.tickSize, info),
        },
      })
      setData(all)
      drawLevels()
      chart.timeScale().applyOptions({ timeVisible: lengthMs < TIMEFRAME_MS['1D'] })
      chart.priceScale('right').applyOptions({ autoScale: true })
      chart.timeScale().resetTimeScale()
      redraw()
    },
    replace(all) {
      const wasEmpty = bars.length === 0
      setData(all)
      if (wasEmpty) chart.timeScale().resetTimeScale()
      redraw()
    },
    update(bar) {
      candles.update(toCandle(bar))
      volume.update(toVolume(bar))
    },
    setLevels(next) {
      if (sameLevels(levels, next)) return
      levels = next
      drawLevels()
    },
    setMarks(next) {
      marks = next
      redraw()
    },
    setObjects(next) {
      objects = next
      redraw()
    },
    showKillZones(isShown) {
      areKillZonesShown = isShown
      findKillZones()
      redraw()
    },
    setWatermark(words, tone) {
      if (words === watermarkWords && tone === watermarkTone) return
      watermarkWords = words
      watermarkTone = tone
      drawWatermark()
    },
    repaint() {
      paint()
      if (bars.length > 0) setData(bars)
    },
    point: (bar) => chart.setCrosshairPosition(bar[4] * tickSize(), easternTime(bar[0]), candles),
    remove: () => chart.remove(),
  }
}

/**
 * A tick of 5 in its last decimal (0.00005): the library would divide the axis into steps that are off the grid,
 * so it is told the decimals instead.
 */
function hasHalfTicks({ tickSize, decimals }: InstrumentInfo): boolean {
  return Math.round(tickSize * 10 ** decimals) === 5
}

/** Grid at 6 % and no borders: what is measured has to be louder than what it is measured by. */
function paintChart(chart: IChartApi, palette: Palette): void {
  const grid = { color: faded(palette.text, 0.06) }
  const cross = { color: faded(palette.muted, 0.7), labelBackgroundColor: palette.line }
  chart.applyOptions({
    layout: {
      background: { color: palette.background },
      textColor: palette.muted,
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
      panes: { separatorColor: palette.line, enableResize: false },
      attributionLogo: true,
    },
    grid: { vertLines: grid, horzLines: grid },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.08 } },
    timeScale: { borderVisible: false, rightOffset: 18, barSpacing: 7, secondsVisible: false },
    crosshair: { mode: CrosshairMode.Normal, vertLine: cross, horzLine: cross },
    localization: { timeFormatter: crossTime },
  })
}

function easternTime(at: number): UTCTimestamp {
  return Math.floor((at + easternOffsetMs(at)) / 1000) as UTCTimestamp
}

/** The cross says the instant in words; its time is already Eastern, so the offset is taken off before. */
function crossTime(time: Time): string {
  if (typeof time !== 'number') return ''
  const shifted = time * 1000
  return formatDayMinute(shifted - easternOffsetMs(shifted + 4 * 3_600_000))
}
