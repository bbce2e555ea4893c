import { Worker } from 'node:worker_threads'
import type { RawData, RawMessage } from './raw-echo.ts'

/** A thread behind a bare port; answers come back in order. */
export interface RawWorker {
  ask(message: RawMessage): Promise<unknown>
  tell(message: RawMessage): void
  readonly exited: Promise<number>
  end(): Promise<unknown>
}

export async function startRawWorker(
  workerData: RawData,
  file: 'raw-echo.ts' | 'raw-echo-with-kernel.ts' = 'raw-echo.ts',
): Promise<RawWorker> {
  const worker = new Worker(new URL(file, import.meta.url), { workerData })
  const waiting: ((answer: unknown) => void)[] = []
  let at = 0
  worker.on('message', (answer: unknown) => {
    waiting[at++]?.(answer)
    if (at < waiting.length) return
    waiting.length = 0
    at = 0
  })
  const ask = (message: RawMessage): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port of this process, not a window.
      worker.postMessage(message)
    })
  const exited = new Promise<number>((resolve) => void worker.once('exit', resolve))
  await ask('told')
  return {
    ask,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port of this process, not a window.
    tell: (message) => worker.postMessage(message),
    exited,
    end: () => worker.terminate(),
  }
}
