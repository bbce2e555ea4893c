import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseFlags } from '../../src/cli/gateway.ts'
import { accountsOf, type JsonObject, createExchange } from '../../src/gateway/index.ts'
import { START, roots } from './support.ts'

const FLAGS = { port: '0', seed: 's', speed: '20' }

const post = async (rest: string, path: string, body: JsonObject, token = ''): Promise<JsonObject> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return (await (
    await fetch(rest + path, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json()) as JsonObject
}

const folder = mkdtempSync(join(tmpdir(), 'kael-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('flags of the gateway', () => {
  test.each([
    [{ port: '70000' }, /--port 70000: a port is a whole number from 0 to 65535/],
    [{ port: 'any' }, /--port any/],
    [{ speed: '0' }, /--speed 0: a speed is a number above 0/],
    [{ speed: 'fast' }, /--speed fast/],
    [{ start: 'noon' }, /--start noon: a start is an ISO-8601 instant/],
    [{ instruments: 'ES,XX' }, /--instruments XX: it is one of ES, NQ/],
    [{ seed: '' }, /--seed: a seed is not empty/],
  ])('%o is refused with value and rule', (flags, text) => {
    const parsed = parseFlags({ ...FLAGS, ...flags })

    expect(parsed.ok ? '' : parsed.error).toMatch(text)
  })

  test.each([
    ['{', /--faults .*JSON/],
    ['{}', /a schedule is a list of faults/],
    ['[{"kind":"muteMarket"}]', /\[0\]\.at undefined: it is an ISO-8601 instant/],
    ['[{"at":"2026-03-10T13:00:00Z","kind":"dropHub"}]', /\[0\]: hub undefined/],
    ['[{"at":"2026-03-10T13:00:00Z","kind":"quirks","upsideDown":true}]', /\[0\]: quirk upsideDown true/],
  ])('a schedule of faults that says %s is refused', (text, rule) => {
    const file = join(folder, 'faults.json')
    writeFileSync(file, text)
    const parsed = parseFlags({ ...FLAGS, faults: file })

    expect(parsed.ok ? '' : parsed.error).toMatch(rule)
  })

  test('what is given is what is started', () => {
    const parsed = parseFlags({
      ...FLAGS,
      speed: 'max',
      instruments: 'es, nq',
      start: '2026-03-10T12:25:00Z',
    })

    expect(parsed).toEqual({
      ok: true,
      value: {
        port: 0,
        speed: 'max',
        seed: 's',
        accounts: accountsOf('s||2026-03-10T12:25:00Z'),
        instruments: roots('ES', 'NQ'),
        start: START,
      },
    })
  })
})

describe('the process', () => {
  const stateFile = join(folder, 'state.json')
  const script = `
    import { Command } from 'commander'
    import { registerGateway } from './src/cli/gateway.ts'
    const program = new Command('kael')
    registerGateway(program)
    await program.parseAsync(['node', 'kael', 'gateway', ...process.argv.slice(1)])`

  function run(...args: string[]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, '--', ...args], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const firstLine = async (): Promise<string> => {
      while (!out.includes('\n')) await once(child.stdout, 'data')
      return out.split('\n')[0] ?? ''
    }
    const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, err }))
    return { child, firstLine, ended }
  }

  const args = [
    '--json',
    '--seed',
    'cli',
    '--instruments',
    'ES',
    '--speed',
    '1',
    '--state',
    stateFile,
    '--start',
    '2026-03-10T12:25:00Z',
  ]

  test('prints one line of addresses, and ends well when its parent closes its input', async () => {
    const gateway = run(...args, '--parent')
    const address = JSON.parse(await gateway.firstLine()) as Record<string, string>
    const pong = await (await fetch(`${address['rest']}/api/Status/ping`)).text()
    gateway.child.stdin.end()
    const { code, out } = await gateway.ended

    expect(pong).toBe('pong')
    expect(Object.keys(address)).toEqual(['rest', 'userHub', 'marketHub', 'userName', 'apiKey'])
    const { apiKey } = createExchange({
      seed: 'cli',
      start: START,
      instruments: roots('ES'),
      historyDays: 1,
    }).credentials
    expect(address['apiKey']).toBe(apiKey)
    expect(out.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(0)
  })

  test('killed outright it comes back with its position, on the same key', async () => {
    const first = run(...args)
    const before = JSON.parse(await first.firstLine()) as Record<string, string>
    const { userName = '', apiKey = '', rest = '' } = before
    const token = (await post(rest, '/api/Auth/loginKey', { userName, apiKey }))['token'] as string
    const listed = (await post(rest, '/api/Account/search', { onlyActiveAccounts: true }, token))['accounts']
    const accountId = (listed as readonly { id: number }[])[0]?.id
    const order = { accountId, contractId: 'CON.F.US.EP.H26', type: 2, side: 1, size: 1 }
    await post(rest, '/api/Order/place', order, token)
    first.child.kill('SIGKILL')
    await first.ended

    const second = run(...args)
    const after = JSON.parse(await second.firstLine()) as Record<string, string>
    const held = await post(after['rest'] ?? '', '/api/Position/searchOpen', { accountId }, token)
    second.child.kill('SIGTERM')
    const { code, err } = await second.ended

    expect(held['positions']).toMatchObject([{ type: 2, size: 1 }])
    expect(err).toMatch(/going on at/)
    expect(code).toBe(0)
  })

  test('ends with 2 on bad input and says why', async () => {
    const { code, out, err } = await run('--speed', 'warp').ended

    expect([code, out]).toEqual([2, ''])
    expect(err).toBe('kael gateway: --speed warp: a speed is a number above 0 up to 10000, or max\n')
  })
})
