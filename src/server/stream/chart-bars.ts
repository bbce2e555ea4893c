import type { Timeframe } from '../../domain/index.ts'
import type { Views } from '../ports.ts'

/** What one client watches, by `instrument/timeframe`. */
export type Charts = Map<string, Chart>

interface Chart {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** When the newest bar that was sent opened; null before the first. */
  lastAt: number | null
  lastJson: string
}

interface WrittenBar {
  readonly at: number
  readonly json: string
}

/** The newest bars of watched charts, read and written once a tick for all who ask for the same. */
export interface ChartBars {
  /** Sets what a client watches; a chart that it watched before goes on. Says the rule that is broken, if any. */
  watch(
    charts: Charts,
    wanted: readonly { readonly instrument: string; readonly timeframe: Timeframe }[],
  ): string | undefined
  /** JSON array of the bars that are new or changed for this client, which then counts as told. */
  newFor(charts: Charts): string
  /** Before each tick. */
  forget(): void
}

export function createChartBars(views: Views): ChartBars {
  const written = new Map<string, readonly WrittenBar[]>()

  function barsOf({ instrument, timeframe, lastAt }: Chart): readonly WrittenBar[] {
    const key = `${instrument}/${timeframe}/${lastAt}`
    const known = written.get(key)
    if (known !== undefined) return known
    const bars = views
      .bars(instrument, timeframe, lastAt)
      .map((update) => ({ at: update.bar[0], json: JSON.stringify(update) }))
    written.set(key, bars)
    return bars
  }

  return {
    watch(charts, wanted) {
      const roots = new Set(views.instruments().map((each) => each.root))
      const stranger = wanted.find(({ instrument }) => !roots.has(instrument))
      if (stranger !== undefined) return `${stranger.instrument} is not one of the instruments`
      const before = new Map(charts)
      charts.clear()
      for (const { instrument, timeframe } of wanted) {
        const key = `${instrument}/${timeframe}`
        charts.set(key, before.get(key) ?? { instrument, timeframe, lastAt: null, lastJson: '' })
      }
      return undefined
    },

    newFor(charts) {
      const found: string[] = []
      for (const chart of charts.values()) {
        for (const { at, json } of barsOf(chart)) {
          const isNew =
            chart.lastAt === null || at > chart.lastAt || (at === chart.lastAt && json !== chart.lastJson)
          if (!isNew) continue
          found.push(json)
          chart.lastAt = at
          chart.lastJson = json
        }
      }
      return `[${found.join(',')}]`
    },

    forget: () => written.clear(),
  }
}
