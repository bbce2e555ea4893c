import type { Browser, HttpReply, RequestOptions, Socket, SocketHandlers } from './browser.ts'

const REQUEST_MS_MAX = 15_000

export function thisBrowser(): Browser {
  return {
    monotonic: () => performance.now(),
    newId: () => crypto.randomUUID(),
    request,
    openSocket,
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    frame: (run) => void requestAnimationFrame(run),
    isHidden: () => document.visibilityState === 'hidden',
    onVisible: (run) =>
      document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && run()),
    address: () => location.pathname + location.search,
    setAddress: (address) => history.replaceState(null, '', address),
    remember(key, value) {
      // A browser that keeps nothing (private window, blocked storage) only forgets the reader's choices.
      try {
        localStorage.setItem(`kael.${key}`, value)
      } catch {
        return
      }
    },
    recall(key) {
      try {
        return localStorage.getItem(`kael.${key}`)
      } catch {
        return null
      }
    },
  }
}

async function request(path: string, init?: RequestOptions): Promise<HttpReply> {
  const response = await fetch(path, {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
    ...(init === undefined
      ? {}
      : {
          method: init.method,
          headers: { 'content-type': 'application/json', 'x-kael-csrf': '1' },
          body: JSON.stringify(init.body),
        }),
  })
  const text = await response.text()
  return { status: response.status, body: parsed(text) }
}

function openSocket(path: string, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
  socket.addEventListener('message', (event) => {
    if (typeof event.data === 'string') handlers.message(event.data)
  })
  socket.addEventListener('close', () => handlers.closed(), { once: true })
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
