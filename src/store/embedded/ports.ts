import { connect, createServer } from 'node:net'
import { tolerate } from '../files.ts'

const HOST = '127.0.0.1'
const CONNECT_MS_MAX = 1_000

/** True when something takes connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: HOST, timeout: CONNECT_MS_MAX })
    const end = (answer: boolean) => () => {
      socket.destroy()
      done(answer)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

/** The wanted port where it is free, so that connections find a restarted server again; else any free one. */
export async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    const port = await bind(wanted).catch(tolerate('EADDRINUSE', 'EACCES'))
    if (port !== undefined) return port
  }
  return bind(0)
}

function bind(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().listen(port, HOST, () => {
      const address = server.address()
      const bound = address !== null && typeof address === 'object' ? address.port : port
      server.close(() => done(bound))
    })
    server.once('error', fail)
  })
}
