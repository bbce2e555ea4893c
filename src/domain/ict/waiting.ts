import { unreachable } from '../../lib/index.ts'
import { isOpen, marketStateAt } from '../calendar/index.ts'
import { type Instrument, priceOf } from '../instrument.ts'
import type { Waiting } from '../signal.ts'
import type { EpochMs } from '../units.ts'
import { nextSetupWindow, setupWindowAt } from './killzone.ts'
import type { Pool } from './liquidity.ts'
import type { MarketView, ModelScope } from './market-view.ts'
import { poolLabel } from './pool-label.ts'
import type { Outcome, Shifted, Stage, Swept } from './setup-stage.ts'

/**
 * The conditions of a signal in the order in which they are asked: window, sweep, shift, gap, room, score.
 */
const CONDITIONS = 6

/** Why one direction has no signal at this bar: the first condition that failed, with the deciding number. */
export function waitingOf(scope: ModelScope, view: MarketView, stage: Stage): Waiting {
  const { bars, sink, volatility } = view.engine
  if (Number.isNaN(volatility.before)) return warmingUp(bars.last + 1, scope)
  switch (stage.kind) {
    case 'shifted':
      return waitGap(stage.shifted)
    case 'swept':
      return waitShift(scope, view, stage.swept)
    case 'idle': {
      const { last } = stage
      if (last !== undefined && sink.knownAt < last.until) return outcomeOf(last)
      return setupWindowAt(sink.knownAt, scope.parameters) === undefined
        ? outsideWindow(scope, sink.knownAt)
        : waitSweep(scope, view)
    }
    default:
      return unreachable(stage)
  }
}

export function warmingUp(
  bars: number,
  { timeframe, parameters }: Pick<ModelScope, 'timeframe' | 'parameters'>,
): Waiting {
  const needs = parameters.atrLen + 1
  return waiting(
    'warming-up',
    'warming up',
    `${bars} of the ${needs} bars of ${timeframe} that a range needs`,
    0,
  )
}

/** What the clock makes of it: a closed market waits for its opening, whatever the last bar said. */
export function waitingAt(last: Waiting, now: EpochMs): Waiting {
  const state = marketStateAt(now)
  if (state.kind === 'open') return last
  const opens = new Date(state.opensAt).toISOString().slice(0, 16).replace('T', ' ')
  return waiting('closed', 'closed', `market closed (${state.why}), opens ${opens} UTC`, 0)
}

/** Of both directions the one that is nearer to a signal. */
export function nearer(long: Waiting, short: Waiting): Waiting {
  return short.met > long.met ? short : long
}

function waitGap({ swept, bodyAtr }: Shifted): Waiting {
  const so = `${swept.label} swept, structure shifted with ${bodyAtr.toFixed(1)} ATR`
  const text = `${so}; needs a fair value gap by the next bar`
  return waiting('wait-gap', 'wait gap', text, 3)
}

function waitShift(
  { instrument, parameters, direction }: ModelScope,
  view: MarketView,
  swept: Swept,
): Waiting {
  const { bars, internal } = view.engine
  const level = internal.active(direction)
  const left = parameters.m22ShiftBars - (bars.last - swept.index)
  const side = direction === 1 ? 'above' : 'below'
  const needs =
    level === undefined || level.isCrossed || internal.trend === direction
      ? `needs a new turn of internal structure ${direction === 1 ? 'up' : 'down'}`
      : `needs a displaced close ${side} ${shown(level.level * direction, instrument)}`
  const text = `${swept.label} ${shown(swept.price, instrument)} swept; ${needs} within ${left} bars`
  return waiting('wait-shift', 'wait shift', text, 2)
}

function waitSweep({ instrument, parameters }: ModelScope, { engine }: MarketView): Waiting {
  const { bars, liquidity, sink } = engine
  const close = bars.c(bars.last)
  const label = setupWindowAt(sink.knownAt, parameters)?.window.label ?? ''
  const above = liquidity.nearest(1, close, startsSetups)
  const below = liquidity.nearest(-1, close, startsSetups)
  const pool = nearerPool(above, below, close)
  const text =
    pool === undefined
      ? `${label}: no pool rests above or below yet`
      : `${label}: nearest pool is ${poolLabel(pool.kind, pool.side, pool.degree)} ` +
        `${shown(pool.price, instrument)}, ${Math.abs(pool.price - close)} ticks away`
  return waiting('wait-sweep', 'wait sweep', text, 1)
}

function outsideWindow({ parameters }: ModelScope, at: EpochMs): Waiting {
  if (!isOpen(at)) return waitingAt(waiting('outside-window', '', '', 0), at)
  const { label, fromMinute } = nextSetupWindow(at, parameters)
  const clock = `${two(Math.floor(fromMinute / 60))}:${two(fromMinute % 60)}`
  return waiting('outside-window', 'outside window', `setups count again from ${clock} New York, ${label}`, 0)
}

function outcomeOf({ kind, word, text }: Outcome): Waiting {
  switch (kind) {
    case 'no-gap':
      return waiting('wait-gap', word, text, 3)
    case 'too-late':
      return waiting('outside-window', word, text, 4)
    case 'no-room':
      return waiting('no-room', word, text, 4)
    case 'low-score':
      return waiting('low-score', word, text, 5)
    case 'signalled':
      return waiting('signalled', word, text, CONDITIONS)
    default:
      return unreachable(kind)
  }
}

function startsSetups({ kind, degree }: Pool): boolean {
  return kind !== 'swing' || degree === 'external'
}

function nearerPool(above: Pool | undefined, below: Pool | undefined, close: number): Pool | undefined {
  if (above === undefined || below === undefined) return above ?? below
  return above.price - close <= close - below.price ? above : below
}

function waiting(stage: Waiting['stage'], word: string, text: string, met: number): Waiting {
  return { stage, word, text, met, of: CONDITIONS }
}

function shown(price: number, instrument: Instrument): string {
  return priceOf(price, instrument).toFixed(instrument.decimals)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
