import { describe, expect, test } from 'vitest'
import {
  type Configuration,
  environmentSource,
  faultLine,
  readConfiguration,
} from '../../src/config/index.ts'

const fromEnvironment = (env: Record<string, string>) => readConfiguration([environmentSource(env)])

function accepted(env: Record<string, string> = {}): Configuration {
  const read = fromEnvironment(env)
  if (!read.ok) throw new Error(faultLine(read.error))
  return read.value
}

function refusal(env: Record<string, string>): string {
  const read = fromEnvironment(env)
  return read.ok ? 'accepted' : faultLine(read.error)
}

describe('configuration', () => {
  test('with nothing set, the simulated route on loopback, thirteen instruments at twenty times real time', () => {
    expect(accepted()).toMatchObject({
      route: 'gateway-sim',
      host: '127.0.0.1',
      port: 8787,
      speed: 20,
      databaseUrl: undefined,
      gateway: undefined,
    })
    expect(accepted().instruments).toHaveLength(13)
  })

  test('a port that is none is refused with the value, the rule and the fix', () => {
    expect(refusal({ KAEL_PORT: '99999' })).toBe(
      'KAEL_PORT=99999: a port is 0 to 65535. Set a whole number from 0 to 65535',
    )
    expect(refusal({ KAEL_PORT: '80a' })).toContain('KAEL_PORT=80a')
  })

  test('two places that set one key differently are an error that names both', () => {
    const read = readConfiguration([
      environmentSource({ KAEL_PORT: '8000' }),
      { name: 'kael.config.json', values: { KAEL_PORT: 9000 } },
    ])

    expect(read).toMatchObject({
      ok: false,
      error: { key: 'KAEL_PORT', rule: 'the environment says "8000" and kael.config.json says otherwise' },
    })
  })

  test('two places that agree are no conflict', () => {
    const read = readConfiguration([
      environmentSource({ KAEL_PORT: '8000' }),
      { name: 'kael.config.json', values: { KAEL_PORT: 8000 } },
    ])

    expect(read).toMatchObject({ ok: true, value: { port: 8000 } })
  })

  test('a mistyped key of ours is refused, a key of somebody else is not ours to judge', () => {
    expect(refusal({ KAEL_PROT: '8000' })).toContain('a key that Kael does not have')
    expect(accepted({ LANG: 'C', NODE_ENV: 'production' }).port).toBe(8787)
  })

  test('the simulated route never leaves this machine', () => {
    const line = refusal({
      TOPSTEPX_API_URL: 'https://broker.example',
      TOPSTEPX_USERNAME: 'jdoe42',
      TOPSTEPX_API_KEY: 'key-0123456789',
    })

    expect(line).toContain('TOPSTEPX_API_URL=https://broker.example')
    expect(line).toContain('loopback only')
  })

  test('a gateway is named whole: address, user name and key', () => {
    expect(refusal({ TOPSTEPX_API_URL: 'http://127.0.0.1:5055', TOPSTEPX_USERNAME: 'jdoe42' })).toContain(
      'TOPSTEPX_API_KEY',
    )
    expect(refusal({ TOPSTEPX_USERNAME: 'jdoe42' })).toContain('goes with TOPSTEPX_API_URL')
  })

  test('the hubs of a gateway follow its address unless they are named', () => {
    const { gateway } = accepted({
      TOPSTEPX_API_URL: 'http://127.0.0.1:5055/',
      TOPSTEPX_USERNAME: 'jdoe42',
      TOPSTEPX_API_KEY: 'key-0123456789',
    })

    expect(gateway).toMatchObject({
      rest: 'http://127.0.0.1:5055',
      userHub: 'http://127.0.0.1:5055/hubs/user',
      marketHub: 'http://127.0.0.1:5055/hubs/market',
    })
  })

  test('a refused secret is not repeated', () => {
    expect(refusal({ DATABASE_URL: 'mysql://root:hunter2@127.0.0.1/x' })).not.toContain('hunter2')
    expect(refusal({ KAEL_FIRST_LOGIN: 'short' })).not.toContain('short"')
  })

  test('an instrument that is not in the roster, or twice in the list, is refused by name', () => {
    expect(refusal({ KAEL_INSTRUMENTS: 'MNQ,DAX' })).toContain('"DAX" is not an instrument')
    expect(refusal({ KAEL_INSTRUMENTS: 'MNQ,MNQ' })).toContain('MNQ is named twice')
  })

  test('a route that this version does not have is refused, not half started', () => {
    expect(refusal({ KAEL_ROUTE: 'broker' })).toContain('this version has the route gateway-sim')
  })

  test('a host beyond loopback is refused, because there is no TLS', () => {
    expect(refusal({ KAEL_HOST: '0.0.0.0' })).toContain('loopback only')
  })

  test('speed max means as fast as consumed; zero, negative and words are refused', () => {
    expect(accepted({ KAEL_SPEED: 'max' }).speed).toBe(0)
    expect(refusal({ KAEL_SPEED: '0' })).toContain('above 0')
    expect(refusal({ KAEL_SPEED: '-3' })).toContain('above 0')
    expect(refusal({ KAEL_SPEED: 'fast' })).toContain('KAEL_SPEED=fast')
  })
})
