import { describe, expect, test } from 'vitest'
import { interruptSteps } from '../../src/cli/interrupt.ts'

function at(times: readonly number[]): readonly string[] {
  let now = 0
  const step = interruptSteps(() => now)
  return times.map((time) => {
    now = time
    return step()
  })
}

describe('an interrupt', () => {
  test('the first one drains', () => {
    expect(at([7_000])).toEqual(['drain'])
  })

  test('one Ctrl-C that npm passes on a second time is one interrupt', () => {
    expect(at([7_000, 7_000, 7_499])).toEqual(['drain', 'same', 'same'])
  })

  test('a person who asks again ends it at once', () => {
    expect(at([7_000, 7_002, 7_500])).toEqual(['drain', 'same', 'end-now'])
  })
})
