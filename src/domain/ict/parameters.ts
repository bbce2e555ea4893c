/**
 * Every threshold of the analysis, with the names and the defaults of `ict-concepts`. They are defaults, not
 * constants: nothing else in this folder holds a number that a trader could want to change.
 *
 * Lengths are bars, `...Atr` are multiples of the average true range, `...Ticks` are whole ticks.
 */
export interface IctParameters {
  /** 1.1. Sources differ (200 in some charting scripts); the other thresholds were checked with 14. */
  readonly atrLen: number
  /** 1.1. `exclude` leaves a scheduled closure out of the true range of the bar after it. */
  readonly atrGapMode: 'include' | 'exclude'
  /** 1.3. Body of a displacement bar: 1.0 selects about a ninth of 5-minute bars. */
  readonly dispBodyAtr: number
  /** 1.3. Share of its range that the body has to be. */
  readonly dispBodyFrac: number
  /** 1.3. From here on a displacement bar is called strong: about one bar in twenty-five. */
  readonly dispStrongAtr: number
  /** 1.4. Longest leg. */
  readonly legMax: number
  /** 1.4. Distance that a leg has to travel. */
  readonly dispLegAtr: number
  /** 2.2. Five-bar fractal. */
  readonly internalLength: number
  /** 2.2. Ten, not fifty: a lag of fifty 5-minute bars is most of a session. */
  readonly externalLength: number
  /** 3.1. A wick beyond a level that closes back is by definition a sweep, so a break is a close. */
  readonly breakBy: 'close' | 'wick'
  /** 4.1 */
  readonly fvgMinTicks: number
  /** 4.1. The middle bar closes in the gap's direction: drops the gaps around opening prices. */
  readonly fvgMiddleDir: boolean
  /** 4.1. A gap that straddles a closure is an opening gap, another thing. */
  readonly fvgAcrossBreak: boolean
  /** 4.2. Bounds the live gaps. */
  readonly fvgMaxBars: number
  /** 4.3. Where a close has to be to invert a gap: beyond its far edge, or beyond its middle. */
  readonly ifvgBy: 'far' | 'ce'
  /** 5.1. `lastOpposite` is the usual wording, `extreme` takes the bar of the extreme itself. */
  readonly obMode: 'lastOpposite' | 'extreme'
  /** 5.1. How far before the extreme the opposite bar may lie. */
  readonly obLookback: number
  /** 5.1 */
  readonly obZone: 'wick' | 'body'
  /** 5.3. Close: fewer false deaths. */
  readonly obViolateBy: 'close' | 'wick'
  /** 5.3. Bounds the live blocks. */
  readonly obMaxBars: number
  /**
   * 5.4. A breaker or mitigation block ends by its death only; of more a side the one farthest from price
   * leaves.
   */
  readonly breakersMax: number
  /** 6.3. Closes beyond a pool that may follow before a return still counts as a sweep. */
  readonly sweepBars: number
  /** 6.3. A deeper excursion is a run even when it comes back. */
  readonly sweepMaxAtr: number
  /**
   * 6.1. Resting pools kept a side; the one farthest from price leaves first. Bounds memory, not a rule of
   * trading.
   */
  readonly poolsMax: number
  /** 6.2. Swings that differ by no more than so many ticks are equal, whatever the range. */
  readonly eqMinTicks: number
  /** 6.2. And by no more than this share of the average range: causal and the same for every instrument. */
  readonly eqAtr: number
  /** 6.2. Farthest back that an equal swing may lie. */
  readonly eqMaxBars: number
  /** 1.2. Completed trading days in the average daily range. */
  readonly adrLen: number
  /** 8.4. How long after its instant an opening price may still be taken, in milliseconds. */
  readonly openToleranceMs: number
  /** 8.6. A day with a smaller share of its bars is partial: its levels count, its range does not. */
  readonly partialFrac: number
  /** 12.1 */
  readonly regimeWindow: number
  /** 12.1. ATR values that today's is compared with. */
  readonly regimeAtrWindow: number
  /** 12.2. Consecutive bars on which a label has to hold before it replaces another. */
  readonly regimeConfirm: number
  /** 12.2. Bars that a label lives at least. */
  readonly regimeMinDwell: number
  /** 12.2. Bars without an external break after which price inside the dealing range is a range. */
  readonly regimeQuietBars: number
  /** 13.0. Ticks beyond the named extreme. */
  readonly stopBuf: number
  /** 13.0. Reward to the first target, in risks. */
  readonly minRR: number
  /** 13.0. Narrower stops are noise. In ticks. */
  readonly riskTicksMin: number
  /** 13.0. Widest risk as a share of the average daily range. */
  readonly riskAdrMax: number
  /** 13.0. Widest risk while no average daily range exists. */
  readonly riskAtrMax: number
  /** 13.0. Nothing new is entered in the last minutes before a closure. */
  readonly closureMinutes: number
  /** 13.1 */
  readonly m22London: boolean
  /** 13.1. Bars from the sweep to the shift. */
  readonly m22ShiftBars: number
  /** 13.1. Smallest entry gap: below the tenth percentile of what 5-minute data hold. */
  readonly m22GapAtr: number
  /** 13.1. Where in the gap the limit lies: near edge, middle, far edge. */
  readonly m22Entry: 'near' | 'ce' | 'far'
  /** 13.1. Beyond the sweep, or beyond the gap's first bar. */
  readonly m22Stop: 'sweep' | 'fvg'
  /** 13.1. Bars that an entry waits. */
  readonly m22ValidBars: number
  /** 13.1. Minutes after the end of its window that an entry may still wait. */
  readonly m22GraceMinutes: number
  /** 14. Below it a setup is graded D and kept for statistics only. */
  readonly minScore: number
}

export const DEFAULT_PARAMETERS: IctParameters = {
  atrLen: 14,
  atrGapMode: 'include',
  dispBodyAtr: 1,
  dispBodyFrac: 0.6,
  dispStrongAtr: 1.5,
  legMax: 5,
  dispLegAtr: 1.5,
  internalLength: 2,
  externalLength: 10,
  breakBy: 'close',
  fvgMinTicks: 1,
  fvgMiddleDir: true,
  fvgAcrossBreak: false,
  fvgMaxBars: 500,
  ifvgBy: 'far',
  obMode: 'lastOpposite',
  obLookback: 5,
  obZone: 'wick',
  obViolateBy: 'close',
  obMaxBars: 500,
  breakersMax: 256,
  sweepBars: 2,
  sweepMaxAtr: 2,
  poolsMax: 1_024,
  eqMinTicks: 1,
  eqAtr: 0.1,
  eqMaxBars: 200,
  adrLen: 5,
  openToleranceMs: 300_000,
  partialFrac: 0.5,
  regimeWindow: 20,
  regimeAtrWindow: 100,
  regimeConfirm: 2,
  regimeMinDwell: 3,
  regimeQuietBars: 60,
  stopBuf: 2,
  minRR: 1.5,
  riskTicksMin: 4,
  riskAdrMax: 0.35,
  riskAtrMax: 4,
  closureMinutes: 30,
  m22London: false,
  m22ShiftBars: 20,
  m22GapAtr: 0.1,
  m22Entry: 'ce',
  m22Stop: 'sweep',
  m22ValidBars: 12,
  m22GraceMinutes: 30,
  minScore: 50,
}

/** What the demonstration runs on: London counts too, so that its simulated days show more setups. */
export const DEMO_PARAMETERS: IctParameters = { ...DEFAULT_PARAMETERS, m22London: true }
