import type { AccountName, HeaderView, ModeLabel, Shown } from '../../../src/wire/index.ts'
import { formatAge, formatClock, formatCountdown, formatMinute, formatTradingDay } from '../format/time.ts'
import { usePage } from '../state/page.ts'
import { unknownWithoutContact, withValue } from '../state/provenance.ts'
import { words } from '../text/words.ts'
import { Data } from './data.tsx'
import { StopButton } from './stop-menu.tsx'
import { SignOut, ThemeToggle } from './tools.tsx'

const text = words.header

/** Two lines that never scroll away: what this is, whose account, how long still. */
export function Header() {
  const { topics, contact, clock } = usePage()
  const header = topics.header.value
  return (
    <header class="header">
      <div class="header-line">
        <ModeBadge mode={header?.mode ?? null} reason={header?.modeReason ?? ''} />
        {header === null ? (
          <span class="name">{words.contact.asking}</span>
        ) : (
          <>
            <Accounts viewing={header.viewingAccount} orders={header.orderAccount} />
            <ClockSpeed speed={clock.speed.value} shown={header.clock} />
          </>
        )}
        <span class="grow" />
        <ThemeToggle />
        <SignOut />
        <StopButton shown={header === null ? null : unknownWithoutContact(header.stop, contact.kind.value)} />
      </div>
      <div class="header-line second">{header !== null && <DayLine header={header} />}</div>
    </header>
  )
}

/** The label comes from the platform's own row or it is the word unknown; the page has no label to give. */
function ModeBadge({ mode, reason }: { readonly mode: Shown<ModeLabel> | null; readonly reason: string }) {
  const { contact, view } = usePage()
  const shown = mode === null ? null : unknownWithoutContact(mode, contact.kind.value)
  const look =
    shown === null || shown.value === null || shown.state === 'unknown'
      ? 'is-unknown'
      : shown.value === 'BROKER-VERIFIED'
        ? 'is-verified'
        : 'is-simulation'
  return (
    <>
      <button
        type="button"
        class={`mode-badge ${look}`}
        title={text.openTruth}
        onClick={() => {
          view.overlay.value = { kind: 'truth' }
        }}
      >
        {shown === null ? (
          <span class="skeleton-word">{words.contact.asking}</span>
        ) : (
          <>
            {look === 'is-unknown' && <span class="mode-word">mode </span>}
            <Data shown={shown} format={(label) => label} label={text.mode} compact />
          </>
        )}
      </button>
      {shown !== null && look !== 'is-unknown' && reason !== '' && (
        <span class="mode-reason" title={reason}>
          <Data shown={withValue(shown, () => reason)} format={(why) => why} label="why this mode" compact />
        </span>
      )}
    </>
  )
}

function Accounts(props: { readonly viewing: Shown<AccountName>; readonly orders: Shown<AccountName> }) {
  const { viewing, orders } = props
  const differs = viewing.value !== null && orders.value !== null && !isSame(viewing.value, orders.value)
  return (
    <>
      <span class="pair">
        <span class="name">{text.account}</span>
        <Data shown={viewing} format={accountText} label={text.viewing} class="account" />
      </span>
      {differs ? (
        <span class="attention-block" role="alert">
          ▲ {text.otherAccount}: <Data shown={orders} format={accountText} label={text.orders} compact />
        </span>
      ) : (
        <span class="pair">
          <span class="name">{text.orders}</span>
          <Data
            shown={orders}
            format={(name) =>
              viewing.value !== null && isSame(viewing.value, name) ? text.sameAccount : accountText(name)
            }
            label={text.orders}
          />
        </span>
      )}
      <span class="pair wide-only">
        <span class="name">{text.verified}</span>
        <Data
          shown={withValue(viewing, () => viewing.asOf)}
          format={(at, now) => agoOf(at, now)}
          label={text.verified}
          follows
          compact
        />
      </span>
    </>
  )
}

function DayLine({ header }: { readonly header: HeaderView }) {
  const { clock, contact } = usePage()
  void clock.beat.value
  const now = clock.now()
  const opensAt = header.market.value?.opensAt ?? null
  return (
    <>
      <span class="pair">
        <Data
          shown={header.market}
          format={({ isOpen, label }) => `${isOpen ? 'OPEN' : 'CLOSED'}  ${label}`}
          label="session"
          class="session"
        />
        {header.market.value?.isOpen === false && opensAt !== null && (
          <Data
            shown={withValue(header.market, () => opensAt)}
            format={(at) => `opens ${formatMinute(at, 'CT')} CT`}
            label="opens"
          />
        )}
      </span>
      <span class="pair wide-only">
        <Data shown={header.tradingDay} format={formatTradingDay} label="trading day" />
      </span>
      <span class="pair clock">
        <Data
          shown={
            contact.kind.value === 'lost'
              ? unknownWithoutContact(
                  withValue(header.clock, () => now),
                  'lost',
                )
              : withValue(header.clock, () => now)
          }
          format={(at) => `${formatClock(at)} ET / ${formatClock(at, 'CT')} CT`}
          label="platform clock"
          follows
        />
      </span>
      <span class="pair">
        <span class="name">{text.flatBy}</span>
        <Data shown={header.flatBy} format={(at) => `${formatMinute(at, 'CT')} CT`} label={text.flatBy} />
        <span class="name">{text.flatIn}</span>
        <Data
          shown={header.flatBy}
          format={(at, at0) => formatCountdown(at - at0)}
          label="time to flat"
          follows
          compact
        />
      </span>
      <span class="pair">
        <span class="name">{text.scanner}</span>
        <Data
          shown={header.scanner}
          format={({ count, of, passAt }) => `${count}/${of}, ${text.pass} ${formatClock(passAt)}`}
          label={text.scanner}
        />
      </span>
      <span class="pair">
        <span class="name">{text.feed}</span>
        <Data shown={header.feed} format={feedText} label={text.feed} />
      </span>
    </>
  )
}

function ClockSpeed(props: { readonly speed: number; readonly shown: HeaderView['clock'] }) {
  const speed = props.shown.value?.speed ?? props.speed
  if (speed === 1) return null
  const label = text.simulatedClock(speed === 0 ? text.asFastAsData : `${speed}×`)
  return (
    <span class="tag-simulated">
      <Data shown={props.shown} format={() => label} label="clock" compact />
    </span>
  )
}

/** The name as the broker says it and its id: two accounts may have one name. */
function accountText({ id, name, subAccount }: AccountName): string {
  return `${name} #${id}${subAccount === null ? '' : ` / ${subAccount}`}`
}

function isSame(a: AccountName, b: AccountName): boolean {
  return a.id === b.id && a.subAccount === b.subAccount
}

function feedText(feed: {
  readonly current: number
  readonly quiet: number
  readonly notCurrent: number
}): string {
  const parts = [`${feed.current} current`]
  if (feed.quiet > 0) parts.push(`${feed.quiet} quiet`)
  if (feed.notCurrent > 0) parts.push(`${feed.notCurrent} not current`)
  return parts.join(', ')
}

function agoOf(at: number, now: number): string {
  const age = formatAge(at, now)
  return age.endsWith('ET') ? age : `${age} ago`
}
