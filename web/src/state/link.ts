import { type ReadonlySignal, signal } from '@preact/signals'
import type { BarUpdate, ClientMessage, StreamMessage } from '../../../src/wire/index.ts'
import type { Browser, Socket } from '../api/browser.ts'
import type { Client } from '../api/client.ts'
import type { PlatformClock } from './clock.ts'
import type { Contact } from './contact.ts'
import type { TopicStore } from './topics.ts'

/** The page's connection: a snapshot, then the stream that goes on from it, and both again after any doubt. */
export interface Link {
  readonly state: ReadonlySignal<LinkState>
  /** Snapshots taken because a sequence number was missing. */
  readonly gaps: ReadonlySignal<number>
  start(): void
  stop(): void
  /** The charts whose newest bars this page wants. */
  watch(charts: Watched): void
  onBars(listener: (bars: readonly BarUpdate[]) => void): void
  /** Charts read their candles again after it: bars may have been missed. */
  onSnapshot(listener: () => void): void
}

type LinkState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'streaming' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly reason: string }

type Watched = ClientMessage['charts']

const RETRY_MS_FIRST = 250
const RETRY_MS_MAX = 5_000
/** A socket that is open and silent for so long is dead: the platform speaks at least once a second. */
const SILENT_SOCKET_MS_MAX = 6_000

interface Parts {
  readonly browser: Browser
  readonly client: Client
  readonly clock: PlatformClock
  readonly contact: Contact
  readonly topics: TopicStore
  /** The session ended: somebody has to sign in again. */
  readonly onSignedOut: () => void
}

export function createLink({ browser, client, clock, contact, topics, onSignedOut }: Parts): Link {
  const state = signal<LinkState>({ kind: 'stopped' })
  const gaps = signal(0)
  let socket: Socket | null = null
  let expected = 0
  let attempt = 0
  /** Raised with every new connection: an answer to an older one is not for us any more. */
  let turn = 0
  let watched: Watched = []
  let cancelRetry: (() => void) | undefined
  let cancelGuard: (() => void) | undefined
  let barsListener: ((bars: readonly BarUpdate[]) => void) | undefined
  let snapshotListener: (() => void) | undefined
  const pending = createPending(browser, topics, (bars) => barsListener?.(bars))

  async function connect(): Promise<void> {
    hangUp()
    const mine = ++turn
    state.value = { kind: 'asking' }
    const answer = await client.state()
    if (mine !== turn) return
    if (!answer.ok) {
      if (answer.error.kind === 'signed-out') {
        stop()
        onSignedOut()
      } else retry(answer.error.text)
      return
    }
    pending.clear()
    topics.take(answer.value)
    clock.hear(answer.value.at, answer.value.speed)
    contact.heard()
    expected = answer.value.seq
    open(mine)
    snapshotListener?.()
  }

  function open(mine: number): void {
    socket = browser.openSocket(`/api/v1/stream?seq=${expected}`, {
      message: (text) => mine === turn && hear(text),
      closed: () => mine === turn && retry('the stream was closed'),
    })
    guard(mine)
  }

  function hear(text: string): void {
    const message = readMessage(text)
    if (message === undefined) return retry('the stream sent what this page cannot read')
    contact.heard()
    clock.hear(message.at, message.speed)
    guard(turn)
    if (message.kind === 'hello') {
      attempt = 0
      state.value = { kind: 'streaming' }
      if (message.seq !== expected) return gap()
      sendWatch()
    } else {
      if (message.seq !== expected + 1) return gap()
      expected = message.seq
    }
    pending.add(message)
  }

  /** Something was missed, so everything is asked again; what is on screen stays, and ages. */
  function gap(): void {
    gaps.value += 1
    retry('a message was missed')
  }

  function retry(reason: string): void {
    hangUp()
    turn += 1
    attempt += 1
    state.value = { kind: 'waiting', attempt, reason }
    cancelRetry?.()
    cancelRetry = browser.after(retryDelayMs(attempt), () => void connect())
  }

  function guard(mine: number): void {
    cancelGuard?.()
    cancelGuard = browser.after(SILENT_SOCKET_MS_MAX, () => {
      if (mine === turn) retry('the stream fell silent')
    })
  }

  function sendWatch(): void {
    const message: ClientMessage = { kind: 'watch', charts: watched }
    socket?.send(JSON.stringify(message))
  }

  function hangUp(): void {
    cancelGuard?.()
    cancelRetry?.()
    const old = socket
    socket = null
    old?.close()
  }

  function stop(): void {
    turn += 1
    hangUp()
    state.value = { kind: 'stopped' }
  }

  return {
    state,
    gaps,
    start() {
      contact.asked()
      attempt = 0
      void connect()
    },
    stop,
    watch(charts) {
      watched = charts
      if (state.value.kind === 'streaming') sendWatch()
    },
    onBars: (listener) => {
      barsListener = listener
    },
    onSnapshot: (listener) => {
      snapshotListener = listener
    },
  }
}

/** 250 ms, doubling to 5 s: no chance in it, since one person has one or two pages open. */
export function retryDelayMs(attempt: number): number {
  return Math.min(RETRY_MS_FIRST * 2 ** (attempt - 1), RETRY_MS_MAX)
}

interface Pending {
  add(message: StreamMessage): void
  clear(): void
}

/** Joins what arrives between two frames: the newest of each topic, every decision, the newest of each bar. */
function createPending(
  browser: Browser,
  topics: TopicStore,
  onBars: (bars: readonly BarUpdate[]) => void,
): Pending {
  let seq = 0
  let changes: StreamMessage['changes'] = {}
  let decisions: StreamMessage['decisions'] = []
  let bars = new Map<string, BarUpdate>()
  let isAsked = false
  browser.onVisible(flush)

  function flush(): void {
    isAsked = false
    if (seq === 0) return
    topics.apply({ seq, changes, decisions })
    const fresh = [...bars.values()]
    clear()
    if (fresh.length > 0) onBars(fresh)
  }

  function clear(): void {
    seq = 0
    changes = {}
    decisions = []
    bars = new Map()
  }

  return {
    clear,
    add(message) {
      seq = message.seq
      changes = { ...changes, ...message.changes }
      decisions = [...message.decisions, ...decisions].slice(0, DECISIONS_PENDING_MAX)
      // By the bar's own instant as well: a sealed bar and the next one may share a frame.
      for (const each of message.bars) bars.set(`${each.instrument} ${each.timeframe} ${each.bar[0]}`, each)
      if (bars.size > BARS_PENDING_MAX) bars = new Map([...bars].slice(-BARS_PENDING_MAX))
      // A hidden tab draws nothing: what gathers there is drawn once, when it is looked at again.
      if (isAsked || browser.isHidden()) return
      isAsked = true
      browser.frame(flush)
    },
  }
}

const DECISIONS_PENDING_MAX = 200
const BARS_PENDING_MAX = 1_500

function readMessage(text: string): StreamMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const message = value as Partial<StreamMessage>
  const isWhole =
    typeof message.seq === 'number' &&
    typeof message.at === 'number' &&
    typeof message.speed === 'number' &&
    (message.kind === 'hello' || message.kind === 'update')
  // Written by our own server from the same types: the parts that a hello may leave out are filled in.
  return isWhole ? ({ changes: {}, decisions: [], bars: [], ...message } as StreamMessage) : undefined
}
