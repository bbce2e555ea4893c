/**
 * Every reason for which an order is denied. A code never changes its meaning.
 * `phase` is where it is decided; `permit` and `reduce` belong to the keys themselves.
 */
export type CodePhase = 1 | 2 | 3 | 4 | 5 | 'any' | 'permit' | 'reduce'

export interface CodeEntry {
  readonly phase: CodePhase
  /** What is so, in neutral words. */
  readonly text: string
  /** What would have to change, or what a person can do. */
  readonly fix: string
}

const table = {
  // Any phase: what a phase needs to know is not known. The report names the field.
  INPUT_MISSING: entry('any', 'an input of this phase is missing', 'wait until its source reports it'),
  INPUT_INVALID: entry(
    'any',
    'an input of this phase is not a value it can have',
    'look at the named field and its source',
  ),

  // 1: the broker connection is verified.
  ORDER_MALFORMED: entry(1, 'the order is not one that could be sent', 'compose it anew from its signal'),
  STOP_LEVEL_1: entry(1, 'stop level 1: no new entries', 'a person clears the stop level'),
  STOP_LEVEL_2: entry(
    1,
    'stop level 2: no new entries, working entries cancelled',
    'a person clears the stop level',
  ),
  STOP_LEVEL_3: entry(1, 'stop level 3: flat and locked', 'waits for the next trading day and a person'),
  GATE_HALTED: entry(1, 'trading is halted', 'a named person re-arms after the cause is settled'),
  GATE_REDUCING: entry(1, 'only orders that reduce are let through', 'waits for a clean start or a person'),
  INSTRUMENT_HALTED: entry(1, 'this instrument is halted', 'a person looks at what went wrong with it'),
  LOCKED_BY_BROKER: entry(
    1,
    'the broker has locked the account',
    "read the broker's own page; next trading day or a person",
  ),
  ACCOUNT_MISMATCH: entry(1, 'the accounts are not one and the same', 'choose the account again and restart'),
  EPOCH_FENCED: entry(1, 'another executor has taken over', 'none: this one sends nothing more'),
  PROOF_MISSING: entry(1, 'there is no proof of a connection', 'waits for the first verification'),
  PROOF_WRONG_KIND: entry(
    1,
    'the proof is of another kind than the route',
    'a simulated proof never opens a broker route, nor the reverse',
  ),
  ORIGIN_NOT_BROKER: entry(
    1,
    "the proof does not come from a broker's address",
    "configure the broker's own public https address",
  ),
  TOKEN_NOT_VALIDATED: entry(
    1,
    'the session token was not validated in time',
    'waits for the next validation',
  ),
  ACCOUNT_NOT_READ: entry(1, 'the account was not read from the broker in time', 'waits for the next read'),
  STREAM_RESYNCING: entry(1, 'a stream is resyncing after a gap', 'waits for one full clean pass'),
  STREAM_DOWN: entry(1, 'a stream is down', 'waits for the reconnect'),
  NOT_ARMED: entry(1, 'the broker route is not armed', 'a person arms it'),
  BRACKETS_UNPROVEN: entry(1, 'brackets are not proven on this account', 'run the bracket check'),
  BRACKET_MODE_UNSUPPORTED: entry(
    1,
    'the account refuses brackets',
    "enable Auto OCO Brackets on the broker's page",
  ),
  CANCEL_UNSUPPORTED: entry(1, 'the account cannot cancel by API', 'choose an account that can'),
  SESSION_CLOSED: entry(1, 'the market is closed', 'waits for the open'),
  PAST_FLAT_TIME: entry(1, 'our flat time has passed', 'waits for the next trading day'),
  CONTRACT_UNKNOWN: entry(
    1,
    'the contract is not the one the broker lists',
    'waits for the contract to be read again',
  ),
  DATA_UNKNOWN: entry(1, 'the price of this instrument is not known', 'waits for its first trade'),
  DATA_STALE: entry(1, 'the prices of this instrument are stale', 'waits for a newer trade'),
  DATA_DELAYED: entry(1, 'the prices of this instrument are delayed', 'waits for prices in time'),
  DATA_DISPUTED: entry(1, 'two sources disagree on the price', 'waits until they agree'),
  RECONCILE_STALE: entry(1, 'the last clean reconciliation is too old', 'waits for the next pass'),
  RECONCILE_DISPUTED: entry(1, "our book and the broker's differ", 'settle the named disputes'),
  UNKNOWN_INTENT: entry(
    1,
    'an order was sent and its fate is not known',
    'waits for evidence; it is being looked up',
  ),
  EXECUTOR_LAGGING: entry(1, 'the executor is too slow to act safely', 'waits until it has caught up'),
  CLOCK_SKEWED: entry(1, "our clock and the broker's differ too much", "set the machine's clock"),
  VERSION_MISMATCH: entry(1, 'actors run another build or configuration', 'restart the whole application'),
  REST_BUDGET_SPENT: entry(
    1,
    'the rest of the request budget is kept for protection',
    'waits for the window to pass',
  ),

  // 2: the balance against the risk limits.
  ACCOUNT_NOT_TRADABLE: entry(
    2,
    'the broker says that the account cannot trade',
    "read the broker's own page",
  ),
  BALANCE_STALE: entry(2, 'the balance is too old', 'waits for the next account read'),
  FLOOR_UNDECLARED: entry(2, 'the loss floor is not declared', 'declare the floor in the settings'),
  FLOOR_OUTDATED: entry(2, 'the declared loss floor is too old', 'declare the floor again'),
  OPEN_RISK_UNBOUNDED: entry(2, 'an open contract has no working stop', 'waits for its protection'),
  HEADROOM_BELOW_RISK: entry(
    2,
    'the worst case would come too near the floor',
    'a smaller risk or more balance',
  ),

  // 3: the daily loss limit.
  TRADING_DAY_MISMATCH: entry(
    3,
    "the day's figures belong to another trading day",
    'waits for the day to be rolled',
  ),
  LOCKOUT_ACTIVE: entry(3, 'entries are locked out for the day', 'waits for the next trading day'),
  MAX_TRADES: entry(3, "the day's number of entries is used up", 'waits for the next trading day'),
  ENTRY_THROTTLED: entry(3, 'too many entries in one minute', 'waits for the minute to pass'),
  STRATEGY_OFF: entry(3, 'the strategy is off until a person looks', 'a person enables it again'),
  DAY_LOSS_WOULD_BREACH: entry(
    3,
    'the day could end beyond its loss limit',
    'a smaller risk, or the next trading day',
  ),

  // 4: the regime and the window.
  SIGNAL_MISMATCH: entry(
    4,
    'the order is not the one that its signal asks for',
    'compose it anew from its signal',
  ),
  SIGNAL_EXPIRED: entry(4, 'the signal is no longer valid', 'waits for the next signal'),
  REGIME_STALE: entry(4, 'the regime reading is older than one bar', 'waits for the next closed bar'),
  REGIME_REVISION_MISMATCH: entry(
    4,
    'the bars were revised since the signal',
    'waits for a signal from the revised bars',
  ),
  BARS_PENDING: entry(4, 'a gap or correction of the bars is pending', 'waits until the bars are complete'),
  REGIME_NOT_ALLOWED: entry(4, 'the model does not trade in this regime', 'waits for another regime'),
  REGIME_UNCERTAIN: entry(4, 'the regime is not certain enough', 'waits for more agreement among the bars'),
  OUTSIDE_WINDOW: entry(4, 'entries are not taken at this time of day', 'waits for the window'),
  NEWS_BLOCK: entry(4, 'a scheduled announcement is near', 'waits until it has passed'),
  ROLL_BLOCK: entry(4, 'the contract month is being left', 'waits for the next month to be resolved'),
  HOLIDAY_BLOCK: entry(4, 'a holiday blackout is set', 'waits until it has passed'),
  TOO_CLOSE_TO_FLAT: entry(4, 'the flat time is too near', 'waits for the next trading day'),

  // 5: the size within the stop-loss cap.
  PRICE_OFF_GRID: entry(5, 'a price is not on the tick grid', 'round the levels to the grid'),
  STOP_MISSING: entry(5, 'the order has no stop', 'an entry without a stop is never sent'),
  STOP_WRONG_SIDE: entry(5, 'the stop is not on the losing side', 'put it on the losing side'),
  TARGET_WRONG_SIDE: entry(5, 'the target is not on the winning side', 'put it on the winning side'),
  CONTRACT_FACTS_DIFFER: entry(
    5,
    "tick size or tick value differ from the broker's",
    'correct the instrument table',
  ),
  SIZE_BELOW_ONE: entry(5, 'not one contract fits within the cap', 'a nearer stop'),
  STOP_LOSS_CAP: entry(5, 'the loss at the stop is above the cap', 'fewer contracts or a nearer stop'),
  CONTRACT_CAP: entry(5, 'more contracts than one order may have', 'a smaller order'),
  NET_CAP: entry(5, 'more contracts than this contract month may have', 'waits for the position to shrink'),
  GROSS_CAP: entry(5, 'more contracts than the account may have', 'waits for a position to close'),
  SELF_TRADE: entry(5, 'an opposite entry of ours is working', 'cancel it first'),
  OPPOSES_POSITION: entry(5, 'the position is on the other side', 'close it first'),
  DUPLICATE_ENTRY: entry(5, 'the same entry was made a moment ago', 'waits for the first to finish'),
  ENTRY_ALREADY_LIVE: entry(5, 'an entry on this contract is not finished', 'waits for it to finish'),
  NO_REFERENCE_PRICE: entry(5, 'there is no recent trade to compare the prices with', 'waits for a trade'),
  PRICE_COLLAR: entry(5, 'a price lies too far from the last trade', 'a price nearer the market'),

  // The permit itself.
  PERMIT_FORGED: entry('permit', 'this is not a permit that the gate has minted', 'ask the gate'),
  PERMIT_SPENT: entry('permit', 'the permit has been used', 'ask the gate again'),
  PERMIT_EXPIRED: entry('permit', 'the permit was not used in time', 'ask the gate again'),
  PERMIT_ORDER_CHANGED: entry(
    'permit',
    'the order is not the one that was permitted',
    'ask the gate for the changed order',
  ),
  PERMIT_ELSEWHERE: entry(
    'permit',
    'the permit is for another account, route or executor',
    'ask the gate again',
  ),
  PERMIT_OUTDATED: entry('permit', 'state or configuration changed since the permit', 'ask the gate again'),
  PHASE_ORDER: entry(
    'permit',
    'the phases were not passed one after the other on the same order and state',
    'start with phase 1',
  ),

  // Orders that reduce.
  REDUCE_MALFORMED: entry('reduce', 'this is not an order that reduces', 'compose it anew'),
  REDUCE_ROUTE: entry('reduce', 'account, route or executor are not ours', 'none: this one sends nothing'),
  REDUCE_POSITION_UNKNOWN: entry(
    'reduce',
    'the position is not known freshly enough',
    'read the position; closing needs no reading',
  ),
  REDUCE_NOTHING_OPEN: entry('reduce', 'there is nothing to reduce', 'none: the contract is flat'),
  REDUCE_WOULD_INCREASE: entry(
    'reduce',
    'the order could increase or turn the position',
    'a smaller order on the closing side',
  ),
  REDUCE_WOULD_UNCOVER: entry(
    'reduce',
    'contracts would be left without a stop',
    'place the other stop first',
  ),
  REDUCE_LOOSENS: entry('reduce', 'the stop would be further away', 'stops are only tightened'),
  REDUCE_EXTERNAL: entry('reduce', 'the order was placed by someone else', 'a person asks for it'),
  REDUCE_CEILING: entry(
    'reduce',
    'the hard ceiling of reducing orders is reached',
    'a person looks: something loops',
  ),
} as const satisfies Record<string, CodeEntry>

export type Code = keyof typeof table
export const CODES: Readonly<Record<Code, CodeEntry>> = table

function entry<P extends CodePhase>(phase: P, text: string, fix: string): CodeEntry & { readonly phase: P } {
  return { phase, text, fix }
}
