import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOriginRules } from '../../src/server/origin.ts'
import { readTarget } from '../../src/server/request-target.ts'
import { createTopicLog } from '../../src/server/stream/topic-log.ts'
import { createThrottle } from '../../src/server/throttle.ts'
import type { DecisionRow, Topics } from '../../src/wire/index.ts'
import { aCondition, aDecision, someTopics } from './harness.ts'

describe('an address that is let in', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '%25',
      '%00',
      '\\',
      'api',
      'assets',
      '?',
      '#',
      '%',
      'ü',
      '%c3%bc',
    ),
    fc.string({ maxLength: 4 }),
    fc.integer({ min: 0, max: 255 }).map((code) => `%${code.toString(16).padStart(2, '0')}`),
  )
  const address = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

  test('reads the same to every parser behind the door', () => {
    fc.assert(
      fc.property(address, (raw) => {
        const target = readTarget(raw)
        if (!target.ok) return
        const url = new URL(raw, 'http://127.0.0.1')
        expect(url.host).toBe('127.0.0.1')
        expect(url.pathname).toBe(target.value.path)
        expect(`${target.value.path}${target.value.query}`).toBe(raw)
      }),
      { numRuns: 5_000 },
    )
  })

  test('hides no dot segment, separator or control character, however often it is decoded', () => {
    fc.assert(
      fc.property(address, (raw) => {
        const target = readTarget(raw)
        if (!target.ok) return
        const once = decodeURIComponent(target.value.path)
        expect(once).not.toContain('%')
        expect(once.split('/').length).toBe(target.value.path.split('/').length)
        expect(once.split('/').filter((segment) => segment === '.' || segment === '..')).toEqual([])
        expect(Array.from(once).filter((each) => each < ' ' || each === '\u007F' || each === '\\')).toEqual(
          [],
        )
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('what a page knows', () => {
  type Step =
    | { readonly kind: 'condition'; readonly text: string }
    | { readonly kind: 'decide' }
    | { readonly kind: 'redecide'; readonly which: number; readonly outcome: string }
    | { readonly kind: 'pass' }
    | { readonly kind: 'read' }

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.string({ maxLength: 3 }).map((text): Step => ({ kind: 'condition', text })),
    fc.constant<Step>({ kind: 'decide' }),
    fc.record({ which: fc.nat(20), outcome: fc.string({ maxLength: 3 }) }).map((each): Step => ({
      kind: 'redecide',
      ...each,
    })),
    fc.constant<Step>({ kind: 'pass' }),
    fc.constant<Step>({ kind: 'read' }),
  )

  test('after any changes, read at any moments, is the state as it is and every decision in its last form', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const log = createTopicLog(1_000)
        let topics = someTopics()
        log.advance(topics)
        let seen = log.revision
        const page: { conditions: Topics['conditions']; decisions: Map<string, DecisionRow> } = {
          conditions: topics.conditions,
          decisions: new Map(),
        }
        const read = (): void => {
          const changes = log.since(seen)
          if (changes === undefined) throw new Error('the log is complete for so few changes')
          const changed = JSON.parse(changes.topics) as Partial<Topics>
          if (changed.conditions !== undefined) page.conditions = changed.conditions
          for (const row of JSON.parse(changes.decisions) as DecisionRow[]) page.decisions.set(row.id, row)
          seen = log.revision
        }

        for (const each of steps) {
          if (each.kind === 'condition') topics = { ...topics, conditions: [aCondition('a', each.text)] }
          if (each.kind === 'decide') {
            topics = { ...topics, decisions: [aDecision(topics.decisions.length + 1), ...topics.decisions] }
          }
          if (each.kind === 'redecide') {
            const { which, outcome } = each
            topics = {
              ...topics,
              decisions: topics.decisions.map((row) => (row.seq === which ? { ...row, outcome } : row)),
            }
          }
          if (each.kind === 'pass') log.pass()
          else if (each.kind === 'read') read()
          else log.advance(topics)
        }
        read()

        expect(page.conditions).toEqual(topics.conditions)
        expect([...page.decisions.values()].sort((a, b) => b.seq - a.seq)).toEqual(topics.decisions)
      }),
      { numRuns: 300 },
    )
  })

  test('a topic that is written anew with the same content is no change', () => {
    const log = createTopicLog(1_000)
    log.advance({ ...someTopics(), conditions: [aCondition('a', 'one')] })
    const seen = log.revision
    log.advance({ ...someTopics(), conditions: [aCondition('a', 'one')] })

    expect(log.since(seen)?.isEmpty).toBe(true)
  })

  test('what the log has forgotten is not told in part: the page must ask anew', () => {
    const log = createTopicLog(1_000)
    log.advance(someTopics())
    const seen = log.revision
    for (let seq = 1; seq <= 2_500; seq++) log.advance({ ...someTopics(), decisions: [aDecision(seq)] })

    expect(log.since(seen)).toBeUndefined()
    expect(JSON.parse(log.since(log.revision - 1_900)?.decisions ?? '[]')).toHaveLength(1_900)
  })
})

