import type { InstrumentInfo } from '../../../src/wire/index.ts'
import { Data, PriceData } from '../components/data.tsx'
import { Head } from '../components/money-tables.tsx'
import { formatCount, formatPrice } from '../format/numbers.ts'
import { formatDayMinute } from '../format/time.ts'
import { recorded, withValue } from '../state/provenance.ts'
import type { Candles } from './candles.ts'

interface CandleTableProps {
  readonly candles: Candles
  readonly instrument: InstrumentInfo
  readonly isSimulated: boolean
}

const ROWS = 60

/** The same candles for who cannot see a canvas, newest first. */
export function CandleTable({ candles, instrument, isSimulated }: CandleTableProps) {
  void candles.newest.value
  const source = candles.source.value
  return (
    <div class="candle-table">
      <table class="rows">
        <Head columns={['opens', '#open', '#high', '#low', '#close', '#volume']} />
        <tbody>
          {candles
            .bars()
            .slice(-ROWS)
            .toReversed()
            .map((bar) => {
              const shown = recorded(bar, source, bar[0], isSimulated)
              const price = (index: 1 | 2 | 3 | 4) => (
                <td class="number">
                  <PriceData
                    shown={withValue(shown, (each) => each[index])}
                    instrument={instrument}
                    format={formatPrice}
                    label={`candle ${index}`}
                    compact
                  />
                </td>
              )
              return (
                <tr key={bar[0]}>
                  <td>
                    <Data shown={shown} format={(each) => formatDayMinute(each[0])} label="candle" compact />
                  </td>
                  {price(1)}
                  {price(2)}
                  {price(3)}
                  {price(4)}
                  <td class="number">
                    <Data
                      shown={shown}
                      format={(each) => formatCount(each[5])}
                      label="candle volume"
                      compact
                    />
                  </td>
                </tr>
              )
            })}
        </tbody>
      </table>
    </div>
  )
}
