import { describe, expect, test } from 'vitest'
import { contracts, ticks } from '../../src/domain/index.ts'
import {
  type Book,
  type BrokerSnapshot,
  type Reconciled,
  emptyBook,
  reconcile,
} from '../../src/execution/index.ts'
import {
  ACCOUNT,
  CONTRACT,
  TAG,
  after,
  bookOf,
  intent,
  lost,
  position,
  resting,
  row,
  sent,
  snapshot,
  told,
  trade,
  traded,
} from './builders.ts'

const movesOf = ({ transitions }: Reconciled): readonly string[] =>
  transitions.map(({ from, to }) => `${from}>${to}`)
const stateOf = ({ book }: Reconciled, tag = TAG): string | undefined =>
  book.orders.find((each) => each.tag === tag)?.state

/** The entry with its legs, as the broker shows them once it has filled. */
const filledRows = [
  row({ status: 'filled', filled: contracts(2) }),
  row({
    id: '1002',
    status: 'open',
    type: 'stop',
    side: 'sell',
    limit: undefined,
    stop: ticks(79_900),
    tag: `${TAG}-SL`,
    parentId: '1001',
  }),
  row({ id: '1003', status: 'open', side: 'sell', limit: ticks(80_200), tag: `${TAG}-TP`, parentId: '1001' }),
]
const twoTrades = [trade(), trade({ id: '88010002', at: after(1_100) })]

interface Case {
  readonly rule: string
  readonly book: Book
  readonly snapshot: BrokerSnapshot
  readonly expected: (result: Reconciled) => void
}

