import type { ActorRow } from '../../../src/wire/index.ts'
import { formatBytes, formatCount, formatPercent, grouped } from '../format/numbers.ts'
import { usePage } from '../state/page.ts'
import { Data } from './data.tsx'
import { Head } from './money-tables.tsx'
import { actorShown } from './shown-rows.ts'

const COLUMNS = [
  'actor',
  'state',
  '#load',
  '#queue',
  '#a second',
  '#p95 ms',
  '#dropped',
  '#restarts',
  '#heap',
  'last failure',
]

export function Actors() {
  const { topics } = usePage()
  return (
    <table class="rows">
      <Head columns={COLUMNS} />
      <tbody>
        {(topics.actors.value ?? []).map((row) => (
          <Actor key={row.path} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Actor({ row }: { readonly row: ActorRow }) {
  const shown = actorShown(row)
  const part = (label: string, format: (row: ActorRow) => string) => (
    <Data shown={shown} format={format} label={`${row.path} ${label}`} compact />
  )
  const number = (label: string, format: (row: ActorRow) => string) => (
    <td class="number">{part(label, format)}</td>
  )
  return (
    <tr>
      <td class="root">{row.path}</td>
      <td>
        <Data shown={row.state} format={(state) => state} label={`${row.path} state`} />
      </td>
      {number('load', (each) => formatPercent(each.load))}
      {number('queue', (each) => formatCount(each.depth))}
      {number('messages a second', (each) => grouped(each.handledPerSecond, 0))}
      {number('handler p95', (each) => grouped(each.handlerP95, 1))}
      {number('dropped', (each) => formatCount(each.dropped))}
      {number('restarts', (each) => formatCount(each.restarts))}
      {number('heap', (each) => formatBytes(each.heapBytes))}
      <td class="long">{part('last failure', (each) => each.lastFailure ?? '–')}</td>
    </tr>
  )
}
