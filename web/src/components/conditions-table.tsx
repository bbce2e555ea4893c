import { formatAge, formatClock } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { byUrgency } from './attention-bar.tsx'
import { Data } from './data.tsx'
import { Head } from './money-tables.tsx'
import { conditionShown } from './shown-rows.ts'

export function Conditions() {
  const { topics } = usePage()
  return (
    <table class="rows">
      <Head columns={['since ET', 'for', 'severity', 'what', 'what is done about it']} />
      <tbody>
        {byUrgency(topics.conditions.value ?? []).map((row) => {
          const shown = conditionShown(row)
          return (
            <tr key={row.id}>
              <td>
                <Data shown={shown} format={(each) => formatClock(each.since)} label="since" compact />
              </td>
              <td>
                <Data
                  shown={shown}
                  format={(each, now) => formatAge(each.since, now)}
                  label="age"
                  follows
                  compact
                />
              </td>
              <td>
                {row.severity === 'attention' ? (
                  <span class="attention-block">
                    ▲ <Data shown={shown} format={(each) => each.severity} label="severity" compact />
                  </span>
                ) : (
                  <Data shown={shown} format={(each) => each.severity} label="severity" compact />
                )}
              </td>
              <td>
                <Data shown={shown} format={(each) => each.text} label="condition" compact />
              </td>
              <td class="long">
                <Data shown={shown} format={(each) => each.action} label="what is done about it" compact />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