describe('throttle', () => {
  test('over any stretch no key gets more than the burst and one for every interval', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 80 }), (pauses) => {
        let now = 0
        const throttle = createThrottle({ burst: 5, everyMs: 1_000, monotonic: () => now })
        const given: number[] = []
        for (const pause of pauses) {
          now += pause
          if (throttle.take('tina').ok) given.push(now)
        }
        for (const [first, from] of given.entries()) {
          for (let last = first; last < given.length; last++) {
            const most = 5 + Math.floor(((given[last] ?? 0) - from) / 1_000 + 1e-9)
            expect(last - first + 1).toBeLessThanOrEqual(most)
          }
        }
      }),
    )
  })

  test('ten thousand guesses in a minute get at most seven on one name', () => {
    let now = 0
    const throttle = createThrottle({ burst: 5, everyMs: 30_000, monotonic: () => now })
    let given = 0
    for (let i = 0; i < 10_000; i++) {
      now = i * 6
      if (throttle.take('tina').ok) given += 1
    }

    expect(given).toBeLessThanOrEqual(7)
  })

  test('strangers by the hundred thousand do not fill the memory, and the newest are throttled all the same', () => {
    const throttle = createThrottle({ burst: 1, everyMs: 1_000, monotonic: () => 0 })
    for (let i = 0; i < 100_000; i++) throttle.take(`stranger-${i}`)

    expect(throttle.take('stranger-99999').ok).toBe(false)
    // The oldest was forgotten, so it starts anew: that is the price of a bound.
    expect(throttle.take('stranger-0').ok).toBe(true)
  })

  test('says how long to wait, and names a row of refusals once', () => {
    let now = 0
    const throttle = createThrottle({ burst: 1, everyMs: 1_000, monotonic: () => now })
    throttle.take('tina')
    now = 400

    expect(throttle.take('tina')).toEqual({ ok: false, retryAfterMs: 600, isFirst: true })
    expect(throttle.take('tina')).toEqual({ ok: false, retryAfterMs: 600, isFirst: false })
  })
})

const local = createOriginRules('127.0.0.1', undefined)

const fault = (origin: string): string | undefined => local.faultOfOrigin({ host: '127.0.0.1:8787', origin })

describe('our own origin', () => {
  const outside = createOriginRules('0.0.0.0', 'https://kael.example.org')

  test('is scheme, name and port together', () => {
    expect(fault('http://127.0.0.1:8787')).toBeUndefined()
    for (const origin of [
      'https://127.0.0.1:8787',
      'http://127.0.0.1',
      'http://127.0.0.1:87870',
      'http://localhost:8787',
      'http://127.0.0.1:8787.evil.example',
      'http://127.0.0.1:8787/',
      'null',
      '',
    ]) {
      expect([origin, fault(origin)]).toEqual([origin, expect.stringContaining('Origin') as string])
    }
  })

  test('behind a proxy that ends TLS is the public one, and this machine by its address', () => {
    const outsideFault = (host: string, origin: string): string | undefined =>
      outside.faultOfOrigin({ host, origin })
    expect(outsideFault('kael.example.org', 'https://kael.example.org')).toBeUndefined()
    expect(outsideFault('127.0.0.1:8787', 'http://127.0.0.1:8787')).toBeUndefined()
    expect(outsideFault('kael.example.org', 'http://kael.example.org')).toBeDefined()
    expect(outside.faultOfHost('kael.example.org')).toBeUndefined()
    expect(outside.faultOfHost('other.example.org')).toBeDefined()
  })
})
