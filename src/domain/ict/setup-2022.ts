import { type Bar, TIMEFRAME_MS } from '../bar.ts'
import type { Signal } from '../signal.ts'
import { type EpochMs, epochMs, ticks } from '../units.ts'
import { ArmedSignal, type Withdrawal } from './armed-signal.ts'
import { type Ingredients, type Score, scoreOf } from './confluence.ts'
import { type EntryPlan, planEntry } from './entry-plan.ts'
import { type IctEvent, isShift } from './event.ts'
import type { FairValueGap } from './fair-value-gap.ts'
import { setupWindowAt } from './killzone.ts'
import { highOf, lowOf } from './market-structure.ts'
import type { MarketView, ModelScope } from './market-view.ts'
import { poolLabel } from './pool-label.ts'
import type { Engine } from './reference-engine.ts'
import type { Outcome, Shifted, Stage, Swept } from './setup-stage.ts'

/**
 * Sweep, market structure shift, fair value gap: one direction of one stream. `ict-concepts` 13.0 and 13.1.
 */
export class Setup2022 {
  stage: Stage = { kind: 'idle', last: undefined }
  readonly #scope: ModelScope
  readonly #armed = new ArmedSignal()

  constructor(scope: ModelScope) {
    this.#scope = scope
  }

  /** The last step of a bar: the stages advance on its events. */
  push(view: MarketView, bar: Bar, events: readonly IctEvent[]): Signal | undefined {
    this.#armed.watch(view.engine, events)
    let signal: Signal | undefined
    if (this.stage.kind === 'shifted') signal = this.#lookForLateGap(view, this.stage.shifted)
    if (this.stage.kind === 'swept') this.#outlive(view, this.stage.swept)
    const swept = this.#sweepOf(view, bar, events)
    if (swept !== undefined) this.stage = { kind: 'swept', swept }
    if (this.stage.kind === 'swept' && events.some((each) => isShift(each, this.#scope.direction))) {
      signal = this.#shift(view, this.stage.swept) ?? signal
    }
    if (this.stage.kind === 'swept') this.#tire(view, this.stage.swept)
    return signal
  }

  /** Withdrawals since the last call. */
  takeWithdrawn(): readonly Withdrawal[] {
    return this.#armed.take()
  }

  /** A price beyond the sweep's extreme, and the sweep starts nothing. */
  #outlive({ engine: { bars } }: MarketView, { extreme }: Swept): void {
    const { direction } = this.#scope
    if (lowOf(bars, bars.last, direction) < extreme * direction)
      this.stage = { kind: 'idle', last: undefined }
  }

  /** The last bar on which its shift could have come has passed. */
  #tire({ engine: { bars } }: MarketView, { index }: Swept): void {
    if (bars.last - index >= this.#scope.parameters.m22ShiftBars)
      this.stage = { kind: 'idle', last: undefined }
  }

  /**
   * The weightiest sweep that this bar confirmed inside a window; of equal ones the deepest. A new one
   * replaces an old.
   */
  #sweepOf({ engine }: MarketView, bar: Bar, events: readonly IctEvent[]): Swept | undefined {
    const { direction, parameters } = this.#scope
    let best: IctEvent | undefined
    for (const event of events) {
      if (event.kind !== 'SWEEP' || event.direction !== direction) continue
      if (event.pool === 'swing' && event.degree !== 'external') continue
      if (best === undefined || outweighs(event, best)) best = event
    }
    const window = best === undefined ? undefined : setupWindowAt(bar.t, parameters)
    if (best === undefined || best.pool === '' || window === undefined) return undefined
    const extreme = best.p2 ?? best.p1
    return {
      index: engine.bars.last,
      pool: best.pool,
      degree: best.degree,
      label: poolLabel(best.pool, direction === 1 ? -1 : 1, best.degree),
      price: best.p1,
      extreme,
      extremeIdx: this.#barOf(extreme, engine),
      windowLabel: window.window.label,
      windowEndsAt: window.endsAt,
    }
  }

