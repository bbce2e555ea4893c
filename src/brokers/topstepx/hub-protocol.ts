/** What the SignalR client is given to speak and to listen with. */
import {
  type HubMessage,
  type IHubProtocol,
  type ILogger,
  JsonHubProtocol,
  LogLevel,
} from '@microsoft/signalr'
import { WebSocket, type ClientOptions } from 'ws'
import type { Log } from '../port.ts'
import { quoteLongIntegers } from './values.ts'

const RECORD_END = '\u001e'
/** Depth snapshots pass 10 kB by far; nothing honest passes this. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024
const UPGRADE_TIMEOUT_MS = 10_000

/**
 * The library's JSON protocol with two differences: a record that does not parse is counted and stepped over,
 * where the library would cut the connection, and integers beyond 2^53 keep their digits, as text.
 */
export function lenientProtocol(onBadRecord: () => void): IHubProtocol {
  const json = new JsonHubProtocol()
  return {
    name: json.name,
    version: json.version,
    transferFormat: json.transferFormat,
    writeMessage: (message) => json.writeMessage(message),
    parseMessages(input, logger) {
      if (typeof input !== 'string') throw new Error('a hub frame is text, was binary')
      const text = quoteLongIntegers(input)
      try {
        return json.parseMessages(text, logger)
      } catch (error) {
        // A frame that ends inside a record is no bad event but a broken stream.
        if (!text.endsWith(RECORD_END)) throw error
        return text
          .slice(0, -1)
          .split(RECORD_END)
          .flatMap((record) => parseRecord(json, record, logger, onBadRecord))
      }
    },
  }
}

function parseRecord(
  json: JsonHubProtocol,
  record: string,
  logger: ILogger,
  onBadRecord: () => void,
): readonly HubMessage[] {
  try {
    return json.parseMessages(`${record}${RECORD_END}`, logger)
  } catch {
    onBadRecord()
    return []
  }
}

type SocketClass = new (
  address: string | URL,
  protocols?: string | string[],
  options?: ClientOptions,
) => WebSocket

/** The socket class for the library: bounded, without redirects, and telling why an upgrade was refused. */
export function boundedSocket(onError: (text: string) => void): SocketClass {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[], options?: ClientOptions) {
      super(address, protocols, {
        ...options,
        maxPayload: MESSAGE_BYTES_MAX,
        handshakeTimeout: UPGRADE_TIMEOUT_MS,
        followRedirects: false,
        perMessageDeflate: false,
      })
      // The library hides the status of a refused upgrade.
      this.on('error', (error) => onError(error.message))
    }
  }
}

/** The library's own words go to our log, quietly: what matters is told as a state. */
export function hubLogger(log: Log, hub: string): ILogger {
  return {
    log(level, message) {
      if (level >= LogLevel.Warning) log('debug', message.slice(0, 300), { hub })
    },
  }
}
