/**
 * What the page asks of the browser: time, identity, network, frames. Handed in, so that a test drives the whole
 * page by hand.
 */
export interface Browser {
  /** Milliseconds that only grow: `performance.now()`. */
  monotonic(): number
  newId(): string
  request(path: string, init?: RequestOptions): Promise<HttpReply>
  openSocket(path: string, handlers: SocketHandlers): Socket
  /** Runs once after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void
  /** Runs before the next painted frame; never in a hidden tab. */
  frame(run: () => void): void
  isHidden(): boolean
  onVisible(run: () => void): void
  /** Path and query of the page. */
  address(): string
  setAddress(address: string): void
  remember(key: string, value: string): void
  recall(key: string): string | null
}

export interface RequestOptions {
  readonly method: 'POST'
  readonly body: unknown
}

export interface HttpReply {
  readonly status: number
  /** Parsed JSON, or undefined when the body was none. */
  readonly body: unknown
}

export interface SocketHandlers {
  message(text: string): void
  /** Once, also when it never opened. */
  closed(): void
}

export interface Socket {
  send(text: string): void
  close(): void
}
