import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpRequest, createHttpSender, isLoopback } from '../../src/brokers/topstepx/transport.ts'
import { type Answer, type ScriptedServer, scriptedServer, success } from './support.ts'

const servers: ScriptedServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((each) => each.close()))
})

async function serve(answer: Answer): Promise<ScriptedServer> {
  const server = await scriptedServer({ '/api/x': answer })
  servers.push(server)
  return server
}

const aRequest = (fields: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  path: '/api/x',
  headers: {},
  body: '{}',
  timeoutMs: 2_000,
  bytesMax: 1_000,
  ...fields,
})

describe('one request', () => {
  test('is sent once, with its body, and its answer comes back with the clock of the server', async () => {
    const server = await serve(() => success({ n: 1 }))
    const sender = createHttpSender(server.url)

    const outcome = await sender.send(aRequest({ body: '{"a":1}' }))

    expect(outcome).toMatchObject({ kind: 'answered', status: 200 })
    expect(outcome.kind === 'answered' && outcome.date).toBeGreaterThan(1_700_000_000_000)
    expect(server.asked.map((each) => each.body)).toEqual([{ a: 1 }])
  })

  test('that found no listener was not sent, and may be repeated', async () => {
    const server = await serve(() => success())
    await server.close()
    servers.length = 0

    const outcome = await createHttpSender(server.url).send(aRequest())

    expect(outcome).toMatchObject({ kind: 'notSent', fault: { code: 'DISCONNECTED', retry: 'safe' } })
  })

  test('whose connection dies after the bytes went out is lost: it may have arrived', async () => {
    const server = await serve((_asked, response) => {
      response.destroy()
    })

    const outcome = await createHttpSender(server.url).send(aRequest())

    expect(outcome).toMatchObject({ kind: 'lost', fault: { code: 'DISCONNECTED', retry: 'afterReconcile' } })
    expect(server.asked).toHaveLength(1)
  })

  test('on a kept connection that the server has dropped is lost, and is not sent again by anybody below', async () => {
    const server = await serve((_asked, response, count) => {
      if (count === 1) return success()
      response.destroy()
      return undefined
    })
    const sender = createHttpSender(server.url)

    await sender.send(aRequest())
    const outcome = await sender.send(aRequest())

    expect(outcome.kind).toBe('lost')
    expect(server.asked).toHaveLength(2)
  })

  test('without an answer ends at its deadline, counted from the call to the last byte', async () => {
    const server = await serve((_asked, response) => {
      response.writeHead(200).write('{"slow":')
    })

    const outcome = await createHttpSender(server.url).send(aRequest({ timeoutMs: 60 }))

    expect(outcome).toMatchObject({ kind: 'lost', fault: { code: 'TIMEOUT' } })
  })

  test('to a host that accepts and never speaks TLS is not sent', async () => {
    const mute = createServer(() => undefined)
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo

    const outcome = await createHttpSender(`https://127.0.0.1:${port}`).send(aRequest({ timeoutMs: 60 }))

    expect(outcome).toMatchObject({ kind: 'notSent', fault: { code: 'TIMEOUT' } })
    mute.close()
  })

  test('takes no reply longer than its cap', async () => {
    const server = await serve((_asked, response) => {
      response.writeHead(200).end('x'.repeat(5_000))
    })

    const outcome = await createHttpSender(server.url).send(aRequest({ bytesMax: 1_000 }))

    expect(outcome).toMatchObject({ kind: 'lost', fault: { code: 'MALFORMED' } })
  })

  test('whose reply is cut short is lost, not half believed', async () => {
    const server = await serve((_asked, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"success":true')
      setImmediate(() => response.destroy())
    })

    expect((await createHttpSender(server.url).send(aRequest())).kind).toBe('lost')
  })

  test('follows no redirect', async () => {
    const server = await serve((_asked, response) => {
      response.writeHead(302, { Location: '/api/elsewhere' }).end()
    })

    const outcome = await createHttpSender(server.url).send(aRequest())

    expect(outcome).toMatchObject({ kind: 'answered', status: 302 })
    expect(server.asks('/api/elsewhere')).toEqual([])
  })

  test('goes to the one host that was configured, by https unless it is this machine', () => {
    expect(() => createHttpSender('http://api.example.com')).toThrow(/reached by https/)
    expect(() => createHttpSender('ftp://127.0.0.1')).toThrow(/reached by https/)
    expect(['127.0.0.1', 'localhost', '[::1]'].every(isLoopback)).toBe(true)
    expect(['127.0.0.1.example.com', '10.0.0.1', 'localhost.example.com'].some(isLoopback)).toBe(false)
  })
})
