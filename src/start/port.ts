import { createServer } from 'node:net'
import { StartRefusal, codeOf } from './refusal.ts'

/** Refuses a port that somebody holds, before anything else has started. */
export async function expectFreePort(host: string, port: number): Promise<void> {
  await new Promise<void>((done, fail) => {
    const probe = createServer()
    probe.once('error', (error) => fail(portRefusal(host, port, codeOf(error))))
    probe.listen(port, host, () => probe.close(() => done()))
  })
}

export function portRefusal(host: string, port: number, code: string | undefined): StartRefusal {
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens on it'
      : code === 'EACCES'
        ? 'this user may not open it'
        : `it cannot be opened (${code})`
  return new StartRefusal(
    `KAEL_PORT=${port}: the dashboard needs a free port on ${host} and ${why}. Choose another with --port or KAEL_PORT`,
  )
}
