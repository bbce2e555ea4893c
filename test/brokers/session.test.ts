import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret, seededRandom } from '../../src/lib/index.ts'
import { createSession } from '../../src/brokers/index.ts'
import { ENDPOINT_ERRORS, LOGIN_REFUSALS } from '../../src/brokers/topstepx/errors.ts'
import {
  type Answer,
  START,
  type ScriptedServer,
  eventually,
  linkTo,
  refusal,
  scriptedServer,
  success,
} from './support.ts'

const LOGIN = '/api/Auth/loginKey'
const VALIDATE = '/api/Auth/validate'
const HOUR = 3_600_000

const servers: ScriptedServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((each) => each.close()))
})

async function sessionWith(answers: Readonly<Record<string, Answer>>, userName = 'jdoe42', seed = 'brokers') {
  const server = await scriptedServer(answers)
  servers.push(server)
  const link = { ...linkTo(server.url), random: seededRandom(seed) }
  const session = createSession({ link, userName, apiKey: new Secret('canary-key') })
  return { server, link, session }
}

const givesToken: Answer = (_asked, _response, count) => success({ token: `token-${count}` })

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function jwt(iat: number, exp: number): string {
  return `${part({ alg: 'HS256' })}.${part({ iat, exp })}.signature`
}

describe('sign-in', () => {
  test('sends the user name trimmed and whatever its form, and keeps the token', async () => {
    const { session, server } = await sessionWith({ [LOGIN]: givesToken }, '  j.doe@example.com ')

    const result = await session.login()

    expect(result.ok && result.value.token.reveal()).toBe('token-1')
    expect(session.token()?.reveal()).toBe('token-1')
    expect(server.asked[0]?.body).toEqual({ userName: 'j.doe@example.com', apiKey: 'canary-key' })
    expect(server.asked[0]?.headers.authorization).toBeUndefined()
  })

  test('every login code has words of its own, and none is tried a second time', async () => {
    const names = ENDPOINT_ERRORS[LOGIN].slice(1)
    for (const [index, name] of names.entries()) {
      const { session, server } = await sessionWith({ [LOGIN]: () => refusal(index + 1) })

      const first = await session.login()
      const second = await session.login()

      expect(first).toMatchObject({ ok: false, error: { code: 'LOGIN_REFUSED', retry: 'never' } })
      expect(!first.ok && first.error.detail).toContain(LOGIN_REFUSALS[name as keyof typeof LOGIN_REFUSALS])
      expect(second).toEqual(first)
      expect(server.asked).toHaveLength(1)
    }
  })

  test('a wrong user or key is explained: what you type to sign in, not a display name', async () => {
    const { session } = await sessionWith({ [LOGIN]: () => refusal(3) })

    expect(await session.login()).toMatchObject({
      error: { detail: expect.stringContaining('Use exactly what you type to sign in') },
    })
  })

  test('a login code that is new to us is refused with its number and the words of the broker', async () => {
    const { session } = await sessionWith({ [LOGIN]: () => refusal(77, 'closed on Sundays') })

    expect(await session.login()).toMatchObject({
      error: { code: 'LOGIN_REFUSED', detail: expect.stringMatching(/77.*closed on Sundays/) },
    })
  })

  test('trouble on the way is tried again: a login has no effect that could double', async () => {
    const { session, server } = await sessionWith({
      [LOGIN]: (asked, response, count) => (count < 3 ? { status: 502 } : givesToken(asked, response, 1)),
    })

    expect((await session.login()).ok).toBe(true)
    expect(server.asked).toHaveLength(3)
  })

  test('a token that could not stand in a header is no token', async () => {
    for (const token of ['', 'a b', 'a\r\nX-Evil: 1', 7, null, 'x'.repeat(9_000)]) {
      const { session } = await sessionWith({ [LOGIN]: () => success({ token }) })

      expect(await session.login()).toMatchObject({ ok: false, error: { code: 'MALFORMED' } })
      expect(session.token()).toBeUndefined()
    }
  })

  test('callers at the same time share one login', async () => {
    const { session, server } = await sessionWith({ [LOGIN]: givesToken })

    const all = await Promise.all([session.login(), session.replace(undefined), session.renew()])

    expect(all.every((each) => each.ok)).toBe(true)
    expect(server.asks(LOGIN)).toHaveLength(1)
  })

  test('who comes with a token that was replaced already gets the new one without a login', async () => {
    const { session, server } = await sessionWith({ [LOGIN]: givesToken })
    await session.login()
    await session.replace(session.token())

    const found = await session.replace(new Secret('token-1'))

    expect(found.ok && found.value.reveal()).toBe('token-2')
    expect(server.asks(LOGIN)).toHaveLength(2)
  })

  test('neither key nor token is in any text that is made of the session', async () => {
    const { session } = await sessionWith({ [LOGIN]: () => success({ token: 'canary-token' }) })
    const result = await session.login()

    const texts = [
      inspect({ result, session, held: session.signedIn() }, { depth: 9, showHidden: true }),
      JSON.stringify({ result, held: session.signedIn() }),
      String(session.token()),
    ]

    for (const text of texts) expect(text).not.toMatch(/canary/)
    expect(texts[2]).toBe('[redacted]')
  })
})

