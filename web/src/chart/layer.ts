import type { IChartApi, ISeriesApi, ISeriesPrimitive, Logical } from 'lightweight-charts'
import type { Palette } from './palette.ts'

/** Where things are on the canvas, in media pixels. */
export interface Space {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  readonly palette: Palette
  /** Middle of the bar that holds the instant; beyond the newest bar one bar further. */
  x(at: number): number
  /** Of a price in ticks; null when the scale has none yet. */
  y(ticks: number): number | null
  /** Width of one bar. */
  readonly barWidth: number
  /** Writes beside what is written already, or not at all: two words on one place are none. */
  write(text: string, x: number, y: number, baseline: CanvasTextBaseline): void
}

export interface Layer extends ISeriesPrimitive {
  redraw(): void
}

export interface Scale {
  readonly palette: () => Palette
  readonly tickSize: () => number
  readonly indexAt: (at: number) => number
}

/** A series primitive that draws by one function on a space of instants and ticks. */
export function layer(
  zOrder: 'bottom' | 'normal' | 'top',
  scale: Scale,
  draw: (space: Space) => void,
): Layer {
  let chart: IChartApi | null = null
  let series: ISeriesApi<'Candlestick'> | null = null
  let requestUpdate: (() => void) | undefined

  const renderer = {
    draw(target: Parameters<typeof renderTarget>[0]) {
      renderTarget(target, (context, width, height) => {
        if (chart === null || series === null) return
        const time = chart.timeScale()
        const candles = series
        const taken: Box[] = []
        draw({
          context,
          width,
          height,
          palette: scale.palette(),
          barWidth: time.options().barSpacing,
          write(text, x, y, baseline) {
            const box = boxOf(context, text, x, y, baseline)
            if (taken.some((each) => overlaps(each, box))) return
            taken.push(box)
            context.textBaseline = baseline
            context.fillText(text, x, y)
          },
          x: (at) => time.logicalToCoordinate(scale.indexAt(at) as Logical) ?? 0,
          y: (ticks) => candles.priceToCoordinate(ticks * scale.tickSize()),
        })
      })
    },
  }
  const views = [{ zOrder: () => zOrder, renderer: () => renderer }]

  return {
    attached(parameters) {
      chart = parameters.chart
      series = parameters.series as ISeriesApi<'Candlestick'>
      requestUpdate = parameters.requestUpdate
    },
    detached() {
      chart = null
      series = null
      requestUpdate = undefined
    },
    paneViews: () => views,
    redraw: () => requestUpdate?.(),
  }
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const LINE_PX = 11

function boxOf(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  baseline: CanvasTextBaseline,
): Box {
  const top = baseline === 'top' ? y : baseline === 'bottom' ? y - LINE_PX : y - LINE_PX / 2
  return { left: x, right: x + context.measureText(text).width + 4, top, bottom: top + LINE_PX }
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/** The part of the library's drawing target that is used here. */
interface Target {
  useMediaCoordinateSpace<T>(
    draw: (scope: {
      readonly context: CanvasRenderingContext2D
      readonly mediaSize: { readonly width: number; readonly height: number }
    }) => T,
  ): T
}

function renderTarget(
  target: Target,
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
): void {
  target.useMediaCoordinateSpace(({ context, mediaSize }) => {
    context.save()
    draw(context, mediaSize.width, mediaSize.height)
    context.restore()
  })
}
