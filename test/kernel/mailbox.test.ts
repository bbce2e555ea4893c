import { describe, expect, test } from 'vitest'
import {
  DEFAULT_RULES,
  type Envelope,
  Mailbox,
  type MailboxRules,
  rulesOf,
} from '../../src/kernel/mailbox.ts'

const FULL = { ok: false, reason: 'full' }

function open(rules: Partial<MailboxRules>) {
  const told: string[] = []
  const mailbox = new Mailbox(
    { ...DEFAULT_RULES, ...rules },
    {
      conflated: ({ payload }) => told.push(`conflated ${String(payload)}`),
      dropped: ({ payload }) => told.push(`dropped ${String(payload)}`),
      overflowed: ({ payload }) => told.push(`overflowed ${String(payload)}`),
    },
  )
  return { mailbox, told }
}

const letter = (type: string, payload: unknown, correlation = 0): Envelope => ({
  type,
  payload,
  correlation,
  deadline: 0,
  trail: 0,
  key: '',
  sent: false,
  gone: false,
})

const contents = (mailbox: Mailbox): unknown[] => mailbox.take(Infinity).map(({ payload }) => payload)

describe('a mailbox', () => {
  test('counts what is in the window against its capacity', () => {
    const { mailbox } = open({ capacity: 3 })

    expect(mailbox.offer(letter('a', 1), 2)).toEqual({ ok: true })
    expect(mailbox.offer(letter('a', 2), 2)).toEqual(FULL)
  })

  test('never conflates an ask: somebody waits for each', () => {
    const { mailbox, told } = open({ overflow: 'conflate' })

    mailbox.offer(letter('bar', 1, 1))
    mailbox.offer(letter('bar', 2, 2))

    expect(contents(mailbox)).toEqual([1, 2])
    expect(told).toEqual([])
  })

  test('takes all messages of a type as one key when no key is named', () => {
    const { mailbox, told } = open({ overflow: { bar: 'conflate' } })

    for (const n of [1, 2, 3]) mailbox.offer(letter('bar', n))

    expect(contents(mailbox)).toEqual([3])
    expect(told).toEqual(['conflated 2', 'conflated 3'])
  })

  test('starts a key anew once its message has left', () => {
    const { mailbox } = open({ overflow: 'conflate' })
    mailbox.offer(letter('bar', 1))
    mailbox.shift()

    mailbox.offer(letter('bar', 2))

    expect(contents(mailbox)).toEqual([2])
  })

  test('refuses a new key when it is full', () => {
    const { mailbox } = open({ capacity: 1, overflow: 'conflate', fields: { bar: 'tf' } })

    mailbox.offer(letter('bar', { tf: '1m' }))

    expect(mailbox.offer(letter('bar', { tf: '5m' }))).toEqual(FULL)
    expect(mailbox.offer(letter('bar', { tf: '1m' }))).toEqual({ ok: true })
  })

  test('tells of an overflow that fails the receiver, and refuses', () => {
    const { mailbox, told } = open({ capacity: 1, overflow: { order: 'fail' } })
    mailbox.offer(letter('order', 1))

    expect(mailbox.offer(letter('order', 2))).toEqual(FULL)
    expect(told).toEqual(['overflowed 2'])
  })

  test('puts back what was never begun in front of what came later', () => {
    const { mailbox } = open({})
    for (const n of [1, 2, 3]) mailbox.offer(letter('a', n))
    const taken = mailbox.take(2)

    mailbox.restore(taken)

    expect(contents(mailbox)).toEqual([1, 2, 3])
  })

  test('does not bring back an old bar over a newer one', () => {
    const { mailbox } = open({ overflow: 'conflate' })
    mailbox.offer(letter('bar', 'old'))
    const taken = mailbox.take(1)
    mailbox.offer(letter('bar', 'new'))

    mailbox.restore(taken)

    expect(contents(mailbox)).toEqual(['new'])
  })

  test('applies new rules to what waits', () => {
    const { mailbox } = open({})
    for (const n of [1, 2, 3]) mailbox.offer(letter('bar', n))

    mailbox.configure({ ...DEFAULT_RULES, overflow: 'conflate' })

    expect(contents(mailbox)).toEqual([3])
  })

  test('gives back the place of an ask that nobody waits for', () => {
    const { mailbox } = open({ capacity: 1 })
    const ask = letter('a', 1, 1)
    mailbox.offer(ask)

    mailbox.remove(ask)

    expect(mailbox.offer(letter('a', 2))).toEqual({ ok: true })
    expect(contents(mailbox)).toEqual([2])
  })

  test('keeps its order over thousands of messages that come and go', () => {
    const { mailbox } = open({ capacity: 10_000 })
    const seen: unknown[] = []
    for (let n = 0; n < 6_000; n++) {
      mailbox.offer(letter('a', n))
      if (n % 3 !== 0) seen.push(mailbox.shift()?.payload)
    }
    seen.push(...contents(mailbox))

    expect(seen).toEqual(Array.from({ length: 6_000 }, (_, n) => n))
  })
})

test.each(['capacity', 'window', 'concurrency'] as const)('a mailbox without any %s is refused', (limit) => {
  expect(() => rulesOf({ [limit]: 0 })).toThrow(`a mailbox has a ${limit} of at least 1, was 0`)
})
