import { Agent, request } from 'node:http'

/** POST on kept connections with nothing around it. */
export function openBarePost(base: string, token: string) {
  const { hostname, port } = new URL(base)
  const agent = new Agent({ keepAlive: true })
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  return {
    post(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
      const text = JSON.stringify(body)
      return new Promise((done, fail) => {
        const asked = request(
          {
            agent,
            hostname,
            port,
            path,
            method: 'POST',
            headers: { ...headers, 'Content-Length': Buffer.byteLength(text) },
          },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('end', () =>
              done(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>),
            )
          },
        )
        asked.on('error', fail)
        asked.end(text)
      })
    },
    close: () => agent.destroy(),
  }
}
