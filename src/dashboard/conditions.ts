import type { Condition } from '../wire/index.ts'
import { isAtWork, isExecutorAwake } from './ages.ts'
import type { DashboardRows, Moment } from './rows.ts'

/** What needs a person or explains the screen, most urgent first. A condition is there while it is so. */
export function conditionsOf(rows: DashboardRows, moment: Moment): readonly Condition[] {
  return [
    ...unprotected(rows),
    ...silentExecutor(rows, moment),
    ...deadActors(rows),
    ...lostHubs(rows),
    ...staleFeeds(rows, moment),
    ...stopped(rows),
  ]
}

function unprotected({ positions, protections }: DashboardRows): readonly Condition[] {
  return positions
    .filter((each) => each.size > 0)
    .flatMap((position) => {
      const protection = protections.find(
        (each) => each.contractId === position.contractId && each.accountId === position.accountId,
      )
      if (protection?.phase === 'protected' || protection?.phase === 'closing') return []
      return [
        {
          id: `protection/${position.contractId}`,
          severity: 'attention' as const,
          text: `${position.instrument}: ${protection?.text ?? 'filled, stop not proven'}`,
          since: protection?.asOf ?? position.openedAt,
          action: 'Kael proves or places the stop, or closes the position. You can close it at the broker.',
        },
      ]
    })
}

/** Positions of which nobody knows any more: what is shown of them is what was last known. */
function silentExecutor(rows: DashboardRows, moment: Moment): readonly Condition[] {
  const { proof, positions } = rows
  const open = positions.filter((each) => each.size > 0)
  if (open.length === 0 || isExecutorAwake(rows, moment)) return []
  return [
    {
      id: 'executor/silent',
      severity: 'attention',
      text: `${open.map((each) => each.instrument).join(' ')}: position and stop are as last known`,
      since: proof?.expiresAt ?? Math.min(...open.map((each) => each.asOf ?? each.openedAt)),
      action: 'Stops stay at the broker. Look at the position there until Kael has read it again.',
    },
  ]
}

function deadActors({ actors }: DashboardRows): readonly Condition[] {
  return actors
    .filter((each) => !isAtWork(each.status))
    .map((actor) => ({
      id: `actor/${actor.path}`,
      severity: 'attention' as const,
      text: `${actor.path} is ${actor.status}${actor.lastFailure === null ? '' : `: ${actor.lastFailure}`}`,
      since: actor.asOf ?? 0,
      action: 'It is started again by itself; entries of what depends on it are denied meanwhile.',
    }))
}

function lostHubs({ session }: DashboardRows): readonly Condition[] {
  if (session === undefined) return []
  return (['userHub', 'marketHub'] as const)
    .filter((hub) => session[hub] !== 'connected')
    .map((hub) => ({
      id: `hub/${hub}`,
      severity: 'attention' as const,
      text: `${hub === 'userHub' ? 'account stream' : 'market stream'} ${session[hub]}`,
      since: (hub === 'userHub' ? session.userHubSince : session.marketHubSince) ?? session.asOf ?? 0,
      action: 'Kael reconnects by itself. Entries are denied, stops stay at the broker.',
    }))
}

function staleFeeds({ instruments }: DashboardRows, { quotes, now }: Moment): readonly Condition[] {
  const stale = instruments.filter(({ root }) => ['stale', 'delayed'].includes(quotes.get(root)?.state ?? ''))
  if (stale.length === 0) return []
  const since = Math.min(...stale.map(({ root }) => quotes.get(root)?.at ?? now))
  const names = stale.length === instruments.length ? 'all feeds' : stale.map((each) => each.root).join(' ')
  return [
    {
      id: 'feed/stale',
      severity: 'attention',
      text: `${names} stale`,
      since,
      action: 'Entries are denied for them until data are current again.',
    },
  ]
}

function stopped({ stopLevel }: DashboardRows): readonly Condition[] {
  if (stopLevel === undefined || stopLevel.level === 0) return []
  return [
    {
      id: 'stop',
      severity: 'notice',
      text: `stop level ${stopLevel.level} by ${stopLevel.by}: no new entries`,
      since: stopLevel.at,
      action: 'Exits go on. Open the stop menu to allow entries again.',
    },
  ]
}
