import type { WebSocket } from 'ws'
import {
  HANDSHAKE_ACCEPTED,
  PING,
  closing,
  completion,
  handshakeFault,
  handshakeRefused,
  readRecord,
  splitRecords,
} from './hub-protocol.ts'

export type HubName = 'user' | 'market'

/** One client on one hub. Its subscriptions die with it. */
export interface HubConnection {
  readonly hub: HubName
  /** `GatewayUserOrder 25770001`, `trades CON.F.US.EP.H26`: what it asked for. */
  readonly subscriptions: ReadonlySet<string>
  /** True after the handshake, until the end. */
  isOpen(): boolean
  /** Whole records in one frame. */
  send(records: string): void
  /** Bytes that the socket has not taken yet. */
  backlog(): number
  /** Frames that the client's socket has not confirmed: a WebSocket pong follows all frames before its ping. */
  unconfirmed(): number
  /** Asks the client's socket to confirm what was sent up to here. */
  mark(): void
  /** A close message, then the socket's end. */
  close(error?: string, allowReconnect?: boolean): void
  /** The socket's end without a word. */
  drop(): void
  /** Called now and then: keeps the line warm, ends one that is silent. */
  tend(nowMs: number): void
}

export interface HubHandlers {
  /** Arguments of a method, by its name in lower case: what it subscribes to, `undefined` for a bad call. */
  readonly methods: ReadonlyMap<string, (args: readonly unknown[]) => Subscription | undefined>
  /** After a subscription was taken and its caller answered. */
  onSubscribed(connection: HubConnection, subscription: string): void
  onEnd(connection: HubConnection): void
  readonly monotonicMs: () => number
}

export interface Subscription {
  readonly name: string
  readonly isOn: boolean
}

const KEEP_ALIVE_MS = 15_000
const CLIENT_TIMEOUT_MS = 30_000
const HANDSHAKE_TIMEOUT_MS = 15_000
/** A client that sends this much without ending a record is not speaking our protocol. */
const RECORD_LENGTH_MAX = 1 << 20
/** A pong that does not come within this is not waited for: some sockets answer none. */
const CONFIRM_PATIENCE_MS = 2_000

export function openConnection(socket: WebSocket, hub: HubName, handlers: HubHandlers): HubConnection {
  const subscriptions = new Set<string>()
  const { monotonicMs } = handlers
  const openedAt = monotonicMs()
  let phase: 'handshaking' | 'open' | 'ended' = 'handshaking'
  let rest = ''
  let heardAt = openedAt
  let sentAt = openedAt
  let markedAt = 0
  let marks = 0

  const connection: HubConnection = {
    hub,
    subscriptions,
    isOpen: () => phase === 'open' && socket.readyState === socket.OPEN,
    send(records) {
      if (socket.readyState !== socket.OPEN) return
      sentAt = monotonicMs()
      socket.send(records)
    },
    backlog: () => socket.bufferedAmount,
    unconfirmed: () => (monotonicMs() - markedAt > CONFIRM_PATIENCE_MS ? 0 : marks),
    mark() {
      if (socket.readyState !== socket.OPEN) return
      markedAt = monotonicMs()
      marks++
      socket.ping()
    },
    close(error, allowReconnect) {
      connection.send(closing(error, allowReconnect))
      end()
      socket.close(1000)
    },
    drop() {
      end()
      socket.terminate()
    },
    tend(nowMs) {
      if (phase === 'handshaking' && nowMs - openedAt > HANDSHAKE_TIMEOUT_MS) {
        connection.send(handshakeRefused('Handshake was canceled.'))
        end()
        socket.close(1000)
      }
      if (phase !== 'open') return
      if (nowMs - heardAt > CLIENT_TIMEOUT_MS) connection.close('Client timeout elapsed.', true)
      else if (nowMs - sentAt >= KEEP_ALIVE_MS - 1_000) connection.send(PING)
    },
  }

  function end(): void {
    if (phase === 'ended') return
    phase = 'ended'
    subscriptions.clear()
    handlers.onEnd(connection)
  }

  function shakeHands(record: string): void {
    const fault = handshakeFault(record)
    if (fault === undefined) {
      phase = 'open'
      connection.send(HANDSHAKE_ACCEPTED)
      return
    }
    connection.send(handshakeRefused(fault))
    end()
    socket.close(1000)
  }

  function hear(text: string): void {
    const record = readRecord(text)
    switch (record.kind) {
      case 'invocation': {
        const error = invoke(record.target, record.args)
        if (record.id !== undefined) connection.send(completion(record.id, error))
        break
      }
      case 'streamInvocation':
        connection.send(completion(record.id, 'The hub has no streaming methods.'))
        break
      case 'close':
        end()
        socket.close(1000)
        break
      case 'malformed':
        connection.close('Connection closed with an error.')
        break
      case 'ping':
      case 'ignored':
        break
    }
  }

  function invoke(target: string, args: readonly unknown[]): string | undefined {
    const method = handlers.methods.get(target.toLowerCase())
    if (method === undefined)
      return `Failed to invoke '${target}' due to an error on the server. HubException: Method does not exist.`
    const subscription = method(args)
    if (subscription === undefined) return `Failed to invoke '${target}' due to an error on the server.`
    if (!subscription.isOn) subscriptions.delete(subscription.name)
    else if (!subscriptions.has(subscription.name)) {
      subscriptions.add(subscription.name)
      // The caller's completion goes out first.
      queueMicrotask(() => {
        if (phase === 'open') handlers.onSubscribed(connection, subscription.name)
      })
    }
    return undefined
  }

  socket.on('message', (data, isBinary) => {
    heardAt = monotonicMs()
    if (phase === 'ended') return
    if (isBinary || !Buffer.isBuffer(data)) {
      connection.close('Connection closed with an error.')
      return
    }
    const split = splitRecords(rest + data.toString('utf8'))
    rest = split.rest
    for (const record of split.records) {
      if (phase === 'handshaking') shakeHands(record)
      else if (phase === 'open') hear(record)
    }
    if (rest.length > RECORD_LENGTH_MAX) connection.drop()
  })
  socket.on('pong', () => {
    marks = Math.max(0, marks - 1)
  })
  socket.on('close', end)
  socket.on('error', () => connection.drop())
  return connection
}