describe('renewal', () => {
  test('falls between half and nine tenths of the life, not always at the same point', async () => {
    const due: number[] = []
    for (const seed of ['a', 'b', 'c', 'd', 'e']) {
      const { session, link, server } = await sessionWith(
        { [LOGIN]: givesToken, [VALIDATE]: () => success({ newToken: null }) },
        'jdoe42',
        seed,
      )
      await session.login()
      for (let hour = 0; hour < 24 && server.asks(VALIDATE).length === 0; hour += 0.1) {
        link.clock.advance(HOUR / 10)
        await new Promise((resolve) => setTimeout(resolve, 1))
        if (link.general.waiting() === 0 && server.asks(VALIDATE).length > 0) due.push(hour)
      }
      session.close()
    }

    expect(due).toHaveLength(5)
    expect(Math.min(...due)).toBeGreaterThanOrEqual(11.5)
    expect(Math.max(...due)).toBeLessThan(22.5)
    expect(new Set(due).size).toBeGreaterThan(2)
  })

  test('takes the new token, and tells whoever holds a copy', async () => {
    const { session, server } = await sessionWith({
      [LOGIN]: givesToken,
      [VALIDATE]: () => success({ newToken: 'renewed' }),
    })
    const told: string[] = []
    session.onToken(({ token }) => told.push(token.reveal()))
    await session.login()

    await session.renew()

    expect(session.token()?.reveal()).toBe('renewed')
    expect(told).toEqual(['token-1', 'renewed'])
    expect(server.asks(VALIDATE)[0]).toMatchObject({ text: '' })
    expect(server.asks(VALIDATE)[0]?.headers.authorization).toBe('Bearer token-1')
  })

  test.each([
    ['null', { newToken: null }],
    ['absent', {}],
  ])('keeps the old token when the new one is %s', async (_what, fields) => {
    const { session } = await sessionWith({ [LOGIN]: givesToken, [VALIDATE]: () => success(fields) })
    await session.login()

    expect((await session.renew()).ok).toBe(true)
    expect(session.token()?.reveal()).toBe('token-1')
    expect(session.validatedAt()).toBe(START)
  })

  test.each([
    ['an expired session', () => refusal(3)],
    ['HTTP 401', () => ({ status: 401 })],
  ] as const)('of %s falls back to the login', async (_what, answer) => {
    const { session, server } = await sessionWith({ [LOGIN]: givesToken, [VALIDATE]: answer })
    await session.login()

    expect((await session.renew()).ok).toBe(true)
    expect(session.token()?.reveal()).toBe('token-2')
    expect(server.asks(LOGIN)).toHaveLength(2)
  })

  test('that finds nobody keeps the token while it may be valid, and is tried again a minute later', async () => {
    let isUp = false
    const { session, link, server } = await sessionWith({
      [LOGIN]: givesToken,
      [VALIDATE]: () => (isUp ? success({ newToken: 'late' }) : { status: 503 }),
    })
    await session.login()
    expect(await session.renew()).toMatchObject({ ok: false, error: { code: 'SERVER_ERROR' } })
    expect(session.token()?.reveal()).toBe('token-1')

    isUp = true
    link.clock.advance(60_000)

    await eventually(() => session.token()?.reveal() === 'late')
    expect(server.asks(LOGIN)).toHaveLength(1)
  })

  test('goes by what the token says of its own life, and by a day when it says nothing', async () => {
    const seconds = START / 1_000
    const lives: (number | undefined)[] = []
    for (const token of [jwt(seconds, seconds + 7_200), 'opaque', jwt(seconds, seconds - 5), 'a.%%%.c']) {
      const { session } = await sessionWith({ [LOGIN]: () => success({ token }) })
      const result = await session.login()
      lives.push(result.ok ? (result.value.expiresAt - START) / HOUR : undefined)
      session.close()
    }

    expect(lives).toEqual([2, 24, 24, 24])
  })
})
