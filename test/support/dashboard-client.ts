import { WebSocket } from 'ws'
import type { CommandReply, Snapshot, StreamMessage } from '../../src/wire/index.ts'

/** A program that uses the dashboard's own interface, signed in. */
export interface DashboardClient {
  readonly url: string
  readonly cookie: string
  snapshot(): Promise<Snapshot>
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>
  command(body: object): Promise<CommandReply>
  /** Stream messages from now on. */
  listen(onMessage: (message: StreamMessage) => void): Promise<() => void>
}

export async function signIn(url: string, password: string): Promise<DashboardClient> {
  const reply = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url },
    body: JSON.stringify({ name: 'operator', password }),
  })
  if (reply.status !== 200) throw new Error(`login: ${reply.status} ${await reply.text()}`)
  const cookie = (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? ''

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${url}${path}`, { headers: { Cookie: cookie } })
    return { status: answer.status, body: await answer.json() }
  }

  return {
    url,
    cookie,
    get,
    snapshot: async () => (await get('/api/v1/state')).body as Snapshot,
    async command(body) {
      const answer = await fetch(`${url}/api/v1/commands`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: url, Cookie: cookie, 'X-Kael-CSRF': '1' },
        body: JSON.stringify(body),
      })
      return (await answer.json()) as CommandReply
    },
    async listen(onMessage) {
      const { seq } = (await get('/api/v1/state')).body as Snapshot
      const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/stream?seq=${seq}`, {
        headers: { Cookie: cookie },
        origin: url,
      })
      await new Promise((done, fail) => socket.once('open', done).once('error', fail))
      socket.on('message', (data: Buffer) => onMessage(JSON.parse(data.toString('utf8')) as StreamMessage))
      return () => socket.close()
    },
  }
}

/** Looks again until it holds; says what was last seen when it never does. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  { withinMs, everyMs = 250 }: { readonly withinMs: number; readonly everyMs?: number },
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (performance.now() > end)
      throw new Error(`${what}: not within ${withinMs} ms; last seen ${JSON.stringify(seen)?.slice(0, 600)}`)
    await new Promise((done) => setTimeout(done, everyMs))
  }
}
