import { describe, expect, test } from 'vitest'
import {
  type CallObservation,
  type MutatingCall,
  TAG_LENGTH_MAX,
  bracketChildOf,
  classify,
  entryTag,
  nextStopUnit,
  stopTag,
} from '../../src/execution/index.ts'

const reply = (changes: Partial<Extract<CallObservation, { kind: 'reply' }>>): CallObservation => ({
  kind: 'reply',
  httpStatus: 200,
  success: false,
  errorCode: 0,
  errorMessage: undefined,
  orderId: undefined,
  ...changes,
})

describe('an answer', () => {
  test('with an order id is a yes', () => {
    expect(classify('place', reply({ success: true, orderId: '1001' }))).toEqual({
      kind: 'accepted',
      orderId: '1001',
    })
  })

  test('that says yes without an order id is not one', () => {
    expect(classify('place', reply({ success: true }))).toMatchObject({ kind: 'unknown' })
    expect(classify('cancel', reply({ success: true }))).toMatchObject({ kind: 'accepted' })
  })

  test.each([1, 2, 3, 4, 5, 8, 9, 10])('to a place with code %i is a no', (errorCode) => {
    expect(classify('place', reply({ errorCode, errorMessage: 'text' }))).toEqual({
      kind: 'rejected',
      errorCode,
      text: 'text',
      orderId: undefined,
    })
  })

  test.each([6, 7, 11, 99, -1])('to a place with code %i is neither', (errorCode) => {
    expect(classify('place', reply({ errorCode }))).toMatchObject({ kind: 'unknown' })
  })

  test('that rejects may carry an order id, and it is kept', () => {
    expect(classify('place', reply({ errorCode: 2, orderId: '1002' }))).toMatchObject({
      kind: 'rejected',
      orderId: '1002',
    })
  })

  test('with code 2 to a tag that may already be there says nothing: a duplicate looks the same', () => {
    expect(classify('place', reply({ errorCode: 2 }), { isFirst: false })).toMatchObject({ kind: 'unknown' })
    expect(classify('place', reply({ errorCode: 3 }), { isFirst: false })).toMatchObject({ kind: 'rejected' })
  })

  test.each<readonly [MutatingCall, readonly number[]]>([
    ['place', [1, 2, 3, 4, 5, 8, 9, 10]],
    ['modify', [1, 2, 3, 6, 7]],
    ['cancel', [1, 6]],
    ['closeContract', [1, 2, 3, 4, 5, 8]],
    ['partialCloseContract', [1, 2, 3, 4, 5, 6, 9]],
  ])('to %s is a no with its own codes and with no other', (call, definite) => {
    const refused = Array.from({ length: 20 }, (_, errorCode) => errorCode).filter(
      (errorCode) => classify(call, reply({ errorCode })).kind === 'rejected',
    )

    expect(refused).toEqual(definite)
  })
})

describe('no answer', () => {
  test.each<readonly [string, CallObservation]>([
    ['a time-out', { kind: 'noReply', why: 'timeout' }],
    ['a reset', { kind: 'noReply', why: 'reset' }],
    ['our own abort', { kind: 'noReply', why: 'aborted' }],
    ['a crash', { kind: 'noReply', why: 'crashed' }],
    ['HTTP 401', { kind: 'badReply', httpStatus: 401, detail: '' }],
    ['HTTP 429', { kind: 'badReply', httpStatus: 429, detail: '' }],
    ['HTTP 500', { kind: 'badReply', httpStatus: 500, detail: '' }],
    ['a page instead of a reply', { kind: 'badReply', httpStatus: 200, detail: '<html>' }],
    ['an error status with a good body', reply({ httpStatus: 503, success: true, orderId: '1' })],
    ['success with an error code', reply({ success: true, errorCode: 2, orderId: '1' })],
    ['failure without an error code', reply({ success: false, errorCode: 0, orderId: '1' })],
  ])('%s is not a no', (_, observed) => {
    expect(classify('place', observed)).toMatchObject({ kind: 'unknown' })
  })

  test('a request of which no byte was written was not sent, unless an earlier one was', () => {
    const refused: CallObservation = { kind: 'notWritten', detail: 'ECONNREFUSED' }

    expect(classify('place', refused)).toEqual({ kind: 'notSent', detail: 'ECONNREFUSED' })
    expect(classify('place', refused, { isFirst: false })).toMatchObject({ kind: 'unknown' })
  })
})

describe('tags', () => {
  test('one signal has one tag on every start, and another has another', () => {
    expect(entryTag('2026-03-10', '2022-MNQ-5m-20260310T1440-L')).toBe(
      entryTag('2026-03-10', '2022-MNQ-5m-20260310T1440-L'),
    )
    expect(entryTag('2026-03-10', 'a')).not.toBe(entryTag('2026-03-10', 'b'))
    expect(entryTag('2026-03-10', 'a')).toMatch(/^k-20260310-[0-9a-f]{24}$/)
  })

  test('leave room for what a bracket child appends', () => {
    expect(`${entryTag('2026-03-10', 'x'.repeat(500))}-SL`.length).toBeLessThanOrEqual(TAG_LENGTH_MAX)
    expect(stopTag('9'.repeat(TAG_LENGTH_MAX - 5), 1)).toHaveLength(TAG_LENGTH_MAX)
    expect(() => stopTag('9'.repeat(60), 1)).toThrow('at most 50 characters')
    expect(() => stopTag('1', 0)).toThrow('count from 1')
  })

  test('a protective unit is never used again, whatever became of it', () => {
    const used = [stopTag('88010001', 1), stopTag('88010001', 4), stopTag('88010002', 9), 'sl-88010001-x']

    expect(nextStopUnit('88010001', used)).toBe(5)
    expect(nextStopUnit('88010003', used)).toBe(1)
  })

  test('a bracket child names its entry and its leg', () => {
    expect(bracketChildOf('k-1-SL')).toEqual({ entryTag: 'k-1', leg: 'stop' })
    expect(bracketChildOf('k-1-TP')).toEqual({ entryTag: 'k-1', leg: 'target' })
    expect(bracketChildOf('k-1')).toBeUndefined()
  })
})
