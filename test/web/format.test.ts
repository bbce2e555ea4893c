import { describe, expect, test } from 'vitest'
import { formatPrice } from '../../web/src/format/numbers.ts'

describe('numbers on screen', () => {
  test('a price has the decimals of its instrument, also when they are zero', () => {
    expect(formatPrice(79_738, { tickSize: 0.25, decimals: 2 })).toBe('19,934.50')
  })
})
