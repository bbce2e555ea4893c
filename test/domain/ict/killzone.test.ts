import { describe, expect, test } from 'vitest'
import { DEFAULT_PARAMETERS, DEMO_PARAMETERS } from '../../../src/domain/ict/index.ts'
import { nextSetupWindow, setupWindowAt, timeQuality } from '../../../src/domain/ict/killzone.ts'

/** New York is four hours behind UTC on 10 March 2026. */
const at = (clock: string): number => Date.parse(`2026-03-10T${clock}:00-04:00`)

const counts = (clock: string): boolean => setupWindowAt(at(clock), DEFAULT_PARAMETERS) !== undefined

describe('windows of the 2022 model', () => {
  test('sweeps count from 08:30 to 11:00 and from 13:30 to 15:00, ends excluded', () => {
    expect(['08:29', '08:30', '10:59', '11:00', '13:30', '14:59', '15:00'].map(counts)).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
    ])
  })

  test('London counts only when it is asked for', () => {
    expect(setupWindowAt(at('03:00'), DEFAULT_PARAMETERS)).toBeUndefined()
    expect(setupWindowAt(at('03:00'), DEMO_PARAMETERS)?.window.label).toBe('London')
  })

  test('the end of a window is an instant of its own day', () => {
    expect(setupWindowAt(at('09:47'), DEFAULT_PARAMETERS)?.endsAt).toBe(at('11:00'))
  })

  test('after the last window of a day the first of the next is named', () => {
    expect(nextSetupWindow(at('16:00'), DEFAULT_PARAMETERS).label).toBe('NY AM')
    expect(nextSetupWindow(at('12:00'), DEFAULT_PARAMETERS).label).toBe('NY PM')
  })
})

describe('time of day', () => {
  test('a silver bullet hour or a macro inside a kill zone is best', () => {
    expect(timeQuality(at('10:30'), '5m').share).toBe(1)
    expect(timeQuality(at('08:55'), '5m').share).toBe(1)
    expect(timeQuality(at('08:45'), '5m').share).toBe(0.8)
  })

  test('bars above five minutes are too long for macros', () => {
    expect(timeQuality(at('08:55'), '15m').share).toBe(0.8)
  })

  test('lunch earns nothing, other regular hours little', () => {
    expect(timeQuality(at('12:30'), '5m').share).toBe(0)
    expect(timeQuality(at('11:30'), '5m').share).toBe(0.3)
    expect(timeQuality(at('06:30'), '5m').share).toBe(0)
  })
})
