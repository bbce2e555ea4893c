import type { FillRow, OrderRow, PositionCard } from '../../../src/wire/index.ts'
import { formatMoney, formatPrice, formatProfit, formatR } from '../format/numbers.ts'
import { formatClock } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { withValue } from '../state/provenance.ts'
import { words } from '../text/words.ts'
import { Data, PriceData, toneOf } from './data.tsx'
import { fillShown, orderShown } from './shown-rows.ts'

export function OpenPositions() {
  const { topics, view } = usePage()
  return (
    <table class="rows">
      <Head columns={['what', '#size', '#entry', '#last', '#P&L', '#R', '#SL', '#TP', 'protection', '']} />
      <tbody>
        {(topics.positions.value ?? []).map((row: PositionCard) => {
          const instrument = topics.instrument(row.instrument)
          const price = (label: 'entry' | 'last' | 'stop' | 'target') => (
            <PriceData
              shown={row[label]}
              instrument={instrument}
              format={formatPrice}
              label={`${row.instrument} ${label}`}
              compact
            />
          )
          return (
            <tr key={row.id}>
              <td>
                <span class="root">{row.instrument}</span>{' '}
                <Data
                  shown={withValue(row.size, () => row.side)}
                  format={(side) => (side === 'long' ? '▲ long' : '▼ short')}
                  tone={(side) => (side === 'long' ? 'up' : 'down')}
                  label={`${row.instrument} side`}
                  compact
                />
              </td>
              <td class="number">
                <Data shown={row.size} format={String} label={`${row.instrument} size`} compact />
              </td>
              <td class="number">{price('entry')}</td>
              <td class="number">{price('last')}</td>
              <td class="number">
                <Data
                  shown={row.pnl}
                  format={formatProfit}
                  tone={toneOf}
                  label={`${row.instrument} P&L`}
                  compact
                />
              </td>
              <td class="number">
                <Data shown={row.r} format={formatR} tone={toneOf} label={`${row.instrument} R`} compact />
              </td>
              <td class="number">{price('stop')}</td>
              <td class="number">{price('target')}</td>
              <td class="long">
                <Data
                  shown={row.protection}
                  format={(view) => `${words.protection[view.kind]} ${view.text}`}
                  label={`${row.instrument} protection`}
                  compact
                />
              </td>
              <td class="row-buttons">
                {row.decision !== null && (
                  <button
                    type="button"
                    class="row-button"
                    onClick={() => {
                      view.overlay.value = { kind: 'decision', id: row.decision ?? '' }
                    }}
                  >
                    {words.decision.why}
                  </button>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

export function Orders() {
  const { topics } = usePage()
  return (
    <table class="rows">
      <Head columns={['order', 'role', 'what', 'type', '#price', '#filled', 'status', 'tag']} />
      <tbody>
        {(topics.orders.value ?? []).map((row) => (
          <Order key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Order({ row }: { readonly row: OrderRow }) {
  const { topics } = usePage()
  const shown = orderShown(row)
  const part = (label: string, format: (row: OrderRow) => string) => (
    <Data shown={shown} format={format} label={`order ${row.id} ${label}`} compact />
  )
  return (
    <tr>
      <td>{part('id', (each) => each.id)}</td>
      <td>{part('role', (each) => each.role)}</td>
      <td>
        <span class="root">{row.instrument}</span> {part('side', (each) => each.side)}
      </td>
      <td>{part('type', (each) => each.type)}</td>
      <td class="number">
        <PriceData
          shown={row.price}
          instrument={topics.instrument(row.instrument)}
          format={formatPrice}
          label={`order ${row.id} price`}
          compact
        />
      </td>
      <td class="number">{part('filled', (each) => `${each.filled} of ${each.size}`)}</td>
      <td>
        <Data shown={row.status} format={(status) => status} label={`order ${row.id} status`} />
      </td>
      <td class="long mono">{part('tag', (each) => each.tag ?? '–')}</td>
    </tr>
  )
}

export function Fills() {
  const { topics } = usePage()
  return (
    <table class="rows">
      <Head columns={['time ET', 'fill', 'what', '#size', '#price', '#gross P&L', '#fees', '']} />
      <tbody>
        {(topics.fills.value ?? []).map((row) => (
          <Fill key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Fill({ row }: { readonly row: FillRow }) {
  const { topics } = usePage()
  const shown = fillShown(row)
  const part = (label: string, format: (row: FillRow) => string) => (
    <Data shown={shown} format={format} label={`fill ${row.id} ${label}`} compact />
  )
  // An opening half-turn has no result by nature: that is not an unknown one.
  const isOpening = row.pnl.value === null && row.pnl.state !== 'unknown'
  return (
    <tr>
      <td>{part('time', (each) => formatClock(each.at))}</td>
      <td>{part('id', (each) => each.id)}</td>
      <td>
        <span class="root">{row.instrument}</span> {part('side', (each) => each.side)}
      </td>
      <td class="number">{part('size', (each) => String(each.size))}</td>
      <td class="number">
        <PriceData
          shown={row.price}
          instrument={topics.instrument(row.instrument)}
          format={formatPrice}
          label={`fill ${row.id} price`}
          compact
        />
      </td>
      <td class="number">
        {isOpening ? (
          part('result', () => 'opening')
        ) : (
          <Data shown={row.pnl} format={formatProfit} tone={toneOf} label={`fill ${row.id} P&L`} compact />
        )}
      </td>
      <td class="number">{part('fees', (each) => formatMoney(each.fees))}</td>
      <td class="long" />
    </tr>
  )
}

/** Column titles; one that begins with # is of numbers and stands at the right. */
export function Head({ columns }: { readonly columns: readonly string[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th scope="col" key={column} class={column.startsWith('#') ? 'number' : undefined}>
            {column === '' ? <span class="for-readers">more</span> : column.replace('#', '')}
          </th>
        ))}
      </tr>
    </thead>
  )
}
