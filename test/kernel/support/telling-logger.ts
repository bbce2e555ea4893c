import { BroadcastChannel, threadId } from 'node:worker_threads'
import type { MakeLogger } from '../../../src/kernel/index.ts'

/** Says on a channel what each thread logs. */
const makeLogger: MakeLogger = (name) => {
  const say = (message: string): void => {
    const channel = new BroadcastChannel('kernel-test-log')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel of this process, not a window.
    channel.postMessage({ name, message, isWorker: threadId !== 0 })
    channel.close()
  }
  return { debug: say, info: say, warn: say, error: say }
}

export default makeLogger
