import { describe, expect, test } from 'vitest'
import { SHOWN_STATES, type ShownState } from '../../src/wire/index.ts'
import { shareOf } from '../../web/src/components/risk-share.ts'
import { NO_CONTACT, seenThrough, unknownWithoutContact } from '../../web/src/state/provenance.ts'
import { NOW, inState, missing, shown } from './fixtures/shown.ts'

describe('what a value is worth on this page', () => {
  test('with contact it is worth what the platform says', () => {
    for (const state of SHOWN_STATES.filter((each) => each !== 'unknown')) {
      expect(seenThrough(inState(7, state, 100), 'held').state).toBe(state)
    }
  })

  test('without contact nothing keeps looking fresh, whatever it was', () => {
    const fresh: readonly ShownState[] = [
      'current',
      'quiet',
      'delayed',
      'simulated',
      'declared',
      'closed',
      'stale',
    ]
    for (const state of fresh) {
      expect(seenThrough(inState(7, state, 100), 'lost')).toEqual({
        value: 7,
        state: 'stale',
        why: NO_CONTACT,
      })
    }
  })

  test('without contact a disputed or unknown value does not improve to stale', () => {
    expect(seenThrough(inState('a or b', 'disputed', 100), 'lost').state).toBe('disputed')
    expect(seenThrough(missing<number>(), 'lost').state).toBe('unknown')
  })

  test('a value that is not there is unknown, although its state claims that it is current', () => {
    expect(seenThrough(shown<number>(null), 'held').state).toBe('unknown')
  })

  test('what must not be believed without contact loses its value, not only its freshness', () => {
    expect(unknownWithoutContact(shown('RUNTIME SIM'), 'lost').value).toBeNull()
    expect(unknownWithoutContact(shown('RUNTIME SIM'), 'held').value).toBe('RUNTIME SIM')
  })
})

describe('the share of the day limit', () => {
  test('is as bad as its worst input and as old as its oldest', () => {
    const share = shareOf(
      inState(-85e6, 'stale', 9_000),
      shown(-400e6, { state: 'declared', asOf: NOW - 60_000 }),
    )

    expect(share).toMatchObject({ value: 0.2125, state: 'stale', asOf: NOW - 60_000 })
  })

  test('is unknown when either is, and never zero', () => {
    expect(shareOf(missing(), shown(-400e6)).value).toBeNull()
    expect(shareOf(shown(-85e6), missing()).value).toBeNull()
  })

  test('a gain takes nothing of the limit', () => {
    expect(shareOf(shown(85e6), shown(-400e6)).value).toBe(0)
  })

  test('a limit of zero is no limit to take a share of', () => {
    expect(shareOf(shown(-85e6), shown(0)).value).toBeNull()
  })
})