  #barOf(extreme: number, { bars }: Engine): number {
    const { direction } = this.#scope
    let index = bars.last
    while (index > bars.first && lowOf(bars, index, direction) !== extreme * direction) index--
    return index
  }

  #shift(view: MarketView, swept: Swept): Signal | undefined {
    const { bars, volatility, displacement } = view.engine
    const i = bars.last
    const shifted: Shifted = {
      swept,
      index: i,
      bodyAtr: Math.abs(bars.c(i) - bars.o(i)) / volatility.before,
      isStrong: displacement.isStrong && displacement.bar === this.#scope.direction,
    }
    const gap = this.#gapFor(view, shifted, () => true)
    if (gap !== undefined) return this.#complete(view, shifted, gap)
    this.stage = { kind: 'shifted', shifted }
    return undefined
  }

  /** The one bar after a shift may still complete a gap around it. */
  #lookForLateGap(view: MarketView, shifted: Shifted): Signal | undefined {
    const { last } = view.engine.bars
    const gap = this.#gapFor(view, shifted, (each) => each.confirmIdx === last)
    if (gap !== undefined) return this.#complete(view, shifted, gap)
    const { parameters, direction } = this.#scope
    const half = direction === 1 ? 'discount' : 'premium'
    const what = `no fair value gap of ${parameters.m22GapAtr} ATR in the ${half} half of the leg`
    return this.#end(
      view,
      'no-gap',
      'no gap',
      `${shifted.swept.label} swept and structure shifted, but ${what}`,
    )
  }

  /** Of several gaps the deepest whose middle lies in the near half of the leg from the sweep. */
  #gapFor(
    { engine: { bars, gaps } }: MarketView,
    { swept }: Shifted,
    wants: (gap: FairValueGap) => boolean,
  ): FairValueGap | undefined {
    const { direction, parameters } = this.#scope
    let high = Number.NEGATIVE_INFINITY
    for (let i = swept.extremeIdx; i <= bars.last; i++) high = Math.max(high, highOf(bars, i, direction))
    const low = swept.extreme * direction
    let best: FairValueGap | undefined
    for (const gap of gaps.live) {
      if (gap.direction !== direction || gap.anchorIdx < swept.extremeIdx || gap.isFilled) continue
      // During warm-up the size is not a number and fails the comparison.
      if (!(gap.sizeAtr >= parameters.m22GapAtr) || !wants(gap)) continue
      // Middle of the gap against the middle of the leg, both doubled: whole numbers compare exactly.
      if ((gap.bottom + gap.top) * direction > low + high) continue
      if (best === undefined || deepEdge(gap) < deepEdge(best)) best = gap
    }
    return best
  }

  #complete(view: MarketView, shifted: Shifted, gap: FairValueGap): Signal | undefined {
    const plan = planEntry(this.#scope, view, shifted.swept, gap)
    if ('why' in plan) {
      const word = plan.kind === 'no-room' ? 'no room' : 'too late'
      return this.#end(view, plan.kind, word, `setup complete, but ${plan.why}`)
    }
    const judged = scoreOf(this.#ingredients(view, shifted, gap, plan))
    const { score } = judged
    const { minScore } = this.#scope.parameters
    if (score === null) {
      return this.#end(view, 'low-score', 'no score', 'setup complete, but too little is known to score it')
    }
    if (score < minScore) {
      const text = `setup complete, but score ${score} is below ${minScore}`
      return this.#end(view, 'low-score', `low score ${Math.floor(score)}`, text)
    }
    return this.#signal(view, plan, judged, gap)
  }

  #signal(view: MarketView, plan: EntryPlan, { score, grade, facts }: Score, gap: FairValueGap): Signal {
    const { instrument, timeframe, direction, revision } = this.#scope
    const knownAt = view.engine.sink.knownAt
    const signal: Signal = {
      id: this.#idAt(knownAt),
      instrument: instrument.root,
      model: '2022',
      timeframe,
      direction,
      knownAt,
      entry: ticks(plan.entry),
      stop: ticks(plan.stop),
      targets: plan.targets.map(ticks),
      validUntil: plan.validUntil,
      score,
      grade,
      facts,
      regime: view.regime.reading,
      revision,
    }
    this.#armed.arm(signal, gap.id)
    const text = `${direction === 1 ? 'long' : 'short'} signal, score ${score}, grade ${grade}`
    this.stage = { kind: 'idle', last: { kind: 'signalled', word: 'signal', text, until: plan.validUntil } }
    return signal
  }

  #ingredients(view: MarketView, shifted: Shifted, gap: FairValueGap, plan: EntryPlan): Ingredients {
    const { engine, range, regime, biasScore, higherTimeframes } = view
    const { direction, timeframe } = this.#scope
    const breakers = direction === 1 ? engine.breakers.bullish : engine.breakers.bearish
    const isOverlapping = (zone: Pick<FairValueGap, 'direction' | 'bottom' | 'top'>): boolean =>
      zone.direction === direction && zone.bottom < gap.top && zone.top > gap.bottom
    return {
      direction,
      timeframe,
      biasScore,
      higherTimeframes,
      pool: shifted.swept.pool,
      degree: shifted.swept.degree,
      poolLabel: shifted.swept.label,
      shiftAtr: shifted.bodyAtr,
      isStrongShift: shifted.isStrong,
      arrays: [
        'fair value gap',
        ...(engine.orderBlocks.live.some(isOverlapping) ? ['order block'] : []),
        ...(breakers.some(isOverlapping) ? ['breaker'] : []),
      ],
      position: range.position(plan.entry),
      t: engine.bars.t(engine.bars.last),
      regime: regime.reading.label,
      reward: ((plan.targets[0] - plan.entry) * direction) / plan.risk,
    }
  }

  #end({ engine: { sink } }: MarketView, kind: Outcome['kind'], word: string, text: string): undefined {
    const { parameters, timeframe } = this.#scope
    const until = epochMs(sink.knownAt + parameters.m22ValidBars * TIMEFRAME_MS[timeframe])
    this.stage = { kind: 'idle', last: { kind, word, text, until } }
  }

  /** The same bars give the same id: `2022-MNQ-5m-20260310T1440-L`, the instant in UTC. */
  #idAt(knownAt: EpochMs): string {
    const { instrument, timeframe, direction } = this.#scope
    const stamp = new Date(knownAt).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')
    return `2022-${instrument.root}-${timeframe}-${stamp}-${direction === 1 ? 'L' : 'S'}`
  }
}

/** By what the pool weighs, then by how far the sweep went. */
function outweighs(event: IctEvent, than: IctEvent): boolean {
  const difference = rankOf(event) - rankOf(than)
  if (difference !== 0) return difference > 0
  return ((than.p2 ?? 0) - (event.p2 ?? 0)) * event.direction > 0
}

function rankOf({ pool }: IctEvent): number {
  return pool === 'pd' || pool === 'pw' ? 2 : pool === 'swing' ? 0 : 1
}

/** The gap's edge towards the sweep, times its direction. */
function deepEdge({ direction, bottom, top }: FairValueGap): number {
  return direction === 1 ? bottom : -top
}