const cases: readonly Case[] = [
  {
    rule: 'two empty books agree',
    book: emptyBook(ACCOUNT),
    snapshot: snapshot(100),
    expected: (result) => expect(result).toMatchObject({ isClean: true, disputes: [], adoptions: [] }),
  },
  {
    rule: 'an order whose answer was lost is found by its tag',
    book: bookOf(lost()),
    snapshot: snapshot(100, { orders: [row()] }),
    expected: (result) => {
      expect(movesOf(result)).toEqual(['unknown>working'])
      expect(result.book.orders[0]).toMatchObject({ brokerId: '1001' })
      expect(result.lookups).toEqual([])
      expect(result.isClean).toBe(true)
    },
  },
  {
    rule: 'an order that filled while we were away is found in the history, with its trades',
    book: bookOf(lost()),
    snapshot: snapshot(5_000, { orders: filledRows, trades: twoTrades, positions: [position(2)] }),
    expected: (result) => {
      expect(stateOf(result)).toBe('filled')
      expect(result.newTrades.map(({ id }) => id)).toEqual(['88010001', '88010002'])
      expect(result.isClean).toBe(true)
      expect(result.toProtect).toEqual([CONTRACT])
    },
  },
  {
    rule: 'the legs of our bracket are taken in as ours',
    book: bookOf(resting()),
    snapshot: snapshot(5_000, { orders: filledRows, trades: twoTrades, positions: [position(2)] }),
    expected: (result) => {
      expect(result.adoptions).toEqual([
        { kind: 'bracketLeg', tag: `${TAG}-SL`, orderId: '1002', contractId: CONTRACT },
        { kind: 'bracketLeg', tag: `${TAG}-TP`, orderId: '1003', contractId: CONTRACT },
      ])
      expect(result.book.orders.map(({ role, state, price }) => [role, state, price])).toEqual([
        ['entry', 'filled', 80_000],
        ['stop', 'working', 79_900],
        ['target', 'working', 80_200],
      ])
    },
  },
  {
    rule: 'a leg without a tag is known by its parent',
    book: bookOf(resting()),
    snapshot: snapshot(100, {
      orders: [row(), row({ id: '1002', type: 'stop', side: 'sell', tag: undefined, parentId: '1001' })],
    }),
    expected: (result) => expect(result.adoptions).toMatchObject([{ kind: 'bracketLeg', tag: `${TAG}-SL` }]),
  },
  {
    rule: 'an unknown order stays unknown until two complete snapshots from after the wait lack it',
    book: bookOf(lost()),
    snapshot: snapshot(59_000),
    expected: (result) => {
      expect(stateOf(result)).toBe('unknown')
      expect(result.isClean).toBe(false)
      const once = reconcile(result.book, snapshot(61_000))
      expect(stateOf(once)).toBe('unknown')
      expect(movesOf(reconcile(once.book, snapshot(66_000)))).toEqual(['unknown>absent'])
    },
  },
  {
    rule: 'a trade that nobody explains forbids to call an order absent',
    book: bookOf(lost()),
    snapshot: snapshot(61_000, { trades: [trade({ orderId: '7777' })], positions: [position(1)] }),
    expected: (result) => {
      const again = reconcile(
        result.book,
        snapshot(66_000, { trades: [trade({ orderId: '7777' })], positions: [position(1)] }),
      )
      expect(stateOf(again)).toBe('unknown')
    },
  },
  {
    rule: 'a page that is missing proves no absence',
    book: bookOf(lost()),
    snapshot: snapshot(61_000, {}, { history: { rows: [], from: after(-1), isComplete: false } }),
    expected: (result) => expect(result.book.orders[0]?.lackedAt).toEqual([]),
  },
  {
    rule: 'a history that begins after the order was sent proves no absence',
    book: bookOf(lost()),
    snapshot: snapshot(61_000, {}, { history: { rows: [], from: after(6), isComplete: true } }),
    expected: (result) => expect(result.book.orders[0]?.lackedAt).toEqual([]),
  },
  {
    rule: 'an intent of before a crash is looked for and not sent again',
    book: bookOf(told(intent(), { kind: 'crashed' })),
    snapshot: snapshot(100, { orders: [row()] }),
    expected: (result) => expect(movesOf(result)).toEqual(['unknown>working']),
  },
  {
    rule: 'a query that failed changes nothing and is never read as none',
    book: bookOf(resting()),
    snapshot: {
      asOf: after(100),
      openOrders: undefined,
      history: undefined,
      trades: undefined,
      positions: undefined,
    },
    expected: (result) =>
      expect(result).toMatchObject({
        transitions: [],
        disputes: [],
        adoptions: [],
        lookups: [],
        isClean: false,
      }),
  },
  {
    rule: 'positions that could not be read are no sign of being flat',
    book: { ...bookOf(told(resting(), ...twoTrades.map((each) => traded(each)))), trades: twoTrades },
    snapshot: snapshot(5_000, { orders: filledRows, trades: twoTrades }, { positions: undefined }),
    expected: (result) => {
      expect(result.toProtect).toEqual([CONTRACT])
      expect(result.disputes).toEqual([])
      expect(result.isClean).toBe(false)
    },
  },
  {
    rule: 'a working order that no list shows is looked up and not given up',
    book: bookOf(resting()),
    snapshot: snapshot(100),
    expected: (result) => {
      expect(result.lookups).toEqual([TAG])
      expect(stateOf(result)).toBe('working')
    },
  },
  {
    rule: 'a position that our fills do not explain is disputed',
    book: emptyBook(ACCOUNT),
    snapshot: snapshot(100, { positions: [position(1)] }),
    expected: (result) =>
      expect(result).toMatchObject({
        disputes: [{ kind: 'position', contractId: CONTRACT, brokerNet: 1, ledgerNet: 0 }],
        toProtect: [CONTRACT],
        isClean: false,
      }),
  },
  {
    rule: "the same difference in a second whole pass is someone else's position, and counts from then on",
    book: reconcile(emptyBook(ACCOUNT), snapshot(100, { positions: [position(-1)] })).book,
    snapshot: snapshot(200, { positions: [position(-1)] }),
    expected: (result) => {
      expect(result.adoptions).toEqual([{ kind: 'externalPosition', contractId: CONTRACT, net: -1 }])
      expect(result.isClean).toBe(true)
      expect(reconcile(result.book, snapshot(300)).disputes).toMatchObject([{ brokerNet: 0, ledgerNet: -1 }])
    },
  },
  {
    rule: "while an entry is under way a difference is not taken for someone else's position",
    book: reconcile(bookOf(lost()), snapshot(100, { positions: [position(2)] })).book,
    snapshot: snapshot(200, { positions: [position(2)] }),
    expected: (result) => {
      expect(result.adoptions).toEqual([])
      expect(result.disputes).toMatchObject([{ kind: 'position' }])
    },
  },
  {
    rule: 'a resting stop of ours does not keep a position of someone else from being taken in',
    book: reconcile(
      bookOf(resting({ tag: 'sl-1-1', role: 'stop', side: 'sell' })),
      snapshot(100, { orders: [row({ tag: 'sl-1-1', side: 'sell' })], positions: [position(1)] }),
    ).book,
    snapshot: snapshot(200, { orders: [row({ tag: 'sl-1-1', side: 'sell' })], positions: [position(1)] }),
    expected: (result) => expect(result.adoptions).toMatchObject([{ kind: 'externalPosition', net: 1 }]),
  },
  {
    rule: 'an order placed by hand is taken in as external',
    book: emptyBook(ACCOUNT),
    snapshot: snapshot(100, { orders: [row({ id: '7', tag: undefined })] }),
    expected: (result) => {
      expect(result.adoptions).toEqual([{ kind: 'externalOrder', orderId: '7', contractId: CONTRACT }])
      expect(result.book.external.map(({ id }) => id)).toEqual(['7'])
      expect(result.isClean).toBe(true)
    },
  },
  {
    rule: 'a trade made by hand counts in the ledger',
    book: emptyBook(ACCOUNT),
    snapshot: snapshot(2_000, { trades: [trade({ orderId: '7' })], positions: [position(1)] }),
    expected: (result) => {
      expect(result.adoptions).toMatchObject([{ kind: 'externalTrade', tradeId: '88010001' }])
      expect(result.disputes).toEqual([])
      expect(result.toProtect).toEqual([CONTRACT])
    },
  },
  {
    rule: 'the trade of a close that we asked for is ours, though its order has no tag',
    book: {
      ...bookOf(told(resting(), ...twoTrades.map((each) => traded(each)))),
      trades: twoTrades,
      closes: [{ contractId: CONTRACT, askedAt: after(4_000) }],
    },
    snapshot: snapshot(6_000, {
      orders: [
        filledRows[0] ?? row(),
        row({
          id: '1010',
          status: 'filled',
          type: 'market',
          side: 'sell',
          tag: undefined,
          createdAt: after(4_100),
        }),
      ],
      trades: [
        ...twoTrades,
        trade({ id: '88010003', orderId: '1010', side: 'sell', size: contracts(2), at: after(4_200) }),
      ],
    }),
    expected: (result) =>
      expect(result).toMatchObject({ adoptions: [], disputes: [], toProtect: [], isClean: true }),
  },
  {
    rule: 'a voided trade is taken back from the ledger',
    book: { ...bookOf(told(resting(), traded())), trades: [trade()] },
    snapshot: snapshot(2_000, { orders: [row()], trades: [trade({ isVoided: true })] }),
    expected: (result) => {
      expect(result.book.orders[0]?.fills).toEqual([])
      expect(result.disputes).toEqual([])
      expect(result.newTrades).toMatchObject([{ id: '88010001', isVoided: true }])
    },
  },
  {
    rule: 'a row of another account is a reason to stop, and is not taken in',
    book: emptyBook(ACCOUNT),
    snapshot: snapshot(100, { positions: [position(1, { accountId: '25770002' })] }),
    expected: (result) => {
      expect(result.disputes).toEqual([{ kind: 'account', accountId: '25770002', what: 'position 5' }])
      expect(result.toProtect).toEqual([])
    },
  },
  {
    rule: 'a terminal order that the broker contradicts is a dispute',
    book: bookOf(told(resting(), { kind: 'seen', order: row({ status: 'cancelled' }) })),
    snapshot: snapshot(100, { orders: [row({ status: 'filled', filled: contracts(2) })] }),
    expected: (result) => {
      expect(result.violations).toHaveLength(1)
      expect(result.disputes).toMatchObject([{ kind: 'violation', tag: TAG }])
      expect(stateOf(result)).toBe('cancelled')
    },
  },
  {
    rule: 'legs that are left on a flat contract are looked at',
    book: bookOf(
      told(intent({ tag: `${TAG}-SL`, role: 'stop', side: 'sell' }), {
        kind: 'seen',
        order: row({ id: '1002', tag: `${TAG}-SL`, side: 'sell' }),
      }),
    ),
    snapshot: snapshot(100, { orders: [row({ id: '1002', tag: `${TAG}-SL`, side: 'sell' })] }),
    expected: (result) => expect(result.toProtect).toEqual([CONTRACT]),
  },
  {
    rule: 'a snapshot older than one that was applied says nothing',
    book: { ...bookOf(sent()), appliedAsOf: after(500) },
    snapshot: snapshot(499, { orders: [row()] }),
    expected: (result) => {
      expect(result.isApplied).toBe(false)
      expect(stateOf(result)).toBe('sent')
    },
  },
]

