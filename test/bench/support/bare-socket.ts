import { WebSocket } from 'ws'
import { present } from '../../../src/lib/index.ts'
import { type RawHub, eventually } from '../../brokers/support.ts'
import { nowNs } from '../measure.ts'

/** A second client of the same server that knows no protocol: what the socket alone costs. */
export async function openBareSocket(server: RawHub) {
  const before = server.lines.length
  const socket = new WebSocket(server.url.replace('http', 'ws'), { perMessageDeflate: false })
  await new Promise((done, fail) => socket.once('open', done).once('error', fail))
  await eventually(() => server.lines.length > before)
  const line = present(server.lines.at(-1), 'the line of an open socket')
  return {
    /** Microseconds from the server's send until the text is here. */
    async roundUs(text: string): Promise<number> {
      const from = nowNs()
      line.raw(text)
      await new Promise((done) => socket.once('message', done))
      return (nowNs() - from) / 1e3
    },
    close: () => socket.terminate(),
  }
}
