import type { PositionCard as Card, InstrumentInfo, ProtectionView, Shown } from '../../../src/wire/index.ts'
import { derive } from '../../../src/wire/index.ts'
import { formatDistance, formatPrice, formatProfit, formatR } from '../format/numbers.ts'
import { formatCountdown, formatMinute } from '../format/time.ts'
import { type Page, usePage } from '../state/page.ts'
import { unknownWithoutContact, withValue } from '../state/provenance.ts'
import { whyText, words } from '../text/words.ts'
import { Data, PriceData, type Tone, toneOf } from './data.tsx'
import { Empty, Panel, Skeleton } from './panel.tsx'
import { TrackBar } from './track-bar.tsx'

const text = words.position

export function Positions() {
  const page = usePage()
  const { topics } = page
  const cards = believedPositions(page)
  return (
    <Panel
      title={text.title}
      area="positions"
      isSimulated={cards?.some((each) => each.size.isSimulated) ?? false}
      aside={cards !== null && <span class="name">{text.open(cards.length)}</span>}
    >
      {cards === null ? (
        <Skeleton rows={9} awaits={text.asking} />
      ) : cards.length === 0 ? (
        <NoPosition />
      ) : (
        cards.map((card) => (
          <PositionCard key={card.id} card={card} instrument={topics.instrument(card.instrument)} />
        ))
      )}
    </Panel>
  )
}

/** That nothing is open is a statement too: before the broker was read, an empty list is no answer. */
export function believedPositions({ topics }: Page): readonly Card[] | null {
  const cards = topics.positions.value
  const header = topics.header.value
  const isRead = header !== null && header.viewingAccount.state !== 'unknown'
  return cards !== null && cards.length === 0 && !isRead ? null : cards
}

interface CardProps {
  readonly card: Card
  readonly instrument: InstrumentInfo | undefined
}

function PositionCard({ card, instrument }: CardProps) {
  const { view } = usePage()
  const sign = card.side === 'long' ? 1 : -1
  const side: Tone = sign === 1 ? 'up' : 'down'
  const fromEntry = derive(
    card.last.value === null || card.entry.value === null
      ? null
      : sign * (card.last.value - card.entry.value),
    `${card.last.source} − ${card.entry.source}`,
    [card.last, card.entry],
  )
  return (
    <article class="card" aria-label={`${text.title} ${card.instrument}`}>
      <Protection shown={card.protection} />
      <div class="card-title">
        <span class="root" title={card.contract}>
          {card.instrument}
        </span>
        <Data
          shown={card.size}
          format={(size) => `${card.side === 'long' ? '▲ LONG' : '▼ SHORT'} ${size}`}
          tone={() => side}
          label={`${card.instrument} size`}
          compact
        />
        <span class="name">@</span>
        <PriceData shown={card.entry} instrument={instrument} format={formatPrice} label="entry" compact />
        <span class="name contract">{instrument?.contract ?? card.contract}</span>
      </div>
      <div class="card-profit">
        <Data
          shown={card.pnl}
          format={(pnl) => `${pnl > 0 ? '▲ ' : pnl < 0 ? '▼ ' : ''}${formatProfit(pnl)}`}
          tone={toneOf}
          label={text.profit}
          class="large"
          flashes
        />
        <Data shown={card.r} format={formatR} tone={toneOf} label="result over risk" class="large" compact />
      </div>
      <dl class="card-lines">
        <dt>{text.last}</dt>
        <dd>
          <PriceData
            shown={card.last}
            instrument={instrument}
            format={formatPrice}
            label={text.last}
            flashes
          />
        </dd>
        <dd>
          <PriceData
            shown={fromEntry}
            instrument={instrument}
            format={formatDistance}
            tone={toneOf}
            label="distance from entry"
            compact
          />
        </dd>
        <dt>{text.stop}</dt>
        <dd>
          <PriceData shown={card.stop} instrument={instrument} format={formatPrice} label="stop" />
        </dd>
        <dd title={text.stopMoney}>
          <Data shown={card.stopMoney} format={formatProfit} tone={toneOf} label={text.stopMoney} compact />
        </dd>
        <dt>{text.target}</dt>
        <dd>
          <PriceData shown={card.target} instrument={instrument} format={formatPrice} label="target" />
        </dd>
        <dd title={text.targetMoney}>
          <Data
            shown={card.targetMoney}
            format={formatProfit}
            tone={toneOf}
            label={text.targetMoney}
            compact
          />
        </dd>
      </dl>
      <TrackBar card={card} />
      <div class="card-foot">
        <span class="pair">
          <span class="name">{text.age}</span>
          <Data
            shown={withValue(card.size, () => card.openedAt)}
            format={(at, now) => formatCountdown(now - at)}
            label="open for"
            follows
            compact
          />
        </span>
        <span class="pair">
          <span class="name">{text.best}</span>
          <PriceData
            shown={card.best}
            instrument={instrument}
            format={formatDistance}
            label="best so far"
            compact
          />
        </span>
        <span class="pair">
          <span class="name">{text.worst}</span>
          <PriceData
            shown={card.worst}
            instrument={instrument}
            format={formatDistance}
            label="worst so far"
            compact
          />
        </span>
      </div>
      <div class="card-buttons">
        {card.decision === null ? (
          <span class="name">{text.byHand}</span>
        ) : (
          <button
            type="button"
            class="button"
            onClick={() => {
              view.overlay.value = { kind: 'decision', id: card.decision ?? '' }
            }}
          >
            {text.why} {card.decision}
          </button>
        )}
        <button type="button" class="button" onClick={() => view.choose(card.instrument)}>
          {text.showChart}
        </button>
      </div>
    </article>
  )
}

/** A filled position whose stop is not proven is an emergency: amber block at the top of its card. */
function Protection({ shown: said }: { readonly shown: Shown<ProtectionView> }) {
  const { contact } = usePage()
  // That a stop was proven a while ago proves nothing now.
  const shown = unknownWithoutContact(said, contact.kind.value)
  const kind = shown.state === 'unknown' ? 'unknown' : (shown.value?.kind ?? 'unknown')
  const isCalm = kind === 'protected' || kind === 'entry-working' || kind === 'closing'
  return (
    <p class={`protection ${isCalm ? 'is-calm' : 'is-attention'}`} data-protection={kind}>
      <span class="protection-sign">{isCalm ? (kind === 'protected' ? '✓' : '…') : '▲'}</span>
      <strong>{words.protection[kind]}</strong>
      <Data
        shown={shown}
        format={(view) => view.text}
        label="protection"
        class={kind === 'unknown' && shown.value === null ? 'for-readers' : ''}
      />
      {kind === 'unknown' && <span class="protection-why">{whyText(shown.why)}</span>}
    </p>
  )
}

function NoPosition() {
  const { topics } = usePage()
  const last = (topics.fills.value ?? []).find((fill) => fill.pnl.value !== null)
  return (
    <Empty>
      {text.none}
      {last !== undefined && (
        <>
          {' '}
          {text.lastTrade} {last.instrument}{' '}
          <Data
            shown={last.pnl}
            format={(pnl) => `${formatMinute(last.at)} ET, ${formatProfit(pnl)}`}
            label={text.lastTrade}
          />
          .
        </>
      )}
    </Empty>
  )
}