describe('reconciliation', () => {
  test.each(cases)('$rule', ({ book, snapshot: given, expected }) => {
    const result = reconcile(book, given)

    expected(result)
    expect(result.book.accountId).toBe(ACCOUNT)
  })

  test.each(cases)(
    'one pass converges and the same snapshot again changes nothing: $rule',
    ({ book, snapshot: given }) => {
      const once = reconcile(book, given)
      const twice = reconcile(once.book, given)

      expect(twice.transitions).toEqual([])
      expect(twice.newTrades).toEqual([])
      expect(twice.adoptions).toEqual([])
      expect(twice.book).toEqual(once.book)
    },
  )

  test('the order of the rows does not matter', () => {
    const rows = { orders: filledRows, trades: twoTrades, positions: [position(2)] }
    const reversed = {
      orders: [...filledRows].reverse(),
      trades: [...twoTrades].reverse(),
      positions: [position(2)],
    }

    expect(reconcile(bookOf(lost()), snapshot(5_000, reversed))).toEqual(
      reconcile(bookOf(lost()), snapshot(5_000, rows)),
    )
  })

  test('a book that was written down and read back reconciles to the same', () => {
    const book = bookOf(lost())
    const readBack = structuredClone(book)
    const given = snapshot(5_000, { orders: filledRows, trades: twoTrades, positions: [position(2)] })

    expect(reconcile(readBack, given)).toEqual(reconcile(book, given))
  })

  test('what is handed in is not changed', () => {
    const book = bookOf(lost())
    const before = structuredClone(book)
    reconcile(book, snapshot(5_000, { orders: filledRows, trades: twoTrades, positions: [position(2)] }))

    expect(book).toEqual(before)
  })
})
