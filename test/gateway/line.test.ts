import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { type HubConnection, openConnection } from '../../src/gateway/hub-connection.ts'
import { createPace } from '../../src/gateway/pace.ts'

/** A socket that is a list of what it was told, and a clock that is a number. */
function line() {
  const told: string[] = []
  let now = 0
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: (text: string) => void told.push(text.replaceAll('\u001e', '|')),
    ping: () => void told.push('(ping)'),
    close: (code: number) => void told.push(`(close ${code})`),
    terminate: () => void told.push('(terminate)'),
  })
  const ended: HubConnection[] = []
  const connection = openConnection(socket as unknown as WebSocket, 'market', {
    monotonicMs: () => now,
    methods: new Map([['subscribecontractquotes', () => ({ name: 'quotes X', isOn: true })]]),
    onSubscribed: () => undefined,
    onEnd: (each) => void ended.push(each),
  })
  return {
    connection,
    told,
    ended,
    hear: (text: string) => socket.emit('message', Buffer.from(text.replaceAll('|', '\u001e')), false),
    hearBytes: () => socket.emit('message', Buffer.from([1, 2, 3]), true),
    pong: () => socket.emit('pong'),
    /** Lets real time pass and the gateway look after its lines, as it does every second. */
    pass: (seconds: number): void => {
      for (let i = 0; i < seconds; i++) {
        now += 1_000
        connection.tend(now)
      }
    },
  }
}

const HELLO = '{"protocol":"json","version":1}|'

describe('an open line', () => {
  test('is kept warm: a ping before 15 seconds have passed without a record', () => {
    const { told, hear, pass } = line()
    hear(HELLO)
    pass(13)
    expect(told).toEqual(['{}|'])
    pass(1)
    expect(told).toEqual(['{}|', '{"type":6}|'])
    hear('{"type":6}|')
    pass(14)

    expect(told).toHaveLength(3)
  })

  test('that carries records needs no ping', () => {
    const { told, hear, pass, connection } = line()
    hear(HELLO)
    for (let i = 0; i < 3; i++) {
      pass(8)
      hear('{"type":6}|')
      connection.send('{"type":1}|')
    }

    expect(told.filter((each) => each.includes('"type":6'))).toEqual([])
  })

  test('is ended when its client has been silent for 30 seconds, and may come back', () => {
    const { told, hear, pass, ended } = line()
    hear(HELLO)
    pass(30)
    expect(ended).toHaveLength(0)
    pass(1)

    expect(told.at(-2)).toBe('{"type":7,"error":"Client timeout elapsed.","allowReconnect":true}|')
    expect(told.at(-1)).toBe('(close 1000)')
    expect(ended).toHaveLength(1)
  })

  test('that never shakes hands is refused after 15 seconds', () => {
    const { told, pass } = line()
    pass(16)

    expect(told).toEqual(['{"error":"Handshake was canceled."}|', '(close 1000)'])
  })

  test('that sends bytes is closed: they are not JSON', () => {
    const { told, hear, hearBytes } = line()
    hear(HELLO)
    hearBytes()

    expect(told.at(-2)).toMatch(/"type":7/)
  })

  test('that never ends its record is cut at one megabyte', () => {
    const { told, hear } = line()
    hear(HELLO)
    hear('x'.repeat((1 << 20) + 1))

    expect(told.at(-1)).toBe('(terminate)')
  })

  test('forgets its subscriptions at its end', () => {
    const { connection, hear } = line()
    hear(HELLO)
    hear('{"type":1,"target":"SubscribeContractQuotes","arguments":["X"]}|')
    expect([...connection.subscriptions]).toEqual(['quotes X'])
    hear('{"type":7}|')

    expect([...connection.subscriptions]).toEqual([])
    expect(connection.isOpen()).toBe(false)
  })

  test('counts what its client has not confirmed, and stops waiting for one that confirms nothing', () => {
    const { connection, hear, pong, pass } = line()
    hear(HELLO)
    connection.mark()
    connection.mark()
    expect(connection.unconfirmed()).toBe(2)
    pong()
    expect(connection.unconfirmed()).toBe(1)
    pass(3)

    expect(connection.unconfirmed()).toBe(0)
  })
})

describe('the pace of simulated time', () => {
  test('is a multiple of real time', () => {
    let real = 0
    const pace = createPace(20, 1_000, () => real)
    real = 50

    expect(pace.now()).toBe(2_000)
  })

  test('does not make up for a machine that slept: two real seconds count at most', () => {
    let real = 0
    const pace = createPace(20, 0, () => real)
    real = 3_600_000

    expect(pace.now()).toBe(40_000)
  })
})
